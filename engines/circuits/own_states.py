"""The states of one's own netlist as a simulation keeps them, and as a person picks them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from engines.circuits.base import StateVariable
from engines.circuits.reading.model import Element, Netlist
from engines.circuits.reading.states import CircuitState, states_of

MAX_NAME = 56
"""Characters of a state's name: a signal's name may have 64, a file's some more."""


@dataclass(frozen=True)
class OwnState:
    """A state that may be kept.

    Attributes
    ----------
    name : str
        Fit for files, and unlike all others without regard to case.
    vector : str
        What the simulator computes: ``v(a)``, ``v(a,b)``, ``i(l.x1.l1)``.
    unit : str
        ``V`` or ``A``.
    element : str
        Path of the capacitor or inductor: ``C1``, ``XU1.C1``.
    line, file
        Where the element was read.
    """

    name: str
    vector: str
    unit: Literal["V", "A"]
    element: str
    line: int = 0
    file: str = ""

    @property
    def variable(self) -> StateVariable:
        """The state for a simulator."""
        return StateVariable(self.name, self.vector, self.unit)


def states_in(netlist: Netlist) -> tuple[OwnState, ...]:
    """The states of a netlist, but those that are always zero or equal to an earlier one."""
    taken: set[str] = set()
    places = _Places(netlist)
    found = []
    for state in states_of(netlist):
        if not state.terms or state.same_as:
            continue
        line, file = places.of(state.element)
        name = _unlike(state.name, taken)
        taken.add(name.lower())
        found.append(OwnState(name, _vector(state), state.unit, state.element, line, file))
    return tuple(found)


def _vector(state: CircuitState) -> str:
    """The state's terms as one vector: ``v(a,b)`` for ``v(a)`` less ``v(b)``."""
    if state.unit == "A":
        ((_, vector),) = state.terms
        return vector
    plus = [vector[2:-1] for sign, vector in state.terms if sign > 0]
    minus = [vector[2:-1] for sign, vector in state.terms if sign < 0]
    return f"v({plus[0] if plus else '0'}{f',{minus[0]}' if minus else ''})"


def _unlike(name: str, taken: set[str]) -> str:
    found, number = name[:MAX_NAME], 2
    while found.lower() in taken:
        ending = f"_{number}"
        found, number = f"{name[: MAX_NAME - len(ending)]}{ending}", number + 1
    return found


class _Places:
    """Where elements were read, by their path; of a built-in part's, where the part is used."""

    def __init__(self, netlist: Netlist) -> None:
        self._top = _by_key(netlist.elements)
        self._subcircuits = {sub.name: sub for sub in netlist.subcircuits}
        self._inner: dict[str, dict[str, Element]] = {}

    def of(self, path: str) -> tuple[int, str]:
        """Line and file."""
        elements, line, file = self._top, 0, ""
        for key in path.lower().split("."):
            element = elements[key]
            line, file = element.line, element.file
            if element.kind == "X":
                sub = self._subcircuits[element.model]
                if sub.builtin:
                    break
                if sub.name not in self._inner:
                    self._inner[sub.name] = _by_key(sub.elements)
                elements = self._inner[sub.name]
        return line, file


def _by_key(elements: Sequence[Element]) -> dict[str, Element]:
    return {element.key: element for element in elements}
