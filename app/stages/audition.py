"""The Audition stage."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from app.player import Player
from app.stages.base import Primary, Stage
from app.workbench import Workbench


class AuditionStage(Stage):
    """The Audition stage; see the user guide."""

    key = "audition"
    title = "Audition"

    def __init__(self, workbench: Workbench, player: Player, parent: QWidget | None = None) -> None:
        super().__init__(workbench, parent)
        self.player = player

    def primary(self) -> Primary:
        return Primary("Listen", enabled=False, why_not="There is no trained model yet.")

    def do_primary(self) -> None:
        return
