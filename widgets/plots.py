"""What every plot shares: the mouse's gestures, the look of its axes, copying picture and data."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pyqtgraph as pg
from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QAction, QCursor, QPainter, QPixmap, QResizeEvent
from PySide6.QtWidgets import (
    QApplication,
    QGraphicsGridLayout,
    QMenu,
    QSizePolicy,
    QStyleOptionGraphicsItem,
    QWidget,
)

from widgets.axes import FrequencyAxis, NumberAxis, TimeAxis, frequency_text, time_text
from widgets.icons import icon
from widgets.theme import font, theme_of
from widgets.tokens import SPACE

__all__ = [
    "AXIS_WIDTH",
    "EDGE",
    "FrequencyAxis",
    "NumberAxis",
    "Plot",
    "PlotBox",
    "PlotCanvas",
    "ShadeItem",
    "TimeAxis",
    "frequency_text",
    "picture_of",
    "time_text",
]

AXIS_WIDTH = 62
EDGE = 6
AXIS_HEIGHT = 24
PICTURE_SCALE = 2.0
"""Dots a pixel of copied pictures, so that they are crisp in a document."""
_ZOOM_A_NOTCH = 0.8
_PAN_A_NOTCH = 0.1
Range = tuple[float, float]


class PlotBox(pg.ViewBox):  # type: ignore[misc]
    """A plot's inside with our gestures.

    Wheel zooms time at the cursor (with Ctrl: height), drag pans, shift-drag selects,
    double-click fits, click tells where, right-click asks for the menu.

    Signals
    -------
    clicked(float)
        x of a plain click.
    selecting(float, float, bool)
        From and to of a shift-drag, and whether it has ended.
    fit_requested(), menu_requested()
    """

    clicked = Signal(float)
    selecting = Signal(float, float, bool)
    fit_requested = Signal()
    menu_requested = Signal()

    def __init__(self, *, pan_y: bool = False) -> None:
        super().__init__(enableMenu=False)
        self._pan_y = pan_y
        self.drag_selects = False
        self.setDefaultPadding(0)
        self.disableAutoRange()

    def _x_at(self, position: QPointF) -> float:
        return float(self.mapToView(position).x())

    # pyqtgraph overrides

    def wheelEvent(self, ev: Any, axis: int | None = None) -> None:
        notches = ev.delta() / 120.0
        if ev.orientation() == Qt.Orientation.Horizontal:
            self.translateBy(x=-_PAN_A_NOTCH * notches * self.viewRect().width())
            ev.accept()
            return
        factor = _ZOOM_A_NOTCH**notches
        centre = self.mapToView(ev.pos())
        tall = bool(ev.modifiers() & Qt.KeyboardModifier.ControlModifier) or axis == 1
        if tall:
            self.scaleBy(y=factor, center=centre)
        else:
            self.scaleBy(x=factor, center=centre)
        ev.accept()

    def mouseDragEvent(self, ev: Any, axis: int | None = None) -> None:
        if ev.button() != Qt.MouseButton.LeftButton:
            ev.ignore()
            return
        ev.accept()
        shift = bool(ev.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        if shift or self.drag_selects:
            start, stop = self._x_at(ev.buttonDownPos()), self._x_at(ev.pos())
            self.selecting.emit(min(start, stop), max(start, stop), bool(ev.isFinish()))
            return
        moved = self.mapToView(ev.lastPos()) - self.mapToView(ev.pos())
        self.translateBy(x=moved.x(), y=moved.y() if self._pan_y else None)

    def mouseClickEvent(self, ev: Any) -> None:
        if ev.button() == Qt.MouseButton.RightButton:
            ev.accept()
            self.menu_requested.emit()
        elif ev.button() == Qt.MouseButton.LeftButton:
            ev.accept()
            if ev.double():
                self.fit_requested.emit()
            else:
                self.clicked.emit(self._x_at(ev.pos()))


class Plot(pg.GraphicsWidget):  # type: ignore[misc]
    """A box with an axis on its left and one below; a tenth of what pyqtgraph's PlotItem builds."""

    def __init__(self, box: PlotBox, bottom: pg.AxisItem, left: pg.AxisItem | None = None) -> None:
        super().__init__()
        self.box = box
        self._axes = {"left": left or NumberAxis(), "bottom": bottom}
        grid = QGraphicsGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(0)
        grid.addItem(self._axes["left"], 0, 0)
        grid.addItem(box, 0, 1)
        grid.addItem(bottom, 1, 1)
        grid.setRowStretchFactor(0, 100)
        grid.setColumnStretchFactor(1, 100)
        for axis in self._axes.values():
            axis.linkToView(box)
            axis.setZValue(-100)
        box.addItem(_Grid(self), ignoreBounds=True)
        self._axes["left"].setWidth(AXIS_WIDTH)

    def getAxis(self, name: str) -> pg.AxisItem:
        """The axis ``left`` or ``bottom``."""
        return self._axes[name]

    def setLabel(self, name: str, text: str) -> None:
        """Name an axis; nothing takes the name away."""
        axis = self._axes[name]
        axis.setLabel(text)
        axis.label.setFont(font("small"))
        axis.showLabel(bool(text))

    def addItem(self, item: pg.GraphicsObject) -> None:
        """Draw something in the box."""
        self.box.addItem(item)

    def removeItem(self, item: pg.GraphicsObject) -> None:
        """Draw it no longer."""
        self.box.removeItem(item)


class _Grid(pg.GraphicsObject):  # type: ignore[misc]
    """Lines at the ticks. AxisItem's own grid blends each line and took most of a frame's time."""

    def __init__(self, plot: Plot) -> None:
        super().__init__()
        self._plot = plot
        self._kept: dict[str, tuple[tuple[float, float, float], list[float]]] = {}
        self.setZValue(-50)

    def boundingRect(self) -> QRectF:
        return QRectF(self._plot.box.viewRect())

    def viewRangeChanged(self) -> None:
        self.prepareGeometryChange()
        self.update()

    def _ticks(self, name: str, low: float, high: float, size: float) -> list[float]:
        asked = (low, high, size)
        kept = self._kept.get(name)
        if kept is not None and kept[0] == asked:
            return kept[1]
        axis = self._plot.getAxis(name)
        levels = axis.tickValues(low, high, max(size, 1.0))
        shown = 1 if axis.logMode or isinstance(axis, FrequencyAxis | TimeAxis) else 2
        found = [value for _, values in levels[:shown] for value in values]
        self._kept[name] = (asked, found)
        return found

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        view, transform = self.boundingRect(), painter.transform()
        area = transform.mapRect(view)
        colour = theme_of(widget).colour("grid")
        painter.save()
        painter.resetTransform()
        for value in self._ticks("bottom", view.left(), view.right(), area.width()):
            x = round(transform.map(QPointF(value, 0.0)).x())
            painter.fillRect(QRectF(x, area.top(), 1, area.height()), colour)
        for value in self._ticks("left", view.top(), view.bottom(), area.height()):
            y = round(transform.map(QPointF(0.0, value)).y())
            painter.fillRect(QRectF(area.left(), y, area.width(), 1), colour)
        painter.restore()


class ShadeItem(pg.GraphicsObject):  # type: ignore[misc]
    """A stretch of time shaded over the plot's whole height, behind the signals."""

    def __init__(
        self, paint_in: Callable[[QPainter, QRectF], None], start: float, stop: float
    ) -> None:
        super().__init__()
        self._paint_in = paint_in
        self._start, self._stop = start, stop
        self.setZValue(-10)

    def set_range(self, start: float, stop: float) -> None:
        """Cover another stretch."""
        self._start, self._stop = start, stop
        self.prepareGeometryChange()
        self.update()

    def boundingRect(self) -> QRectF:
        box = self.getViewBox()
        if box is None:
            return QRectF()
        view = box.viewRect()
        return QRectF(self._start, view.top(), self._stop - self._start, view.height())

    def viewRangeChanged(self) -> None:
        self.prepareGeometryChange()
        self.update()

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        area = painter.transform().mapRect(self.boundingRect())
        box = self.getViewBox()
        inside = painter.transform().mapRect(QRectF(box.viewRect())) if box is not None else area
        painter.save()
        painter.resetTransform()
        self._paint_in(painter, area.intersected(inside))
        painter.restore()


class PlotCanvas(pg.GraphicsLayoutWidget):  # type: ignore[misc]
    """A surface of plots in our look, with the right-click menu.

    Signals
    -------
    hovered(QPointF), left()
        The mouse over the scene, and gone.
    """

    hovered = Signal(QPointF)
    left = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._data: Callable[[], str] | None = None
        self._actions: list[tuple[str, Callable[[], object]]] = []
        self._plots: list[Plot] = []
        self._drag_selects = False
        self._rows = 0
        self.ci.layout.setContentsMargins(EDGE, 4, SPACE, 0)
        self.ci.layout.setSpacing(4)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setFrameShape(self.Shape.NoFrame)
        self.scene().sigMouseMoved.connect(self.hovered.emit)
        theme_of(self).changed.connect(self._dress_all)
        self._dress_all()

    def add_plot(
        self,
        row: int,
        *,
        bottom: pg.AxisItem | None = None,
        left: pg.AxisItem | None = None,
        pan_y: bool = False,
    ) -> tuple[Plot, PlotBox]:
        """A plot in our look at a row of the surface."""
        box = PlotBox(pan_y=pan_y)
        plot = Plot(box, bottom or NumberAxis("bottom"), left)
        box.menu_requested.connect(self.open_menu)
        self.addItem(plot, row=row, col=0)
        self._plots.append(plot)
        box.drag_selects = self._drag_selects
        self.dress(plot)
        return plot, box

    def set_rows(self, count: int) -> None:
        """Give so many plots boxes of one height; the last has its axis below besides."""
        self._rows = count
        self._share_height()

    def _share_height(self) -> None:
        if not self._rows:
            return
        # By stretch factors the last box would be lower than the others by its axis.
        layout = self.ci.layout
        _, top, _, bottom = layout.getContentsMargins()
        free = self.viewport().height() - top - bottom - AXIS_HEIGHT
        free -= layout.verticalSpacing() * (self._rows - 1)
        height = max(free / self._rows, 1.0)
        for row in range(max(layout.rowCount(), self._rows)):
            wanted = height + (AXIS_HEIGHT if row == self._rows - 1 else 0)
            layout.setRowFixedHeight(row, wanted if row < self._rows else 0.0)

    def remove_plot(self, plot: Plot) -> None:
        """Take a plot away."""
        self._plots.remove(plot)
        self.removeItem(plot)

    def dress(self, plot: Plot) -> None:
        """Give a plot's axes the theme's colours and fonts."""
        theme = theme_of(self)
        for name in ("left", "bottom"):
            axis = plot.getAxis(name)
            axis.setPen(pg.mkPen(theme.colour("line_strong")))
            axis.setTextPen(pg.mkPen(theme.colour("soft")))
            axis.setTickFont(font("small"))
            axis.setStyle(tickLength=4, tickTextOffset=4, maxTickLevel=1)
            axis.label.setFont(font("small"))

    def _dress_all(self) -> None:
        self.setBackground(theme_of(self).colour("field"))
        for plot in self._plots:
            self.dress(plot)

    def set_data_copy(self, make_text: Callable[[], str]) -> None:
        """Say where the menu's "Copy data" takes its text from."""
        self._data = make_text

    def add_menu_action(self, text: str, callback: Callable[[], object]) -> None:
        """Add a line to the right-click menu."""
        self._actions.append((text, callback))

    def make_menu(self) -> QMenu:
        """The right-click menu."""
        menu = QMenu(self)
        for text, callback in self._actions:
            menu.addAction(text).triggered.connect(lambda *_, call=callback: call())
        if self._actions:
            menu.addSeparator()
        picture = QAction(icon("copy"), "Copy picture", menu)
        picture.triggered.connect(self.copy_picture)
        menu.addAction(picture)
        if self._data is not None:
            data = QAction("Copy data", menu)
            data.triggered.connect(self.copy_data)
            menu.addAction(data)
        return menu

    def open_menu(self) -> None:
        """Show the right-click menu at the mouse."""
        menu = self.make_menu()
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(QCursor.pos())

    def set_drag_selects(self, on: bool) -> None:
        """Let a plain drag select, in the plots there are and those to come."""
        self._drag_selects = on
        for plot in self._plots:
            plot.box.drag_selects = on
        shape = Qt.CursorShape.IBeamCursor if on else Qt.CursorShape.ArrowCursor
        self.viewport().setCursor(shape)

    def copy_picture(self) -> None:
        """Put a picture of the plots on the clipboard, twice as fine as the screen."""
        QApplication.clipboard().setPixmap(picture_of(self))

    def copy_data(self) -> None:
        """Put what is shown on the clipboard, as tab-separated text."""
        if self._data is not None:
            QApplication.clipboard().setText(self._data())

    # Qt overrides

    def resizeEvent(self, ev: QResizeEvent | None) -> None:
        super().resizeEvent(ev)
        if hasattr(self, "_rows"):  # pyqtgraph resizes while it is being made
            self._share_height()

    def leaveEvent(self, ev: QEvent) -> None:
        super().leaveEvent(ev)
        self.left.emit()


def picture_of(widget: QWidget, scale: float = PICTURE_SCALE) -> QPixmap:
    """A picture of a widget, painted anew with ``scale`` dots a pixel rather than enlarged."""
    made = QPixmap(round(widget.width() * scale), round(widget.height() * scale))
    made.setDevicePixelRatio(scale)
    made.fill(theme_of(widget).colour("field"))
    QWidget.render(widget, made, QPoint(0, 0))  # a graphics view has another render of its own
    return made
