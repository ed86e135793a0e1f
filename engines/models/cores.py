"""How many cores one job works on."""

from __future__ import annotations

import os

CORES_PER_JOB = 2
"""As many as a slot stands for."""


def usable_cores() -> int:
    """Threads for one job: the cores of a slot, or fewer where there are fewer."""
    if hasattr(os, "sched_getaffinity"):
        return min(CORES_PER_JOB, len(os.sched_getaffinity(0)))
    return min(CORES_PER_JOB, os.cpu_count() or 1)
