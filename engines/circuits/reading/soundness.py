"""Whether all that a netlist refers to is there, and none of it without end."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from engines.circuits.reading.expressions import (
    Binary,
    BranchCurrent,
    Expression,
    Name,
    NodeVoltage,
    Number,
    is_law,
    names_in,
    walk,
)
from engines.circuits.reading.expressions import replace as rebuild
from engines.circuits.reading.model import (
    Change,
    Element,
    Model,
    Netlist,
    NetlistError,
    Parameter,
    Source,
    Subcircuit,
    UnknownNameError,
)

MAX_ELEMENTS = 5000
MAX_FLAT_ELEMENTS = 20_000
MAX_DEPTH = 16

CONSTANTS = {
    "pi": math.pi,
    "e": math.e,
    "echarge": 1.602176634e-19,
    "boltz": 1.380649e-23,
    "kelvin": -273.15,
    "k": 1.380649e-23,
    "q": 1.602176634e-19,
    "true": 1.0,
    "false": 0.0,
    "temp": 27.0,
}
"""Names with a meaning of their own, where no parameter is called so (LTspice's and ngspice's)."""


def map_formulas(element: Element, change: Callable[[Expression], Expression]) -> Element:
    """The element with every formula in it changed."""
    source = element.source
    if source is not None:
        source = Source(
            change(source.dc), tuple(map(change, source.ac)), source.shape,
            tuple(map(change, source.values)), source.recording,
        )  # fmt: skip
    return replace(
        element,
        value=None if element.value is None else change(element.value),
        params=tuple((name, change(value)) for name, value in element.params),
        coefficients=tuple(map(change, element.coefficients)),
        source=source,
    )


def formulas_of(element: Element) -> list[Expression]:
    """Every formula of an element."""
    found = [] if element.value is None else [element.value]
    found += [value for _, value in element.params]
    found += element.coefficients
    if element.source is not None:
        found += [element.source.dc, *element.source.ac, *element.source.values]
    return found


@dataclass(frozen=True)
class Constants:
    """Models and parameters of a scope with known constants in place."""

    models: tuple[Model, ...]
    params: tuple[Parameter, ...]


def sound_scope(
    elements: Sequence[Element],
    models: Sequence[Model],
    params: Sequence[Parameter],
    names: set[str],
) -> tuple[tuple[Element, ...], Constants]:
    """A scope's formulas with constants in place, and what they refer to found.

    Parameters
    ----------
    elements, models, params
        Of the scope.
    names : set of str
        Parameters that can be seen.

    Raises
    ------
    NetlistError
        A name that nothing defines, or an element that is not there.
    """
    by_key = {element.key: element for element in elements}

    def settled(value: Expression, line: int, file: str) -> Expression:
        return _settled(value, names, by_key, line, file)

    found = []
    for element in elements:
        _refuse_references(element, by_key)
        found.append(
            map_formulas(element, lambda value, e=element: settled(value, e.line, e.file))  # type: ignore[misc]
        )
    return tuple(found), Constants(
        tuple(
            replace(
                model,
                params=tuple(
                    (name, settled(value, model.line, model.file)) for name, value in model.params
                ),
            )
            for model in models
        ),
        tuple(replace(one, value=settled(one.value, one.line, one.file)) for one in params),
    )


def sound_subcircuit(sub: Subcircuit, names: set[str]) -> Subcircuit:
    """A subcircuit with its names checked and constants in place; see :func:`sound_scope`."""
    params = (*sub.params, *sub.local_params)
    inside = names | {param.name for param in params}
    elements, constants = sound_scope(sub.elements, sub.models, params, inside)
    count = len(sub.params)
    return replace(
        sub,
        elements=elements,
        models=constants.models,
        params=constants.params[:count],
        local_params=constants.params[count:],
    )


def _settled(
    value: Expression, names: set[str], elements: dict[str, Element], line: int, file: str
) -> Expression:
    def change(part: Expression) -> Expression | None:
        if isinstance(part, Name) and part.name not in names and part.name in CONSTANTS:
            return Number(CONSTANTS[part.name])
        if isinstance(part, BranchCurrent):
            return _current(part, elements, line, file)
        return None

    found = rebuild(value, change)
    missing = sorted(names_in(found) - names)
    if missing:
        raise UnknownNameError(
            line,
            f"the parameter {missing[0]} is not defined. Add a line .param {missing[0]}=....",
            file=file,
        )
    return found


def _current(
    part: BranchCurrent, elements: dict[str, Element], line: int, file: str
) -> Expression | None:
    """The current through an element, as ngspice can know it."""
    element = elements.get(part.element)
    if element is None:
        raise NetlistError(
            line, f"i({part.element}) is the current of an element that is not there.", file=file
        )
    if element.kind in "VL":
        return None
    if element.kind == "R" and element.value is not None and not is_law(element.value):
        return Binary("/", NodeVoltage(*element.nodes), element.value)
    raise NetlistError(
        line,
        f"i({part.element}) is not known here: only the currents of voltage sources, inductors "
        "and resistors are. Put a voltage source of 0 V in series and take its current.",
        file=file,
    )


def _refuse_references(element: Element, elements: dict[str, Element]) -> None:
    wanted = "L" if element.kind == "K" else "V"
    for name in element.references:
        found = elements.get(name.lower())
        if found is None or found.kind != wanted:
            what = "inductor" if wanted == "L" else "voltage source"
            raise NetlistError(
                element.line,
                f"{element.name} refers to the {what} {name}, which is not there.",
                file=element.file,
            )


def complete_instances(
    elements: Sequence[Element], subcircuits: Sequence[Subcircuit]
) -> tuple[tuple[Element, ...], list[Subcircuit], list[Change]]:
    """Bring the values that instances give and those that subcircuits take together.

    LTspice lets an instance give values that the subcircuit's line doesn't declare: they are
    declared. Values that nothing inside uses are left out, and that is said.

    Raises
    ------
    NetlistError
        Another number of nodes than the subcircuit has, or a value that only some instances give.
    """
    by_name = {sub.name: sub for sub in subcircuits}
    scopes = [tuple(elements), *(sub.elements for sub in subcircuits)]
    instances = [one for scope in scopes for one in scope if one.kind == "X"]
    for one in instances:
        ports = by_name[one.model].ports
        if len(ports) != len(one.nodes):
            raise NetlistError(
                one.line,
                f"{one.name} has {len(one.nodes)} nodes, but the subcircuit {one.model} has "
                f"{len(ports)}.",
                file=one.file,
            )
    changes: list[Change] = []
    for sub in subcircuits:
        used = [one for one in instances if one.model == sub.name]
        by_name[sub.name] = _declared(sub, used, changes)

    def fitting(one: Element) -> Element:
        return _fitting(one, by_name, changes) if one.kind == "X" else one

    completed = [
        replace(sub, elements=tuple(map(fitting, sub.elements))) for sub in by_name.values()
    ]
    return tuple(map(fitting, elements)), completed, changes


def _inner_names(sub: Subcircuit) -> set[str]:
    found: set[str] = set()
    for element in sub.elements:
        for value in formulas_of(element):
            found |= names_in(value)
    for model in sub.models:
        for _, value in model.params:
            found |= names_in(value)
    for param in (*sub.params, *sub.local_params):
        found |= names_in(param.value)
    return found


def _declared(sub: Subcircuit, used: list[Element], changes: list[Change]) -> Subcircuit:
    """The subcircuit with the values declared that its instances give and its inside names."""
    declared = {param.name for param in sub.params}
    local = {param.name for param in sub.local_params}
    wanted = _inner_names(sub) - declared - local
    given = {name: value for one in used for name, value in one.params}
    more = []
    for name in sorted(wanted & given.keys()):
        without = [one for one in used if name not in dict(one.params)]
        if without:
            raise NetlistError(
                without[0].line,
                f"{without[0].name} doesn't say {name}, which other instances of {sub.name} do.",
                file=without[0].file,
            )
        more.append(Parameter(name, Number(1.0), sub.line, sub.file))
        changes.append(
            Change(
                sub.line, f".subckt {sub.name}", f"{name}=...",
                "ngspice wants the values declared that instances give.", sub.file,
            )
        )  # fmt: skip
    return replace(sub, params=(*more, *sub.params))


def _fitting(one: Element, subcircuits: dict[str, Subcircuit], changes: list[Change]) -> Element:
    """The instance without the values that its subcircuit doesn't take."""
    declared = {param.name for param in subcircuits[one.model].params}
    extra = [name for name, _ in one.params if name not in declared]
    if extra:
        changes.append(
            Change(
                one.line, ", ".join(extra)[:120], "",
                f"The subcircuit {one.model} doesn't use {'it' if len(extra) == 1 else 'them'}.",
                one.file,
            )
        )  # fmt: skip
    return replace(one, params=tuple(pair for pair in one.params if pair[0] in declared))


def refuse_unbounded(netlist: Netlist) -> None:
    """Refuse a circuit that contains itself, has too many elements, or none on ground.

    The elements of instances are counted, not laid out: forty subcircuits that each hold the next
    one twice would be a million million.
    """
    if not netlist.elements:
        raise NetlistError(0, "it has no elements.")
    everything = [*netlist.elements, *(one for sub in netlist.subcircuits for one in sub.elements)]
    if len(everything) > MAX_ELEMENTS:
        raise NetlistError(0, f"it has more than {MAX_ELEMENTS} elements.")
    grounded = any("0" in one.nodes for one in everything) or any(
        isinstance(part, NodeVoltage) and part.minus == "0"
        for one in everything
        if one.quantity and one.value is not None
        for part in walk(one.value)
    )
    if not grounded:
        raise NetlistError(0, "none of its elements is connected to ground (node 0).")
    by_name = {sub.name: sub for sub in netlist.subcircuits}
    counts: dict[str, tuple[int, int]] = {}
    total = sum(_count(one, by_name, counts, ())[0] for one in netlist.elements)
    if total > MAX_FLAT_ELEMENTS:
        raise NetlistError(
            0, f"with its subcircuits laid out it has more than {MAX_FLAT_ELEMENTS} elements."
        )


def _count(
    element: Element,
    subcircuits: dict[str, Subcircuit],
    counts: dict[str, tuple[int, int]],
    within: tuple[str, ...],
) -> tuple[int, int]:
    """How many elements it stands for, and how deep they lie."""
    if element.kind != "X":
        return 1, 0
    name = element.model
    if name in within:
        raise NetlistError(
            element.line,
            f"the subcircuit {name} contains itself.",
            file=element.file,
        )
    if name not in counts:
        if len(within) >= MAX_DEPTH:
            raise NetlistError(
                element.line,
                f"subcircuits are nested more than {MAX_DEPTH} deep.",
                file=element.file,
            )
        below = [
            _count(one, subcircuits, counts, (*within, name)) for one in subcircuits[name].elements
        ]
        counts[name] = (
            sum(count for count, _ in below),
            1 + max((depth for _, depth in below), default=0),
        )
    count, depth = counts[name]
    if len(within) + depth > MAX_DEPTH:
        raise NetlistError(
            element.line, f"subcircuits are nested more than {MAX_DEPTH} deep.", file=element.file
        )
    return count, depth
