"""How many settings of a circuit's knobs are worth simulating: measured on a short stretch."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from engines.circuits.advice_runs import VARIED, Bends, Kind, Runs, bends_of
from engines.circuits.base import Simulator
from engines.circuits.described import DescribedCircuit
from projects.circuits import CircuitKnob

SECONDS = 0.2
TARGET = 1e-3
BUDGET = 30.0
LARGEST_GRID = 60
"""Combinations above which spread settings are proposed instead of a grid."""
DIGITS = 3
LEAST = 2
"""Intervals between the settings of a knob that shapes the sound: from its ends alone, no model can
tell how it goes between them, even where that is a straight line."""
ADDS_UP = 1e-3
"""ESR up to which two knobs are said to do together what each does alone."""


@dataclass(frozen=True)
class KnobAdvice:
    """What is known of one knob, the others at rest.

    Attributes
    ----------
    param, name : str
        The netlist's parameter; what people call it.
    settings : tuple[float, ...]
        Settings worth simulating, from its least to its greatest.
    error : float
        ESR between a setting half way between two of them and the mean of those two, where it is
        largest (the mean of a loud stretch's and a soft one's).
    text : str
        The same in a sentence.
    kind : "shapes", "scales", "switch" or "nothing"
        Whether it changes the sound, its level alone, is a switch, or changes nothing here.
    change : float
        Share of the sound that it changes: the largest ESR against rest with levels matched.
    spacing : "even", "ratio" or "own"
        How the settings lie: equally far apart, each by the same factor, or where they are needed.
    measured : bool
        Whether settings as close as these were simulated; else their number is extrapolated.
    """

    param: str
    name: str
    settings: tuple[float, ...]
    error: float
    text: str
    kind: Kind = "shapes"
    change: float = 0.0
    spacing: Literal["even", "ratio", "own"] = "even"
    measured: bool = True


@dataclass(frozen=True)
class Interaction:
    """How far two knobs together are from what each does alone (ESR, both at their far ends)."""

    params: tuple[str, str]
    error: float


@dataclass(frozen=True)
class Advice:
    """How a circuit's knobs should be set to learn it.

    Attributes
    ----------
    knobs : tuple[KnobAdvice, ...]
        In the circuit's order.
    total : int
        How many captures that makes: of a grid, or spread.
    text : str
        All of it in a few sentences.
    design : "grid" or "spread"
        Which of the two ``total`` counts.
    order : tuple[str, ...]
        The knobs' parameters, the one that changes most first.
    interactions : tuple[Interaction, ...]
        Of those that change the sound, pair by pair.
    """

    knobs: tuple[KnobAdvice, ...]
    total: int
    text: str
    design: Literal["grid", "spread"] = "grid"
    order: tuple[str, ...] = ()
    interactions: tuple[Interaction, ...] = ()

    @property
    def chosen(self) -> dict[str, tuple[float, ...]]:
        """Settings by parameter as a sweep takes them; what need not vary is left at rest."""
        return {knob.param: knob.settings for knob in self.knobs if knob.kind in VARIED}


def advise(
    described: DescribedCircuit,
    folder: Path,
    *,
    stop: threading.Event | None = None,
    progress: Callable[[float, str], None] | None = None,
    seconds: float = SECONDS,
    target: float = TARGET,
    budget: float = BUDGET,
    drive: float | None = None,
    params: Sequence[str] = (),
    simulator: Simulator | None = None,
) -> Advice:
    """Estimate how many settings of each knob hold interpolation between them below a target.

    A short stretch, loud and soft, is simulated at a knob's ends and half way, then half way
    between those wherever the mean of two neighbours is off by more than the target, and so on.
    The error of interpolating linearly falls with the fourth power of the distance (its square,
    squared), which says how far apart settings may be in between. A trained model does not
    interpolate linearly, so this is an estimate to begin with, not a promise.

    Parameters
    ----------
    described : DescribedCircuit
        The circuit.
    folder : Path
        Scratch folder of one's own; it is left with a log.
    stop : threading.Event, optional
        Set it to cancel.
    progress : callable, optional
        ``progress(fraction, text)``, called from the same thread.
    seconds : float
        How much is simulated at each setting.
    target : float
        ESR that a setting between two others may be off by.
    budget : float
        Seconds after which nothing further is looked at; ends and middle of every knob always are.
    drive : float, optional
        What full scale is sent as (volts); the circuit's own where nothing is said.
    params : sequence of str
        Knobs to look at, by parameter; all of them where nothing is said.
    simulator : Simulator, optional
        ngspice where nothing is said.

    Raises
    ------
    SimulatorError
        The circuit has no knobs, or cannot be simulated at all.
    CancelledError
        ``stop`` was set; no process is left.
    """
    runs = Runs(described, folder, stop=stop, progress=progress, seconds=seconds, budget=budget,
                drive=drive, params=params, simulator=simulator)  # fmt: skip
    bends = bends_of(runs, target)
    knobs = tuple(_of_one(runs, knob, bends[knob.param], target) for knob in runs.knobs)
    interactions = _interactions(runs, knobs)
    runs.report(1.0, "Done")
    order = tuple(k.param for k in sorted(knobs, key=lambda k: k.change, reverse=True))
    design, total = _total(knobs, interactions, target)
    return Advice(
        knobs=knobs,
        total=total,
        text=_words(knobs, order, interactions, design, total, runs.refused),
        design=design,
        order=order,
        interactions=interactions,
    )


def _of_one(runs: Runs, knob: CircuitKnob, bends: Bends, target: float) -> KnobAdvice:
    kind, change = runs.kind(knob), runs.sound_change(knob.param)
    settings: tuple[float, ...]
    if kind in ("switch", "nothing"):
        settings = (knob.minimum, knob.maximum) if kind == "switch" else (knob.default,)
        text = _sentence(knob, kind, settings, 0.0, "", True)
        return KnobAdvice(knob.param, knob.name, settings, 0.0, text, kind, change)
    placed = bends.placed(target, LEAST if kind == "shapes" else 1)
    settings = _rounded(knob, [bends.value(u) for u in placed.places])
    even: Literal["even", "ratio"] = "ratio" if bends.by_ratio else "even"
    spacing: Literal["even", "ratio", "own"] = even if placed.even else "own"
    where = placed.where
    if placed.even:
        where = ", each by the same factor" if bends.by_ratio else ", equally far apart"
        where = where if len(settings) > 2 else ""
    text = _sentence(knob, kind, settings, placed.error, where, placed.measured)
    return KnobAdvice(
        knob.param, knob.name, settings, placed.error, text, kind, change, spacing, placed.measured
    )


def _rounded(knob: CircuitKnob, values: Sequence[float]) -> tuple[float, ...]:
    inner = [float(f"{value:.{DIGITS}g}") for value in values[1:-1]]
    return tuple(dict.fromkeys([knob.minimum, *inner, knob.maximum]))


def _sentence(
    knob: CircuitKnob,
    kind: Kind,
    settings: Sequence[float],
    error: float,
    where: str,
    measured: bool,
) -> str:
    if kind == "switch":
        return f"{knob.name}: a switch, both of its settings."
    if kind == "nothing":
        return f"{knob.name}: changes nothing at this level with the other knobs at rest."
    count = f"{len(settings)} settings{where}"
    between = (
        "interpolated from its neighbours, a setting between two of them is off by an ESR of "
        f"{error:.1g}"
    )
    if not measured:
        between = "extrapolated, as time was up before settings this close were simulated"
    if kind == "scales":
        count = f"{count} ({between})" if measured else f"about {len(settings)} settings"
        return (
            f"{knob.name}: only changes how loud it is, so it may stay at rest and the level be "
            f"set behind the model; to learn it, {count}."
        )
    return f"{knob.name}: {count} ({between})."


def _interactions(runs: Runs, knobs: Sequence[KnobAdvice]) -> tuple[Interaction, ...]:
    varied = [knob.param for knob in knobs if knob.kind in VARIED]
    pairs = [(a, b) for i, a in enumerate(varied) for b in varied[i + 1 :]]
    return tuple(Interaction(pair, error) for pair, error in runs.together(pairs).items())


def _total(
    knobs: Sequence[KnobAdvice], interactions: Sequence[Interaction], target: float
) -> tuple[Literal["grid", "spread"], int]:
    """The grid, or where it is large a spread between what lone knobs and a grid would need."""
    counts = [len(knob.settings) for knob in knobs if knob.kind in VARIED]
    product = math.prod(counts)
    if product <= LARGEST_GRID or len(counts) < 2:
        return "grid", product
    alone = 1 + sum(count - 1 for count in counts)
    if all(pair.error <= target for pair in interactions):
        return "spread", 2 * alone
    return "spread", max(2 * alone, round(math.sqrt(alone * product)))


def _together(pair: Interaction, knobs: Mapping[str, KnobAdvice]) -> str:
    names = " and ".join(knobs[param].name for param in pair.params)
    if pair.error <= ADDS_UP:
        return f"{names} together do what each does alone (ESR {pair.error:.2g})."
    return (
        f"{names} act on each other (together, an ESR of {pair.error:.2g} from what each does "
        "alone): vary them together, not one after the other."
    )


def _words(
    knobs: Sequence[KnobAdvice],
    order: Sequence[str],
    interactions: Sequence[Interaction],
    design: Literal["grid", "spread"],
    total: int,
    refused: Mapping[str, str],
) -> str:
    by_param = {knob.param: knob for knob in knobs}
    lines = [by_param[param].text for param in order]
    varied = [by_param[param].name for param in order if by_param[param].kind in VARIED]
    if len(varied) > 1:
        lines.append(f"What changes the sound most, first: {', '.join(varied)}.")
    lines += [_together(pair, by_param) for pair in interactions]
    if len(varied) > 1 and not interactions:
        lines.append("Whether they act on each other was not looked at: time was up.")
    counts = [len(knob.settings) for knob in knobs if knob.kind in VARIED]
    if not counts:
        lines.append("One capture is enough.")
    elif design == "grid":
        product = f"{' × '.join(map(str, counts))} = " if len(counts) > 1 else ""
        lines.append(f"In all: {product}{total} captures, as a grid.")
    else:
        lines.append(
            f"In all: {total} captures spread over the knobs' ranges; a grid of "
            f"{' × '.join(map(str, counts))} would be {math.prod(counts)}."
        )
    if refused:
        lines.append(f"{len(refused)} settings could not be simulated: {next(iter(refused))}.")
    lines.append(
        "An estimate: each knob was looked at with the others at rest, on a short stretch, loud "
        "and soft, and a model does better between its settings than a straight line. Add "
        "settings where its error stays large."
    )
    return "\n".join(lines)
