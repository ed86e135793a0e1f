"""The two columns of a stage: its list on the left, its picture on the right, widths kept."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QSplitter, QWidget

from app.settings import SettingsStore

LIST_WIDTH = 264


def columns(
    key: str, left: QWidget, right: QWidget, settings: SettingsStore, least: int = 200
) -> QSplitter:
    """A splitter of two columns whose widths last in the settings under ``key``.

    ``least`` is how narrow the left one may become, in device-independent pixels.
    """
    splitter = QSplitter(Qt.Orientation.Horizontal)
    splitter.addWidget(left)
    splitter.addWidget(right)
    splitter.setStretchFactor(0, 0)
    splitter.setStretchFactor(1, 1)
    splitter.setChildrenCollapsible(False)
    splitter.setHandleWidth(1)
    left.setMinimumWidth(least)
    kept = settings.values.splitters.get(key, [])
    splitter.setSizes(kept if len(kept) == 2 else [LIST_WIDTH, 1000])

    def keep(_position: int, _index: int) -> None:
        settings.values.splitters = {**settings.values.splitters, key: splitter.sizes()}

    splitter.splitterMoved.connect(keep)
    return splitter
