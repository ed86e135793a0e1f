"""A project folder: create, open, save, lock, and what lies in it."""

from __future__ import annotations

import hashlib
import re
import shutil
import stat
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from filelock import FileLock, Timeout
from pydantic import ValidationError

from projects.capture import CAPTURE_FILE, Capture, first_problem, read_capture
from projects.errors import (
    FileFormatError,
    ProjectError,
    ProjectLockedError,
    TrimpotError,
    storage_error,
)
from projects.files import inside, read_json, write_atomic
from projects.jobs import (
    FINISHED,
    JOB_FILE,
    Job,
    Status,
    create_job,
    is_alive,
    read_job,
    read_status,
    write_status,
)
from projects.manifest import (
    MAX_NAME,
    SCHEMA_VERSION,
    CaptureEntry,
    Control,
    Manifest,
    Split,
    one_line,
)
from projects.migrations import migrate, schema_version
from projects.splits import split_by_time

MANIFEST_FILE = "project.json"
DECISIONS = "#decisions"
"""Ends the key of a job's hash that is of the manifest's lines on a capture, not of a file."""
JOB_FOLDERS = {"train": "runs", "export": "exports"}
"""Where jobs of a kind live; what makes captures or renders works in ``jobs/``."""


@dataclass(frozen=True)
class FoundJob:
    """A job found by looking: its folder, what it was asked, how it stands."""

    folder: Path
    job: Job
    status: Status


class Project:
    """An open project. The one who opens it for writing holds its lock until :meth:`close`.

    Made by :meth:`create` or :meth:`open`. The manifest is immutable; :meth:`save` replaces it.
    """

    def __init__(self, folder: Path, manifest: Manifest, lock: FileLock | None) -> None:
        self.folder = folder
        self._manifest = manifest
        self._lock = lock

    @classmethod
    def create(cls, folder: Path, name: str = "") -> Self:
        """Make a new project in ``folder`` (which must be missing or empty) and open it.

        Raises
        ------
        ProjectError
            There is something in the folder already.
        StorageError
            The disk refused.
        """
        folder = folder.expanduser().resolve()
        try:
            if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
                raise ProjectError(
                    f"{folder} is not empty. Choose another name or folder for the new project."
                )
            (folder / ".trimpot").mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise storage_error("create the project", folder, error) from error
        manifest = Manifest(name=one_line(name or folder.name)[:MAX_NAME] or "Project")
        project = cls(folder, manifest, cls._acquire(folder))
        project.save(project.manifest)
        return project

    @classmethod
    def open(cls, folder: Path, *, write: bool = True) -> Self:
        """Open the project in ``folder`` (or whose ``project.json`` is given).

        An older schema is backed up, migrated and saved (only when opened for writing).

        Raises
        ------
        FileFormatError
            The manifest is missing or damaged.
        NewerSchemaError
            It was written by a newer Trimpot.
        ProjectLockedError
            Another window or command has it open.
        """
        folder = project_folder(folder)
        path = folder / MANIFEST_FILE
        if not is_project(folder):
            raise FileFormatError(f"{folder} is not a Trimpot project: it has no {MANIFEST_FILE}.")
        lock = cls._acquire(folder) if write else None
        try:
            value = read_json(path, what="project file")
            version = schema_version(value, path)
            manifest = cls._validated(migrate(value), path)
            project = cls(folder, manifest, lock)
            if write and version < SCHEMA_VERSION:
                cls._back_up(path, version)
                project.save(manifest)
        except BaseException:
            if lock is not None:
                lock.release()
            raise
        return project

    @staticmethod
    def _validated(value: object, path: Path) -> Manifest:
        try:
            return Manifest.model_validate(value)
        except ValidationError as error:
            raise FileFormatError(
                f"The project file {path} is damaged: {first_problem(error)}. It has been left as "
                "it is; restore it from a backup, or make a new project and import the captures.",
                details=str(error),
            ) from error

    @staticmethod
    def _back_up(path: Path, version: int) -> None:
        target = path.with_name(f"{path.stem}.v{version}.backup.json")
        try:
            shutil.copy2(path, target)
        except OSError as error:
            raise storage_error("back up the project before updating it", target, error) from error

    @staticmethod
    def _acquire(folder: Path) -> FileLock:
        path = folder / ".trimpot" / "lock"
        try:
            path.parent.mkdir(exist_ok=True)
            lock = FileLock(path)
            lock.acquire(timeout=0)
        except Timeout as error:
            raise ProjectLockedError(
                f"The project {folder.name} is open in another Trimpot window or command. "
                "Close it there first."
            ) from error
        except OSError as error:
            raise storage_error("open the project", folder, error) from error
        return lock

    def close(self) -> None:
        """Release the lock. The project can be opened again afterwards."""
        if self._lock is not None:
            self._lock.release()
            self._lock = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def manifest(self) -> Manifest:
        """What ``project.json`` says now."""
        return self._manifest

    def save(self, manifest: Manifest) -> None:
        """Make ``manifest`` the project's, on disk first.

        Raises
        ------
        ProjectError
            The project was opened for reading only, or is closed.
        StorageError
            The disk refused; the old manifest still stands, on disk and here.
        """
        if self._lock is None:
            raise ProjectError(f"The project {self._manifest.name} is open for reading only.")
        validated = self._manifest.changed_to(manifest)
        # Written by pydantic itself: for thousands of captures ten times quicker than json's.
        text = validated.model_dump_json(indent=2) + "\n"
        write_atomic(self.folder / MANIFEST_FILE, text.encode(), action="save the project")
        self._manifest = validated

    # -- captures --------------------------------------------------------------------------

    def capture_folder(self, capture_id: str) -> Path:
        """The folder of a capture; never outside the project."""
        return inside(self.folder, f"captures/{capture_id}")

    def read_capture(self, capture_id: str) -> Capture:
        """The capture's own file; see :func:`projects.capture.read_capture`."""
        return read_capture(self.capture_folder(capture_id))

    def split_of(self, entry: CaptureEntry) -> Split:
        """The split of a capture's input, made from the capture's proposal if there is none."""
        found = self.manifest.split(entry.dry_id)
        return found if found is not None else proposed_split(self.read_capture(entry.id))

    def capture_hashes(self, capture_ids: Iterable[str]) -> dict[str, str]:
        """SHA-256 of each capture's ``capture.json``, by its path, and of what was decided on it.

        The file holds the hash of the dry audio and every fact of the capture; knobs, edits and
        split stand in the manifest (``captures/<id>#decisions``). A job that is made with these
        notices when it would go on with other data.
        """
        found = {}
        for capture_id in capture_ids:
            path = self.capture_folder(capture_id) / CAPTURE_FILE
            try:
                digest = hashlib.sha256(path.read_bytes()).hexdigest()
            except OSError:
                continue  # its absence is told, by name, when it is read
            found[f"captures/{capture_id}/{CAPTURE_FILE}"] = digest
            found[f"captures/{capture_id}{DECISIONS}"] = self.manifest.decisions(capture_id)
        return found

    # -- jobs ------------------------------------------------------------------------------

    def new_job(self, job: Job) -> Path:
        """Make the folder of a new job at its place in the project; returns it."""
        parent = inside(self.folder, JOB_FOLDERS.get(job.kind, "jobs"))
        return create_job(parent / job.id, job)

    def jobs(self, kind: str | None = None) -> list[FoundJob]:
        """Every job in the project, newest first, found by looking; damaged ones are left out."""
        found: list[FoundJob] = []
        for parent in ("jobs", "runs", "exports"):
            for folder in _folders(self.folder / parent):
                if not (folder / JOB_FILE).is_file():
                    continue
                try:
                    job = read_job(folder)
                except FileFormatError:
                    continue
                if kind is None or job.kind == kind:
                    found.append(FoundJob(folder, job, read_status(folder)))
        return sorted(found, key=lambda item: item.job.id, reverse=True)

    def find_job(self, job_id: str) -> FoundJob:
        """The job of that id (or of the only id that begins so).

        Raises
        ------
        ProjectError
            None, or more than one.
        """
        matches = [item for item in self.jobs() if item.job.id.startswith(job_id)]
        if len(matches) != 1:
            word = "no" if not matches else "more than one"
            raise ProjectError(f"There is {word} job {job_id!r} in {self.manifest.name}.")
        return matches[0]

    def adopt(self) -> list[CaptureEntry]:
        """Take the captures of finished data jobs into the project; returns the new entries.

        A job makes its captures in its own folder; adopting moves them to ``captures/`` and
        writes them, with their split, into the manifest. Safe to repeat after a crash at any
        point: a capture already moved but not yet in the manifest is found again.
        """
        entries: list[CaptureEntry] = []
        for item in self.jobs():
            if item.status.adopted or item.status.state not in FINISHED or is_alive(item.folder):
                continue
            entries.extend(self._adopt_captures(item.folder / "captures"))
            if item.status.state == "done":
                write_status(item.folder, item.status.model_copy(update={"adopted": True}))
        return entries

    def _adopt_captures(self, parent: Path) -> list[CaptureEntry]:
        """Take a job's captures in, the manifest saved once for all: there may be thousands."""
        manifest = self.manifest
        known = {entry.id for entry in manifest.captures}
        found: list[tuple[Path, Capture]] = []
        for folder in _folders(parent):
            if not (folder / CAPTURE_FILE).is_file():
                continue
            try:
                capture = read_capture(folder)
                if capture.id not in known:
                    manifest = with_capture(manifest, capture)
            except (ValidationError, TrimpotError):
                continue  # whoever wrote it, it was no source of ours: it stays where it is
            known.add(capture.id)
            found.append((folder, capture))
        if manifest is not self.manifest:
            self.save(manifest)
        for folder, capture in found:
            target = self.capture_folder(capture.id)
            try:
                target.parent.mkdir(exist_ok=True)
                if not target.exists():
                    folder.rename(target)
            except OSError as error:
                raise storage_error("take the capture into the project", target, error) from error
        return [capture.entry() for _, capture in found]


def project_folder(path: Path) -> Path:
    """The folder of a project that is named by its folder or by its ``project.json``."""
    try:
        folder = path.expanduser().resolve()
    except (OSError, RuntimeError) as error:  # a loop of links, an unknown user's home
        raise ProjectError(f"The path {path} leads nowhere: {error}.") from error
    return folder.parent if folder.name == MANIFEST_FILE else folder


def is_project(folder: Path) -> bool:
    """Whether there is a ``project.json`` in ``folder``.

    Raises
    ------
    StorageError
        The system refuses to look, as it does for names that are too long.
    """
    path = project_folder(folder) / MANIFEST_FILE
    try:
        return stat.S_ISREG(path.stat().st_mode)
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError as error:
        raise storage_error("open the project", folder, error) from error


def used_captures(manifest: Manifest, config: dict[str, Any]) -> list[str]:
    """The captures that a train job's configuration names; without any, all that are included."""
    named = config.get("captures")
    if isinstance(named, list | tuple):
        return [str(name) for name in named]
    return [entry.id for entry in manifest.captures if entry.included]


def with_capture(manifest: Manifest, capture: Capture) -> Manifest:
    """The manifest with one capture more.

    Its input gets a split where there was none; a knob that is not known yet becomes a control,
    and a setting beyond a control's range widens it.
    """
    splits = manifest.splits
    if manifest.split(capture.dry_id) is None:
        splits = (*splits, proposed_split(capture))
    return manifest.model_copy(
        update={
            "captures": (*manifest.captures, capture.entry()),
            "splits": splits,
            "controls": _controls_for(manifest.controls, capture),
        }
    )


def _controls_for(controls: tuple[Control, ...], capture: Capture) -> tuple[Control, ...]:
    found = {control.name: control for control in controls}
    proposed = {control.name: control for control in capture.controls}
    for name, value in capture.knobs.items():
        known = found.get(name) or proposed.get(name)
        if known is None:
            # Where the device stood is where a model knows what to do, so it is the default.
            low, high = min(0.0, value), max(1.0, value)
            found[name] = Control(name=name, minimum=low, maximum=high, default=value)
        else:
            low, high = min(known.minimum, value), max(known.maximum, value)
            found[name] = known.model_copy(update={"minimum": low, "maximum": high})
    return tuple(found.values())


def proposed_split(capture: Capture) -> Split:
    """The split that a capture proposes, or one by time."""
    if capture.sections:
        return Split(dry_id=capture.dry_id, sections=capture.sections)
    return split_by_time(capture.dry_id, capture.n_samples, capture.sample_rate)


def folder_name(name: str) -> str:
    """A folder name for a project's or file's name: ASCII, no separators, never empty."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return re.sub(r"[^A-Za-z0-9_-]+", "-", plain).strip("-")[:64] or "project"


def _folders(parent: Path) -> Iterator[Path]:
    if not parent.is_dir():
        return
    for child in sorted(parent.iterdir()):
        if child.is_dir() and not child.is_symlink():
            yield child
