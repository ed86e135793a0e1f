"""Reading a simulator's binary result, block by block: it may be larger than the memory."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engines.circuits.base import Float64, SimulatorError

MAX_HEADER = 1 << 20
BLOCK_ROWS = 1 << 17
MAX_NAMED = 200
"""Vectors that a complaint lists."""
_BINARY = re.compile(rb"^Binary:\r?\n", re.M)
_FIELD = re.compile(r"^(Flags|No\. Variables|No\. Points)\s*:\s*(.*?)\s*$", re.M | re.I)
_VARIABLE = re.compile(r"^\s+(\d+)\s+(\S+)\s+\S+", re.M)


class RawResult(ABC):
    """A simulator's result on its disk.

    Attributes
    ----------
    path : Path
        Where it lies.
    names : tuple[str, ...]
        Its vectors in lower case; the first is time or frequency.
    n_points : int
        How many points it holds.
    """

    path: Path
    names: tuple[str, ...]
    n_points: int

    def columns(self, names: Sequence[str]) -> list[int]:
        """Where the vectors stand; one may be asked for twice.

        Raises
        ------
        SimulatorError
            One is not there.
        """
        missing = [name for name in names if name.lower() not in self.names]
        if missing:
            known = ", ".join(self.names[:MAX_NAMED])
            raise damaged(self.path, f"{missing[0]} is not among {known}")
        return [self.names.index(name.lower()) for name in names]

    def rows(self, start: int, stop: int, columns: Sequence[int]) -> NDArray[Any]:
        """Points ``start`` to ``stop`` of some columns: float64 or complex128 [stop - start, k].

        Raises
        ------
        SimulatorError
            They cannot be read, or are not numbers.
        """
        try:
            table = self._read(start, stop, columns)
        except (OSError, ValueError) as error:
            raise damaged(self.path, repr(error)) from error
        if not np.isfinite(table).all():
            raise SimulatorError(
                "The simulator computed values that are not numbers: the circuit has no solution "
                "there. Check the circuit, or use a smaller step."
            )
        return table

    @abstractmethod
    def _read(self, start: int, stop: int, columns: Sequence[int]) -> NDArray[Any]:
        """What :meth:`rows` gives, as it stands in the file; raises OSError or ValueError."""

    def blocks(self, columns: Sequence[int]) -> Iterator[NDArray[Any]]:
        """All points of some columns, a block at a time."""
        for start in range(0, self.n_points, BLOCK_ROWS):
            yield self.rows(start, min(start + BLOCK_ROWS, self.n_points), columns)


class RawFile(RawResult):
    """The binary raw file of one analysis (ngspice's, in double precision).

    Parameters
    ----------
    path : Path
        Where it lies.

    Attributes
    ----------
    names : tuple[str, ...]
        Its vectors in lower case; the first is time or frequency.
    n_points : int
        How many points it holds.

    Raises
    ------
    SimulatorError
        It is missing, damaged or cut short.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            with path.open("rb") as stream:
                head = stream.read(MAX_HEADER)
            size = path.stat().st_size
        except OSError as error:
            raise damaged(path, repr(error)) from error
        start = _BINARY.search(head)
        if start is None:
            raise damaged(path, "no binary data")
        text = head[: start.start()].decode("latin-1")
        fields = {name.lower(): value for name, value in _FIELD.findall(text)}
        self.names = tuple(name.lower() for _, name in _VARIABLE.findall(text))
        self._type: Any = np.complex128 if "complex" in fields.get("flags", "") else np.float64
        self._offset = start.end()
        try:
            self.n_points = int(fields["no. points"])
            count = int(fields["no. variables"])
        except (KeyError, ValueError) as error:
            raise damaged(path, repr(error)) from error
        row = count * np.dtype(self._type).itemsize
        if count != len(self.names) or count < 1 or self.n_points < 1:
            raise damaged(path, f"{count} variables, {self.n_points} points")
        if size - self._offset < row * self.n_points:
            raise damaged(path, f"{size} bytes for {self.n_points} points")

    def _read(self, start: int, stop: int, columns: Sequence[int]) -> NDArray[Any]:
        width = len(self.names)
        item = np.dtype(self._type).itemsize
        values = np.fromfile(
            self.path, self._type, (stop - start) * width,
            offset=self._offset + start * width * item,
        )  # fmt: skip
        table = values.reshape(stop - start, width)[:, list(columns)]
        if np.iscomplexobj(table):
            # The scale is a real number: what ngspice writes as its imaginary part is whatever
            # stood in the memory there.
            for place in np.flatnonzero(np.asarray(columns) == 0):
                table[:, place] = table[:, place].real
        return table


def read_raw(path: Path, names: Sequence[str]) -> Float64:
    """Time and the named vectors of a short transient run, at once.

    Parameters
    ----------
    path : Path
        ngspice's binary raw file.
    names : sequence of str
        Vectors, as ``v(out)``; one may be asked for twice.

    Returns
    -------
    float64[m, 1 + len(names)]
        First column the solver's own time points (seconds), strictly rising.

    Raises
    ------
    SimulatorError
        There is no result, it lacks a vector, or it holds what is not a number.
    """
    raw = RawFile(path)
    table = np.concatenate(list(raw.blocks(raw.columns(["time", *names]))))
    if len(table) < 2:
        raise damaged(path, "one point only")
    return np.ascontiguousarray(table[rising(table[:, 0])])


def rising(times: Float64) -> NDArray[np.bool_]:
    """Which points to keep: the solver repeats one where it restarts, and the later value holds."""
    return np.append(np.diff(times) > 0, True)


def damaged(path: Path, details: str) -> SimulatorError:
    """What is said of a result that cannot be used."""
    return SimulatorError(
        f"The simulator's result {path} is missing or damaged. Simulate again; if it happens "
        "again, the disk may be full.",
        details=details,
    )
