"""One thing against another: how often they met as a density, and curves drawn over it."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from widgets.buttons import tool_button
from widgets.colour_maps import COUNTS, lookup
from widgets.figures import format_number
from widgets.flow import FlowRow
from widgets.legend import LegendChip, signal_pen
from widgets.plots import PlotCanvas
from widgets.theme import label, theme_of
from widgets.tokens import HALF, SPACE


@dataclass(frozen=True)
class Density:
    """Counts real[nx, ny] of pairs between edges real[nx + 1] and real[ny + 1]."""

    counts: NDArray[np.floating]
    x_edges: NDArray[np.floating]
    y_edges: NDArray[np.floating]


@dataclass(frozen=True)
class RelationCurve:
    """A line ``y`` over ``x``, real[n] each, with a band ``low`` to ``high`` where it has one."""

    label: str
    role: str
    x: NDArray[np.floating]
    y: NDArray[np.floating]
    style: str = "solid"
    low: NDArray[np.floating] | None = None
    high: NDArray[np.floating] | None = None


@dataclass(frozen=True)
class Relation:
    """What is shown: both axes with their units, a density, curves, and what may be said of it."""

    x_label: str
    y_label: str
    density: Density | None = None
    curves: tuple[RelationCurve, ...] = field(default=())
    note: str = ""


class RelationView(QWidget):
    """A transfer plot, a static curve, a state against the output."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._relation = Relation("", "")
        self._hidden: set[str] = set()
        self._chips: dict[str, LegendChip] = {}
        self._items: list[pg.GraphicsObject] = []
        self.canvas = PlotCanvas()
        self.canvas.set_data_copy(self.data_text)
        self.canvas.add_menu_action("Fit", self.fit)
        self.canvas.hovered.connect(self._hover)
        self.canvas.left.connect(self._leave)
        self.plot, self._box = self.canvas.add_plot(0, pan_y=True)
        self._box.fit_requested.connect(self.fit)
        self._image = pg.ImageItem(axisOrder="col-major")
        self._image.setLookupTable(lookup(COUNTS, clear_zero=True))
        self._image.setZValue(-20)
        self._image.setVisible(False)
        self._box.addItem(self._image, ignoreBounds=True)
        self._legend = FlowRow()
        self._note = label("", "small", "soft")
        self._readout = label("", "figures", "soft")
        fit = tool_button("fit", "Fit")
        fit.clicked.connect(self.fit)
        head = QHBoxLayout()
        head.setContentsMargins(SPACE, HALF, HALF, HALF)
        head.setSpacing(SPACE)
        head.addWidget(self._legend, 1)
        head.addWidget(self._note)
        head.addWidget(self._readout)
        head.addWidget(fit)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(head)
        column.addWidget(self.canvas, 1)
        self.setAccessibleName(name)
        theme_of(self).changed.connect(self._draw)

    def show_relation(self, relation: Relation) -> None:
        """Show something else, fitted."""
        self._relation = relation
        self.plot.setLabel("left", relation.y_label)
        self.plot.setLabel("bottom", relation.x_label)
        self._note.setText(relation.note)
        self._rebuild_legend()
        self._show_density(relation.density)
        self._draw()
        self.fit()

    def clear(self) -> None:
        """Show nothing."""
        self.show_relation(Relation("", ""))

    def _show_density(self, density: Density | None) -> None:
        self._image.setVisible(density is not None)
        if density is None:
            return
        # Most pairs lie in few cells: their logarithm shows the rare ones too.
        depth = np.log1p(np.asarray(density.counts, np.float64))
        scaled = np.ceil(255.0 * depth / max(float(depth.max()), 1e-9)).astype(np.uint8)
        self._image.setImage(scaled, autoLevels=False, levels=(0, 255))
        x, y = density.x_edges, density.y_edges
        self._image.setRect(
            QRectF(float(x[0]), float(y[0]), float(x[-1] - x[0]), float(y[-1] - y[0]))
        )

    def _rebuild_legend(self) -> None:
        for chip in self._chips.values():
            self._legend.removeWidget(chip)
            chip.hide()
            chip.deleteLater()
        self._chips = {}
        for curve in self._relation.curves:
            chip = LegendChip(curve.label, curve.role, curve.style, value_width=0)
            chip.setChecked(curve.label not in self._hidden)
            chip.clicked.connect(lambda on, name=curve.label: self.set_visible(name, on))
            self._legend.addWidget(chip)
            self._chips[curve.label] = chip

    def set_visible(self, name: str, visible: bool) -> None:
        """Show or hide a curve by its label."""
        (self._hidden.discard if visible else self._hidden.add)(name)
        self._draw()

    def _draw(self) -> None:
        theme = theme_of(self)
        for item in self._items:
            self.plot.removeItem(item)
        self._items = []
        for curve in self._relation.curves:
            if curve.label in self._hidden:
                continue
            if curve.low is not None and curve.high is not None:
                self._add_band(curve)
            pen = signal_pen(theme.colour(curve.role), curve.style, 2.0)
            line = pg.PlotCurveItem(curve.x, curve.y, pen=pen, antialias=True, connect="finite")
            self.plot.addItem(line)
            self._items.append(line)

    def _add_band(self, curve: RelationCurve) -> None:
        none = pg.mkPen(None)
        edges = [pg.PlotCurveItem(curve.x, side, pen=none) for side in (curve.low, curve.high)]
        band = pg.FillBetweenItem(*edges, brush=theme_of(self).colour(curve.role, 0.2))
        for item in (*edges, band):
            self.plot.addItem(item)
            self._items.append(item)

    def fit(self) -> None:
        """Show everything."""
        relation = self._relation
        xs: list[NDArray[np.floating]] = []
        ys: list[NDArray[np.floating]] = []
        if relation.density is not None:
            xs.append(relation.density.x_edges)
            ys.append(relation.density.y_edges)
        else:
            for curve in relation.curves:
                xs.append(curve.x)
                ys += [part for part in (curve.y, curve.low, curve.high) if part is not None]
        x, y = (np.concatenate(parts) if parts else np.zeros(0) for parts in (xs, ys))
        x, y = x[np.isfinite(x)], y[np.isfinite(y)]
        if len(x) and len(y):
            pads = [0.04 * float(np.ptp(part)) or 1e-3 for part in (x, y)]
            self._box.setRange(
                xRange=(float(x.min()) - pads[0], float(x.max()) + pads[0]),
                yRange=(float(y.min()) - pads[1], float(y.max()) + pads[1]),
                padding=0,
            )

    def _hover(self, position: QPointF) -> None:
        if not self._box.sceneBoundingRect().contains(position):
            self._readout.setText("")
            return
        point = self._box.mapSceneToView(position)
        x, y = format_number(float(point.x())), format_number(float(point.y()))
        self._readout.setText(f"{x}, {y}".replace("-", "\u2212"))

    def _leave(self) -> None:
        self._readout.setText("")

    def data_text(self) -> str:
        """Curves and density as tab-separated text."""
        relation = self._relation
        lines: list[str] = []
        for curve in relation.curves:
            lines.append(f"{curve.label}: {relation.x_label}\t{relation.y_label}")
            pairs = zip(curve.x.tolist(), curve.y.tolist(), strict=True)
            lines += [f"{x:.9g}\t{y:.9g}" for x, y in pairs]
        density = relation.density
        if density is not None:
            middles = (density.y_edges[:-1] + density.y_edges[1:]) / 2
            head = f"count of {relation.x_label} (down) and {relation.y_label} (across)"
            lines.append("\t".join([head, *(f"{y:.6g}" for y in middles.tolist())]))
            left = (density.x_edges[:-1] + density.x_edges[1:]) / 2
            for x, row in zip(left.tolist(), density.counts.tolist(), strict=True):
                lines.append("\t".join([f"{x:.6g}", *(f"{count:g}" for count in row)]))
        return "\n".join(lines)
