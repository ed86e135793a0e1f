"""Patterns over file names: ``target_at_{attack}_re_{release}`` or ``gain{gain}/*``."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import PurePosixPath

from projects.errors import TrimpotError

AUDIO_SUFFIXES = frozenset(
    f".{ending}"
    for ending in (
        *("wav", "wave", "flac", "aif", "aiff", "aifc", "ogg", "oga", "opus", "mp3"),
        *("w64", "rf64", "caf", "au", "snd"),
    )
)
"""What the names of audio files that libsndfile reads end in."""
MAX_PATTERN = 1000
MAX_STARS = 4
MAX_KNOBS = 32

_TOKEN = re.compile(r"\{[^{}]*\}|\*|[{}]|[^{}*]+")
_NUMBER = r"-?(?:\d+(?:\.\d+)?|\.\d+)"
_REST = r"[_\- ][^/]*"


class PatternError(TrimpotError):
    """A pattern cannot be read, or does not fit to the one beside it."""


@dataclass(frozen=True)
class Match:
    """What a pattern read out of one file's name.

    Attributes
    ----------
    numbers : dict[str, str]
        Each knob's number, as it is written.
    texts : tuple[str, ...]
        What each ``*`` stands for, in order.
    rest : str
        What is left of the name behind the pattern's end.
    """

    numbers: dict[str, str]
    texts: tuple[str, ...]
    rest: str = ""


@dataclass(frozen=True)
class Pattern:
    """A pattern over a path relative to a folder, ``/`` between folders.

    ``{knob}`` is a number, ``*`` any text within one name, everything else stands for itself in
    upper or lower case. The ending (``.wav``) may be left out. What follows the pattern's end is
    let pass where it begins with ``_``, ``-`` or a space, unless ``exact``.
    """

    text: str
    exact: bool = False

    def __post_init__(self) -> None:
        self._compiled  # noqa: B018 - a bad pattern is refused when it is made, not when it is used

    @cached_property
    def knobs(self) -> tuple[str, ...]:
        """The names in braces, in order."""
        return tuple(token[1:-1].strip() for token in self._tokens if token.startswith("{"))

    @cached_property
    def stars(self) -> int:
        """How many ``*`` there are."""
        return self._tokens.count("*")

    @cached_property
    def plain(self) -> bool:
        """Whether it names one file: no knob and no ``*``."""
        return not self.knobs and not self.stars

    @cached_property
    def literal(self) -> int:
        """How many characters stand for themselves."""
        return sum(len(piece) for piece in self._tokens if piece[0] not in "*{")

    def match(self, path: str) -> Match | None:
        """What it reads in a path such as ``gain50/sample3.flac``, or None."""
        name = normal(path)
        if not self._has_suffix:
            name = without_suffix(name)
        found = self._compiled.fullmatch(name)
        if found is None:
            return None
        groups = found.groupdict()
        numbers = {knob: groups[f"k{index}"] for index, knob in enumerate(self.knobs)}
        texts = tuple(groups[f"s{index}"] for index in range(self.stars))
        return Match(numbers, texts, groups.get("rest") or "")

    @cached_property
    def _has_suffix(self) -> bool:
        return PurePosixPath(normal(self.text)).suffix.lower() in AUDIO_SUFFIXES

    @cached_property
    def _tokens(self) -> list[str]:
        text = normal(self.text)
        if not text:
            raise PatternError("The pattern is empty. Type how the files are named, or * for all.")
        if len(text) > MAX_PATTERN:
            raise PatternError(f"The pattern is longer than {MAX_PATTERN} characters.")
        tokens = _TOKEN.findall(text)
        if "{" in tokens or "}" in tokens:
            raise PatternError(
                f"A brace in the pattern {self.text!r} is not closed, or has no other: write a "
                "knob as {name}."
            )
        return tokens

    @cached_property
    def _compiled(self) -> re.Pattern[str]:
        self._refuse_ambiguous()
        parts: list[str] = []
        knobs = stars = 0
        for piece in self._tokens:
            if piece[0] == "*":
                parts.append(f"(?P<s{stars}>[^/]+?)")
                stars += 1
            elif piece[0] == "{":
                parts.append(f"(?P<k{knobs}>{_NUMBER})")
                knobs += 1
            else:
                parts.append(re.escape(piece))
        if not self.exact and not self._has_suffix:
            # What a * at the end can read is no rest.
            parts.append("" if self._tokens[-1] == "*" else f"(?P<rest>{_REST})?")
        return re.compile("".join(parts), re.IGNORECASE)

    def _refuse_ambiguous(self) -> None:
        tokens = self._tokens
        for knob in self.knobs:
            if not 1 <= len(knob) <= 64 or "/" in knob:
                raise PatternError(
                    f"A knob in the pattern {self.text!r} needs a name of 1 to 64 characters "
                    "between its braces, as in {gain}."
                )
        lower = [knob.lower() for knob in self.knobs]
        for knob in lower:
            if lower.count(knob) > 1:
                raise PatternError(
                    f"The knob {{{knob}}} stands twice in the pattern {self.text!r}. Give each "
                    "number its own name, or write * for what is no knob."
                )
        if self.stars > MAX_STARS or len(self.knobs) > MAX_KNOBS:
            raise PatternError(
                f"The pattern {self.text!r} has too many parts: at most {MAX_STARS} * and "
                f"{MAX_KNOBS} knobs."
            )
        for left, right in pairwise(tokens):
            if left[0] in "*{" and right[0] in "*{":
                raise PatternError(
                    f"{left} and {right} touch in the pattern {self.text!r}: nobody can tell where "
                    "one ends. Put what stands between them in the names there."
                )


def normal(path: str) -> str:
    """A path as patterns see it: composed characters, ``/`` between folders, none before."""
    text = unicodedata.normalize("NFC", path).replace("\\", "/").strip()
    return re.sub(r"/+", "/", text.removeprefix("./")).strip("/")


def without_suffix(path: str) -> str:
    """A path without an audio file's ending; ``gain0.5`` keeps its ``.5``."""
    suffix = PurePosixPath(path).suffix
    return path[: -len(suffix)] if suffix.lower() in AUDIO_SUFFIXES else path


def read_number(text: str) -> float:
    """A number in a file name: a leading zero without a dot begins a fraction (``025`` = 0.25)."""
    digits = text.removeprefix("-")
    if len(digits) > 1 and digits[0] == "0" and "." not in digits:
        digits = f"0.{digits[1:]}"
    value = float(digits)
    return -value if text.startswith("-") and value else value


def padded(texts: Iterable[str]) -> bool:
    """Whether leading zeros only make these numbers equally long (``005``, ``010``, ``100``).

    As many digits everywhere, and one that no fraction would be written as: ``100``, or ``050``
    with its idle zero at the end.
    """
    digits = {text.removeprefix("-") for text in texts}
    if len({len(number) for number in digits}) != 1 or any("." in number for number in digits):
        return False
    leading = any(len(number) > 1 and number[0] == "0" for number in digits)
    whole = any(number[0] != "0" or (number[-1] == "0" and number.strip("0")) for number in digits)
    return leading and whole


def read_numbers(texts: Iterable[str]) -> dict[str, float]:
    """The values of one knob's numbers over a set of files, by how they are written."""
    found = set(texts)
    if padded(found):
        return {text: float(int(text)) for text in found}
    return {text: read_number(text) for text in found}
