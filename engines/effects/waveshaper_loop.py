"""The waveshaper's curve over samples, compiled. Imports numba."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from engines.models.jit import compiled


@compiled()
def bend(x: NDArray[np.float64], y: NDArray[np.float64], constants: NDArray[np.float64]) -> None:
    """``y[n]`` from ``x[n]``; constants: drive, bias, hardness above and below, rest, level.

    A sample that is no number counts as zero.
    """
    drive, bias, upper, lower, rest, level = constants
    for n in range(x.size):
        driven = drive * x[n] + bias
        if math.isnan(driven):
            driven = bias
        hardness = upper if driven >= 0.0 else lower
        y[n] = level * (math.tanh(hardness * driven) / hardness - rest)
