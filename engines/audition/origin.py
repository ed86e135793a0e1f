"""Where material comes from: files, as they are now, so that what has not changed is kept."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from engines.audition.material import Material, load_capture, load_files, with_stretch
from engines.audition.protocol import Load
from projects.manifest import Edits

Stamp = tuple[str, int, int]
"""A file's path, time of change (ns) and size (bytes)."""


@dataclass(frozen=True)
class Origin:
    """The files behind a ``load`` command; equal while nothing about them has changed."""

    capture: Path | None
    dry: Path | None
    wet: Path | None
    edits: Edits
    stamps: tuple[Stamp, ...]

    @classmethod
    def of(cls, command: Load) -> Origin | None:
        """The files that a command names; None where it names none."""
        capture, dry, wet = (
            Path(name) if name is not None else None
            for name in (command.capture, command.dry, command.wet)
        )
        if capture is None and dry is None:
            return None
        own = sorted(capture.glob("*.*")) if capture is not None else []
        files = [*own, *(path for path in (dry, wet) if path is not None)]
        edits = Edits(shift=command.shift, flip=command.flip)
        return cls(capture, dry, wet, edits, tuple(_stamp(path) for path in files))

    def read(self, start: float, stop: float | None, known: Material | None = None) -> Material:
        """The audio, to be played from ``start`` to ``stop`` seconds.

        ``known`` is what these very files held when they were read before.

        Raises
        ------
        TrimpotError
            A file cannot be used.
        """
        if known is not None:
            return with_stretch(known, start, stop)
        if self.capture is not None:
            return load_capture(
                self.capture, self.edits, dry=self.dry, wet=self.wet, start=start, stop=stop
            )
        assert self.dry is not None
        return load_files(self.dry, self.wet, start=start, stop=stop)


def _stamp(path: Path) -> Stamp:
    try:
        found = path.stat()
    except OSError:
        return str(path), 0, 0  # reading it will say why
    return str(path), found.st_mtime_ns, found.st_size
