"""One struck guitar chord without anything compiled: for a look that must not wait."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FREQUENCIES = (110.0, 164.8, 220.0)
"""A power chord on the A string, in Hz."""
STRUM_SECONDS = 0.02
DECAY_SECONDS = 1.5
"""To -60 dB, of the fundamentals."""
RISE_SECONDS = 0.002
"""In which the first pluck rises from silence, as under a pick: no click."""
PEAK = 0.9


def struck_chord(seconds: float, sample_rate: int = 48000) -> NDArray[np.float32]:
    """A chord of plucked strings (K. Karplus, A. Strong, CMJ 7(2), 1983), always the same.

    A string's loop is a period long and its filter two taps, so that whole periods are computed at
    once.

    Parameters
    ----------
    seconds : float
        How long.
    sample_rate : int
        In Hz.

    Returns
    -------
    float32[n]
        Peak 0.9 of full scale.
    """
    n = max(1, round(seconds * sample_rate))
    rng = np.random.default_rng(7)
    found = np.zeros(n)
    for number, frequency in enumerate(FREQUENCIES):
        start = min(n, round(number * STRUM_SECONDS * sample_rate))
        found[start:] += _string(n - start, sample_rate, frequency, rng)
    rise = min(n, round(RISE_SECONDS * sample_rate))
    found[:rise] *= np.arange(rise) / max(1, rise)
    peak = float(np.abs(found).max(initial=0.0))
    return (found * (PEAK / peak if peak > 0 else 1.0)).astype(np.float32)


def _string(
    n: int, sample_rate: int, frequency: float, rng: np.random.Generator
) -> NDArray[np.float64]:
    period = max(2, round(sample_rate / frequency - 0.5))
    loss = 10.0 ** (-3.0 / (DECAY_SECONDS * frequency))
    pluck = rng.uniform(-1.0, 1.0, period)
    pluck = np.convolve(np.tile(pluck, 3), np.ones(9) / 9, "same")[period : 2 * period]
    sounded = np.zeros(n + 2 * period)
    sounded[:period] = pluck - pluck.mean()
    for start in range(period, n + period, period):
        before = sounded[start - period : start]
        # The sample before the period's first one is the last of the period before that.
        earlier = np.concatenate([[sounded[start - period - 1] if start > period else 0.0],
                                  before[:-1]])  # fmt: skip
        sounded[start : start + period] = loss * 0.5 * (before + earlier)
    return sounded[:n]
