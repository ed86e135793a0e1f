"""The transport's logic: what is selected is what plays, in any stage."""

from __future__ import annotations

from PySide6.QtCore import QObject

from app.workbench import Workbench


class Player(QObject):
    """Plays what is selected through the audio engine, which it starts in the background."""

    def __init__(self, workbench: Workbench, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.workbench = workbench

    def start(self) -> None:
        """Start the audio engine; call it once the window has been painted."""

    def attach(self, bar: QObject) -> None:
        """Connect a transport bar: its buttons to the engine, the engine's status to it."""

    def toggle(self) -> None:
        """Space: play what is selected, or pause."""

    def close(self) -> None:
        """Stop the audio engine."""
