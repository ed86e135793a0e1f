"""The compressor's output and how it moves with each row, carried along the signal. Imports numba.

Forward sensitivities: every state's derivative by the seven settings and the four of the shelves
goes on from sample to sample as the state does, so that J^T J and J^T r add up without a Jacobian
in memory. At the corners (which of attack and release applies, the knee's ends) the branch that
the signal takes is differentiated.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from engines.effects.compressor_loop import DECIBELS, NEPERS
from engines.models.compressor.rows_loop import N_ROWS
from engines.models.jit import compiled

Float64 = NDArray[np.float64]
N_SETTINGS = 6
"""Threshold, slope, knee, averaging, attack, release."""


@compiled(inline=True)
def curve(power: float, rate: float, c: Float64, w: Float64) -> float:
    """The reduction (dB) at a power above the knee's foot, and its derivatives.

    ``w`` (4,) takes those by threshold, slope, knee and the averaging's pole; ``rate`` is the
    power's derivative by that pole.
    """
    over = DECIBELS * math.log(power) - c[0]
    half = 0.5 * c[2]
    if over >= half:
        w[0], w[1], w[2] = -c[1], over, 0.0
    else:
        inside = over + half
        share = inside / c[2]
        w[0] = -c[1] * share
        w[1] = 0.5 * inside * share
        w[2] = 0.5 * c[1] * share * (1.0 - share)
    w[3] = -w[0] * DECIBELS * rate / power
    reduction: float = c[1] * w[1]
    return reduction


@compiled(fast=True)
def normal(
    x: Float64,
    y: Float64,
    lead: int,
    c: Float64,
    d: Float64,
    shelves: Float64,
    matrix: Float64,
    gradient: Float64,
) -> float:
    """Add a stretch's J^T J (11, 11; upper half) and J^T r (11,), and return its squared error.

    Parameters
    ----------
    x, y : float64[n]
        Dry and wet.
    lead : int
        Samples that are run and not scored.
    c : float64[15]
        Coefficients of the loop.
    d, shelves : float64[7], float64[4, 3]
        Of :func:`engines.models.compressor.rows_loop.slopes`.
    matrix, gradient : float64[11, 11], float64[11]
        Added to.
    """
    w = np.zeros(4)
    held_by, reduction_by = np.zeros(N_SETTINGS), np.zeros(N_SETTINGS)
    bent_by, bass_by, treble_by = np.zeros(N_ROWS), np.zeros(N_ROWS), np.zeros(N_ROWS)
    power = rate = held = reduction = bent = bass = treble = total = 0.0
    for n in range(x.size):
        now = x[n]
        square = now * now
        rate = power - square + c[3] * rate
        power = c[3] * power + (1.0 - c[3]) * square
        if power > c[8]:
            wanted = curve(power, rate, c, w)
        else:
            wanted = 0.0
            w[:] = 0.0
        if c[7] > 0.5:
            place = 4 if wanted > reduction else 5
            smooth = c[place]
            for j in range(4):
                reduction_by[j] = smooth * reduction_by[j] + (1.0 - smooth) * w[j]
            reduction_by[4] *= smooth
            reduction_by[5] *= smooth
            reduction_by[place] += reduction - wanted
            reduction = smooth * reduction + (1.0 - smooth) * wanted
        else:
            if wanted >= held:
                held_by[:4] = w
                held_by[5] = 0.0
                held = wanted
            else:
                smooth = c[5]
                for j in range(4):
                    held_by[j] = smooth * held_by[j] + (1.0 - smooth) * w[j]
                held_by[5] = smooth * held_by[5] + held - wanted
                held = smooth * held + (1.0 - smooth) * wanted
            smooth = c[4]
            for j in range(N_SETTINGS):
                reduction_by[j] = smooth * reduction_by[j] + (1.0 - smooth) * held_by[j]
            reduction_by[4] += reduction - held
            reduction = smooth * reduction + (1.0 - smooth) * held
        bent_before, bent = bent, c[6] * math.exp(-NEPERS * reduction) * now
        bass_before, bass = bass, c[9] * bent + c[10] * bent_before - c[11] * bass
        treble_before = treble
        treble = c[12] * bass + c[13] * bass_before - c[14] * treble
        for j in range(7):
            moved = d[6] * bent if j == 6 else -NEPERS * bent * reduction_by[j] * d[j]
            new = c[9] * moved + c[10] * bent_by[j] - c[11] * bass_by[j]
            bent_by[j] = moved
            treble_by[j] = c[12] * new + c[13] * bass_by[j] - c[14] * treble_by[j]
            bass_by[j] = new
        for j in range(7, 9):
            s = shelves[j - 7]
            new = s[0] * bent + s[1] * bent_before - s[2] * bass_before - c[11] * bass_by[j]
            treble_by[j] = c[12] * new + c[13] * bass_by[j] - c[14] * treble_by[j]
            bass_by[j] = new
        for j in range(9, 11):
            s = shelves[j - 7]
            new = s[0] * bass + s[1] * bass_before - s[2] * treble_before
            treble_by[j] = new - c[14] * treble_by[j]
        if n >= lead:
            error = treble - y[n]
            total += error * error
            for j in range(N_ROWS):
                gradient[j] += error * treble_by[j]
                for k in range(j, N_ROWS):
                    matrix[j, k] += treble_by[j] * treble_by[k]
    return total
