"""A folder of recordings whose names say at which settings they were made."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import ClassVar, Literal

from pydantic import Field

from engines.audio.files import AudioFileError, describe
from engines.sources.base import Source, SourceConfig
from engines.sources.found import Found, Scan, natural
from engines.sources.intake import Intake
from engines.sources.items import Item, missing_parts, spread
from engines.sources.patterns import without_suffix
from engines.sources.scanning import scan_pattern
from engines.sources.wav_pair import TakingConfig, terms_of
from engines.worker.context import JobContext
from projects.capture import Capture
from projects.errors import JobError
from projects.manifest import MAX_NAME, Control, Part, one_line

JOINED_SECONDS = 10.0
"""Recordings shorter than this are clips, which are joined to one capture a setting."""
MAX_CLIPS = 10_000

Join = Literal["auto", "always", "never"]


class RecordingsConfig(TakingConfig):
    """A folder, and how the names in it are read."""

    folder: Path = Field(title="Folder", description="That holds the recordings")
    pattern: str = Field(
        min_length=1,
        max_length=1000,
        title="Wet names",
        description="{knob} is a number, * any text: target_at_{attack}_re_{release}",
    )
    dry: str = Field(
        min_length=1,
        max_length=4096,
        title="Dry",
        description="One file for all, or a pattern: in/*",
    )
    controls: tuple[Control, ...] = Field(
        (), max_length=64, title="Knobs", description="Their ranges, tapers and units"
    )
    join: Join = Field(
        "auto",
        title="Join clips",
        description="Short clips at the same settings become one capture: auto, always or never",
    )


class RecordingsSource(Source):
    """Takes every pair that the pattern finds."""

    name: ClassVar[str] = "recordings"
    label: ClassVar[str] = "A folder of recordings"
    summary: ClassVar[str] = "Many recordings whose names carry the settings"
    kind: ClassVar[Literal["import", "simulate"]] = "import"
    Config: ClassVar[type[SourceConfig]] = RecordingsConfig

    def produce(self, config: RecordingsConfig, folder: Path, context: JobContext) -> list[Capture]:
        """A capture a setting, or a recording; see the base class for errors."""
        context.check()
        scan = scan_pattern(config.folder, config.pattern, config.dry)
        pairs = paired(scan, context)
        context.check()
        items = items_of(pairs, scan.folder, config.join)
        given = {control.name for control in config.controls}
        controls = (*config.controls, *(c for c in scan.controls if c.name not in given))
        terms = replace(terms_of(self.name, config), controls=controls)
        return Intake(terms, folder, context).run(items)


def paired(scan: Scan, context: JobContext) -> list[Found]:
    """The items of a scan that have their dry; what the scan found wrong becomes warnings.

    Raises
    ------
    JobError
        There are none.
    """
    if not scan.pairs:
        said = " ".join(scan.problems[-2:]) or "There are no recordings in it."
        raise JobError(f"Nothing in {scan.folder} can be imported. {said}"[:2000])
    for problem in scan.problems:
        context.warn(problem)
    for item in scan.items:
        if item.dry is None:
            context.refuse(item.wet.name, f"{item.wet.name}: {item.note or 'no dry file'}.")
        elif item.note:
            context.warn(f"{item.wet.name}: {item.note}.")
    return list(scan.pairs)


def items_of(pairs: Sequence[Found], root: Path, join: Join) -> list[Item]:
    """The captures to be: clips at the same settings joined, everything else by itself."""
    settings: dict[tuple[tuple[str, float], ...], list[Found]] = defaultdict(list)
    for found in pairs:
        settings[tuple(sorted(found.knobs.items()))].append(found)
    together = [group for group in settings.values() if _belongs_together(group, join)]
    clips = {found.clip: found.part for group in together for found in group}
    parts = _parts(clips)
    joined = {id(found) for group in together for found in group}
    held = missing_parts(found.part for found in pairs)
    items = [_joined(group, root, parts) for group in together]
    items += [_alone(found, root, held) for found in pairs if id(found) not in joined]
    return items


def _belongs_together(group: Sequence[Found], join: Join) -> bool:
    """Whether these are clips: several, each with a dry of its own, each short."""
    if join == "never" or len(group) < 2 or len({found.dry for found in group}) < len(group):
        return False
    if len({found.clip for found in group}) < len(group) or len(group) > MAX_CLIPS:
        return False
    return join == "always" or all(_short(found) for found in group)


def _short(found: Found) -> bool:
    try:
        return describe(found.wet).seconds < JOINED_SECONDS
    except AudioFileError:
        return True  # it is named when the clips are read


def _parts(clips: dict[str, Part | None]) -> dict[str, Part]:
    """A part for each clip's name, so that an input is in the same part at every setting."""
    given = {name: part for name, part in clips.items() if part is not None}
    if given and len(given) == len(clips):
        return given | spread_missing(given)
    return spread(sorted(clips, key=natural))


def spread_missing(given: dict[str, Part]) -> dict[str, Part]:
    """Of the clips for training, those that stand in for a part that was not recorded."""
    missing = missing_parts(given.values())
    train = sorted((name for name, part in given.items() if part == "train"), key=natural)
    chosen = spread(train) if missing else {}
    return {name: part for name, part in chosen.items() if part in missing}


def _joined(group: Sequence[Found], root: Path, parts: dict[str, Part]) -> Item:
    ordered = sorted(group, key=lambda found: natural(found.clip))
    knobs = ordered[0].knobs
    setting = ", ".join(f"{name} {value:g}" for name, value in knobs.items())
    return Item(
        name=named(setting or root.name or "Clips"),
        dry=tuple(found.dry for found in ordered if found.dry is not None),
        wet=tuple(found.wet for found in ordered),
        knobs=dict(knobs),
        clips=tuple(named(found.clip) for found in ordered),
        parts=tuple(parts[found.clip] for found in ordered if found.clip in parts),
    )


def _alone(found: Found, root: Path, held: tuple[Part, ...]) -> Item:
    assert found.dry is not None
    relative = without_suffix(found.wet.relative_to(root).as_posix())
    return Item(
        name=named(relative),
        dry=(found.dry,),
        wet=(found.wet,),
        knobs=dict(found.knobs),
        parts=() if found.part is None else (found.part,),
        held=held if found.part == "train" else (),
    )


def named(text: str) -> str:
    """A text as a name: one line, not too long, never empty."""
    return one_line(text)[:MAX_NAME].strip() or "Recording"


SOURCE = RecordingsSource()
