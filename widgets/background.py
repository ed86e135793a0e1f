"""Seconds of work off the window's thread, its result handed back on it."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from threading import Thread
from typing import TypeVar

from PySide6.QtCore import QObject
from shiboken6 import isValid

T = TypeVar("T")


def fetch_workers() -> None:
    """Import what :func:`in_background` needs, off the window's thread: it takes a while."""
    Thread(target=import_module, args=("superqt.utils",), name="imports", daemon=True).start()


def in_background(
    receiver: QObject,
    work: Callable[[], T],
    done: Callable[[T], None],
    failed: Callable[[Exception], None],
) -> None:
    """Run ``work`` in Qt's thread pool; its result or error comes back on the window's thread.

    Parameters
    ----------
    receiver : QObject
        For whom it is done: once it has been deleted, nothing is called any more.
    work : callable
        Touches no widget.
    done, failed : callable
        Called with the result, or with the error.
    """
    # superqt brings its own dialogs and icons with it: too much for the first paint.
    from superqt.utils import create_worker

    def on_done(result: T) -> None:
        if isValid(receiver):
            done(result)

    def on_error(error: Exception) -> None:
        if isValid(receiver):
            failed(error)

    create_worker(work, _connect={"returned": on_done, "errored": on_error}, _start_thread=True)
