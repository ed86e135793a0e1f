"""Where the signal enters one's own netlist: its source taken out, what measured it kept."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from engines.circuits.base import SimulatorError
from engines.circuits.reading.expressions import BranchCurrent, Expression, Number, walk
from engines.circuits.reading.model import Element, Netlist, Source
from engines.circuits.reading.soundness import formulas_of


@dataclass(frozen=True)
class Entry:
    """A netlist without its input source, and the two nodes between which the signal goes in."""

    netlist: Netlist
    node: str
    against: str = "0"


def nodes_of(netlist: Netlist) -> tuple[str, ...]:
    """The nodes of the top, in their order, without ground."""
    seen: dict[str, None] = {}
    for element in netlist.elements:
        seen.update(dict.fromkeys(element.nodes))
    seen.pop("0", None)
    return tuple(seen)


def source_named(netlist: Netlist, name: str) -> Element | None:
    """The voltage source of that name (any case) at the top, or None."""
    for element in netlist.elements:
        if element.key == name.lower() and element.kind == "V":
            return element
    return None


def free_inputs(netlist: Netlist) -> tuple[str, ...]:
    """Nodes that no voltage source drives, so that a signal can."""
    driven = {node for one in netlist.elements if one.kind == "V" for node in one.nodes}
    return tuple(node for node in nodes_of(netlist) if node not in driven)


def entry_of(netlist: Netlist, name: str) -> Entry:
    """The netlist with its input open.

    A source's own series resistance is an element of its own, and stays. Where something takes the
    current through the source, a source of 0 V stays in its place, in series with the signal.

    Parameters
    ----------
    netlist : Netlist
        As it was read.
    name : str
        Of a voltage source at the top, or else of a node that none drives.

    Raises
    ------
    SimulatorError
        Nothing is named, or it is not there.
    """
    if not name:
        raise SimulatorError(
            "The circuit's input is not chosen yet. Choose the voltage source that the dry signal "
            "takes the place of."
        )
    source = source_named(netlist, name)
    if source is not None:
        return _replaced(netlist, source)
    node = name.lower()
    if node not in nodes_of(netlist):
        raise SimulatorError(
            f"The netlist has no voltage source and no node {name}, which the signal should come "
            f"in by. {_advice(netlist)}"
        )
    if node not in free_inputs(netlist):
        drivers = ", ".join(
            one.name for one in netlist.elements if one.kind == "V" and node in one.nodes
        )
        raise SimulatorError(
            f"The node {name} is driven by {drivers} already. Choose that source as the input."
        )
    return Entry(netlist, node)


def _replaced(netlist: Netlist, source: Element) -> Entry:
    plus, minus = source.nodes
    if plus == minus:
        raise SimulatorError(f"Both ends of the input {source.name} are the same node.")
    if not _is_measured(netlist, source):
        rest = tuple(one for one in netlist.elements if one is not source)
        return Entry(replace(netlist, elements=rest), plus, minus)
    driven = f"{source.key[:56]}_drive"
    while driven in nodes_of(netlist):
        driven += "_"
    meter = replace(source, nodes=(plus, driven), source=Source(Number(0.0)))
    rest = tuple(meter if one is source else one for one in netlist.elements)
    return Entry(replace(netlist, elements=rest), driven, minus)


def _is_measured(netlist: Netlist, source: Element) -> bool:
    """Whether another element takes the current through it."""
    for element in netlist.elements:
        if element.kind != "K" and source.key in (name.lower() for name in element.references):
            return True
        if any(part == source.key for value in formulas_of(element) for part in _currents(value)):
            return True
    return False


def _currents(value: Expression) -> Iterator[str]:
    for part in walk(value):
        if isinstance(part, BranchCurrent):
            yield part.element.lower()


def _advice(netlist: Netlist) -> str:
    sources = [element.name for element in netlist.elements if element.kind == "V"]
    if not sources:
        return "It has no voltage source at all: choose a node."
    return f"Its voltage sources are: {', '.join(sources[:12])}."
