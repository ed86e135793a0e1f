"""Measuring the time of devices that distort: against dry as it might be behind the distortion.

What a clipper makes of a guitar holds harmonics up to the top of the spectrum, where dry holds
next to nothing: by a linear response only the bottom of the spectrum tells the time, coarsely. But
most devices that distort are, roughly, a filter, a curve and another filter. Dry that went through
a curve like the device's own has the harmonics too, and then the whole spectrum tells the time.
Which of a few curves comes closest, the coherence says; every one of them is causal and without
delay, so none can make wet seem early or late.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, lfilter

from engines.checks.alignment import Aligned, Line, Rough, align, rough_lags, rough_line
from engines.checks.spectra import LOWEST_HZ, Cross, cross_spectra, total
from engines.checks.windows import Window

Float64 = NDArray[np.float64]

TRIED = 8
"""Windows by which the curve is chosen."""
BETTER = 1.5
"""A curve is taken when it tells so many times as much of the time as dry itself."""


@dataclass(frozen=True)
class Shape:
    """A curve: tanh of ``gain`` times dry (its peak is 1) plus ``bias``, behind a high-pass."""

    gain: float
    bias: float = 0.0
    high_pass: float = 0.0
    """Corner in Hz; 0: none."""

    def of(self, window: Window, rate: int, peak: float) -> Window:
        """The window with its dry audio shaped."""
        x = window.dry / peak
        if self.high_pass and self.high_pass < 0.4 * rate:
            loud = float(np.std(x))
            x = lfilter(*butter(1, self.high_pass / (rate / 2), "high"), x)
            x *= loud / max(1e-12, float(np.std(x)))
        still = np.tanh(self.gain * self.bias)
        shaped = np.tanh(self.gain * (x + self.bias)) - still
        return replace(window, dry=np.asarray(shaped, np.float32))


SHAPES = (
    *(Shape(gain) for gain in (2.0, 6.0, 20.0, 60.0)),
    *(Shape(gain, high_pass=700.0) for gain in (2.0, 6.0, 20.0)),
    *(Shape(6.0, bias) for bias in (0.1, -0.1)),
)
ROUGH = (Shape(6.0), Shape(30.0), Shape(20.0, high_pass=700.0))
"""By these a lag is looked for where dry itself shows none."""


def peak_of(windows: Sequence[Window]) -> float:
    """The largest sample of dry."""
    return max((float(np.abs(window.dry).max(initial=0.0)) for window in windows), default=0.0)


def shaped_line(
    windows: Sequence[Window], length: int, rate: int, pause: Callable[[], None]
) -> tuple[Line | None, list[Rough], list[Window]]:
    """A rough line by dry behind one of :data:`ROUGH`, and the windows that show it."""
    peak = peak_of(windows)
    for shape in ROUGH if peak > 0.0 else ():
        shaped = [shape.of(window, rate, peak) for window in windows]
        rough = rough_lags(shaped, length, pause)
        line = rough_line(shaped, rough)
        if line is not None:
            return line, rough, shaped
    return None, [], []


def shaped(windows: Sequence[Window], aligned: Aligned, rate: int) -> Aligned | None:
    """The alignment by dry behind the curve that tells most of the time; None: dry itself does."""
    peak = peak_of(windows)
    if peak <= 0.0:
        return None
    chosen = windows[:: max(1, len(windows) // TRIED)]
    length, line = aligned.sums.length, aligned.line
    best, most = None, BETTER * tells(_sums(chosen, length, line), rate)
    for shape in SHAPES:
        found = tells(_sums([shape.of(w, rate, peak) for w in chosen], length, line), rate)
        if found > most:
            best, most = shape, found
    if best is None:
        return None
    return align([best.of(w, rate, peak) for w in windows], aligned.rough, line, length)


def _sums(windows: Sequence[Window], length: int, line: Line) -> Cross:
    return total([cross_spectra(w, length, lambda p: np.round(line(p))) for w in windows])


def tells(sums: Cross, rate: int) -> float:
    """How well the spectra tell the time: the inverse of the variance of a delay's estimate.

    It is the sum over frequency of w^2 C / (1 - C), C the coherence (squared): G. C. Carter,
    "Coherence and time delay estimation", Proceedings of the IEEE 75(2), 1987.
    """
    if sums.segments < 2:
        return 0.0
    coherence = np.abs(sums.cross) ** 2 / np.maximum(sums.dry * sums.wet, 1e-30)
    chance = 4.0 / sums.segments
    omega = np.pi * np.arange(len(coherence)) / (len(coherence) - 1)
    heard = (coherence > chance) & (omega / np.pi * rate / 2 > LOWEST_HZ)
    weight = np.where(heard, np.clip(coherence, 0.0, 1.0) / (1.02 - np.clip(coherence, 0, 1)), 0.0)
    return float((weight * omega**2).sum() / len(weight))
