"""The states of a circuit: the voltage over each capacitor, the current through each inductor."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from engines.circuits.reading.model import Element, Netlist, Subcircuit


@dataclass(frozen=True)
class CircuitState:
    """One state, in the simulator's own words.

    Attributes
    ----------
    name : str
        Fit for files: ``vC1``, ``iL2``, in subcircuits ``vC1_XU1`` (the instance after it, the
        outer one last).
    element : str
        Path of the element: ``C1``, ``XU1.C1``.
    unit : str
        ``V`` or ``A``.
    terms : tuple of (sign, vector)
        It is the sum of these vectors of ngspice (``v(x1.n3)``, ``i(l.x1.l2)``), each with its
        sign; a capacitor between two nodes has two. None at all where it is always zero.
    same_as : str
        Name of an earlier state of the same terms (capacitors in parallel): it says nothing new.
    """

    name: str
    element: str
    unit: Literal["V", "A"]
    terms: tuple[tuple[int, str], ...]
    same_as: str = ""

    @property
    def vectors(self) -> tuple[str, ...]:
        """What the simulator must keep for it."""
        return tuple(vector for _, vector in self.terms)

    def of(self, signals: Mapping[str, NDArray[np.float64]]) -> NDArray[np.float64]:
        """The state, float64[n], from the simulator's vectors of the same length.

        Raises
        ------
        KeyError
            A vector is not among them.
        ValueError
            The state is always zero, so that its length isn't known.
        """
        if not self.terms:
            raise ValueError(f"the state {self.name} is zero, and its length is not known")
        found = np.zeros_like(signals[self.terms[0][1]], dtype=np.float64)
        for sign, vector in self.terms:
            found += sign * signals[vector]
        return found


def states_of(netlist: Netlist) -> tuple[CircuitState, ...]:
    """Every state of a circuit, through all subcircuits, in the order of the netlist.

    The charges inside diodes and transistors (Cjo, TT and the like of their models) are not among
    them: the simulator gives them no name.
    """
    found: list[CircuitState] = []
    seen: dict[tuple[tuple[int, str], ...], str] = {}
    subcircuits = {sub.name: sub for sub in netlist.subcircuits}
    shared = frozenset(netlist.globals)
    _collect(netlist.elements, (), {}, subcircuits, shared, found, seen)
    return tuple(found)


def _collect(
    elements: tuple[Element, ...],
    path: tuple[str, ...],
    ports: Mapping[str, str],
    subcircuits: Mapping[str, Subcircuit],
    shared: frozenset[str],
    found: list[CircuitState],
    seen: dict[tuple[tuple[int, str], ...], str],
) -> None:
    def outer(node: str) -> str:
        """A node's name in the circuit laid out flat."""
        if node == "0" or node in shared:
            return node
        return ports.get(node) or ".".join([*(part.lower() for part in path), node])

    for element in elements:
        if element.kind == "X":
            sub = subcircuits[element.model]
            inner = dict(zip(sub.ports, map(outer, element.nodes), strict=True))
            _collect(sub.elements, (*path, element.name), inner, subcircuits, shared, found, seen)
        elif element.kind in "CL":
            terms = _terms(element, path, [outer(node) for node in element.nodes])
            opposite = tuple((-sign, vector) for sign, vector in terms)
            name = _name(element, path)
            same = seen.get(terms) or seen.get(tuple(reversed(opposite))) or seen.get(opposite)
            seen.setdefault(terms, name)
            unit: Literal["V", "A"] = "V" if element.kind == "C" else "A"
            found.append(
                CircuitState(name, ".".join([*path, element.name]), unit, terms, same or "")
            )


def _terms(
    element: Element, path: tuple[str, ...], nodes: list[str]
) -> tuple[tuple[int, str], ...]:
    if element.kind == "L":
        inside = ".".join(["l", *(part.lower() for part in path), element.key])
        return ((1, f"i({inside if path else element.key})"),)
    plus, minus = nodes
    if plus == minus:
        return ()
    terms = [(1, f"v({plus})")] if plus != "0" else []
    if minus != "0":
        terms.append((-1, f"v({minus})"))
    return tuple(terms)


def _name(element: Element, path: tuple[str, ...]) -> str:
    letter = "v" if element.kind == "C" else "i"
    return "_".join([f"{letter}{element.name}", *reversed(path)])[:100]
