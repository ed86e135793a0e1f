"""Waveforms on one time axis, as lanes or laid over each other, from hours down to samples."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

from PySide6.QtCore import QEvent, QPointF, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from widgets.axes import time_text
from widgets.lane import LaneCurve, WaveSignal, reading_text
from widgets.marks import Mark, MarkLevel, Marks
from widgets.overview import OverviewStrip
from widgets.parts import Part
from widgets.plots import AXIS_WIDTH, EDGE, PlotBox, PlotCanvas
from widgets.theme import theme_of
from widgets.tokens import SPACE
from widgets.wave_head import FEW_STATES, WaveHead
from widgets.wave_keys import WaveKeys
from widgets.wave_plot import WavePlot
from widgets.wave_text import signals_as_text

__all__ = ["Mark", "MarkLevel", "Part", "WaveSignal", "WaveformView"]

Mode = Literal["lanes", "overlay"]
_LEAST_SAMPLES = 8
_ROOM = 0.35
"""Of a stretch's length is left on each side of it when it is shown."""
_LEAST_SHOWN = 256
"""Samples around the shortest stretch that is shown."""


class WaveformView(QWidget):
    """Signals on linked time axes with an overview strip and a readout at the cursor.

    Signals
    -------
    seek(float)
        The time in seconds that was clicked.
    play_selection(float, float)
        Play this stretch, in seconds.
    selection_changed(object)
        ``(start, stop)`` in seconds, or None.
    view_changed(float, float)
        The stretch on screen, in seconds.
    """

    seek = Signal(float)
    play_selection = Signal(float, float)
    selection_changed = Signal(object)
    view_changed = Signal(float, float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.keys = WaveKeys(self)  # first: whatever follows is an event already
        self._signals: tuple[WaveSignal, ...] = ()
        self._mode: Mode = "lanes"
        self._parts: tuple[Part, ...] = ()
        self._marks = Marks()
        self._tour: tuple[Mark, ...] = ()
        self._mark = -1
        self._hidden: set[str] = set()
        self._chosen: set[str] = set()
        self._view = (0.0, 1.0)
        self._duration = 0.0
        self._selection: tuple[float, float] | None = None
        self._play: float | None = None
        self._decibels = True
        self._plots: list[WavePlot] = []
        self._lanes: dict[str, LaneCurve] = {}
        self._redraw = QTimer(self)
        self._redraw.setSingleShot(True)
        self._redraw.setInterval(0)
        self._redraw.timeout.connect(self._draw)
        self.head = WaveHead(self)
        self._lay_out()
        self._connect_head()
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Waveforms")
        theme_of(self).changed.connect(self._dress)

    def _lay_out(self) -> None:
        self.canvas = PlotCanvas()
        self.canvas.hovered.connect(self._hover)
        self.canvas.left.connect(self._leave)
        self.canvas.set_data_copy(self.visible_data)
        self.canvas.add_menu_action("Fit", self.fit)
        self.canvas.add_menu_action("Zoom to selection", self.zoom_to_selection)
        self.canvas.add_menu_action("Play the selection", self.ask_to_play)
        self.overview = OverviewStrip(AXIS_WIDTH + EDGE + 1, SPACE + 1)
        self.overview.range_dragged.connect(self.set_view_range)
        self.overview.fit_requested.connect(self.fit)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.head)
        column.addWidget(self.canvas, 1)
        column.addWidget(self.overview)

    def _connect_head(self) -> None:
        head = self.head
        head.shown.connect(self.set_visible)
        head.mode_wanted.connect(self._switch_mode)
        head.fit_wanted.connect(self.fit)
        head.decibels_wanted.connect(self._set_decibels)
        head.selecting_wanted.connect(self._set_selecting)
        head.mark_wanted.connect(self.go_to_mark)
        head.selection.play.connect(self.ask_to_play)
        head.selection.zoom.connect(self.zoom_to_selection)
        head.selection.cleared.connect(lambda: self.set_selection(None))

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
        states = [signal.name for signal in self._signals if signal.role == "state"]
        if len(states) > FEW_STATES:
            # A circuit may have dozens: their lanes would be too low to see anything.
            self._hidden |= {name for name in states[1:] if name not in self._chosen}
        self._show_overview()
        if not keep_view:
            self._view = (0.0, max(self._duration, 1e-3))
            self.set_selection(None)
        self._rebuild()
        self.set_view_range(*self._view)

    def refresh(self) -> None:
        """Draw again: the signals' peaks have grown."""
        self._show_overview()
        for plot in self._plots:
            plot.fit_height()
        self._redraw.start()

    def _show_overview(self) -> None:
        self.overview.set_signals(
            [(signal.source, signal.role) for signal in self._signals[:2]], self._duration
        )

    def set_mode(self, mode: Mode) -> None:
        """Show lanes, or all signals over each other."""
        self._mode = mode
        self.head.show_mode(overlaid=mode == "overlay")
        self._rebuild()

    def set_parts(self, parts: Sequence[Part]) -> None:
        """Mark training, validation and test."""
        self._parts = tuple(parts)
        self.overview.set_parts(parts)
        for plot in self._plots:
            plot.set_parts(self._parts)

    def set_marks(self, marks: Iterable[Mark], tour: Iterable[Mark] | None = None) -> None:
        """Mark stretches: where a verdict is, what is left out. Thousands are quick.

        Going from mark to mark visits ``tour``, or all that are not just left out.
        """
        self._marks = Marks(marks)
        wanted = (m for m in self._marks.all if m.level != "cut") if tour is None else tour
        self._tour = tuple(sorted(wanted, key=lambda mark: mark.start))
        self._mark = -1
        self.overview.set_marks(self._marks)
        self.head.show_marks(len(self._tour))
        for plot in self._plots:
            plot.set_marks(self._marks)

    @property
    def marks(self) -> tuple[Mark, ...]:
        """The marks, in order of time."""
        return self._marks.all

    def go_to_mark(self, step: int) -> None:
        """Show the next mark (1) or the one before (-1), around and around."""
        marks = self._tour
        if marks:
            begin = -1 if step > 0 else 0
            self._mark = ((self._mark if self._mark >= 0 else begin) + step) % len(marks)
            self.show_stretch(marks[self._mark].start, marks[self._mark].stop)

    def set_visible(self, name: str, visible: bool) -> None:
        """Show or hide one signal."""
        (self._hidden.discard if visible else self._hidden.add)(name)
        (self._chosen.add if visible else self._chosen.discard)(name)
        self._rebuild()

    def set_play_position(self, seconds: float | None) -> None:
        """Show where it plays, in seconds, or nowhere."""
        if seconds == self._play:
            return
        self._play = seconds
        for plot in self._plots:
            plot.cursors.set_play_position(seconds)
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
        for plot in self._plots:
            plot.set_view(*self._view)
        self.overview.set_view(*self._view)
        self._redraw.start()
        self.view_changed.emit(*self._view)

    def show_stretch(self, start: float, stop: float) -> None:
        """Show a stretch, in seconds, with some room around it."""
        rate = max((signal.source.sample_rate for signal in self._signals), default=1.0)
        room = max(_ROOM * (stop - start), _LEAST_SHOWN / rate / 2)
        self.set_view_range(start - room, stop + room)

    def fit(self) -> None:
        """Show everything, at its full height."""
        for plot in self._plots:
            plot.fit_height()
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

    def ask_to_play(self) -> None:
        """Ask for the selection to be played."""
        if self._selection is not None:
            self.play_selection.emit(*self._selection)

    def set_playing(self, playing: bool) -> None:
        """Say whether it plays: Space then pauses, instead of playing the selection."""
        self.keys.playing = playing

    def _show_selection(self, selection: tuple[float, float] | None) -> None:
        self._selection = selection
        self.overview.set_selection(selection)
        self.head.selection.show_selection(selection)
        for plot in self._plots:
            plot.cursors.set_selection(selection)

    def select_by_drag(self, start: float, stop: float, ended: bool) -> None:
        """Select while a drag goes on, here or in a view linked to this; tells once it ends."""
        start, stop = max(start, 0.0), min(stop, self._duration)
        if stop <= start:
            return
        self.setFocus(Qt.FocusReason.MouseFocusReason)
        self._show_selection((start, stop))
        if ended:
            self.selection_changed.emit(self._selection)

    def _set_selecting(self, on: bool) -> None:
        self.canvas.set_drag_selects(on)

    # Building

    def _rebuild(self) -> None:
        """Give each plot its signals; plots that are there already are used again."""
        self.head.show_signals(self._signals, self._hidden)
        shown = [signal for signal in self._signals if signal.name not in self._hidden]
        groups = [[signal] for signal in shown]
        if self._mode == "overlay":
            # A knob has an axis of its own: its range has nothing to do with volts.
            audio = [signal for signal in shown if signal.limits is None]
            groups = [audio] * bool(audio) + [[one] for one in shown if one.limits is not None]
        while len(self._plots) > len(groups):
            self._plots.pop().remove()
        while len(self._plots) < len(groups):
            self._plots.append(self._make_plot(len(self._plots)))
        self.canvas.set_rows(len(groups))
        self._lanes = {}
        for row, (plot, signals) in enumerate(zip(self._plots, groups, strict=True)):
            plot.show_signals(signals, last=row == len(groups) - 1)
            plot.set_view(*self._view)
            self._lanes |= {curve.signal.name: curve for curve in plot.curves}
        self._redraw.start()

    def _make_plot(self, row: int) -> WavePlot:
        plot = WavePlot(self.canvas, row)
        plot.set_parts(self._parts)
        plot.set_marks(self._marks)
        plot.cursors.set_selection(self._selection)
        plot.cursors.set_play_position(self._play)
        plot.box.clicked.connect(self._clicked)
        plot.box.selecting.connect(self.select_by_drag)
        plot.box.fit_requested.connect(self.fit)
        plot.box.sigXRangeChanged.connect(self._moved)
        return plot

    def _dress(self) -> None:
        for plot in self._plots:
            plot.dress()
        self._redraw.start()

    # Drawing and the mouse

    def _draw(self) -> None:
        for plot in self._plots:
            plot.draw(*self._view)

    def _moved(self, box: PlotBox, view: tuple[float, float]) -> None:
        self.set_view_range(*view)

    def _clicked(self, seconds: float) -> None:
        self.setFocus(Qt.FocusReason.MouseFocusReason)
        if self._duration > 0:
            self.seek.emit(min(max(seconds, 0.0), self._duration))

    def _hover(self, position: QPointF) -> None:
        boxes = [plot.box for plot in self._plots]
        inside = [box for box in boxes if box.sceneBoundingRect().contains(position)]
        if not inside:
            self._leave()
            return
        seconds = float(inside[0].mapSceneToView(position).x())
        span = (self._view[1] - self._view[0]) / max(inside[0].width(), 1)
        for plot in self._plots:
            plot.cursors.set_hover(seconds)
        self.head.time.setText(time_text(seconds, 4))
        self.canvas.setToolTip(self._marks.words_at(seconds, 3 * span))
        for name, lane in self._lanes.items():
            value = lane.reading(seconds, span)
            self.head.chips[name].set_value(
                reading_text(value, lane.signal.unit, decibels=self._decibels)
            )

    def _leave(self) -> None:
        for plot in self._plots:
            plot.cursors.set_hover(None)
        for chip in self.head.chips.values():
            chip.set_value("")
        self.head.time.setText("")

    def _set_decibels(self, on: bool) -> None:
        self._decibels = on

    def _switch_mode(self) -> None:
        self.set_mode("lanes" if self._mode == "overlay" else "overlay")

    def visible_data(self) -> str:
        """What is on screen (or selected) as tab-separated text."""
        shown = [curve.signal for curve in self._lanes.values()]
        if not shown:
            return ""
        start, stop = self._selection or self._view
        return signals_as_text(shown, start, stop, max(int(self._plots[0].box.width()), 1))

    # Qt overrides

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._redraw.start()

    def event(self, event: QEvent) -> bool:
        return self.keys.overrides(event) or super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if not self.keys.pressed(event):
            super().keyPressEvent(event)
