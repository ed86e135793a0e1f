"""What the five stages have in common: a page, one primary button, and the shared workbench."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QSplitter, QWidget

from app.workbench import Workbench


@dataclass(frozen=True)
class Primary:
    """A stage's one primary button: what it says, whether it can be pressed, or why not."""

    text: str
    enabled: bool = True
    why_not: str = ""


class Stage(QWidget):
    """One of the five stages. The window draws the stage bar and the primary button around it.

    Signals
    -------
    primary_changed()
        :meth:`primary` says something new.
    """

    primary_changed = Signal()

    key: str = ""
    """``data``, ``train``, ``audition``, ``compare``, ``export``."""
    title: str = ""

    def __init__(self, workbench: Workbench, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.workbench = workbench

    def primary(self) -> Primary:
        """The primary button as it should stand now."""
        raise NotImplementedError

    def do_primary(self) -> None:
        """The primary button was pressed (or its shortcut)."""
        raise NotImplementedError

    def entered(self) -> None:
        """The stage has come into view."""

    def remember_splitter(self, name: str, splitter: QSplitter, sizes: list[int]) -> None:
        """Give a splitter its last sizes (at first ``sizes``, pixels), and keep what it gets."""
        store = self.workbench.settings
        saved = store.values.splitters.get(name, sizes)
        splitter.setSizes(saved if len(saved) == splitter.count() else sizes)

        def keep() -> None:
            store.values.splitters[name] = splitter.sizes()

        splitter.splitterMoved.connect(lambda _position, _index: keep())
