"""A job on disk: the frozen ``job.json``, ``status.json``, the lock that a live worker holds.

A job is a folder. A worker reads ``job.json``, writes only inside the folder and says how it went
in ``status.json``. Nothing in it knows who started it: the window, the command line or a cluster.
"""

from __future__ import annotations

import platform
import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Literal

from filelock import FileLock, Timeout
from pydantic import Field, StringConstraints, ValidationError

from projects.capture import first_problem
from projects.errors import FileFormatError, JobError, storage_error
from projects.files import read_json, write_json_atomic
from projects.manifest import Frozen, Identifier, Name, Sha256

JOB_FILE = "job.json"
STATUS_FILE = "status.json"
METRICS_FILE = "metrics.jsonl"
LOG_FILE = "log.txt"
LOCK_FILE = "worker.lock"
BEST_FILE = "best.safetensors"
LAST_FILE = "last.safetensors"
PREVIEW_FILE = "preview.safetensors"
PARITY_FILE = "parity.json"

JobKind = Literal["simulate", "import", "record", "train", "render", "export"]
JobState = Literal["waiting", "running", "paused", "done", "cancelled", "failed", "interrupted"]
FINISHED: frozenset[JobState] = frozenset({"done", "cancelled", "failed", "interrupted"})


class Job(Frozen):
    """``job.json``: everything a worker needs to know, frozen when the job is made."""

    schema_version: Literal[1] = 1
    id: Identifier = Field(default_factory=lambda: new_id())
    kind: JobKind
    name: Name
    created: datetime = Field(default_factory=lambda: datetime.now(UTC))
    seed: Annotated[int, Field(ge=0, lt=2**63)] = 0
    config: dict[str, Any] = Field(default_factory=dict)
    """The configuration of this kind of job; the worker validates it by its own type."""
    hashes: dict[str, Sha256] = Field(default_factory=dict)
    """SHA-256 of each input, by its path in the project, as it was when the job was made."""
    versions: dict[str, str] = Field(default_factory=dict)


class Status(Frozen):
    """``status.json``: how the job stands, in a word and in a sentence."""

    schema_version: Literal[1] = 1
    state: JobState
    text: Annotated[str, StringConstraints(max_length=4000)] = ""
    details: Annotated[str, StringConstraints(max_length=200_000)] = ""
    started: datetime | None = None
    finished: datetime | None = None
    seconds: float = 0.0
    figures: dict[str, Any] = Field(default_factory=dict)
    files: tuple[str, ...] = ()
    """What the job made, relative to its folder."""
    adopted: bool = False
    """Whether its captures have been taken into the project."""


def new_id() -> str:
    """A new identifier: sortable by time of making, and unique."""
    return f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{uuid.uuid4().hex[:6]}"


def versions() -> dict[str, str]:
    """Versions worth keeping beside a result."""
    from importlib.metadata import PackageNotFoundError, version

    found = {"python": platform.python_version()}
    for name in ("trimpot", "torch", "numba", "numpy", "scipy"):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def create_job(folder: Path, job: Job) -> Path:
    """Make the job's folder with its ``job.json``; returns the folder.

    Raises
    ------
    JobError
        The folder is already there.
    StorageError
        The disk refused.
    """
    try:
        folder.mkdir(parents=True, exist_ok=False)
    except FileExistsError as error:
        raise JobError(f"There is already a job in {folder}.") from error
    except OSError as error:
        raise storage_error("start the job", folder, error) from error
    write_json_atomic(folder / JOB_FILE, job.model_dump(mode="json"), action="start the job")
    return folder


def read_job(folder: Path) -> Job:
    """Read ``job.json``; raises FileFormatError with a sentence where it is missing or damaged."""
    path = folder / JOB_FILE
    value = read_json(path, what="job file", max_bytes=16_000_000)
    try:
        return Job.model_validate(value)
    except ValidationError as error:
        raise FileFormatError(
            f"The job file {path} is damaged: {first_problem(error)}.", details=str(error)
        ) from error


def write_status(folder: Path, status: Status) -> None:
    """Write ``status.json`` atomically."""
    write_json_atomic(
        folder / STATUS_FILE, status.model_dump(mode="json"), action="save the job's status"
    )


def read_status(folder: Path) -> Status:
    """How a job stands, as far as its folder tells.

    A job that says it runs while no worker holds its lock was killed: its state is reported as
    ``interrupted``. A damaged or missing status counts as waiting, or as interrupted if the
    worker had begun (a log is there).
    """
    path = folder / STATUS_FILE
    status = Status(state="waiting")
    if path.is_file():
        try:
            status = Status.model_validate(read_json(path, what="status file", max_bytes=4_000_000))
        except (FileFormatError, ValidationError):
            status = Status(state="interrupted", text="Its status file is damaged.")
    if status.state in ("running", "paused") and not is_alive(folder):
        text = "It was stopped in the middle (killed, or the computer went down)."
        return status.model_copy(update={"state": "interrupted", "text": text})
    return status


def worker_lock(folder: Path) -> FileLock:
    """The lock that a worker holds while it lives; the system frees it when the worker dies."""
    return FileLock(folder / LOCK_FILE)


def is_alive(folder: Path) -> bool:
    """Whether some worker is at work on this job now."""
    if not (folder / LOCK_FILE).exists():
        return False
    lock = worker_lock(folder)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return True
    except OSError:
        return False
    lock.release()
    return False
