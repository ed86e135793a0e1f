"""A spectrogram on the waveforms' time axis, computed for what is on screen, off its thread."""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Iterable
from functools import partial

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import QResizeEvent, QShowEvent
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QVBoxLayout, QWidget

from widgets.axes import FrequencyAxis, TimeAxis, frequency_text, time_text
from widgets.background import in_background
from widgets.buttons import tool_button
from widgets.colour_maps import LEVELS, lookup
from widgets.cursors import TimeCursors
from widgets.lane import WaveSignal
from widgets.marks import Mark, Marks
from widgets.plots import PlotBox, PlotCanvas
from widgets.spectra_tiles import (
    COLUMNS,
    FLOOR_DB,
    LOWEST,
    ROWS,
    Grid,
    TilePlace,
    compute_tile,
    hop_for,
    tiles_between,
)
from widgets.stretches import StretchItem
from widgets.theme import label, theme_of
from widgets.tokens import HALF, SPACE
from widgets.wave_head import SelectionBar

KEPT_TILES = 384
"""40 KiB each."""
KEPT_ITEMS = 48
SIZES = ((512, "time detail"), (2048, "balanced"), (8192, "frequency detail"))
Key = tuple[str, Grid, TilePlace]


class Spectrogram(QWidget):
    """Levels over time and frequency of one of several signals.

    Signals
    -------
    seek(float)
        The time in seconds that was clicked.
    view_changed(float, float)
        The stretch that the user wants to see, in seconds.
    selecting(float, float, bool)
        From and to of a shift-drag, and whether it has ended.
    fit_requested()
    """

    seek = Signal(float)
    view_changed = Signal(float, float)
    selecting = Signal(float, float, bool)
    fit_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._signals: dict[str, WaveSignal] = {}
        self._grid = Grid()
        self._view = (0.0, 1.0)
        self._tiles: OrderedDict[Key, NDArray[np.uint8]] = OrderedDict()
        self._items: OrderedDict[Key, pg.ImageItem] = OrderedDict()
        self._wanted: list[Key] = []
        self._working: Key | None = None
        self._generation = 0
        self._trouble = ""
        self._settle = QTimer(self)
        self._settle.setSingleShot(True)
        self._settle.setInterval(0)
        self._settle.timeout.connect(self._look)
        self._make_plot()
        self._lay_out()
        self.setAccessibleName("Spectrogram")
        theme_of(self).changed.connect(self._dress)

    def _make_plot(self) -> None:
        self.canvas = PlotCanvas()
        self.canvas.set_data_copy(self.visible_data)
        self.canvas.add_menu_action("Fit", self.fit_requested.emit)
        self.canvas.hovered.connect(self._hover)
        self.canvas.left.connect(self._leave)
        self._axis = FrequencyAxis("left")
        self.plot, self._box = self.canvas.add_plot(0, bottom=TimeAxis(), left=self._axis)
        self.plot.setLabel("left", "frequency (Hz)")
        self._feet = StretchItem(20)
        self._box.addItem(self._feet, ignoreBounds=True)
        self._marks = Marks()
        self.cursors = TimeCursors(self._box, on_dark=True)
        self._box.clicked.connect(self.seek)
        self._box.selecting.connect(self.selecting)
        self._box.fit_requested.connect(self.fit_requested)
        self._box.sigXRangeChanged.connect(self._moved)

    def _lay_out(self) -> None:
        self.choice = QComboBox()
        self.choice.setAccessibleName("Signal")
        self.choice.currentIndexChanged.connect(lambda _index: self._settle.start())
        self._size = QComboBox()
        self._size.setAccessibleName("Window length")
        for size, words in SIZES:
            self._size.addItem(f"{size} samples, {words}", size)
        self._size.setCurrentIndex(1)
        self._size.currentIndexChanged.connect(lambda _index: self._regrid())
        self._log = tool_button("train", "Logarithmic frequency")
        self._log.setText("log")
        self._log.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
        self._log.setCheckable(True)
        self._log.setChecked(True)
        self._log.toggled.connect(lambda _on: self._regrid())
        self.selection = SelectionBar()
        self._readout = label("", "figures", "soft")
        self._scale = label(f"{FLOOR_DB:.0f} to 0 dBFS".replace("-", "\u2212"), "small", "soft")
        head = QHBoxLayout()
        head.setContentsMargins(SPACE, HALF, HALF, HALF)
        head.setSpacing(SPACE)
        head.addWidget(self.choice)
        head.addWidget(self._size)
        head.addWidget(self._log)
        head.addStretch(1)
        head.addWidget(self.selection)
        head.addWidget(self._readout)
        head.addWidget(self._scale)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(head)
        column.addWidget(self.canvas, 1)
        self._regrid()

    # What is shown

    def set_signals(self, signals: Iterable[WaveSignal]) -> None:
        """Offer these signals; the one shown stays if it is among them, else it is the wet."""
        found = list(signals)
        before = self.choice.currentData()
        self._signals = {signal.name: signal for signal in found}
        self._generation += 1
        self._forget()
        self.choice.blockSignals(True)
        self.choice.clear()
        for signal in found:
            self.choice.addItem(signal.label, signal.name)
        names = list(self._signals)
        wet = next((s.name for s in found if s.role == "wet"), names[0] if names else "")
        chosen = before if before in self._signals else wet
        self.choice.setCurrentIndex(names.index(chosen) if names else -1)
        self.choice.blockSignals(False)
        self._regrid()

    def show_signal(self, name: str) -> None:
        """Show another of the signals."""
        self.choice.setCurrentIndex(self.choice.findData(name))

    @property
    def signal(self) -> WaveSignal | None:
        """The signal shown."""
        return self._signals.get(str(self.choice.currentData()))

    def set_view_range(self, start: float, stop: float) -> None:
        """Show a stretch of time, in seconds, without telling of it."""
        self._view = (start, stop)
        self._box.blockSignals(True)
        self._box.setXRange(start, stop, padding=0)
        self._box.blockSignals(False)
        self.plot.getAxis("bottom").linkedViewChanged(self._box, (start, stop))
        self.cursors.range_changed()
        self._feet.viewRangeChanged()
        self._settle.start()

    def set_selection(self, selection: tuple[float, float] | None) -> None:
        """Show what is selected, in seconds."""
        self.cursors.set_selection(selection)
        self.selection.show_selection(selection)

    def set_marks(self, marks: Iterable[Mark]) -> None:
        """Show along the foot where verdicts are."""
        self._marks = Marks(marks)
        self._feet.set_layers(self._marks.foot_layers(theme_of(self)))

    @property
    def pending(self) -> int:
        """How many tiles of what is on screen are still to come."""
        return sum(key not in self._tiles for key in self._wanted)

    @property
    def trouble(self) -> str:
        """Why something could not be computed."""
        return self._trouble

    # Tiles

    def _regrid(self) -> None:
        """Take the window length and the axis chosen."""
        self._grid = Grid(int(self._size.currentData()), self._log.isChecked())
        self._axis.set_logarithmic(self._grid.logarithmic)
        signal = self.signal
        top = (signal.source.sample_rate if signal is not None else 48_000.0) / 2
        if self._grid.logarithmic:
            self._box.setYRange(math.log10(LOWEST), math.log10(top), padding=0)
        else:
            self._box.setYRange(0.0, top, padding=0)
        self._settle.start()

    def _look(self) -> None:
        """See which tiles are needed; show those that are there, have the others computed."""
        signal = self.signal
        if signal is None or not self.isVisible() or signal.source.n_samples == 0:
            self._wanted = []
            return
        rate = signal.source.sample_rate
        start, stop = (time * rate for time in self._view)
        hop = hop_for(stop - start, self._box.width() * self.canvas.devicePixelRatioF())
        places = tiles_between(start, stop, signal.source.n_samples, hop)
        self._wanted = [(signal.name, self._grid, place) for place in places]
        for key in self._wanted:
            if key in self._tiles:
                self._tiles.move_to_end(key)
                self._show_tile(key)
        self._drop_items()
        self._work()

    def _work(self) -> None:
        if self._working is not None:
            return
        missing = next((key for key in self._wanted if key not in self._tiles), None)
        signal = self._signals.get(missing[0]) if missing is not None else None
        if missing is None or signal is None:
            return
        self._working = missing
        _, grid, place = missing
        in_background(
            self,
            partial(compute_tile, signal.source, place, grid),
            partial(self._computed, missing, self._generation),
            partial(self._failed, missing),
        )

    def _computed(self, key: Key, generation: int, tile: NDArray[np.uint8]) -> None:
        self._working = None
        if generation == self._generation:
            self._tiles[key] = tile
            while len(self._tiles) > KEPT_TILES:
                self._tiles.popitem(last=False)
            if key in self._wanted:
                self._show_tile(key)
                self._drop_items()
        self._work()

    def _failed(self, key: Key, error: Exception) -> None:
        self._working = None
        self._trouble = str(error)
        self._tiles[key] = np.zeros((ROWS, COLUMNS), np.uint8)
        self._work()

    def _show_tile(self, key: Key) -> None:
        if key in self._items:
            self._items.move_to_end(key)
            self._items[key].setZValue(-5)
            return
        _, grid, place = key
        signal = self._signals[key[0]]
        rate = signal.source.sample_rate
        item = pg.ImageItem(axisOrder="row-major")
        item.setImage(self._tiles[key], autoLevels=False, levels=(0, 255))
        item.setLookupTable(lookup(LEVELS))
        low, high = grid.edges(rate)[[0, -1]]
        if grid.logarithmic:
            low, high = math.log10(low), math.log10(high)
        item.setRect(QRectF(place.start / rate, low, COLUMNS * place.hop / rate, high - low))
        item.setZValue(-5)
        self._box.addItem(item, ignoreBounds=True)
        self._items[key] = item

    def _drop_items(self) -> None:
        """Coarser and finer tiles stay beneath until all that is wanted is there."""
        wanted = set(self._wanted)
        whole = self.pending == 0
        for key in list(self._items):
            if key in wanted:
                continue
            other = bool(self._wanted) and key[:2] != self._wanted[0][:2]
            if whole or other or len(self._items) > KEPT_ITEMS:
                self._box.removeItem(self._items.pop(key))
            else:
                self._items[key].setZValue(-6)

    def _forget(self) -> None:
        self._tiles.clear()
        for item in self._items.values():
            self._box.removeItem(item)
        self._items.clear()
        self._wanted = []

    # The mouse

    def _moved(self, _box: PlotBox, view: tuple[float, float]) -> None:
        self.view_changed.emit(*view)

    def _hover(self, position: QPointF) -> None:
        if not self._box.sceneBoundingRect().contains(position):
            self._leave()
            return
        point = self._box.mapSceneToView(position)
        seconds = float(point.x())
        hertz = 10 ** float(point.y()) if self._grid.logarithmic else float(point.y())
        self.cursors.set_hover(seconds)
        words = f"{time_text(seconds, 4)}   {frequency_text(float(f'{hertz:.3g}'))} Hz"
        level = self._level_at(seconds, hertz)
        if level is not None:
            words += f"   {level:.0f} dBFS".replace("-", "\u2212")
        self._readout.setText(words)

    def _level_at(self, seconds: float, hertz: float) -> float | None:
        signal = self.signal
        if signal is None or not self._wanted:
            return None
        rate = signal.source.sample_rate
        hop = self._wanted[0][2].hop
        column, number = int(seconds * rate // hop), int(seconds * rate // (hop * COLUMNS))
        tile = self._tiles.get((signal.name, self._grid, TilePlace(hop, number)))
        row = int(np.searchsorted(self._grid.edges(rate), hertz)) - 1
        if tile is None or not 0 <= row < ROWS:
            return None
        return FLOOR_DB * (1.0 - float(tile[row, column % COLUMNS]) / 255.0)

    def _leave(self) -> None:
        self.cursors.set_hover(None)
        self._readout.setText("")

    def visible_data(self) -> str:
        """What is on screen as tab-separated text: a line a column, a cell a frequency, in dBFS."""
        signal = self.signal
        keys = sorted(
            (key for key in self._wanted if key in self._tiles), key=lambda key: key[2].number
        )
        if signal is None or not keys:
            return ""
        rate = signal.source.sample_rate
        edges = self._grid.edges(rate)
        lines = ["\t".join(["seconds", *(f"{hertz:.6g} Hz" for hertz in edges[:-1])])]
        for key in keys:
            place, tile = key[2], self._tiles[key]
            for column in range(COLUMNS):
                seconds = (place.start + column * place.hop) / rate
                if self._view[0] <= seconds <= self._view[1]:
                    levels = FLOOR_DB * (1.0 - tile[:, column] / 255.0)
                    cells = (f"{level:.1f}" for level in levels.tolist())
                    lines.append("\t".join([f"{seconds:.9g}", *cells]))
        return "\n".join(lines)

    def _dress(self) -> None:
        self.cursors.dress(theme_of(self))
        self._feet.set_layers(self._marks.foot_layers(theme_of(self)))

    # Qt overrides

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._settle.start()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._settle.start()
