"""Setting levels before a take: what comes in, how loud, over which noise, and what to turn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from engines.recording.latency import NothingCameBackError, RoundTrip, find_round_trip
from engines.recording.layout import Layout
from engines.recording.stream import CLIP

Float32 = NDArray[np.float32]

FLOOR_DB = -140.0
LOUD_DB, AIM_DB, FAINT_DB = -1.0, -6.0, -24.0
"""Peaks: above the first it may clip in the take; the second is aimed at; below the third,
resolution is given away."""
NOISY_DB = 40.0
"""Less than this between peak and noise floor is heard in every model."""
SETTLE_SECONDS = 0.1


@dataclass(frozen=True)
class LevelReport:
    """What a level check found; decibels are dBFS."""

    advice: str
    level: Literal["ok", "warning", "problem"]
    peak_in_db: float
    peak_out_db: float
    noise_floor_db: float
    clipped: int
    trip: RoundTrip | None


def judge_levels(take: Float32, layout: Layout) -> LevelReport:
    """What to turn before the take.

    Parameters
    ----------
    take : float32[n]
        What came back of :func:`engines.recording.signal.level_signal`.
    layout : Layout
        Of that signal.
    """
    trip: RoundTrip | None = None
    refusal = ""
    try:
        trip = find_round_trip(take, layout)
    except NothingCameBackError as error:
        refusal = error.sentence
    shift = trip.whole if trip is not None else 0
    settle = round(SETTLE_SECONDS * layout.sample_rate)
    quiet = take[settle : max(settle, shift + layout.quiet.stop - settle)]
    floor = _db(float(np.sqrt(np.mean(np.square(quiet, dtype=np.float64)))) if len(quiet) else 0.0)
    size = np.abs(take)
    peak = _db(float(size.max(initial=0.0)))
    clipped = int(np.count_nonzero(size >= CLIP))
    level, advice = ("problem", refusal) if trip is None else _advice(peak, floor, clipped, trip)
    return LevelReport(
        advice=advice,
        level=level,  # type: ignore[arg-type]
        peak_in_db=round(peak, 2),
        peak_out_db=round(layout.level, 2),
        noise_floor_db=round(floor, 2),
        clipped=clipped,
        trip=trip,
    )


def _advice(peak: float, floor: float, clipped: int, trip: RoundTrip) -> tuple[str, str]:
    if clipped:
        return "problem", (
            f"The input clips ({clipped} samples at full scale). Turn its gain down by some 6 dB, "
            "or the device's output."
        )
    said = f"The input peaks at {peak:.1f} dBFS"
    if peak > LOUD_DB:
        return "warning", f"{said}: it may clip in the take. Turn its gain down by some 6 dB."
    if peak < FAINT_DB:
        return "warning", (
            f"{said}: faint. Turn the input's gain up by some {AIM_DB - peak:.0f} dB."
        )
    if peak - floor < NOISY_DB:
        return "warning", (
            f"{said}, only {peak - floor:.0f} dB above the noise. Play it louder, or look for hum: "
            "ground loops, power supplies, a gain too high."
        )
    inverted = " The device inverts." if trip.inverted else ""
    return "ok", f"{said}, the noise floor lies at {floor:.1f} dBFS: good.{inverted}"


def _db(amplitude: float) -> float:
    return max(FLOOR_DB, 20.0 * float(np.log10(max(amplitude, 1e-12))))
