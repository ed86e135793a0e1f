"""A plot whose numbers take a while: the plot, or a sentence about why it is not there yet."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QStackedLayout, QVBoxLayout, QWidget

from app.background import in_background
from app.capture_numbers import stopper
from app.peak_files import StoppedError
from projects.errors import TrimpotError
from widgets.theme import label

T = TypeVar("T")
P = TypeVar("P", bound=QWidget)
COUNTING = "Counting…"


class NumberPage(QWidget, Generic[P]):
    """Shows a plot once what it shows has been computed; asked again for the same, it stays.

    Parameters
    ----------
    make_plot : callable
        Makes the plot, once there is something to show: most are never looked at.
    header : QWidget, optional
        Choices over it.
    """

    def __init__(self, make_plot: Callable[[], P], header: QWidget | None = None) -> None:
        super().__init__()
        self._make_plot = make_plot
        self._plot: P | None = None
        self._key: Hashable | None = None
        self._stop = threading.Event()
        self.words = label("", "body", "soft", wrap=True)
        self.words.setAlignment(Qt.AlignmentFlag.AlignCenter)
        body = QWidget()
        self._stack = QStackedLayout(body)
        self._stack.addWidget(self.words)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        if header is not None:
            column.addWidget(header, 0, Qt.AlignmentFlag.AlignLeft)
        column.addWidget(body, 1)

    @property
    def plot(self) -> P:
        """The plot, made now if it was not there."""
        if self._plot is None:
            self._plot = self._make_plot()
            self._stack.addWidget(self._plot)
        return self._plot

    def say(self, sentence: str) -> None:
        """Show a sentence in place of the plot."""
        self._key = None
        self._stop.set()
        self.words.setText(sentence)
        self._stack.setCurrentWidget(self.words)

    def compute(
        self,
        key: Hashable,
        work: Callable[[Callable[[], None]], T],
        show: Callable[[T], str],
    ) -> None:
        """Have the numbers computed, unless those of ``key`` are shown or under way.

        Parameters
        ----------
        key : hashable
            Says what is shown.
        work : callable
            Runs in another thread; takes a check that raises once it is not wanted any more.
        show : callable
            Gives the result to the plot; returns why there is nothing to see, or nothing.
        """
        if key == self._key:
            return
        self.say(COUNTING)
        self._key = key
        stop = self._stop = threading.Event()

        def done(result: T) -> None:
            if not stop.is_set():
                self.words.setText(show(result))
                shown = self.words if self.words.text() else self.plot
                self._stack.setCurrentWidget(shown)

        def failed(error: Exception) -> None:
            if stop.is_set() or isinstance(error, StoppedError):
                return
            sentence = error.sentence if isinstance(error, TrimpotError) else str(error)
            self.say(sentence)

        in_background(self, lambda: work(stopper(stop)), done, failed)
