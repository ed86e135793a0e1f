"""The text file that a simulator's source reads, written many times faster than by formatting."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engines.circuits.base import Float64, SimulatorError
from projects.errors import storage_error

SIGNAL_BLOCK = 1 << 16
LARGEST_WHOLE = 2.0**50
"""A number is written as a whole one and a power of ten (``0000450000000000e-14``). Both are exact
in float64, so that whoever reads the text gets the very number that is known here."""
MOST_DECIMALS = 22
DIGITS = 16
MAX_COLUMNS = 20
"""ngspice reads lines of less than 512 characters."""

_FOUR = np.frombuffer("".join(f"{i:04d}" for i in range(10_000)).encode(), np.uint8).reshape(-1, 4)


def as_written(numbers: Float64) -> Float64:
    """The numbers that a reader of the file gets: rounded by at most 10^-15 of the largest one."""
    decimals = _decimals(numbers)
    return np.asarray(_whole(numbers, decimals) / 10.0**decimals)


def write_signal(path: Path, times: Float64, values: Float64) -> None:
    """Write a line for each time: seconds, and the values there; both see :func:`as_written`.

    Parameters
    ----------
    path : Path
        Where to.
    times : float64[n]
        In seconds, not negative.
    values : float64[n, k]
        Volts.

    Raises
    ------
    SimulatorError
        There are too many columns.
    StorageError
        The disk refused.
    """
    if values.shape[1] > MAX_COLUMNS:
        raise SimulatorError(
            f"{values.shape[1] - 1} knobs move, and the simulator takes {MAX_COLUMNS - 1} at most. "
            "Let some of them rest."
        )
    columns = [np.asarray(column, np.float64) for column in (times, *values.T)]
    decimals = [_decimals(column) for column in columns]
    try:
        with path.open("wb") as stream:
            for start in range(0, len(times), SIGNAL_BLOCK):
                part = [column[start : start + SIGNAL_BLOCK] for column in columns]
                stream.write(_lines(part, decimals).tobytes())
    except OSError as error:
        raise storage_error("write the simulator's input", path, error) from error


def _decimals(numbers: Float64) -> int:
    """With how many decimals numbers are written, that the whole ones stay exact."""
    largest = max(float(np.abs(numbers).max(initial=0.0)), 10.0**-MOST_DECIMALS)
    return min(MOST_DECIMALS, max(0, int(np.floor(np.log10(LARGEST_WHOLE / largest)))))


def _whole(numbers: Float64, decimals: int) -> NDArray[np.int64]:
    return np.asarray(np.rint(numbers * 10.0**decimals)).astype(np.int64)


def _lines(columns: list[Float64], decimals: list[int]) -> NDArray[np.uint8]:
    """Lines of one width, each number with its sign, ``DIGITS`` digits and exponent."""
    width = 2 + DIGITS + len("e-14")
    text = np.full((len(columns[0]), len(columns) * width + 1), ord(" "), np.uint8)
    for number, (column, places) in enumerate(zip(columns, decimals, strict=True)):
        here = text[:, number * width : (number + 1) * width]
        whole = _whole(column, places)
        here[whole < 0, 1] = ord("-")
        _put(here[:, 2 : 2 + DIGITS], np.abs(whole))
        here[:, 2 + DIGITS :] = np.frombuffer(f"e-{places:02d}".encode(), np.uint8)
    text[:, -1] = ord("\n")
    return text


def _put(place: NDArray[np.uint8], numbers: NDArray[np.int64]) -> None:
    """Write whole numbers with leading zeros into ``place`` uint8[n, digits], four digits a go."""
    rest = numbers
    for end in range(place.shape[1], 0, -4):
        rest, four = np.divmod(rest, 10_000)
        place[:, end - 4 : end] = _FOUR[four]
