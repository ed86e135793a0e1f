"""Building a stage; its module, and pyqtgraph with it, is imported only then."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from app.player import Player
from app.stages.base import Stage
from app.workbench import Workbench


def make_stage(key: str, workbench: Workbench, player: Player, parent: QWidget) -> Stage:
    """Build the stage of that key.

    Raises
    ------
    KeyError
        There is none.
    """
    if key == "data":
        from app.stages.data import DataStage

        return DataStage(workbench, player, parent)
    if key == "train":
        from app.stages.train import TrainStage

        return TrainStage(workbench, player, parent)
    if key == "audition":
        from app.stages.audition import AuditionStage

        return AuditionStage(workbench, player, parent)
    if key == "compare":
        from app.stages.compare import CompareStage

        return CompareStage(workbench, player, parent)
    if key == "export":
        from app.stages.export import ExportStage

        return ExportStage(workbench, player, parent)
    raise KeyError(key)
