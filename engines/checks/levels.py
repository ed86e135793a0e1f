"""Verdicts on one signal: level, clipping, constant offset."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engines.checks.measuring import BLOCK, Measured, measured
from engines.checks.report import Level
from engines.checks.words import decibels, percent, places, said_db
from projects.capture import Check
from projects.manifest import Stretch

QUIET_DBFS = -36.0
"""A peak below this wastes resolution and hides the device's nonlinearity."""
FULL_SCALE = 0.985
"""Flat tops from here on are a converter's, or a file's."""
STEEP = 3.0
"""A natural peak leaves its flat top by the smallest step that the file can hold; a clipped one by
many of them. The middle one of all flat tops counts."""
LEAST_PEAK = 0.003
RARE = 0.02
"""A device that clips by nature does it in a larger share of its loud time than this."""
LOUD = 0.5
"""Blocks that reach this share of the ceiling are loud."""
DC_SHARE = 0.05
DC_LEVEL = 0.003
SETTLING = 4.0
MAX_PLACES = 500
JOIN = 4096
"""Flat tops nearer than this (samples) are shown as one place."""
SHORT_RATE = 44100


def level_checks(
    name: str, samples: NDArray[np.float32] | NDArray[np.float64], sample_rate: int = SHORT_RATE
) -> list[Check]:
    """Verdicts on one signal in memory: level, clipping, offset.

    Parameters
    ----------
    name : str
        ``"dry"`` or ``"wet"``.
    samples : float[n]
        1.0 is full scale.
    sample_rate : int
        In Hz.
    """
    return signal_checks(name, measured(samples, sample_rate))


def signal_checks(name: str, found: Measured, *, settling: bool = False) -> list[Check]:
    """Verdicts on one signal that has been measured: level, clipping, offset.

    ``settling``: it starts up, and what is left of that in its offset is no fault of its own.
    """
    if found.peak == 0.0:
        return [
            Check(
                name=f"{name} level",
                level="problem",
                text=f"The {name} audio is silent from start to end.",
                advice="Check what was recorded, and whether this is the right file.",
            )
        ]
    return [
        level_check(name, found),
        clipping_check(name, found),
        offset_check(name, found, settling),
    ]


def level_check(name: str, found: Measured) -> Check:
    """How loud it is."""
    peak = decibels(found.peak**2)
    quiet = peak < QUIET_DBFS
    text = f"The {name} audio peaks at {said_db(peak)}, {said_db(decibels(found.total))} RMS"
    return Check(
        name=f"{name} level",
        level="warning" if quiet else "ok",
        text=text + (": very quiet." if quiet else "."),
        value=round(peak, 2),
        advice="Record it louder if you can." if quiet else "",
    )


@dataclass(frozen=True)
class Flat:
    """Flat tops at one side's ceiling: its level, how many, how many samples, where."""

    ceiling: float
    count: int
    samples: int
    share: float
    """Of the loud time, 0..1."""
    where: tuple[Stretch, ...]


def flat_tops(found: Measured) -> Flat | None:
    """Flat tops at the highest or lowest value of a signal, both sides together; None: none.

    A flat top is three or more equal samples at the very extreme that are entered or left by more
    than the smallest step between samples: slow audio of 12 bits has flat tops by nature.
    """
    runs = []
    ceiling = 0.0
    for extreme in (found.high.max(initial=0.0), found.low.min(initial=0.0)):
        if len(found.tops) == 0 or abs(extreme) < LEAST_PEAK:
            continue
        at_top = found.tops[np.abs(found.tops[:, 2] - extreme) <= 2e-5 * abs(extreme)]
        if len(at_top) and float(np.median(at_top[:, 3])) > STEEP * found.step:
            runs.append(at_top)
            ceiling = max(ceiling, abs(float(extreme)))
    if not runs:
        return None
    joined = np.concatenate(runs)
    reach = np.maximum(found.high, -found.low)
    loud = int(found.lengths[reach >= LOUD * ceiling].sum())
    samples_flat = int(joined[:, 1].sum())
    return Flat(
        ceiling=ceiling,
        count=len(joined),
        samples=samples_flat,
        share=samples_flat / max(1, loud),
        where=_stretches(joined),
    )


def clipping_check(name: str, found: Measured) -> Check:
    """Whether its tops are flat, and whose doing that is."""
    flat = flat_tops(found)
    said = f"{name} clipping"
    if flat is None:
        text = f"The {name} audio has no flat tops: it is not clipped."
        return Check(name=said, level="ok", text=text, value=0.0)
    seen = (
        f"The {name} audio stays flat at {said_db(decibels(flat.ceiling**2))} in "
        f"{places(flat.count)} ({percent(flat.share)} of its loud time)"
    )
    level: Level
    device = name == "wet" and flat.share >= RARE
    if flat.ceiling >= FULL_SCALE:
        text = f"{seen}, the ceiling of the file: it is clipped."
        advice = f"Record the {name} side at a lower level." if name == "wet" else _DRY_ADVICE
        level, sure = "warning", 0.7 if device else 0.95
    elif device:
        text = f"{seen}. So often, and below full scale, it is likely the device's own doing."
        level, sure = "ok", 0.6
        advice = "If the device does not clip this hard, record it again at a lower level."
    else:
        text = f"{seen}, below full scale: some stage before the file has run out of room."
        level, sure = "warning", 0.7
        advice = _DRY_ADVICE if name == "dry" else "Lower the level in front of the recorder."
    return Check(
        name=said,
        level=level,
        text=text,
        value=float(flat.count),
        where=flat.where,
        sure=sure,
        advice=advice,
    )


_DRY_ADVICE = (
    "If this very file was played into the device, nothing is wrong: the device got it like this. "
    "If it was recorded beside the device, record it again at a lower level."
)


def _stretches(runs: NDArray[np.float64]) -> tuple[Stretch, ...]:
    """Runs (start, length, value) as stretches, near ones joined; the longest where too many."""
    order = runs[np.argsort(runs[:, 0])]
    starts = order[:, 0].astype(int)
    stops = (order[:, 0] + order[:, 1]).astype(int)
    first = np.concatenate([[True], starts[1:] - np.maximum.accumulate(stops)[:-1] > JOIN])
    begin = starts[first]
    end = np.maximum.reduceat(stops, np.flatnonzero(first))
    kept = np.sort(np.argsort(begin - end, kind="stable")[:MAX_PLACES])
    return tuple(Stretch(start=int(begin[k]), stop=int(end[k])) for k in kept)


def offset_check(name: str, found: Measured, settling: bool = False) -> Check:
    """Whether it has a constant offset, that is, one that is there in its quiet moments too.

    What an asymmetric circuit adds while it is played comes and goes with the level, and is its
    own; what stays is the recorder's.
    """
    mean = found.offset
    standing = _standing(found)
    spread = float(np.sqrt(max(0.0, found.total - mean**2)))
    share = SETTLING * DC_SHARE if settling else DC_SHARE
    large = abs(standing) > max(DC_LEVEL, share * spread) and abs(mean) > DC_LEVEL / 2
    text = f"The {name} audio has a constant offset of {standing:+.5f} of full scale"
    if not large and abs(mean) > max(DC_LEVEL, DC_SHARE * spread):
        text = (
            f"The mean of the {name} audio is {mean:+.5f} of full scale, and gone where it is "
            "quiet: no constant offset"
        )
    advice = "Check the recorder's input, or remove the offset with a high-pass of a few Hz."
    return Check(
        name=f"{name} offset",
        level="warning" if large else "ok",
        text=text + ".",
        value=round(standing, 7),
        advice=advice if large else "",
    )


def _standing(found: Measured) -> float:
    """The mean in the quietest tenth of half-second stretches."""
    size = max(1, found.sample_rate // 2 // BLOCK)
    count = max(1, len(found.mean) // size)
    if len(found.mean) < 4 * size:
        return found.offset
    means = found.mean[: count * size].reshape(count, size).mean(axis=1)
    powers = found.power[: count * size].reshape(count, size).mean(axis=1) - means**2
    quiet = np.argsort(powers)[: max(2, count // 10)]
    return float(np.median(means[quiet]))
