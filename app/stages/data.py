"""The Data stage."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import QWidget

from app.player import Player
from app.stages.base import Primary, Stage
from app.workbench import Workbench


class DataStage(Stage):
    """The Data stage."""

    key = "data"
    title = "Data"

    def __init__(self, workbench: Workbench, player: Player, parent: QWidget | None = None) -> None:
        super().__init__(workbench, parent)
        self.player = player

    def primary(self) -> Primary:
        return Primary("Train a model", enabled=False, why_not="There is no capture yet.")

    def do_primary(self) -> None:
        return

    def show_import(self, dry: Path | None = None, wet: Path | None = None) -> None:
        """Show the import pane."""

    def show_simulate(self) -> None:
        """Show the simulate pane."""
