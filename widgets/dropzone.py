"""The overlay that says, before the mouse is let go, where a drop would go."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QEvent, QObject, QRectF, Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDragMoveEvent, QDropEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from widgets.icons import paint_icon
from widgets.theme import font, theme_of
from widgets.tokens import RADIUS, SPACE

Chooser = Callable[[list[Path]], str | None]


class DropZone(QWidget):
    """Watches drags over a widget; shows a sentence from ``describe`` while they hover.

    ``describe`` takes the paths and says what a drop would do ("Import as a pair: dry.wav and
    wet.wav"), or None where nothing can be done with them. It must be quick: names, not contents.

    Signals
    -------
    dropped(list)
        Paths (``list[Path]``) that were let go and that ``describe`` had words for.
    """

    dropped = Signal(list)

    def __init__(self, over: QWidget, describe: Chooser) -> None:
        super().__init__(over)
        self._over = over
        self._describe = describe
        self.sentence = ""
        self.takes = False
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        over.setAcceptDrops(True)
        over.installEventFilter(self)
        self.hide()

    def show_for(self, paths: list[Path]) -> bool:
        """Cover the widget and say what would happen; whether anything would."""
        words = self._describe(paths) if paths else None
        self.takes = words is not None
        self.sentence = words or "Trimpot cannot open this"
        self.setGeometry(self._over.rect())
        self.raise_()
        self.show()
        self.update()
        return self.takes

    # Qt overrides

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is not self._over:
            return False
        if isinstance(event, QDragEnterEvent):
            self.show_for(paths_of(event))
            event.acceptProposedAction()
            return True
        if isinstance(event, QDropEvent) and event.type() == QEvent.Type.Drop:
            self.hide()
            if self.takes:
                event.acceptProposedAction()
                self.dropped.emit(paths_of(event))
            else:
                event.ignore()
            return True
        if isinstance(event, QDragMoveEvent):
            event.setAccepted(self.takes)
            return True
        if event.type() == QEvent.Type.DragLeave:
            self.hide()
        return False

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = theme_of(self)
        role = "accent" if self.takes else "faint"
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), theme.colour("window", 0.82))
        painter.setPen(QPen(theme.colour(role), 2, Qt.PenStyle.DashLine))
        painter.drawRoundedRect(
            QRectF(self.rect()).adjusted(SPACE, SPACE, -SPACE, -SPACE), RADIUS * 2, RADIUS * 2
        )
        centre = QRectF(self.rect()).center()
        icon_area = QRectF(centre.x() - 24, centre.y() - 56, 48, 48)
        paint_icon(
            painter, icon_area, "import" if self.takes else "cancel", theme.tokens.colour(role)
        )
        painter.setFont(font("title"))
        painter.setPen(theme.colour("text" if self.takes else "soft"))
        area = QRectF(self.rect()).adjusted(4 * SPACE, 0, -4 * SPACE, 0)
        area.setTop(centre.y() + SPACE)
        flags = Qt.AlignmentFlag.AlignHCenter | Qt.TextFlag.TextWordWrap
        painter.drawText(area, flags, self.sentence)
        painter.end()


def paths_of(event: QDropEvent) -> list[Path]:
    """The local files and folders of a drag."""
    return [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
