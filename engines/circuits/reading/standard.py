"""Trimpot's own typical models, for parts whose libraries belong to others."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from engines.circuits.reading.model import Change, Element, Model, Subcircuit

STANDARD_FILE = Path(__file__).with_name("standard_parts.cir")


@dataclass(frozen=True)
class Library:
    """Models and subcircuits by name."""

    models: dict[str, Model]
    subcircuits: dict[str, Subcircuit]


@cache
def standard_library() -> Library:
    """The models of ``standard_parts.cir``, read like any other netlist."""
    from engines.circuits.reading.arguments import Reading
    from engines.circuits.reading.families import family_lines
    from engines.circuits.reading.lines import statements
    from engines.circuits.reading.names import NodeNames
    from engines.circuits.reading.scopes import scopes_of
    from engines.circuits.reading.soundness import sound_subcircuit
    from engines.circuits.reading.structure import Structure

    lines = [*STANDARD_FILE.read_text(encoding="utf-8").splitlines(), *family_lines()]
    top, _ = scopes_of(statements(lines, first=1))
    structure = Structure(top, Reading("ngspice", NodeNames(), {}, []), Library({}, {}))
    found = {
        name: replace(sound_subcircuit(sub, set()), builtin=True)
        for name, sub in structure.subcircuits.items()
    }
    models = {name: replace(model, builtin=True) for name, model in structure.models.items()}
    return Library(models, found)


def typical_parts(scopes: Iterable[Sequence[Element]], used: Library) -> list[Change]:
    """A word on each of Trimpot's own models that a circuit uses, at the first line that does.

    Parameters
    ----------
    scopes : iterable of sequence of Element
        The netlist's own elements.
    used : Library
        The built-in parts that were taken.
    """
    said: dict[str, Change] = {}
    for element in (one for scope in scopes for one in scope):
        name = element.model
        why = ""
        if element.kind == "X" and name in used.subcircuits:
            why = _amplifier_why(used.subcircuits[name])
        elif element.kind != "X" and name in used.models:
            why = "typical values of Trimpot's own stand for it: the netlist brings no model."
        if why and name not in said:
            said[name] = Change(
                element.line, name.upper(), name, f"{name.upper()}: {why}", element.file
            )
    return list(said.values())


def _amplifier_why(sub: Subcircuit) -> str:
    if len(sub.ports) == 5:
        return (
            "a simple model of Trimpot's own: gain, bandwidth, slew rate, and how near the output "
            "comes to the supplies."
        )
    if sub.ports[:2] == ("a", "g"):
        return "a triode of Trimpot's own by Koren's formula; pins: plate, grid, cathode."
    return "a simple model of Trimpot's own."
