"""Hatched areas, tiled from a small picture: Qt's own patterns took a millisecond each."""

from __future__ import annotations

from functools import lru_cache

from PySide6.QtCore import QRect, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QPainter, QPixmap

_SIDE = 64


def paint_hatch(
    painter: QPainter, area: QRectF, colour: QColor, pattern: Qt.BrushStyle, shade: QColor
) -> None:
    """Fill an area, to whole pixels, with a shade and a pattern over it."""
    device = painter.device()
    dots = device.devicePixelRatioF() if device is not None else 1.0
    rounded = QRect(
        round(area.left()),
        round(area.top()),
        max(round(area.right()) - round(area.left()), 1),
        max(round(area.bottom()) - round(area.top()), 1),
    )
    tile = _tile(colour.rgba(), shade.rgba(), pattern, dots)
    # The pattern stands still on the screen, however its area begins.
    painter.drawTiledPixmap(rounded, tile, rounded.topLeft())


@lru_cache(maxsize=64)
def _tile(colour: int, shade: int, pattern: Qt.BrushStyle, dots: float) -> QPixmap:
    made = QPixmap(round(_SIDE * dots), round(_SIDE * dots))
    made.setDevicePixelRatio(dots)
    made.fill(QColor.fromRgba(shade))
    painter = QPainter(made)
    painter.fillRect(0, 0, _SIDE, _SIDE, QBrush(QColor.fromRgba(colour), pattern))
    painter.end()
    return made
