"""Trimpot's own typical models, for parts whose libraries belong to others."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from engines.circuits.reading.model import Model, Subcircuit

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
    from engines.circuits.reading.lines import statements
    from engines.circuits.reading.names import NodeNames
    from engines.circuits.reading.scopes import scopes_of
    from engines.circuits.reading.soundness import sound_subcircuit
    from engines.circuits.reading.structure import Structure

    lines = STANDARD_FILE.read_text(encoding="utf-8").splitlines()
    top, _ = scopes_of(statements(lines, first=1))
    structure = Structure(top, Reading("ngspice", NodeNames(), {}, []), Library({}, {}))
    found = {
        name: replace(sound_subcircuit(sub, set()), builtin=True)
        for name, sub in structure.subcircuits.items()
    }
    return Library({model.name: replace(model, builtin=True) for model in structure.models}, found)
