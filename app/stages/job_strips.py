"""The data jobs under the list of captures: those at work, and those that wait to go on."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from app.stages.job_strip import JobStrip
from app.workbench import Workbench
from engines.worker.protocol import End
from projects.jobs import JobKind
from projects.project import FoundJob
from widgets.buttons import push_button, tool_button
from widgets.theme import label
from widgets.tokens import HALF, SPACE
from widgets.words import ElidedLabel

KINDS: tuple[JobKind, ...] = ("simulate", "import", "record")
GOES_ON = "What it had simulated is kept, and not simulated again."
WAITING_SHOWN = 3
"""More of them are in the list of jobs."""


class WaitingStrip(QFrame):
    """A job that was stopped in the middle: its name, and the buttons that go on or forget it.

    Signals
    -------
    resumed(), dismissed()
    """

    resumed = Signal()
    dismissed = Signal()

    def __init__(self, item: FoundJob, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        name = item.job.name
        resume = push_button("Resume", "resume", self)
        resume.setAccessibleName(f"Resume {name}")
        resume.setToolTip(GOES_ON if item.job.kind == "simulate" else item.status.text)
        resume.clicked.connect(lambda _checked=False: self.resumed.emit())
        close = tool_button("close", f"Leave {name} as it is", "", self)
        close.clicked.connect(lambda _checked=False: self.dismissed.emit())
        self.resume_button, self.close_button = resume, close
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addWidget(ElidedLabel(name, "strong"))
        words.addWidget(label("Stopped in the middle", "small", "soft"))
        row = QHBoxLayout(self)
        row.setContentsMargins(SPACE, HALF, HALF, HALF)
        row.addLayout(words, 1)
        row.addWidget(resume)
        row.addWidget(close)


class JobStrips(QWidget):
    """A strip for every job of the Data stage that is at work or was stopped in the middle.

    Signals
    -------
    changed()
        A job came or ended: see :attr:`running`.
    """

    changed = Signal()

    def __init__(self, workbench: Workbench, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.workbench = workbench
        self.running: dict[str, JobStrip] = {}
        self.waiting: dict[str, WaitingStrip] = {}
        self._dismissed: set[str] = set()
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(HALF)
        workbench.jobs.started.connect(self._started)
        workbench.jobs.ended.connect(self._ended)
        if workbench.session is not None:
            workbench.session.jobs_changed.connect(self.look)
        for worker in workbench.jobs.active():
            self._started(worker.job.id)
        self.look()

    def look(self) -> None:
        """Look again which jobs were stopped in the middle."""
        session = self.workbench.session
        found = {
            item.job.id: item
            for item in ([] if session is None else session.jobs())
            if item.job.kind in KINDS
            and item.status.state == "interrupted"
            and item.job.id not in self._dismissed
            and self.workbench.jobs.worker(item.job.id) is None
        }
        shown = dict(sorted(found.items(), reverse=True)[:WAITING_SHOWN])
        for job_id in [job_id for job_id in self.waiting if job_id not in shown]:
            self._remove(self.waiting.pop(job_id))
        for job_id, item in shown.items():
            if job_id not in self.waiting:
                strip = WaitingStrip(item, self)
                strip.resumed.connect(lambda item=item: self.workbench.resume_job(item.folder))
                strip.dismissed.connect(lambda job_id=job_id: self._dismiss(job_id))
                self.waiting[job_id] = strip
                self._column.addWidget(strip)
        self.setVisible(bool(self.running or self.waiting))

    def _dismiss(self, job_id: str) -> None:
        self._dismissed.add(job_id)
        self.look()

    def _started(self, job_id: str) -> None:
        worker = self.workbench.jobs.worker(job_id)
        if worker is None or worker.job.kind not in KINDS or job_id in self.running:
            return
        strip = JobStrip(self.workbench, job_id, self)
        self.running[job_id] = strip
        self._column.addWidget(strip)
        if job_id in self.waiting:
            self._remove(self.waiting.pop(job_id))
        self.show()
        self.changed.emit()

    def _ended(self, job_id: str, _end: End) -> None:
        strip = self.running.pop(job_id, None)
        if strip is not None:
            self._remove(strip)
            self.setVisible(bool(self.running or self.waiting))
            self.changed.emit()

    def _remove(self, strip: QWidget) -> None:
        self._column.removeWidget(strip)
        strip.hide()
        strip.deleteLater()
