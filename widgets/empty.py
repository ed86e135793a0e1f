"""What stands where there is nothing yet: what belongs here, one button, the guided example."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from widgets.buttons import link_button, primary_button, push_button
from widgets.icons import paint_icon
from widgets.theme import label, theme_of
from widgets.tokens import SPACE


class IconView(QWidget):
    """An icon as a picture, tinted by the theme."""

    def __init__(
        self, name: str, role: str = "faint", size: int = 20, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._name, self._role, self._size = name, role, size
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def show_icon(self, name: str, role: str) -> None:
        """Show another icon or colour."""
        self._name, self._role = name, role
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(self._size, self._size)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        area = QRectF(0, 0, self._size, self._size)
        area.moveCenter(QRectF(self.rect()).center())
        paint_icon(painter, area, self._name, theme_of(self).tokens.colour(self._role))
        painter.end()


class EmptyState(QWidget):
    """An empty place that teaches.

    Signals
    -------
    action()
        The button.
    example()
        The link to the guided example.
    """

    action = Signal()
    example = Signal()

    def __init__(
        self,
        icon_name: str,
        sentence: str,
        button: str = "",
        example: str = "Open the guided example",
        parent: QWidget | None = None,
        *,
        primary: bool = False,
    ) -> None:
        super().__init__(parent)
        column = QVBoxLayout(self)
        column.setContentsMargins(2 * SPACE, 2 * SPACE, 2 * SPACE, 2 * SPACE)
        column.setSpacing(SPACE)
        column.addStretch(1)
        centre = Qt.AlignmentFlag.AlignHCenter
        column.addWidget(IconView(icon_name, "faint", 48), 0, centre)
        self._sentence = label(sentence, "body", "soft", wrap=True)
        self._sentence.setAlignment(centre)
        self._sentence.setMaximumWidth(420)
        self._sentence.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        line = QHBoxLayout()
        line.addStretch(1)
        line.addWidget(self._sentence, 1000)
        line.addStretch(1)
        column.addLayout(line)
        self.button = primary_button(button) if primary else push_button(button)
        self.button.clicked.connect(self.action)
        self.button.setVisible(bool(button))
        column.addSpacing(SPACE)
        column.addWidget(self.button, 0, centre)
        self.link = link_button(example)
        self.link.clicked.connect(self.example)
        self.link.setVisible(bool(example))
        column.addWidget(self.link, 0, centre)
        column.addStretch(2)

    def set_sentence(self, sentence: str) -> None:
        """Say something else."""
        self._sentence.setText(sentence)
