"""From a netlist that was read to the lines that a simulator gets, knobs set or moving."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from engines.circuits.base import SimulatorError
from engines.circuits.reading.expressions import Expression, NodeVoltage
from engines.circuits.reading.model import Netlist
from engines.circuits.reading.resolving import resolve
from engines.circuits.reading.writer import netlist_lines


def elements_of(
    netlist: Netlist, settings: Mapping[str, float], moving: Sequence[str] = ()
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """A netlist's lines with every parameter put in.

    Parameters
    ----------
    netlist : Netlist
        As it was read, without a source at its input.
    settings : mapping
        Values of its parameters.
    moving : sequence of str
        Parameters that are driven while the circuit runs: a pot becomes a resistor whose value
        follows a voltage.

    Returns
    -------
    tuple of str
        Lines, without title and end.
    tuple of str
        The node that drives each moving parameter, in the order of ``moving``.

    Raises
    ------
    NetlistError
        A knob that moves reaches what cannot move, or a formula has no value.
    SimulatorError
        A knob is named twice.
    """
    if len(set(moving)) < len(moving):
        raise SimulatorError("A knob is named twice among those that move.")
    # Inner nodes too: what drives a knob is known to all subcircuits by its name.
    inner = (element for sub in netlist.subcircuits for element in sub.elements)
    taken = {node for element in (*netlist.elements, *inner) for node in element.nodes}
    nodes = tuple(_free(f"knob_{param.lower()}", taken) for param in moving)
    values: dict[str, float | Expression] = dict(settings)
    values.update({p: NodeVoltage(node) for p, node in zip(moving, nodes, strict=True)})
    return tuple(netlist_lines(resolve(netlist, values))), nodes


def _free(name: str, taken: set[str]) -> str:
    while name in taken:
        name += "_"
    return name
