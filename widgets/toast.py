"""Toasts: what has been done, over the window's corner, with Undo; they leave by themselves."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtGui import QColor, QEnterEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from widgets.banner import LEVEL_ICONS, LEVEL_ROLES, LEVEL_WORDS
from widgets.buttons import link_button, tool_button
from widgets.empty import IconView
from widgets.theme import label, theme_of
from widgets.tokens import HALF, RADIUS, SPACE, Level

SHOWN_MS = 6000
_MOST = 3


class Toast(QFrame):
    """One message; it waits while the mouse is over it."""

    def __init__(
        self,
        sentence: str,
        level: Level,
        action: str,
        callback: Callable[[], object] | None,
        host: ToastHost,
    ) -> None:
        super().__init__(host)
        self._host = host
        self._level: Level = level
        self.sentence = sentence
        row = QHBoxLayout(self)
        row.setContentsMargins(SPACE + HALF, HALF + 2, HALF + 2, HALF + 2)
        row.setSpacing(SPACE)
        row.addWidget(IconView(LEVEL_ICONS[level], LEVEL_ROLES[level]))
        words = label(sentence, wrap=len(sentence) > 60)
        words.setMaximumWidth(420)
        if len(sentence) > 60:
            words.setMinimumWidth(360)
        row.addWidget(words, 1)
        self._callback = callback
        if callback is not None:
            self.button = link_button(action)
            self.button.clicked.connect(self._act)
            row.addWidget(self.button)
        close = tool_button("close", "Close")
        close.clicked.connect(self.leave)
        row.addWidget(close)
        self.setAccessibleName(f"{LEVEL_WORDS[level]}: {sentence}")
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(SHOWN_MS if callback is None else round(1.5 * SHOWN_MS))
        self._timer.timeout.connect(self.leave)
        self._timer.start()

    def leave(self) -> None:
        """Go away."""
        self._timer.stop()
        self._host.dismiss(self)

    def _act(self) -> None:
        callback = self._callback
        self.leave()
        if callback is not None:
            callback()

    # Qt overrides

    def enterEvent(self, event: QEnterEvent) -> None:
        self._timer.stop()

    def leaveEvent(self, event: QEvent) -> None:
        self._timer.start()

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = theme_of(self)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = self.rect().toRectF().adjusted(0.5, 0.5, -0.5, -0.5)
        painter.setPen(QPen(theme.colour("line_strong"), 1))
        painter.setBrush(theme.colour("raised"))
        painter.drawRoundedRect(box, RADIUS, RADIUS)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(theme.tokens.level(self._level)))
        painter.drawRoundedRect(box.adjusted(0, 0, 3 - box.width(), 0), 1.5, 1.5)
        painter.end()


class ToastHost(QWidget):
    """Holds the toasts over the bottom right corner of ``over``; lets the mouse through beside."""

    def __init__(self, over: QWidget, bottom_margin: int = 84) -> None:
        super().__init__(over)
        self._over = over
        self._margin = bottom_margin
        self._toasts: list[Toast] = []
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(SPACE)
        over.installEventFilter(self)
        self.hide()

    @property
    def toasts(self) -> tuple[Toast, ...]:
        """The toasts shown, oldest first."""
        return tuple(self._toasts)

    def show_toast(
        self,
        sentence: str,
        level: Level = "ok",
        action: str = "Undo",
        callback: Callable[[], object] | None = None,
    ) -> Toast:
        """Show a sentence; with a callback also a button, ``Undo`` unless named otherwise."""
        while len(self._toasts) >= _MOST:
            self._toasts[0].leave()
        toast = Toast(sentence, level, action, callback, self)
        self._toasts.append(toast)
        self._column.addWidget(toast, 0, Qt.AlignmentFlag.AlignRight)
        toast.show()
        self.show()
        self.raise_()
        self._place()
        return toast

    def dismiss(self, toast: Toast) -> None:
        """Take a toast away."""
        if toast not in self._toasts:
            return
        self._toasts.remove(toast)
        self._column.removeWidget(toast)
        toast.hide()
        toast.deleteLater()
        if self._toasts:
            self._place()
        else:
            self.hide()

    def _place(self) -> None:
        self._column.activate()
        size = self._column.sizeHint()
        for toast in self._toasts:
            size.setHeight(max(size.height(), toast.sizeHint().height()))
        area = self._over.rect()
        self.setGeometry(
            area.right() - size.width() - 2 * SPACE,
            area.bottom() - size.height() - self._margin,
            size.width(),
            size.height(),
        )

    # Qt overrides

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._over and event.type() == QEvent.Type.Resize and self._toasts:
            self._place()
        return False
