"""Curves of figures over steps or time, several runs on one axis, growing as they train."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QTimer
from PySide6.QtGui import QPen
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from widgets.buttons import tool_button
from widgets.figures import format_number
from widgets.flow import FlowRow
from widgets.legend import LegendChip, signal_pen
from widgets.plots import PlotCanvas
from widgets.sparkline import Sparkline
from widgets.theme import label, theme_of
from widgets.tokens import HALF, SPACE

__all__ = ["Curve", "CurveView", "Sparkline"]

_REDRAW_MS = 80


@dataclass
class Curve:
    """A growing curve: x in steps or seconds, y a figure; points are kept in doubling arrays."""

    key: str
    label: str
    role: str
    style: str = "solid"
    shown: bool = True
    count: int = 0
    data: NDArray[np.float64] = field(default_factory=lambda: np.empty((2, 256)))

    def append(self, x: float, y: float) -> None:
        """Add a point."""
        if self.count == self.data.shape[1]:
            self.data = np.concatenate([self.data, np.empty_like(self.data)], axis=1)
        self.data[:, self.count] = x, y
        self.count += 1

    def replace(self, x: NDArray[np.float64], y: NDArray[np.float64]) -> None:
        """Take other points, float64[n] each."""
        self.data = np.array([x, y], np.float64)
        self.count = self.data.shape[1]
        if not self.count:
            self.data = np.empty((2, 256))

    @property
    def x(self) -> NDArray[np.float64]:
        """Places, float64[count]."""
        return self.data[0, : self.count]

    @property
    def y(self) -> NDArray[np.float64]:
        """Values, float64[count]."""
        return self.data[1, : self.count]

    def drawable(self, log: bool) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """The points that an axis can show; on a logarithmic one, their logarithms."""
        good = np.isfinite(self.y) & np.isfinite(self.x)
        if log:
            good &= self.y > 0
        values = self.y[good]
        return self.x[good], np.log10(values) if log else values

    def value_near(self, x: float) -> tuple[float, float] | None:
        """The point nearest to a place."""
        if not self.count:
            return None
        place = int(np.argmin(np.abs(self.x - x)))
        return float(self.x[place]), float(self.y[place])


class CurveView(QWidget):
    """Curves with a legend, a readout at the cursor and a logarithmic axis by choice.

    It follows what grows until someone zooms or pans; a double-click follows again.
    """

    def __init__(
        self,
        y_label: str = "ESR",
        x_label: str = "step",
        parent: QWidget | None = None,
        *,
        log: bool = True,
    ) -> None:
        super().__init__(parent)
        self._curves: dict[str, Curve] = {}
        self._items: dict[str, pg.PlotCurveItem] = {}
        self._chips: dict[str, LegendChip] = {}
        self._following = True
        self._log = log
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_REDRAW_MS)
        self._timer.timeout.connect(self.redraw)
        self.canvas = PlotCanvas()
        self.plot, self._box = self.canvas.add_plot(0, pan_y=True)
        self.plot.setLabel("left", y_label)
        self.plot.setLabel("bottom", x_label)
        self._line = pg.InfiniteLine(angle=90)
        self._line.setVisible(False)
        self._box.addItem(self._line, ignoreBounds=True)
        self._box.fit_requested.connect(self.fit)
        self._box.sigRangeChangedManually.connect(self._stay)
        self._box.sigRangeChanged.connect(self._moved)
        self._setting_range = False
        self.canvas.set_data_copy(self.data_text)
        self.canvas.add_menu_action("Fit and follow", self.fit)
        self.canvas.hovered.connect(self._hover)
        self.canvas.left.connect(self._leave)
        self._lay_out(y_label)
        self._apply_log()
        self.setAccessibleName(f"Curves of {y_label}")
        theme_of(self).changed.connect(self._dress)
        self._dress()

    def _lay_out(self, y_label: str) -> None:
        self._place = label("", "figures", "soft")
        self._log_button = tool_button("train", f"Logarithmic {y_label}")
        self._log_button.setText("log")
        self._log_button.setToolButtonStyle(self._log_button.toolButtonStyle().ToolButtonTextOnly)
        self._log_button.setCheckable(True)
        self._log_button.setChecked(self._log)
        self._log_button.toggled.connect(self.set_log)
        fit = tool_button("fit", "Fit and follow")
        fit.clicked.connect(self.fit)
        head = QHBoxLayout()
        head.setContentsMargins(SPACE, HALF, HALF, HALF)
        head.setSpacing(HALF)
        self._legend = FlowRow()
        head.addWidget(self._legend, 1)
        head.addWidget(self._place)
        head.addWidget(self._log_button)
        head.addWidget(fit)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(head)
        column.addWidget(self.canvas, 1)

    # Curves

    @property
    def keys(self) -> tuple[str, ...]:
        """The curves there are."""
        return tuple(self._curves)

    def curve(self, key: str) -> Curve:
        """One curve and its points.

        Raises
        ------
        KeyError
            There is none by that key.
        """
        return self._curves[key]

    def add_curve(self, key: str, text: str, role: str = "model", style: str = "solid") -> None:
        """Add an empty curve, or rename the one that is there.

        ``role`` is a colour of the tokens, ``style`` ``solid``, ``dash``, ``dot`` or ``dashdot``.
        """
        old = self._curves.pop(key, None)
        self._curves[key] = curve = Curve(key, text, role, style)
        if old is not None:
            curve.data, curve.count, curve.shown = old.data, old.count, old.shown
            self._drop_views(key)
        item = pg.PlotCurveItem(antialias=True, skipFiniteCheck=True)
        item.setPen(self._pen(curve))
        item.setVisible(curve.shown)
        self.plot.addItem(item)
        chip = LegendChip(text, role, style, value_width=8)
        chip.setChecked(curve.shown)
        chip.clicked.connect(lambda on: self.set_visible(key, on))
        self._legend.addWidget(chip)
        self._items[key], self._chips[key] = item, chip
        self._timer.start()

    def remove_curve(self, key: str) -> None:
        """Take a curve away; nothing happens where there is none."""
        if self._curves.pop(key, None) is not None:
            self._drop_views(key)

    def clear(self) -> None:
        """Take all curves away."""
        for key in list(self._curves):
            self.remove_curve(key)
        self._following = True

    def append(self, key: str, x: float, y: float) -> None:
        """Add a point to a curve; drawn within a tenth of a second, cheap a thousand times over."""
        self._curves[key].append(x, y)
        if not self._timer.isActive():
            self._timer.start()

    def set_data(self, key: str, x: NDArray[np.float64], y: NDArray[np.float64]) -> None:
        """Replace the points of a curve."""
        self._curves[key].replace(x, y)
        if not self._timer.isActive():
            self._timer.start()

    def set_visible(self, key: str, visible: bool) -> None:
        """Show or hide a curve."""
        self._curves[key].shown = visible
        self._items[key].setVisible(visible)
        self._chips[key].setChecked(visible)
        self._timer.start()

    def set_labels(self, y_label: str, x_label: str) -> None:
        """Name the axes."""
        self.plot.setLabel("left", y_label)
        self.plot.setLabel("bottom", x_label)

    def set_log(self, log: bool) -> None:
        """Make the axis logarithmic or linear."""
        self._log = log
        self._log_button.setChecked(log)
        self._apply_log()
        self.fit()

    def _apply_log(self) -> None:
        self.plot.getAxis("left").setLogMode(x=False, y=self._log)

    def _drop_views(self, key: str) -> None:
        self.plot.removeItem(self._items.pop(key))
        chip = self._chips.pop(key)
        self._legend.removeWidget(chip)
        chip.hide()
        chip.deleteLater()

    # Drawing

    def redraw(self) -> None:
        """Draw now what has been added."""
        self._timer.stop()
        for key, curve in self._curves.items():
            if curve.shown:
                self._items[key].setData(*curve.drawable(self._log))
        if self._following:
            self._follow()

    def fit(self) -> None:
        """Show everything, and go on showing everything as it grows."""
        self._following = True
        self.redraw()

    def _follow(self) -> None:
        shown = [curve.drawable(self._log) for curve in self._curves.values() if curve.shown]
        shown = [(x, y) for x, y in shown if len(x)]
        self._setting_range = True
        try:
            if not shown:
                self._box.setRange(
                    xRange=(0, 1), yRange=(-4, 0) if self._log else (0, 1), padding=0
                )
                return
            left, right = min(x.min() for x, _ in shown), max(x.max() for x, _ in shown)
            low, high = min(y.min() for _, y in shown), max(y.max() for _, y in shown)
            if right <= left:
                right = left + 1
            pad = max(0.06 * (high - low), 0.1 if self._log else 1e-9 + 0.05 * abs(high))
            self._box.setRange(
                xRange=(left, right + 0.02 * (right - left)),
                yRange=(low - pad, high + pad),
                padding=0,
            )
        finally:
            self._setting_range = False

    def _moved(self, *_: object) -> None:
        if not self._setting_range:
            self._following = False

    def _stay(self, *_: object) -> None:
        self._following = False

    def _pen(self, curve: Curve) -> QPen:
        return signal_pen(theme_of(self).colour(curve.role), curve.style, 1.8)

    def _dress(self) -> None:
        theme = theme_of(self)
        for key, item in self._items.items():
            item.setPen(self._pen(self._curves[key]))
        self._line.setPen(QPen(theme.colour("soft", 0.6), 0))

    # The mouse

    def _hover(self, position: QPointF) -> None:
        if not self._box.sceneBoundingRect().contains(position):
            self._leave()
            return
        x = float(self._box.mapSceneToView(position).x())
        nearest: float | None = None
        for key, curve in self._curves.items():
            point = curve.value_near(x) if curve.shown else None
            self._chips[key].set_value("" if point is None else format_number(point[1]))
            if point is not None and (nearest is None or abs(point[0] - x) < abs(nearest - x)):
                nearest = point[0]
        if nearest is not None:
            self._line.setPos(nearest)
            self._place.setText(f"{self.plot.getAxis('bottom').labelText} {nearest:g}")
        self._line.setVisible(nearest is not None)

    def _leave(self) -> None:
        self._line.setVisible(False)
        self._place.setText("")
        for key, curve in self._curves.items():
            last = curve.y[-1] if curve.count else math.nan
            self._chips[key].set_value("" if math.isnan(last) else format_number(float(last)))

    def data_text(self) -> str:
        """The shown curves as tab-separated lines: curve, place, value."""
        lines = ["curve\tx\ty"]
        for curve in self._curves.values():
            if curve.shown:
                lines += [
                    f"{curve.label}\t{x:.9g}\t{y:.9g}"
                    for x, y in zip(curve.x.tolist(), curve.y.tolist(), strict=True)
                ]
        return "\n".join(lines)
