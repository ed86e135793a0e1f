"""The keys of a waveform view."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent

if TYPE_CHECKING:
    from widgets.waveform import WaveformView

_STEP = 0.2
PLAY_KEYS = (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space)


class WaveKeys:
    """What a key does while the view has the focus.

    Enter and Space play the selection where there is one. While it plays already, Space is left
    to the window, which pauses.
    """

    def __init__(self, view: WaveformView) -> None:
        self._view = view
        self.playing = False

    def _plays(self, event: QKeyEvent) -> bool:
        if self._view.selection is None or event.modifiers() not in (
            Qt.KeyboardModifier.NoModifier,
            Qt.KeyboardModifier.KeypadModifier,
        ):
            return False
        key = Qt.Key(event.key())
        return key in PLAY_KEYS and not (key == Qt.Key.Key_Space and self.playing)

    def overrides(self, event: QEvent) -> bool:
        """Whether a shortcut of the window must wait: the view takes the key itself."""
        if event.type() != QEvent.Type.ShortcutOverride or not isinstance(event, QKeyEvent):
            return False
        taken = self._plays(event) or (
            event.key() == Qt.Key.Key_Escape and self._view.selection is not None
        )
        if taken:
            event.accept()
        return taken

    def pressed(self, event: QKeyEvent) -> bool:
        """Do what a key asks for; returns whether it was one of ours."""
        view = self._view
        start, stop = view.view_range
        step = _STEP * (stop - start)
        key = Qt.Key(event.key())
        if self._plays(event):
            view.ask_to_play()
        elif key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal):
            view.zoom(0.5)
        elif key == Qt.Key.Key_Minus:
            view.zoom(2.0)
        elif key == Qt.Key.Key_0:
            view.fit()
        elif key == Qt.Key.Key_Z and not event.modifiers():
            view.zoom_to_selection()
        elif key == Qt.Key.Key_E and not event.modifiers():
            view.head.select_button.toggle()
        elif key in (Qt.Key.Key_N, Qt.Key.Key_P) and not event.modifiers() and view.marks:
            view.go_to_mark(1 if key == Qt.Key.Key_N else -1)
        elif key == Qt.Key.Key_Left:
            self._move(event, -step)
        elif key == Qt.Key.Key_Right:
            self._move(event, step)
        elif key == Qt.Key.Key_Escape and view.selection is not None:
            view.set_selection(None)
        else:
            return False
        return True

    def _move(self, event: QKeyEvent, step: float) -> None:
        """Move the view; with Shift, move the selection's end instead."""
        view = self._view
        start, stop = view.view_range
        if event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            chosen = view.selection or ((start + stop) / 2, (start + stop) / 2)
            view.set_selection(chosen[0], chosen[1] + step / 10)
        else:
            view.set_view_range(start + step, stop + step)
