"""Run one job to its end, whoever asked: the window's worker process or the command line."""

from __future__ import annotations

import os
import sys
import threading
import time
import traceback
from contextlib import ExitStack, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from filelock import Timeout
from pydantic import ValidationError

from engines.jobs import handler
from engines.jobs.base import Outcome
from engines.worker.context import CancelledError, JobContext, Sink
from engines.worker.protocol import COMMANDS, End, Message, encode
from engines.worker.slots import core_slot
from projects.capture import first_problem
from projects.errors import JobError, TrimpotError
from projects.jobs import Status, read_job, worker_lock, write_status

EXIT_CODES = {"done": 0, "failed": 1, "cancelled": 3, "interrupted": 4}
"""The process's exit code by outcome."""
NICENESS = 5
"""A worker of the window yields to the window and to the audio engine."""


def run_job(folder: Path, sink: Sink) -> End:
    """Run the job in ``folder`` in this process; returns its end, also written as status.

    Never raises for what a job can do wrong: an error becomes a ``failed`` end with its sentence.
    """
    return JobRunner(folder, sink).run()


class JobRunner:
    """One run of one job; :attr:`context` is there as soon as the job has been read."""

    def __init__(self, folder: Path, sink: Sink) -> None:
        self.folder = folder.resolve()
        self.sink = sink
        self.context: JobContext | None = None
        self._pending: list[str] = []

    def command(self, word: str) -> None:
        """Pass a command to the job, from any thread, however early."""
        self._pending.append(word)
        if self.context is not None:
            self.context.command(word)

    def run(self) -> End:
        """Hold the job's lock, wait for a slot, run, and say how it ended."""
        started = datetime.now(UTC)
        clock = time.monotonic()
        lock = worker_lock(self.folder)
        try:
            job = read_job(self.folder)
            lock.acquire(timeout=2.0)
        except Timeout:
            end = End(state="failed", text=f"Another process is at work on {self.folder.name}.")
            self.sink(end)
            return end
        except TrimpotError as error:
            end = End(state="failed", text=error.sentence, details=error.details)
            self.sink(end)
            return end
        with ExitStack() as stack:
            stack.callback(lock.release)
            self.context = JobContext(self.folder, self.folder.parent.parent, job, self.sink)
            for word in self._pending:
                self.context.command(word)
            end = self._guarded(self.context)
            status = Status(
                state=end.state,
                text=end.text,
                details=end.details,
                started=started,
                finished=datetime.now(UTC),
                seconds=round(time.monotonic() - clock, 3),
                figures=end.figures,
                files=end.files,
            )
            try:
                write_status(self.folder, status)
            except TrimpotError as error:
                end = End(state="failed", text=error.sentence, details=end.text)
        self.sink(end)
        return end

    def _guarded(self, context: JobContext) -> End:
        try:
            chosen = handler(context.job.kind)
            config = chosen.Config.model_validate(context.job.config)
            context.state("running")
            with ExitStack() as stack:
                if chosen.heavy:
                    stack.enter_context(core_slot(context))
                outcome: Outcome = chosen.run(config, context)
        except CancelledError as error:
            if error.reason == "cancelled":
                return End(state="cancelled", text="Cancelled. What was finished is kept.")
            return End(state="interrupted", text="Stopped before it was done. Resume to go on.")
        except ValidationError as error:
            return End(
                state="failed",
                text=f"The job's settings do not fit: {first_problem(error)}.",
                details=str(error),
            )
        except TrimpotError as error:
            with suppress(TrimpotError):  # a full disk must not hide what went wrong
                context.log(traceback.format_exc())
            return End(state="failed", text=error.sentence, details=error.details)
        except MemoryError:
            return End(
                state="failed",
                text="The computer ran out of memory. Close other programs, or choose a smaller "
                "model or shorter audio; the best model so far is kept.",
                details=traceback.format_exc(),
            )
        except Exception as error:  # noqa: BLE001 - the one place where a job's bug becomes words
            return End(
                state="failed",
                text=f"The job stopped by a fault in Trimpot ({type(error).__name__}: {error}). "
                "What was finished is kept; the details help to report it.",
                details=traceback.format_exc(),
            )
        return End(
            state=outcome.state, text=outcome.text, figures=outcome.figures, files=outcome.files
        )


def worker_main(folder: Path, *, attached: bool) -> int:
    """The worker process: messages on stdout, commands on stdin; returns the exit code.

    Parameters
    ----------
    folder : Path
        The job's folder.
    attached : bool
        Whether the end of stdin means that the window is gone (then the job stops, resumable).
    """
    if attached and hasattr(os, "nice") and not _in_real_time(folder):
        os.nice(NICENESS)
    out = _take_stdout()
    write_lock = threading.Lock()

    def sink(message: Message) -> None:
        try:
            with write_lock:
                out.write(encode(message))
                out.flush()
        except OSError:
            if attached:
                runner.command("orphaned")

    runner = JobRunner(folder, sink)
    reader = threading.Thread(target=_read_commands, args=(runner, attached), daemon=True)
    reader.start()
    end = runner.run()
    return EXIT_CODES[end.state]


def _in_real_time(folder: Path) -> bool:
    """Whether the job has a sound device to keep up with; its faults are told when it runs."""
    with suppress(TrimpotError):
        return read_job(folder).kind == "record"
    return False


def _take_stdout() -> BinaryIO:
    """Keep stdout for messages; whatever libraries print goes to stderr."""
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return out


def _read_commands(runner: JobRunner, attached: bool) -> None:
    for line in iter(sys.stdin.readline, ""):
        word = line.strip()
        if word in COMMANDS:
            runner.command(word)
    if attached:
        runner.command("orphaned")


__all__ = ["EXIT_CODES", "JobError", "JobRunner", "run_job", "worker_main"]
