"""Knobs as rows to edit: name, range, where they stand at first, unit, how they turn."""

from __future__ import annotations

from collections.abc import Iterable

from pydantic import ValidationError
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QGridLayout, QLineEdit, QVBoxLayout, QWidget

from projects.capture import first_problem
from projects.manifest import Control
from widgets.buttons import tool_button
from widgets.schema import parse_number
from widgets.theme import label
from widgets.tokens import CONTROL_HEIGHT, HALF, SPACE

TAPERS = (("linear", "Linear"), ("log", "Logarithmic"), ("switch", "Switch"))
HEADS = ("Knob", "From", "To", "Stands at", "Unit", "Turns")
NUMBER_WIDTH = 84


class _KnobRow:
    """The fields of one knob; they live in the table's grid."""

    def __init__(self, control: Control) -> None:
        self.control = control
        self.name = _field(control.name, "Name of the knob")
        self.low = _field(f"{control.minimum:.9g}", f"{control.name}: lowest")
        self.high = _field(f"{control.maximum:.9g}", f"{control.name}: highest")
        self.default = _field(f"{control.default:.9g}", f"{control.name}: stands at")
        self.unit = _field(control.unit, f"{control.name}: unit")
        self.unit.setMaxLength(16)
        self.name.setMaxLength(64)
        self.taper = QComboBox()
        self.taper.setMinimumHeight(CONTROL_HEIGHT)
        self.taper.setAccessibleName(f"{control.name}: how it turns")
        for key, words in TAPERS:
            self.taper.addItem(words, key)
        self.taper.setCurrentIndex([key for key, _ in TAPERS].index(control.taper))
        for number in (self.low, self.high, self.default, self.unit):
            number.setFixedWidth(NUMBER_WIDTH)

    @property
    def fields(self) -> tuple[QLineEdit, ...]:
        return (self.name, self.low, self.high, self.default, self.unit)

    def read(self) -> Control | str:
        """The knob as typed, or what is wrong with it."""
        numbers = {}
        for key, field in (("minimum", self.low), ("maximum", self.high)):
            value = parse_number(field.text())
            if value is None:
                return f"{field.text()!r} is not a number."
            numbers[key] = value
        default = parse_number(self.default.text())
        if default is None:
            return f"{self.default.text()!r} is not a number."
        if not numbers["minimum"] < numbers["maximum"]:
            return "The range is empty: the second number must be larger than the first."
        if not numbers["minimum"] <= default <= numbers["maximum"]:
            return "Where it stands at first must be inside its range."
        try:
            return Control(
                name=self.name.text().strip(),
                default=default,
                unit=self.unit.text().strip(),
                taper=self.taper.currentData(),
                **numbers,
            )
        except ValidationError as error:
            return f"This cannot be used: {first_problem(error)}."


class KnobTable(QWidget):
    """A row for every knob.

    Signals
    -------
    edited(str, Control)
        A knob's old name, and the knob as it is now.
    removed(str)
        The user wants a knob gone (where ``removable``).
    """

    edited = Signal(str, object)
    removed = Signal(str)

    def __init__(
        self, parent: QWidget | None = None, *, removable: bool = False, names: bool = True
    ) -> None:
        super().__init__(parent)
        self._removable, self._names = removable, names
        self.rows: list[_KnobRow] = []
        self._problem = label("", "small", parent=self, wrap=True)
        self._problem.setProperty("tone", "bad")
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(HALF)
        self._inside = QWidget(self)
        self._column.addWidget(self._inside)
        self._column.addWidget(self._problem)
        self.show_controls(())

    def controls(self) -> tuple[Control, ...]:
        """The knobs as they were last valid."""
        return tuple(row.control for row in self.rows)

    @property
    def problem(self) -> str:
        """What is wrong with what is typed, or an empty string."""
        return self._problem.text()

    def show_controls(self, controls: Iterable[Control]) -> None:
        """Show knobs in place of what was there; what is the same stays untouched."""
        wanted = tuple(controls)
        if self.rows and wanted == self.controls() and not self.problem:
            return
        self._problem.hide()
        self._problem.setText("")
        self.rows = [_KnobRow(control) for control in wanted]
        old, self._inside = self._inside, QWidget(self)
        self._column.replaceWidget(old, self._inside)
        old.hide()
        old.deleteLater()
        grid = QGridLayout(self._inside)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(SPACE)
        grid.setVerticalSpacing(HALF)
        grid.setColumnStretch(0, 1)
        for column, words in enumerate(HEADS):
            grid.addWidget(label(words, "small", "soft"), 0, column)
        for number, row in enumerate(self.rows, start=1):
            self._add(grid, number, row)
        self._inside.setVisible(bool(self.rows))

    def _add(self, grid: QGridLayout, number: int, row: _KnobRow) -> None:
        for column, field in enumerate(row.fields):
            grid.addWidget(field, number, column)
            field.editingFinished.connect(lambda row=row: self._edited(row))
        row.name.setReadOnly(not self._names)
        grid.addWidget(row.taper, number, len(row.fields))
        row.taper.activated.connect(lambda _index, row=row: self._edited(row))
        if self._removable:
            name = row.control.name
            button = tool_button("trash", f"Remove the knob {name}")
            button.clicked.connect(lambda _checked=False, name=name: self.removed.emit(name))
            grid.addWidget(button, number, len(row.fields) + 1)

    def _edited(self, row: _KnobRow) -> None:
        read = row.read()
        problems = [row.control.name + ": " + read] if isinstance(read, str) else []
        for other in self.rows:
            found = other.read() if other is not row else ""
            if isinstance(found, str) and found:
                problems.append(f"{other.control.name}: {found}")
        self._problem.setText(" ".join(problems))
        self._problem.setVisible(bool(problems))
        if isinstance(read, Control) and read != row.control:
            name, row.control = row.control.name, read
            self.edited.emit(name, read)


def _field(text: str, name: str) -> QLineEdit:
    field = QLineEdit(text)
    field.setMinimumHeight(CONTROL_HEIGHT)
    field.setAccessibleName(name)
    return field
