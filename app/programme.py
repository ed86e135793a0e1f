"""What the transport plays: which audio, which stretch of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from app.session import ProjectSession
from projects.capture import signal_place
from projects.errors import TrimpotError
from projects.manifest import Edits, Section
from projects.project import FoundJob

Stretch = Literal["test", "whole"]
AS_RECORDED = Edits()


@dataclass(frozen=True)
class Programme:
    """Audio to play: the dry file, the wet one beside it where there is one, and a stretch.

    ``start`` and ``stop`` are seconds of the files. Of a capture, ``folder`` is its folder,
    ``edits`` what was decided about its wet audio, and ``replaced`` says which of its two signals
    is another file.
    """

    title: str
    dry: Path
    wet: Path | None
    sample_rate: int
    n_samples: int
    start: float
    stop: float
    capture_id: str = ""
    folder: Path | None = None
    edits: Edits = AS_RECORDED
    replaced: frozenset[Literal["dry", "wet"]] = frozenset()

    @property
    def source(self) -> tuple[object, ...]:
        """What tells this audio from another, whatever stretch of it plays."""
        return self.dry, self.wet, self.edits.shift, self.edits.flip

    @property
    def seconds(self) -> float:
        """How long the files are."""
        return self.n_samples / self.sample_rate

    @property
    def is_whole(self) -> bool:
        """Whether all of the files is played."""
        return self.start <= 0.0 and self.stop >= self.seconds


def capture_programme(
    session: ProjectSession, capture_id: str, stretch: Stretch = "whole"
) -> Programme | None:
    """A capture's audio; None where there is no such capture or its file is damaged.

    Raises
    ------
    TrimpotError
        The capture lacks its dry or wet audio.
    """
    entry = session.manifest.capture(capture_id)
    capture = session.capture(capture_id) if entry is not None else None
    if entry is None or capture is None:
        return None
    folder = session.project.capture_folder(capture_id)
    whole = Section(start=0, stop=capture.n_samples, part="test")
    section = whole
    if stretch == "test":
        split = session.split_of(entry)
        sections = split.of("test") if split is not None else ()
        section = max(sections, key=lambda part: part.stop - part.start, default=whole)
    return Programme(
        title=entry.name,
        dry=signal_place(folder, capture.signal("dry")),
        wet=signal_place(folder, capture.signal("wet")),
        sample_rate=capture.sample_rate,
        n_samples=capture.n_samples,
        start=section.start / capture.sample_rate,
        stop=min(section.stop, capture.n_samples) / capture.sample_rate,
        capture_id=capture_id,
        folder=folder,
        edits=entry.edits,
    )


def file_programme(path: Path) -> Programme:
    """Any audio file as a source; its header is read.

    Raises
    ------
    TrimpotError
        The file cannot be used.
    """
    from engines.audio.files import describe

    info = describe(path)
    return Programme(
        title=path.name,
        dry=path,
        wet=None,
        sample_rate=info.sample_rate,
        n_samples=info.n_samples,
        start=0.0,
        stop=info.seconds,
    )


def capture_of_run(session: ProjectSession, run: FoundJob, preferred: str = "") -> str:
    """The capture to hear a run's model with: the preferred one, else the run's first."""
    captures = session.manifest.captures
    if any(entry.id == preferred for entry in captures):
        return preferred
    named = run.job.config.get("captures")
    known = [str(name) for name in named] if isinstance(named, list) else []
    for entry in captures:
        if entry.id in known or (not known and entry.included):
            return entry.id
    return captures[0].id if captures else ""


__all__ = ["Programme", "Stretch", "TrimpotError", "capture_of_run", "capture_programme"]
