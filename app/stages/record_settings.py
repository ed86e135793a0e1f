"""The settings of a device that are to be recorded: typed as knobs and values, ticked when done."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from projects.manifest import CaptureEntry, Control
from widgets.schema import parse_number

MAX_SETTINGS = 1000
CLOSE = 1e-9
"""Relative; knobs as near as that stand alike."""


@dataclass(frozen=True)
class KnobValues:
    """A knob and the values it is to be recorded at, in that order."""

    name: str
    values: tuple[float, ...]


def parse_values(text: str) -> tuple[float, ...] | str:
    """The numbers of a line such as ``0, 0.5, 1``, or what is wrong with it."""
    values: list[float] = []
    for word in filter(None, re.split(r"[,;\s]+", text)):
        value = parse_number(word)
        if value is None or not math.isfinite(value):
            return f"“{word}” is not a number. Write values such as 0, 0.5, 1."
        if value not in values:
            values.append(value)
    return tuple(values)


def grid(knobs: Sequence[KnobValues]) -> tuple[dict[str, float], ...]:
    """Every combination, in an order in which from one to the next a single knob is turned.

    Raises
    ------
    ValueError
        They are too many.
    """
    count = math.prod(len(knob.values) for knob in knobs)
    if count > MAX_SETTINGS:
        raise ValueError(f"These are {count} settings; at most {MAX_SETTINGS} can be listed.")
    found: list[dict[str, float]] = [{}]
    for knob in knobs:
        grown: list[dict[str, float]] = []
        for number, setting in enumerate(found):
            values = knob.values if number % 2 == 0 else knob.values[::-1]
            grown.extend({**setting, knob.name: value} for value in values)
        found = grown
    return tuple(found) if knobs else ({},)


def turned(settings: Sequence[Mapping[str, float]]) -> int:
    """How many knobs have to be turned to go through the settings in this order."""
    return sum(
        sum(left[name] != right[name] for name in left) for left, right in pairwise(settings)
    )


def is_done(setting: Mapping[str, float], entries: Iterable[CaptureEntry]) -> bool:
    """Whether the project has a capture of this setting."""
    return any(_alike(setting, entry.knobs) for entry in entries)


def _alike(setting: Mapping[str, float], knobs: Mapping[str, float]) -> bool:
    return setting.keys() == knobs.keys() and all(
        math.isclose(value, knobs[name], rel_tol=CLOSE, abs_tol=CLOSE)
        for name, value in setting.items()
    )


def setting_words(setting: Mapping[str, float]) -> str:
    """``"gain 0.5, tone 1"``."""
    return ", ".join(f"{name} {value:g}" for name, value in setting.items())


def instruction(setting: Mapping[str, float]) -> str:
    """``"Set gain to 0.5 and tone to 1, then press Record."``"""
    if not setting:
        return "Press Record."
    turns = [f"{name} to {value:g}" for name, value in setting.items()]
    words = turns[0] if len(turns) == 1 else ", ".join(turns[:-1]) + f" and {turns[-1]}"
    return f"Set {words}, then press Record."


def suggested(control: Control) -> KnobValues:
    """A knob of the project with values that cover its range."""
    low, high = control.minimum, control.maximum
    if control.taper == "switch":
        return KnobValues(control.name, (low, high))
    return KnobValues(control.name, (low, (low + high) / 2, high))


def controls_of(knobs: Sequence[KnobValues], known: Iterable[Control]) -> tuple[Control, ...]:
    """Ranges of the knobs that the project does not know yet: what is to be recorded."""
    names = {control.name for control in known}
    return tuple(
        Control(
            name=knob.name,
            minimum=min(knob.values),
            maximum=max(knob.values),
            default=sorted(knob.values)[len(knob.values) // 2],
        )
        for knob in knobs
        if knob.name not in names and len(set(knob.values)) > 1
    )
