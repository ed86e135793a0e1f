"""How much a sweep makes and how long it takes here, before it runs: figures, and in words."""

from __future__ import annotations

import os
from collections.abc import Mapping, MutableMapping
from statistics import median
from typing import Any

from app.stages.simulate_plan import KnobPlan, Plan

SPEEDS = "simulate-speeds"
"""The key of the settings' forms under which measured speeds are kept."""
KEPT = 5
COST_A_STATE = 0.3
COST_AT_LEAST = 1.0
STEPS, RATE = 4, 48_000
"""Of the solver in a sample, and samples in a second (Hz): for these the costs hold."""
EFFECT_SPEED = 15.0


def effort(sample_rate: int, steps: int | None) -> float:
    """How much more work a second of audio is than at 48 kHz and four steps a sample.

    ``steps`` is None for an effect, which has no solver.
    """
    return sample_rate / RATE * (1 if steps is None else steps / STEPS)


def guessed_speed(states: int | None, captures: int, *, circuit: bool = True) -> float:
    """Seconds of audio in a second, at an effort of 1, before any run here has told.

    A circuit's cost grows with its states, about so much on a core of 2020; an effect is cheap.
    """
    if not circuit:
        return EFFECT_SPEED
    cost = COST_AT_LEAST + COST_A_STATE * (4 if states is None else states)
    side_by_side = min(os.cpu_count() or 1, max(captures, 1))
    return side_by_side / cost


def known_speed(forms: Mapping[str, Mapping[str, Any]], key: str) -> float | None:
    """The speed of a device's earlier runs here, at an effort of 1: the median of the last few."""
    found = forms.get(SPEEDS, {}).get(key)
    speeds = [float(speed) for speed in found if speed > 0] if isinstance(found, list) else []
    return median(speeds) if speeds else None


def keep_speed(forms: MutableMapping[str, dict[str, Any]], key: str, speed: float) -> None:
    """Remember how fast a run was: seconds of audio in a second, at an effort of 1."""
    kept = dict(forms.get(SPEEDS, {}))
    before = kept.get(key)
    kept[key] = [*(before if isinstance(before, list) else []), round(speed, 4)][-KEPT:]
    forms[SPEEDS] = kept


def about(seconds: float) -> str:
    """A length of time, no finer than it is known: ``"45 s"``, ``"14 min"``, ``"2.5 h"``."""
    if seconds < 90:
        return f"{max(seconds, 1):.0f} s"
    if seconds < 90 * 60:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.2g} h"


def names(knobs: tuple[KnobPlan, ...]) -> str:
    """Knobs in a sentence: ``"drive, tone and level"``."""
    said = [plan.knob.name.lower() for plan in knobs]
    return said[0] if len(said) == 1 else f"{', '.join(said[:-1])} and {said[-1]}"


def how_many(plan: Plan) -> str:
    """What a plan makes: ``"3 × 5 = 15 captures"``."""
    count, varying = plan.captures(), plan.varying()
    captures = "1 capture" if count == 1 else f"{count} captures"
    if plan.design == "grid" and len(varying) > 1:
        return f"{' × '.join(str(len(set(knob.listed))) for knob in varying)} = {captures}"
    if plan.design == "spread" and varying:
        return f"{captures}, spread over {names(varying)}"
    if plan.design == "moving" and varying:
        verb = "moves" if len(varying) == 1 else "move"
        return f"{captures} in which {names(varying)} {verb}"
    return captures


def sentence(plan: Plan, seconds: float | None, speed: float, *, measured: bool) -> str:
    """How many captures, how much audio, about how long on this machine."""
    said = [how_many(plan)]
    if seconds is not None:
        audio = plan.captures() * seconds
        said.append(f"{about(audio)} of audio")
        time = f"about {about(audio / speed)} on this machine"
        said.append(time if measured else f"roughly {time.removeprefix('about ')}")
    return ", ".join(said) + "."
