"""The overview strip: the whole signal small, and the stretch that is shown, to drag."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from widgets.envelope import paint_columns
from widgets.marks import Marks
from widgets.parts import PART_ROLES, Part, PartKind, paint_part_edge
from widgets.peaks import PeakSource
from widgets.stretches import Layer, Stretches
from widgets.theme import theme_of

_GRIP = 6.0


class OverviewStrip(QWidget):
    """A strip below the waveforms.

    Signals
    -------
    range_dragged(float, float)
        The stretch, in seconds, that the user wants to see.
    fit_requested()
        A double-click.
    """

    range_dragged = Signal(float, float)
    fit_requested = Signal()

    def __init__(self, left_margin: int, right_margin: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._margins = (left_margin, right_margin)
        self._signals: tuple[tuple[PeakSource, str], ...] = ()
        self._kinds: dict[PartKind, Stretches] = {}
        self._marks = Marks()
        self._feet: list[Layer] = []
        self._duration = 0.0
        self._view = (0.0, 0.0)
        self._selection: tuple[float, float] | None = None
        self._play: float | None = None
        self._picture: QPixmap | None = None
        self._drag: tuple[Literal["move", "start", "stop"], float, tuple[float, float]] | None = (
            None
        )
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(44)
        self.setMouseTracking(True)
        self.setAccessibleName("Overview")
        self.setToolTip("Drag the window to move, its edges to zoom; double-click fits")
        theme_of(self).changed.connect(self._forget)

    def set_signals(self, signals: Sequence[tuple[PeakSource, str]], duration: float) -> None:
        """Take signals with their colour roles, and the length in seconds."""
        self._signals, self._duration = tuple(signals), duration
        self._forget()

    def set_parts(self, parts: Sequence[Part]) -> None:
        """Take the parts to mark."""
        self._kinds = {
            kind: Stretches((part.start, part.stop) for part in parts if part.kind == kind)
            for kind in PART_ROLES
        }
        self.update()

    def set_marks(self, marks: Marks) -> None:
        """Take the marks to show along the foot."""
        self._marks = marks
        self._forget()

    def set_view(self, start: float, stop: float) -> None:
        """Show which stretch is on screen, in seconds."""
        self._view = (start, stop)
        self.update()

    def set_selection(self, selection: tuple[float, float] | None) -> None:
        """Show what is selected, in seconds."""
        self._selection = selection
        self.update()

    def set_play_position(self, seconds: float | None) -> None:
        """Show where it plays."""
        self._play = seconds
        self.update()

    def _forget(self) -> None:
        self._picture = None
        self._feet = self._marks.foot_layers(theme_of(self))
        self.update()

    # Geometry

    def _inner(self) -> QRectF:
        left, right = self._margins
        return QRectF(left, 3, max(self.width() - left - right, 1), self.height() - 6)

    def _x(self, seconds: float) -> float:
        inner = self._inner()
        return inner.left() + inner.width() * seconds / max(self._duration, 1e-9)

    def _seconds(self, x: float) -> float:
        inner = self._inner()
        return (x - inner.left()) / inner.width() * self._duration

    def _window(self) -> QRectF:
        inner = self._inner()
        start = max(self._x(self._view[0]), inner.left())
        stop = min(self._x(self._view[1]), inner.right())
        if stop - start < 6:
            middle = min(max((start + stop) / 2, inner.left() + 3), inner.right() - 3)
            start, stop = middle - 3, middle + 3
        return QRectF(start, inner.top(), stop - start, inner.height())

    def _grip_at(self, x: float) -> Literal["move", "start", "stop"]:
        window = self._window()
        if window.width() > 3 * _GRIP:
            if abs(x - window.left()) <= _GRIP:
                return "start"
            if abs(x - window.right()) <= _GRIP:
                return "stop"
        return "move"

    # Painting

    def _draw_signals(self) -> QPixmap:
        inner = self._inner()
        ratio = self.devicePixelRatioF()
        picture = QPixmap(round(inner.width() * ratio), round(inner.height() * ratio))
        picture.setDevicePixelRatio(ratio)
        picture.fill(Qt.GlobalColor.transparent)
        painter = QPainter(picture)
        for source, role in self._signals:
            columns = max(int(inner.width()), 1)
            low, high = source.peaks(0, source.n_samples, columns)
            if not len(low):
                continue
            ends = np.abs(np.concatenate([low, high]))
            top = max(float(ends[np.isfinite(ends)].max(initial=0.0)), 1e-12)
            reach = source.n_samples / source.sample_rate / max(self._duration, 1e-9)
            edges = np.linspace(0, inner.width() * reach, len(low) + 1)
            middle = inner.height() / 2
            up = middle - np.clip(high, -top, top) / top * (middle - 1)
            down = middle - np.clip(low, -top, top) / top * (middle - 1)
            colour = theme_of(self).colour(role, 0.6)
            area = QRectF(0, 0, inner.width(), inner.height())
            paint_columns(painter, area, colour, edges, up, down)
        painter.end()
        return picture

    # Qt overrides

    def sizeHint(self) -> QSize:
        return QSize(600, 44)

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._forget()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton or self._duration <= 0:
            return
        x = event.position().x()
        if not self._window().adjusted(-_GRIP, 0, _GRIP, 0).contains(event.position()):
            half = (self._view[1] - self._view[0]) / 2
            centre = self._seconds(x)
            self.range_dragged.emit(centre - half, centre + half)
        self._drag = (self._grip_at(x), self._seconds(x), self._view)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        x = event.position().x()
        if self._drag is None:
            near = self._grip_at(x) != "move"
            shape = Qt.CursorShape.SizeHorCursor if near else Qt.CursorShape.ArrowCursor
            self.setCursor(shape)
            return
        grip, grabbed, (start, stop) = self._drag
        moved = self._seconds(x) - grabbed
        least = self._duration * 1e-4
        if grip == "start":
            self.range_dragged.emit(min(start + moved, stop - least), stop)
        elif grip == "stop":
            self.range_dragged.emit(start, max(stop + moved, start + least))
        else:
            self.range_dragged.emit(start + moved, stop + moved)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._drag = None

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self._drag = None
        self.fit_requested.emit()

    def wheelEvent(self, event: QWheelEvent) -> None:
        notches = event.angleDelta().y() / 120.0
        centre = self._seconds(event.position().x())
        factor = 0.8**notches
        start, stop = self._view
        self.range_dragged.emit(
            centre - (centre - start) * factor, centre + (stop - centre) * factor
        )
        event.accept()

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = theme_of(self)
        painter = QPainter(self)
        inner = self._inner()
        painter.fillRect(inner, theme.colour("field"))
        if self._duration > 0:
            if self._picture is None:
                self._picture = self._draw_signals()
            painter.drawPixmap(inner.topLeft(), self._picture)
            for kind, stretches in self._kinds.items():
                for left, right in stretches.spans(
                    0.0, self._duration, inner.left(), inner.width()
                ):
                    area = QRectF(left, inner.top(), right - left, inner.height())
                    paint_part_edge(painter, area, Part(kind, 0.0, 0.0), theme)
            if self._selection is not None:
                left, right = self._x(self._selection[0]), self._x(self._selection[1])
                area = QRectF(left, inner.top(), max(right - left, 1), inner.height())
                painter.fillRect(area, theme.colour("accent", 0.3))
            self._paint_window(painter, inner)
            for layer in self._feet:
                layer.draw(painter, 0.0, self._duration, inner)
            if self._play is not None:
                x = self._x(self._play)
                painter.fillRect(
                    QRectF(x - 0.5, inner.top(), 1.5, inner.height()), theme.colour("text")
                )
        painter.end()

    def _paint_window(self, painter: QPainter, inner: QRectF) -> None:
        theme = theme_of(self)
        window = self._window()
        shade = theme.colour("window", 0.55)
        painter.fillRect(
            QRectF(inner.left(), inner.top(), window.left() - inner.left(), inner.height()), shade
        )
        painter.fillRect(
            QRectF(window.right(), inner.top(), inner.right() - window.right(), inner.height()),
            shade,
        )
        painter.setPen(QPen(theme.colour("soft"), 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(window.adjusted(0.5, 0.5, -0.5, -0.5))
