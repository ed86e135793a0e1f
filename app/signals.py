"""Ctrl+C in the terminal, or the system's wish, closes the window as if it were told to."""

from __future__ import annotations

import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from PySide6.QtCore import QSocketNotifier

NAMES = ("SIGINT", "SIGTERM", "SIGHUP")
"""Those of them that the system has."""


@contextmanager
def signals_close(close: Callable[[], object]) -> Iterator[None]:
    """Call ``close`` on the event loop when the process is asked to end.

    Python runs a signal's handler between two lines of Python, and a window at rest runs none. So
    the number is written to a socket, which wakes Qt's event loop.
    """
    reader, writer = socket.socketpair()
    with reader, writer:
        reader.setblocking(False)
        writer.setblocking(False)
        notifier = QSocketNotifier(reader.fileno(), QSocketNotifier.Type.Read)

        def heard() -> None:
            reader.recv(64)
            close()

        notifier.activated.connect(heard)
        previous_writer = signal.set_wakeup_fd(writer.fileno(), warn_on_full_buffer=False)
        numbers = [getattr(signal, name) for name in NAMES if hasattr(signal, name)]
        previous = {number: signal.signal(number, _nothing) for number in numbers}
        try:
            yield
        finally:
            for number, handler in previous.items():
                signal.signal(number, handler)
            signal.set_wakeup_fd(previous_writer)
            notifier.setEnabled(False)


def _nothing(number: int, frame: object) -> None:
    """The socket tells."""
