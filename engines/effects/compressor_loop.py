"""The compressor's loop over samples, compiled. Imports numba.

The effect and the fitted model run this same loop; the two first-order sections after the gain are
flat in the effect.

Coefficients: threshold (dB), slope (1 - 1/ratio), knee (dB), poles of averaging, attack and
release, gain (linear, signed), 1 for branching ballistics, the power below which nothing is taken
away, then b0, b1, a1 of two sections. State: averaged power, release stage, reduction (dB), and
the last input and output of each section.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engines.models.jit import compiled

DECIBELS = 10.0 / math.log(10.0)
"""Decibels of a power: this times its natural logarithm."""
NEPERS = math.log(10.0) / 20.0
"""Natural logarithm of a gain of one decibel."""
GONE = 1e-12
"""A reduction (dB) that has decayed below this is over."""
TINY = 1e-30
MOST = 1e30
"""A sample beyond this, or one that is no number, counts as zero."""


@compiled(inline=True)
def taken_away(power: float, c: NDArray[np.float64]) -> float:
    """The static curve's reduction (dB) at a power: eq. 23 with eq. 4."""
    if power <= c[8]:
        return 0.0
    over: float = DECIBELS * math.log(power) - c[0]
    half: float = 0.5 * c[2]
    slope: float = c[1]
    knee: float = c[2]
    if over >= half:
        return slope * over
    if over <= -half:
        return 0.0
    return slope * (over + half) * (over + half) / (2.0 * knee)


@compiled()
def compress(x: Any, y: Any, c: NDArray[np.float64], state: NDArray[np.float64]) -> None:
    """One block of ``x`` into ``y`` (float32 or float64; may be the same array)."""
    power, held, reduction = state[0], state[1], state[2]
    bass_in, bass_out, treble_in, treble_out = state[3], state[4], state[5], state[6]
    for n in range(x.size):
        now = float(x[n])
        if not abs(now) < MOST:
            now = 0.0
        power = c[3] * power + (1.0 - c[3]) * now * now
        if power < TINY:
            power = 0.0
        wanted = taken_away(power, c)
        if c[7] > 0.5:
            smooth = c[4] if wanted > reduction else c[5]
            reduction = smooth * reduction + (1.0 - smooth) * wanted
        else:
            held = max(wanted, c[5] * held + (1.0 - c[5]) * wanted)
            if held < GONE:
                held = 0.0
            reduction = c[4] * reduction + (1.0 - c[4]) * held
        if reduction < GONE:
            reduction = 0.0
        bent = c[6] * math.exp(-NEPERS * reduction) * now
        bass = c[9] * bent + c[10] * bass_in - c[11] * bass_out
        bass_in = bent
        bass_out = bass if abs(bass) > TINY else 0.0
        treble = c[12] * bass_out + c[13] * treble_in - c[14] * treble_out
        treble_in = bass_out
        treble_out = treble if abs(treble) > TINY else 0.0
        y[n] = treble_out
    state[0], state[1], state[2] = power, held, reduction
    state[3], state[4], state[5], state[6] = bass_in, bass_out, treble_in, treble_out
