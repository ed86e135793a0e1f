"""The row under every stage: where its one primary button stands, or why it cannot be pressed."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QWidget

from app.stages.base import Primary
from widgets.theme import label
from widgets.tokens import HALF, SPACE


class Footer(QWidget):
    """The primary button, bottom right at the same place in every stage.

    Signals
    -------
    pressed()
        The primary button was pressed.
    """

    pressed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.reason = label("", "body", "soft", self)
        self.button = QPushButton(self)
        self.button.setProperty("kind", "primary")
        self.button.setMinimumWidth(176)
        self.button.setMinimumHeight(32)
        self.button.clicked.connect(lambda _checked=False: self.pressed.emit())
        layout = QHBoxLayout(self)
        layout.setContentsMargins(2 * SPACE, HALF, 2 * SPACE, SPACE)
        layout.setSpacing(2 * SPACE)
        layout.addStretch(1)
        layout.addWidget(self.reason)
        layout.addWidget(self.button)

    def show_primary(self, primary: Primary) -> None:
        """Show a stage's primary button as it stands now."""
        self.button.setText(primary.text)
        self.button.setEnabled(primary.enabled)
        why = "" if primary.enabled else primary.why_not
        self.reason.setText(why)
        self.button.setToolTip(why or f"{primary.text} (Ctrl+Return)")
        self.button.setAccessibleDescription(why)
