"""What stands over a plot of time: the selection, where it plays, where the mouse is."""

from __future__ import annotations

import pyqtgraph as pg
from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainter, QPen

from widgets.plots import PlotBox, ShadeItem
from widgets.theme import Theme, theme_of


class TimeCursors:
    """Selection, play position and mouse position in one box.

    ``on_dark`` is for pictures that are dark in every theme.
    """

    def __init__(self, box: PlotBox, *, on_dark: bool = False) -> None:
        self._on_dark = on_dark
        self._shade = ShadeItem(self._paint, 0.0, 0.0)
        self._shade.setZValue(15)
        self.hover = pg.InfiniteLine(angle=90)
        self.play = pg.InfiniteLine(angle=90)
        for item in (self._shade, self.hover, self.play):
            item.setVisible(False)
            box.addItem(item, ignoreBounds=True)
        self.dress(theme_of())

    def set_selection(self, selection: tuple[float, float] | None) -> None:
        """Show what is selected, in seconds."""
        self._shade.setVisible(selection is not None)
        if selection is not None:
            self._shade.set_range(*selection)

    def set_play_position(self, seconds: float | None) -> None:
        """Show where it plays, in seconds."""
        _place(self.play, seconds)

    def set_hover(self, seconds: float | None) -> None:
        """Show where the mouse is, in seconds."""
        _place(self.hover, seconds)

    def range_changed(self) -> None:
        """The box shows another range without having told."""
        self._shade.viewRangeChanged()

    def dress(self, theme: Theme) -> None:
        """Take the theme's colours."""
        self.hover.setPen(QPen(theme.colour("#ffffff" if self._on_dark else "soft", 0.6), 0))
        self.play.setPen(pg.mkPen(theme.colour("#ffffff" if self._on_dark else "text"), width=1.5))

    def _paint(self, painter: QPainter, area: QRectF) -> None:
        theme = theme_of()
        painter.fillRect(area, theme.colour("accent", 0.18))
        for x in (area.left(), area.right() - 1):
            painter.fillRect(QRectF(x, area.top(), 1, area.height()), theme.colour("accent"))


def _place(line: pg.InfiniteLine, seconds: float | None) -> None:
    line.setVisible(seconds is not None)
    if seconds is not None:
        line.setPos(seconds)
