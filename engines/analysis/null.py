"""The null test: how much is left when one signal is taken from another."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FLOOR_DB = -200.0
"""What a perfect null is reported as: far below what float32 audio can hold."""


@dataclass(frozen=True)
class NullTest:
    """A null test's result.

    Attributes
    ----------
    depth_db : float
        Level of the residual relative to the reference (dB): -60 means a thousandth is left.
    lag : int
        By how many samples the other signal came later than the reference; it was moved back.
    gain_db : float
        By how much the other signal was turned up to match.
    residual : float64[n]
        Reference minus the moved and matched other, where both are there.
    """

    depth_db: float
    lag: int
    gain_db: float
    residual: NDArray[np.float64]


def null_test(
    reference: NDArray[np.float32] | NDArray[np.float64],
    other: NDArray[np.float32] | NDArray[np.float64],
    *,
    max_lag: int = 0,
    match_level: bool = False,
) -> NullTest:
    """Subtract ``other`` from ``reference`` and say how much is left.

    Parameters
    ----------
    reference, other : float[n], float[m]
        Mono signals at the same rate.
    max_lag : int
        Up to how many samples the other may be moved, either way, to where it correlates best.
        0 leaves it where it is.
    match_level : bool
        Whether the other is scaled by the factor that leaves least (least squares).

    Raises
    ------
    ValueError
        Nothing is left to compare, or the reference is silent.
    """
    a = np.asarray(reference, dtype=np.float64)
    b = np.asarray(other, dtype=np.float64)
    lag = best_lag(a, b, max_lag) if max_lag > 0 else 0
    a, b = overlapping(a, b, lag)
    energy = float(np.dot(a, a))
    if energy == 0.0:
        raise ValueError("The reference is silent, so there is nothing to null against.")
    gain = 1.0
    if match_level and np.any(b):
        gain = float(np.dot(a, b) / np.dot(b, b))
    residual = a - gain * b
    left = float(np.dot(residual, residual))
    return NullTest(
        depth_db=decibels(left / energy),
        lag=lag,
        gain_db=2.0 * decibels(abs(gain)),
        residual=residual,
    )


def best_lag(a: NDArray[np.float64], b: NDArray[np.float64], max_lag: int) -> int:
    """The lag (samples, within ``max_lag``) at which ``b`` is most like ``a``, either polarity.

    Positive where ``b`` comes later. It is where the signals match, not a device's latency: a
    low-pass moves it too.
    """
    from scipy.signal import correlate, correlation_lags

    correlation = correlate(b, a, mode="full", method="fft")
    lags = correlation_lags(len(b), len(a), mode="full")
    allowed = np.abs(lags) <= max_lag
    return int(lags[allowed][np.argmax(np.abs(correlation[allowed]))])


def overlapping(
    a: NDArray[np.float64], b: NDArray[np.float64], lag: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The stretches of both that face each other once ``b`` is moved ``lag`` samples earlier.

    Raises
    ------
    ValueError
        There is none.
    """
    if lag >= 0:
        b = b[lag:]
    else:
        a = a[-lag:]
    n = min(len(a), len(b))
    if n == 0:
        raise ValueError("The two signals do not overlap, so there is nothing to compare.")
    return a[:n], b[:n]


def decibels(power_ratio: float) -> float:
    """``10 log10`` of a ratio of powers, no lower than :data:`FLOOR_DB`."""
    return max(FLOOR_DB, 10.0 * float(np.log10(max(power_ratio, 1e-300))))
