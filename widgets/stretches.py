"""Stretches of time shaded over a plot, thousands as quickly as one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtWidgets import QStyleOptionGraphicsItem, QWidget

from widgets.envelope import premultiplied

Floats = NDArray[np.float64]
PaintAreas = Callable[[QPainter, Sequence[QRectF], bool], None]
"""Paints areas; the last says that they stand for so many stretches that details would mislead."""
DENSE = 32
"""Stretches beyond which they are painted plainly, all with one picture."""
TOUCHING = 0.5
"""Pixels between two stretches below which they are painted as one."""


class Stretches:
    """Stretches ``(start, stop)`` in seconds, sorted once, found and joined by pixel when drawn."""

    def __init__(self, stretches: Iterable[tuple[float, float]]) -> None:
        found = np.array(sorted(stretches), np.float64).reshape(-1, 2)
        self.starts: Floats = found[:, 0]
        self.stops: Floats = np.maximum.accumulate(found[:, 1]) if len(found) else found[:, 1]

    def __len__(self) -> int:
        return len(self.starts)

    def at(self, seconds: float) -> bool:
        """Whether a time lies in one of them."""
        place = int(np.searchsorted(self.starts, seconds, side="right")) - 1
        return place >= 0 and seconds < float(self.stops[place])

    def _seen(self, start: float, stop: float) -> tuple[int, int]:
        first = int(np.searchsorted(self.stops, start, side="right"))
        return first, int(np.searchsorted(self.starts, stop, side="left"))

    def dense(self, start: float, stop: float) -> bool:
        """Whether there are too many between two times to be told apart."""
        first, last = self._seen(start, stop)
        return last - first > DENSE

    def spans(
        self, start: float, stop: float, left: float, width: float, *, least: float = 1.0
    ) -> list[tuple[float, float]]:
        """Where they lie on a screen that shows ``start`` to ``stop``: from and to, in pixels.

        Parameters
        ----------
        left, width : float
            The screen's left edge and width, in pixels.
        least : float
            Each is at least so wide.
        """
        first, last = self._seen(start, stop)
        if not len(self.starts) or last <= first or stop <= start or width <= 0:
            return []
        scale = width / (stop - start)
        if last - first == 1:  # most often: a part that covers all that is seen
            begin_one = max(left + (float(self.starts[first]) - start) * scale, left)
            end_one = min(left + (float(self.stops[first]) - start) * scale, left + width)
            if end_one - begin_one >= least:
                return [(begin_one, end_one)]
        begin = np.maximum(left + (self.starts[first:last] - start) * scale, left)
        end = np.minimum(left + (self.stops[first:last] - start) * scale, left + width)
        short = end - begin < least
        middle = np.clip((begin + end - least) / 2, left, max(left + width - least, left))
        begin = np.where(short, middle, begin)
        end = np.where(short, begin + least, end)
        reach = np.maximum.accumulate(end)
        fresh = np.concatenate([[True], begin[1:] - reach[:-1] > TOUCHING])
        firsts = np.flatnonzero(fresh)
        ends = np.append(firsts[1:], len(begin)) - 1
        return list(zip(begin[firsts].tolist(), reach[ends].tolist(), strict=True))


@dataclass(frozen=True)
class Layer:
    """Stretches of one look; ``least`` is the width in pixels that the shortest has."""

    stretches: Stretches
    paint: PaintAreas
    least: float = 1.0

    def areas(self, start: float, stop: float, screen: QRectF) -> list[QRectF]:
        """Where its stretches lie on a screen that shows ``start`` to ``stop``, in seconds."""
        found = self.stretches.spans(start, stop, screen.left(), screen.width(), least=self.least)
        return [QRectF(left, screen.top(), right - left, screen.height()) for left, right in found]

    def draw(self, painter: QPainter, start: float, stop: float, screen: QRectF) -> None:
        """Paint what lies between two times."""
        areas = self.areas(start, stop, screen)
        if areas:
            self.paint(painter, areas, self.stretches.dense(start, stop))


def paint_dense(painter: QPainter, areas: Sequence[QRectF], colour: QColor) -> None:
    """Fill areas of one top and height, hundreds of them, with one picture a pixel high."""
    if not areas:
        return
    device = painter.device()
    dots = device.devicePixelRatioF() if device is not None else 1.0
    edges = np.array([(area.left(), area.right()) for area in areas]) * dots
    first = np.floor(edges[:, 0]).astype(np.int64)
    last = np.maximum(np.ceil(edges[:, 1]).astype(np.int64), first + 1)
    left, width = int(first.min()), int(last.max() - first.min())
    steps = np.zeros(width + 1, np.int64)
    np.add.at(steps, first - left, 1)
    np.add.at(steps, last - left, -1)
    row = (np.cumsum(steps[:-1]) > 0) * premultiplied(colour)
    picture = QImage(row.data, width, 1, 4 * width, QImage.Format.Format_ARGB32_Premultiplied)
    top, height = areas[0].top(), areas[0].height()
    painter.drawImage(QRectF(left / dots, top, width / dots, height), picture)


class StretchItem(pg.GraphicsObject):  # type: ignore[misc]
    """Layers of stretches over a plot's whole height, behind the signals or before them."""

    def __init__(self, z: float = -10) -> None:
        super().__init__()
        self._layers: tuple[Layer, ...] = ()
        self.setZValue(z)

    def set_layers(self, layers: Sequence[Layer]) -> None:
        """Show these, the last on top."""
        self._layers = tuple(layer for layer in layers if len(layer.stretches))
        self.setVisible(bool(self._layers))
        self.update()

    def boundingRect(self) -> QRectF:
        box = self.getViewBox()
        return QRectF(box.viewRect()) if box is not None else QRectF()

    def viewRangeChanged(self) -> None:
        self.prepareGeometryChange()
        self.update()

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        view = self.boundingRect()
        area = painter.transform().mapRect(view)
        painter.save()
        painter.resetTransform()
        for layer in self._layers:
            layer.draw(painter, view.left(), view.right(), area)
        painter.restore()
