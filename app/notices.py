"""One place, free of Qt, that takes every warning and uncaught error; the window shows them."""

from __future__ import annotations

import logging
import sys
import threading
import traceback
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Literal

from projects.errors import TrimpotError

Level = Literal["info", "success", "warning", "error"]
log = logging.getLogger("trimpot")


@dataclass(frozen=True)
class Action:
    """A button beside a notice: ``Undo``, ``Open``."""

    text: str
    do: Callable[[], None]


@dataclass(frozen=True)
class Notice:
    """A sentence for the user, details to unfold, and what can be done about it.

    ``about`` is the id of the job it tells of, so that it can go once the job goes on.
    """

    level: Level
    sentence: str
    details: str = ""
    actions: tuple[Action, ...] = field(default=())
    about: str = ""


class Notices:
    """Takes notices from anywhere (also other threads) and hands them to its listeners."""

    def __init__(self, keep: int = 200) -> None:
        self.history: deque[Notice] = deque(maxlen=keep)
        self._listeners: list[Callable[[Notice], None]] = []

    def listen(self, listener: Callable[[Notice], None]) -> Callable[[], None]:
        """Call ``listener`` with every notice from now on; returns the function that ends it."""
        self._listeners.append(listener)

        def stop() -> None:
            if listener in self._listeners:
                self._listeners.remove(listener)

        return stop

    def post(self, notice: Notice) -> None:
        """Keep, log and hand on a notice."""
        self.history.append(notice)
        severity = {"error": logging.ERROR, "warning": logging.WARNING}.get(
            notice.level, logging.INFO
        )
        log.log(severity, "%s", notice.sentence)
        for listener in list(self._listeners):
            listener(notice)

    def info(self, sentence: str, *actions: Action) -> None:
        """Something happened."""
        self.post(Notice("info", sentence, actions=actions))

    def success(self, sentence: str, *actions: Action) -> None:
        """Something that was asked for is there now."""
        self.post(Notice("success", sentence, actions=actions))

    def warning(self, sentence: str, details: str = "", *actions: Action) -> None:
        """Something the user should know; work goes on."""
        self.post(Notice("warning", sentence, details, actions))

    def error(self, error: BaseException, *actions: Action) -> None:
        """An error: a TrimpotError by its own sentence, any other as a fault of the program."""
        if isinstance(error, TrimpotError):
            self.post(Notice("error", error.sentence, error.details, actions))
            return
        details = "".join(traceback.format_exception(error))
        sentence = (
            f"Something went wrong inside Trimpot ({type(error).__name__}: {error}). "
            "Your project is as it was last saved; the details help to report it."
        )
        self.post(Notice("error", sentence, details, actions))

    def catch_uncaught(self) -> Callable[[], None]:
        """Take uncaught errors of every thread from now on; returns the function that ends it."""
        previous = sys.excepthook, threading.excepthook

        def on_error(
            kind: type[BaseException], error: BaseException, trace: TracebackType | None
        ) -> None:
            if issubclass(kind, KeyboardInterrupt):
                previous[0](kind, error, trace)
                return
            self.error(error)

        def on_thread_error(args: threading.ExceptHookArgs) -> None:
            if args.exc_value is not None:
                self.error(args.exc_value)

        sys.excepthook = on_error
        threading.excepthook = on_thread_error

        def stop() -> None:
            sys.excepthook, threading.excepthook = previous

        return stop
