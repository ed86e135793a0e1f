"""A curve the size of a word, for lists of runs."""

from __future__ import annotations

import math
from collections.abc import Sequence

from PySide6.QtCore import QPointF, QSize
from PySide6.QtGui import QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from widgets.theme import theme_of

_MOST_POINTS = 400


class Sparkline(QWidget):
    """The course of a figure, its last value marked; logarithmic unless told otherwise."""

    def __init__(
        self, colour: str = "model", parent: QWidget | None = None, *, log: bool = True
    ) -> None:
        super().__init__(parent)
        self._colour, self._log = colour, log
        self._values: list[float] = []
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Course")

    def set_values(self, values: Sequence[float]) -> None:
        """Show these values, evenly spaced; what cannot be drawn is left out."""
        every = max(1, math.ceil(len(values) / _MOST_POINTS))
        kept = [*values[::every], *values[-1:]] if every > 1 else list(values)
        self._values = [
            math.log10(value) if self._log else value
            for value in kept
            if math.isfinite(value) and (value > 0 or not self._log)
        ]
        self.update()

    # Qt overrides

    def sizeHint(self) -> QSize:
        return QSize(96, 24)

    def paintEvent(self, event: QPaintEvent) -> None:
        if not self._values:
            return
        theme = theme_of(self)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        low, high = min(self._values), max(self._values)
        tall = self.height() - 8
        wide = self.width() - 8
        span = (high - low) or 1.0
        step = wide / max(len(self._values) - 1, 1)
        points = [
            QPointF(4 + number * step, 4 + tall * (1 - (value - low) / span))
            for number, value in enumerate(self._values)
        ]
        painter.setPen(QPen(theme.colour(self._colour), 1.5))
        painter.drawPolyline(QPolygonF(points))
        painter.setBrush(theme.colour(self._colour))
        painter.drawEllipse(points[-1], 2.0, 2.0)
        painter.end()
