"""The words of a command line, one by one: what each may be, and how a wrong one is refused."""

from __future__ import annotations

import argparse
import json
import math
from typing import Any, NoReturn

from projects.errors import TrimpotError
from projects.manifest import MAX_NAME


class UsageError(TrimpotError):
    """The command's words do not make sense; the details say how they should be."""


class CommandParser(argparse.ArgumentParser):
    """A parser that raises what it has against the words, so that ``--json`` holds then too."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{self.prog}: {message}.", details=self.format_usage())


def setting(text: str) -> tuple[str, Any]:
    """``key=value`` with the value as JSON, or as text where it is none."""
    key, separator, value = text.partition("=")
    if not separator or not key:
        raise argparse.ArgumentTypeError(f"{text!r} is not of the form name=value")
    try:
        return key, json.loads(value, parse_constant=_refuse_constant)
    except json.JSONDecodeError:
        return key, value


def _refuse_constant(name: str) -> float:
    raise argparse.ArgumentTypeError(f"{name} is no number to work with")


def knob(text: str) -> tuple[str, float]:
    """``name=number``, a knob's setting in its own unit."""
    key, value = setting(text)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise argparse.ArgumentTypeError(f"{text!r} is not of the form knob=number")
    return key, float(value)


def positive(text: str) -> float:
    """A number above zero, and not infinity."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not (math.isfinite(value) and value > 0.0):
        raise argparse.ArgumentTypeError(f"{text!r} is no number above zero")
    return value


def seed(text: str) -> int:
    """The seed of a random generator."""
    try:
        value = int(text)
    except ValueError:
        value = -1
    if not 0 <= value < 2**63:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number from 0 to 2^63 - 1")
    return value


def name_of(text: str) -> str:
    """A name that fits into the project."""
    if len(text) > MAX_NAME:
        raise argparse.ArgumentTypeError(f"it has {len(text)} characters; at most {MAX_NAME} fit")
    return text.strip()
