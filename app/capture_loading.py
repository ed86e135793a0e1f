"""Opening a capture's signals off the window's thread: to be seen as they come, and stopped."""

from __future__ import annotations

import threading
from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer, Signal

from app.background import in_background
from app.capture_signals import OpenedCapture
from app.peak_files import StoppedError, build_peaks

_TELL_MS = 100


class SignalLoader(QObject):
    """Opens signals and builds their peaks; a new start, or :meth:`stop`, ends what is at work.

    Signals
    -------
    opened(object)
        The :class:`~app.capture_signals.OpenedCapture`: it can be drawn, as far as their peaks
        are there.
    progress(float)
        The fraction of the peaks that is built, ten times a second at most.
    finished()
        All peaks are there.
    failed(object)
        The error that ended it.
    """

    opened = Signal(object)
    progress = Signal(float)
    finished = Signal()
    failed = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._stop = threading.Event()
        self._share = 0.0
        self._told = -1.0
        self._timer = QTimer(self)
        self._timer.setInterval(_TELL_MS)
        self._timer.timeout.connect(self._tell)

    @property
    def busy(self) -> bool:
        """Whether peaks are being built."""
        return self._timer.isActive()

    def start(self, open_them: Callable[[], OpenedCapture]) -> None:
        """Open signals by a function that runs in another thread, then build their peaks."""
        self.stop()
        stop = self._stop = threading.Event()
        in_background(
            self,
            open_them,
            lambda opened: self._opened(opened, stop),
            lambda error: self._failed(error, stop),
        )

    def stop(self) -> None:
        """Build no further; what is drawn stays."""
        self._stop.set()
        self._timer.stop()

    def _opened(self, opened: OpenedCapture, stop: threading.Event) -> None:
        if stop.is_set():
            return
        self.opened.emit(opened)
        if all(item.complete for item in opened.drawn):
            self.finished.emit()
            return
        self._share, self._told = 0.0, -1.0
        self._timer.start()
        in_background(
            self,
            lambda: build_peaks(opened.drawn, stop, self._take),
            lambda _none: self._built(stop),
            lambda error: self._failed(error, stop),
        )

    def _take(self, share: float) -> None:
        """Called in the other thread: only a number is left, which the timer picks up."""
        self._share = share

    def _tell(self) -> None:
        if self._share != self._told:
            self._told = self._share
            self.progress.emit(self._share)

    def _built(self, stop: threading.Event) -> None:
        if not stop.is_set():
            self._timer.stop()
            self.finished.emit()

    def _failed(self, error: Exception, stop: threading.Event) -> None:
        if stop.is_set() or isinstance(error, StoppedError):
            return
        self._timer.stop()
        self.failed.emit(error)
