"""The project's manifest: ``project.json``, its types and the rules that hold between them."""

from __future__ import annotations

import hashlib
import json
import re
import uuid
from collections.abc import Iterable
from datetime import UTC, datetime
from itertools import pairwise
from typing import Annotated, Literal, Self, TypeVar

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
)

SCHEMA_VERSION = 2
"""The version of ``project.json``; apart from the application's. A bump needs a migration."""

Identifier = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$")]
"""A name that is also a folder's: no separators, no dots, so that no path can be smuggled in."""

Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Part = Literal["train", "validation", "test"]


MAX_NAME = 200
"""Characters that a name may have."""


def one_line(text: str) -> str:
    """A text without line breaks and control characters, as a name stands in a list."""
    return re.sub(r"[\s\x00-\x1f\x7f-\x9f]+", " ", text).strip()


def _cleaned(value: object) -> object:
    return one_line(value) if isinstance(value, str) else value


Name = Annotated[
    str, BeforeValidator(_cleaned), StringConstraints(min_length=1, max_length=MAX_NAME)
]
"""What a person calls something: one line, whatever a file from outside holds."""


class Frozen(BaseModel):
    """Immutable, exact: unknown keys and numbers that are not finite are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


Item = TypeVar("Item", bound=Frozen)


class Control(Frozen):
    """A knob or switch of the device, as the user sees it."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=64)]
    minimum: float = 0.0
    maximum: float = 1.0
    default: float = 0.5
    unit: Annotated[str, StringConstraints(max_length=16)] = ""
    taper: Literal["linear", "log", "switch"] = "linear"

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if not self.minimum < self.maximum:
            raise ValueError(f"the range of knob {self.name} is empty")
        if not self.minimum <= self.default <= self.maximum:
            raise ValueError(f"the default of knob {self.name} is outside its range")
        return self


class Stretch(Frozen):
    """Samples ``start <= n < stop`` of a capture, on the time axis of its dry audio."""

    start: Annotated[int, Field(ge=0)]
    stop: Annotated[int, Field(gt=0)]

    @model_validator(mode="after")
    def _not_empty(self) -> Self:
        if self.stop <= self.start:
            raise ValueError("a stretch is empty")
        return self


MAX_SHIFT = 10_000_000
"""Samples; farther apart no two recordings belong together."""
MAX_CUTS = 20_000


class Edits(Frozen):
    """What was decided about a capture's audio. The files stay as they are; readers apply it.

    ``shift`` is how many samples late the wet audio is: sample ``n`` of the dry audio belongs to
    sample ``n + shift`` of the wet file (negative: wet is early). ``flip`` inverts wet. ``cuts``
    are stretches that are neither trained on nor scored (a start-up, a fault).
    """

    shift: Annotated[int, Field(ge=-MAX_SHIFT, le=MAX_SHIFT)] = 0
    flip: bool = False
    cuts: Annotated[tuple[Stretch, ...], Field(max_length=MAX_CUTS)] = ()

    @property
    def any(self) -> bool:
        """Whether anything is decided."""
        return self != Edits()

    def gaps(self, n_samples: int) -> tuple[Stretch, ...]:
        """What cannot be used of ``n_samples``: the cuts, and what a shift leaves without wet."""
        found = [cut for cut in self.cuts if cut.start < n_samples]
        if self.shift > 0:
            found.append(Stretch(start=max(0, n_samples - self.shift), stop=n_samples))
        elif self.shift < 0:
            found.append(Stretch(start=0, stop=min(n_samples, -self.shift)))
        joined: list[Stretch] = []
        for gap in sorted(found, key=lambda gap: gap.start):
            stop = min(gap.stop, n_samples)
            if joined and gap.start <= joined[-1].stop:
                stop = max(stop, joined[-1].stop)
                joined[-1] = Stretch(start=joined[-1].start, stop=stop)
            else:
                joined.append(Stretch(start=gap.start, stop=stop))
        return tuple(joined)


class CaptureEntry(Frozen):
    """One capture of the project: its folder, its input audio, its knobs, what was decided."""

    id: Identifier
    name: Name
    dry_id: Sha256
    """SHA-256 of the dry samples: captures of the same input share it, and so share a split."""
    knobs: dict[str, float] = Field(default_factory=dict)
    included: bool = True
    edits: Edits = Edits()


class Section(Stretch):
    """A stretch of an input, in samples ``[start, stop)``, and the part it belongs to."""

    part: Part

    def without(self, gaps: Iterable[Stretch]) -> tuple[Section, ...]:
        """What is left of it beside stretches that cannot be used."""
        left: list[Section] = []
        start = self.start
        for gap in sorted(gaps, key=lambda gap: gap.start):
            if gap.stop <= start or gap.start >= self.stop:
                continue
            if gap.start > start:
                left.append(Section(start=start, stop=gap.start, part=self.part))
            start = gap.stop
        if start < self.stop:
            left.append(Section(start=start, stop=self.stop, part=self.part))
        return tuple(left)


class Split(Frozen):
    """How one input audio is divided. Gaps belong to no part; ``locked`` once a run used it."""

    dry_id: Sha256
    sections: tuple[Section, ...]
    locked: bool = False

    @model_validator(mode="after")
    def _disjoint(self) -> Self:
        ordered = sorted(self.sections, key=lambda section: section.start)
        for left, right in pairwise(ordered):
            if right.start < left.stop:
                raise ValueError("two sections of a split overlap")
        return self

    def of(self, part: Part) -> tuple[Section, ...]:
        """The sections of one part, in order of time."""
        found = [section for section in self.sections if section.part == part]
        return tuple(sorted(found, key=lambda section: section.start))


class Manifest(Frozen):
    """Everything in ``project.json``. Change it by ``model_copy``; the window alone saves it."""

    schema_version: Literal[2] = 2
    id: Identifier = Field(default_factory=lambda: uuid.uuid4().hex)
    name: Name
    created: datetime = Field(default_factory=lambda: datetime.now(UTC))
    notes: Annotated[str, StringConstraints(max_length=100_000)] = ""
    controls: tuple[Control, ...] = ()
    captures: tuple[CaptureEntry, ...] = ()
    splits: tuple[Split, ...] = ()

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        for kind, names in (
            ("captures", [capture.id for capture in self.captures]),
            ("knobs", [control.name for control in self.controls]),
            ("splits", [split.dry_id for split in self.splits]),
        ):
            if len(set(names)) != len(names):
                raise ValueError(f"two {kind} have the same name")
        known = {control.name for control in self.controls}
        for capture in self.captures:
            unknown = set(capture.knobs) - known
            if unknown:
                raise ValueError(f"capture {capture.id} sets knobs that are not there: {unknown}")
        return self

    def capture(self, capture_id: str) -> CaptureEntry | None:
        """The capture of that id, or None."""
        return next((entry for entry in self.captures if entry.id == capture_id), None)

    def split(self, dry_id: str) -> Split | None:
        """The split of that input audio, or None."""
        return next((split for split in self.splits if split.dry_id == dry_id), None)

    def changed_to(self, other: Manifest) -> Manifest:
        """``other``, made sure of; what it shares with this manifest was made sure of before.

        Manifests are changed by ``model_copy``, which looks at nothing. Of thousands of captures a
        change touches a few, and only those are looked at again.

        Raises
        ------
        ValidationError
            ``other`` is no manifest.
        """
        known = {id(item) for item in (*self.controls, *self.captures, *self.splits)}

        def checked(kind: type[Item], items: Iterable[Item]) -> tuple[Item, ...]:
            return tuple(
                item if id(item) in known else kind.model_validate(item.model_dump())
                for item in items
            )

        fields = {name: getattr(other, name) for name in Manifest.model_fields}
        fields["controls"] = checked(Control, other.controls)
        fields["captures"] = checked(CaptureEntry, other.captures)
        fields["splits"] = checked(Split, other.splits)
        return Manifest.model_validate(fields)

    def decisions(self, capture_id: str) -> str:
        """SHA-256 (hex) of what was decided about a capture's data: knobs, edits and split."""
        entry = self.capture(capture_id)
        split = self.split(entry.dry_id) if entry is not None else None
        told = {
            "knobs": entry.knobs if entry is not None else {},
            "edits": entry.edits.model_dump(mode="json") if entry is not None else {},
            "sections": [
                [section.start, section.stop, section.part]
                for section in (split.sections if split is not None else ())
            ],
        }
        return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()
