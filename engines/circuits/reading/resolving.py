"""A netlist at one setting of its knobs: every parameter put in, every constant computed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from engines.circuits.reading.definitions import in_order
from engines.circuits.reading.expressions import (
    Binary,
    Expression,
    ExpressionError,
    NodeVoltage,
    Number,
    fold,
    is_law,
    substitute,
    walk,
)
from engines.circuits.reading.model import (
    Condition,
    Element,
    Model,
    Netlist,
    NetlistError,
    Parameter,
    Subcircuit,
)
from engines.circuits.reading.soundness import formulas_of, map_formulas, refuse_unbounded

Values = Mapping[str, float | Expression]
_Scope = Mapping[str, Expression]
MAX_COMPUTED = 1_000_000
"""Parts of formulas that are computed for one setting."""


def resolve(netlist: Netlist, values: Values | None = None) -> Netlist:
    """The same circuit without parameters.

    A subcircuit that instances give different values becomes several. Names of elements and nodes
    stay, and so do the states.

    Parameters
    ----------
    netlist : Netlist
        As read.
    values : mapping, optional
        Of its parameters, instead of their own: a number, or a formula such as
        ``NodeVoltage("knob")``, by which a knob moves while the circuit runs. Nodes that such a
        formula names are shared by all subcircuits.

    Raises
    ------
    NetlistError
        There is no such parameter, a formula has no value, or a knob that moves reaches what cannot
        move: a capacitance, an inductance, a model's parameter.
    """
    given = dict(values or {})
    known = {param.name for param in netlist.params}
    for name in given:
        if name not in known:
            raise NetlistError(0, f"it has no parameter {name}.")
    chosen = {
        name: value if not isinstance(value, int | float) else Number(float(value))
        for name, value in given.items()
    }
    scope = _scope_of(netlist.params, {}, chosen)
    resolver = _Resolver(netlist, scope)
    elements = resolver.elements(netlist.elements, scope)
    moving = {
        part.plus
        for value in chosen.values()
        for part in walk(value)
        if isinstance(part, NodeVoltage)
    } - {"0"}
    found = replace(
        netlist,
        elements=elements,
        models=tuple(_model(model, scope) for model in netlist.models),
        subcircuits=tuple(resolver.made.values()),
        params=(),
        conditions=tuple(_condition(one, scope) for one in netlist.conditions),
        globals=tuple(dict.fromkeys((*netlist.globals, *sorted(moving)))),
    )
    refuse_unbounded(found)
    return found


def with_values(netlist: Netlist, values: Mapping[str, float]) -> Netlist:
    """The netlist with its knobs set, still with its parameters.

    Raises
    ------
    NetlistError
        There is no such parameter.
    """
    known = {param.name for param in netlist.params}
    for name in values:
        if name not in known:
            raise NetlistError(0, f"it has no parameter {name}.")
    return replace(
        netlist,
        params=tuple(
            replace(param, value=Number(float(values[param.name])))
            if param.name in values
            else param
            for param in netlist.params
        ),
    )


def _scope_of(params: Sequence[Parameter], outer: _Scope, chosen: _Scope) -> _Scope:
    """Every parameter's value, where ``chosen`` stands above their own."""
    own = [replace(one, value=chosen.get(one.name, one.value)) for one in params]
    found = dict(outer)
    for param in in_order(own):
        if param.name in chosen:
            found[param.name] = chosen[param.name]
        else:
            found[param.name] = _value(param.value, found, param.line, param.file)
    return found


def _value(value: Expression, scope: _Scope, line: int, file: str) -> Expression:
    try:
        found = fold(substitute(value, scope), {})
        for _ in walk(found):
            pass
    except ExpressionError as error:
        raise NetlistError(line, f"{error}.", file=file) from None
    return found


class _Resolver:
    def __init__(self, netlist: Netlist, scope: _Scope) -> None:
        self.subcircuits = {sub.name: sub for sub in netlist.subcircuits}
        self.outer = scope
        self.names: dict[tuple[str, tuple[tuple[str, Expression], ...]], str] = {}
        self.made: dict[str, Subcircuit] = {}
        self.left = MAX_COMPUTED

    def elements(self, elements: Sequence[Element], scope: _Scope) -> tuple[Element, ...]:
        return tuple(self._element(element, scope) for element in elements)

    def _element(self, element: Element, scope: _Scope) -> Element:
        self.left -= sum(sum(1 for _ in walk(value)) for value in formulas_of(element))
        if self.left < 0:
            raise NetlistError(0, "its subcircuits hold too many formulas at too many settings.")
        found = map_formulas(
            element, lambda value: _value(value, scope, element.line, element.file)
        )
        if found.kind == "X":
            return replace(found, model=self._instance(found), params=())
        if found.value is not None and not found.quantity and is_law(found.value):
            found = _moved(found)
        if found.kind == "I" and found.source is not None and is_law(found.source.dc):
            found = _moved_current(found)
        for value in formulas_of(found):
            if not isinstance(value, Number) and not (found.quantity and value is found.value):
                raise NetlistError(
                    element.line,
                    f"a knob that moves reaches {element.name}, where only a constant can stand.",
                    file=element.file,
                )
        return found

    def _instance(self, instance: Element) -> str:
        """The name of the subcircuit with the instance's values in it."""
        sub = self.subcircuits[instance.model]
        key = (sub.name, tuple(sorted(instance.params, key=lambda pair: pair[0])))
        if key in self.names:
            return self.names[key]
        name, number = sub.name, 2
        while name in self.names.values() or (name != sub.name and name in self.subcircuits):
            name, number = f"{sub.name}__{number}", number + 1
        self.names[key] = name
        scope = _scope_of((*sub.params, *sub.local_params), self.outer, dict(instance.params))
        made = replace(
            sub,
            name=name,
            params=(),
            local_params=(),
            elements=self.elements(sub.elements, scope),
            models=tuple(_model(model, scope) for model in sub.models),
        )
        self.made[name] = made
        return name


def _moved(element: Element) -> Element:
    """An element whose constant became a law: a pot that moves."""
    assert element.value is not None
    if element.kind == "R":
        return replace(element, quantity="r")
    if element.kind in "EG" and not element.dimensions:
        law = Binary("*", element.value, NodeVoltage(*element.nodes[2:]))
        quantity = "v" if element.kind == "E" else "i"
        return replace(element, nodes=element.nodes[:2], value=law, quantity=quantity)
    return element


def _moved_current(element: Element) -> Element:
    """A current at rest that became a law, as the one which sets a filter's cutoff does."""
    source = element.source
    assert source is not None
    if source.shape or source.ac:
        return element
    name = f"B_{element.name}"
    return replace(element, name=name, kind="B", value=source.dc, quantity="i", source=None)


def _model(model: Model, scope: _Scope) -> Model:
    params = tuple(
        (name, _value(value, scope, model.line, model.file)) for name, value in model.params
    )
    if not all(isinstance(value, Number) for _, value in params):
        raise NetlistError(
            model.line,
            f"a knob that moves reaches the model {model.name}, where only constants can stand.",
            file=model.file,
        )
    return replace(model, params=params)


def _condition(condition: Condition, scope: _Scope) -> Condition:
    return replace(condition, value=_value(condition.value, scope, condition.line, ""))
