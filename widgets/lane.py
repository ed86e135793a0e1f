"""One signal of a waveform view: what it is, and the curve that draws only what is on screen."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtGui import QPen

from widgets.legend import signal_pen
from widgets.peaks import PeakSource
from widgets.plots import Plot
from widgets.theme import Theme
from widgets.tokens import LINE_STYLES

DOT_PIXELS = 7.0
"""Samples are drawn as dots once they stand this far apart."""


@dataclass(frozen=True, slots=True)
class WaveSignal:
    """A signal to show.

    ``role`` is its colour (``dry``, ``wet``, ``model``, ``residual``, ``state``, ``second``);
    1.0 in its samples stands for ``full_scale`` of ``unit`` (``FS`` is digital full scale, read
    in dBFS).
    """

    name: str
    label: str
    role: str
    source: PeakSource
    unit: Literal["FS", "V", "A"] = "FS"
    full_scale: float = 1.0

    @property
    def duration(self) -> float:
        """Length in seconds."""
        return self.source.n_samples / self.source.sample_rate

    @property
    def style(self) -> str:
        """Its line style where signals lie over each other."""
        return LINE_STYLES.get(self.role, "solid")

    def largest(self) -> float:
        """The largest magnitude, in its unit; 0 for silence."""
        low, high = self.source.peaks(0, self.source.n_samples, 1)
        if not len(low):
            return 0.0
        size = float(np.nanmax(np.abs(np.concatenate([low, high])), initial=0.0))
        return size * self.full_scale if math.isfinite(size) else self.full_scale


class LaneCurve:
    """The curve of one signal: an envelope from afar, a line from near, dots from very near."""

    def __init__(self, signal: WaveSignal, plot: Plot) -> None:
        self.signal = signal
        self.curve = pg.PlotCurveItem(skipFiniteCheck=True)
        self.dots = pg.ScatterPlotItem(size=5, pxMode=True)
        self.dots.setVisible(False)
        self._plot = plot
        plot.addItem(self.curve)
        plot.addItem(self.dots)
        self._near: bool | None = None
        self._overlaid = False
        self._theme: Theme | None = None

    def remove(self) -> None:
        """Take the curve off its plot."""
        self._plot.removeItem(self.curve)
        self._plot.removeItem(self.dots)

    def dress(self, theme: Theme, *, overlaid: bool) -> None:
        """Take the theme's colours; several over each other let each other through."""
        self._overlaid = overlaid
        self._near = None
        self._theme = theme

    def _pen(self, near: bool) -> QPen:
        assert self._theme is not None
        alpha = 0.75 if self._overlaid and not near else 1.0
        style = self.signal.style if self._overlaid and near else "solid"
        return signal_pen(self._theme.colour(self.signal.role, alpha), style, 1.5 if near else 1.0)

    def _take(self, near: bool) -> None:
        if near == self._near or self._theme is None:
            return
        self._near = near
        self.curve.setPen(self._pen(near))
        self.curve.opts["antialias"] = near
        self.dots.setBrush(self._theme.colour(self.signal.role))
        self.dots.setPen(None)

    def draw(self, start: float, stop: float, columns: int) -> None:
        """Draw what lies between two times, in seconds, for a width of so many pixels."""
        source = self.signal.source
        rate = source.sample_rate
        first = max(math.floor(start * rate) - 1, 0)
        last = min(math.ceil(stop * rate) + 2, source.n_samples)
        if last <= first or columns <= 0:
            self.curve.setData([], [])
            self.dots.setVisible(False)
            return
        near = last - first <= 2 * columns
        self._take(near)
        if near:
            values = np.nan_to_num(source.samples(first, last)) * self.signal.full_scale
            times = np.arange(first, first + len(values)) / rate
            self.curve.setData(times, values)
            wide = columns / max((stop - start) * rate, 1e-9) >= DOT_PIXELS
            self.dots.setVisible(wide)
            if wide:
                self.dots.setData(times, values)
            return
        self.dots.setVisible(False)
        step = max(int((stop - start) * rate / columns), 1)
        self.curve.setData(*envelope(source, first, last, step, self.signal.full_scale))

    def reading(self, seconds: float, span: float) -> float | None:
        """The sample at a time, or the largest in a column ``span`` seconds wide, in its unit."""
        source = self.signal.source
        place = round(seconds * source.sample_rate)
        if not 0 <= place < source.n_samples:
            return None
        reach = int(span * source.sample_rate / 2)
        if reach < 1:
            value = float(source.samples(place, place + 1)[0])
        else:
            low, high = source.peaks(place - reach, place + reach + 1, 1)
            value = float(low[0] if -low[0] > high[0] else high[0])
        return value * self.signal.full_scale


def envelope(
    source: PeakSource, first: int, last: int, step: int, scale: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Times and values of a line that goes down and up through each column's extremes.

    Columns are ``step`` samples wide and begin at its multiples, wherever the view begins: else
    the picture would shimmer while it is dragged.
    """
    first -= first % step
    count = (last - first) // step
    tail = first + count * step
    low, high = source.peaks(first, tail, count)
    if tail < last:
        ends = source.peaks(tail, min(tail + step, source.n_samples), 1)
        low, high = np.append(low, ends[0]), np.append(high, ends[1])
    starts = first + step * np.arange(len(low))
    times = np.repeat(starts / source.sample_rate, 2)
    values = np.empty(2 * len(low))
    values[0::2], values[1::2] = low, high
    return times, np.nan_to_num(values) * scale


def reading_text(value: float | None, unit: str, *, decibels: bool) -> str:
    """A value at the cursor, in volts, amperes, parts of full scale or dBFS."""
    if value is None or not math.isfinite(value):
        return ""
    if unit == "FS":
        if not decibels:
            return f"{value:+.4f}".replace("-", "\u2212")
        level = 20 * math.log10(abs(value)) if value else -math.inf
        return f"{level:.1f} dBFS".replace("-", "\u2212") if level > -150 else "\u2212\u221e dBFS"
    for factor, prefix in ((1.0, ""), (1e-3, "m"), (1e-6, "µ"), (1e-9, "n")):
        if abs(value) >= factor or factor == 1e-9:
            return f"{value / factor:+.3g} {prefix}{unit}".replace("-", "\u2212")
    return ""
