"""The worker: one process, one job, JSON lines out, cancel and pause in."""
