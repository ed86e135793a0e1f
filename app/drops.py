"""What a drop of files means: decided while the mouse still holds them, said in words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Literal

from projects.project import MANIFEST_FILE

AUDIO_SUFFIXES = frozenset({".wav", ".wave", ".flac", ".aif", ".aiff", ".ogg", ".w64", ".caf"})
MAX_LISTED = 200
"""More entries of a dropped folder are not looked at."""
DRY_WORDS = frozenset({"dry", "in", "input", "di", "clean", "raw", "x", "source"})
WET_WORDS = frozenset({"wet", "out", "output", "target", "reamp", "amp", "fx", "effect", "y"})


@dataclass(frozen=True)
class Drop:
    """Where dropped files would go."""

    kind: Literal["project", "recordings", "refused"]
    text: str
    folder: Path | None = None
    dry: Path | None = None
    wet: Path | None = None


def read_drop(paths: Sequence[Path]) -> Drop:
    """Say what would become of dropped files; looks at names only."""
    if not paths:
        return Drop("refused", "Only files and folders can be dropped here")
    project = _project_folder(paths)
    if project is not None:
        return Drop("project", f"Open the project {project.name}", folder=project)
    audio = _audio_files(paths)
    if not audio:
        return Drop("refused", "Drop recordings (wav, flac, aiff) or a Trimpot project")
    if len(audio) > 2:
        return Drop(
            "refused", f"{len(audio)} recordings: drop one pair at a time, the dry and the wet"
        )
    dry, wet = guess_pair(audio)
    if dry is not None and wet is not None:
        text = f"Import {dry.name} as dry and {wet.name} as wet"
    elif dry is not None:
        text = f"Import {dry.name} as the dry recording"
    else:
        assert wet is not None
        text = f"Import {wet.name} as the wet recording"
    return Drop("recordings", text, dry=dry, wet=wet)


def guess_pair(files: Sequence[Path]) -> tuple[Path | None, Path | None]:
    """Which of one or two recordings is dry and which wet, by the words in their names.

    Where the names say nothing, the first is taken as dry; the import pane lets both be swapped.
    """
    scored = sorted(files, key=_dryness, reverse=True)
    if len(scored) == 1:
        return (None, scored[0]) if _dryness(scored[0]) < 0 else (scored[0], None)
    if _dryness(scored[0]) == _dryness(scored[1]):
        scored = list(files)
    return scored[0], scored[1]


def _dryness(path: Path) -> int:
    words = set(re.split(r"[^a-z]+", path.stem.lower()))
    return len(words & DRY_WORDS) - len(words & WET_WORDS)


def _project_folder(paths: Sequence[Path]) -> Path | None:
    if len(paths) != 1:
        return None
    path = paths[0]
    if path.name == MANIFEST_FILE and path.is_file():
        return path.parent
    return path if path.is_dir() and (path / MANIFEST_FILE).is_file() else None


def _audio_files(paths: Sequence[Path]) -> list[Path]:
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            found.extend(child for child in islice(path.iterdir(), MAX_LISTED) if _is_audio(child))
        elif _is_audio(path):
            found.append(path)
    return sorted(found)


def _is_audio(path: Path) -> bool:
    return path.suffix.lower() in AUDIO_SUFFIXES and path.is_file()
