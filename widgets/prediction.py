"""A short moment close up: wet and what the model makes of it, and the difference below."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from widgets.figures import format_number
from widgets.flow import FlowRow
from widgets.legend import LegendChip, line_width, signal_pen
from widgets.plots import Plot, PlotCanvas, TimeAxis, time_text
from widgets.segmented import Choice, SegmentedControl
from widgets.theme import label, theme_of
from widgets.tokens import HALF, LINE_STYLES, SPACE

RESIDUAL = "residual"


@dataclass(frozen=True, slots=True)
class Trace:
    """A signal of the moment: its colour role, its label, its samples (real[n])."""

    role: str
    label: str
    values: NDArray[np.floating]


class PredictionView(QWidget):
    """Wet against predicted, with the residual on an axis of its own.

    Signals
    -------
    moment_chosen(str)
        Which of the moments offered the user wants to see.
    """

    moment_chosen = Signal(str)

    def __init__(
        self,
        moments: Iterable[tuple[str, str]] = (
            ("worst", "worst moment"),
            ("median", "median moment"),
        ),
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._traces: tuple[Trace, ...] = ()
        self._times: NDArray[np.float64] = np.zeros(0)
        self._hidden: set[str] = {"dry"}
        self._chips: dict[str, LegendChip] = {}
        self._moments = SegmentedControl([Choice(key, text) for key, text in moments])
        self._moments.chosen.connect(self.moment_chosen)
        self._title = label("", "small", "soft")
        self._readout = label("", "figures", "soft")
        self.canvas = PlotCanvas()
        self.canvas.set_data_copy(self.data_text)
        self.canvas.add_menu_action("Fit", self.fit)
        self.canvas.hovered.connect(self._hover)
        self.canvas.left.connect(self._leave)
        self._top, self._top_box = self.canvas.add_plot(0, bottom=TimeAxis())
        self._low, self._low_box = self.canvas.add_plot(1, bottom=TimeAxis())
        self._set_up_plots()
        self._lay_out()
        self.setAccessibleName("Predicted against wet")
        theme_of(self).changed.connect(self._draw)

    def _set_up_plots(self) -> None:
        axis = self._top.getAxis("bottom")
        axis.setStyle(showValues=False)
        axis.setHeight(5)
        self._low.setLabel("left", RESIDUAL)
        self._low_box.setXLink(self._top_box)
        self.canvas.ci.layout.setRowStretchFactor(0, 3)
        self.canvas.ci.layout.setRowStretchFactor(1, 1)
        self._lines = []
        for box in (self._top_box, self._low_box):
            box.fit_requested.connect(self.fit)
            line = pg.InfiniteLine(angle=90)
            line.setVisible(False)
            box.addItem(line, ignoreBounds=True)
            self._lines.append(line)
        self._curves: list[tuple[Plot, pg.PlotCurveItem]] = []

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.setContentsMargins(SPACE, HALF, HALF, HALF)
        head.setSpacing(HALF)
        self._legend = FlowRow()
        head.addWidget(self._legend, 1)
        head.addWidget(self._readout)
        head.addWidget(self._title)
        head.addSpacing(HALF)
        head.addWidget(self._moments)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(head)
        column.addWidget(self.canvas, 1)

    def set_moment(
        self,
        start: float,
        sample_rate: float,
        traces: Sequence[Trace],
        *,
        unit: str = "",
        title: str = "",
        moment: str | None = None,
    ) -> None:
        """Show a moment.

        Parameters
        ----------
        start : float
            Its time in the capture, in seconds.
        sample_rate : float
            In Hz.
        traces : sequence of Trace
            All of one length; where ``wet`` and ``model`` are among them and no ``residual`` is,
            their difference is shown as the residual.
        unit : str
            Of all the traces.
        title : str
            A few words on it, such as its ESR.
        moment : str, optional
            Which of the moments offered it is.
        """
        shown = list(traces)
        if shown and len({len(trace.values) for trace in shown}) != 1:
            raise ValueError("The traces of a moment have one length.")
        by_role = {trace.role: trace for trace in shown}
        if RESIDUAL not in by_role and "wet" in by_role and "model" in by_role:
            difference = by_role["model"].values - by_role["wet"].values
            shown.append(Trace(RESIDUAL, RESIDUAL, difference))
        fresh = tuple((t.role, t.label) for t in shown) != tuple(
            (t.role, t.label) for t in self._traces
        )
        count = len(shown[0].values) if shown else 0
        refit = fresh or len(self._times) != count
        old_start = float(self._times[0]) if len(self._times) else None
        self._traces = tuple(shown)
        self._times = start + np.arange(count) / sample_rate
        self._title.setText(title)
        self._top.setLabel("left", f"({unit})" if unit else "")
        if moment is not None:
            self._moments.set_current(moment)
        if fresh:
            self._rebuild_legend()
        self._draw()
        if refit or old_start != start:
            self.fit()

    def fit(self) -> None:
        """Show the whole moment, at its full height."""
        if not len(self._times):
            return
        self._top_box.setXRange(float(self._times[0]), float(self._times[-1]), padding=0)
        for box, low_plot in ((self._top_box, False), (self._low_box, True)):
            values = [
                trace.values
                for trace in self._traces
                if (trace.role == RESIDUAL) == low_plot and trace.role not in self._hidden
            ]
            finite = [v[np.isfinite(v)] for v in values]
            finite = [v for v in finite if len(v)]
            if not finite:
                continue
            low, high = min(float(v.min()) for v in finite), max(float(v.max()) for v in finite)
            if low_plot:
                high = max(abs(low), abs(high))
                low = -high
            pad = 0.08 * (high - low) or 1e-6
            box.setYRange(low - pad, high + pad, padding=0)

    def set_visible(self, role: str, visible: bool) -> None:
        """Show or hide a signal."""
        (self._hidden.discard if visible else self._hidden.add)(role)
        if role in self._chips:
            self._chips[role].setChecked(visible)
        self._draw()

    def _rebuild_legend(self) -> None:
        for chip in self._chips.values():
            self._legend.removeWidget(chip)
            chip.hide()
            chip.deleteLater()
        self._chips = {}
        for trace in self._traces:
            style = LINE_STYLES.get(trace.role, "solid")
            chip = LegendChip(trace.label, trace.role, style, value_width=6)
            chip.setChecked(trace.role not in self._hidden)
            chip.clicked.connect(lambda on, role=trace.role: self.set_visible(role, on))
            self._legend.addWidget(chip)
            self._chips[trace.role] = chip

    def _draw(self) -> None:
        theme = theme_of(self)
        for plot, curve in self._curves:
            plot.removeItem(curve)
        self._curves = []
        for trace in self._traces:
            if trace.role in self._hidden:
                continue
            plot = self._low if trace.role == RESIDUAL else self._top
            style = LINE_STYLES.get(trace.role, "solid")
            pen = signal_pen(theme.colour(trace.role), style, line_width(trace.role))
            curve = pg.PlotCurveItem(
                self._times, np.nan_to_num(trace.values), pen=pen, antialias=True
            )
            plot.addItem(curve)
            self._curves.append((plot, curve))
        for line in self._lines:
            line.setPen(pg.mkPen(theme.colour("soft", 0.6), width=1))

    def _hover(self, position: QPointF) -> None:
        boxes = [
            b for b in (self._top_box, self._low_box) if b.sceneBoundingRect().contains(position)
        ]
        if not boxes or not len(self._times):
            self._leave()
            return
        seconds = float(boxes[0].mapSceneToView(position).x())
        place = int(np.clip(np.searchsorted(self._times, seconds), 0, len(self._times) - 1))
        for line in self._lines:
            line.setPos(seconds)
            line.setVisible(True)
        self._readout.setText(time_text(float(self._times[place]), 5))
        for trace in self._traces:
            self._chips[trace.role].set_value(format_number(float(trace.values[place])))

    def _leave(self) -> None:
        for line in self._lines:
            line.setVisible(False)
        self._readout.setText("")
        for chip in self._chips.values():
            chip.set_value("")

    def data_text(self) -> str:
        """The moment as tab-separated text."""
        if not self._traces:
            return ""
        lines = ["\t".join(["seconds", *(trace.label for trace in self._traces)])]
        for place, seconds in enumerate(self._times.tolist()):
            values = (f"{float(trace.values[place]):.9g}" for trace in self._traces)
            lines.append("\t".join([f"{seconds:.9g}", *values]))
        return "\n".join(lines)
