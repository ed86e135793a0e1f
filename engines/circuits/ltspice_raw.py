"""Reading LTspice's binary results, block by block: they may be larger than the memory.

The format has no specification; what is known is in the help ("Waveform compression", "Fast Access
file format") and in spicelib's reader, against which this one is tested. A header in UTF-16 (in
LTspice IV in ASCII), one ``Name: value`` a line, the variables, ``Binary:``; then for each point
the time as a double and the values as singles, or as doubles where the flag ``double`` stands.
Where the flag ``fastaccess`` stands, each variable lies in one piece. A negative time marks a point
that compression left out others before.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engines.circuits.base import SimulatorError

MAX_HEADER = 1 << 20
MAX_VARIABLES = 10_000
BLOCK_ROWS = 1 << 17
_FIELD = re.compile(r"^(Flags|No\. Variables|No\. Points|Plotname)\s*:[ \t]*(.*?)\s*$", re.M | re.I)
_VARIABLE = re.compile(r"^[ \t]*(\d+)[ \t]+(\S+)[ \t]+\S+", re.M)


class LTspiceRaw:
    """The raw file of one analysis; the same questions as to :class:`~rawfile.RawFile`.

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
    double : bool
        Whether the values are in double precision.

    Raises
    ------
    SimulatorError
        It is missing, damaged or cut short, or holds several runs.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            with path.open("rb") as stream:
                head = stream.read(MAX_HEADER)
            size = path.stat().st_size
        except OSError as error:
            raise _damaged(path, repr(error)) from error
        text, self._offset = _header(path, head)
        fields = {name.lower(): value for name, value in _FIELD.findall(text)}
        flags = fields.get("flags", "").lower().split()
        if "stepped" in flags:
            raise _damaged(path, "several runs in one file")
        try:
            self.n_points = int(fields["no. points"])
            count = int(fields["no. variables"])
        except (KeyError, ValueError) as error:
            raise _damaged(path, repr(error)) from error
        listed = text.partition("Variables:\n")[2]
        found = _VARIABLE.findall(listed)
        self.names = tuple(name.lower() for _, name in found)
        if [int(number) for number, _ in found] != list(range(count)):
            raise _damaged(path, f"{count} variables, {len(found)} listed")
        if not 1 <= count <= MAX_VARIABLES or self.n_points < 1:
            raise _damaged(path, f"{count} variables, {self.n_points} points")
        self._complex = "complex" in flags
        self.double = self._complex or "double" in flags
        self._fast = "fastaccess" in flags
        value = "<c16" if self._complex else "<f8" if self.double else "<f4"
        self._types = [np.dtype("<c16" if self._complex else "<f8")]
        self._types += [np.dtype(value)] * (count - 1)
        row = sum(kind.itemsize for kind in self._types)
        if size - self._offset < row * self.n_points:
            raise _damaged(path, f"{size} bytes for {self.n_points} points")
        self._row = np.dtype([(f"c{number}", kind) for number, kind in enumerate(self._types)])

    def columns(self, names: Sequence[str]) -> list[int]:
        """Where the vectors stand; one may be asked for twice.

        Raises
        ------
        SimulatorError
            One is not there.
        """
        missing = [name for name in names if name.lower() not in self.names]
        if missing:
            raise _damaged(self.path, f"{missing[0]} is not among {', '.join(self.names[:200])}")
        return [self.names.index(name.lower()) for name in names]

    def rows(self, start: int, stop: int, columns: Sequence[int]) -> NDArray[Any]:
        """Points ``start`` to ``stop`` of some columns: float64 or complex128 [stop - start, k].

        Raises
        ------
        SimulatorError
            They cannot be read, or are not numbers.
        """
        made = np.complex128 if self._complex else np.float64
        table = np.empty((stop - start, len(columns)), made)
        try:
            if self._fast:
                for place, column in enumerate(columns):
                    table[:, place] = self._piece(column, start, stop)
            else:
                rows = np.fromfile(
                    self.path, self._row, stop - start,
                    offset=self._offset + start * self._row.itemsize,
                )  # fmt: skip
                for place, column in enumerate(columns):
                    table[:, place] = rows[f"c{column}"]
        except (OSError, ValueError) as error:
            raise _damaged(self.path, repr(error)) from error
        if self.names[0] == "time":
            for place, column in enumerate(columns):
                if column == 0:
                    table[:, place] = np.abs(table[:, place])
        if not np.isfinite(table).all():
            raise SimulatorError(
                "The simulator computed values that are not numbers: the circuit has no solution "
                "there. Check the circuit, or use a smaller step."
            )
        return table

    def _piece(self, column: int, start: int, stop: int) -> NDArray[Any]:
        """Part of a variable that lies in one piece."""
        kind = self._types[column]
        before = sum(one.itemsize for one in self._types[:column]) * self.n_points
        offset = self._offset + before + start * kind.itemsize
        return np.fromfile(self.path, kind, stop - start, offset=offset)

    def blocks(self, columns: Sequence[int]) -> Iterator[NDArray[Any]]:
        """All points of some columns, a block at a time."""
        for start in range(0, self.n_points, BLOCK_ROWS):
            yield self.rows(start, min(start + BLOCK_ROWS, self.n_points), columns)


def _header(path: Path, head: bytes) -> tuple[str, int]:
    """The header's text with plain line feeds, and where the values begin."""
    for encoding, width in (("utf-16-le", 2), ("latin-1", 1)):
        mark = "Binary:".encode(encoding)
        place = head.find("\nBinary:".encode(encoding))
        if place < 0:
            continue
        end = place + width + len(mark)
        if head[end : end + width] == "\r".encode(encoding):
            end += width
        if head[end : end + width] != "\n".encode(encoding):
            continue
        try:
            text = head[:place].decode(encoding)
        except UnicodeDecodeError as error:
            raise _damaged(path, repr(error)) from error
        return text.removeprefix("\ufeff").replace("\r\n", "\n") + "\n", end + width
    raise _damaged(path, "no binary data")


def _damaged(path: Path, details: str) -> SimulatorError:
    return SimulatorError(
        f"The simulator's result {path} is missing or damaged. Simulate again; if it happens "
        "again, the disk may be full.",
        details=details,
    )
