"""A gallery of cards with small drawings, in groups, narrowed as one types, walked by arrows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QObject, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetricsF, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QFrame,
    QGridLayout,
    QLineEdit,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from widgets.cards import paint_card
from widgets.drawing import paint_drawing
from widgets.icons import icon
from widgets.theme import font, label, theme_of
from widgets.tokens import CONTROL_HEIGHT, HALF, SPACE

LEAST_WIDTH = 216
MOST_COLUMNS = 6
DRAWING_HEIGHT = 88
LINES = 3
"""Of the sentence on a card."""
TITLE_HEIGHT = 20
KEYS = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, -1),
    Qt.Key.Key_Down: (0, 1),
}


@dataclass(frozen=True, slots=True)
class GalleryItem:
    """A card: its key, the group's title, its own, a sentence, a drawing, more words to find it."""

    key: str
    group: str
    title: str
    sentence: str
    svg: str = ""
    words: str = ""
    badge: str = ""

    def matches(self, typed: str) -> bool:
        """Whether each word typed begins or stands in what the card says."""
        said = f"{self.title} {self.sentence} {self.words} {self.badge}".lower()
        return all(part in said for part in typed.lower().split())


class GalleryCard(QAbstractButton):
    """One card of the gallery."""

    def __init__(self, item: GalleryItem, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.item = item
        self.setText(item.title)
        self.setCheckable(True)
        self.setAccessibleName(item.title)
        self.setAccessibleDescription(item.sentence)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def _words_height(self) -> float:
        return LINES * QFontMetricsF(font("small")).lineSpacing()

    # Qt overrides

    def sizeHint(self) -> QSize:
        words = self._words_height()
        return QSize(LEAST_WIDTH, round(DRAWING_HEIGHT + TITLE_HEIGHT + words + 3.5 * SPACE))

    def minimumSizeHint(self) -> QSize:
        return QSize(160, self.sizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = theme_of(self)
        painter = QPainter(self)
        paint_card(painter, self, theme)
        inner = QRectF(self.rect()).adjusted(1.5 * SPACE, SPACE, -1.5 * SPACE, -SPACE)
        picture = QRectF(inner.left(), inner.top(), inner.width(), DRAWING_HEIGHT)
        paint_drawing(painter, picture, self.item.svg, theme.tokens.soft)
        top = picture.bottom() + SPACE
        painter.setFont(font("strong"))
        painter.setPen(theme.colour("text"))
        title = QRectF(inner.left(), top, inner.width(), TITLE_HEIGHT)
        middle = Qt.AlignmentFlag.AlignVCenter
        metrics = QFontMetricsF(painter.font())
        painter.drawText(
            title,
            middle,
            metrics.elidedText(self.text(), Qt.TextElideMode.ElideRight, title.width()),
        )
        painter.setFont(font("small"))
        if self.item.badge:
            painter.setPen(theme.colour("accent"))
            painter.drawText(title, middle | Qt.AlignmentFlag.AlignRight, self.item.badge)
        painter.setPen(theme.colour("soft"))
        words = QRectF(inner.left(), title.bottom(), inner.width(), self._words_height() + 2)
        painter.drawText(words, Qt.TextFlag.TextWordWrap, self.item.sentence)
        painter.end()


class Gallery(QWidget):
    """Cards under the titles of their groups, and a field that narrows them.

    Signals
    -------
    chosen(str)
        The key of the card that was clicked, or on which Return or Space was pressed.
    """

    chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None, *, hint: str = "Find") -> None:
        super().__init__(parent)
        self.cards: dict[str, GalleryCard] = {}
        self._columns = 0
        self._groups: dict[str, tuple[QWidget, QGridLayout]] = {}
        self.search = QLineEdit(self)
        self.search.setPlaceholderText(hint)
        self.search.setAccessibleName(hint)
        self.search.setClearButtonEnabled(True)
        self.search.setMinimumHeight(CONTROL_HEIGHT)
        self._lens = self.search.addAction(
            icon("search", "soft"), QLineEdit.ActionPosition.LeadingPosition
        )
        self.search.textChanged.connect(lambda _text: self._arrange())
        self._nothing = label("", colour="soft", wrap=True)
        self._nothing.hide()
        self._inside = QWidget()
        self._column = QVBoxLayout(self._inside)
        self._column.setContentsMargins(2, 2, SPACE, 2 * SPACE)
        self._column.setSpacing(SPACE)
        self._area = QScrollArea(self)
        self._area.setWidgetResizable(True)
        self._area.setFrameShape(QFrame.Shape.NoFrame)
        self._area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._area.setWidget(self._inside)
        self._area.viewport().installEventFilter(self)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE)
        column.addWidget(self.search)
        column.addWidget(self._nothing)
        column.addWidget(self._area, 1)
        self.search.installEventFilter(self)
        theme_of(self).changed.connect(self._tint)

    def _tint(self) -> None:
        self._lens.setIcon(icon("search", "soft"))

    def show_items(self, items: Sequence[GalleryItem]) -> None:
        """Show these cards in place of what was there; what is the same stays untouched."""
        if [card.item for card in self.cards.values()] == list(items):
            return
        current = self.current
        for group, _ in self._groups.values():
            group.hide()
            group.deleteLater()
        self._groups, self.cards = {}, {}
        while self._column.count():
            self._column.takeAt(0)
        for item in items:
            card = GalleryCard(item)
            card.clicked.connect(lambda _checked=False, key=item.key: self._clicked(key))
            card.installEventFilter(self)
            self.cards[item.key] = card
            if item.group not in self._groups:
                self._add_group(item.group)
        self._column.addStretch(1)
        self._columns = 0
        self._arrange()
        if current:
            self.set_current(current)

    def _add_group(self, title: str) -> None:
        group = QWidget(self._inside)
        column = QVBoxLayout(group)
        column.setContentsMargins(0, 0, 0, SPACE)
        column.setSpacing(SPACE)
        column.addWidget(label(title, "heading"))
        grid = QGridLayout()
        grid.setSpacing(SPACE)
        column.addLayout(grid)
        self._column.addWidget(group)
        self._groups[title] = (group, grid)

    @property
    def current(self) -> str:
        """The key of the card that is marked; empty where none is."""
        return next((key for key, card in self.cards.items() if card.isChecked()), "")

    def set_current(self, key: str) -> None:
        """Mark a card without emitting; one that is not there marks none."""
        for name, card in self.cards.items():
            card.setChecked(name == key)

    def shown(self) -> list[GalleryCard]:
        """The cards that match what is typed, in their order."""
        typed = self.search.text().strip()
        return [card for card in self.cards.values() if card.item.matches(typed)]

    def focus_first(self) -> None:
        """Give the keyboard to the marked card, else to the field."""
        card = self.cards.get(self.current)
        (card if card is not None and card.isVisible() else self.search).setFocus()

    def _arrange(self) -> None:
        """Put the matching cards into the grids of their groups, line by line."""
        shown = self.shown()
        room = self._area.viewport().width() - 2 - SPACE
        width = max((room - (self.columns - 1) * SPACE) // self.columns, 1)
        for title, (group, grid) in self._groups.items():
            here = [card for card in shown if card.item.group == title]
            while grid.count():
                grid.takeAt(0)
            for card in self.cards.values():
                if card.item.group == title:
                    card.setVisible(card in here)
            for place, card in enumerate(here):
                card.setFixedWidth(width)
                grid.addWidget(card, place // self.columns, place % self.columns)
            grid.setColumnStretch(self._columns, 0)
            grid.setColumnStretch(self.columns, 1)
            group.setVisible(bool(here))
        self._columns = self.columns
        typed = self.search.text().strip()
        self._nothing.setText(f"Nothing here is called “{typed}”. Press Escape to see everything.")
        self._nothing.setVisible(not shown and bool(typed))

    @property
    def columns(self) -> int:
        """How many cards stand side by side at this width."""
        room = self._area.viewport().width() - 2
        return max(1, min(MOST_COLUMNS, room // (LEAST_WIDTH + SPACE)))

    def _clicked(self, key: str) -> None:
        self.set_current(key)
        self.chosen.emit(key)

    def _step(self, card: GalleryCard, across: int, down: int) -> None:
        """Move the focus to the neighbour of a card, by where the cards stand."""
        shown = self.shown()
        if across:
            place = shown.index(card) + across
            if 0 <= place < len(shown):
                self._focus(shown[place])
            return
        here = self._centre(card)
        ahead = [c for c in shown if down * (self._centre(c)[1] - here[1]) > 1]
        if not ahead:
            if down < 0:
                self.search.setFocus(Qt.FocusReason.BacktabFocusReason)
            return
        next_y = min(down * self._centre(c)[1] for c in ahead)
        line = [c for c in ahead if abs(down * self._centre(c)[1] - next_y) < 1]
        self._focus(min(line, key=lambda c: abs(self._centre(c)[0] - here[0])))

    def _centre(self, card: GalleryCard) -> tuple[float, float]:
        centre = card.mapTo(self._inside, card.rect().center())
        return float(centre.x()), float(centre.y())

    def _focus(self, card: GalleryCard) -> None:
        card.setFocus(Qt.FocusReason.TabFocusReason)
        self._area.ensureWidgetVisible(card, SPACE, 3 * SPACE + HALF)

    # Qt overrides

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._area.viewport() and event.type() == QEvent.Type.Resize:
            self._arrange()
        if event.type() != QEvent.Type.KeyPress or not isinstance(event, QKeyEvent):
            return False
        key = Qt.Key(event.key())
        shown = self.shown()
        if watched is self.search:
            if key == Qt.Key.Key_Escape and self.search.text():
                self.search.clear()
                return True
            if shown and key in (Qt.Key.Key_Down, Qt.Key.Key_Return, Qt.Key.Key_Enter):
                if key != Qt.Key.Key_Down and self.search.text().strip():
                    self._clicked(shown[0].item.key)
                else:
                    self._focus(shown[0])
                return True
            return False
        if isinstance(watched, GalleryCard):
            if key in KEYS:
                self._step(watched, *KEYS[key])
                return True
            if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                self._clicked(watched.item.key)
                return True
            if event.text().isprintable() and event.text().strip():
                self.search.setFocus()
                self.search.insert(event.text())
                return True
        return False
