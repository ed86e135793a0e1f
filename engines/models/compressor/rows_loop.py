"""From the rows of :mod:`engines.models.compressor.parameters` to the loop's coefficients.

Compiled, so that a knob can turn while audio runs without anything being allocated. Imports numba.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from engines.models.compressor.parameters import HIGHEST
from engines.models.jit import compiled

Float64 = NDArray[np.float64]
BEL = math.log(10.0) / 20.0
EACH = 10.0
N_ROWS = 11
N_SHELF = 3
"""b0, b1, a1."""


@compiled()
def turn(
    parameters: Float64, knobs: NDArray[np.float32], order: int, limits: Float64, rows: Float64
) -> None:
    """Fill ``rows`` (11,) from the tensor (rows, F) at the knobs' positions."""
    count = knobs.size
    for row in range(parameters.shape[0]):
        value = parameters[row, 0]
        for k in range(count):
            value += parameters[row, 1 + k] * knobs[k]
        if order > 1:
            column = 1 + count
            for k in range(count):
                for other in range(k, count):
                    value += parameters[row, column] * knobs[k] * knobs[other]
                    column += 1
        rows[row] = min(max(value, limits[row, 0]), limits[row, 1])


@compiled()
def coefficients(rows: Float64, rate: float, inverted: bool, branching: bool, c: Float64) -> None:
    """Fill ``c`` (15,), as :mod:`engines.effects.compressor_loop` takes it."""
    c[0] = EACH * rows[0]
    c[1] = 1.0 / (1.0 + math.exp(-rows[1]))
    c[2] = math.exp(rows[2])
    for place in range(3, 6):
        c[place] = math.exp(-1.0 / (math.exp(rows[place]) * rate))
    c[6] = math.exp(BEL * EACH * rows[6])
    if inverted:
        c[6] = -c[6]
    c[7] = 1.0 if branching else 0.0
    c[8] = 10.0 ** ((c[0] - 0.5 * c[2]) / 10.0)
    k = math.tan(math.pi * min(math.exp(rows[7]) / rate, HIGHEST))
    gain = math.exp(BEL * EACH * rows[8])
    c[9] = (1.0 + gain * k) / (1.0 + k)
    c[10] = (gain * k - 1.0) / (1.0 + k)
    c[11] = (k - 1.0) / (1.0 + k)
    k = math.tan(math.pi * min(math.exp(rows[9]) / rate, HIGHEST))
    gain = math.exp(BEL * EACH * rows[10])
    c[12] = (gain + k) / (1.0 + k)
    c[13] = (k - gain) / (1.0 + k)
    c[14] = (k - 1.0) / (1.0 + k)


@compiled()
def slopes(rows: Float64, rate: float, c: Float64, d: Float64, shelves: Float64) -> None:
    """How the coefficients move with the rows, where ``c`` stands.

    ``d`` (7,): of threshold, slope, knee, the three poles, and the gain's logarithm;
    ``shelves`` (4, 3): of b0, b1, a1 with the bass's frequency and gain, then the treble's.
    """
    d[0] = EACH
    d[1] = c[1] * (1.0 - c[1])
    d[2] = c[2]
    for place in range(3, 6):
        d[place] = c[place] / (math.exp(rows[place]) * rate)
    d[6] = BEL * EACH
    for place in range(2):
        share = math.exp(rows[7 + 2 * place]) / rate
        k = math.tan(math.pi * min(share, HIGHEST))
        gain = math.exp(BEL * EACH * rows[8 + 2 * place])
        bent = math.pi * share * (1.0 + k * k) / ((1.0 + k) * (1.0 + k))
        if share >= HIGHEST:
            bent = 0.0
        rise = BEL * EACH * gain / (1.0 + k)
        frequency, level = shelves[2 * place], shelves[2 * place + 1]
        sign = 1.0 if place == 0 else -1.0
        frequency[0] = sign * (gain - 1.0) * bent
        frequency[1] = (gain + 1.0) * bent
        frequency[2] = 2.0 * bent
        level[0] = rise * k if place == 0 else rise
        level[1] = rise * k if place == 0 else -rise
        level[2] = 0.0
