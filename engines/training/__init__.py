"""Training: data, sessions, metrics, optimisers."""
