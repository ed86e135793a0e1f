"""What a drop of files means: decided while the mouse still holds them, said in words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Literal

from projects.project import MANIFEST_FILE

AUDIO_SUFFIXES = frozenset(
    f".{ending}"
    for ending in (
        *("wav", "wave", "flac", "aif", "aiff", "aifc", "ogg", "oga", "opus", "mp3"),
        *("w64", "rf64", "caf", "au", "snd"),
    )
)
MAX_LISTED = 2000
"""More entries of a dropped folder are not looked at while the mouse holds it."""
MAX_FOLDERS = 64
DRY_WORDS = frozenset({"dry", "in", "input", "di", "clean", "raw", "x", "source"})
WET_WORDS = frozenset({"wet", "out", "output", "target", "reamp", "amp", "fx", "effect", "y"})
SIGNALTRAIN = re.compile(r"(input_\d+_.*|target_\d+_.+__-?[\d.]+__-?[\d.]+)", re.IGNORECASE)
"""The names of the SignalTrain set; see engines.sources.signaltrain_names."""

NETLIST_SUFFIXES = frozenset({".cir", ".net", ".sp", ".spi", ".spice", ".ckt", ".asc"})
"""What simulators and drawing programs call their netlists; LTspice's drawings besides."""

Kind = Literal["project", "recordings", "folder", "signaltrain", "netlist", "refused"]


@dataclass(frozen=True)
class Drop:
    """Where dropped files would go."""

    kind: Kind
    text: str
    folder: Path | None = None
    dry: Path | None = None
    wet: Path | None = None
    netlist: Path | None = None


def read_drop(paths: Sequence[Path]) -> Drop:
    """Say what would become of dropped files; looks at names only."""
    if not paths:
        return Drop("refused", "Only files and folders can be dropped here")
    project = _project_folder(paths)
    if project is not None:
        return Drop("project", f"Open the project {project.name}", folder=project)
    netlists = [path for path in paths if path.suffix.lower() in NETLIST_SUFFIXES]
    if len(netlists) == len(paths) and all(path.is_file() for path in netlists):
        return _netlist(netlists)
    audio, full = _audio_files(paths)
    if not audio:
        return Drop(
            "refused",
            "Drop recordings (wav, flac, aiff, ogg, mp3), a netlist (cir, net, asc) or a Trimpot "
            "project",
        )
    if len(audio) <= 2:
        return _pair(audio)
    folder = _common_folder(paths, audio)
    if folder is None:
        return Drop(
            "refused",
            f"{len(audio)} recordings of different folders: put them into one folder and drop that",
        )
    count = f"{len(audio)} or more" if full else str(len(audio))
    if sum(SIGNALTRAIN.fullmatch(path.stem) is not None for path in audio) > len(audio) / 2:
        text = f"Import the SignalTrain set {folder.name} ({count} recordings)"
        return Drop("signaltrain", text, folder=folder)
    return Drop("folder", f"Import {count} recordings from {folder.name} by name", folder=folder)


def _netlist(netlists: Sequence[Path]) -> Drop:
    if len(netlists) > 1:
        return Drop(
            "refused", f"{len(netlists)} netlists at once: drop the one that is the circuit"
        )
    return Drop("netlist", f"Open {netlists[0].name} as a circuit", netlist=netlists[0])


def _pair(audio: Sequence[Path]) -> Drop:
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


def _audio_files(paths: Iterable[Path]) -> tuple[list[Path], bool]:
    """The recordings dropped and those in the folders dropped, and whether there may be more."""
    found: list[Path] = []
    seen = 0
    for path in paths:
        if path.is_dir():
            listed = list(islice(_below(path), MAX_LISTED - seen))
            seen += len(listed)
            found.extend(child for child in listed if _is_audio(child))
        elif _is_audio(path) and path.is_file():
            found.append(path)
    return sorted(found), seen >= MAX_LISTED


def _below(folder: Path) -> Iterator[Path]:
    """What is in a folder and in its first folders, links not followed; a few at most."""
    waiting, opened = [folder], 0
    while waiting and opened < MAX_FOLDERS:
        here = waiting.pop(0)
        opened += 1
        try:
            for child in here.iterdir():
                if child.name.startswith("."):
                    continue
                if child.suffix.lower() not in AUDIO_SUFFIXES and child.is_dir():
                    if not child.is_symlink():
                        waiting.append(child)
                    continue
                yield child
        except OSError:
            continue  # what cannot be read is named by the import


def _common_folder(dropped: Sequence[Path], audio: Sequence[Path]) -> Path | None:
    """The folder to import: the one dropped, or the one that all files dropped lie in."""
    if len(dropped) == 1 and dropped[0].is_dir():
        return dropped[0]
    parents = {path if path.is_dir() else path.parent for path in dropped}
    if len(parents) == 1 and all(path.parent in parents for path in audio):
        return parents.pop()
    return None


def _is_audio(path: Path) -> bool:
    return path.suffix.lower() in AUDIO_SUFFIXES
