"""The project's manifest: ``project.json``, its types and the rules that hold between them."""

from __future__ import annotations

import re
import uuid
from datetime import UTC, datetime
from itertools import pairwise
from typing import Annotated, Literal, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
)

SCHEMA_VERSION = 1
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


class CaptureEntry(Frozen):
    """One capture of the project: which folder, which input audio, which knob settings."""

    id: Identifier
    name: Name
    dry_id: Sha256
    """SHA-256 of the dry samples: captures of the same input share it, and so share a split."""
    knobs: dict[str, float] = Field(default_factory=dict)
    included: bool = True


class Section(Frozen):
    """A stretch of an input, in samples ``[start, stop)``, and the part it belongs to."""

    start: Annotated[int, Field(ge=0)]
    stop: Annotated[int, Field(gt=0)]
    part: Part

    @model_validator(mode="after")
    def _not_empty(self) -> Self:
        if self.stop <= self.start:
            raise ValueError("a section of a split is empty")
        return self


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

    schema_version: Literal[1] = 1
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
