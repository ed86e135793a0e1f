"""The guided example: a project, a simulated circuit, a trained model, and listening to it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal

from app.workbench import Workbench
from engines.worker.protocol import End, Message, Progress, State
from projects.jobs import JobKind

STEPS = ("Make a project", "Simulate a diode clipper", "Train a small model", "Listen")
SOURCE = "diode-clipper"
ARCHITECTURE = "stn"
PRESET = "light"
NAME = "Guided example"
AUDIO_SECONDS = 30.0
TRAIN_SECONDS = 45.0
"""Enough to hear no difference, little enough to wait for."""


class GuidedExample(QObject):
    """Walks through the steps by ordinary jobs; each is visible in its stage and can be stopped.

    Signals
    -------
    changed()
        :attr:`step`, :attr:`text` or :attr:`fraction` are new.
    ended()
        It has come to its end, failed, or was stopped; :attr:`active` is False.
    """

    changed = Signal()
    ended = Signal()

    def __init__(self, workbench: Workbench, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.workbench = workbench
        self.step = -1
        """Index into :data:`STEPS`; -1 while it is not at work."""
        self.text = ""
        self.fraction: float | None = None
        self.job_id = ""
        self.audio_seconds = AUDIO_SECONDS
        self.train_seconds = TRAIN_SECONDS
        workbench.jobs.message.connect(self._on_message)
        workbench.jobs.ended.connect(self._on_ended)
        workbench.session_changed.connect(self._on_session)

    @property
    def active(self) -> bool:
        """Whether it is at work."""
        return self.step >= 0

    def start(self) -> None:
        """Begin: makes a project of its own in the projects folder."""
        if self.active:
            return
        folder = free_folder(self.workbench.settings.projects_folder, NAME)
        if not self.workbench.create_project(folder, folder.name):
            return
        self._show(1, "The circuit plays built-in signals: strings, bass, drums, sweeps.")
        self.workbench.stage_requested.emit("data")
        config = {"seconds": self.audio_seconds, "name": "Diode clipper"}
        self._run_job("simulate", "Diode clipper", {"source": SOURCE, "config": config})

    def stop(self) -> None:
        """Stop here; what has been made stays in the project."""
        worker = self.workbench.jobs.worker(self.job_id)
        self._end()
        if worker is not None:
            worker.cancel()

    def _run_job(self, kind: JobKind, name: str, config: dict[str, Any]) -> None:
        started = self.workbench.start_job(kind, name, config)
        if started is None:
            self._end()
        else:
            self.job_id = started

    def _train(self) -> None:
        from engines.models import registry

        architecture = registry()[ARCHITECTURE]
        preset = next(item for item in architecture.presets if item.name == PRESET)
        self._show(2, "The model learns the circuit's states; watch its error fall.")
        self.workbench.stage_requested.emit("train")
        config = {
            "architecture": ARCHITECTURE,
            "model": preset.config.model_dump(mode="json"),
            "max_seconds": self.train_seconds,
        }
        self._run_job("train", f"{architecture.label}, {preset.label.lower()}", config)
        self.workbench.select_run(self.job_id)

    def _listen(self) -> None:
        self._end()
        self.workbench.stage_requested.emit("audition")
        self.workbench.notices.success(
            "The model is ready. Space plays; A, S and D switch between dry, wet and the model."
        )

    def _show(self, step: int, text: str) -> None:
        self.step, self.text, self.fraction = step, text, None
        self.changed.emit()

    def _end(self) -> None:
        if not self.active:
            return
        self.step, self.job_id, self.fraction = -1, "", None
        self.changed.emit()
        self.ended.emit()

    def _on_message(self, job_id: str, message: Message) -> None:
        if job_id != self.job_id or not self.active:
            return
        if isinstance(message, Progress):
            self.fraction = message.fraction
            self.changed.emit()
        elif isinstance(message, State) and message.state == "waiting":
            self.text = message.text or "Waiting for a free core."
            self.changed.emit()

    def _on_ended(self, job_id: str, end: End) -> None:
        if job_id != self.job_id or not self.active:
            return
        has_model = self.step == 2 and end.state in ("done", "cancelled")
        if self.step == 1 and end.state == "done":
            self._train()
        elif has_model:
            self._listen()
        else:
            self._end()

    def _on_session(self) -> None:
        if self.active and self.job_id:
            self._end()


def free_folder(parent: Path, name: str) -> Path:
    """``parent/name``, with a number where that is taken."""
    folder, number = parent / name, 2
    while folder.exists():
        folder = parent / f"{name} {number}"
        number += 1
    return folder
