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
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engines.circuits.rawfile import RawResult, damaged

MAX_HEADER = 1 << 20
MAX_VARIABLES = 10_000
_FIELD = re.compile(r"^(Flags|No\. Variables|No\. Points|Plotname)\s*:[ \t]*(.*?)\s*$", re.M | re.I)
_VARIABLE = re.compile(r"^[ \t]*(\d+)[ \t]+(\S+)[ \t]+\S+", re.M)


class LTspiceRaw(RawResult):
    """The raw file of one analysis.

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
            raise damaged(path, repr(error)) from error
        text, self._offset = _header(path, head)
        fields = {name.lower(): value for name, value in _FIELD.findall(text)}
        flags = fields.get("flags", "").lower().split()
        if "stepped" in flags:
            raise damaged(path, "several runs in one file")
        try:
            self.n_points = int(fields["no. points"])
            count = int(fields["no. variables"])
        except (KeyError, ValueError) as error:
            raise damaged(path, repr(error)) from error
        listed = text.partition("Variables:\n")[2]
        found = _VARIABLE.findall(listed)
        self.names = tuple(name.lower() for _, name in found)
        if [int(number) for number, _ in found] != list(range(count)):
            raise damaged(path, f"{count} variables, {len(found)} listed")
        if not 1 <= count <= MAX_VARIABLES or self.n_points < 1:
            raise damaged(path, f"{count} variables, {self.n_points} points")
        self._complex = "complex" in flags
        self.double = self._complex or "double" in flags
        self._fast = "fastaccess" in flags
        value = "<c16" if self._complex else "<f8" if self.double else "<f4"
        self._types = [np.dtype("<c16" if self._complex else "<f8")]
        self._types += [np.dtype(value)] * (count - 1)
        row = sum(kind.itemsize for kind in self._types)
        if size - self._offset < row * self.n_points:
            raise damaged(path, f"{size} bytes for {self.n_points} points")
        self._row = np.dtype([(f"c{number}", kind) for number, kind in enumerate(self._types)])

    def _read(self, start: int, stop: int, columns: Sequence[int]) -> NDArray[Any]:
        made = np.complex128 if self._complex else np.float64
        table = np.empty((stop - start, len(columns)), made)
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
        if self.names[0] == "time":
            for place, column in enumerate(columns):
                if column == 0:
                    table[:, place] = np.abs(table[:, place])
        return table

    def _piece(self, column: int, start: int, stop: int) -> NDArray[Any]:
        """Part of a variable that lies in one piece."""
        kind = self._types[column]
        before = sum(one.itemsize for one in self._types[:column]) * self.n_points
        offset = self._offset + before + start * kind.itemsize
        return np.fromfile(self.path, kind, stop - start, offset=offset)


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
            raise damaged(path, repr(error)) from error
        return text.removeprefix("\ufeff").replace("\r\n", "\n") + "\n", end + width
    raise damaged(path, "no binary data")
