"""Runs wait their turn: one heavy job for each pair of cores, across windows and commands.

Each slot is a lock file in the user's cache folder; the system frees it when its holder dies.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout
from platformdirs import user_cache_path

from engines.worker.context import JobContext

CORES_PER_JOB = 2
WAIT_SECONDS = 0.25


def slot_count() -> int:
    """How many heavy jobs may run at once on this machine."""
    available = getattr(os, "process_cpu_count", os.cpu_count)() or 1
    if hasattr(os, "sched_getaffinity"):
        available = len(os.sched_getaffinity(0))
    return max(1, available // CORES_PER_JOB)


def slot_folder() -> Path:
    """Where the slots' lock files lie (``TRIMPOT_SLOTS`` overrides it)."""
    override = os.environ.get("TRIMPOT_SLOTS")
    return Path(override) if override else user_cache_path("trimpot", False) / "slots"


@contextmanager
def core_slot(context: JobContext) -> Iterator[None]:
    """Hold a slot; where all are taken, say so and wait, still open to cancel.

    Raises
    ------
    CancelledError
        The job was cancelled while it waited.
    """
    folder = slot_folder()
    folder.mkdir(parents=True, exist_ok=True)
    locks = [FileLock(folder / f"slot-{number}.lock") for number in range(slot_count())]
    said = False
    while True:
        for lock in locks:
            try:
                lock.acquire(timeout=0)
            except Timeout:
                continue
            try:
                if said:
                    context.state("running")
                yield
            finally:
                lock.release()
            return
        if not said:
            context.state("waiting", "Waiting for another job to free the processor.")
            said = True
        context.wait(WAIT_SECONDS)
