"""Cards to choose from: a large choice of the start screen, a preset, a recent project."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetricsF, QPainter, QPaintEvent, QPen, QPolygonF, QResizeEvent
from PySide6.QtWidgets import QAbstractButton, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from widgets.buttons import tool_button
from widgets.icons import paint_icon
from widgets.theme import Theme, font, label, theme_of
from widgets.tokens import HALF, RADIUS, SPACE
from widgets.words import ElidedLabel


def paint_card(painter: QPainter, card: QAbstractButton, theme: Theme) -> None:
    """The ground of a card: raised, lit under the mouse, outlined when chosen or focused."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    lit = card.isEnabled() and (card.underMouse() or card.isDown())
    chosen = card.isCheckable() and card.isChecked()
    edge = "accent" if chosen else ("line_strong" if lit else "line")
    ground = "accent_soft" if chosen else ("hover" if lit else "raised")
    width = 2.0 if chosen else 1.0
    inset = width / 2
    painter.setPen(QPen(theme.colour(edge), width))
    painter.setBrush(theme.colour(ground))
    box = QRectF(card.rect()).adjusted(inset, inset, -inset, -inset)
    painter.drawRoundedRect(box, RADIUS + 2, RADIUS + 2)
    if card.hasFocus():
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(theme.colour("accent"), 1.5))
        painter.drawRoundedRect(box.adjusted(3, 3, -3, -3), RADIUS, RADIUS)


class ChoiceCard(QAbstractButton):
    """One of the large choices of the start screen: icon, title, a sentence."""

    def __init__(
        self,
        icon_name: str,
        title: str,
        sentence: str,
        parent: QWidget | None = None,
        *,
        role: str = "accent",
    ) -> None:
        super().__init__(parent)
        self._icon, self._role = icon_name, role
        self._sentence = sentence
        self.setText(title)
        self.setAccessibleName(title)
        self.setAccessibleDescription(sentence)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    # Qt overrides

    def sizeHint(self) -> QSize:
        return QSize(260, 152)

    def minimumSizeHint(self) -> QSize:
        return QSize(200, 152)

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = theme_of(self)
        painter = QPainter(self)
        paint_card(painter, self, theme)
        inner = QRectF(self.rect()).adjusted(2 * SPACE, 2 * SPACE, -2 * SPACE, -SPACE)
        colour = theme.tokens.colour(self._role if self.isEnabled() else "faint")
        paint_icon(painter, QRectF(inner.left(), inner.top(), 32, 32), self._icon, colour)
        painter.setFont(font("heading"))
        painter.setPen(theme.colour("text" if self.isEnabled() else "faint"))
        title = QRectF(inner.left(), inner.top() + 40, inner.width(), 24)
        painter.drawText(title, Qt.AlignmentFlag.AlignVCenter, self.text())
        painter.setFont(font("body"))
        painter.setPen(theme.colour("soft" if self.isEnabled() else "faint"))
        words = QRectF(inner.left(), inner.top() + 66, inner.width(), inner.height() - 66)
        painter.drawText(words, Qt.TextFlag.TextWordWrap, self._sentence)
        painter.end()


@dataclass(frozen=True, slots=True)
class PresetFacts:
    """What a preset's card says; each fact is a name and a value ("Expected ESR", "1e−6")."""

    key: str
    title: str
    sentence: str
    facts: Sequence[tuple[str, str]] = ()
    badge: str = ""


class PresetCard(QAbstractButton):
    """A preset to train with: its name, a sentence, its facts. Checkable; group them."""

    def __init__(self, preset: PresetFacts, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.preset = preset
        self.setCheckable(True)
        self.setText(preset.title)
        self.setAccessibleName(preset.title)
        facts = "; ".join(f"{name}: {value}" for name, value in preset.facts)
        self.setAccessibleDescription(f"{preset.sentence} {facts}".strip())
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)

    def set_preset(self, preset: PresetFacts) -> None:
        """Say something else, for instance once the speed here has been measured."""
        self.preset = preset
        self.setText(preset.title)
        self.updateGeometry()
        self.update()

    def _words_height(self, width: float) -> float:
        metrics = QFontMetricsF(font("small"))
        area = QRectF(0, 0, width, 1000)
        flags = int(Qt.TextFlag.TextWordWrap)
        return metrics.boundingRect(area, flags, self.preset.sentence).height()

    def _height(self, width: float) -> int:
        words = self._words_height(width - 3 * SPACE)
        return round(SPACE + HALF + 22 + words + SPACE + 18 * len(self.preset.facts) + SPACE)

    # Qt overrides

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        return self._height(width)

    def sizeHint(self) -> QSize:
        return QSize(220, self._height(220))

    def minimumSizeHint(self) -> QSize:
        width = max(self.width(), 168)
        return QSize(168, self._height(width))

    def resizeEvent(self, event: QResizeEvent) -> None:
        if event.oldSize().width() != event.size().width():
            self.setMinimumHeight(self._height(event.size().width()))

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = theme_of(self)
        painter = QPainter(self)
        paint_card(painter, self, theme)
        inner = QRectF(self.rect()).adjusted(1.5 * SPACE, SPACE + HALF, -1.5 * SPACE, -SPACE)
        painter.setFont(font("heading"))
        painter.setPen(theme.colour("text" if self.isEnabled() else "faint"))
        middle = Qt.AlignmentFlag.AlignVCenter
        head = QRectF(inner.left(), inner.top(), inner.width(), 20)
        painter.drawText(head, middle, self.preset.title)
        self._paint_corner(painter, head)
        painter.setFont(font("small"))
        quiet = theme.colour("soft" if self.isEnabled() else "faint")
        loud = theme.colour("text" if self.isEnabled() else "faint")
        painter.setPen(quiet)
        height = self._words_height(inner.width())
        words = QRectF(inner.left(), inner.top() + 22, inner.width(), height)
        painter.drawText(words, Qt.TextFlag.TextWordWrap, self.preset.sentence)
        top = words.bottom() + SPACE
        for name, value in self.preset.facts:
            row = QRectF(inner.left(), top, inner.width(), 18)
            painter.setPen(quiet)
            painter.drawText(row, middle | Qt.AlignmentFlag.AlignLeft, name)
            painter.setPen(loud)
            painter.drawText(row, middle | Qt.AlignmentFlag.AlignRight, value)
            top += 18
        painter.end()

    def _paint_corner(self, painter: QPainter, head: QRectF) -> None:
        theme = theme_of(self)
        right = head.right()
        if self.isChecked():
            area = QRectF(right - 16, head.top() + 2, 16, 16)
            paint_icon(painter, area, "ok", theme.tokens.accent)
            right -= 22
        if self.preset.badge:
            painter.setFont(font("small"))
            painter.setPen(theme.colour("accent"))
            area = QRectF(head.left(), head.top(), right - head.left(), head.height())
            flags = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight
            painter.drawText(area, flags, self.preset.badge)


class MiniWave(QWidget):
    """A small still waveform from minima and maxima in -1..1; draws itself without a plot."""

    def __init__(self, colour: str = "wet", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._colour = colour
        self._low: NDArray[np.float32] = np.zeros(0, np.float32)
        self._high: NDArray[np.float32] = np.zeros(0, np.float32)
        self.setFixedSize(120, 36)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)

    def set_peaks(self, low: NDArray[np.float32], high: NDArray[np.float32]) -> None:
        """Show minima and maxima, float32[n] each; scaled so that the largest fills the height."""
        self._low, self._high = low, high
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = theme_of(self)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        middle = self.height() / 2
        painter.setPen(QPen(theme.colour("line_strong"), 1))
        painter.drawLine(QPointF(0, middle), QPointF(self.width(), middle))
        count = len(self._low)
        if count:
            top = float(max(np.abs(self._low).max(), np.abs(self._high).max(), 1e-9))
            scale = (middle - 1) / top
            xs = np.linspace(0, self.width(), count)
            points = [QPointF(x, middle - y * scale) for x, y in zip(xs, self._high, strict=True)]
            points += [
                QPointF(x, middle - y * scale + 0.5)
                for x, y in zip(xs[::-1], self._low[::-1], strict=True)
            ]
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.colour(self._colour, 0.9))
            painter.drawPolygon(QPolygonF(points))
        painter.end()


class RecentProjectRow(QAbstractButton):
    """A project opened before: name, place, when, a small waveform. Click or Enter opens it.

    Signals
    -------
    forget_requested()
        The user wants it off the list.
    """

    forget_requested = Signal()

    def __init__(self, name: str, place: str, when: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setText(name)
        self.setAccessibleName(f"Open {name}, {place}, {when}")
        self.setToolTip(place)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.wave = MiniWave(parent=self)
        words = QVBoxLayout()
        words.setSpacing(0)
        title = ElidedLabel(name, "strong")
        where = ElidedLabel(place, "small", "soft", mode=Qt.TextElideMode.ElideMiddle)
        words.addWidget(title)
        words.addWidget(where)
        self._forget = tool_button("close", f"Take {name} off this list")
        self._forget.clicked.connect(self.forget_requested)
        row = QHBoxLayout(self)
        row.setContentsMargins(SPACE, HALF, SPACE, HALF)
        row.setSpacing(2 * SPACE)
        row.addWidget(self.wave)
        row.addLayout(words, 1)
        row.addWidget(label(when, "small", "soft"))
        row.addWidget(self._forget)
        for part in self.findChildren(QWidget):
            if part is not self._forget:
                part.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)

    # Qt overrides

    def sizeHint(self) -> QSize:
        return QSize(420, 52)

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = theme_of(self)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self.underMouse() or self.hasFocus():
            painter.setPen(
                QPen(theme.colour("accent"), 1) if self.hasFocus() else Qt.PenStyle.NoPen
            )
            painter.setBrush(theme.colour("hover"))
            box = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
            painter.drawRoundedRect(box, RADIUS, RADIUS)
        painter.end()
