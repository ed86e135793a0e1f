"""From a simulator's words to the line of the netlist that they are about."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from engines.circuits.reading.model import Element, Netlist

_WORD = re.compile(r"[A-Za-z][A-Za-z0-9_.:$#]*")
_COMPLAINT = re.compile(r"error|warning|trouble|singular|unable|undefined|not found|no such", re.I)
MAX_SAID = 100_000
"""Characters from the end of a log that are searched."""


@dataclass(frozen=True)
class Fault:
    """The element (or model) that a simulator complains about, and where it was read.

    ``words`` is the simulator's own line; ``file`` is empty for the netlist itself.
    """

    name: str
    line: int
    file: str
    words: str


def fault_in(netlist: Netlist, said: str) -> Fault | None:
    """The first thing of the netlist that a simulator's complaint names.

    ngspice counts the lines of what it was given, not of what the user wrote, and shows an element
    by its name: ``b10 l9 0 v=...`` below an error, ``x1.d2``, ``d.x1.d2`` or ``trouble with node``.

    Parameters
    ----------
    netlist : Netlist
        As it was read (or resolved).
    said : str
        The simulator's log.

    Returns
    -------
    Fault or None
        None where nothing of it is named.
    """
    lines = [line.strip() for line in re.split(r"[\r\n]+", said[-MAX_SAID:])]
    shown = [
        line
        for index, line in enumerate(lines)
        if any(_COMPLAINT.search(before) for before in lines[max(0, index - 2) : index + 1])
    ]
    # An element says more than its model, which ngspice may name first (nn-instance q.x1.q1).
    for known in (_known_elements(netlist), _known_models(netlist)):
        for line in shown:
            for word in _WORD.findall(line):
                found = known.get(_path(word))
                if found is not None:
                    return Fault(*found, line[:300])
    return None


def _path(word: str) -> str:
    """``d.x1.d2#branch`` and ``x1.d2`` alike as ``x1.d2``."""
    low = word.lower().strip(".").partition("#")[0]
    parts = low.split(".")
    if len(parts) > 2 and len(parts[0]) == 1:
        parts = parts[1:]
    return ".".join(parts)


def _known_models(netlist: Netlist) -> dict[str, tuple[str, int, str]]:
    return {
        model.name: (model.name, model.line, model.file)
        for model in netlist.models
        if model.line and not model.builtin
    }


def _known_elements(netlist: Netlist) -> dict[str, tuple[str, int, str]]:
    """Name, line and file of every element by its path."""
    found: dict[str, tuple[str, int, str]] = {}
    for path, top, element in _elements(netlist):
        # An element of a built-in part has no line of the user's: the instance that uses it has.
        place = top if _builtin(netlist, top) else element
        found[path] = (path, place.line, place.file)
        if element.quantity and element.kind in "EGR":  # ngspice makes a B source of such a law
            parts = path.rpartition(".")
            found[f"{parts[0]}{parts[1]}b{parts[2]}"] = (path, place.line, place.file)
    return found


def _builtin(netlist: Netlist, element: Element) -> bool:
    return element.kind == "X" and netlist.subcircuit(element.model).builtin


def _elements(netlist: Netlist) -> Iterator[tuple[str, Element, Element]]:
    """Path, element of the top that it is in, and the element, laid out flat."""
    subcircuits = {sub.name: sub for sub in netlist.subcircuits}
    waiting = [(element.key, element, element) for element in reversed(netlist.elements)]
    while waiting:
        path, top, element = waiting.pop()
        yield path, top, element
        if element.kind == "X":
            waiting += [
                (f"{path}.{inner.key}", top, inner) for inner in subcircuits[element.model].elements
            ]
