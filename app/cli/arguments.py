"""The words of a command line, one by one: what each may be, and how a wrong one is refused."""

from __future__ import annotations

import argparse
import json
import math
from pathlib import Path
from typing import Any, NoReturn

from pydantic import ValidationError

from projects.capture import first_problem
from projects.errors import TrimpotError
from projects.manifest import MAX_NAME, Control


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


def knob_settings(text: str) -> tuple[str, list[float]]:
    """``name=number,number``, the settings of a knob in its own unit."""
    key, _, values = text.partition("=")
    try:
        found = [float(value) for value in values.split(",")]
    except ValueError:
        found = []
    if not key or not found or not all(math.isfinite(value) for value in found):
        raise argparse.ArgumentTypeError(f"{text!r} is not of the form knob=number,number")
    return key, found


def positive(text: str) -> float:
    """A number above zero, and not infinity."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not (math.isfinite(value) and value > 0.0):
        raise argparse.ArgumentTypeError(f"{text!r} is no number above zero")
    return value


def count(text: str) -> int:
    """How many: a whole number from 1."""
    try:
        value = int(text)
    except ValueError:
        value = 0
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number from 1")
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


def add_settings(target: argparse.ArgumentParser, what: str) -> None:
    """Give a command ``--set NAME=VALUE`` for what has no word of its own."""
    target.add_argument(
        "--set",
        dest="settings",
        type=setting,
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help=f"any other {what}",
    )


def knob_range(text: str) -> Control:
    """``name=lo:hi[:unit[:taper]]``, a knob's range; the taper is linear, log or switch."""
    key, separator, value = text.partition("=")
    words = value.split(":")
    if not separator or not key or not 2 <= len(words) <= 4:
        raise argparse.ArgumentTypeError(f"{text!r} is not of the form name=lo:hi[:unit[:taper]]")
    try:
        low, high = float(words[0]), float(words[1])
        unit = words[2] if len(words) > 2 else ""
        taper = words[3] if len(words) > 3 else "linear"
        return Control.model_validate(
            {
                "name": key,
                "minimum": low,
                "maximum": high,
                "default": (low + high) / 2 if taper == "linear" else low,
                "unit": unit,
                "taper": taper,
            }
        )
    except (ValueError, ValidationError) as error:
        why = first_problem(error) if isinstance(error, ValidationError) else str(error)
        raise argparse.ArgumentTypeError(f"{text!r}: {why}") from error


def stretch(text: str) -> tuple[float, float]:
    """``A:B``, from A to B seconds."""
    first, separator, last = text.partition(":")
    try:
        start, stop = float(first or "0"), float(last)
    except ValueError:
        start = stop = math.nan
    if not separator or not 0.0 <= start < stop < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r} is not of the form A:B, in seconds")
    return start, stop


def rate(text: str) -> int:
    """A sample rate in Hz."""
    try:
        value = int(text)
    except ValueError:
        value = 0
    if not 8000 <= value <= 768_000:
        raise argparse.ArgumentTypeError(f"{text!r} is no sample rate from 8000 to 768000 Hz")
    return value


def path_of(text: str) -> Path:
    """A path that a system can have."""
    if not text or "\0" in text:
        raise argparse.ArgumentTypeError(f"{text!r} is no path")
    return Path(text)
