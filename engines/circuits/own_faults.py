"""A simulator's complaint led to the lines of the netlist that its user wrote."""

from __future__ import annotations

import re

from engines.circuits.base import SimulatorError
from engines.circuits.reading.faults import MAX_SAID, fault_in
from engines.circuits.reading.model import Netlist

_NODE = re.compile(r"""\bnodes?\s+["']?([a-z0-9_]+)["']?(?![\w#.])""", re.I)
NAMED = 4
"""So many elements of a node are named."""


def explained(netlist: Netlist, error: SimulatorError) -> SimulatorError:
    """The error with the element or node that it is about, and where that was written.

    The same error where it names nothing of the netlist.
    """
    said = f"{error.details}\n{error.sentence}"
    fault = fault_in(netlist, said)
    if fault is not None and fault.line:
        place = f"Line {fault.line}" + (f" of {fault.file}" if fault.file else "")
        return _with(error, f"{place} ({fault.name})", fault.words)
    for match in _NODE.finditer(said[-MAX_SAID:]):
        where = _at_node(netlist, match[1].lower())
        if where:
            return _with(error, where, match[0])
    return error


def _at_node(netlist: Netlist, node: str) -> str:
    """The node with the lines of what is connected to it; empty where it is none of the top."""
    there = [one for one in netlist.elements if node in one.nodes]
    if not there or node == "0":
        return ""
    named = [
        f"{one.name} in line {one.line}" + (f" of {one.file}" if one.file else "")
        for one in there[:NAMED]
    ]
    more = f" and {len(there) - NAMED} more" if len(there) > NAMED else ""
    return f"At the node {node} ({', '.join(named)}{more})"


def _with(error: SimulatorError, place: str, words: str) -> SimulatorError:
    found = SimulatorError(f"{place}: {error.sentence}", details=f"{words}\n\n{error.details}")
    found.__cause__ = error
    return found
