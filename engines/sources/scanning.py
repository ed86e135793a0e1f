"""Looking at a folder's file names: which recordings belong together, at which settings.

Names only: no audio is read, so that the window can look again at every letter typed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from engines.sources.found import (
    Found,
    Listing,
    Scan,
    ScanError,
    Suggestion,
    control_for,
    few,
    list_audio,
    part_of,
    same_settings,
)
from engines.sources.patterns import (
    Match,
    Pattern,
    PatternError,
    padded,
    read_numbers,
)
from engines.sources.signaltrain_names import scan_signaltrain
from engines.sources.suggesting import suggest

EXAMPLES = 3


def scan_pattern(folder: Path, pattern: str, dry: str) -> Scan:
    """Find the recordings in a folder whose names fit a pattern.

    Parameters
    ----------
    folder : Path
        What is looked through, with the folders in it.
    pattern : str
        Of the wet files; see :class:`engines.sources.patterns.Pattern`.
    dry : str
        One file for all (relative to the folder, or absolute), or a pattern whose ``*`` and
        ``{knob}`` stand for the same as in the wet file's name. Empty: none is known yet.

    Returns
    -------
    Scan
        Without items where no name fits; ``problems`` then says how the names look.

    Raises
    ------
    PatternError
        A pattern cannot be read.
    ScanError
        The folder is not there or cannot be read.
    """
    wets = Pattern(pattern)
    single, drys = _dry_pattern(dry, wets)
    listing = list_audio(folder)
    return _PatternScan(listing, wets, drys, single).scan(dry)


def names_like(files: Sequence[str]) -> str:
    """A few of the names there are, for a sentence about names that fit nothing."""
    if not files:
        return "There are no audio files in it."
    step = max(1, len(files) // EXAMPLES)
    shown = ", ".join(files[::step][:EXAMPLES])
    return f"The names there are like {shown}."


def _dry_pattern(dry: str, wets: Pattern) -> tuple[Path | None, Pattern | None]:
    """An absolute path, or the pattern of the dry files; neither where nothing was given."""
    if not dry.strip():
        return None, None
    path = Path(dry.strip()).expanduser()
    if path.is_absolute():
        return path, None
    drys = Pattern(dry, exact=True)
    unknown = [knob for knob in drys.knobs if knob not in wets.knobs]
    if unknown:
        raise PatternError(
            f"The dry pattern has a knob {{{unknown[0]}}} that the wet pattern lacks. Dry names "
            "can only repeat what the wet names say."
        )
    if drys.stars > wets.stars:
        raise PatternError(
            "The dry pattern has more * than the wet pattern: each * of it stands for the same "
            "text as in the wet name."
        )
    return None, drys


class _PatternScan:
    def __init__(
        self, listing: Listing, wets: Pattern, drys: Pattern | None, single: Path | None
    ) -> None:
        self.listing = listing
        self.wets = wets
        self.drys = drys
        self.single = single
        self.problems = list(listing.problems)
        self.by_key: dict[tuple[object, ...], str] = {}

    def scan(self, dry: str) -> Scan:
        matched = self._matches()
        values = {
            knob: read_numbers(match.numbers[knob] for match in matched.values())
            for knob in self.wets.knobs
        }
        self._say_how_numbers_are_read(values)
        items = self._with_parts(
            [self._item(name, match, values) for name, match in matched.items()]
        )
        if not items:
            self.problems.append(
                f"No name fits {self.wets.text!r}. {names_like(self.listing.files)}"
            )
        elif dry.strip() and all(item.dry is None for item in items):
            self.problems.append(
                f"There is no dry file {dry!r} for any of them. {names_like(self.listing.files)}"
            )
        self.problems += same_settings(items)
        used = {item.wet for item in items} | {item.dry for item in items}
        root = self.listing.folder
        unmatched = tuple(root / name for name in self.listing.files if root / name not in used)
        controls = tuple(
            control_for(knob, [item.knobs[knob] for item in items])
            for knob in self.wets.knobs
            if items
        )
        return Scan(root, tuple(items), unmatched, few(self.problems), controls)

    def _matches(self) -> dict[str, Match]:
        """The wet files; what fits both patterns belongs to the one that says more."""
        matched: dict[str, Match] = {}
        for name in self.listing.files:
            wet = self.wets.match(name)
            dry = self.drys.match(name) if self.drys is not None else None
            if wet is not None and dry is not None and self.drys is not None:
                wet_says_more = self.wets.literal > self.drys.literal
                wet, dry = (wet, None) if wet_says_more else (None, dry)
            if wet is not None and self.listing.folder / name != self.single:
                matched[name] = wet
            if dry is not None:
                self._add_dry(name, dry)
        return matched

    def _add_dry(self, name: str, match: Match) -> None:
        first = self.by_key.setdefault(_key(match.texts, match.numbers), name)
        if first != name:
            self.problems.append(f"Both {first} and {name} fit the dry pattern; {first} is used.")

    def _item(self, name: str, match: Match, values: dict[str, dict[str, float]]) -> Found:
        root = self.listing.folder
        dry = self.single if self.single is not None and self.single.is_file() else None
        if self.drys is not None:
            key = _key(
                match.texts[: self.drys.stars],
                {knob: match.numbers[knob] for knob in self.drys.knobs},
            )
            found = self.by_key.get(key)
            dry = None if found is None else root / found
        notes = []
        if dry is None:
            notes.append("no dry file")
        if match.rest:
            notes.append(f"{match.rest.strip('_- ')!r} in its name was not read")
        return Found(
            wet=root / name,
            dry=dry,
            knobs={knob: values[knob][match.numbers[knob]] for knob in self.wets.knobs},
            part=part_of(name),
            clip="/".join(match.texts),
            note="; ".join(notes),
        )

    @staticmethod
    def _with_parts(items: list[Found]) -> list[Found]:
        """Folders that only happen to be called Test divide nothing: Train has to be there too."""
        named = {item.part for item in items}
        if "train" in named and len(named - {None}) > 1:
            return items
        return [replace(item, part=None) for item in items]

    def _say_how_numbers_are_read(self, values: dict[str, dict[str, float]]) -> None:
        for knob, read in values.items():
            longest = max(read, key=lambda text: (text.startswith("0"), text), default="")
            if padded(read):
                self.problems.append(
                    f"The numbers of {knob} are as long as each other, so their zeros are read as "
                    f"padding: {longest} is {read[longest]:g}."
                )


def _key(texts: Iterable[str], numbers: dict[str, str]) -> tuple[object, ...]:
    return (tuple(text.lower() for text in texts), *sorted(numbers.items()))


__all__ = [
    "Found",
    "PatternError",
    "Scan",
    "ScanError",
    "Suggestion",
    "scan_pattern",
    "scan_signaltrain",
    "suggest",
]
