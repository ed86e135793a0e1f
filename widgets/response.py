"""A frequency response: decibels over a logarithmic frequency axis, read at the cursor."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QPointF
from PySide6.QtGui import QPen
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from widgets.axes import FrequencyAxis, NumberAxis, frequency_text
from widgets.buttons import tool_button
from widgets.flow import FlowRow
from widgets.legend import LegendChip, signal_pen
from widgets.plots import PlotCanvas
from widgets.theme import label, theme_of
from widgets.tokens import HALF, SPACE

LEAST_SPAN = 12.0
"""Decibels that are shown at least, so that a flat response looks flat."""
DEEPEST = 100.0
"""Decibels below the highest point that are shown at most."""


@dataclass(frozen=True)
class ResponseCurve:
    """A curve: ``decibels`` real[n] at ``frequency`` real[n] in Hz, both rising in frequency."""

    label: str
    frequency: NDArray[np.floating]
    decibels: NDArray[np.floating]
    role: str = "wet"
    style: str = "solid"


class ResponseView(QWidget):
    """Curves over frequency: wheel zooms, drag pans, double-click fits."""

    def __init__(
        self,
        name: str = "Frequency response",
        parent: QWidget | None = None,
        *,
        caption: str = "",
    ) -> None:
        super().__init__(parent)
        self._curves: tuple[ResponseCurve, ...] = ()
        self._items: list[pg.GraphicsObject] = []
        self._chips: list[LegendChip] = []
        self.canvas = PlotCanvas()
        self.canvas.set_data_copy(self.data_text)
        self.canvas.add_menu_action("Fit", self.fit)
        self.canvas.hovered.connect(self._hover)
        self.canvas.left.connect(self._leave)
        self.plot, self._box = self.canvas.add_plot(
            0, bottom=FrequencyAxis(), left=NumberAxis(), pan_y=True
        )
        self.plot.setLabel("left", "dB")
        self.plot.setLabel("bottom", "Hz")
        self._box.fit_requested.connect(self.fit)
        self._line = pg.InfiniteLine(angle=90)
        self._line.setVisible(False)
        self._box.addItem(self._line, ignoreBounds=True)
        self._legend = FlowRow()
        self._readout = label("", "figures", "soft")
        fit = tool_button("fit", "Fit")
        fit.clicked.connect(lambda _checked=False: self.fit())
        head = QHBoxLayout()
        head.setContentsMargins(SPACE, HALF, HALF, HALF)
        head.setSpacing(SPACE)
        head.addWidget(label(caption, "small", "soft"))
        head.addWidget(self._legend, 1)
        head.addWidget(self._readout)
        head.addWidget(fit)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(head)
        column.addWidget(self.canvas, 1)
        self.setAccessibleName(name)
        theme_of(self).changed.connect(self._draw)
        self._draw()

    @property
    def curves(self) -> tuple[ResponseCurve, ...]:
        """What is shown."""
        return self._curves

    def show_curves(self, curves: Sequence[ResponseCurve]) -> None:
        """Show curves, fitted."""
        self._curves = tuple(curves)
        for chip in self._chips:
            self._legend.removeWidget(chip)
            chip.hide()
            chip.deleteLater()
        self._chips = []
        for curve in self._curves:
            chip = LegendChip(curve.label, curve.role, curve.style, value_width=0)
            chip.setChecked(True)
            chip.clicked.connect(lambda _on, chip=chip: chip.setChecked(True))
            chip.setVisible(len(self._curves) > 1)
            self._legend.addWidget(chip)
            self._chips.append(chip)
        self._draw()
        self.fit()

    def _draw(self) -> None:
        theme = theme_of(self)
        for item in self._items:
            self.plot.removeItem(item)
        self._items = []
        for curve in self._curves:
            good = np.isfinite(curve.decibels) & (curve.frequency > 0)
            pen = signal_pen(theme.colour(curve.role), curve.style, 2.0)
            item = pg.PlotCurveItem(
                np.log10(curve.frequency[good]), curve.decibels[good], pen=pen, antialias=True
            )
            self.plot.addItem(item)
            self._items.append(item)
        self._line.setPen(QPen(theme.colour("soft", 0.6), 0))

    def fit(self) -> None:
        """Show everything, but for what is lost far below."""
        shown = [c for c in self._curves if len(c.frequency) and np.isfinite(c.decibels).any()]
        if not shown:
            self._box.setRange(xRange=(1.3, 4.3), yRange=(-40, 6), padding=0)
            return
        values = np.concatenate([c.decibels[np.isfinite(c.decibels)] for c in shown])
        high = float(values.max())
        low = max(float(values.min()), high - DEEPEST)
        middle = (high + low) / 2
        half = max((high - low) / 2, LEAST_SPAN / 2) * 1.08
        left = min(float(c.frequency[c.frequency > 0].min()) for c in shown)
        right = max(float(c.frequency.max()) for c in shown)
        self._box.setRange(
            xRange=(np.log10(left), np.log10(right)),
            yRange=(middle - half, middle + half),
            padding=0,
        )

    def _hover(self, position: QPointF) -> None:
        if not self._curves or not self._box.sceneBoundingRect().contains(position):
            self._leave()
            return
        curve = self._curves[0]
        x = float(self._box.mapSceneToView(position).x())
        place = int(np.argmin(np.abs(np.log10(curve.frequency) - x)))
        hertz, level = float(curve.frequency[place]), float(curve.decibels[place])
        words = f"{frequency_text(float(f'{hertz:.3g}'))} Hz  {level:+.1f} dB"
        self._readout.setText(words.replace("-", "\u2212"))
        self._line.setPos(np.log10(hertz))
        self._line.setVisible(True)

    def _leave(self) -> None:
        self._readout.setText("")
        self._line.setVisible(False)

    def data_text(self) -> str:
        """The curves as tab-separated text."""
        lines: list[str] = []
        for curve in self._curves:
            lines.append(f"{curve.label}: Hz\tdB")
            pairs = zip(curve.frequency.tolist(), curve.decibels.tolist(), strict=True)
            lines += [f"{hertz:.9g}\t{level:.9g}" for hertz, level in pairs]
        return "\n".join(lines)
