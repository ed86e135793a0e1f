"""A program from outside, bounded in time and in what it says, gone when its owner is gone."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path

MAX_OUTPUT_BYTES = 4_000_000
KILL_SECONDS = 5.0


def _tied() -> list[str]:
    """What makes a program end with the thread that started it, where the system knows of such.

    ``setpriv`` (util-linux) sets the signal and becomes the program, under the same number.
    """
    found = shutil.which("setpriv") if sys.platform == "linux" else None
    return [found, "--pdeathsig", "KILL", "--"] if found else []


class BoundedProcess:
    """A running program whose output is read, kept up to a bound, and whose process always ends.

    Should the worker die, Linux kills the program at once; elsewhere its next word finds the pipe
    that it speaks into closed, which ends it too.

    Parameters
    ----------
    command : sequence of str
        Program and arguments; no shell.
    folder : Path
        Its working folder.
    """

    def __init__(self, command: Sequence[str], folder: Path) -> None:
        self._output = bytearray()
        self.output_exceeded = False
        self.started = time.monotonic()
        self._process = subprocess.Popen(
            [*_tied(), *command],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
        self._reader = threading.Thread(target=self._read, name="program output", daemon=True)
        self._reader.start()

    def _read(self) -> None:
        stream = self._process.stdout
        assert stream is not None
        with contextlib.suppress(OSError, ValueError):
            while chunk := stream.read1(65536):  # type: ignore[attr-defined]
                room = MAX_OUTPUT_BYTES - len(self._output)
                self._output += chunk[:room]
                if len(chunk) > room:
                    self.output_exceeded = True
                    self._process.kill()
                    return

    @property
    def pid(self) -> int:
        """The process's number."""
        return self._process.pid

    @property
    def seconds(self) -> float:
        """How long it has been running, or ran."""
        return time.monotonic() - self.started

    @property
    def output(self) -> str:
        """Everything it has said so far, up to the bound."""
        return bytes(self._output).decode("utf-8", errors="replace")

    def poll(self) -> int | None:
        """Its exit code, or None while it runs."""
        code = self._process.poll()
        if code is not None:
            self._reader.join(KILL_SECONDS)
        return code

    def close(self) -> None:
        """Kill it if it still runs, and wait until it is gone."""
        if self._process.poll() is None:
            self._process.kill()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(KILL_SECONDS)
        self._reader.join(KILL_SECONDS)
        if self._process.stdout is not None:
            self._process.stdout.close()
