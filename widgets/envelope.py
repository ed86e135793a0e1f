"""Columns from a minimum to a maximum, set pixel by pixel: the fast way to draw long audio."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QColor, QImage, QPainter, QTransform
from PySide6.QtWidgets import QStyleOptionGraphicsItem, QWidget

Floats = NDArray[Any]


def paint_columns(
    painter: QPainter,
    area: QRectF,
    colour: QColor,
    edges: Floats,
    top: Floats,
    bottom: Floats,
) -> None:
    """Fill columns from ``top[i]`` to ``bottom[i]`` between ``edges[i]`` and ``edges[i + 1]``.

    They are set into a picture by numpy, which takes a millisecond where two thousand rectangles
    or lines took Qt five.

    Parameters
    ----------
    area : QRectF
        What can be seen, in the painter's pixels; nothing is painted beside it.
    edges : real[n + 1]
        Left edges in the painter's pixels, rising, and the right one of the last.
    top, bottom : real[n]
        Upper and lower ends, y growing downwards; columns that are not-a-number are left out.
    """
    device = painter.device()
    dots = device.devicePixelRatioF() if device is not None else 1.0
    left, above = math.floor(area.left() * dots), math.floor(area.top() * dots)
    width = math.ceil(area.right() * dots) - left
    height = math.ceil(area.bottom() * dots) - above
    if width <= 0 or height <= 0 or not len(top):
        return
    upper, lower = by_pixel(edges * dots - left, top * dots - above, bottom * dots - above, width)
    # At least a pixel of every column shows: silence is a line.
    upper = np.minimum(np.floor(upper), height - 1)
    lower = np.maximum(np.ceil(lower), upper + max(round(dots), 1))
    missing = np.isnan(upper)
    upper = np.where(missing, 1, np.clip(upper, -1, height)).astype(np.int16)
    lower = np.where(missing, 0, np.clip(lower, -1, height)).astype(np.int16)
    # Only the rows that hold anything: memory is what this takes.
    first = max(int(upper[~missing].min(initial=height)), 0)
    rows = np.arange(first, min(int(lower.max()), height), dtype=np.int16)[:, None]
    if not len(rows):
        return
    filled = (rows >= upper) & (rows < lower)
    pixels = filled * premultiplied(colour)
    picture = QImage(
        pixels.data, width, len(rows), 4 * width, QImage.Format.Format_ARGB32_Premultiplied
    )
    picture.setDevicePixelRatio(dots)
    painter.drawImage(QPointF(left / dots, (above + first) / dots), picture)


def premultiplied(colour: QColor) -> np.uint32:
    """A colour as a pixel of ``Format_ARGB32_Premultiplied``."""
    alpha = colour.alpha()
    red, green, blue = (
        round(value * alpha / 255) for value in (colour.red(), colour.green(), colour.blue())
    )
    return np.uint32(alpha << 24 | red << 16 | green << 8 | blue)


def by_pixel(edges: Floats, top: Floats, bottom: Floats, width: int) -> tuple[Floats, Floats]:
    """The ends of columns for each of ``width`` pixels, not-a-number where there is no column."""
    upper, lower = joined(top, bottom)
    place = np.floor(edges).astype(np.int64)
    keep = (place[1:] >= 0) & (place[:-1] < width)
    if not keep.any():
        return np.full((2, width), np.nan)[0], np.full(width, np.nan)
    starts = place[:-1][keep]
    first = np.flatnonzero(np.diff(starts, prepend=starts[0] - 1))
    upper = np.fmin.reduceat(upper[keep], first)
    lower = np.fmax.reduceat(lower[keep], first)
    pixel = np.arange(width)
    column = np.searchsorted(starts[first], pixel, side="right") - 1
    end = max(int(place[1:][keep][-1]), int(starts[-1]) + 1)
    outside = (column < 0) | (pixel >= end)
    column = np.maximum(column, 0)
    return np.where(outside, np.nan, upper[column]), np.where(outside, np.nan, lower[column])


def joined(top: Floats, bottom: Floats) -> tuple[Floats, Floats]:
    """Columns made as long as it takes that each touches the one before it: a line, not dots."""
    upper, lower = top.copy(), bottom.copy()
    upper[1:] = np.fmin(upper[1:], bottom[:-1])
    lower[1:] = np.fmax(lower[1:], top[:-1])
    missing = np.isnan(top)
    upper[missing], lower[missing] = np.nan, np.nan
    return upper, lower


class EnvelopeItem(pg.GraphicsObject):  # type: ignore[misc]
    """The minima and maxima of a signal's columns, in a plot's coordinates."""

    def __init__(self) -> None:
        super().__init__()
        self._edges: Floats = np.zeros(1)
        self._low: Floats = np.zeros(0)
        self._high: Floats = np.zeros(0)
        self._colour = QColor()
        self._bounds = QRectF()

    def set_colour(self, colour: QColor) -> None:
        """Take a colour."""
        self._colour = colour
        self.update()

    def set_columns(self, edges: Floats, low: Floats, high: Floats) -> None:
        """Show columns: ``edges`` real[n + 1] (seconds), ``low`` and ``high`` real[n]."""
        self._edges, self._low, self._high = edges, low, high
        self.prepareGeometryChange()
        self._bounds = QRectF()
        if len(low):
            bottom = float(np.nanmin(low, initial=0.0))
            top = float(np.nanmax(high, initial=0.0))
            self._bounds = QRectF(edges[0], bottom, edges[-1] - edges[0], top - bottom)
        self.update()

    @property
    def columns(self) -> tuple[Floats, Floats, Floats]:
        """The edges, minima and maxima shown."""
        return self._edges, self._low, self._high

    def boundingRect(self) -> QRectF:
        return self._bounds

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        box = self.getViewBox()
        if not len(self._low) or box is None:
            return
        transform: QTransform = painter.transform()
        painter.save()
        painter.resetTransform()
        x = self._edges * transform.m11() + transform.dx()
        top = self._high * transform.m22() + transform.dy()
        bottom = self._low * transform.m22() + transform.dy()
        area = transform.mapRect(QRectF(box.viewRect()))
        paint_columns(painter, area, self._colour, x, top, bottom)
        painter.restore()
