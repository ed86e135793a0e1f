"""Guessing how a folder of recordings is named, so that nobody has to type a pattern."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from engines.sources.found import Listing, Suggestion, list_audio
from engines.sources.patterns import Pattern, PatternError, normal, without_suffix
from engines.sources.signaltrain_names import looks_like_signaltrain

DRY_WORDS = frozenset(
    ("dry", "input", "inp", "in", "di", "clean", "source", "src", "original", "orig", "raw")
)
WET_WORDS = frozenset(
    (
        *("wet", "output", "out", "target", "tgt", "processed", "proc", "effect", "fx"),
        *("effected", "reamp", "reamped", "amp"),
    )
)
_NUMBER = re.compile(r"(?<![\d.])(?<=[_ =/])-?\d+(?:\.\d+)?|\d+(?:\.\d+)?")
_WORD = re.compile(r"[A-Za-z]+")


def suggest(folder: Path) -> Suggestion:
    """Guess how the recordings in a folder are to be read, from their names.

    Raises
    ------
    ScanError
        The folder is not there or cannot be read.
    """
    return suggest_for(list_audio(folder))


def suggest_for(listing: Listing) -> Suggestion:
    """The same for a folder that has been looked through already."""
    if looks_like_signaltrain(listing.files):
        return Suggestion("signaltrain")
    files = [name for name in listing.files if not set("*{}") & set(name)]
    guesses = (_pair, _folders, _twins, _one_dry)
    for guess in guesses:
        found = guess(files)
        if found is not None:
            return found
    return Suggestion("none")


def _pair(files: Sequence[str]) -> Suggestion | None:
    """Two files, one of which says what it is."""
    if len(files) != 2:
        return None
    dry = _only_dry(files)
    if dry is None:
        wets = [name for name in files if _words(name) & WET_WORDS]
        if len(wets) != 1:
            return None
        dry = next(name for name in files if name not in wets)
    wet = next(name for name in files if name != dry)
    return Suggestion("pair", wet, dry)


def _folders(files: Sequence[str]) -> Suggestion | None:
    """A folder of dry files, and others whose files have the same names: ``in``, ``gain50``."""
    names: dict[str, set[str]] = defaultdict(set)
    for name in files:
        place, _, last = without_suffix(normal(name)).rpartition("/")
        if place:
            names[place].add(last.lower())
    drys = [place for place in names if _words(PurePosixPath(place).name) & DRY_WORDS]
    if len(drys) != 1 or len(names) < 2:
        return None
    wets = [place for place in names if place != drys[0] and names[place] & names[drys[0]]]
    if not wets:
        return None
    pattern = wets[0] if len(wets) == 1 else _skeleton(wets)
    if pattern is None:
        pattern = "*" if all("/" not in place for place in wets) else None
    if pattern is None:
        return None
    # The file's own * comes first in the dry pattern only where the folders have none.
    if "*" in pattern:
        return None
    return Suggestion("pattern", f"{pattern}/*", f"{drys[0]}/*")


def _twins(files: Sequence[str]) -> Suggestion | None:
    """Names that differ by the words for dry and wet alone: ``riff_inp`` and ``riff_target``."""
    stems = {without_suffix(normal(name)) for name in files}
    found: Counter[tuple[str, str]] = Counter()
    for stem in stems:
        place, _, last = stem.rpartition("/")
        for word in _WORD.finditer(last):
            if word[0].lower() not in DRY_WORDS:
                continue
            before, after = last[: word.start()], last[word.end() :]
            for wet in WET_WORDS:
                for form in (wet, wet.capitalize(), wet.upper()):
                    twin = f"{place}/{before}{form}{after}".removeprefix("/")
                    if twin in stems:
                        pair = _twin_patterns(place, before, after, word[0], form)
                        found[pair] += 1
    if not found:
        return None
    (wet, dry), _ = found.most_common(1)[0]
    return Suggestion("pattern", wet, dry)


def _twin_patterns(place: str, before: str, after: str, dry: str, wet: str) -> tuple[str, str]:
    """The two patterns in which what names the take is a ``*``."""
    where = f"{place}/" if place else ""
    if before:
        # A word that all takes share stays as it is: LA2A_sample1_inp gives LA2A_*_inp.
        head, separator, _ = before.rstrip("_- ").rpartition("_")
        lead = f"{head}{separator}*{before[len(before.rstrip('_- ')) :]}"
        return f"{where}{lead}{wet}{after}", f"{where}{lead}{dry}{after}"
    gap = after[: len(after) - len(after.lstrip("_- "))]
    return f"{where}{wet}{gap}*", f"{where}{dry}{gap}*"


def _one_dry(files: Sequence[str]) -> Suggestion | None:
    """One dry file, and wet files whose names carry numbers."""
    dry = _only_dry(files)
    if dry is None:
        return None
    wets = [without_suffix(normal(name)) for name in files if name != dry]
    places = {place for name in wets if (place := name.rpartition("/")[0])}
    pattern = _skeleton(wets)
    if pattern is None and len(places) <= 1:
        pattern = "/".join([*places, "*"])
    return None if pattern is None else Suggestion("pattern", pattern, dry)


def _only_dry(files: Sequence[str]) -> str | None:
    """The one file whose name says that it is dry."""
    exact = [name for name in files if _stem(name).lower() in DRY_WORDS]
    if len(exact) == 1:
        return exact[0]
    drys = [name for name in files if _words(_stem(name)) & DRY_WORDS]
    if len(drys) > 1:
        drys = [name for name in drys if not _words(_stem(name)) & WET_WORDS]
    return drys[0] if len(drys) == 1 else None


def _skeleton(names: Sequence[str]) -> str | None:
    """The pattern that most of these names share, their varying numbers made knobs."""
    shapes: dict[str, list[list[str]]] = defaultdict(list)
    for name in names:
        shapes[_NUMBER.sub("\0", name)].append(_NUMBER.findall(name))
    shape, rows = max(shapes.items(), key=lambda item: len(item[1]))
    texts = shape.split("\0")
    columns = list(zip(*rows, strict=True))
    if 2 * len(rows) <= len(names) or not any(len(set(column)) > 1 for column in columns):
        return None
    used: set[str] = set()
    parts = [texts[0]]
    for index, column in enumerate(columns):
        varies = len(set(column)) > 1
        parts.append(f"{{{_knob_name(texts[index], used)}}}" if varies else column[0])
        parts.append(texts[index + 1])
    pattern = "".join(parts)
    try:
        Pattern(pattern)
    except PatternError:
        return None
    return pattern


def _knob_name(before: str, used: set[str]) -> str:
    words = _WORD.findall(before)
    base = words[-1][:40] if words else "knob"
    name, number = base, 2
    while name.lower() in used:
        name, number = f"{base}{number}", number + 1
    used.add(name.lower())
    return name


def _words(name: str) -> set[str]:
    return {word.lower() for word in _WORD.findall(name)}


def _stem(name: str) -> str:
    return without_suffix(normal(name)).rpartition("/")[2]
