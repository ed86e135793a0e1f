"""One program in several roles, by its arguments: window, worker, audio engine, command line.

A frozen build is a single executable, so every role starts through here; each imports only what
it needs.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path


def main(arguments: Sequence[str] | None = None) -> int:
    """Take a role; returns the process's exit code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    if words[:1] == ["--worker"]:
        return _worker(words[1:])
    if words[:1] == ["--audio-engine"]:
        from engines.audition import engine_main

        return engine_main()
    if words[:1] == ["--sound-devices"]:
        from engines.recording.devices import tell_devices

        return tell_devices()
    if words and (words[0] in COMMANDS or words[0] in ("-h", "--help", "--version")):
        return _command(words)
    return _window(words)


COMMANDS = (
    "demo", "circuits", "circuit", "simulate", "scan", "import", "record", "check", "fix", "train",
    "render", "export", "simulators", "bench",
)  # fmt: skip


def _worker(words: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="trimpot --worker")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--attached", action="store_true")
    chosen = parser.parse_args(words)
    from engines.worker.main import worker_main

    return worker_main(chosen.folder, attached=chosen.attached)


def _command(words: Sequence[str]) -> int:
    try:
        from app.cli.main import run_command
    except KeyboardInterrupt:  # Ctrl+C while Python still reads the program
        return 130
    return run_command(words)


def _window(words: Sequence[str]) -> int:
    from app.window import run_window

    return run_window(words)


if __name__ == "__main__":
    sys.exit(main())
