"""From a solver's own time points on to the grid of the samples."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engines.circuits.base import Float64

ON_POINT = 1e-3
"""A sample counts as computed by the solver itself within this fraction of a sample."""
NEARLY_ON = 1e-5
"""So near to a point of the solver, a straight line to the next one is exact: what is left of the
curve is below 1e-6 of its bend within a step."""


@dataclass(frozen=True)
class Resampled:
    """Signals on the grid, and how good they are.

    Attributes
    ----------
    values : float64[n, k]
        The signals at the times asked for.
    error : float64[k]
        Estimated largest error of the interpolation: the largest difference between polynomials
        through four and through six neighbouring points.
    on_points : float
        Share of the times at which the solver has a point of its own (within a thousandth of a
        sample), where nothing is interpolated.
    """

    values: Float64
    error: Float64
    on_points: float


def resample(
    solver_times: Float64, signals: Float64, times: Float64, sample_seconds: float
) -> Resampled:
    """Interpolate ``signals[m, k]`` from rising ``solver_times[m]`` at ``times[n]`` (seconds)."""
    after = np.clip(np.searchsorted(solver_times, times), 1, len(solver_times) - 1)
    back, ahead = times - solver_times[after - 1], solver_times[after] - times
    distance = np.minimum(np.abs(back), np.abs(ahead))
    weight = (back / (back + ahead))[:, None]
    values = (1 - weight) * signals[after - 1] + weight * signals[after]
    between = np.flatnonzero(distance > NEARLY_ON * sample_seconds)
    error = np.zeros(signals.shape[1])
    if len(between):
        wanted, after = times[between], after[between]
        cubic = _lagrange(solver_times, signals, wanted, after, 4)
        quintic = _lagrange(solver_times, signals, wanted, after, 6)
        values[between] = cubic
        error = np.abs(cubic - quintic).max(axis=0)
    return Resampled(
        values=values,
        error=error,
        on_points=float(np.mean(distance <= ON_POINT * sample_seconds)),
    )


def _lagrange(
    solver_times: Float64, signals: Float64, times: Float64, after: NDArray[np.intp], count: int
) -> Float64:
    """The polynomial through ``count`` neighbouring points of each time."""
    first = np.clip(after - count // 2, 0, max(0, len(solver_times) - count))
    used = min(count, len(solver_times))
    points = [solver_times[first + i] for i in range(used)]
    values = np.zeros((len(times), signals.shape[1]))
    for i in range(used):
        weight = np.ones(len(times))
        for j in range(used):
            if j != i:
                weight *= (times - points[j]) / (points[i] - points[j])
        values += weight[:, None] * signals[first + i]
    return values
