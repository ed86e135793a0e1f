"""One plot of a waveform view: its curves, parts, selection and cursors on one pair of axes."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pyqtgraph as pg
from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainter, QPen

from widgets.lane import LaneCurve, WaveSignal
from widgets.parts import Part, paint_part, paint_part_name
from widgets.plots import PlotCanvas, ShadeItem, TimeAxis
from widgets.theme import Theme, theme_of

_HEADROOM = 1.06


class WavePlot:
    """A plot that stays while what it shows changes: building one costs more than a frame."""

    def __init__(self, canvas: PlotCanvas, row: int) -> None:
        self._canvas = canvas
        self._first = row == 0
        self.plot, self.box = canvas.add_plot(row, bottom=TimeAxis())
        self.curves: list[LaneCurve] = []
        self._shades: list[ShadeItem] = []
        self._selection = ShadeItem(self._paint_selection, 0.0, 0.0)
        self._selection.setVisible(False)
        self._selection.setZValue(-5)
        self.hover = pg.InfiniteLine(angle=90)
        self.play = pg.InfiniteLine(angle=90)
        for item in (self._selection, self.hover, self.play):
            item.setVisible(False)
            self.box.addItem(item, ignoreBounds=True)
        self.dress()

    def _theme(self) -> Theme:
        return theme_of(self._canvas)

    def show_signals(self, signals: Sequence[WaveSignal], *, last: bool) -> None:
        """Show these on its axes; the last plot of a view carries the time."""
        for curve in self.curves:
            curve.remove()
        self.curves = [LaneCurve(signal, self.plot) for signal in signals]
        axis = self.plot.getAxis("bottom")
        axis.setStyle(showValues=last)
        axis.setHeight(24 if last else 5)
        units = {signal.unit for signal in signals}
        name = signals[0].label if len(signals) == 1 else ""
        unit = f"({units.pop()})" if len(units) == 1 else ""
        self.plot.setLabel("left", f"{name} {unit}".strip())
        self.dress()
        self.fit_height()

    def set_parts(self, parts: Sequence[Part]) -> None:
        """Mark parts, with their names in the first plot."""
        for item in self._shades:
            self.box.removeItem(item)
        self._shades = [self._shade(part, paint_part, -10) for part in parts]
        if self._first:
            self._shades += [self._shade(part, paint_part_name, 20) for part in parts]

    def _shade(
        self, part: Part, paint: Callable[[QPainter, QRectF, Part, Theme], None], z: int
    ) -> ShadeItem:
        def paint_in(painter: QPainter, area: QRectF) -> None:
            paint(painter, area, part, self._theme())

        item = ShadeItem(paint_in, part.start, part.stop)
        item.setZValue(z)
        self.box.addItem(item, ignoreBounds=True)
        return item

    def set_selection(self, selection: tuple[float, float] | None) -> None:
        """Show what is selected, in seconds."""
        self._selection.setVisible(selection is not None)
        if selection is not None:
            self._selection.set_range(*selection)

    def set_play_position(self, seconds: float | None) -> None:
        """Show where it plays, in seconds."""
        place_line(self.play, seconds)

    def set_hover(self, seconds: float | None) -> None:
        """Show where the mouse is, in seconds."""
        place_line(self.hover, seconds)

    def set_view(self, start: float, stop: float) -> None:
        """Show a stretch of time without telling of it."""
        self.box.blockSignals(True)
        self.box.setXRange(start, stop, padding=0)
        self.box.blockSignals(False)
        # The axis and the shades learn of a new range by the signals that were just held back.
        self.plot.getAxis("bottom").linkedViewChanged(self.box, (start, stop))
        for item in (*self._shades, self._selection):
            item.viewRangeChanged()

    def fit_height(self) -> None:
        """Take the height of the tallest signal, a little more."""
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
        self.hover.setPen(QPen(theme.colour("soft", 0.6), 0))
        self.play.setPen(pg.mkPen(theme.colour("text"), width=1.5))
        for curve in self.curves:
            curve.dress(theme, overlaid=len(self.curves) > 1)

    def remove(self) -> None:
        """Take the plot off its canvas."""
        self._canvas.remove_plot(self.plot)

    def _paint_selection(self, painter: QPainter, area: QRectF) -> None:
        theme = self._theme()
        painter.fillRect(area, theme.colour("accent", 0.18))
        for x in (area.left(), area.right() - 1):
            painter.fillRect(QRectF(x, area.top(), 1, area.height()), theme.colour("accent"))


def place_line(line: pg.InfiniteLine, seconds: float | None) -> None:
    """Put a cursor at a time, or out of sight."""
    line.setVisible(seconds is not None)
    if seconds is not None:
        line.setPos(seconds)
