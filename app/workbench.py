"""What the window's parts share, handed to each of them: no globals, no lookups."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal

from app.jobs import Jobs
from app.notices import Action, Notice, Notices
from app.session import ProjectSession
from app.settings import SettingsStore
from engines.worker.protocol import End
from projects.errors import TrimpotError
from projects.jobs import JobKind
from projects.project import Project


class Workbench(QObject):
    """Settings, notices, jobs, the open project, and what is selected.

    Signals
    -------
    session_leaving()
        The present project, if there is any, is about to make place: what was said is past.
    session_changed()
        A project was opened or closed.
    capture_selected(str), run_selected(str)
        The selection, shared by all stages; an empty id means none.
    stage_requested(str)
        Some part asks the window to show a stage.
    command_requested(str)
        Some part asks for one of the window's commands by its key: ``settings``, ``guided``.
    """

    session_leaving = Signal()
    session_changed = Signal()
    capture_selected = Signal(str)
    run_selected = Signal(str)
    stage_requested = Signal(str)
    command_requested = Signal(str)

    def __init__(
        self, settings: SettingsStore, notices: Notices, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self.settings = settings
        self.notices = notices
        self.jobs = Jobs(self)
        self.session: ProjectSession | None = None
        self.capture_id = ""
        self.run_id = ""
        self._detached: set[str] = set()
        """Jobs that stop because their project was closed: what they say then is no news."""
        self.jobs.ended.connect(self._job_ended)

    # -- the project -----------------------------------------------------------------------

    def open_project(self, folder: Path) -> bool:
        """Open a project in place of the present one; a refusal becomes a notice."""
        try:
            project = Project.open(folder)
        except TrimpotError as error:
            self.notices.error(error)
            return False
        self._take(project)
        return True

    def create_project(self, folder: Path, name: str = "") -> bool:
        """Make and open a project; a refusal becomes a notice."""
        try:
            project = Project.create(folder, name)
        except TrimpotError as error:
            self.notices.error(error)
            return False
        self._take(project)
        return True

    def _take(self, project: Project) -> None:
        self.close_project()
        self.session_leaving.emit()
        self.session = ProjectSession(project, self.notices, self)
        self.settings.remember_project(project.folder)
        self.session.adopt()
        self.session.undo_stack.clear()
        self.session_changed.emit()

    def close_project(self) -> None:
        """Close the open project; its jobs stop, resumable."""
        if self.session is None:
            return
        self.session_leaving.emit()
        self._detached |= {worker.job.id for worker in self.jobs.active()}
        self.jobs.detach_all()
        session, self.session = self.session, None
        self.capture_id = self.run_id = ""
        session.close()
        session.deleteLater()
        self.session_changed.emit()

    # -- selection -------------------------------------------------------------------------

    def select_capture(self, capture_id: str) -> None:
        """Make a capture the selected one, in every stage."""
        if capture_id != self.capture_id:
            self.capture_id = capture_id
            self.capture_selected.emit(capture_id)

    def select_run(self, run_id: str) -> None:
        """Make a run the selected one, in every stage."""
        if run_id != self.run_id:
            self.run_id = run_id
            self.run_selected.emit(run_id)

    # -- jobs ------------------------------------------------------------------------------

    def start_job(
        self, kind: JobKind, name: str, config: dict[str, Any], *, seed: int = 0
    ) -> str | None:
        """Make a job in the open project and start its worker; returns its id."""
        if self.session is None:
            return None
        if kind == "train":
            self.session.lock_tests()
        folder = self.session.new_job(kind, name, config, seed=seed)
        return None if folder is None else self.resume_job(folder)

    def resume_job(self, folder: Path) -> str | None:
        """Start (or start again) the worker of a job that is there."""
        try:
            job_id = self.jobs.start(folder)
        except TrimpotError as error:
            self.notices.error(error)
            return None
        if self.session is not None:
            self.session.jobs_changed.emit()
        return job_id

    def _job_ended(self, job_id: str, end: End) -> None:
        session = self.session
        if job_id in self._detached:
            self._detached.discard(job_id)
            return
        if session is None:
            return
        entries = session.adopt()
        session.jobs_changed.emit()
        if end.state == "failed":
            self.notices.post(Notice("error", end.text, end.details, about=job_id))
        elif end.state == "interrupted":
            actions = self._resume_action(job_id)
            self.notices.post(Notice("warning", end.text, end.details, actions, about=job_id))
        elif end.state == "done" and end.figures.get("refused"):
            details = "\n\n".join(map(str, end.figures["refused"]))
            self.notices.post(Notice("warning", end.text, details, about=job_id))
        elif end.state == "done":
            self.notices.success(end.text)
        if entries:
            self.select_capture(entries[0].id)

    def _resume_action(self, job_id: str) -> tuple[Action, ...]:
        if self.session is None:
            return ()
        folders = [item.folder for item in self.session.jobs() if item.job.id == job_id]
        return tuple(Action("Resume", partial(self._resume, folder)) for folder in folders)

    def _resume(self, folder: Path) -> None:
        self.resume_job(folder)
