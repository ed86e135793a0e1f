"""Slow work beside the engine's main loop: reading files, resampling, compiling models."""

from __future__ import annotations

import queue
import threading
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from projects.errors import TrimpotError


@dataclass(frozen=True)
class Done:
    """A task's outcome: ``value``, or the error in words."""

    key: str
    ticket: int
    value: Any = None
    text: str = ""
    details: str = ""


class Loader:
    """One thread that does tasks in turn; of tasks with the same key only the newest counts.

    Parameters
    ----------
    deliver : callable
        Takes each :class:`Done`, on the loader's thread.
    """

    def __init__(self, deliver: Callable[[Done], None]) -> None:
        self._deliver = deliver
        self._tasks: queue.SimpleQueue[tuple[str, int, Callable[[], Any]] | None] = (
            queue.SimpleQueue()
        )
        self._newest: dict[str, int] = {}
        self._tickets = 0
        # A daemon: compiling a large model must not keep the process from ending.
        self._thread = threading.Thread(target=self._run, name="loader", daemon=True)
        self._thread.start()

    def submit(self, key: str, task: Callable[[], Any]) -> None:
        """Do ``task`` soon; an older one with this key no longer counts."""
        self._tickets += 1
        self._newest[key] = self._tickets
        self._tasks.put((key, self._tickets, task))

    def is_current(self, done: Done) -> bool:
        """Whether this outcome is of the newest task of its key."""
        return self._newest.get(done.key) == done.ticket

    def busy(self, key: str) -> bool:
        """Whether a task of this key has been asked for and not yet been settled."""
        return key in self._newest

    def settle(self, key: str) -> None:
        """What was asked for under this key has been taken, or is no longer wanted."""
        self._newest.pop(key, None)

    def stop(self) -> None:
        """Let the thread end after what it does now."""
        self._newest.clear()
        self._tasks.put(None)

    def _run(self) -> None:
        while (item := self._tasks.get()) is not None:
            key, ticket, task = item
            if self._newest.get(key) != ticket:
                continue
            self._deliver(self._outcome(key, ticket, task))

    @staticmethod
    def _outcome(key: str, ticket: int, task: Callable[[], Any]) -> Done:
        try:
            return Done(key, ticket, task())
        except TrimpotError as error:
            return Done(key, ticket, text=error.sentence, details=error.details)
        except MemoryError:
            return Done(
                key,
                ticket,
                text="There is not enough memory to load this. Close other programs, or play a "
                "shorter file.",
                details=traceback.format_exc(),
            )
        except Exception as error:  # noqa: BLE001 - a fault of ours becomes words, not silence
            return Done(
                key,
                ticket,
                text=f"Loading stopped by a fault in Trimpot ({type(error).__name__}: {error}).",
                details=traceback.format_exc(),
            )
