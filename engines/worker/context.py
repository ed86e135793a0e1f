"""What a job's code sees of the world: report, ask whether to go on, write into its folder."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save as encode_tensors

from engines.worker.protocol import (
    Checkpoint,
    Message,
    Metric,
    Preview,
    Progress,
    State,
    Warn,
)
from projects.errors import storage_error
from projects.files import write_atomic
from projects.jobs import LOG_FILE, METRICS_FILE, PREVIEW_FILE, Job, Status, write_status

Sink = Callable[[Message], None]
PROGRESS_INTERVAL = 0.05


class CancelledError(Exception):
    """The user cancelled, or the window that started the job is gone; keep what there is.

    ``reason`` is ``"cancelled"`` or ``"interrupted"``.
    """

    def __init__(self, reason: Literal["cancelled", "interrupted"] = "cancelled") -> None:
        super().__init__(reason)
        self.reason: Literal["cancelled", "interrupted"] = reason


class JobContext:
    """Handed to a job's ``run``: the job, its folder, and the way to report and to be stopped.

    Parameters
    ----------
    folder : Path
        The job's folder; everything the job writes goes here.
    project : Path
        The project's folder, to read from.
    job : Job
        The frozen job.
    sink : callable
        Takes each message.
    """

    def __init__(self, folder: Path, project: Path, job: Job, sink: Sink) -> None:
        self.folder = folder
        self.project = project
        self.job = job
        self._sink = sink
        self._resumed = threading.Event()
        self._resumed.set()
        self._stop: Literal["cancelled", "interrupted"] | None = None
        self._last_progress = 0.0
        self.refused: list[str] = []
        """What could not be used, each with its reason, while the rest went on."""
        self.started = time.monotonic()

    # -- asked from another thread ---------------------------------------------------------

    def command(self, word: str) -> None:
        """Take ``cancel``, ``pause``, ``resume`` or ``orphaned`` (the starter is gone)."""
        if word in ("cancel", "orphaned"):
            self._stop = self._stop or ("cancelled" if word == "cancel" else "interrupted")
            self._resumed.set()
        elif word == "pause":
            self._resumed.clear()
        elif word == "resume":
            self._resumed.set()

    # -- asked by the job ------------------------------------------------------------------

    @property
    def stopping(self) -> bool:
        """Whether the job should stop soon; :meth:`check` raises instead."""
        return self._stop is not None

    def check(self) -> None:
        """Go on, wait while paused, or raise CancelledError. Call it a few times a second."""
        if not self._resumed.is_set() and self._stop is None:
            self.state("paused", "Paused.")
            self._resumed.wait()
            if self._stop is None:
                self.state("running")
        if self._stop is not None:
            raise CancelledError(self._stop)

    def wait(self, seconds: float) -> None:
        """Sleep, but no longer than until a stop; then as :meth:`check`."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and self._stop is None:
            time.sleep(min(0.05, max(0.0, deadline - time.monotonic())))
        self.check()

    # -- reports ---------------------------------------------------------------------------

    def progress(self, fraction: float | None, text: str, eta: float | None = None) -> None:
        """Say how far the job is; more often than 20 times a second is dropped."""
        now = time.monotonic()
        if now - self._last_progress < PROGRESS_INTERVAL and fraction not in (0.0, 1.0):
            return
        self._last_progress = now
        if fraction is not None:
            fraction = min(1.0, max(0.0, fraction))
        self._sink(Progress(fraction=fraction, text=text, eta=eta))

    def state(self, state: Literal["waiting", "running", "paused"], text: str = "") -> None:
        """Say that the job waits, runs or is paused, and keep it in ``status.json``."""
        write_status(self.folder, Status(state=state, text=text))
        self._sink(State(state=state, text=text))

    def metric(self, step: int, seconds: float, values: Mapping[str, float]) -> None:
        """Report figures and append them to ``metrics.jsonl``; those not finite are left out."""
        finite = {name: float(value) for name, value in values.items() if np.isfinite(value)}
        message = Metric(step=step, seconds=round(seconds, 3), values=finite)
        line = json.dumps({"step": step, "seconds": message.seconds, **finite})
        self._append(METRICS_FILE, line)
        self._sink(message)

    def preview(self, step: int, arrays: Mapping[str, NDArray[np.float32]]) -> None:
        """Replace the preview (signals of one moment, equally long) for the window to draw."""
        tensors = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
        write_atomic(self.folder / PREVIEW_FILE, encode_tensors(tensors), action="save the preview")
        self._sink(Preview(step=step))

    def checkpoint(self, step: int) -> None:
        """Say that the best model has been replaced."""
        self._sink(Checkpoint(step=step))

    def warn(self, text: str) -> None:
        """Tell the user something without stopping."""
        self.log(f"warning: {text}")
        self._sink(Warn(text=text))

    def refuse(self, what: str, why: str) -> None:
        """Tell the user that one thing of many cannot be used; the job goes on without it."""
        self.refused.append(why if what in why else f"{what}: {why}")
        self.warn(self.refused[-1])

    def log(self, text: str) -> None:
        """Append a line to ``log.txt``."""
        self._append(LOG_FILE, f"{time.strftime('%Y-%m-%d %H:%M:%S')} {text}")

    def _append(self, name: str, line: str) -> None:
        path = self.folder / name
        try:
            with path.open("a", encoding="utf-8") as stream:
                stream.write(line + "\n")
        except OSError as error:
            raise storage_error("write the job's log", path, error) from error
