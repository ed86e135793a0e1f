"""What a look at a folder's file names finds, before any audio is read."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from engines.sources.patterns import AUDIO_SUFFIXES
from projects.errors import TrimpotError
from projects.manifest import Control, Part

MAX_ENTRIES = 100_000
MAX_DEPTH = 12
MAX_PROBLEMS = 50
PART_NAMES: dict[str, Part] = {
    "train": "train",
    "training": "train",
    "val": "validation",
    "valid": "validation",
    "validation": "validation",
    "test": "test",
    "testing": "test",
}
"""What folders that divide a set are called."""


class ScanError(TrimpotError):
    """A folder cannot be looked through."""


@dataclass(frozen=True)
class Found:
    """One wet recording, what belongs to it, and what its name says.

    Attributes
    ----------
    wet : Path
        Absolute.
    dry : Path or None
        Absolute; None where there is none, as ``note`` says.
    knobs : dict[str, float]
        Settings, by the knob's name.
    part : Part or None
        The part that its folder names (Train, Val, Test).
    clip : str
        What ``*`` stands for; the number of a SignalTrain pair. The same clip at other settings
        has the same input.
    note : str
        What is worth a look about this one; empty where nothing is.
    """

    wet: Path
    dry: Path | None
    knobs: dict[str, float]
    part: Part | None
    clip: str
    note: str = ""


@dataclass(frozen=True)
class Scan:
    """What a folder holds, by its names alone.

    Attributes
    ----------
    folder : Path
        Absolute.
    items : tuple[Found, ...]
        In natural order of the names; those without dry among them.
    unmatched : tuple[Path, ...]
        Audio files that nothing uses.
    problems : tuple[str, ...]
        Sentences: folders that cannot be read, pairs that lack one half, settings that stand
        twice.
    controls : tuple[Control, ...]
        The knobs, with ranges that hold every setting.
    """

    folder: Path
    items: tuple[Found, ...]
    unmatched: tuple[Path, ...]
    problems: tuple[str, ...]
    controls: tuple[Control, ...]

    @property
    def pairs(self) -> tuple[Found, ...]:
        """The items that have their dry."""
        return tuple(item for item in self.items if item.dry is not None)


@dataclass(frozen=True)
class Suggestion:
    """How a folder might be read: ``pattern`` for wet and ``dry``, as one would type them.

    ``kind`` is ``"signaltrain"`` (its layout; no pattern needed), ``"pattern"``, ``"pair"`` (the
    two name one file each) or ``"none"`` (no audio, or no guess).
    """

    kind: Literal["signaltrain", "pattern", "pair", "none"]
    pattern: str = ""
    dry: str = ""


@dataclass(frozen=True)
class Listing:
    """The audio files below a folder, relative with ``/``, in natural order, and what hindered."""

    folder: Path
    files: tuple[str, ...]
    problems: tuple[str, ...]


def list_audio(folder: Path) -> Listing:
    """The audio files below a folder, by their names: bounded, links to folders not followed.

    Raises
    ------
    ScanError
        There is no such folder, or it cannot be read.
    """
    try:
        root = folder.expanduser().resolve()
        if not root.is_dir():
            word = "is no folder" if root.exists() else "is not there"
            raise ScanError(f"{root} {word}. Choose the folder that holds the recordings.")
    except (OSError, RuntimeError) as error:
        raise ScanError(f"The path {folder} leads nowhere: {error}.") from error
    return _Walk(root).listing()


class _Walk:
    def __init__(self, root: Path) -> None:
        self.root = root
        self.files: list[str] = []
        self.problems: list[str] = []
        self.entries = 0

    def listing(self) -> Listing:
        waiting: list[tuple[str, int]] = [("", 0)]
        while waiting and self.entries <= MAX_ENTRIES:
            relative, depth = waiting.pop()
            for name in self._look_into(relative):
                if depth < MAX_DEPTH:
                    waiting.append((name, depth + 1))
                else:
                    self.problems.append(
                        f"The folder {name} lies more than {MAX_DEPTH} folders deep; it is left "
                        "out."
                    )
        if self.entries > MAX_ENTRIES:
            self.problems.append(
                f"There are more than {MAX_ENTRIES} files and folders in {self.root}; only the "
                "first are looked at. Choose a folder further in."
            )
        return Listing(self.root, tuple(sorted(self.files, key=natural)), few(self.problems))

    def _look_into(self, relative: str) -> list[str]:
        """Note the audio files of one folder; returns the folders in it."""
        below: list[str] = []
        try:
            with os.scandir(self.root / relative) as entries:
                for entry in entries:
                    self.entries += 1
                    if self.entries > MAX_ENTRIES:
                        break
                    self._note(entry, f"{relative}/{entry.name}" if relative else entry.name, below)
        except OSError as error:
            reason = error.strerror or str(error)
            if not relative:
                raise ScanError(f"The folder {self.root} cannot be read: {reason}.") from error
            self.problems.append(
                f"The folder {relative} cannot be read ({reason}); it is left out."
            )
        return below

    def _note(self, entry: os.DirEntry[str], relative: str, below: list[str]) -> None:
        if entry.name.startswith("."):
            return
        if not _printable(entry.name):
            self.problems.append(f"The name {relative!r} cannot be written; it is left out.")
            return
        try:
            if entry.is_dir():
                if entry.is_symlink():
                    self.problems.append(f"The folder {relative} is a link and is not followed.")
                else:
                    below.append(relative)
            elif Path(entry.name).suffix.lower() in AUDIO_SUFFIXES and entry.is_file():
                self.files.append(relative)
        except OSError as error:
            self.problems.append(f"{relative} cannot be looked at: {error.strerror or error}.")


def _printable(name: str) -> bool:
    """Whether a name can be kept in a project: it is text, without control characters."""
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return not re.search(r"[\x00-\x1f\x7f]", name)


def natural(name: str) -> list[tuple[int, int, str]]:
    """A key that sorts ``sample2`` before ``sample10``, whatever the case."""
    return [
        (0, int(token), "") if token.isascii() and token.isdigit() else (1, 0, token)
        for token in re.split(r"([0-9]{1,300})", name.lower())
    ]


def few(problems: Iterable[str]) -> tuple[str, ...]:
    """The sentences, each once; of very many, the first and how many more there are."""
    found = list(dict.fromkeys(problems))
    if len(found) <= MAX_PROBLEMS:
        return tuple(found)
    return (*found[: MAX_PROBLEMS - 1], f"And {len(found) - MAX_PROBLEMS + 1} more like these.")


def part_of(relative: str, root: Path | None = None) -> Part | None:
    """The part that a file's folders name, or the folder that was chosen, where it is given."""
    for name in reversed(relative.split("/")[:-1]):
        if name.lower() in PART_NAMES:
            return PART_NAMES[name.lower()]
    return None if root is None else PART_NAMES.get(root.name.lower())


def control_for(name: str, values: Iterable[float]) -> Control:
    """A knob whose range holds every value, rounded to a usual scale where they suggest one."""
    ordered = sorted(values)
    low, high = ordered[0], ordered[-1]
    if low >= 0 and high <= 1:
        low, high = 0.0, 1.0
    elif low >= 0 and high in (10.0, 100.0):
        low = 0.0
    elif low == high:
        low, high = min(0.0, low), max(1.0, high)
    default = max(dict.fromkeys(ordered), key=ordered.count)
    return Control(name=name, minimum=low, maximum=high, default=default)


def same_settings(items: Iterable[Found]) -> list[str]:
    """Sentences about recordings of the same clip at the same settings."""
    seen: dict[tuple[object, ...], Found] = {}
    said: list[str] = []
    for item in items:
        key = (item.clip.lower(), str(item.dry), *sorted(item.knobs.items()))
        first = seen.setdefault(key, item)
        if first is not item:
            said.append(
                f"{first.wet.name} and {item.wet.name} have the same settings. Leave one out "
                "unless both were recorded on purpose."
            )
    return said
