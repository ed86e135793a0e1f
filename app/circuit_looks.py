"""Quick looks at a circuit in the background: one at a time, the latest wish wins."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from app.background import in_background
from projects.errors import TrimpotError

if TYPE_CHECKING:
    from engines.circuits.described import DescribedCircuit
    from engines.circuits.quick import QuickLook

SETTLE_MS = 300
"""A knob that turns is looked at once it rests for so long."""
SECONDS = 1.0


@dataclass(frozen=True)
class _Wish:
    circuit: DescribedCircuit
    settings: dict[str, float]
    folder: Path


class CircuitLooks(QObject):
    """Looks at circuits; a new wish breaks off the look before it.

    Signals
    -------
    found(object)
        A :class:`~engines.circuits.quick.QuickLook`, as far as it has come.
    failed(str, str, bool)
        No look is possible: a sentence, details, and whether the simulator is missing.
    busy_changed(bool)
        It looks, or no longer does.
    """

    found = Signal(object)
    failed = Signal(str, str, bool)
    busy_changed = Signal(bool)
    _told = Signal(int, object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._wish: _Wish | None = None
        self._stop: threading.Event | None = None
        self._turn = 0
        self._settle = QTimer(self, singleShot=True, interval=SETTLE_MS)
        self._settle.timeout.connect(self._start)
        self._told.connect(self._hear)
        self.destroyed.connect(self._forget)

    @property
    def is_busy(self) -> bool:
        """Whether it looks, or is about to."""
        return self._stop is not None or self._settle.isActive()

    def look(
        self,
        circuit: DescribedCircuit,
        settings: Mapping[str, float],
        folder: Path | None = None,
        *,
        at_once: bool = False,
    ) -> None:
        """Look at a circuit, its knobs (by parameter) set; scratch files go below ``folder``."""
        place = folder or Path(tempfile.gettempdir())
        self._wish = _Wish(circuit, dict(settings), place)
        self._break_off()
        was_busy = self.is_busy
        self._settle.start(0 if at_once else SETTLE_MS)
        if not was_busy:
            self.busy_changed.emit(True)

    def cancel(self) -> None:
        """Stop looking, and look at nothing more until asked."""
        was_busy = self.is_busy
        self._wish = None
        self._settle.stop()
        self._break_off()
        self._turn += 1
        if was_busy and self._stop is None:
            self.busy_changed.emit(False)

    def _break_off(self) -> None:
        if self._stop is not None:
            self._stop.set()

    def _forget(self) -> None:
        self._break_off()

    def _start(self) -> None:
        if self._wish is None or self._stop is not None:
            return  # what runs is being broken off; its end starts this one
        wish, self._wish = self._wish, None
        stop = self._stop = threading.Event()
        self._turn += 1
        turn, told = self._turn, self._told

        def work() -> QuickLook:
            from engines.circuits.quick import quick_look

            return quick_look(
                wish.circuit,
                wish.settings,
                wish.folder,
                stop=stop,
                seconds=SECONDS,
                tell=lambda found: told.emit(turn, found),
            )

        in_background(self, work, lambda _found: self._ended(), self._failed)

    def _hear(self, turn: int, found: QuickLook) -> None:
        stop = self._stop
        if turn == self._turn and (stop is None or not stop.is_set()):
            self.found.emit(found)

    def _failed(self, error: Exception) -> None:
        from engines.circuits.base import SimulatorMissingError
        from engines.worker.context import CancelledError

        stopped = self._stop is not None and self._stop.is_set()
        self._ended()
        if isinstance(error, CancelledError) or stopped:
            return
        if not isinstance(error, TrimpotError):
            raise error
        missing = isinstance(error, SimulatorMissingError)
        self.failed.emit(error.sentence, error.details, missing)

    def _ended(self) -> None:
        self._stop = None
        if self._wish is not None:
            if not self._settle.isActive():
                self._start()
        else:
            self.busy_changed.emit(self.is_busy)
