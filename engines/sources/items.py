"""What is to be imported: which files make which capture, and how they are to be taken."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from engines.audio.files import AudioInfo, Channel, describe
from projects.capture import Check
from projects.manifest import Control, Part, Section
from projects.splits import GAP_SECONDS

Keep = Literal["copy", "reference"]
Fixes = Literal["safe", "none"]
Shifted = Literal["leave-out", "align", "keep"]

HELD_BACK = 0.15
"""The share of an input's end that stands in for a part that is not there."""
LOSSLESS = ("PCM_", "FLOAT", "DOUBLE", "ALAC")
REFERABLE = frozenset({"WAV", "WAVEX", "RF64", "AIFF", "FLAC"})
"""Containers whose samples are found at once, wherever one looks."""


@dataclass(frozen=True)
class Item:
    """One capture to be.

    Attributes
    ----------
    name : str
        The capture's name.
    wet, dry : tuple[Path, ...]
        Its files; several of each are joined, one after the other.
    knobs : dict[str, float]
        Where the knobs stood.
    clips : tuple[str, ...]
        The names of what is joined; empty where nothing is.
    parts : tuple[Part, ...]
        The part of each clip, or the one of the whole; empty: divided by time.
    held : tuple[Part, ...]
        Parts that are taken from the end of a whole that belongs to ``train``.
    """

    name: str
    dry: tuple[Path, ...]
    wet: tuple[Path, ...]
    knobs: dict[str, float] = field(default_factory=dict)
    clips: tuple[str, ...] = ()
    parts: tuple[Part, ...] = ()
    held: tuple[Part, ...] = ()

    @property
    def label(self) -> str:
        """What it is called in a warning: its wet file, or its name where there are many."""
        return self.wet[0].name if len(self.wet) == 1 else self.name


@dataclass(frozen=True)
class Terms:
    """How recordings are taken.

    ``source`` and ``config`` are noted in each capture; ``shifted`` says what becomes of those
    that the set's majority shows to be shifted, and is only asked where ``fixes`` is ``"safe"``.
    """

    source: str
    config: dict[str, object]
    sample_rate: int | None = None
    channel: Channel = "first"
    keep: Keep = "copy"
    fixes: Fixes = "safe"
    shifted: Shifted = "leave-out"
    controls: tuple[Control, ...] = ()


@dataclass(frozen=True)
class Surveyed:
    """An item whose files have been looked at: their headers, and the rate of the capture."""

    item: Item
    dry: tuple[AudioInfo, ...]
    wet: tuple[AudioInfo, ...]
    sample_rate: int

    @property
    def seconds(self) -> float:
        """Length of the wet audio."""
        return sum(info.seconds for info in self.wet)


class Survey:
    """Looks at headers, at each file once."""

    def __init__(self, terms: Terms) -> None:
        self._terms = terms
        self._seen: dict[Path, AudioInfo] = {}

    def look(self, item: Item) -> Surveyed:
        """The item with its files' headers.

        Raises
        ------
        AudioFileError
            One of its files cannot be used.
        """
        dry = tuple(self._describe(path) for path in item.dry)
        wet = tuple(self._describe(path) for path in item.wet)
        return Surveyed(item, dry, wet, self._terms.sample_rate or dry[0].sample_rate)

    def _describe(self, path: Path) -> AudioInfo:
        if path not in self._seen:
            self._seen[path] = describe(path)
        return self._seen[path]


def referable(info: AudioInfo, sample_rate: int) -> bool:
    """Whether a recording can be used where it lies."""
    container, _, encoding = info.format.partition(" ")
    return (
        container in REFERABLE and encoding.startswith(LOSSLESS) and info.sample_rate == sample_rate
    )


def said_of_file(role: str, info: AudioInfo, rate: int, terms: Terms, *, kept: bool) -> list[Check]:
    """Verdicts on one file before it is heard: its channels, its rate, its encoding.

    Parameters
    ----------
    role : str
        ``"dry"`` or ``"wet"``.
    info : AudioInfo
        The file.
    rate : int
        The capture's, in Hz.
    terms : Terms
        Which channel is taken, and whether files were to be used where they lie.
    kept : bool
        Whether this one is.
    """
    found = []
    if info.channels > 1:
        what = "the mean of all" if terms.channel == "mix" else f"the {terms.channel}"
        text = f"{info.path.name} has {info.channels} channels; {what} is used."
        found.append(Check(name=f"{role} channels", level="ok", text=text))
    if info.sample_rate != rate:
        text = (
            f"{info.path.name} has {info.sample_rate} Hz; it was resampled to {rate} Hz by soxr "
            "(very high quality, linear phase)."
        )
        value = float(info.sample_rate)
        found.append(Check(name=f"{role} rate", level="ok", text=text, value=value))
    if not info.format.partition(" ")[2].startswith(LOSSLESS):
        found.append(_lossy(role, info))
    if terms.keep == "reference" and not kept:
        text = f"{info.path.name} could not be used where it lies; it was copied into the project."
        found.append(Check(name=f"{role} copied", level="ok", text=text))
    return found


def _lossy(role: str, info: AudioInfo) -> Check:
    encoding = "MP3" if "MPEG" in info.format else info.format.replace("_", " ").title()
    return Check(
        name=f"{role} encoding",
        level="warning",
        text=(
            f"{info.path.name} is compressed with losses ({encoding}): what the encoder left out "
            "or added stands in the audio, and it may have moved it in time."
        )[:1000],
        advice="Use the recording from before it was encoded: WAV, AIFF or FLAC.",
    )


def longer_check(role: str, extra: int, rate: int) -> Check:
    """The verdict on two files of different lengths, ``extra`` samples apart."""
    seconds = extra / rate
    return Check(
        name="lengths",
        level="warning",
        text=(
            f"The {role} file is {seconds:.3f} s ({extra:,} samples) longer; what is beyond the "
            "end of the other is left out."
        ),
        value=seconds,
        advice="Check that both start at the same moment.",
    )


def sections_with_held(n_samples: int, rate: int, held: tuple[Part, ...]) -> tuple[Section, ...]:
    """A train input with parts taken from its end, 15 % each, and gaps between.

    Too short for that (under a tenth of a second a part), all of it is for training.
    """
    gap = min(round(GAP_SECONDS * rate), n_samples // 50)
    size = round(HELD_BACK * n_samples)
    if size < rate // 10 or not held:
        return (Section(start=0, stop=n_samples, part="train"),)
    found: list[Section] = []
    stop = n_samples
    for part in reversed(held):
        found.append(Section(start=stop - size, stop=stop, part=part))
        stop -= size + gap
    return (Section(start=0, stop=stop, part="train"), *reversed(found))


def missing_parts(parts: Iterable[Part | None]) -> tuple[Part, ...]:
    """What a set that is divided by its folders has nothing for; nothing where none divide it."""
    there = set(parts) - {None}
    wanted: tuple[Part, ...] = ("validation", "test")
    return tuple(part for part in wanted if part not in there) if "train" in there else ()


def spread(names: list[str]) -> dict[str, Part]:
    """Parts for clips that were not divided by who recorded them: 15 % validation, 15 % test.

    They are taken evenly from the whole list, so that each part hears what the others hear;
    fewer than three clips cannot be divided, and nothing is said of them.
    """
    if len(names) < 3:
        return {}
    count = max(1, round(HELD_BACK * len(names)))
    stride = len(names) / count
    parts: dict[str, Part] = dict.fromkeys(names, "train")
    for index in range(count):
        parts[names[int((index + 0.25) * stride)]] = "validation"
        parts[names[int((index + 0.75) * stride)]] = "test"
    return parts
