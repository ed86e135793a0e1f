"""A job in the terminal: progress on stderr, Ctrl+C to stop and keep what there is."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import TextIO

from engines.worker.main import JobRunner
from engines.worker.protocol import End, Message, Metric, Progress, State, Warn
from projects.errors import JobError

PLAIN_INTERVAL = 5.0
"""Seconds between progress lines where the output is no terminal."""


class ConsoleReporter:
    """Shows a job's messages: one line that moves in a terminal, a line now and then elsewhere."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self.stream = sys.stderr if stream is None else stream
        self._moves = self.stream.isatty()
        self._shown = ""
        self._last = float("-inf")
        self._figures = ""

    def __call__(self, message: Message) -> None:
        """Show one message."""
        if isinstance(message, Progress):
            self._progress(message)
        elif isinstance(message, Metric):
            esr = message.values.get("esr_best")
            self._figures = "" if esr is None else f"  ESR {esr:.3g}"
        elif isinstance(message, Warn):
            self.line(f"warning: {message.text}")
        elif isinstance(message, State) and message.text:
            self.line(message.text)
        elif isinstance(message, End):
            self.clear()

    def _progress(self, message: Progress) -> None:
        share = "" if message.fraction is None else f"{100 * message.fraction:3.0f} % "
        left = "" if message.eta is None else f"  {message.eta:.0f} s left"
        text = f"  {share}{message.text}{self._figures}{left}"
        if self._moves:
            self.clear()
            self._shown = text[:110]
            self.stream.write(self._shown)
            self.stream.flush()
        elif time.monotonic() - self._last >= PLAIN_INTERVAL:
            self._last = time.monotonic()
            self.stream.write(text + "\n")
            self.stream.flush()

    def clear(self) -> None:
        """Take the moving line away."""
        if self._moves and self._shown:
            self.stream.write("\r" + " " * len(self._shown) + "\r")
            self._shown = ""

    def line(self, text: str) -> None:
        """A line that stays."""
        self.clear()
        self.stream.write(text + "\n")
        self.stream.flush()


@contextmanager
def _interrupts_cancel(runner: JobRunner, reporter: ConsoleReporter) -> Iterator[None]:
    def on_interrupt(number: int, frame: FrameType | None) -> None:
        reporter.line("Stopping; what is finished is kept. Press Ctrl+C again to break off.")
        runner.command("cancel")
        signal.signal(signal.SIGINT, signal.default_int_handler)

    def on_termination(number: int, frame: FrameType | None) -> None:
        # Asked to end by the system: the job stops as it does when its window goes, resumable,
        # and takes its simulator with it. The terminal may be gone, so nothing is said.
        runner.command("orphaned")

    handlers = {signal.SIGINT: on_interrupt, signal.SIGTERM: on_termination}
    if sys.platform != "win32":
        handlers[signal.SIGHUP] = on_termination
    previous = {number: signal.signal(number, handle) for number, handle in handlers.items()}
    try:
        yield
    finally:
        for number, handle in previous.items():
            signal.signal(number, handle)


def run_in_console(folder: Path, reporter: ConsoleReporter) -> End:
    """Run the job in ``folder`` in this process.

    Raises
    ------
    JobError
        It failed; the text is its sentence.
    """
    runner = JobRunner(folder, reporter)
    with _interrupts_cancel(runner, reporter):
        end = runner.run()
    if end.state == "failed":
        raise JobError(end.text, details=end.details)
    return end
