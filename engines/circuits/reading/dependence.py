"""Which elements a parameter reaches, and how far it goes before a resistance is none."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

from engines.circuits.reading.expressions import (
    Expression,
    ExpressionError,
    Number,
    evaluate,
    is_law,
    names_in,
)
from engines.circuits.reading.model import Element, Netlist
from engines.circuits.reading.soundness import formulas_of

HALVINGS = 50
FARTHEST = 1e4
"""How many times its own size (at least 1) a parameter is followed."""


def reached_by(netlist: Netlist) -> dict[str, tuple[Element, ...]]:
    """The top's elements that each parameter reaches, directly or by others, by its name."""
    direct = {param.name: names_in(param.value) for param in netlist.params}
    behind = {name: _closure(name, direct) for name in direct}
    named = [
        (element, set().union(*map(names_in, formulas_of(element)), set()))
        for element in netlist.elements
    ]
    found: dict[str, list[Element]] = {name: [] for name in direct}
    for element, names in named:
        for name in set().union(*(behind.get(one, {one}) for one in names), set()):
            if name in found:
                found[name].append(element)
    return {name: tuple(elements) for name, elements in found.items()}


def _closure(name: str, direct: Mapping[str, set[str]]) -> set[str]:
    """A parameter and all that its value depends on."""
    found, waiting = set(), [name]
    while waiting:
        one = waiting.pop()
        if one not in found:
            found.add(one)
            waiting += direct.get(one, ())
    return found


def bounds_of(
    netlist: Netlist, name: str, elements: tuple[Element, ...]
) -> tuple[float | None, float | None]:
    """How far down and up a parameter goes while every resistance it sets stays positive.

    The two halves of a potentiometer bound it on both sides; None where nothing does.

    Parameters
    ----------
    netlist : Netlist
        For the other parameters, which stay as they are.
    name : str
        The parameter, a plain number.
    elements : tuple of Element
        Those that it reaches.
    """
    formulas = [
        one.value
        for one in elements
        if one.kind == "R" and one.value is not None and not is_law(one.value)
    ]
    here = next(param.value for param in netlist.params if param.name == name)
    if not formulas or not isinstance(here, Number):
        return None, None

    def holds(value: float) -> bool:
        try:
            values = _values(netlist, {name: value})
            return all(evaluate(formula, values) >= 0 for formula in formulas)
        except ExpressionError:
            return True  # where a formula has no value, nothing is said of a potentiometer

    start = here.value
    if not holds(start):
        return None, None
    reach = FARTHEST * max(1.0, abs(start))
    return _last(holds, start, start - reach), _last(holds, start, start + reach)


def _last(holds: Callable[[float], bool], good: float, bad: float) -> float | None:
    """The last value on the way from ``good`` to ``bad`` that holds; None where all do."""
    if holds(bad):
        return None
    for _ in range(HALVINGS):
        middle = 0.5 * (good + bad)
        good, bad = (middle, bad) if holds(middle) else (good, middle)
    return _rounded(good)


def _rounded(value: float) -> float:
    """To three digits: a bound of 1.00001 comes from an ohm that keeps a pot from 0."""
    if abs(value) < 1e-3:
        return 0.0
    digits = 2 - math.floor(math.log10(abs(value)))
    return round(value, digits)


def _values(netlist: Netlist, chosen: Mapping[str, float]) -> dict[str, float]:
    """Every parameter's value; they stand in order."""
    found: dict[str, float] = {}
    for param in netlist.params:
        value: Expression = param.value
        if param.name in chosen:
            found[param.name] = chosen[param.name]
        else:
            found[param.name] = evaluate(value, found)
    return found
