"""One signal of a waveform view: what it is, and the curve that draws only what is on screen."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray

from widgets.envelope import EnvelopeItem
from widgets.legend import signal_pen
from widgets.peaks import PeakSource
from widgets.plots import Plot
from widgets.theme import Theme
from widgets.tokens import LINE_STYLES

DOT_PIXELS = 7.0
"""Samples are drawn as dots once they stand this far apart."""
SAMPLE_PIXELS = 2.0
"""Samples are joined by a line, not drawn as columns, once they stand this far apart."""


@dataclass(frozen=True, slots=True)
class WaveSignal:
    """A signal to show.

    ``role`` is its colour (``dry``, ``wet``, ``model``, ``residual``, ``state``, ``second``,
    ``knob``);
    1.0 in its samples stands for ``full_scale`` of ``unit`` (``FS`` is digital full scale, read
    in dBFS). ``limits`` are the ends of its axis where they do not follow its peaks: a knob's.
    """

    name: str
    label: str
    role: str
    source: PeakSource
    unit: str = "FS"
    full_scale: float = 1.0
    limits: tuple[float, float] | None = None

    @property
    def duration(self) -> float:
        """Length in seconds."""
        return self.source.n_samples / self.source.sample_rate

    @property
    def style(self) -> str:
        """Its line style where signals lie over each other."""
        return LINE_STYLES.get(self.role, "solid")

    def extent(self) -> tuple[float, float]:
        """Its least and its largest value, in its unit; zeros for silence."""
        low, high = self.source.peaks(0, self.source.n_samples, 1)
        ends = np.concatenate([low, high])
        ends = ends[~np.isnan(ends)]
        if not len(ends):
            return 0.0, 0.0
        least, most = float(ends.min()), float(ends.max())
        if not (math.isfinite(least) and math.isfinite(most)):
            return -self.full_scale, self.full_scale
        return least * self.full_scale, most * self.full_scale

    def largest(self) -> float:
        """The largest magnitude, in its unit; 0 for silence."""
        return max(map(abs, self.extent()))


class LaneCurve:
    """The curve of one signal: an envelope from afar, a line from near, dots from very near."""

    def __init__(self, signal: WaveSignal, plot: Plot) -> None:
        self.signal = signal
        self.envelope = EnvelopeItem()
        self.curve = pg.PlotCurveItem(skipFiniteCheck=True)
        self.dots = pg.ScatterPlotItem(size=5, pxMode=True)
        self._plot = plot
        for item in (self.envelope, self.curve, self.dots):
            item.setVisible(False)
            plot.addItem(item)
        self._near: bool | None = None
        self._overlaid = False
        self._theme: Theme | None = None

    def remove(self) -> None:
        """Take the curve off its plot."""
        for item in (self.envelope, self.curve, self.dots):
            self._plot.removeItem(item)

    def dress(self, theme: Theme, *, overlaid: bool) -> None:
        """Take the theme's colours; several over each other let each other through."""
        self._overlaid = overlaid
        self._near = None
        self._theme = theme

    def _take(self, near: bool) -> None:
        if near == self._near or self._theme is None:
            return
        self._near = near
        role, theme = self.signal.role, self._theme
        if near:
            style = self.signal.style if self._overlaid else "solid"
            self.curve.setPen(signal_pen(theme.colour(role), style, 1.0))
            self.curve.opts["antialias"] = True
            self.dots.setBrush(theme.colour(role))
            self.dots.setPen(None)
        else:
            self.envelope.set_colour(theme.colour(role, 0.75 if self._overlaid else 1.0))
            self.dots.setVisible(False)
        self.curve.setVisible(near)
        self.envelope.setVisible(not near)

    def draw(self, start: float, stop: float, columns: int) -> None:
        """Draw what lies between two times, in seconds, for a width of so many pixels."""
        source = self.signal.source
        rate = source.sample_rate
        first = max(math.floor(start * rate) - 1, 0)
        last = min(math.ceil(stop * rate) + 2, source.n_samples)
        if last <= first or columns <= 0:
            for item in (self.curve, self.envelope, self.dots):
                item.setVisible(False)
            self._near = None
            return
        near = (last - first) * SAMPLE_PIXELS <= columns
        self._take(near)
        if near:
            values = source.samples(first, last) * self.signal.full_scale
            times = np.arange(first, first + len(values)) / rate
            # A line through what is not a number would jump to zero: it is broken there instead.
            self.curve.setData(times, values, connect="finite")
            wide = columns / max((stop - start) * rate, 1e-9) >= DOT_PIXELS
            self.dots.setVisible(wide)
            if wide:
                good = np.isfinite(values)
                self.dots.setData(times[good], values[good])
            return
        step = max(int((stop - start) * rate / columns), 1)
        self.envelope.set_columns(*envelope(source, first, last, step, self.signal.full_scale))

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
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Edges (seconds), minima and maxima of columns, float64[n + 1], [n] and [n].

    Columns are ``step`` samples wide and begin at its multiples, wherever the view begins: else
    the picture would shimmer while it is dragged. Not-a-number stands where nothing is known.
    """
    first -= first % step
    count = (last - first) // step
    tail = first + count * step
    low, high = source.peaks(first, tail, count)
    if tail < last:
        ends = source.peaks(tail, min(tail + step, source.n_samples), 1)
        low, high = np.append(low, ends[0]), np.append(high, ends[1])
    edges = (first + step * np.arange(len(low) + 1)) / source.sample_rate
    return edges, low.astype(np.float64) * scale, high.astype(np.float64) * scale


def reading_text(value: float | None, unit: str, *, decibels: bool) -> str:
    """A value at the cursor: in volts, amperes, parts of full scale, dBFS, or a knob's unit."""
    if value is None or not math.isfinite(value):
        return ""
    if unit == "FS":
        if not decibels:
            return f"{value:+.4f}".replace("-", "\u2212")
        level = 20 * math.log10(abs(value)) if value else -math.inf
        return f"{level:.1f} dBFS".replace("-", "\u2212") if level > -150 else "\u2212\u221e dBFS"
    if unit not in ("V", "A"):
        return f"{value:.4g} {unit}".rstrip().replace("-", "\u2212")
    for factor, prefix in ((1.0, ""), (1e-3, "m"), (1e-6, "µ"), (1e-9, "n")):
        if abs(value) >= factor or factor == 1e-9:
            return f"{value / factor:+.3g} {prefix}{unit}".replace("-", "\u2212")
    return ""
