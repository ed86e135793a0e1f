"""One plot of a waveform view: its curves, parts, marks, selection and cursors on its axes."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainter

from widgets.cursors import TimeCursors
from widgets.lane import LaneCurve, WaveSignal
from widgets.marks import Marks
from widgets.parts import PART_EDGE, PART_ROLES, Part, PartKind, paint_part, paint_part_name
from widgets.plots import PlotCanvas, TimeAxis
from widgets.stretches import Layer, Stretches, StretchItem, paint_dense
from widgets.theme import Theme, theme_of

_HEADROOM = 1.06

BIASED = 1e-6
"""A state that moves by less than this part of its size stands still."""


class WavePlot:
    """A plot that stays while what it shows changes: building one costs more than a frame."""

    def __init__(self, canvas: PlotCanvas, row: int) -> None:
        self._canvas = canvas
        self._first = row == 0
        self.plot, self.box = canvas.add_plot(row, bottom=TimeAxis())
        self.curves: list[LaneCurve] = []
        self._parts: tuple[Part, ...] = ()
        self._marks = Marks()
        self._behind = StretchItem(-10)
        self._before = StretchItem(20)
        for item in (self._behind, self._before):
            self.box.addItem(item, ignoreBounds=True)
        self.cursors = TimeCursors(self.box)
        self.dress()

    def _theme(self) -> Theme:
        return theme_of(self._canvas)

    def show_signals(self, signals: Sequence[WaveSignal], *, last: bool) -> None:
        """Show these on its axes; the last plot of a view carries the time."""
        for curve in self.curves:
            curve.remove()
        self.curves = [LaneCurve(signal, self.plot) for signal in signals]
        axis = self.plot.getAxis("bottom")
        # An axis without words still took as long to paint as one with them.
        axis.setVisible(last)
        axis.setHeight(24 if last else 5)
        units = {signal.unit for signal in signals}
        name = signals[0].label if len(signals) == 1 else ""
        unit = f"({units.pop()})" if len(units) == 1 and units != {""} else ""
        self.plot.setLabel("left", f"{name} {unit}".strip())
        self.dress()
        self.fit_height()

    def set_parts(self, parts: Sequence[Part]) -> None:
        """Mark parts, with their names in the first plot."""
        self._parts = tuple(parts)
        self._shade()

    def set_marks(self, marks: Marks) -> None:
        """Mark where verdicts are, with their icons in the first plot."""
        self._marks = marks
        self._shade()

    def _shade(self) -> None:
        theme = self._theme()
        behind, before = [], self._marks.layers(theme, named=self._first)
        for kind in PART_ROLES:
            stretches = Stretches((p.start, p.stop) for p in self._parts if p.kind == kind)
            behind.append(Layer(stretches, partial(_paint_kind, kind, theme)))
            if self._first:
                before.append(Layer(stretches, partial(_name_kind, kind, theme)))
        self._behind.set_layers(behind)
        self._before.set_layers(before)

    def set_view(self, start: float, stop: float) -> None:
        """Show a stretch of time without telling of it."""
        self.box.blockSignals(True)
        self.box.setXRange(start, stop, padding=0)
        self.box.blockSignals(False)
        # The axis and the shades learn of a new range by the signals that were just held back.
        axis = self.plot.getAxis("bottom")
        if axis.isVisible():
            axis.linkedViewChanged(self.box, (start, stop))
        self._behind.viewRangeChanged()
        self._before.viewRangeChanged()
        self.cursors.range_changed()

    def fit_height(self) -> None:
        """Take the height of the tallest signal, a little more, or a knob's range."""
        limits = self.curves[0].signal.limits if len(self.curves) == 1 else None
        if limits is not None:
            margin = 0.06 * (limits[1] - limits[0])
            self.box.setYRange(limits[0] - margin, limits[1] + margin, padding=0)
            return
        if len(self.curves) == 1 and self.curves[0].signal.role == "state":
            low, high = self.curves[0].signal.extent()
            if low * high > 0 and high - low > BIASED * max(abs(low), abs(high)):
                # Around its bias: a state that never comes near zero would be a line.
                margin = (_HEADROOM - 1.0) * (high - low)
                self.box.setYRange(low - margin, high + margin, padding=0)
                return
        height = max((curve.signal.largest() for curve in self.curves), default=0.0)
        reach = _HEADROOM * height if height > 0 else 1.0
        self.box.setYRange(-reach, reach, padding=0)

    def draw(self, start: float, stop: float) -> None:
        """Draw what lies between two times: a column for each pixel of the screen."""
        columns = max(int(self.box.width() * self._canvas.devicePixelRatioF()), 1)
        for curve in self.curves:
            curve.draw(start, stop, columns)

    def dress(self) -> None:
        """Take the theme's colours."""
        theme = self._theme()
        self.cursors.dress(theme)
        self._shade()
        for curve in self.curves:
            curve.dress(theme, overlaid=len(self.curves) > 1)

    def remove(self) -> None:
        """Take the plot off its canvas."""
        self._canvas.remove_plot(self.plot)


def _paint_kind(
    kind: PartKind, theme: Theme, painter: QPainter, areas: Sequence[QRectF], dense: bool
) -> None:
    if dense:
        colour = theme.colour(PART_ROLES[kind], 0.0 if kind == "train" else 0.12)
        paint_dense(painter, areas, colour)
        edges = [QRectF(area.left(), area.top(), area.width(), PART_EDGE) for area in areas]
        paint_dense(painter, edges, theme.colour(PART_ROLES[kind], 0.8))
        return
    for area in areas:
        paint_part(painter, area, Part(kind, 0.0, 0.0), theme)


def _name_kind(
    kind: PartKind, theme: Theme, painter: QPainter, areas: Sequence[QRectF], dense: bool
) -> None:
    for area in () if dense else areas:
        paint_part_name(painter, area, Part(kind, 0.0, 0.0), theme)
