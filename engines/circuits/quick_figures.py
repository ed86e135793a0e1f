"""What a quick look's curves come to: a few figures, and what to look at."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from engines.circuits.base import Float64
from engines.circuits.described import DescribedCircuit
from projects.capture import Check

if TYPE_CHECKING:
    from engines.circuits.quick import QuickLook

FLATTENED = 0.7
"""Of what its gain would make of full scale: an output below this clips."""
SILENT_DB = -80.0
OFFSET_VOLTS = 0.1
COUPLED = 1e-3
"""A static curve below this part of the dynamic one is flat: a capacitor is in the way."""


def figures_of(look: QuickLook) -> dict[str, float]:
    """Gains, corners and levels, as far as the look has come; see ``QuickLook.figures``."""
    found: dict[str, float] = {}
    if look.response is not None:
        found |= _of_response(look.response.frequency, look.response.decibels())
    if look.dynamic is not None:
        found |= _of_dynamic(look, found.get("gain_100"))
    if look.rest is not None:
        found["rest"] = look.rest
    if look.sound is not None:
        wet = look.sound.wet
        found["peak"] = float(np.abs(wet - found.get("rest", wet.mean())).max())
        found["rms"] = float(np.sqrt(np.mean((wet - wet.mean()) ** 2)))
    return found


def _of_response(frequency: Float64, decibels: Float64) -> dict[str, float]:
    axis = np.log(frequency)
    found = {
        f"gain_{hertz}": float(np.interp(np.log(hertz), axis, decibels))
        for hertz in (100, 1000, 10_000)
    }
    top = int(np.argmax(decibels))
    edge = float(decibels[top]) - 3.0103
    below = np.flatnonzero(decibels[:top] < edge)
    above = np.flatnonzero(decibels[top:] < edge)
    if len(below):
        found["low_corner"] = _crossing(axis, decibels, int(below[-1]), edge)
    if len(above):
        found["high_corner"] = _crossing(axis, decibels, top + int(above[0]) - 1, edge)
    return found


def _crossing(axis: Float64, decibels: Float64, index: int, edge: float) -> float:
    """Where the curve crosses ``edge`` between a point and the next one, in Hz."""
    share = (edge - decibels[index]) / (decibels[index + 1] - decibels[index])
    return float(np.exp(axis[index] + share * (axis[index + 1] - axis[index])))


def _of_dynamic(look: QuickLook, gain: float | None) -> dict[str, float]:
    """Where the output flattens, from its mean over the cycle."""
    assert look.dynamic is not None
    moved = look.dynamic.y - look.dynamic.y.mean()
    found = {"swing": float(np.ptp(look.dynamic.y))}
    if gain is not None and gain > SILENT_DB:
        linear = look.drive * 10 ** (gain / 20)
        if np.abs(moved).max() < FLATTENED * linear:
            found |= {"clips_low": float(moved.min()), "clips_high": float(moved.max())}
    return found


def warnings_of(look: QuickLook, described: DescribedCircuit) -> tuple[str, ...]:
    """What a person should look at, in sentences."""
    found: list[str] = []
    if look.response is not None and look.response.decibels().max() < SILENT_DB:
        found.append(
            "Small signals do not reach the output: it stays more than 80 dB below the input. "
            "Choose another input or output, or turn up the knobs."
        )
    if look.rest is not None and abs(look.rest) > OFFSET_VOLTS:
        found.append(
            f"The output stands at {look.rest:.3g} V at rest. Where a coupling capacitor follows, "
            "choose the node behind it."
        )
    if look.transfer is not None and look.dynamic is not None:
        flat = np.ptp(look.transfer.y) <= COUPLED * np.ptp(look.dynamic.y)
        if flat and np.ptp(look.dynamic.y) > 0:
            found.append(
                "A voltage that stands still does not pass: a capacitor couples the circuit, so "
                "that the curve of a 100 Hz sine tells more than the static one."
            )
    if not described.states:
        found.append("The circuit has no state that is kept, so no state network can learn it.")
    if look.sound is not None:
        found += [_said(check) for check in look.sound.checks if check.level != "ok"]
    return tuple(found)


def _said(check: Check) -> str:
    """A check's words; a look keeps no states, so that it says nothing of their error."""
    if check.name == "solver step" and check.value is not None:
        return (
            f"With twice as many steps a sample the sound would change by {100 * check.value:.2g} "
            "% (RMS, where it is loudest). Use more steps for data to learn from."
        )
    return check.text
