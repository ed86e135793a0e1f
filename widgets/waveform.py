"""Waveforms on one time axis, as lanes or laid over each other, from hours down to samples."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Literal

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QPen, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from widgets.buttons import tool_button
from widgets.icons import set_icon
from widgets.lane import LaneCurve, WaveSignal, reading_text
from widgets.legend import LegendChip
from widgets.overview import OverviewStrip
from widgets.parts import Part, paint_part, paint_part_name
from widgets.plots import AXIS_WIDTH, EDGE, PlotBox, PlotCanvas, ShadeItem, TimeAxis, time_text
from widgets.theme import Theme, font, label, theme_of
from widgets.tokens import HALF, SPACE

__all__ = ["Part", "WaveSignal", "WaveformView"]

Mode = Literal["lanes", "overlay"]
_LEAST_SAMPLES = 8
_MOST_ROWS = 100_000


class WaveformView(QWidget):
    """Signals on linked time axes with an overview strip and a readout at the cursor.

    Signals
    -------
    seek(float)
        The time in seconds that was clicked.
    selection_changed(object)
        ``(start, stop)`` in seconds, or None.
    view_changed(float, float)
        The stretch on screen, in seconds.
    """

    seek = Signal(float)
    selection_changed = Signal(object)
    view_changed = Signal(float, float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._signals: tuple[WaveSignal, ...] = ()
        self._mode: Mode = "lanes"
        self._parts: tuple[Part, ...] = ()
        self._hidden: set[str] = set()
        self._view = (0.0, 1.0)
        self._duration = 0.0
        self._selection: tuple[float, float] | None = None
        self._play: float | None = None
        self._decibels = True
        self._boxes: list[PlotBox] = []
        self._lanes: dict[str, LaneCurve] = {}
        self._play_lines: list[pg.InfiniteLine] = []
        self._hover_lines: list[pg.InfiniteLine] = []
        self._chips: dict[str, LegendChip] = {}
        self._redraw = QTimer(self)
        self._redraw.setSingleShot(True)
        self._redraw.setInterval(0)
        self._redraw.timeout.connect(self._draw)
        self._lay_out()
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Waveforms")
        theme_of(self).changed.connect(self._rebuild)

    def _lay_out(self) -> None:
        self.canvas = PlotCanvas()
        self.canvas.hovered.connect(self._hover)
        self.canvas.left.connect(self._leave)
        self.canvas.set_data_copy(self.visible_data)
        self.canvas.add_menu_action("Fit", self.fit)
        self.canvas.add_menu_action("Zoom to selection", self.zoom_to_selection)
        self.overview = OverviewStrip(AXIS_WIDTH + EDGE + 1, SPACE + 1)
        self.overview.range_dragged.connect(self.set_view_range)
        self.overview.fit_requested.connect(self.fit)
        self._time = label("", "figures", "soft")
        self._time.setMinimumWidth(88)
        self._time.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._unit_button = tool_button("wave", "Read full scale as dBFS")
        self._unit_button.setCheckable(True)
        self._unit_button.setChecked(True)
        self._unit_button.toggled.connect(self._set_decibels)
        self._unit_button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
        self._unit_button.setText("dB")
        self._mode_button = tool_button("overlay", "Lay the signals over each other")
        self._mode_button.clicked.connect(self._switch_mode)
        fit = tool_button("fit", "Fit", "0")
        fit.clicked.connect(self.fit)
        head = QHBoxLayout()
        head.setContentsMargins(SPACE, HALF, HALF, HALF)
        head.setSpacing(HALF)
        self._legend = QHBoxLayout()
        self._legend.setSpacing(HALF)
        head.addLayout(self._legend)
        head.addStretch(1)
        head.addWidget(self._time)
        for button in (self._unit_button, self._mode_button, fit):
            head.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(head)
        column.addWidget(self.canvas, 1)
        column.addWidget(self.overview)

    # What is shown

    @property
    def signals(self) -> tuple[WaveSignal, ...]:
        """The signals, in their order from the top."""
        return self._signals

    @property
    def duration(self) -> float:
        """The length of the longest, in seconds."""
        return self._duration

    @property
    def mode(self) -> Mode:
        """``lanes`` or ``overlay``."""
        return self._mode

    def set_signals(self, signals: Iterable[WaveSignal], *, keep_view: bool = False) -> None:
        """Show these signals; the view starts at the whole unless it is kept."""
        self._signals = tuple(signals)
        self._duration = max((signal.duration for signal in self._signals), default=0.0)
        self._hidden &= {signal.name for signal in self._signals}
        self.overview.set_signals(
            [(signal.source, signal.role) for signal in self._signals[:2]], self._duration
        )
        if not keep_view:
            self._view = (0.0, max(self._duration, 1e-3))
            self._selection = None
            self.overview.set_selection(None)
        self._rebuild()
        self.set_view_range(*self._view)

    def set_mode(self, mode: Mode) -> None:
        """Show lanes, or all signals over each other."""
        self._mode = mode
        overlaid = mode == "overlay"
        set_icon(self._mode_button, "lanes" if overlaid else "overlay")
        words = "Show the signals as lanes" if overlaid else "Lay the signals over each other"
        self._mode_button.setToolTip(words)
        self._mode_button.setAccessibleName(words)
        self._rebuild()

    def set_parts(self, parts: Sequence[Part]) -> None:
        """Mark training, validation and test."""
        self._parts = tuple(parts)
        self.overview.set_parts(parts)
        self._rebuild()

    def set_visible(self, name: str, visible: bool) -> None:
        """Show or hide one signal."""
        if visible:
            self._hidden.discard(name)
        else:
            self._hidden.add(name)
        if name in self._chips:
            self._chips[name].setChecked(visible)
        self._rebuild()

    def set_play_position(self, seconds: float | None) -> None:
        """Show where it plays, in seconds, or nowhere."""
        if seconds == self._play:
            return
        self._play = seconds
        for line in self._play_lines:
            line.setVisible(seconds is not None)
            if seconds is not None:
                line.setPos(seconds)
        self.overview.set_play_position(seconds)

    # The view

    @property
    def view_range(self) -> tuple[float, float]:
        """The stretch on screen, in seconds."""
        return self._view

    def set_view_range(self, start: float, stop: float) -> None:
        """Show a stretch, in seconds, held within the signal and above a few samples."""
        rate = max((signal.source.sample_rate for signal in self._signals), default=1.0)
        whole = max(self._duration, 1e-3)
        span = min(max(stop - start, _LEAST_SAMPLES / rate), whole)
        centre = (start + stop) / 2
        start = min(max(centre - span / 2, 0.0), whole - span)
        self._view = (start, start + span)
        for box in self._boxes:
            box.blockSignals(True)
            box.setXRange(*self._view, padding=0)
            box.blockSignals(False)
        self.overview.set_view(*self._view)
        self._redraw.start()
        self.view_changed.emit(*self._view)

    def fit(self) -> None:
        """Show everything, at its full height."""
        self._fit_heights()
        self.set_view_range(0.0, self._duration)

    def zoom(self, factor: float, at: float | None = None) -> None:
        """Show ``factor`` times as much, keeping a time (the middle) where it is."""
        start, stop = self._view
        centre = (start + stop) / 2 if at is None else at
        self.set_view_range(centre - (centre - start) * factor, centre + (stop - centre) * factor)

    def zoom_to_selection(self) -> None:
        """Show what is selected, or everything."""
        if self._selection is None:
            self.fit()
        else:
            self.set_view_range(*self._selection)

    # The selection

    @property
    def selection(self) -> tuple[float, float] | None:
        """What is selected, in seconds."""
        return self._selection

    def set_selection(self, start: float | None, stop: float | None = None) -> None:
        """Select a stretch, in seconds, or nothing; emits when it differs."""
        wanted = None
        if start is not None and stop is not None and stop > start:
            wanted = (max(start, 0.0), min(stop, self._duration))
        if wanted == self._selection:
            return
        self._show_selection(wanted)
        self.selection_changed.emit(wanted)

    def _show_selection(self, selection: tuple[float, float] | None) -> None:
        self._selection = selection
        self.overview.set_selection(selection)
        for item in self._selection_items:
            item.setVisible(selection is not None)
            if selection is not None:
                item.set_range(*selection)
        self._say_time(None)

    def _selecting(self, start: float, stop: float, ended: bool) -> None:
        start, stop = max(start, 0.0), min(stop, self._duration)
        if stop <= start:
            return
        self._show_selection((start, stop))
        if ended:
            self.selection_changed.emit(self._selection)

    # Building

    _selection_items: Sequence[ShadeItem] = ()

    def _rebuild(self) -> None:
        self.canvas.drop_plots()
        self._boxes, self._lanes = [], {}
        self._play_lines, self._hover_lines = [], []
        self._selection_items = []
        self._rebuild_legend()
        shown = [signal for signal in self._signals if signal.name not in self._hidden]
        if self._mode == "overlay" and shown:
            self._build_plot(0, shown, last=True)
        else:
            for row, signal in enumerate(shown):
                self._build_plot(row, [signal], last=row == len(shown) - 1)
        self._fit_heights()
        for box in self._boxes:
            box.setXRange(*self._view, padding=0)
            box.sigXRangeChanged.connect(self._moved)
        self._redraw.start()

    def _build_plot(self, row: int, signals: list[WaveSignal], *, last: bool) -> None:
        theme = theme_of(self)
        plot, box = self.canvas.add_plot(row, bottom=TimeAxis())
        axis = plot.getAxis("bottom")
        axis.setStyle(showValues=last)
        axis.setHeight(24 if last else 5)
        units = {signal.unit for signal in signals}
        name = signals[0].label if len(signals) == 1 else ""
        unit = units.pop() if len(units) == 1 else ""
        plot.setLabel(
            "left", " ".join(part for part in (name, f"({unit})" if unit else "") if part)
        )
        plot.getAxis("left").label.setFont(font("small"))
        for part in self._parts:
            box.addItem(self._part_item(part, paint_part), ignoreBounds=True)
            if row == 0:
                name_item = self._part_item(part, paint_part_name)
                name_item.setZValue(20)
                box.addItem(name_item, ignoreBounds=True)
        selection = ShadeItem(self._paint_selection, *(self._selection or (0.0, 0.0)))
        selection.setVisible(self._selection is not None)
        selection.setZValue(-5)
        box.addItem(selection, ignoreBounds=True)
        self._selection_items = [*self._selection_items, selection]
        for signal in signals:
            lane = LaneCurve(signal, plot)
            lane.dress(theme, overlaid=len(signals) > 1)
            self._lanes[signal.name] = lane
        self._add_lines(box)
        box.clicked.connect(self._clicked)
        box.selecting.connect(self._selecting)
        box.fit_requested.connect(self.fit)
        self._boxes.append(box)

    def _add_lines(self, box: PlotBox) -> None:
        theme = theme_of(self)
        hover = pg.InfiniteLine(angle=90, pen=QPen(theme.colour("soft", 0.6), 0))
        hover.setVisible(False)
        play = pg.InfiniteLine(angle=90, pen=pg.mkPen(theme.colour("text"), width=1.5))
        play.setVisible(self._play is not None)
        if self._play is not None:
            play.setPos(self._play)
        for line in (hover, play):
            box.addItem(line, ignoreBounds=True)
        self._hover_lines.append(hover)
        self._play_lines.append(play)

    def _part_item(
        self, part: Part, paint: Callable[[QPainter, QRectF, Part, Theme], None]
    ) -> ShadeItem:
        def paint_in(painter: QPainter, area: QRectF) -> None:
            paint(painter, area, part, theme_of(self))

        return ShadeItem(paint_in, part.start, part.stop)

    def _paint_selection(self, painter: QPainter, area: QRectF) -> None:
        theme = theme_of(self)
        painter.fillRect(area, theme.colour("accent", 0.18))
        for x in (area.left(), area.right() - 1):
            painter.fillRect(QRectF(x, area.top(), 1, area.height()), theme.colour("accent"))

    def _rebuild_legend(self) -> None:
        if tuple(self._chips) == tuple(signal.name for signal in self._signals):
            return
        for chip in self._chips.values():
            self._legend.removeWidget(chip)
            chip.deleteLater()
        self._chips = {}
        for signal in self._signals:
            chip = LegendChip(signal.label, signal.role, signal.style, value_width=11)
            chip.setChecked(signal.name not in self._hidden)
            chip.clicked.connect(lambda on, name=signal.name: self.set_visible(name, on))
            self._legend.addWidget(chip)
            self._chips[signal.name] = chip

    def _fit_heights(self) -> None:
        groups: dict[int, float] = {}
        lanes = list(self._lanes.values())
        overlaid = self._mode == "overlay"
        for place, lane in enumerate(lanes):
            box = 0 if overlaid else place
            groups[box] = max(groups.get(box, 0.0), lane.signal.largest())
        for place, height in groups.items():
            reach = 1.06 * height if height > 0 else 1.0
            self._boxes[place].setYRange(-reach, reach, padding=0)

    # Drawing and the mouse

    def _draw(self) -> None:
        if not self._boxes:
            return
        columns = max(int(self._boxes[0].width()), 1)
        for lane in self._lanes.values():
            lane.draw(*self._view, columns)

    def _moved(self, box: PlotBox, view: tuple[float, float]) -> None:
        self.set_view_range(*view)

    def _clicked(self, seconds: float) -> None:
        self.setFocus(Qt.FocusReason.MouseFocusReason)
        if self._duration > 0:
            self.seek.emit(min(max(seconds, 0.0), self._duration))

    def _hover(self, position: QPointF) -> None:
        inside = [box for box in self._boxes if box.sceneBoundingRect().contains(position)]
        if not inside:
            self._leave()
            return
        seconds = float(inside[0].mapSceneToView(position).x())
        span = (self._view[1] - self._view[0]) / max(inside[0].width(), 1)
        for line in self._hover_lines:
            line.setPos(seconds)
            line.setVisible(True)
        self._say_time(seconds)
        for name, lane in self._lanes.items():
            value = lane.reading(seconds, span)
            self._chips[name].set_value(
                reading_text(value, lane.signal.unit, decibels=self._decibels)
            )

    def _leave(self) -> None:
        for line in self._hover_lines:
            line.setVisible(False)
        for chip in self._chips.values():
            chip.set_value("")
        self._say_time(None)

    def _say_time(self, seconds: float | None) -> None:
        if seconds is not None:
            self._time.setText(time_text(seconds, 4))
        elif self._selection is not None:
            start, stop = self._selection
            self._time.setText(f"{time_text(start)} to {time_text(stop)}")
        else:
            self._time.setText("")

    def _set_decibels(self, on: bool) -> None:
        self._decibels = on

    def _switch_mode(self) -> None:
        self.set_mode("lanes" if self._mode == "overlay" else "overlay")

    def visible_data(self) -> str:
        """What is on screen (or selected) as tab-separated text.

        Samples where they are few enough, else minimum and maximum of each column on screen.
        """
        start, stop = self._selection or self._view
        shown = [lane.signal for lane in self._lanes.values()]
        if not shown:
            return ""
        rates = {signal.source.sample_rate for signal in shown}
        rate = shown[0].source.sample_rate
        first = max(int(np.ceil(start * rate)), 0)
        last = min(int(stop * rate) + 1, min(signal.source.n_samples for signal in shown))
        if len(rates) == 1 and 0 < last - first <= _MOST_ROWS:
            columns: list[NDArray[Any]] = [np.arange(first, last) / rate]
            columns += [s.source.samples(first, last) * s.full_scale for s in shown]
            names = ["seconds", *(f"{s.label} ({s.unit})" for s in shown)]
            return _as_text(names, columns)
        return self._envelope_text(shown, start, stop)

    def _envelope_text(self, shown: list[WaveSignal], start: float, stop: float) -> str:
        count = max(int(self._boxes[0].width()), 1)
        names = ["seconds"]
        columns: list[NDArray[Any]] = [start + np.arange(count) * (stop - start) / count]
        for signal in shown:
            rate = signal.source.sample_rate
            low, high = signal.source.peaks(int(start * rate), int(stop * rate), count)
            names += [f"{signal.label} minimum ({signal.unit})", f"maximum ({signal.unit})"]
            columns += [low * signal.full_scale, high * signal.full_scale]
        return _as_text(names, columns)

    # Qt overrides

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._redraw.start()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        start, stop = self._view
        step = 0.2 * (stop - start)
        key = Qt.Key(event.key())
        if key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal):
            self.zoom(0.5)
        elif key == Qt.Key.Key_Minus:
            self.zoom(2.0)
        elif key == Qt.Key.Key_0:
            self.fit()
        elif key == Qt.Key.Key_Left:
            self.set_view_range(start - step, stop - step)
        elif key == Qt.Key.Key_Right:
            self.set_view_range(start + step, stop + step)
        elif key == Qt.Key.Key_Escape and self._selection is not None:
            self.set_selection(None)
        else:
            super().keyPressEvent(event)


def _as_text(names: Sequence[str], columns: Sequence[NDArray[Any]]) -> str:
    """Columns as tab-separated lines under their names; the shortest sets the length."""
    count = min(len(column) for column in columns)
    rows = zip(*(column[:count].tolist() for column in columns), strict=True)
    lines = ("\t".join(f"{value:.9g}" for value in row) for row in rows)
    return "\n".join(["\t".join(names), *lines])
