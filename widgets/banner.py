"""A banner in place: a verdict in a sentence, its fix as a button, details to unfold and copy."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QApplication,
    QFrame,
    QHBoxLayout,
    QPlainTextEdit,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from widgets.buttons import push_button, tool_button
from widgets.empty import IconView
from widgets.icons import set_icon
from widgets.theme import font, label, theme_of
from widgets.tokens import HALF, RADIUS, SPACE, Level

LEVEL_ICONS: dict[Level, str] = {
    "info": "info",
    "ok": "ok",
    "warning": "warning",
    "error": "error",
}
LEVEL_ROLES: dict[Level, str] = {"info": "accent", "ok": "good", "warning": "warn", "error": "bad"}
LEVEL_WORDS: dict[Level, str] = {
    "info": "Note",
    "ok": "Good",
    "warning": "Warning",
    "error": "Problem",
}


class Banner(QFrame):
    """A sentence that stays in place until it is dealt with.

    Signals
    -------
    closed()
        The user has put it away.
    """

    closed = Signal()

    def __init__(
        self,
        level: Level,
        sentence: str,
        details: str = "",
        actions: Iterable[tuple[str, Callable[[], object]]] = (),
        parent: QWidget | None = None,
        *,
        closable: bool = True,
    ) -> None:
        super().__init__(parent)
        self._level: Level = level
        self._icon = IconView(LEVEL_ICONS[level], LEVEL_ROLES[level])
        self._sentence = label(sentence, wrap=True)
        self._sentence.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._sentence.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self._details = QPlainTextEdit(details)
        self._fold = tool_button("chevron-down", "Details", text=True)
        self._copy = tool_button("copy", "Copy details", text=True)
        self._close = tool_button("close", "Close")
        self._close.setVisible(closable)
        self._buttons = QHBoxLayout()
        self._lay_out()
        for text, callback in actions:
            self.add_action(text, callback)
        self.show_message(level, sentence, details)

    def _lay_out(self) -> None:
        self._details.setReadOnly(True)
        self._details.setFont(font("code"))
        self._details.setAccessibleName("Details")
        self._fold.setCheckable(True)
        self._fold.toggled.connect(self._unfold)
        self._copy.clicked.connect(self.copy_details)
        self._close.clicked.connect(self._put_away)
        row = QHBoxLayout()
        row.setSpacing(SPACE)
        row.addWidget(self._icon, 0, Qt.AlignmentFlag.AlignVCenter)
        row.addWidget(self._sentence, 1)
        self._buttons.setSpacing(SPACE)
        row.addLayout(self._buttons)
        row.addWidget(self._fold)
        row.addWidget(self._close)
        column = QVBoxLayout(self)
        column.setContentsMargins(SPACE + HALF, HALF + 2, HALF + 2, HALF + 2)
        column.setSpacing(HALF)
        column.addLayout(row)
        column.addWidget(self._details)
        column.addWidget(self._copy, 0, Qt.AlignmentFlag.AlignRight)
        self._details.hide()
        self._copy.hide()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Maximum)

    @property
    def sentence(self) -> str:
        """What it says."""
        return self._sentence.text()

    @property
    def level(self) -> Level:
        """How grave it is."""
        return self._level

    def show_message(self, level: Level, sentence: str, details: str = "") -> None:
        """Say something else in the same place, and show the banner."""
        self._level = level
        self._icon.show_icon(LEVEL_ICONS[level], LEVEL_ROLES[level])
        self._sentence.setText(sentence)
        self._details.setPlainText(details)
        self._fold.setChecked(False)
        self._fold.setVisible(bool(details))
        self.setAccessibleName(f"{LEVEL_WORDS[level]}: {sentence}")
        self.update()

    def add_action(self, text: str, callback: Callable[[], object]) -> None:
        """Add a button that mends what the banner is about."""
        button = push_button(text)
        button.clicked.connect(lambda: callback())
        self._buttons.addWidget(button)

    def copy_details(self) -> None:
        """Put the sentence and its details on the clipboard."""
        QApplication.clipboard().setText(f"{self.sentence}\n\n{self._details.toPlainText()}")

    def _unfold(self, on: bool) -> None:
        lines = min(max(self._details.blockCount(), 2), 9)
        self._details.setFixedHeight(lines * self._details.fontMetrics().lineSpacing() + 16)
        self._details.setVisible(on)
        self._copy.setVisible(on)
        set_icon(self._fold, "chevron-up" if on else "chevron-down")

    def _put_away(self) -> None:
        self.hide()
        self.closed.emit()

    # Qt overrides

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens = theme_of(self).tokens
        colour = QColor(tokens.level(self._level))
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        fill = QColor(colour)
        fill.setAlphaF(0.13)
        edge = QColor(colour)
        edge.setAlphaF(0.45)
        painter.setPen(edge)
        painter.setBrush(fill)
        box = self.rect().toRectF().adjusted(0.5, 0.5, -0.5, -0.5)
        painter.drawRoundedRect(box, RADIUS, RADIUS)
        painter.end()
