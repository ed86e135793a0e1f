"""The command line: one command run, its figures printed, every error in words."""

from __future__ import annotations

import argparse
import json
import math
import os
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from typing import Any

from pydantic import ValidationError

from app.cli.actions import Figures
from app.cli.arguments import UsageError
from app.cli.console import ConsoleReporter
from app.cli.parser import parser
from projects.capture import first_problem
from projects.errors import JobError, TrimpotError

Action = Callable[[argparse.Namespace, ConsoleReporter], Figures]
FILES_SHOWN = 12
BROKEN_OFF = TrimpotError("Broken off. What was finished before is kept.")


def run_command(words: Sequence[str]) -> int:
    """Run one command; returns the exit code (0 done, 1 failed, 2 wrong usage, 3 cancelled)."""
    try:
        chosen = parser().parse_args(words)
    except UsageError as error:
        _refuse(error, as_json="--json" in words, with_details=True)
        return 2
    reporter = ConsoleReporter()
    started = time.monotonic()
    action: Action = chosen.action
    try:
        figures = action(chosen, reporter)
    except KeyboardInterrupt:
        reporter.clear()
        _refuse(BROKEN_OFF, as_json=chosen.json, with_details=False)
        return 130
    except Exception as error:  # noqa: BLE001 - the one place where a command's bug becomes words
        reporter.clear()
        _refuse(_in_words(error), as_json=chosen.json, with_details=chosen.details)
        return 1
    figures.setdefault("seconds", round(time.monotonic() - started, 2))
    try:
        _show(figures, as_json=chosen.json)
    except BrokenPipeError:  # whoever read this (head, less) has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 3 if figures.get("state") in ("cancelled", "interrupted") else 0


def _show(figures: Figures, *, as_json: bool) -> None:
    if as_json:
        figures.pop("table", None)  # the same figures, laid out for a person
        print(json.dumps(without_nan(figures), allow_nan=False))
    else:
        print_figures(figures)
    sys.stdout.flush()


def _refuse(error: TrimpotError, *, as_json: bool, with_details: bool) -> None:
    """Say why nothing came of it: one JSON object on stdout, or a sentence on stderr."""
    if as_json:
        print(json.dumps({"error": error.sentence, "details": error.details}))
        return
    if error.details and with_details:
        print(error.details.rstrip(), file=sys.stderr)
    print(error.sentence, file=sys.stderr)


def _in_words(error: Exception) -> TrimpotError:
    if isinstance(error, TrimpotError):
        return error
    details = "".join(traceback.format_exception(error))
    if isinstance(error, ValidationError):
        return JobError(f"These settings do not fit: {first_problem(error)}.", details=details)
    return TrimpotError(
        f"The command stopped by a fault in Trimpot ({type(error).__name__}: {error}). What was "
        "finished is kept; the details (--details) help to report it.",
        details=details,
    )


def without_nan(value: Any) -> Any:
    """The same with None for what JSON has no number for."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {name: without_nan(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [without_nan(item) for item in value]
    return value


def print_figures(figures: Figures) -> None:
    """The figures for a person: the sentence, a table, the files made."""
    rows = [
        (name, value)
        for name, value in figures.items()
        if name not in ("text", "state", "files", "table") and isinstance(value, int | float | str)
    ]
    if figures.get("text"):
        print(figures["text"])
    width = max((len(name) for name, _ in rows), default=0)
    for name, value in figures.get("table", rows):
        shown = f"{value:.4g}" if isinstance(value, float) else str(value)
        print(f"  {name:<{max(width, 30)}}  {shown}")
    if figures.get("files"):
        print("Files:")
        for name in figures["files"][:FILES_SHOWN]:
            print(f"  {name}")
        if len(figures["files"]) > FILES_SHOWN:
            print(f"  and {len(figures['files']) - FILES_SHOWN} more")
