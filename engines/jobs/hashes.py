"""Checking that a job's inputs are still what they were when it was made."""

from __future__ import annotations

import hashlib
from pathlib import Path

from engines.worker.context import JobContext
from projects.errors import JobError
from projects.files import inside
from projects.project import DECISIONS, Project

CHUNK_BYTES = 1 << 20


def file_hash(path: Path, context: JobContext | None = None) -> str:
    """SHA-256 (hex) of a file's bytes."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while chunk := stream.read(CHUNK_BYTES):
            digest.update(chunk)
            if context is not None:
                context.check()
    return digest.hexdigest()


def verify_inputs(context: JobContext, *, outside: bool = False) -> None:
    """Compare every input in ``job.json``'s ``hashes`` with what lies in the project.

    Parameters
    ----------
    context : JobContext
        The job.
    outside : bool
        Whether an input may lie outside the project, by an absolute path: recordings to import.

    Raises
    ------
    JobError
        An input is missing or has changed since the job was made.
    """
    decisions = {
        key.removesuffix(DECISIONS).removeprefix("captures/"): wanted
        for key, wanted in context.job.hashes.items()
        if key.endswith(DECISIONS)
    }
    if decisions:
        _verify_decisions(context, decisions)
    for relative, wanted in context.job.hashes.items():
        if relative.endswith(DECISIONS):
            continue
        absolute = outside and Path(relative).is_absolute()
        path = Path(relative) if absolute else inside(context.project, relative)
        try:
            found = file_hash(path, context)
        except OSError as error:
            raise JobError(
                f"The job's input {path} cannot be read: {error.strerror or error}. Put it back, "
                "or start a new job."
            ) from error
        if found != wanted:
            raise JobError(
                f"The job's input {path} has changed since the job was made. Start a new job."
            )


def _verify_decisions(context: JobContext, decisions: dict[str, str]) -> None:
    with Project.open(context.project, write=False) as project:
        manifest = project.manifest
    for capture_id, wanted in decisions.items():
        entry = manifest.capture(capture_id)
        if entry is not None and manifest.decisions(capture_id) != wanted:
            raise JobError(
                f"The knobs, edits or parts of the capture {entry.name} have been changed since "
                "the job was made. Start a new job, or undo the change."
            )
