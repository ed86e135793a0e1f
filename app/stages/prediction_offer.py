"""A quiet button beside a capture's plots: let a model predict it, and show the two together."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from app.capture_signals import OpenedCapture
from app.lanes import render_config
from app.workbench import Workbench
from engines.worker.protocol import Message, Progress, State
from widgets.buttons import link_button
from widgets.theme import label
from widgets.tokens import SPACE


class PredictionOffer(QWidget):
    """Offers to render what is not rendered yet, and says how far that is.

    Signals
    -------
    rendered()
        A render of what is shown has ended.
    """

    rendered = Signal()

    def __init__(self, workbench: Workbench, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.workbench = workbench
        self._opened: OpenedCapture | None = None
        self._jobs: dict[str, tuple[str, str]] = {}
        """Renders at work: id of the job, ids of run and capture."""
        self.button = link_button("")
        self.button.clicked.connect(lambda _checked=False: self.predict())
        self._words = label("", "small", "soft")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(SPACE)
        row.addWidget(self._words)
        row.addWidget(self.button)
        workbench.jobs.message.connect(self._on_message)
        workbench.jobs.ended.connect(self._on_ended)
        self.show_offer(None)

    def show_offer(self, opened: OpenedCapture | None) -> None:
        """Offer what fits to a capture that was opened."""
        self._opened = opened
        model = opened.model if opened is not None else None
        wanted = model is not None and opened is not None and not opened.rendered
        busy = wanted and self._key() in self._jobs.values()
        self.button.setVisible(wanted and not busy)
        self._words.setVisible(bool(busy))
        if model is not None and wanted:
            self.button.setText(f"Predict with {model.name}")
            self.button.setToolTip("Let this model play the dry audio, to see it against the wet")
            self._words.setText(f"{model.name} is predicting…")

    def _key(self) -> tuple[str, str]:
        opened = self._opened
        if opened is None or opened.model is None:
            return "", ""
        return opened.model.id, opened.capture.id

    def predict(self) -> None:
        """Start the render."""
        opened = self._opened
        if opened is None or opened.model is None:
            return
        model, capture = opened.model, opened.capture
        job = self.workbench.start_job(
            "render", f"{capture.name} by {model.name}", render_config(model.id, capture.id)
        )
        if job is not None:
            self._jobs[job] = (model.id, capture.id)
            self.show_offer(opened)

    def _on_message(self, job_id: str, message: Message) -> None:
        if self._jobs.get(job_id) != self._key() or self._opened is None:
            return
        model = self._opened.model
        if model is not None and isinstance(message, Progress | State) and message.text:
            self._words.setText(f"{model.name}: {message.text}")

    def _on_ended(self, job_id: str, _end: object) -> None:
        key = self._jobs.pop(job_id, None)
        if key is not None and key == self._key():
            self.show_offer(self._opened)
            self.rendered.emit()
