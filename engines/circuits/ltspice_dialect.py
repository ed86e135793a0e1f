"""A circuit in LTspice's dialect: what its help describes, and both simulators mean alike.

Where ngspice and LTspice mean different things by the same words (a power of a negative number,
truth, a switch's default, an inductor's hidden resistance), the circuit is first brought to words
of one meaning, and those are written.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from engines.circuits.base import Circuit
from engines.circuits.ltspice_flat import Flat, flat, unused
from engines.circuits.reading.expressions import (
    Binary,
    BranchCurrent,
    Call,
    Choice,
    Expression,
    Name,
    NodeVoltage,
    Number,
    Unary,
    children,
    number_text,
)
from engines.circuits.reading.functions import call
from engines.circuits.reading.model import Element, Model, Netlist, Source

TEMPERATURE = 27.0
"""Of every simulation, in degrees Celsius."""
LEAST_RESISTANCE = 1e-3
"""What ngspice makes of a resistance of zero (ohm)."""
NO_LOSS = 1e12
"""An inductor's parallel resistance (ohm): without one, LTspice puts a damping of its own there."""
FAR = 1e3
"""How far a straight line of ngspice's ``pwl`` goes on beyond its corners, in widths of them."""

_COMPARED = ("<", ">", "<=", ">=")
_ALIASES = {
    "d": {"js": "is", "cj0": "cjo", "cj": "cjo", "pb": "vj", "mj": "m", "ik": "ikf"},
    "npn": {
        "va": "vaf", "vb": "var", "ik": "ikf", "pe": "vje", "me": "mje", "pc": "vjc", "mc": "mjc",
        "ccs": "cjs", "ps": "vjs", "ms": "mjs",
    },
    "njf": {"vt0": "vto"},
    "nmos": {"vt0": "vto"},
}  # fmt: skip
_ALIASES |= {"pnp": _ALIASES["npn"], "pjf": _ALIASES["njf"], "pmos": _ALIASES["nmos"]}


def in_ltspice(circuit: Circuit, step: float, stop: float) -> tuple[Circuit, Flat]:
    """The circuit with lines of LTspice's dialect and the names that they have there.

    Parameters
    ----------
    circuit : Circuit
        In ngspice's dialect, as all are.
    step, stop : float
        The run's longest step and its end in seconds: what the shapes of sources are completed by.

    Returns
    -------
    Circuit
        Without parameters; nodes and states renamed.
    Flat
        The same as a netlist: reading the lines in LTspice's dialect gives an equal one.

    Raises
    ------
    SimulatorError
        The circuit holds what has no meaning there.
    """
    found = flat(circuit)
    spoken = replace(found, netlist=_spoken(found.netlist, step, stop))
    node = found.nodes
    return (
        replace(
            circuit,
            elements=tuple(lines_of(spoken.netlist)),
            params=(),
            input=node.get(circuit.input, circuit.input),
            against=node.get(circuit.against, circuit.against),
            output=node.get(circuit.output, circuit.output),
            moving=tuple(node.get(name, name) for name in circuit.moving),
            states=tuple(
                replace(state, vector=found.vector(state.vector)) for state in circuit.states
            ),
        ),
        spoken,
    )


def lines_of(netlist: Netlist) -> list[str]:
    """The lines of a flat netlist in LTspice's words, without title and end."""
    coupled = {
        name.lower() for one in netlist.elements for name in one.references if one.kind == "K"
    }
    return [
        *(_model_line(model) for model in netlist.models),
        *(_element_line(one, one.key in coupled) for one in netlist.elements),
        *(f".{one.command} V({one.node})={_plain(one.value)}" for one in netlist.conditions),
    ]


# -- one meaning ---------------------------------------------------------------------------


def _spoken(netlist: Netlist, step: float, stop: float) -> Netlist:
    elements = [_element(one, step, stop) for one in netlist.elements]
    taken = {one.key for one in netlist.elements}
    for place, (old, new) in enumerate(zip(netlist.elements, elements, strict=True)):
        if new.name != old.name:
            elements[place] = replace(new, name=unused(new.name, taken))
    return replace(
        netlist,
        elements=tuple(elements),
        models=tuple(_model(model) for model in netlist.models),
    )


def _element(one: Element, step: float, stop: float) -> Element:
    params = dict(one.params)
    multiple = _number(params.pop("m", Number(1.0))) if one.kind in "RCLDQJ" else 1.0
    if one.kind in "DQJ":
        area = multiple * _number(params.get("area", Number(1.0)))
        return replace(one, params=() if area == 1.0 else (("area", Number(area)),))
    if one.source is not None:
        return replace(one, source=_source(one.source, step, stop))
    if one.quantity:
        assert one.value is not None
        law = spoken(one.value)
        if one.quantity == "r":
            law = Binary("/", NodeVoltage(*one.nodes), law)
            law = law if multiple == 1.0 else Binary("*", Number(multiple), law)
        name = one.name if one.kind == "B" else f"B_{one.name}"
        return replace(
            one, name=name, kind="B", value=law, quantity="v" if one.quantity == "v" else "i",
            params=(),
        )  # fmt: skip
    if one.kind in "RL":
        value = _number(one.value) / multiple
        value = LEAST_RESISTANCE if one.kind == "R" and value == 0 else value
        return replace(one, value=Number(value), params=())
    if one.kind == "C":
        return replace(one, value=Number(_number(one.value) * multiple), params=())
    return one


def _model(model: Model) -> Model:
    """Its parameters by the names LTspice's help has; a level of 1 is nothing to say."""
    names = _ALIASES.get(model.type, {})
    params = {names.get(name, name): value for name, value in model.params}
    if model.type not in ("nmos", "pmos"):
        params.pop("level", None)
    return replace(model, params=tuple(params.items()))


def _source(source: Source, step: float, stop: float) -> Source:
    """Every value of a shape said: what is left out means something else to each simulator."""
    if not source.shape:
        return Source(source.dc)
    given = [_number(value) for value in source.values]
    if source.shape != "pwl":
        given = _completed(source.shape, given, step, stop)
    return Source(Number(0.0), (), source.shape, tuple(Number(value) for value in given))


def _completed(shape: str, given: list[float], step: float, stop: float) -> list[float]:
    """As ngspice completes it (its manual, 4.1): steps and ends of the run for what is zero."""
    counts = {"sin": 6, "pulse": 7, "exp": 6, "sffm": 5}
    values = given + [0.0] * (counts[shape] - len(given))
    said = len(given)
    if shape == "sin":
        values[2] = values[2] or 1 / stop
    elif shape == "pulse":
        values[3:5] = [value or step for value in values[3:5]]
        values[5:7] = [value or stop for value in values[5:7]]
    elif shape == "exp":
        values[2] = values[2] if said > 2 else step
        values[3] = values[3] or step
        values[4] = values[4] if said > 4 else values[2] + step
        values[5] = values[5] or step
    else:
        values[2] = values[2] or 1 / stop
        values[4] = values[4] or 1 / stop
    return values


def spoken(value: Expression) -> Expression:
    """A formula in operations that LTspice has with the same meaning.

    Equality is no operation there; what is true is what lies above a half; ``nint`` differs at
    exact halves, which it rounds up.
    """
    if isinstance(value, Name) and value.name == "temper":
        return Number(TEMPERATURE)
    parts = [spoken(part) for part in children(value)]
    if isinstance(value, Choice):
        return Choice(_truth(parts[0]), parts[1], parts[2])
    if isinstance(value, Unary):
        if value.operator == "!":
            return Unary("!", _truth(parts[0]))
        return Number(-parts[0].value) if isinstance(parts[0], Number) else Unary("-", parts[0])
    if isinstance(value, Binary):
        return _operation(value.operator, *parts)
    if isinstance(value, Call):
        if value.function == "nint":
            return Call("floor", (Binary("+", parts[0], Number(0.5)),))
        if value.function == "pwl":
            return _table(parts[0], [_number(part) for part in parts[1:]])
        return Call(value.function, tuple(parts))
    return value


def _operation(operator: str, left: Expression, right: Expression) -> Expression:
    if operator == "==":
        return Binary("&&", Binary(">=", left, right), Binary("<=", left, right))
    if operator == "!=":
        return Binary("||", Binary("<", left, right), Binary(">", left, right))
    if operator in ("&&", "||"):
        return Binary(operator, _truth(left), _truth(right))
    return Binary(operator, left, right)


def _truth(value: Expression) -> Expression:
    """ngspice takes everything but zero for true."""
    if isinstance(value, Binary) and value.operator in (*_COMPARED, "&&", "||"):
        return value
    if isinstance(value, Unary) and value.operator == "!":
        return value
    return Binary(">", Call("abs", (value,)), Number(0.0))


def _table(x: Expression, corners: list[float]) -> Expression:
    """ngspice's straight lines, which go on beyond the outer corners, by a table that ends flat."""
    points = list(zip(corners[::2], corners[1::2], strict=True))
    while len(points) > 1 and points[0][1] == points[1][1]:
        del points[0]
    while len(points) > 1 and points[-1][1] == points[-2][1]:
        del points[-1]
    if len(points) == 1 or all(one[1] == other[1] for one, other in pairwise(points)):
        return Number(points[0][1])
    span = corners[-2] - corners[0]
    if corners[1] != corners[3]:
        points.insert(0, _further(points[1], points[0], span))
    if corners[-1] != corners[-3]:
        points.append(_further(points[-2], points[-1], span))
    flat_corners = [Number(value) for point in points for value in point]
    return call("table", [x, *flat_corners], "ltspice", law=True)


def _further(
    inner: tuple[float, float], outer: tuple[float, float], span: float
) -> tuple[float, float]:
    slope = (outer[1] - inner[1]) / (outer[0] - inner[0])
    reach = FAR * span if outer[0] > inner[0] else -FAR * span
    return outer[0] + reach, outer[1] + slope * reach


def _number(value: Expression | None) -> float:
    assert isinstance(value, Number), "a resolved netlist holds numbers"
    return value.value


# -- LTspice's words -----------------------------------------------------------------------


def text_in_ltspice(value: Expression) -> str:
    """A formula as LTspice reads it, each operation in brackets."""
    if isinstance(value, Number):
        text = number_text(value.value)
        return f"({text})" if value.value < 0 else text
    if isinstance(value, Name):
        return value.name
    if isinstance(value, NodeVoltage):
        return f"V({value.plus})" if value.minus == "0" else f"V({value.plus},{value.minus})"
    if isinstance(value, BranchCurrent):
        return f"I({value.element})"
    parts = [text_in_ltspice(part) for part in children(value)]
    if isinstance(value, Unary):
        return f"({value.operator}{parts[0]})"
    if isinstance(value, Choice):
        return f"if({','.join(parts)})"
    if isinstance(value, Binary):
        if value.operator == "**":
            return f"pwr({','.join(parts)})"
        symbol = {"&&": "&", "||": "|"}.get(value.operator, value.operator)
        return f"({parts[0]}{symbol}{parts[1]})"
    if value.function == "pwl":
        corners = value.arguments[3:-2]
        return f"table({','.join([parts[0], *map(_plain, corners)])})"
    return f"{value.function}({','.join(parts)})"


def _plain(value: Expression | None) -> str:
    return number_text(_number(value))


def _element_line(one: Element, coupled: bool) -> str:
    words = [one.name, *one.nodes]
    if one.dimensions:
        words = [one.name, *one.nodes[:2], f"POLY({one.dimensions})", *_controls(one)]
        words += [_plain(value) for value in one.coefficients]
    else:
        words += one.references
    if one.model:
        words.append(one.model)
    if one.source is not None:
        words.append(_source_words(one.source))
    elif one.kind == "B":
        assert one.value is not None
        words.append(f"{one.quantity.upper()}={text_in_ltspice(one.value)}")
    elif one.value is not None:
        words.append(_plain(one.value))
    if one.kind == "L" and not coupled:
        words.append(f"Rser=0 Rpar={number_text(NO_LOSS)}")
    words += [
        _plain(value) if one.kind in "DQJ" else f"{name}={_plain(value)}"
        for name, value in one.params
    ]
    return " ".join(words)


def _controls(one: Element) -> Sequence[str]:
    if one.references:
        return one.references
    pairs = zip(one.nodes[2::2], one.nodes[3::2], strict=True)
    return [f"({plus},{minus})" for plus, minus in pairs]


def _source_words(source: Source) -> str:
    if not source.shape:
        return _plain(source.dc)
    name = {"sin": "SINE"}.get(source.shape, source.shape.upper())
    return f"{name}({' '.join(_plain(value) for value in source.values)})"


def _model_line(model: Model) -> str:
    words = [
        name if (model.type, name) == ("vdmos", "pchan") else f"{name}={_plain(value)}"
        for name, value in model.params
    ]
    return f".model {model.name} {model.type.upper()}({' '.join(words)})"
