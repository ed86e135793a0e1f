"""Which settings of a circuit's knobs are simulated: a grid, or points that fill the space."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence

import numpy as np

from engines.circuits.base import SimulatorError
from engines.circuits.described import DescribedCircuit, Settings
from projects.circuits import CircuitKnob

MAX_SETTINGS = 400
DIGITS = 4
"""Significant digits of a setting: more than anyone turns a knob by, few enough to read."""

Chosen = Mapping[str, Sequence[float]]


def grid(circuit: DescribedCircuit, chosen: Chosen) -> list[Settings]:
    """Every combination of the chosen settings; a knob that is not named stands at rest.

    Raises
    ------
    SimulatorError
        A knob is unknown or does not go that far, or there are too many combinations.
    """
    at_rest = circuit.settings()
    _check(circuit, chosen)
    values = [
        tuple(dict.fromkeys(map(float, chosen.get(param, ())))) or (rest,)
        for param, rest in at_rest.items()
    ]
    count = math.prod(len(of_one) for of_one in values)
    if count > MAX_SETTINGS:
        raise SimulatorError(
            f"These settings make {count} captures, more than the {MAX_SETTINGS} that one sweep "
            "may have. Use fewer settings of a knob, or spread some over the whole range."
        )
    return [dict(zip(at_rest, one, strict=True)) for one in itertools.product(*values)]


def spread(circuit: DescribedCircuit, chosen: Chosen, count: int, seed: int) -> list[Settings]:
    """Settings that fill the knobs' ranges evenly: a scrambled Sobol sequence (scipy's).

    A knob with several chosen settings varies between the least and the greatest of them, one with
    a single setting stands there, one that is not named varies over its whole range. Knobs with a
    logarithmic taper vary by ratio, switches stand at either end.

    Raises
    ------
    SimulatorError
        A knob is unknown or does not go that far, or nothing varies.
    """
    from scipy.stats import qmc

    ranges = ranges_of(circuit, chosen)
    moving = [knob for knob in circuit.knobs if ranges[knob.param][0] < ranges[knob.param][1]]
    power = max(0, math.ceil(math.log2(count)))
    points = qmc.Sobol(len(moving), scramble=True, rng=np.random.default_rng(seed))
    found: list[Settings] = []
    for point in points.random_base2(power)[:count]:
        settings = {param: float(low) for param, (low, _) in ranges.items()}
        for knob, share in zip(moving, point, strict=True):
            settings[knob.param] = _at(knob, *ranges[knob.param], float(share))
        found.append(settings)
    return list({tuple(settings.items()): settings for settings in found}.values())


def ranges_of(circuit: DescribedCircuit, chosen: Chosen) -> dict[str, tuple[float, float]]:
    """Between what each knob of a spread varies; see :func:`spread`, for errors too."""
    _check(circuit, chosen)
    ranges = {
        knob.param: (
            (min(chosen[knob.param]), max(chosen[knob.param]))
            if chosen.get(knob.param)
            else (knob.minimum, knob.maximum)
        )
        for knob in circuit.knobs
    }
    if all(low == high for low, high in ranges.values()):
        raise SimulatorError(
            f"None of the knobs of {circuit.title} varies, so there is nothing to spread settings "
            "over. Simulate a grid instead."
        )
    return ranges


def _check(circuit: DescribedCircuit, chosen: Chosen) -> None:
    for param, values in chosen.items():
        for value in values or (circuit.knob(param).default,):
            circuit.settings({param: value})


def _at(knob: CircuitKnob, low: float, high: float, share: float) -> float:
    """The setting at a share 0..1 of the way, by the knob's taper."""
    if knob.taper == "switch":
        return low if share < 0.5 else high
    if knob.taper == "log" and low > 0:
        value = low * (high / low) ** share
    else:
        value = low + (high - low) * share
    rounded = float(f"{value:.{DIGITS}g}")
    return min(high, max(low, rounded))
