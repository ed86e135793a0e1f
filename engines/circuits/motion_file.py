"""A user's own motion of the knobs: a table of times and settings."""

from __future__ import annotations

import csv
import hashlib
import io
import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from engines.circuits.base import Float64
from engines.circuits.described import DescribedCircuit
from projects.circuits import CircuitKnob
from projects.errors import FileFormatError, storage_error

MAX_BYTES = 20_000_000
MAX_LINES = 500_000
MAX_FIELD = 200
"""Characters of one field."""
TIME = "time"


@dataclass(frozen=True)
class MotionFile:
    """What such a table says.

    Attributes
    ----------
    knobs : tuple[CircuitKnob, ...]
        Its M columns.
    times : float64[k]
        In seconds, rising.
    values : float64[k, M]
        Settings in the knobs' own units, straight between these times, at rest before the first
        and after the last.
    digest : str
        SHA-256 (hex) of the file.
    """

    knobs: tuple[CircuitKnob, ...]
    times: Float64
    values: Float64
    digest: str

    def track(self, n: int, sample_rate: int) -> Float64:
        """The settings at the samples: float64[n, M]."""
        now = np.arange(n) / sample_rate
        return np.column_stack([np.interp(now, self.times, column) for column in self.values.T])


def read_motion(path: Path, described: DescribedCircuit) -> MotionFile:
    """Read a CSV file whose first line is ``time,knob,knob...``.

    Columns have the knobs' names or parameters, times are in seconds, settings in the knobs' own
    units.

    Raises
    ------
    StorageError
        It cannot be read.
    FileFormatError
        It is no such table; the sentence names the line and the reason.
    """
    try:
        with path.open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
    except FileNotFoundError as error:
        raise FileFormatError(f"There is no motion file {path}.") from error
    except OSError as error:
        raise storage_error("read the motion file", path, error) from error
    if len(data) > MAX_BYTES:
        raise _fault(path, f"it is larger than {MAX_BYTES // 1_000_000} MB")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _fault(path, "it is no text file") from error
    if "\0" in text:
        raise _fault(path, "it is no text file")
    rows = _rows(path, text)
    if not rows:
        raise _fault(path, f"it is empty; its first line should be {TIME},knob,knob…")
    knobs = _knobs(path, rows[0][1], described)
    if len(rows) < 2:
        raise _fault(path, "it has no line of settings")
    table = np.array([_numbers(path, line, row, knobs) for line, row in rows[1:]])
    falls = np.flatnonzero(np.diff(table[:, 0]) <= 0.0)
    if len(falls):
        line = rows[int(falls[0]) + 2][0]
        raise _fault(path, f"line {line}: its time is not later than that of the line before")
    return MotionFile(knobs, table[:, 0], table[:, 1:], hashlib.sha256(data).hexdigest())


def _rows(path: Path, text: str) -> list[tuple[int, list[str]]]:
    """Lines that hold something, with their numbers; lines that begin with # are remarks."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    found: list[tuple[int, list[str]]] = []
    try:
        for row in reader:
            words = [word.strip() for word in row]
            if not any(words) or words[0].startswith("#"):
                continue
            if len(found) > MAX_LINES:
                raise _fault(path, f"it has more than {MAX_LINES} lines")
            if any(len(word) > MAX_FIELD for word in words):
                raise _fault(path, f"line {reader.line_num}: it is too long")
            found.append((reader.line_num, words))
    except csv.Error as error:
        raise _fault(path, f"line {reader.line_num}: {error}") from error
    return found


def _knobs(path: Path, words: list[str], described: DescribedCircuit) -> tuple[CircuitKnob, ...]:
    by_word = {knob.name.lower(): knob for knob in described.knobs}
    by_word |= {knob.param.lower(): knob for knob in described.knobs}
    known = ", ".join(knob.param for knob in described.knobs) or "none"
    if words[0].lower() != TIME or len(words) < 2:
        raise _fault(
            path,
            f"its first line should be {TIME} and the knobs that it moves, with commas between "
            f"them; {described.title} has the knobs {known}",
        )
    knobs = []
    for word in words[1:]:
        knob = by_word.get(word.lower())
        if knob is None:
            raise _fault(path, f"{described.title} has no knob {word!r}; it has: {known}")
        if knob in knobs:
            raise _fault(path, f"its first line names the knob {word!r} twice")
        knobs.append(knob)
    return tuple(knobs)


def _numbers(path: Path, line: int, row: list[str], knobs: tuple[CircuitKnob, ...]) -> list[float]:
    if len(row) != 1 + len(knobs):
        raise _fault(path, f"line {line}: it has {len(row)} numbers instead of {1 + len(knobs)}")
    found = []
    for word in row:
        try:
            number = float(word)
        except ValueError:
            number = math.nan
        if not math.isfinite(number):
            raise _fault(path, f"line {line}: {word!r} is no number")
        found.append(number)
    if found[0] < 0.0:
        raise _fault(path, f"line {line}: its time is before the beginning of the signal")
    for knob, value in zip(knobs, found[1:], strict=True):
        if not knob.minimum <= value <= knob.maximum:
            unit = f" {knob.unit}" if knob.unit else ""
            raise _fault(
                path,
                f"line {line}: {knob.name} goes from {knob.minimum:g} to {knob.maximum:g}{unit}, "
                f"and {value:g} is outside",
            )
    return found


def _fault(path: Path, why: str) -> FileFormatError:
    return FileFormatError(f"The motion file {path} cannot be used: {why}.")
