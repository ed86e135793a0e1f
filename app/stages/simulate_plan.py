"""Which settings of the knobs are simulated, as the page asks for them: values, no widgets."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from projects.circuits import CircuitKnob

Design = Literal["one", "grid", "spread", "moving"]
Motion = Literal["turned", "stepped", "file"]
MAX_SETTINGS = 400
"""As many as a source takes: engines.circuits.designs says why."""
MAX_LISTED = 50
DIGITS = 4
DEFAULT_COUNT = 5
Settings = dict[str, float]


def evenly(knob: CircuitKnob, low: float, high: float, count: int) -> tuple[float, ...]:
    """So many settings from one to another, equally far apart as the knob turns.

    A knob with a logarithmic taper steps by ratio; a switch has its two ends.
    """
    if knob.taper == "switch":
        return (knob.minimum, knob.maximum)
    if count < 2 or low == high:
        return (low,)
    shares = [place / (count - 1) for place in range(count)]
    if knob.taper == "log" and low > 0:
        values = [low * (high / low) ** share for share in shares]
    else:
        values = [low + (high - low) * share for share in shares]
    inner = [min(high, max(low, float(f"{value:.{DIGITS}g}"))) for value in values]
    return tuple(dict.fromkeys((low, *inner[1:-1], high)))


@dataclass(frozen=True)
class KnobPlan:
    """What happens to one knob: it stands at ``value``, or it varies.

    In a grid it varies over ``listed``; spread or moving, from ``low`` to ``high``.
    """

    knob: CircuitKnob
    varies: bool
    value: float
    listed: tuple[float, ...]
    low: float
    high: float

    @classmethod
    def of(cls, knob: CircuitKnob, listed: Sequence[float] = ()) -> KnobPlan:
        """A knob as it is offered at first."""
        values = tuple(listed) or evenly(knob, knob.minimum, knob.maximum, DEFAULT_COUNT)
        return cls(
            knob=knob,
            varies=len(listed) > 1,
            value=listed[0] if len(listed) == 1 else knob.default,
            listed=values,
            low=knob.minimum,
            high=knob.maximum,
        )

    def problem(self, design: Design) -> str:
        """What is wrong with it, in a sentence, or an empty string."""
        knob = self.knob
        asked: tuple[float, ...] = (self.value,)
        if self.varies and design == "grid":
            asked = self.listed
        elif self.varies and design in ("spread", "moving"):
            asked = (self.low, self.high)
            if not self.low < self.high:
                return "The range is empty: the second number must be larger than the first."
        if not asked:
            return "At least one setting is needed."
        if len(asked) > MAX_LISTED:
            return f"At most {MAX_LISTED} settings of a knob fit."
        unit = f" {knob.unit}" if knob.unit else ""
        for value in asked:
            if not knob.minimum <= value <= knob.maximum:
                return (
                    f"It goes from {knob.minimum:g} to {knob.maximum:g}{unit}, "
                    f"and {value:g} is outside."
                )
        return ""


@dataclass(frozen=True)
class Plan:
    """The knobs' plans and what they have in common.

    ``count`` is how many settings are spread, ``takes`` in how many captures the knobs move,
    ``hold`` how long they rest (seconds), ``path`` the file that moves them.
    """

    knobs: tuple[KnobPlan, ...]
    design: Design = "one"
    count: int = 16
    takes: int = 1
    motion: Motion = "turned"
    hold: float = 1.0
    path: str = ""

    @classmethod
    def of(cls, knobs: Sequence[CircuitKnob], lists: Mapping[str, Sequence[float]] = {}) -> Plan:
        """What is offered at first: everything at rest, or the lists that the device has."""
        plans = tuple(KnobPlan.of(knob, lists.get(knob.param, ())) for knob in knobs)
        grid = any(plan.varies for plan in plans)
        if not grid:  # so that another design varies something at once
            plans = tuple(replace(plan, varies=place == 0) for place, plan in enumerate(plans))
        return cls(plans, "grid" if grid else "one")

    def varying(self) -> tuple[KnobPlan, ...]:
        """The knobs that vary in this design."""
        if self.design == "one":
            return ()
        if self.design == "grid":
            return tuple(plan for plan in self.knobs if plan.varies and len(set(plan.listed)) > 1)
        return tuple(plan for plan in self.knobs if plan.varies)

    def captures(self) -> int:
        """How many captures it makes."""
        if self.design == "spread":
            return self.count
        if self.design == "moving":
            return 1 if self.motion == "file" else self.takes
        return math.prod(len(set(plan.listed)) for plan in self.varying())

    def problem(self) -> str:
        """What is wrong with the whole of it, in a sentence; knobs say their own."""
        if self.design in ("spread", "moving") and not self.varying():
            verb = "moves" if self.design == "moving" else "varies"
            return f"No knob {verb}: let at least one."
        if self.captures() > MAX_SETTINGS:
            return (
                f"These settings make {self.captures()} captures, more than the {MAX_SETTINGS} "
                "that one sweep may have. Use fewer settings of a knob, or spread some over the "
                "ranges."
            )
        return ""

    def problems(self) -> dict[str, str]:
        """What is wrong with which knob."""
        found = {plan.knob.param: plan.problem(self.design) for plan in self.knobs}
        return {param: text for param, text in found.items() if text}

    def lists(self) -> dict[str, list[float]]:
        """Settings by parameter, as a source takes them: one where a knob stands."""
        varying = {plan.knob.param for plan in self.varying()}
        asked = {}
        for plan in self.knobs:
            param = plan.knob.param
            if param not in varying:
                only = plan.listed[:1] if self.design == "grid" and plan.varies else (plan.value,)
                asked[param] = [float(value) for value in only]
            elif self.design == "grid":
                asked[param] = [float(value) for value in dict.fromkeys(plan.listed)]
            else:
                asked[param] = [float(plan.low), float(plan.high)]
        return asked

    def settings(self) -> list[Settings]:
        """Every combination of a grid, at most :data:`MAX_SETTINGS` of them."""
        lists = self.lists()
        combined = itertools.islice(itertools.product(*lists.values()), MAX_SETTINGS)
        return [dict(zip(lists, values, strict=True)) for values in combined]

    def config(self) -> dict[str, Any]:
        """The fields of :class:`engines.sources.circuit_choice.SweepChoice` that say all this."""
        lists = self.lists()
        if self.design != "moving":
            design = "spread" if self.design == "spread" else "grid"
            return {"design": design, "count": self.count, "knobs": lists}
        moving = [plan.knob.param for plan in self.varying()]
        if self.motion == "file":
            still = {param: values for param, values in lists.items() if param not in moving}
            return {"knobs": still, "motion": "file", "motion_file": self.path}
        return {
            "design": "spread",
            "count": self.takes,
            "knobs": lists,
            "move": moving,
            "motion": "moving" if self.motion == "turned" else "stepped",
            "hold_seconds": self.hold,
        }

    # -- remembered ------------------------------------------------------------------------

    def kept(self) -> dict[str, Any]:
        """The plan as plain JSON."""
        return {
            "design": self.design,
            "count": self.count,
            "takes": self.takes,
            "motion": self.motion,
            "hold": self.hold,
            "path": self.path,
            "knobs": {
                plan.knob.param: {
                    "varies": plan.varies,
                    "value": plan.value,
                    "listed": list(plan.listed),
                    "low": plan.low,
                    "high": plan.high,
                }
                for plan in self.knobs
            },
        }

    def with_kept(self, kept: Any) -> Plan:
        """This plan with what was remembered of it, as far as that still makes sense."""
        if not isinstance(kept, Mapping):
            return self
        knobs = kept.get("knobs")
        plans = []
        for plan in self.knobs:
            found = knobs.get(plan.knob.param) if isinstance(knobs, Mapping) else None
            plans.append(_remembered(plan, found))
        design = kept.get("design")
        motion = kept.get("motion")
        return replace(
            self,
            knobs=tuple(plans),
            design=design if design in ("one", "grid", "spread", "moving") else self.design,
            count=_whole(kept.get("count"), self.count, MAX_SETTINGS),
            takes=_whole(kept.get("takes"), self.takes, MAX_SETTINGS),
            motion=motion if motion in ("turned", "stepped", "file") else self.motion,
            hold=hold if (hold := _number(kept.get("hold"), self.hold)) > 0 else self.hold,
            path=str(kept.get("path", "")),
        )


def _remembered(plan: KnobPlan, found: Any) -> KnobPlan:
    if not isinstance(found, Mapping):
        return plan
    listed = found.get("listed")
    values = (
        tuple(float(value) for value in listed[:MAX_LISTED] if _is_number(value))
        if isinstance(listed, list)
        else ()
    )
    return replace(
        plan,
        varies=bool(found.get("varies", plan.varies)),
        value=_number(found.get("value"), plan.value),
        listed=values or plan.listed,
        low=_number(found.get("low"), plan.low),
        high=_number(found.get("high"), plan.high),
    )


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _number(value: Any, otherwise: float) -> float:
    return float(value) if _is_number(value) else otherwise


def _whole(value: Any, otherwise: int, most: int) -> int:
    return min(max(int(value), 1), most) if _is_number(value) else otherwise
