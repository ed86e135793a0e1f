"""One simulator in the settings: where its program is, and what was found there."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QLineEdit, QWidget

from app.background import in_background
from engines.circuits.simulators import SIMULATORS, Found, look_for
from widgets.buttons import push_button
from widgets.theme import label
from widgets.tokens import CONTROL_HEIGHT, SPACE


class SimulatorRow(QWidget):
    """A path that may be empty and a button to choose it; ``note`` says what was found.

    The note is laid out by whoever shows the row, below it.

    Signals
    -------
    told()
        The note says something else.
    changed(str, str)
        The simulator's name and the path that is wanted; empty: to be searched for. Whoever
        listens passes it on to where programs are looked for; then it is looked for.
    """

    changed = Signal(str, str)
    told = Signal()

    def __init__(self, name: str, path: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.name, self.kind = name, SIMULATORS[name]
        self._looks = 0
        self.path = QLineEdit(path, self)
        self.path.setAccessibleName(f"{self.kind.label}: its program")
        self.path.editingFinished.connect(self._edited)
        self.note = label("", "small", "soft", parent, wrap=True)
        self.note.setAlignment(Qt.AlignmentFlag.AlignTop)
        row = chooser(self.path, self._choose, self)
        row.setContentsMargins(0, 0, 0, 0)
        self.setLayout(row)
        self._known = path

    def look(self) -> None:
        """Look for the program and ask its version, off the window's thread."""
        self._looks += 1
        number = self._looks
        self._say("Looking for it…")

        def show(found: Found) -> None:
            if number == self._looks:
                self._show(found)

        def failed(error: Exception) -> None:
            if number == self._looks:
                self._say(f"It could not be looked for: {error}.")

        in_background(self, lambda: look_for(self.name), show, failed)

    def _show(self, found: Found) -> None:
        self.path.setPlaceholderText(found.place or "Not found on this computer")
        if not found.there:
            self._say(found.why_not)
        elif self._known:
            self._say(f"Found: {found.version}. Empty the field to search for it.")
        else:
            self._say(f"Found: {found.version}, by searching for it.")

    def _say(self, text: str) -> None:
        self.note.setText(text)
        self.told.emit()

    def _choose(self) -> None:
        title = f"The program of {self.kind.label}"
        found, _ = QFileDialog.getOpenFileName(self, title, self.path.text())
        if found:
            self.path.setText(found)
            self._edited()

    def _edited(self) -> None:
        text = self.path.text().strip()
        if text != self._known:
            self._known = text
            self.changed.emit(self.name, text)
            self.look()


def chooser(field: QLineEdit, choose: Callable[[], None], parent: QWidget) -> QHBoxLayout:
    """A path's field with a button beside it that chooses one."""
    button = push_button("Choose…", "folder", parent)
    field.setMinimumHeight(CONTROL_HEIGHT)
    button.clicked.connect(lambda _checked=False: choose())
    row = QHBoxLayout()
    row.setSpacing(SPACE)
    row.addWidget(field, 1)
    row.addWidget(button)
    return row
