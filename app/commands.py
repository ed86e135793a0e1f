"""Every command of the window: one list behind shortcuts, menus and the palette."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QWidget

from widgets.palette import Command


class Commands(QObject):
    """The window's actions by key; each has a text, and most have a shortcut.

    Parameters
    ----------
    window : QWidget
        The shortcuts work while this window is active.
    """

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self._actions: dict[str, QAction] = {}

    def add(self, key: str, text: str, do: Callable[[], object], *shortcuts: str) -> QAction:
        """Add a command; ``shortcuts`` in Qt's portable words (``"Ctrl+K"``)."""
        action = QAction(text, self._window)
        action.setObjectName(f"command-{key}")
        action.setShortcuts([QKeySequence(shortcut) for shortcut in shortcuts])
        action.triggered.connect(lambda _checked=False: do())
        self._window.addAction(action)
        self._actions[key] = action
        return action

    def adopt(self, key: str, action: QAction) -> QAction:
        """Add an action made elsewhere (the undo stack's own)."""
        self._window.addAction(action)
        self._actions[key] = action
        return action

    def __getitem__(self, key: str) -> QAction:
        return self._actions[key]

    def __iter__(self) -> Iterator[tuple[str, QAction]]:
        return iter(self._actions.items())

    def palette_entries(self) -> list[Command]:
        """Every command but the palette's own, for the palette."""
        return [
            Command(
                action.text(),
                action.shortcut().toString(QKeySequence.SequenceFormat.NativeText),
                action.trigger,
                "" if action.isEnabled() else "not now",
            )
            for key, action in self._actions.items()
            if key != "palette"
        ]
