"""A tone control: a bass and a treble shelf.

Biquads after R. Bristow-Johnson, "Cookbook formulae for audio equalizer biquad filter
coefficients" (lowShelf and highShelf, with the shelf slope S): the analogue prototypes

    low:   H(s) = A (s^2 + (sqrt(A)/Q) s + A) / (A s^2 + (sqrt(A)/Q) s + 1)
    high:  H(s) = A (A s^2 + (sqrt(A)/Q) s + 1) / (s^2 + (sqrt(A)/Q) s + A)

with A = 10^(dB/40) and 1/Q = sqrt((A + 1/A)(1/S - 1) + 2), by the bilinear transform with its
frequency axis bent so that the shelf's middle lies where it should.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from engines.effects.base import Effect, EffectError, Float64

HIGHEST = 0.45
"""A shelf's middle lies below this share of the sample rate."""


@dataclass(frozen=True)
class ToneSettings:
    """The tone control's settings: gains (dB), the shelves' middles (Hz), their slope S."""

    bass: float = 0.0
    treble: float = 0.0
    bass_hz: float = 150.0
    treble_hz: float = 3000.0
    slope: float = 1.0

    def __post_init__(self) -> None:
        """Refuse what has no meaning."""
        values = (self.bass, self.treble, self.bass_hz, self.treble_hz, self.slope)
        if not all(math.isfinite(value) for value in values):
            raise EffectError("A tone control's settings have to be numbers.")
        if min(self.bass_hz, self.treble_hz) <= 0.0 or not 0.0 < self.slope <= 1.0:
            raise EffectError(
                "A tone control's frequencies are above 0 Hz, and its slope is above 0 and at "
                "most 1."
            )


def low_shelf(gain_db: float, frequency: float, slope: float, rate: float) -> Float64:
    """b0, b1, b2, a0 = 1, a1, a2 of the cookbook's lowShelf, float64[6]."""
    a, cosine, root = _cookbook(gain_db, frequency, slope, rate)
    plus, minus = a + 1.0, a - 1.0
    b = [
        a * (plus - minus * cosine + root),
        2.0 * a * (minus - plus * cosine),
        a * (plus - minus * cosine - root),
    ]
    c = [plus + minus * cosine + root, -2.0 * (minus + plus * cosine), plus + minus * cosine - root]
    return np.array([*b, *c]) / c[0]


def high_shelf(gain_db: float, frequency: float, slope: float, rate: float) -> Float64:
    """b0, b1, b2, a0 = 1, a1, a2 of the cookbook's highShelf, float64[6]."""
    a, cosine, root = _cookbook(gain_db, frequency, slope, rate)
    plus, minus = a + 1.0, a - 1.0
    b = [
        a * (plus + minus * cosine + root),
        -2.0 * a * (minus + plus * cosine),
        a * (plus + minus * cosine - root),
    ]
    c = [plus - minus * cosine + root, 2.0 * (minus - plus * cosine), plus - minus * cosine - root]
    return np.array([*b, *c]) / c[0]


def _cookbook(
    gain_db: float, frequency: float, slope: float, rate: float
) -> tuple[float, float, float]:
    """A, cos(w0) and 2 sqrt(A) alpha.

    Raises
    ------
    EffectError
        The rate is too low for a shelf there.
    """
    if frequency >= HIGHEST * rate:
        raise EffectError(
            f"A shelf at {frequency:g} Hz needs a sample rate above {frequency / HIGHEST:.0f} Hz; "
            f"this one is {rate:g} Hz. Move the shelf down or raise the rate."
        )
    a = 10.0 ** (gain_db / 40.0)
    omega = 2.0 * math.pi * frequency / rate
    alpha = math.sin(omega) / 2.0 * math.sqrt((a + 1.0 / a) * (1.0 / slope - 1.0) + 2.0)
    return a, math.cos(omega), 2.0 * math.sqrt(a) * alpha


class Tone(Effect):
    """The tone control at one setting. Imports scipy."""

    def __init__(self, settings: ToneSettings, rate: float) -> None:
        self._sections = np.stack(
            [
                low_shelf(settings.bass, settings.bass_hz, settings.slope, rate),
                high_shelf(settings.treble, settings.treble_hz, settings.slope, rate),
            ]
        )
        self.reset()

    def reset(self) -> None:
        """Both shelves empty."""
        self._state = np.zeros((2, 2))

    def process(self, x: Float64) -> Float64:
        """The next block; see the base class."""
        from scipy.signal import sosfilt

        if not len(x):
            return np.zeros(0)
        y, self._state = sosfilt(self._sections, np.asarray(x, np.float64), zi=self._state)
        return np.asarray(y, np.float64)
