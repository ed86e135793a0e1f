"""The checklist of a device's settings: knobs and values on top, what is done and to do below."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QVBoxLayout,
    QWidget,
)

from app.stages.record_settings import (
    KnobValues,
    grid,
    is_done,
    parse_values,
    setting_words,
    suggested,
)
from projects.manifest import CaptureEntry, Control
from widgets.buttons import push_button, tool_button
from widgets.icons import icon, pixmap
from widgets.theme import label
from widgets.tokens import CONTROL_HEIGHT, HALF, SPACE

NAME_WIDTH = 132
LIST_HEIGHT = 120
ROW_HEIGHT = 3 * SPACE
HINT = (
    "For a device with knobs: name each, and the values to record it at. Every combination is one "
    "take. Without any, one take is recorded as it stands."
)


class _KnobRow(QWidget):
    """One knob's name and values."""

    changed = Signal()
    removed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.name = QLineEdit(self)
        self.name.setMaxLength(64)
        self.name.setPlaceholderText("gain")
        self.name.setAccessibleName("Name of the knob")
        self.name.setFixedWidth(NAME_WIDTH)
        self.values = QLineEdit(self)
        self.values.setPlaceholderText("0, 0.5, 1")
        self.values.setAccessibleName("Values to record it at")
        remove = tool_button("close", "Remove the knob", parent=self)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(SPACE)
        row.addWidget(self.name)
        row.addWidget(self.values, 1)
        row.addWidget(remove)
        for field in (self.name, self.values):
            field.setMinimumHeight(CONTROL_HEIGHT)
            field.textChanged.connect(lambda _text: self.changed.emit())
        remove.clicked.connect(lambda _checked=False: self.removed.emit())


class Checklist(QWidget):
    """Knobs, values, and every setting with a tick where the project has it.

    Signals
    -------
    changed()
        Another setting is next, or the settings are others.
    """

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows: list[_KnobRow] = []
        self._entries: tuple[CaptureEntry, ...] = ()
        self._settings: tuple[dict[str, float], ...] = ({},)
        self._problem = ""
        self.list = QListWidget(self)
        self.list.setAccessibleName("Settings to record")
        self.list.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.list.setMinimumHeight(LIST_HEIGHT)
        self.list.setIconSize(QSize(16, 16))
        self.list.currentRowChanged.connect(lambda _row: self.changed.emit())
        self._places = QVBoxLayout()
        self._places.setSpacing(HALF)
        self._said = label("", "small", "soft", self, wrap=True)
        add = push_button("Add a knob", "plus", self)
        add.clicked.connect(lambda _checked=False: self._add_empty())
        line = QHBoxLayout()
        line.addWidget(add)
        line.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE)
        column.addWidget(label("Settings to record", "heading"))
        column.addWidget(label(HINT, "small", "soft", wrap=True))
        column.addLayout(self._places)
        column.addLayout(line)
        column.addWidget(self._said)
        column.addWidget(self.list, 1)
        self._rebuild()

    # -- knobs -----------------------------------------------------------------------------

    def offer(self, controls: Sequence[Control], remembered: Sequence[KnobValues] = ()) -> None:
        """Begin with the knobs that were used before, or with the project's."""
        for knob in remembered or [suggested(control) for control in controls]:
            self._add(knob.name, ", ".join(f"{value:g}" for value in knob.values))
        self._rebuild()

    def _add_empty(self) -> None:
        self._add("", "").name.setFocus()
        self._rebuild()

    def _add(self, name: str, values: str) -> _KnobRow:
        row = _KnobRow(self)
        row.name.setText(name)
        row.values.setText(values)
        row.changed.connect(self._rebuild)
        row.removed.connect(lambda: self._remove(row))
        self._rows.append(row)
        self._places.addWidget(row)
        return row

    def _remove(self, row: _KnobRow) -> None:
        self._rows.remove(row)
        self._places.removeWidget(row)
        row.hide()
        row.deleteLater()
        self._rebuild()

    def knobs(self) -> tuple[KnobValues, ...]:
        """The knobs as typed; empty rows are none."""
        found = []
        for row in self._rows:
            values = parse_values(row.values.text())
            name = row.name.text().strip()
            if name and not isinstance(values, str) and values:
                found.append(KnobValues(name, values))
        return tuple(found)

    def _judge(self) -> str:
        names: list[str] = []
        for row in self._rows:
            name, values = row.name.text().strip(), parse_values(row.values.text())
            if not name and not row.values.text().strip():
                continue
            if not name:
                return "A knob has values, but no name."
            if name in names:
                return f"The knob {name} is there twice."
            names.append(name)
            if isinstance(values, str):
                return f"{name}: {values}"
            if not values:
                return f"The knob {name} has no values yet."
        return ""

    # -- settings --------------------------------------------------------------------------

    def _rebuild(self) -> None:
        self._problem = self._judge()
        if not self._problem:
            try:
                self._settings = grid(self.knobs())
            except ValueError as error:
                self._problem = str(error)
        self._show()
        self.choose_next()
        self.changed.emit()

    def show_done(self, entries: Sequence[CaptureEntry]) -> None:
        """Tick what the project has."""
        self._entries = tuple(entries)
        row = self.list.currentRow()
        self._show()
        self._choose(row)
        self.changed.emit()

    def choose_next(self) -> None:
        """Make the first setting that is not recorded yet the next one."""
        for row, setting in enumerate(self._settings):
            if not (setting and is_done(setting, self._entries)):
                self._choose(row)
                return
        self._choose(0)

    def _choose(self, row: int) -> None:
        self.list.blockSignals(True)
        self.list.setCurrentRow(min(max(row, 0), self.list.count() - 1))
        self.list.blockSignals(False)

    def _show(self) -> None:
        self.list.blockSignals(True)
        self.list.clear()
        with_knobs = [setting for setting in self._settings if setting]
        for setting in with_knobs:
            done = is_done(setting, self._entries)
            item = QListWidgetItem(setting_words(setting))
            item.setIcon(_mark(done=done))
            item.setSizeHint(QSize(0, ROW_HEIGHT))
            item.setData(
                Qt.ItemDataRole.AccessibleTextRole,
                f"{setting_words(setting)}, {'recorded' if done else 'still to record'}",
            )
            self.list.addItem(item)
        self.list.blockSignals(False)
        self.list.setVisible(bool(with_knobs) and not self._problem)
        self._said.setText(self._problem or self._summary(with_knobs))
        self._said.setProperty("tone", "bad" if self._problem else "")
        self._said.style().polish(self._said)
        self._said.setVisible(bool(self._said.text()))

    def _summary(self, settings: list[dict[str, float]]) -> str:
        if not settings:
            return ""
        done = sum(is_done(setting, self._entries) for setting in settings)
        if done == len(settings):
            return f"All {done} settings are recorded. Choose one to record it again."
        return f"{done} of {len(settings)} settings recorded."

    @property
    def problem(self) -> str:
        """What is wrong with the knobs as typed, or an empty string."""
        return self._problem

    @property
    def setting(self) -> dict[str, float]:
        """The setting that is next."""
        row = self.list.currentRow()
        with_knobs = [setting for setting in self._settings if setting]
        return with_knobs[row] if 0 <= row < len(with_knobs) else {}

    @property
    def place(self) -> tuple[int, int]:
        """Which setting that is, counted from 1, and of how many."""
        count = sum(bool(setting) for setting in self._settings)
        return (max(0, self.list.currentRow()) + 1, count) if count else (1, 1)

    @property
    def done(self) -> bool:
        """Whether the next setting is recorded already."""
        return bool(self.setting) and is_done(self.setting, self._entries)

    def value(self) -> dict[str, Any]:
        """The knobs, to be remembered."""
        return {knob.name: list(knob.values) for knob in self.knobs()}


def _mark(*, done: bool) -> QIcon:
    """A tick or a clock, to be read on the selection's colour as well."""
    name = "check" if done else "waiting"
    made = icon(name, "good" if done else "faint")
    made.addPixmap(pixmap(name, "on_accent", 32), QIcon.Mode.Selected)
    return made
