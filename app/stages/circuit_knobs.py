"""The knobs of one's own circuit: which parameters people turn, how far, and how they turn."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import ValidationError
from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFrame,
    QHBoxLayout,
    QLineEdit,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from app.stages.knob_table import TAPERS
from projects.capture import first_problem
from projects.circuits import CircuitKnob
from widgets.schema import parse_number
from widgets.theme import label
from widgets.tokens import CONTROL_HEIGHT, HALF, SPACE

NUMBER_WIDTH = 62
UNIT_WIDTH = 34
INDENT = 22
NAME_WIDTH = 232
TAPER_WIDTH = 76
NONE = (
    "The netlist has no parameter to turn. Write .param drive=0.5 and use it in braces, "
    "as in R1 a b {1k+100k*drive}."
)


class KnobLine(QFrame):
    """One parameter: whether it is a knob, and then its name, range, rest, unit and taper.

    Signals
    -------
    edited()
        The user changed something; :meth:`knob` says what is there now.
    """

    edited = Signal()

    def __init__(self, knob: CircuitKnob, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.param = knob.param
        self._shown = knob
        self.used = QCheckBox(knob.param)
        self.used.setAccessibleName(f"{knob.param} is a knob")
        self.used.setToolTip("Whether people turn this parameter")
        self.value = label("", "small", "faint")
        self.name = _field("name of the knob", knob.param, None)
        self.name.setFixedWidth(NAME_WIDTH)
        self.name.setMaxLength(64)
        self.name.setPlaceholderText("Name of the knob")
        self.low = _field("lowest", knob.param)
        self.high = _field("highest", knob.param)
        self.rest = _field("stands at", knob.param)
        self.unit = _field("unit", knob.param, UNIT_WIDTH)
        self.unit.setMaxLength(16)
        self.taper = QComboBox()
        self.taper.setMinimumHeight(CONTROL_HEIGHT)
        self.taper.setMinimumWidth(TAPER_WIDTH)
        self.taper.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.taper.setMinimumContentsLength(4)
        self.taper.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        self.taper.setAccessibleName(f"{knob.param}: how it turns")
        for key, words in TAPERS:
            self.taper.addItem(words, key)
        self.problem = label("", "small", parent=self, wrap=True)
        self.problem.setProperty("tone", "bad")
        self._below = QWidget(self)
        self._lay_out()
        self.used.clicked.connect(lambda _on: self.edited.emit())
        self.taper.activated.connect(lambda _index: self.edited.emit())
        for field in self._fields():
            field.editingFinished.connect(self._finished)
        self.show_knob(knob, used=False)

    def _fields(self) -> tuple[QLineEdit, ...]:
        return (self.name, self.low, self.high, self.rest, self.unit)

    def _lay_out(self) -> None:
        top = QHBoxLayout()
        top.setSpacing(SPACE)
        top.addWidget(self.used)
        top.addWidget(self.value)
        top.addStretch(1)
        top.addWidget(self.name)
        below = QHBoxLayout(self._below)
        below.setContentsMargins(INDENT, 0, 0, 0)
        below.setSpacing(HALF)
        for words, field in (
            ("from", self.low),
            ("to", self.high),
            ("at", self.rest),
            ("unit", self.unit),
        ):
            below.addWidget(label(words, "small", "soft"))
            below.addWidget(field)
        below.addWidget(self.taper, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, HALF, 0, HALF)
        column.setSpacing(HALF)
        column.addLayout(top)
        column.addWidget(self._below)
        column.addWidget(self.problem)

    @property
    def is_used(self) -> bool:
        """Whether it is a knob."""
        return self.used.isChecked()

    def show_knob(self, knob: CircuitKnob, *, used: bool) -> None:
        """Show a knob, or a parameter that could be one."""
        self._shown = knob
        blocked = [QSignalBlocker(widget) for widget in (self.used, self.taper)]
        self.used.setChecked(used)
        texts = (
            knob.name,
            f"{knob.minimum:.9g}",
            f"{knob.maximum:.9g}",
            f"{knob.default:.9g}",
            knob.unit,
        )
        for field, text in zip(self._fields(), texts, strict=True):
            if field.text() != text:
                field.setText(text)
                field.setCursorPosition(0)
            field.setModified(False)
        self.taper.setCurrentIndex([key for key, _ in TAPERS].index(knob.taper))
        self.value.setText("" if used else f"= {knob.default:.6g}")
        self.name.setVisible(used)
        self._below.setVisible(used)
        self.say("")
        del blocked

    def _finished(self) -> None:
        if any(field.isModified() for field in self._fields()):
            self.edited.emit()

    def say(self, problem: str) -> None:
        """Show what is wrong with what was typed."""
        self.problem.setText(problem)
        self.problem.setVisible(bool(problem))

    def knob(self) -> CircuitKnob | str:
        """The knob as typed, or what is wrong with it."""
        numbers: dict[str, float] = {}
        for key, field in (("minimum", self.low), ("maximum", self.high), ("default", self.rest)):
            value = parse_number(field.text())
            if value is None:
                return f"{field.text()!r} is not a number."
            numbers[key] = value
        if not numbers["minimum"] < numbers["maximum"]:
            return "The range is empty: it must go from a smaller number to a larger one."
        if not numbers["minimum"] <= numbers["default"] <= numbers["maximum"]:
            return "Where it stands at rest must be inside its range."
        if self.taper.currentData() == "log" and numbers["minimum"] <= 0:
            return "A logarithmic range starts above zero."
        try:
            return CircuitKnob.model_validate(
                {
                    "param": self.param,
                    "name": self.name.text().strip(),
                    "unit": self.unit.text().strip(),
                    "taper": self.taper.currentData(),
                    **numbers,
                }
            )
        except ValidationError as error:
            return f"This cannot be used: {first_problem(error)}."


class KnobLines(QWidget):
    """Every parameter of a netlist that can be a knob, those that are ones first.

    Signals
    -------
    changed(str, object)
        What was done, in words, and the knobs as they should be now (a tuple of CircuitKnob).
    """

    changed = Signal(str, object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.lines: list[KnobLine] = []
        self._none = label(NONE, "small", "soft", self, wrap=True)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)
        self._column.addWidget(self._none)

    def show_knobs(self, chosen: Sequence[CircuitKnob], offered: Sequence[CircuitKnob]) -> None:
        """Show the circuit's knobs, and parameters that could be knobs too."""
        used = {knob.param.lower() for knob in chosen}
        rest = [knob for knob in offered if knob.param.lower() not in used]
        wanted = [*chosen, *rest]
        there = {line.param: line for line in self.lines}
        if {knob.param for knob in wanted} != set(there) or len(wanted) != len(self.lines):
            self._rebuild(wanted)
            there = {line.param: line for line in self.lines}
        for place, knob in enumerate(wanted):
            line = there[knob.param]
            if self._column.indexOf(line) != place + 1:
                self._column.removeWidget(line)
                self._column.insertWidget(place + 1, line)
            line.show_knob(knob, used=place < len(chosen))
        self.lines = [there[knob.param] for knob in wanted]
        self._none.setVisible(not wanted)

    def _rebuild(self, wanted: Sequence[CircuitKnob]) -> None:
        for line in self.lines:
            self._column.removeWidget(line)
            line.hide()
            line.deleteLater()
        self.lines = []
        for knob in wanted:
            line = KnobLine(knob, self)
            line.edited.connect(lambda line=line: self._edited(line))
            self.lines.append(line)
            self._column.addWidget(line)

    def line(self, param: str) -> KnobLine:
        """The line of a parameter; KeyError where there is none."""
        for line in self.lines:
            if line.param == param:
                return line
        raise KeyError(param)

    def _edited(self, edited: KnobLine) -> None:
        knobs: list[CircuitKnob] = []
        for line in self.lines:
            if not line.is_used:
                line.say("")
                continue
            knob = line.knob()
            if isinstance(knob, str):
                line.say(knob)
                return
            if any(knob.name == other.name for other in knobs):
                line.say(f"There is a knob {knob.name} already. Choose another name.")
                return
            line.say("")
            knobs.append(knob)
        words = "Make" if edited.is_used else "Take back"
        text = f"{words} the knob {edited.param}"
        if edited.is_used and not edited.name.isHidden():
            text = f"Change the knob {edited.name.text()}"
        self.changed.emit(text, tuple(knobs))


def _field(words: str, param: str, width: int | None = NUMBER_WIDTH) -> QLineEdit:
    field = QLineEdit()
    field.setMinimumHeight(CONTROL_HEIGHT)
    field.setAccessibleName(f"{param}: {words}")
    field.setToolTip(words.capitalize())
    if width is not None:
        field.setFixedWidth(width)
    return field
