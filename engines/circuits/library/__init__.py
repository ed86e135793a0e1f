"""Well-known circuits as netlists of our own, each with its knobs, its source and its figures."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from engines.circuits.base import SimulatorError
from engines.circuits.library.description import INK, LibraryCircuit, drawing_of

__all__ = ["INK", "LibraryCircuit", "circuit_named", "circuits", "drawing_of"]


@cache
def circuits() -> dict[str, LibraryCircuit]:
    """Every circuit of the library by name: the ``.json`` files of this folder."""
    folder = files(__name__)
    found = [
        LibraryCircuit.model_validate_json(entry.read_text(encoding="utf-8"))
        for entry in folder.iterdir()
        if entry.name.endswith(".json")
    ]
    return {circuit.name: circuit for circuit in sorted(found, key=lambda c: (c.order, c.name))}


def circuit_named(name: str) -> LibraryCircuit:
    """One circuit of the library.

    Raises
    ------
    SimulatorError
        There is none of that name.
    """
    found = circuits().get(name)
    if found is None:
        known = ", ".join(circuits())
        raise SimulatorError(f"There is no circuit {name!r} in the library; there is: {known}.")
    return found
