"""The exports of the open project: the file, its proof, or why there is none."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from app.session import ProjectSession
from engines.exporters.base import Parity
from projects.errors import TrimpotError
from projects.files import inside, read_json
from projects.jobs import PARITY_FILE
from projects.project import FoundJob
from widgets.figures import format_number


@dataclass(frozen=True)
class FoundExport:
    """One export: its job, the file it made and the proof beside it, where there are any."""

    job: FoundJob
    file: Path | None
    parity: Parity | None

    @property
    def id(self) -> str:
        """The job's id."""
        return self.job.job.id

    @property
    def proven(self) -> bool:
        """Whether the file is there and its proof says that it sounds as the model does."""
        return self.file is not None and self.parity is not None and self.parity.passed


def found_exports(session: ProjectSession) -> list[FoundExport]:
    """Every export of the project, newest first."""
    return [_found(job) for job in session.jobs("export")]


def _found(job: FoundJob) -> FoundExport:
    parity = _read_parity(job.folder)
    try:
        path = inside(job.folder, parity.file) if parity is not None else None
    except TrimpotError:
        path = None
    return FoundExport(job, path if path is not None and path.is_file() else None, parity)


def _read_parity(folder: Path) -> Parity | None:
    path = folder / PARITY_FILE
    if not path.is_file():
        return None
    try:
        return Parity.model_validate(read_json(path, what="proof of an export", max_bytes=100_000))
    except (TrimpotError, ValidationError):
        return None


def parity_words(parity: Parity) -> str:
    """What the largest difference means, in decibels under full scale."""
    if parity.max_abs <= 0:
        return "Exactly the samples of the trained model."
    level = round(20.0 * math.log10(parity.max_abs))
    kind = "far below hearing" if level < -90 else "below what music masks"
    words = f"{level} dBFS: {kind}".replace("-", "\u2212")
    worst = format_number(parity.max_abs, 2)
    return f"Differs from the trained model by {worst} of full scale at most ({words})."
