"""What was changed in reading a netlist, line by line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QPainter, QResizeEvent
from PySide6.QtWidgets import (
    QListWidget,
    QListWidgetItem,
    QStackedLayout,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from app.open_circuit import Reading
from widgets.empty import EmptyState
from widgets.theme import font, theme_of
from widgets.tokens import HALF, SPACE

if TYPE_CHECKING:
    from engines.circuits.reading.model import Change

Index = QModelIndex | QPersistentModelIndex
NUMBER_WIDTH = 44
NOTHING = (
    "Nothing was changed in reading: the netlist is simulated as it stands. Commands that only "
    "draw or analyse, LTspice's own words and files are listed here where they are left out."
)
UNREAD = "The netlist cannot be read yet. The sentence below the text says which line and why."
_WRAP = Qt.TextFlag.TextWordWrap


class ReadingPanel(QWidget):
    """The changes as a list.

    Signals
    -------
    line_wanted(int)
        A line of the netlist itself, from 1, that the user wants to see.
    """

    line_wanted = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.list = _ChangeList(self)
        self.list.setItemDelegate(_ChangeDelegate(self.list))
        self.list.setAccessibleName("What was changed in reading")
        self.list.setFrameShape(QListWidget.Shape.NoFrame)
        self.list.itemClicked.connect(self._go)
        self.list.itemActivated.connect(self._go)
        self.empty = EmptyState("ok", NOTHING, example="")
        self.stack = QStackedLayout(self)
        self.stack.addWidget(self.empty)
        self.stack.addWidget(self.list)

    def show_reading(self, reading: Reading | None) -> None:
        """Show what was changed; a netlist that cannot be read has nothing to show."""
        self.list.clear()
        changes = reading.changes if reading is not None else ()
        for change in changes:
            item = QListWidgetItem()
            item.setData(Qt.ItemDataRole.UserRole, change)
            words = f"{place_of(change)}: {change.why} {change.before}"
            item.setData(Qt.ItemDataRole.AccessibleTextRole, words)
            item.setToolTip(_tip(change))
            self.list.addItem(item)
        broken = reading is not None and reading.fault is not None
        self.empty.set_sentence(UNREAD if broken else NOTHING)
        self.stack.setCurrentWidget(self.list if changes else self.empty)

    def _go(self, item: QListWidgetItem) -> None:
        change = item.data(Qt.ItemDataRole.UserRole)
        if not change.file:
            self.line_wanted.emit(change.line)


class _ChangeList(QListWidget):
    """Its rows are as high as their sentences are long."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QListWidget.ScrollMode.ScrollPerPixel)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.scheduleDelayedItemsLayout()


class _ChangeDelegate(QStyledItemDelegate):
    """The line's number, what it was and became, and why."""

    def _why_area(self, width: int) -> QRect:
        return QRect(0, 0, max(width - NUMBER_WIDTH - 2 * SPACE, 60), 10_000)

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        view: QWidget = option.widget
        change: Change = index.data(Qt.ItemDataRole.UserRole)
        width = view.viewport().width() if isinstance(view, QListWidget) else 300
        why = QFontMetrics(font("body")).boundingRect(self._why_area(width), _WRAP, change.why)
        lines = 2 if change.after else 1
        code = QFontMetrics(font("code")).height() * lines if change.before else 0
        return QSize(width, why.height() + code + 2 * SPACE)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        view: QWidget = option.widget
        change: Change = index.data(Qt.ItemDataRole.UserRole)
        area: QRect = option.rect
        theme = theme_of(view)
        painter.save()
        if isinstance(view, QListWidget) and view.currentIndex() == index:
            painter.fillRect(area, theme.colour("accent_soft"))
        left = area.left() + NUMBER_WIDTH
        width = area.width() - NUMBER_WIDTH - SPACE
        painter.setFont(font("figures"))
        painter.setPen(theme.colour("accent"))
        number = QRect(area.left(), area.top() + SPACE, NUMBER_WIDTH - SPACE, 20)
        painter.drawText(
            number, Qt.AlignmentFlag.AlignRight, "" if change.file else str(change.line)
        )
        y = area.top() + SPACE
        painter.setFont(font("code"))
        metrics = painter.fontMetrics()
        for text, role, struck in (
            (change.before, "soft", not change.after),
            (change.after, "text", False),
        ):
            if not text:
                continue
            code = painter.font()
            code.setStrikeOut(struck)
            painter.setFont(code)
            painter.setPen(theme.colour(role))
            shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, width)
            painter.drawText(left, y + metrics.ascent(), shown)
            y += metrics.height()
        painter.setFont(font("body"))
        painter.setPen(theme.colour("text"))
        why = f"{change.why} ({change.file}, line {change.line})" if change.file else change.why
        painter.drawText(QRect(left, y, width, area.bottom() - y + HALF), _WRAP, why)
        painter.setPen(theme.colour("line"))
        painter.drawLine(area.left() + SPACE, area.bottom(), area.right() - SPACE, area.bottom())
        painter.restore()


def place_of(change: Change) -> str:
    """Where a change was made, in words."""
    return f"Line {change.line}" + (f" of {change.file}" if change.file else "")


def _tip(change: Change) -> str:
    parts = [place_of(change), change.before]
    if change.after:
        parts.append(f"\u2192 {change.after}")
    return "\n".join([*parts, change.why])
