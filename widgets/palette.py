"""The command palette: every command by a few letters of its name."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QModelIndex, QObject, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QFrame,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from widgets.theme import font, label, theme_of
from widgets.tokens import HALF, SPACE

_WIDTH, _ROW, _SHOWN = 560, 30, 12


@dataclass(frozen=True, slots=True)
class Command:
    """What the palette can do: a title to find it by, the key that does the same, what to call.

    A command with ``why_not`` is shown with that reason and does nothing.
    """

    title: str
    shortcut: str
    run: Callable[[], object]
    why_not: str = ""


def match_score(query: str, title: str) -> float | None:
    """How well letters of a query fit a title, higher is better; None where they do not.

    The letters must appear in order; starts of words and runs of neighbours count more, shorter
    titles win ties.
    """
    wanted = [letter for letter in query.casefold() if not letter.isspace()]
    text = title.casefold()
    if not wanted:
        return 0.0
    exact = text.find(query.casefold().strip())
    score = 20.0 - exact * 0.1 if exact >= 0 else 0.0
    place = -1
    for letter in wanted:
        found = _next_place(text, letter, place)
        if found < 0:
            return None
        if found == 0 or not text[found - 1].isalnum():
            score += 4.0
        elif found == place + 1:
            score += 2.0
        else:
            score += 0.5
        place = found
    return score - len(text) * 0.01


def _next_place(text: str, letter: str, after: int) -> int:
    """The next place of a letter: beside the last one, else at a word's start, else anywhere."""
    if text[after + 1 : after + 2] == letter:
        return after + 1
    place = text.find(letter, after + 1)
    first = place
    while place >= 0:
        if place == 0 or not text[place - 1].isalnum():
            return place
        place = text.find(letter, place + 1)
    return first


class _Row(QStyledItemDelegate):
    """A command's title on the left, its key or its reason on the right."""

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        view = option.widget
        area: QRect = option.rect
        theme = theme_of(view)
        command = index.data(Qt.ItemDataRole.UserRole)
        chosen = isinstance(view, QListWidget) and view.currentRow() == index.row()
        if chosen:
            painter.fillRect(area, theme.colour("accent_soft"))
            painter.fillRect(
                QRect(area.left(), area.top(), 3, area.height()), theme.colour("accent")
            )
        inner = area.adjusted(SPACE + HALF, 0, -SPACE, 0)
        painter.setFont(font("body"))
        painter.setPen(theme.colour("faint" if command.why_not else "text"))
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.drawText(inner, middle | Qt.AlignmentFlag.AlignLeft, command.title)
        painter.setFont(font("small"))
        painter.setPen(theme.colour("soft"))
        right = command.why_not or command.shortcut
        painter.drawText(inner, middle | Qt.AlignmentFlag.AlignRight, right)

    def sizeHint(
        self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> QSize:
        return QSize(_WIDTH, _ROW)


class CommandPalette(QFrame):
    """A list over the window: type, move by the arrow keys, Enter runs, Escape leaves."""

    def __init__(self, over: QWidget) -> None:
        super().__init__(over)
        self._over = over
        self._commands: list[Command] = []
        self._back: QWidget | None = None
        self.setProperty("surface", "raised")
        column = QVBoxLayout(self)
        column.setContentsMargins(SPACE, SPACE, SPACE, SPACE)
        column.setSpacing(HALF)
        self.field = QLineEdit()
        self.field.setPlaceholderText("Type a command")
        self.field.setAccessibleName("Command")
        self.field.setFont(font("heading"))
        self.field.setFixedHeight(34)
        self.field.textChanged.connect(self._filter)
        self.field.installEventFilter(self)
        self.list = QListWidget()
        self.list.setFrameShape(QFrame.Shape.NoFrame)
        self.list.setItemDelegate(_Row(self.list))
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setAccessibleName("Commands")
        self.list.itemClicked.connect(self._run_item)
        self._none = label("No command by that name", "body", "soft")
        self._none.setContentsMargins(SPACE, SPACE, SPACE, SPACE)
        for part in (self.field, self.list, self._none):
            column.addWidget(part)
        self.hide()

    def open(self, commands: Iterable[Command]) -> None:
        """Show the palette with these commands and an empty field."""
        self._commands = list(commands)
        self._back = self._over.window().focusWidget()
        self.field.clear()
        self._filter("")
        self.show()
        self.raise_()
        self.field.setFocus()

    @property
    def titles(self) -> list[str]:
        """The titles listed now, best first."""
        return [self.list.item(row).text() for row in range(self.list.count())]

    def close_palette(self) -> None:
        """Go away and give the focus back."""
        self.hide()
        if self._back is not None:
            self._back.setFocus()
        self._back = None

    def _filter(self, query: str) -> None:
        scored = [
            (score, -index, command)
            for index, command in enumerate(self._commands)
            if (score := match_score(query, command.title)) is not None
        ]
        scored.sort(key=lambda entry: entry[:2], reverse=True)
        self.list.clear()
        for _, _, command in scored:
            item = QListWidgetItem(command.title)
            item.setData(Qt.ItemDataRole.UserRole, command)
            self.list.addItem(item)
        self.list.setCurrentRow(0)
        self.list.setVisible(bool(scored))
        self._none.setVisible(not scored)
        self._place(len(scored))

    def _place(self, rows: int) -> None:
        height = 34 + 2 * SPACE + 2 * HALF + max(min(rows, _SHOWN), 1) * _ROW + HALF
        width = min(_WIDTH, self._over.width() - 4 * SPACE)
        height = min(height, self._over.height() - 80)
        self.setGeometry((self._over.width() - width) // 2, 56, width, height)

    def _run_item(self, item: QListWidgetItem) -> None:
        command = item.data(Qt.ItemDataRole.UserRole)
        if isinstance(command, Command) and not command.why_not:
            self.close_palette()
            command.run()

    # Qt overrides

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is not self.field:
            return False
        if event.type() == QEvent.Type.FocusOut and self.isVisible():
            self._back = None
            self.close_palette()
            return False
        if not isinstance(event, QKeyEvent) or event.type() != QEvent.Type.KeyPress:
            return False
        key = Qt.Key(event.key())
        if key in (Qt.Key.Key_Down, Qt.Key.Key_Up):
            step = 1 if key == Qt.Key.Key_Down else -1
            count = max(self.list.count(), 1)
            self.list.setCurrentRow((self.list.currentRow() + step) % count)
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            item = self.list.currentItem()
            if item is not None:
                self._run_item(item)
        elif key == Qt.Key.Key_Escape:
            self.close_palette()
        else:
            return False
        return True
