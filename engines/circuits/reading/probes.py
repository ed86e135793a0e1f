"""Which nodes a netlist's own commands look at: its author's outputs."""

from __future__ import annotations

import re

from engines.circuits.reading.lines import Statement
from engines.circuits.reading.model import Netlist
from engines.circuits.reading.names import NodeNames
from engines.circuits.reading.scopes import Scope

COMMANDS = (".wave", ".four", ".print", ".plot", ".probe", ".save")
"""In the order of how much they say about an output."""
_VOLTAGE = re.compile(r"\bv\s*\(\s*([^\s,(){}'\"=]{1,60})\s*\)", re.I)
MAX_PROBED = 20


def probed_nodes(top: Scope, nodes: NodeNames, netlist: Netlist) -> tuple[str, ...]:
    """Nodes named as ``V(node)`` by commands that listen, those of ``.wave`` first.

    Parameters
    ----------
    top : Scope
        The netlist's top, with the commands that were left out.
    nodes : NodeNames
        Safe names by those that came.
    netlist : Netlist
        What was read: only its own nodes count.
    """
    known = {node for element in netlist.elements for node in element.nodes}
    found: dict[str, None] = {}
    for command in COMMANDS:
        for statement in top.left_out:
            if statement.word == command:
                found.update(dict.fromkeys(_named(statement, nodes, known)))
    return tuple(found)[:MAX_PROBED]


def _named(statement: Statement, nodes: NodeNames, known: set[str]) -> list[str]:
    named = [nodes.known(came) for came in _VOLTAGE.findall(statement.text)]
    return [node for node in named if node is not None and node != "0" and node in known]
