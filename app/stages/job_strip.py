"""A data or training job at work, in the stage that it belongs to: what, how far, cancel."""

from __future__ import annotations

from PySide6.QtWidgets import QFrame, QHBoxLayout, QProgressBar, QVBoxLayout, QWidget

from app.workbench import Workbench
from engines.worker.protocol import Message, Progress, State
from widgets.buttons import tool_button
from widgets.joblist import remaining
from widgets.tokens import HALF, SPACE
from widgets.words import ElidedLabel


class JobStrip(QFrame):
    """One job's name, progress and cancel button.

    Parameters
    ----------
    workbench : Workbench
    job_id : str
        A job at work.
    """

    def __init__(self, workbench: Workbench, job_id: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.workbench = workbench
        self.job_id = job_id
        self._name = ElidedLabel("", "strong")
        self._text = ElidedLabel("Starting…", "small", "soft")
        self._bar = QProgressBar(self)
        self._bar.setTextVisible(False)
        self._bar.setRange(0, 0)
        cancel = tool_button("cancel", "Cancel", "", self)
        cancel.clicked.connect(lambda _checked=False: self._cancel())
        column = QVBoxLayout()
        column.setSpacing(HALF)
        column.addWidget(self._name)
        column.addWidget(self._bar)
        column.addWidget(self._text)
        row = QHBoxLayout(self)
        row.setContentsMargins(SPACE, SPACE, HALF, SPACE)
        row.addLayout(column, 1)
        row.addWidget(cancel)
        self.cancel_button = cancel
        workbench.jobs.message.connect(self._on_message)
        worker = workbench.jobs.worker(job_id)
        if worker is not None:
            self._name.setText(worker.job.name)
            self._bar.setAccessibleName(f"{worker.job.name}, progress")
            for message in worker.last.values():
                self._on_message(job_id, message)

    def _cancel(self) -> None:
        worker = self.workbench.jobs.worker(self.job_id)
        if worker is not None:
            self.cancel_button.setEnabled(False)
            self._text.setText("Stopping…")
            worker.cancel()

    def _on_message(self, job_id: str, message: Message) -> None:
        if job_id != self.job_id:
            return
        if isinstance(message, Progress):
            self._bar.setRange(0, 0 if message.fraction is None else 1000)
            if message.fraction is not None:
                self._bar.setValue(round(1000 * message.fraction))
            left = remaining(message.eta)
            self._text.setText("  ·  ".join(part for part in (message.text, left) if part))
        elif isinstance(message, State) and message.text:
            self._text.setText(message.text)
