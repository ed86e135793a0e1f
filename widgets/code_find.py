"""The bar that finds text in an editor: a field, how many places there are, back and on."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLineEdit, QWidget

from widgets.buttons import tool_button
from widgets.theme import label
from widgets.tokens import HALF

WIDTH = 360


class FindBar(QFrame):
    """Lies over the upper right corner of an editor.

    Signals
    -------
    wanted(int)
        Search anew (0), for the next place (1), the one before (-1).
    closed()
        The user is done.
    """

    wanted = Signal(int)
    closed = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setProperty("surface", "raised")
        self.field = QLineEdit(self)
        self.field.setPlaceholderText("Find")
        self.field.setAccessibleName("Find in the text")
        self.field.textChanged.connect(lambda _text: self.wanted.emit(0))
        self._count = label("", "small", "soft", self)
        self._count.setMinimumWidth(56)
        back = tool_button("chevron-up", "The place before", "Shift+F3", self)
        on = tool_button("chevron-down", "The next place", "F3", self)
        close = tool_button("close", "Close", "Esc", self)
        back.clicked.connect(lambda _checked=False: self.wanted.emit(-1))
        on.clicked.connect(lambda _checked=False: self.wanted.emit(1))
        close.clicked.connect(lambda _checked=False: self.close_bar())
        row = QHBoxLayout(self)
        row.setContentsMargins(HALF, HALF, HALF, HALF)
        row.setSpacing(HALF)
        row.addWidget(self.field, 1)
        row.addWidget(self._count)
        for button in (back, on, close):
            row.addWidget(button)
        self.setMinimumWidth(min(WIDTH, 240))
        self.hide()

    @property
    def text(self) -> str:
        """What is looked for."""
        return self.field.text() if self.isVisible() else ""

    def open(self, text: str) -> None:
        """Come into view, with this text if there is any."""
        self.show()
        self.raise_()
        if text:
            self.field.setText(text)
        self.field.setFocus()
        self.field.selectAll()

    def close_bar(self) -> None:
        """Go away."""
        self.hide()
        self.closed.emit()

    def show_count(self, place: int, count: int) -> None:
        """Say which of how many places is shown (0: none of them yet)."""
        if not self.field.text():
            words = ""
        elif not count:
            words = "not found"
        else:
            words = f"{place} of {count}" if place else f"{count} found"
        self._count.setText(words)
        self._count.setProperty("tone", "bad" if self.field.text() and not count else "")
        self._count.style().polish(self._count)

    # Qt overrides

    def keyPressEvent(self, event: QKeyEvent) -> None:
        shift = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        if event.key() == Qt.Key.Key_Escape:
            self.close_bar()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_F3):
            self.wanted.emit(-1 if shift else 1)
        else:
            super().keyPressEvent(event)
