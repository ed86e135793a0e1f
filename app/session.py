"""An open project in the window: every change of the manifest goes through its undo stack."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QUndoCommand, QUndoStack

from app.notices import Notices
from projects.capture import Capture
from projects.errors import TrimpotError
from projects.jobs import Job, JobKind, versions
from projects.manifest import CaptureEntry, Manifest, Split
from projects.project import FoundJob, Project, used_captures


class ManifestCommand(QUndoCommand):
    """One change of the manifest, as the whole before and after."""

    def __init__(
        self, session: ProjectSession, text: str, before: Manifest, after: Manifest
    ) -> None:
        super().__init__(text)
        self._session = session
        self._before = before
        self._after = after

    def redo(self) -> None:
        self._session.restore(self._after)

    def undo(self) -> None:
        self._session.restore(self._before)


class ProjectSession(QObject):
    """A project open in the window.

    Signals
    -------
    manifest_changed()
        The manifest was replaced (a change, an undo, a redo, an adopted capture).
    jobs_changed()
        Jobs came, ended or vanished; :meth:`jobs` tells.
    """

    manifest_changed = Signal()
    jobs_changed = Signal()

    def __init__(self, project: Project, notices: Notices, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.project = project
        self._notices = notices
        self.undo_stack = QUndoStack(self)
        self._captures: dict[str, Capture | None] = {}

    @property
    def folder(self) -> Path:
        """The project's folder."""
        return self.project.folder

    @property
    def manifest(self) -> Manifest:
        """What ``project.json`` says now."""
        return self.project.manifest

    def change(self, text: str, edit: Callable[[Manifest], Manifest]) -> bool:
        """Change the manifest, undoably; a refusal becomes a notice.

        Parameters
        ----------
        text : str
            What the undo entry says: ``"Rename capture"``.
        edit : callable
            Makes the new manifest from the present one.

        Returns
        -------
        bool
            Whether the change was made.
        """
        before = self.manifest
        try:
            after = before.changed_to(edit(before))
        except (TrimpotError, ValueError) as error:
            self._notices.error(error)
            return False
        if after == before:
            return False
        if not self.restore(after):
            return False
        self._push_done(text, before, after)
        return True

    def restore(self, manifest: Manifest) -> bool:
        """Make ``manifest`` the project's; a test part once locked stays locked."""
        if manifest == self.manifest:
            return True
        locked = {split.dry_id for split in self.manifest.splits if split.locked}
        splits = tuple(
            split.model_copy(update={"locked": True})
            if split.dry_id in locked and not split.locked
            else split
            for split in manifest.splits
        )
        try:
            self.project.save(manifest.model_copy(update={"splits": splits}))
        except TrimpotError as error:
            self._notices.error(error)
            return False
        self.manifest_changed.emit()
        return True

    def _push_done(self, text: str, before: Manifest, after: Manifest) -> None:
        # QUndoStack.push() calls redo() at once; restore() finds nothing left to do.
        self.undo_stack.push(ManifestCommand(self, text, before, after))

    # -- captures --------------------------------------------------------------------------

    def capture(self, capture_id: str) -> Capture | None:
        """A capture's file (read once); None, with a notice, where it is damaged."""
        if capture_id not in self._captures:
            try:
                self._captures[capture_id] = self.project.read_capture(capture_id)
            except TrimpotError as error:
                self._captures[capture_id] = None
                self._notices.error(error)
        return self._captures[capture_id]

    def is_read(self, capture_id: str) -> bool:
        """Whether :meth:`capture` has its answer at hand."""
        return capture_id in self._captures

    def keep(self, found: Mapping[str, Capture | TrimpotError]) -> None:
        """Take captures that were read in the background, or why they could not be."""
        for capture_id, capture in found.items():
            if capture_id in self._captures:
                continue
            if isinstance(capture, TrimpotError):
                self._notices.error(capture)
                self._captures[capture_id] = None
            else:
                self._captures[capture_id] = capture

    def split_of(self, entry: CaptureEntry) -> Split | None:
        """The split of a capture's input; None where it cannot be told."""
        try:
            return self.project.split_of(entry)
        except TrimpotError:
            return None

    def adopt(self) -> list[CaptureEntry]:
        """Take finished captures into the project, as one undoable step."""
        before = self.manifest
        try:
            entries = self.project.adopt()
        except TrimpotError as error:
            self._notices.error(error)
            entries = []
        after = self.manifest
        if after != before:
            names = ", ".join(entry.name for entry in entries) or "capture"
            self._push_done(f"Add {names}", before, after)
            self.manifest_changed.emit()
        return entries

    def lock_tests(self) -> None:
        """Lock the test part of every input: from now on it may not be moved."""
        manifest = self.manifest
        splits = tuple(split.model_copy(update={"locked": True}) for split in manifest.splits)
        self.restore(manifest.model_copy(update={"splits": splits}))

    # -- jobs ------------------------------------------------------------------------------

    def jobs(self, kind: str | None = None) -> list[FoundJob]:
        """Every job of the project, newest first."""
        return self.project.jobs(kind)

    def new_job(
        self, kind: JobKind, name: str, config: dict[str, Any], *, seed: int = 0
    ) -> Path | None:
        """Make a job's folder; None, with a notice, where the disk refuses."""
        try:
            hashes = {}
            if kind == "train":
                used = used_captures(self.manifest, config)
                config = {**config, "captures": used}  # what is added later is not this run's
                hashes = self.project.capture_hashes(used)
            elif kind == "render" and isinstance(config.get("capture"), str):
                hashes = self.project.capture_hashes([config["capture"]])
            elif kind == "simulate":
                from engines.sources.netlist import input_hashes

                hashes = input_hashes(self.project.folder, config)
            job = Job(
                kind=kind, name=name, config=config, seed=seed, hashes=hashes, versions=versions()
            )
            folder = self.project.new_job(job)
        except (TrimpotError, ValueError) as error:
            self._notices.error(error)
            return None
        self.jobs_changed.emit()
        return folder

    def close(self) -> None:
        """Give the project free."""
        self.undo_stack.clear()
        self.project.close()
