"""A feed-forward compressor.

After Giannoulis, Massberg and Reiss, "Digital Dynamic Range Compressor Design: A Tutorial and
Analysis", J. Audio Eng. Soc. 60(6), 2012: the level in decibels goes through a static curve with a
soft knee (eq. 4); what the curve takes away (eq. 23) is smoothed in decibels by the smooth
branching (eq. 16) or the smooth decoupled (eq. 17) detector, with coefficients by eq. 7.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from engines.effects.base import Effect, EffectError, Float64

Ballistics = Literal["decoupled", "branching"]

N_STATE = 7
N_COEFFICIENTS = 15
FLAT = (1.0, 0.0, 0.0)
"""A first-order section that does nothing: b0, b1, a1."""


@dataclass(frozen=True)
class CompressorSettings:
    """The compressor's settings.

    Parameters
    ----------
    threshold : float
        dBFS; of the detector's reading, which is 0 for a sample of 1.0 where ``averaging`` is 0,
        and -3.01 for a full-scale sine where it is long.
    ratio : float
        1 or more; infinity limits.
    knee : float
        Width (dB); 0 is a corner.
    attack, release : float
        Time constants (s): 63 % of the way.
    make_up : float
        Gain (dB) after it.
    averaging : float
        Time constant (s) over which the squared input is averaged before its level is taken; 0
        takes every sample by itself (peak detector).
    ballistics : str
        ``"decoupled"``: release, then attack after it; ``"branching"``: one or the other.
    """

    threshold: float = -24.0
    ratio: float = 4.0
    knee: float = 6.0
    attack: float = 0.005
    release: float = 0.1
    make_up: float = 0.0
    averaging: float = 0.0
    ballistics: Ballistics = "decoupled"

    def __post_init__(self) -> None:
        """Refuse what has no meaning."""
        finite = (self.threshold, self.knee, self.attack, self.release, self.make_up)
        if not all(math.isfinite(value) for value in (*finite, self.averaging)):
            raise EffectError("A compressor's settings have to be numbers.")
        if self.ratio < 1.0 or math.isnan(self.ratio):
            raise EffectError(f"A compressor's ratio is 1 or more, not {self.ratio:g}.")
        if self.knee < 0.0 or min(self.attack, self.release, self.averaging) < 0.0:
            raise EffectError("A compressor's knee and times cannot be negative.")

    @property
    def slope(self) -> float:
        """Decibels taken away for each decibel above the knee: 1 - 1/ratio."""
        return 1.0 - 1.0 / self.ratio


def reduction_db(
    level_db: Float64, threshold: float, slope: float, knee: float
) -> NDArray[np.float64]:
    """What the static curve takes away (dB, positive): eq. 23 with eq. 4.

    Parameters
    ----------
    level_db : float64[n]
        Levels (dBFS).
    threshold, knee : float
        In dB.
    slope : float
        1 - 1/ratio.
    """
    over = np.asarray(level_db, np.float64) - threshold
    if knee <= 0.0:
        return np.asarray(slope * np.maximum(over, 0.0), np.float64)
    inside = np.clip(over + knee / 2.0, 0.0, knee)
    bent = slope * inside**2 / (2.0 * knee)
    return np.asarray(bent + slope * np.maximum(over - knee / 2.0, 0.0), np.float64)


def static_curve(settings: CompressorSettings, level_db: Float64) -> NDArray[np.float64]:
    """Level out (dBFS) for each steady level in (dBFS), make-up included."""
    level = np.asarray(level_db, np.float64)
    taken = reduction_db(level, settings.threshold, settings.slope, settings.knee)
    return np.asarray(level - taken + settings.make_up, np.float64)


def pole(seconds: float, rate: float) -> float:
    """The coefficient of a one-pole smoother with that time constant, eq. 7; 0 for 0 s."""
    return math.exp(-1.0 / (seconds * rate)) if seconds > 0.0 else 0.0


def loop_coefficients(settings: CompressorSettings, rate: float) -> Float64:
    """What :func:`engines.effects.compressor_loop.compress` takes, float64[N_COEFFICIENTS]."""
    low = 10.0 ** ((settings.threshold - settings.knee / 2.0) / 10.0)
    return np.array(
        [
            settings.threshold,
            settings.slope,
            settings.knee,
            pole(settings.averaging, rate),
            pole(settings.attack, rate),
            pole(settings.release, rate),
            10.0 ** (settings.make_up / 20.0),
            1.0 if settings.ballistics == "branching" else 0.0,
            low,
            *FLAT,
            *FLAT,
        ]
    )


class Compressor(Effect):
    """The compressor at one setting. Imports numba."""

    def __init__(self, settings: CompressorSettings, rate: float) -> None:
        from engines.effects.compressor_loop import compress

        self._compress = compress
        self._coefficients = loop_coefficients(settings, rate)
        self._state = np.zeros(N_STATE)

    def reset(self) -> None:
        """Nothing heard yet, no reduction."""
        self._state[:] = 0.0

    def process(self, x: Float64) -> Float64:
        """The next block; see the base class."""
        y = np.empty(len(x))
        self._compress(np.ascontiguousarray(x, np.float64), y, self._coefficients, self._state)
        return y
