"""The row above the waveforms: legend, selection and its buttons, the time at the cursor."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QMenu, QSizePolicy, QToolButton, QWidget

from widgets.axes import time_text
from widgets.buttons import tool_button
from widgets.flow import FlowRow
from widgets.icons import set_icon
from widgets.lane import WaveSignal
from widgets.legend import LegendChip
from widgets.theme import label
from widgets.tokens import HALF, SPACE

FEW_STATES = 3
"""As many have a place in the legend each; of more, those that are shown."""


def length_text(seconds: float) -> str:
    """How long something is: ``820 µs``, ``12.5 ms``, ``4.000 s``, ``1:02.5``."""
    if seconds < 1e-3:
        return f"{1e6 * seconds:.0f} µs"
    if seconds < 1:
        return f"{1e3 * seconds:.4g} ms"
    return f"{seconds:.3f} s" if seconds < 60 else time_text(seconds, 1)


class SelectionBar(QWidget):
    """What is selected, how long it is, play it, drop it; hidden where nothing is.

    Signals
    -------
    play(), zoom(), cleared()
        A button was pressed.
    """

    play = Signal()
    zoom = Signal()
    cleared = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._words = label("", "figures")
        play = tool_button("play", "Play the selection", "Enter")
        zoom = tool_button("search", "Zoom to the selection", "Z")
        clear = tool_button("close", "Select nothing", "Esc")
        for button, signal in ((play, self.play), (zoom, self.zoom), (clear, self.cleared)):
            button.clicked.connect(signal)
        row = QHBoxLayout(self)
        row.setContentsMargins(HALF, 0, 0, 0)
        row.setSpacing(HALF)
        row.addWidget(play)
        row.addWidget(self._words)
        row.addWidget(zoom)
        row.addWidget(clear)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Selection")
        self.setVisible(False)

    @property
    def words(self) -> str:
        """What it says."""
        return self._words.text()

    def show_selection(self, selection: tuple[float, float] | None) -> None:
        """Say what is selected, in seconds."""
        self.setVisible(selection is not None)
        if selection is not None:
            start, stop = selection
            self._words.setText(
                f"{time_text(start)} to {time_text(stop)}  \u00b7  {length_text(stop - start)}"
            )


class WaveHead(QWidget):
    """Legend and buttons of a waveform view.

    Signals
    -------
    shown(str, bool)
        A signal is wanted, or not.
    mode_wanted(), fit_wanted()
    decibels_wanted(bool)
    selecting_wanted(bool)
        Whether a plain drag is to select.
    mark_wanted(int)
        The next mark (1) or the one before (-1).
    """

    shown = Signal(str, bool)
    mode_wanted = Signal()
    fit_wanted = Signal()
    decibels_wanted = Signal(bool)
    selecting_wanted = Signal(bool)
    mark_wanted = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.chips: dict[str, LegendChip] = {}
        self.selection = SelectionBar()
        self._legend = FlowRow()
        self._menu = QMenu(self)
        self.states = QToolButton()
        self.states.setMenu(self._menu)
        self.states.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.states.setToolTip("Choose the states that are shown")
        self.states.setAccessibleName("States that are shown")
        self.states.setVisible(False)
        self.time = label("", "figures", "soft")
        self.time.setMinimumWidth(88)
        self.time.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._before = tool_button("chevron-left", "Go to the mark before", "P")
        self._after = tool_button("chevron-right", "Go to the next mark", "N")
        self._before.clicked.connect(lambda: self.mark_wanted.emit(-1))
        self._after.clicked.connect(lambda: self.mark_wanted.emit(1))
        self.select_button = tool_button("select", "Drag selects (shift-drag always does)", "E")
        self.select_button.setCheckable(True)
        self.select_button.toggled.connect(self.selecting_wanted)
        self._unit = tool_button("wave", "Read full scale as dBFS")
        self._unit.setCheckable(True)
        self._unit.setChecked(True)
        self._unit.toggled.connect(self.decibels_wanted)
        self._unit.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
        self._unit.setText("dB")
        self._mode = tool_button("overlay", "Lay the signals over each other")
        self._mode.clicked.connect(self.mode_wanted)
        fit = tool_button("fit", "Fit", "0")
        fit.clicked.connect(self.fit_wanted)
        row = QHBoxLayout(self)
        row.setContentsMargins(SPACE, HALF, HALF, HALF)
        row.setSpacing(HALF)
        row.addWidget(self._legend, 1)
        row.addWidget(self.states)
        row.addWidget(self.selection)
        row.addWidget(self.time)
        row.addSpacing(HALF)
        for button in (self._before, self._after, self.select_button, self._unit, self._mode, fit):
            row.addWidget(button)
        self.show_marks(0)

    def show_marks(self, count: int) -> None:
        """Offer to go from mark to mark where there are any."""
        for button in (self._before, self._after):
            button.setVisible(count > 0)

    def show_mode(self, *, overlaid: bool) -> None:
        """Say what the button for lanes and overlay does next."""
        set_icon(self._mode, "lanes" if overlaid else "overlay")
        words = "Show the signals as lanes" if overlaid else "Lay the signals over each other"
        self._mode.setToolTip(words)
        self._mode.setAccessibleName(words)

    def show_signals(self, signals: Sequence[WaveSignal], hidden: set[str]) -> None:
        """A chip for each signal."""
        states = [signal for signal in signals if signal.role == "state"]
        folded = states if len(states) > FEW_STATES else []
        self._fold(folded, hidden)
        signals = [one for one in signals if one not in folded or one.name not in hidden]
        wanted = [(signal.name, signal.label, signal.role) for signal in signals]
        if wanted != [(name, c.text(), c.role) for name, c in self.chips.items()]:
            for chip in self.chips.values():
                self._legend.removeWidget(chip)
                chip.hide()
                chip.deleteLater()
            self.chips = {}
            for signal in signals:
                self._add_chip(signal)
        for name, chip in self.chips.items():
            chip.setChecked(name not in hidden)

    def _fold(self, states: Sequence[WaveSignal], hidden: set[str]) -> None:
        """Many states are chosen from a list; only those that are shown have a chip."""
        shown = sum(state.name not in hidden for state in states)
        self.states.setText(f"{shown} of {len(states)} states")
        self.states.setVisible(bool(states))
        if [state.name for state in states] != [a.data() for a in self._menu.actions()]:
            self._menu.clear()
            for state in states:
                action = self._menu.addAction(state.label)
                action.setData(state.name)
                action.setCheckable(True)
                action.toggled.connect(partial(self._choose, state.name))
        for action in self._menu.actions():
            action.blockSignals(True)
            action.setChecked(action.data() not in hidden)
            action.blockSignals(False)

    def _choose(self, name: str, on: bool) -> None:
        # Once the menu is gone: its own actions are rebuilt by what follows.
        QTimer.singleShot(0, self, lambda: self.shown.emit(name, on))

    def _add_chip(self, signal: WaveSignal) -> None:
        chip = LegendChip(signal.label, signal.role, signal.style, value_width=11)
        chip.clicked.connect(lambda on: self.shown.emit(signal.name, on))
        self._legend.addWidget(chip)
        self.chips[signal.name] = chip
