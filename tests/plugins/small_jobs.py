"""Small real jobs for the tests of the window, and waiting for them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from pytestqt.qtbot import QtBot

from app.workbench import Workbench
from engines.audio.files import write_wav
from engines.worker.protocol import End, Progress

RATE = 48_000


def wav_pair(folder: Path, seconds: float = 3.0) -> dict[str, Any]:
    """A job that imports a small pair of recordings."""
    folder.mkdir(parents=True, exist_ok=True)
    dry = (0.3 * np.random.default_rng(0).standard_normal(round(seconds * RATE))).clip(-1, 1)
    write_wav(folder / "dry.wav", dry.astype(np.float32), RATE)
    write_wav(folder / "wet.wav", np.tanh(dry).astype(np.float32), RATE)
    config = {"dry": str(folder / "dry.wav"), "wet": str(folder / "wet.wav"), "name": "Pair"}
    return {"source": "wav-pair", "config": config}


SIMULATION = {"source": "diode-clipper", "config": {"dry": "builtin", "seconds": 60.0}}
"""Long enough to be interrupted."""


def wait_for_end(qtbot: QtBot, bench: Workbench, act: Callable[[], object]) -> End:
    """Do something and wait for the end of the job that is at work."""
    with qtbot.waitSignal(bench.jobs.ended, timeout=60_000) as blocker:
        act()
    end = blocker.args[1]
    assert isinstance(end, End)
    return end


def wait_until_running(qtbot: QtBot, bench: Workbench, job_id: str) -> int:
    """Wait until a job is some way in; returns its process number."""

    def reports() -> bool:
        worker = bench.jobs.worker(job_id)
        said = worker.last.get("progress") if worker is not None else None
        return isinstance(said, Progress) and bool(said.fraction)

    qtbot.waitUntil(reports, timeout=60_000)
    worker = bench.jobs.worker(job_id)
    assert worker is not None
    return worker.pid
