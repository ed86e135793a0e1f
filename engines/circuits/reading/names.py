"""Names that every simulator, formula and file system takes as they are."""

from __future__ import annotations

import re

from engines.circuits.reading.lines import Statement
from engines.circuits.reading.model import Change

IDENTIFIER = re.compile(r"[a-z_][a-z0-9_]{0,63}")
NODE = re.compile(r"0|[1-9][0-9]{0,15}|[a-z_][a-z0-9_]{0,63}")
ELEMENT = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")
_RESERVED = {"all", "null", "time", "temp", "temper", "hertz", "v", "i"}


class NodeNames:
    """The safe name of every node, one for each name that came.

    A node ``+9V`` would be taken for a number, ``N-1`` for a difference: they become ``p9v`` and
    ``n_1``. Different nodes stay different.
    """

    def __init__(self) -> None:
        self._names: dict[str, str] = {"0": "0", "gnd": "0"}
        self._taken: set[str] = {"0"}
        self._next: dict[str, int] = {}
        self.changes: list[Change] = []
        self.statement = Statement(0, "")
        """The line that is being read, for what is said of a new name."""

    def __call__(self, came: str) -> str:
        """The safe name of a node."""
        low = came.lower()
        known = self._names.get(low)
        if known is not None:
            return known
        found = self._unused(_safe(low))
        self._names[low] = found
        if found != low:
            self.changes.append(
                Change(
                    self.statement.line, came[:60], found,
                    "A node's name in letters, digits and _ alone is read alike everywhere.",
                    self.statement.file,
                )
            )  # fmt: skip
        return found

    def known(self, came: str) -> str | None:
        """The safe name of a node that has been read; None of any other."""
        return self._names.get(came.lower())

    def shared(self) -> tuple[str, ...]:
        """Safe names of LTspice's nodes ``$G_...``, which all subcircuits share."""
        return tuple(safe for came, safe in self._names.items() if came.startswith("$g_"))

    def fresh(self, base: str) -> str:
        """A node that none of the netlist is called."""
        return self._unused(_safe(base.lower()))

    def _unused(self, base: str) -> str:
        found = base
        while found in self._taken:
            number = self._next.get(base, 2)
            self._next[base] = number + 1
            found = f"{base[:56]}_{number}"
        self._taken.add(found)
        return found


def _safe(low: str) -> str:
    if re.fullmatch(r"[1-9][0-9]{0,15}", low):
        return low
    safe = re.sub(r"^-|-$", "n", low.replace("+", "p"))
    safe = re.sub(r"[^a-z0-9_]", "_", safe)[:60]
    if not safe or safe[0].isdigit():
        safe = f"n{safe}"
    # ngspice puts nodes of its own (e1_int1, x_vmeas_0) beside those of a law.
    reserved = safe in _RESERVED or re.search(r"_(?:int|vmeas_)\d+$", safe)
    return f"{safe}_" if reserved else safe


def element_name(came: str) -> str:
    """A device's name in letters, digits and ``_``."""
    return re.sub(r"[^A-Za-z0-9_]", "_", came)[:64]


def plain_name(came: str) -> str:
    """The name of a model or subcircuit: lower case, letters, digits and ``_``.

    ``1N4148`` keeps its digit in front; ``level.2`` becomes ``level_2``.
    """
    return re.sub(r"[^a-z0-9_]", "_", came.lower())[:64]
