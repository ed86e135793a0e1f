"""A label that shortens its text with an ellipsis instead of cutting it off."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget

from widgets.theme import FontRole, font, theme_of


class ElidedLabel(QLabel):
    """One line that takes what room there is; the whole text is in the tool tip."""

    def __init__(
        self,
        text: str = "",
        role: FontRole = "body",
        colour: str = "text",
        parent: QWidget | None = None,
        *,
        mode: Qt.TextElideMode = Qt.TextElideMode.ElideRight,
    ) -> None:
        super().__init__(parent)
        self._colour, self._mode = colour, mode
        self.setFont(font(role))
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.setText(text)

    def setText(self, text: str) -> None:
        """Show another text."""
        super().setText(text)
        self.setToolTip(text)
        self.setAccessibleName(text)

    # Qt overrides

    def minimumSizeHint(self) -> QSize:
        return QSize(24, QFontMetrics(self.font()).height())

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setFont(self.font())
        role = self._colour if self.isEnabled() else "faint"
        painter.setPen(theme_of(self).colour(role))
        metrics = QFontMetrics(self.font())
        words = metrics.elidedText(self.text(), self._mode, self.width())
        painter.drawText(self.rect(), self.alignment() | Qt.AlignmentFlag.AlignVCenter, words)
        painter.end()
