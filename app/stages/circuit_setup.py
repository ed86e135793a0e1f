"""What is simulated of one's own circuit: its ends, its knobs, its states, how it is solved."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QSignalBlocker, QSize, Qt, Signal
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import (
    QComboBox,
    QFrame,
    QHBoxLayout,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from app.open_circuit import OpenCircuit, Reading
from app.stages.circuit_knobs import KnobLines
from app.stages.pane import align_captions, rows_layout
from projects.circuits import CircuitSheet
from widgets.banner import Banner
from widgets.buttons import link_button
from widgets.schema import parse_number
from widgets.theme import label
from widgets.tokens import CONTROL_HEIGHT, HALF, SPACE

if TYPE_CHECKING:
    from engines.circuits.own import OwnState

STEPS = (1, 2, 4, 8, 16, 32, 64)
METHODS = (("trap", "Trapezoidal: the exact one"), ("gear", "Gear: damps ringing op amps"))
WIDTH = 620
STATE_ROWS = 6
STATE_HEIGHT = 22
DEEPEST_DRIVE = 1000.0
DRIVE_TIP = "What a full-scale sample (0 dBFS) of the dry signal is sent as, in volts"


class SetupPanel(QScrollArea):
    """Shows and changes the sheet of the circuit that is open; every change can be undone.

    Signals
    -------
    fit_wanted()
        Fit the set-up to the netlist as it is now.
    """

    fit_wanted = Signal()

    def __init__(self, circuit: OpenCircuit, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._circuit = circuit
        self._reading: Reading | None = None
        self.misfit = Banner(
            "warning",
            "",
            actions=[("Fit it", self.fit_wanted.emit)],
            parent=self,
            closable=False,
        )
        self.misfit.hide()
        self.input = _combo("Input")
        self.output = _combo("Output")
        self.output.setEditable(False)
        self.drive = QLineEdit()
        self.drive.setMinimumHeight(CONTROL_HEIGHT)
        self.drive.setAccessibleName("Drive in volts")
        self.drive.setToolTip(DRIVE_TIP)
        self.drive_problem = label("", "small", parent=self, wrap=True)
        self.drive_problem.setProperty("tone", "bad")
        self.drive_problem.hide()
        self.knobs = KnobLines(self)
        self.states = QListWidget(self)
        self.steps = _combo("Solver steps a sample")
        self.method = _combo("Method of the solver")
        self._state_count = label("", "small", "soft", self)
        self._fill_choices()
        self._lay_out()
        self._connect()

    # -- building --------------------------------------------------------------------------

    def _fill_choices(self) -> None:
        for steps in STEPS:
            words = "1 step" if steps == 1 else f"{steps} steps"
            self.steps.addItem(f"{words} a sample", steps)
        for key, words in METHODS:
            self.method.addItem(words, key)
        self.states.setAccessibleName("States that are kept")
        self.states.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.states.setUniformItemSizes(True)

    def _lay_out(self) -> None:
        page = QWidget(self)
        page.setMaximumWidth(WIDTH)
        column = QVBoxLayout(page)
        column.setContentsMargins(SPACE, SPACE, SPACE + HALF, 2 * SPACE)
        column.setSpacing(SPACE)
        column.addWidget(self.misfit)
        signal = rows_layout()
        signal.setVerticalSpacing(HALF)
        signal.addRow(label("Signal goes in at", colour="soft"), self.input)
        signal.addRow(label("Comes out at", colour="soft"), self.output)
        signal.addRow(label("Drive", colour="soft"), self._with_unit(self.drive, "V at 0 dBFS"))
        signal.addRow("", self.drive_problem)
        solver = rows_layout()
        solver.setVerticalSpacing(HALF)
        solver.addRow(label("Solver", colour="soft"), self.steps)
        solver.addRow(label("Method", colour="soft"), self.method)
        align_captions([signal, solver])
        column.addLayout(signal)
        column.addWidget(_heading("Knobs"))
        column.addWidget(self.knobs)
        column.addLayout(self._states_head())
        column.addWidget(self.states)
        column.addWidget(_heading("Solver"))
        column.addLayout(solver)
        column.addStretch(1)
        self.setWidget(page)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)

    @staticmethod
    def _with_unit(field: QLineEdit, unit: str) -> QWidget:
        held = QWidget()
        row = QHBoxLayout(held)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(SPACE)
        field.setFixedWidth(88)
        row.addWidget(field)
        row.addWidget(label(unit, colour="soft"))
        row.addStretch(1)
        return held

    def _states_head(self) -> QHBoxLayout:
        head = QHBoxLayout()
        head.setSpacing(0)
        head.addWidget(_heading("States that are kept"))
        head.addSpacing(SPACE)
        head.addWidget(self._state_count)
        head.addStretch(1)
        self.all_states = link_button("All")
        self.no_states = link_button("None")
        self.all_states.clicked.connect(lambda _on=False: self._leave_out(()))
        self.no_states.clicked.connect(
            lambda _on=False: self._leave_out(tuple(s.name for s in self._states()))
        )
        head.addWidget(self.all_states)
        head.addWidget(self.no_states)
        return head

    def _connect(self) -> None:
        circuit = self._circuit
        circuit.opened.connect(self._opened)
        circuit.read.connect(self._read)
        circuit.sheet_changed.connect(self._show)
        circuit.judged.connect(self._judged)
        self.input.activated.connect(lambda _i: self._choose("input", "Choose the input"))
        self.output.activated.connect(lambda _i: self._choose("output", "Choose the output"))
        self.steps.activated.connect(lambda _i: self._choose("steps", "Change the solver's steps"))
        self.method.activated.connect(lambda _i: self._choose("method", "Change the method"))
        self.drive.editingFinished.connect(self._drive_edited)
        self.knobs.changed.connect(lambda text, knobs: circuit.change(text, knobs=knobs))
        self.states.itemChanged.connect(lambda _item: self._states_edited())

    # -- showing ---------------------------------------------------------------------------

    def _opened(self) -> None:
        self._reading = None
        self._show()

    def _read(self, reading: Reading) -> None:
        if reading.fault is None:
            self._reading = reading  # a broken line leaves the choices as they were
            self._show()

    def _show(self) -> None:
        sheet, reading = self._circuit.sheet, self._reading
        self.setEnabled(sheet is not None)
        if sheet is None:
            return
        self._show_ends(sheet, reading)
        self.drive.setText(f"{sheet.drive:.9g}")
        self._say_drive("")
        self._show_value(self.steps, sheet.steps, f"{sheet.steps} steps a sample")
        self._show_value(self.method, sheet.method, sheet.method)
        self.knobs.show_knobs(sheet.knobs, reading.knobs if reading is not None else ())
        self._show_states(sheet)
        self._show_misfit(reading)

    def _show_ends(self, sheet: CircuitSheet, reading: Reading | None) -> None:
        inputs: list[tuple[str, str]] = []
        outputs: list[str] = []
        if reading is not None:
            inputs = [(guess.why, guess.source) for guess in reading.inputs]
            inputs += [(f"the node {node}, driven by nothing yet", node) for node in reading.free]
            outputs = list(reading.outputs)
        _fill(self.input, inputs, sheet.input)
        _fill(self.output, [(node, node) for node in outputs], sheet.output)

    def _show_states(self, sheet: CircuitSheet) -> None:
        states = self._states()
        blocker = QSignalBlocker(self.states)
        names = [self.states.item(row).data(_NAME) for row in range(self.states.count())]
        if names != [state.name for state in states]:
            self.states.clear()
            for state in states:
                kind = "voltage over" if state.unit == "V" else "current through"
                item = QListWidgetItem(f"{state.name}    {kind} {state.element}")
                item.setData(_NAME, state.name)
                item.setSizeHint(QSize(0, STATE_HEIGHT))
                item.setFlags(item.flags() | Qt.ItemFlag.ItemIsUserCheckable)
                self.states.addItem(item)
        for row, state in enumerate(states):
            kept = state.name not in sheet.left_out
            wanted = Qt.CheckState.Checked if kept else Qt.CheckState.Unchecked
            if self.states.item(row).checkState() != wanted:
                self.states.item(row).setCheckState(wanted)
        blocker.unblock()
        kept_count = sum(state.name not in sheet.left_out for state in states)
        self._state_count.setText(f"{kept_count} of {len(states)}" if states else "it has none")
        self.states.setVisible(bool(states))
        for button in (self.all_states, self.no_states):
            button.setVisible(bool(states))
        self.states.setFixedHeight(min(max(len(states), 1), STATE_ROWS) * STATE_HEIGHT + HALF)

    def _judged(self) -> None:
        reading = self._circuit.reading
        if reading is not None and reading.fault is None:
            self._reading = reading
            self._show_misfit(reading)

    def _show_misfit(self, reading: Reading | None) -> None:
        problems = reading.problems if reading is not None else ()
        if problems:
            self.misfit.show_message("warning", " ".join(problems[:3]))
        self.misfit.setVisible(bool(problems))

    @staticmethod
    def _show_value(combo: QComboBox, value: object, words: str) -> None:
        if combo.findData(value) < 0:
            combo.addItem(words, value)
        combo.setCurrentIndex(combo.findData(value))

    def _states(self) -> Sequence[OwnState]:
        return self._reading.states if self._reading is not None else ()

    # -- changing --------------------------------------------------------------------------

    def _choose(self, field: str, words: str) -> None:
        combo: QComboBox = getattr(self, field)
        if combo.currentData() is not None:
            self._circuit.change(words, **{field: combo.currentData()})

    def _drive_edited(self) -> None:
        volts = parse_number(self.drive.text())
        if volts is None or not 0 < volts <= DEEPEST_DRIVE:
            self._say_drive(f"The drive is a number of volts above 0, {DEEPEST_DRIVE:g} at most.")
            return
        self._say_drive("")
        self._circuit.change("Change the drive", drive=volts)

    def _say_drive(self, problem: str) -> None:
        self.drive_problem.setText(problem)
        self.drive_problem.setVisible(bool(problem))

    def _states_edited(self) -> None:
        self._leave_out(
            tuple(
                str(item.data(_NAME))
                for row in range(self.states.count())
                if (item := self.states.item(row)).checkState() == Qt.CheckState.Unchecked
            )
        )

    def _leave_out(self, names: tuple[str, ...]) -> None:
        self._circuit.change("Choose the states that are kept", left_out=names)


_NAME = Qt.ItemDataRole.UserRole


def _heading(text: str) -> QWidget:
    return label(text, "strong")


class _Choices(QComboBox):
    """Lets the wheel scroll the panel rather than change a choice that has no focus."""

    def __init__(self) -> None:
        super().__init__()
        self.offered: list[tuple[str, str]] = []

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()


def _combo(name: str) -> _Choices:
    combo = _Choices()
    combo.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    combo.setMinimumHeight(CONTROL_HEIGHT)
    combo.setAccessibleName(name)
    combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    combo.setMinimumContentsLength(12)
    combo.setMaxVisibleItems(20)
    return combo


def _fill(combo: _Choices, choices: Sequence[tuple[str, str]], chosen: str) -> None:
    """Offer values; what is chosen but not among them is shown as missing."""
    wanted = list(choices)
    low = [value.lower() for _, value in wanted]
    place = low.index(chosen.lower()) if chosen.lower() in low else 0
    if not chosen:
        wanted.insert(0, ("Choose…", ""))
    elif chosen.lower() not in low:
        wanted.insert(0, (f"{chosen} (not in the netlist)" if choices else chosen, chosen))
    blocker = QSignalBlocker(combo)
    if combo.offered != wanted:  # thousands of nodes take their time
        combo.clear()
        for words, value in wanted:
            combo.addItem(words, value or None)
        combo.offered = wanted
    combo.setCurrentIndex(place)
    blocker.unblock()
