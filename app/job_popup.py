"""The jobs button's popup: every job at work, and those that ended since the window opened."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt, QTimer
from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from app.workbench import Workbench
from engines.worker.protocol import Message, Progress, State
from projects.jobs import FINISHED
from projects.project import FoundJob
from widgets.joblist import JobListView, JobView
from widgets.tokens import HALF

SHOWN = 30
"""Older jobs are found in their stages."""
STAGE_OF = {
    "simulate": "data",
    "import": "data",
    "train": "train",
    "render": "compare",
    "export": "export",
}
RESUMABLE = frozenset({"interrupted", "cancelled", "waiting"})


class JobPopup(QFrame):
    """The list of jobs under its button; closes by a click outside or Escape."""

    def __init__(self, workbench: Workbench, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.workbench = workbench
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self._dismissed: set[str] = set()
        self._found: dict[str, FoundJob] = {}
        self.view = JobListView(self)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(HALF, HALF, HALF, HALF)
        layout.addWidget(self.view)
        self.view.pause_requested.connect(self._pause)
        self.view.resume_requested.connect(self._resume)
        self.view.cancel_requested.connect(self._cancel)
        self.view.open_requested.connect(self._open)
        self.view.dismiss_requested.connect(self._dismiss)
        jobs = workbench.jobs
        jobs.message.connect(self._on_message)
        jobs.started.connect(lambda _id: self.refresh())
        jobs.ended.connect(lambda _id, _end: QTimer.singleShot(0, self, self.refresh))
        workbench.session_changed.connect(self.refresh)

    def show_under(self, button: QWidget) -> None:
        """Open under a button, right edges in line."""
        self.refresh()
        self.resize(self.view.sizeHint().width() + 2 * HALF, self.view.sizeHint().height() + HALF)
        corner = button.mapToGlobal(QPoint(button.width() - self.width(), button.height() + HALF))
        self.move(corner)
        self.show()

    def refresh(self) -> None:
        """Look at the project's jobs again."""
        session = self.workbench.session
        found = [] if session is None else session.jobs()[:SHOWN]
        self._found = {item.job.id: item for item in found}
        self.view.set_jobs(
            [self._view_of(item) for item in found if item.job.id not in self._dismissed]
        )

    def _view_of(self, item: FoundJob) -> JobView:
        worker = self.workbench.jobs.worker(item.job.id)
        if worker is None:
            state = item.status.state
            return JobView(
                item.job.id,
                item.job.name,
                state,
                item.status.text,
                can_resume=state in RESUMABLE,
                can_open=True,
            )
        progress = worker.last.get("progress")
        state_message = worker.last.get("state")
        shown = JobView(
            item.job.id,
            item.job.name,
            "running" if worker.state in FINISHED else worker.state,
            state_message.text if isinstance(state_message, State) else "",
            can_open=True,
        )
        if isinstance(progress, Progress) and worker.state == "running":
            return JobView(
                shown.id,
                shown.name,
                shown.state,
                progress.text,
                progress.fraction,
                progress.eta,
                can_open=True,
            )
        return shown

    def _on_message(self, job_id: str, message: Message) -> None:
        item = self._found.get(job_id)
        if self.isVisible() and item is not None and isinstance(message, Progress | State):
            self.view.update_job(self._view_of(item))

    def _pause(self, job_id: str) -> None:
        if worker := self.workbench.jobs.worker(job_id):
            worker.pause()

    def _resume(self, job_id: str) -> None:
        if worker := self.workbench.jobs.worker(job_id):
            worker.resume()
        elif item := self._found.get(job_id):
            self.workbench.resume_job(item.folder)

    def _cancel(self, job_id: str) -> None:
        if worker := self.workbench.jobs.worker(job_id):
            worker.cancel()

    def _open(self, job_id: str) -> None:
        item = self._found.get(job_id)
        if item is None:
            return
        self.hide()
        if item.job.kind == "train":
            self.workbench.select_run(job_id)
        self.workbench.stage_requested.emit(STAGE_OF[item.job.kind])

    def _dismiss(self, job_id: str) -> None:
        self._dismissed.add(job_id)
        self.refresh()
