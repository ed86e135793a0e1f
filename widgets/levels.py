"""How often each level occurs in a signal: dry and wet as steps over dBFS."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QPointF
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from widgets.buttons import tool_button
from widgets.flow import FlowRow
from widgets.legend import LegendChip, signal_pen
from widgets.plots import PlotCanvas
from widgets.theme import label, theme_of
from widgets.tokens import HALF, LINE_STYLES, SPACE


@dataclass(frozen=True)
class LevelSteps:
    """Shares real[n] (0..1) of a signal's samples between edges real[n + 1] (dBFS)."""

    label: str
    role: str
    edges: NDArray[np.floating]
    shares: NDArray[np.floating]
    peak_db: float
    rms_db: float
    silent: float = 0.0
    """The share below the lowest edge."""


class LevelHistogramView(QWidget):
    """Histograms over each other, with peak and RMS of each in words."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._steps: tuple[LevelSteps, ...] = ()
        self._hidden: set[str] = set()
        self._items: list[pg.PlotCurveItem] = []
        self._chips: dict[str, LegendChip] = {}
        self.canvas = PlotCanvas()
        self.canvas.set_data_copy(self.data_text)
        self.canvas.add_menu_action("Fit", self.fit)
        self.canvas.hovered.connect(self._hover)
        self.canvas.left.connect(self._leave)
        self.plot, self._box = self.canvas.add_plot(0, pan_y=True)
        self._box.fit_requested.connect(self.fit)
        self.plot.setLabel("left", "share of samples (%)")
        self.plot.setLabel("bottom", "level (dBFS)")
        self._line = pg.InfiniteLine(angle=90)
        self._line.setVisible(False)
        self._box.addItem(self._line, ignoreBounds=True)
        self._legend = FlowRow()
        self._words = label("", "figures", "soft")
        self._readout = label("", "figures", "soft")
        fit = tool_button("fit", "Fit")
        fit.clicked.connect(self.fit)
        head = QHBoxLayout()
        head.setContentsMargins(SPACE, HALF, HALF, HALF)
        head.setSpacing(2 * SPACE)
        head.addWidget(self._legend, 1)
        head.addWidget(self._readout)
        head.addWidget(self._words)
        head.addWidget(fit)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(head)
        column.addWidget(self.canvas, 1)
        self.setAccessibleName("Level histogram")
        theme_of(self).changed.connect(self._draw)
        self.fit()

    def show_levels(self, steps: Sequence[LevelSteps]) -> None:
        """Show these; labels must differ."""
        self._steps = tuple(steps)
        for chip in self._chips.values():
            self._legend.removeWidget(chip)
            chip.hide()
            chip.deleteLater()
        self._chips = {}
        for item in self._steps:
            style = LINE_STYLES.get(item.role, "solid")
            chip = LegendChip(item.label, item.role, style, value_width=6)
            chip.setChecked(item.label not in self._hidden)
            chip.clicked.connect(lambda on, name=item.label: self.set_visible(name, on))
            self._legend.addWidget(chip)
            self._chips[item.label] = chip
        self._words.setText("     ".join(_words(item) for item in self._steps))
        self._draw()
        self.fit()

    def set_visible(self, name: str, visible: bool) -> None:
        """Show or hide a signal by its label."""
        (self._hidden.discard if visible else self._hidden.add)(name)
        self._draw()

    def fit(self) -> None:
        """Show everything."""
        shares = [float(item.shares.max(initial=0.0)) for item in self._steps]
        lowest = min((float(item.edges[0]) for item in self._steps), default=-90.0)
        top = 100.0 * max(shares, default=0.1)
        self._box.setRange(xRange=(lowest, 1.0), yRange=(0.0, 1.08 * max(top, 0.1)), padding=0)

    def _draw(self) -> None:
        theme = theme_of(self)
        for item in self._items:
            self.plot.removeItem(item)
        self._items = []
        for steps in self._steps:
            if steps.label in self._hidden:
                continue
            style = LINE_STYLES.get(steps.role, "solid")
            item = pg.PlotCurveItem(
                steps.edges,
                100.0 * np.asarray(steps.shares),
                stepMode="center",
                fillLevel=0.0,
                brush=theme.colour(steps.role, 0.18),
                pen=signal_pen(theme.colour(steps.role), style, 1.5),
            )
            self.plot.addItem(item)
            self._items.append(item)
        self._line.setPen(pg.mkPen(theme.colour("soft", 0.6), width=1))

    def _hover(self, position: QPointF) -> None:
        if not self._box.sceneBoundingRect().contains(position):
            self._leave()
            return
        level = float(self._box.mapSceneToView(position).x())
        self._line.setPos(level)
        self._line.setVisible(True)
        self._readout.setText(f"{level:.1f} dBFS".replace("-", "\u2212"))
        for item in self._steps:
            place = int(np.searchsorted(item.edges, level)) - 1
            inside = 0 <= place < len(item.shares)
            share = 100.0 * float(item.shares[place]) if inside else 0.0
            self._chips[item.label].set_value(f"{share:.2f} %")

    def _leave(self) -> None:
        self._line.setVisible(False)
        self._readout.setText("")
        for chip in self._chips.values():
            chip.set_value("")

    def data_text(self) -> str:
        """The shares as tab-separated text."""
        if not self._steps:
            return ""
        lines = ["signal\tfrom dBFS\tto dBFS\tshare"]
        for item in self._steps:
            low, high = item.edges[:-1].tolist(), item.edges[1:].tolist()
            rows = zip(low, high, item.shares.tolist(), strict=True)
            lines += [f"{item.label}\t{a:.6g}\t{b:.6g}\t{share:.6g}" for a, b, share in rows]
        return "\n".join(lines)


def _words(item: LevelSteps) -> str:
    text = f"{item.label}: peak {item.peak_db:.1f}, RMS {item.rms_db:.1f} dBFS"
    if item.silent > 0.005:
        text += f", {100 * item.silent:.0f} % silent"
    return text.replace("-", "\u2212")
