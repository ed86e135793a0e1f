"""Jobs of the window: one worker process each, its messages as signals, its outcome in words."""

from __future__ import annotations

import signal
import sys
from pathlib import Path

from PySide6.QtCore import QObject, QProcess, QProcessEnvironment, QTimer, Signal

from engines.worker.protocol import End, Message, State, decode
from projects.errors import TrimpotError
from projects.jobs import Job, JobKind, JobState, Status, read_job, read_status, write_status

CANCEL_GRACE_MS = 20_000
"""How long a worker may take to keep its checkpoint after a cancel before it is killed."""
KEEP_STDERR = 16_000
NOTHING_MADE = "What it had not finished is dropped; your files are untouched."
AFTER_DEATH: dict[JobKind, str] = {
    "train": "What it had finished is kept; resume to go on from its last checkpoint.",
    "record": "What was recorded is on disk; resume to make a capture of it.",
    "simulate": "Resume to go on: settings that were simulated are not simulated again.",
}
"""By kind of job, what is left after its worker was killed, and what to do."""


def program_arguments(*arguments: str) -> tuple[str, list[str]]:
    """The program and arguments that start this same application again in another role."""
    if getattr(sys, "frozen", False):
        return sys.executable, list(arguments)
    return sys.executable, ["-m", "app", *arguments]


def process_environment() -> QProcessEnvironment:
    """The environment of a child process: as ours, its packages found as ours are."""
    environment = QProcessEnvironment.systemEnvironment()
    if not getattr(sys, "frozen", False):
        environment.insert("PYTHONPATH", str(Path(__file__).resolve().parent.parent))
    environment.insert("PYTHONUNBUFFERED", "1")
    environment.insert("PYTHONSAFEPATH", "1")
    return environment


class WorkerProcess(QObject):
    """One job at work in a process of its own.

    Signals
    -------
    message(object)
        Each :data:`~engines.worker.protocol.Message` as it comes.
    ended(object)
        The :class:`~engines.worker.protocol.End`, made up in words if the worker died without one.
    """

    message = Signal(object)
    ended = Signal(object)

    def __init__(self, folder: Path, job: Job, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.folder = folder
        self.job = job
        self.state: JobState = "waiting"
        self.last: dict[str, Message] = {}
        """The newest message of each type, for a view that comes later."""
        self._end: End | None = None
        self._buffer = b""
        self._stderr = b""
        self._cancelled = False
        self._over = False
        self._process = QProcess(self)
        self._process.setProcessEnvironment(process_environment())
        self._process.readyReadStandardOutput.connect(self._read)
        self._process.readyReadStandardError.connect(self._read_stderr)
        self._process.finished.connect(self._finished)
        self._process.errorOccurred.connect(self._failed_to_start)

    def start(self) -> None:
        """Start the worker; returns at once."""
        program, arguments = program_arguments("--worker", str(self.folder), "--attached")
        self._process.start(program, arguments)

    @property
    def pid(self) -> int:
        """The worker's process number (0 before it runs)."""
        return self._process.processId()

    @property
    def running(self) -> bool:
        """Whether the process has not ended yet."""
        return not self._over

    def cancel(self) -> None:
        """Ask the worker to stop and keep what it has; kill it if it does not listen."""
        self._cancelled = True
        self._send("cancel")
        QTimer.singleShot(CANCEL_GRACE_MS, self, self._kill_if_running)

    def pause(self) -> None:
        """Ask the worker to pause at its next safe moment."""
        self._send("pause")

    def resume(self) -> None:
        """Let a paused worker go on."""
        self._send("resume")

    def detach(self) -> None:
        """Close the worker's input: it stops, resumable, as if the window had gone."""
        self._process.closeWriteChannel()

    def kill(self) -> None:
        """End the process at once; its last checkpoint stays."""
        self._process.kill()

    def _send(self, word: str) -> None:
        if self._process.state() != QProcess.ProcessState.NotRunning:
            self._process.write(word.encode() + b"\n")

    def _kill_if_running(self) -> None:
        if self.running:
            self._process.kill()

    def _read(self) -> None:
        self._buffer += bytes(self._process.readAllStandardOutput().data())
        *lines, self._buffer = self._buffer.split(b"\n")
        for line in lines:
            message = decode(line)
            if message is None:
                continue
            if isinstance(message, End):
                self._end = message
                continue
            if isinstance(message, State):
                self.state = message.state
            self.last[message.type] = message
            self.message.emit(message)

    def _read_stderr(self) -> None:
        self._stderr += bytes(self._process.readAllStandardError().data())
        self._stderr = self._stderr[-KEEP_STDERR:]

    def _failed_to_start(self, error: QProcess.ProcessError) -> None:
        if error == QProcess.ProcessError.FailedToStart:
            self._finish(End(state="failed", text="The worker process could not be started."))

    def _finished(self, code: int, status: QProcess.ExitStatus) -> None:
        self._read()
        self._read_stderr()
        self._finish(self._end or self._died(code, status))

    def _died(self, code: int, status: QProcess.ExitStatus) -> End:
        details = self._stderr.decode(errors="replace")
        if self._cancelled:
            kept = "The last checkpoint is kept." if self.job.kind == "train" else NOTHING_MADE
            return End(state="cancelled", text=f"Cancelled. {kept}")
        how = outcome_words(code, status == QProcess.ExitStatus.CrashExit)
        after = AFTER_DEATH.get(self.job.kind, "Resume to do it again; your files are untouched.")
        text = f"The worker of “{self.job.name}” {how}. {after}"
        return End(state="interrupted", text=text, details=details)

    def _finish(self, end: End) -> None:
        if self._over:
            return
        self._over = True
        self.state = end.state
        self._keep_status(end)
        self.ended.emit(end)

    def _keep_status(self, end: End) -> None:
        """A worker that died wrote no status: do it for it, so that the project remembers."""
        if self._end is not None:
            return
        try:
            before = read_status(self.folder)
            status = Status(
                state=end.state, text=end.text, details=end.details, started=before.started
            )
            write_status(self.folder, status)
        except TrimpotError:
            return


def outcome_words(code: int, crashed: bool) -> str:
    """How a process ended, in words: ``"was killed (SIGKILL)"``, ``"stopped with code 1"``."""
    if not crashed:
        return f"stopped with code {code}"
    try:
        name = signal.Signals(code).name
    except ValueError:
        return f"crashed (code {code})"
    if name == "SIGKILL":
        return "was killed (SIGKILL: by hand, or because the memory ran out)"
    return f"crashed ({name})"


class Jobs(QObject):
    """The jobs at work now.

    Signals
    -------
    started(str), message(str, object), ended(str, object)
        With the job's id.
    count_changed(int)
        How many are at work.
    """

    started = Signal(str)
    message = Signal(str, object)
    ended = Signal(str, object)
    count_changed = Signal(int)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._workers: dict[str, WorkerProcess] = {}

    def start(self, folder: Path) -> str:
        """Start (or resume) the job in ``folder``; returns its id.

        Raises
        ------
        FileFormatError
            There is no readable job in the folder.
        """
        job = read_job(folder)
        if job.id in self._workers:
            return job.id
        worker = WorkerProcess(folder, job, self)
        self._workers[job.id] = worker
        worker.message.connect(lambda message: self.message.emit(job.id, message))
        worker.ended.connect(lambda end: self._on_ended(job.id, end))
        worker.start()
        self.started.emit(job.id)
        self.count_changed.emit(len(self._workers))
        return job.id

    def worker(self, job_id: str) -> WorkerProcess | None:
        """The worker of a job, while it is at work."""
        return self._workers.get(job_id)

    def active(self) -> list[WorkerProcess]:
        """Every worker at work, oldest first."""
        return list(self._workers.values())

    def _on_ended(self, job_id: str, end: End) -> None:
        worker = self._workers.pop(job_id, None)
        self.ended.emit(job_id, end)
        self.count_changed.emit(len(self._workers))
        if worker is not None:
            worker.deleteLater()

    def detach_all(self) -> None:
        """Let every worker stop, resumable; used when the window closes."""
        for worker in self.active():
            worker.detach()
