"""Resistors, capacitors and inductors, and what LTspice puts into them beside their value."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import replace

from engines.circuits.reading.arguments import Arguments
from engines.circuits.reading.catalogue import DROPPED_PARAMS, INSTANCE_PARAMS, PARASITICS
from engines.circuits.reading.expressions import (
    Binary,
    Expression,
    NodeVoltage,
    Number,
    is_law,
    substitute,
)
from engines.circuits.reading.includes import short
from engines.circuits.reading.model import Element, Source
from engines.circuits.reading.tokens import Token, number_of

_WHAT = {"R": "resistance", "C": "capacitance", "L": "inductance"}
CHARGE_SCALE = 1e-6
"""Farads of the capacitor that holds a charge given by a law: 1 V on it is 1 µC."""
Params = dict[str, Token]


def passive(
    kind: str, name: str, arguments: Arguments, coupled: Collection[str] = ()
) -> list[Element]:
    """An R, C or L, with its parasitic parts as elements of their own.

    Parameters
    ----------
    kind, name : str
        Its letter and its name.
    arguments : Arguments
        The line, after the name.
    coupled : collection of str
        Keys of the inductors that a K couples: LTspice gives these no resistance of its own.

    Raises
    ------
    NetlistError
        A value is missing, or a law stands where ngspice takes a constant alone.
    """
    statement = arguments.statement
    nodes = arguments.nodes(2)
    value: Expression | None = None
    quantity = ""
    if arguments.has_value():
        value, quantity = _plain_value(kind, arguments)
    params: Params = {}
    while (token := arguments.peek()) is not None:
        word = token.text.lower()
        if arguments.at_named() and word == kind.lower() and value is None:
            arguments.index += 2
            value, quantity = _law_value(kind, arguments)
        elif arguments.at_named() and word in ("q", "charge") and kind == "C" and value is None:
            arguments.index += 2
            return _charge(name, nodes, arguments)
        elif arguments.at_named() and word == "flux":
            raise statement.error(
                f"{name} is given by its flux. Only a plain inductance is known here: give that "
                "of small signals."
            )
        elif kind == "L" and arguments.at_named() and word in ("hc", "bs", "br"):
            raise statement.error(
                f"{name} has a core that saturates ({word}=), which is not known here. Give its "
                "inductance for small signals."
            )
        else:
            params.update(arguments.named(1))
    if value is None:
        raise statement.error(f"the {_WHAT[kind]} of {name} is missing.")
    kept, parasitic = sort_params(kind, name, arguments, params)
    element = Element(name, kind, nodes, value, quantity, params=kept)
    return with_parasitics(element, parasitic, arguments, coupled)


def _plain_value(kind: str, arguments: Arguments) -> tuple[Expression, str]:
    token = arguments.peek()
    assert token is not None
    arguments.index += 1
    if token.kind == "word":
        _refuse_comma(token, arguments)
        value = arguments.reading.value(arguments.statement, token)
        if kind == "R" and re.fullmatch(r"[0-9.]+M", token.text) and isinstance(value, Number):
            arguments.reading.say(
                arguments.statement, token.text, f"{value.value:g} Ω",
                "M is a thousandth in SPICE; a million is Meg.",
            )  # fmt: skip
        return value, ""
    return _checked(
        kind, arguments, arguments.reading.formula(arguments.statement, token.text, law=True)
    )


def _refuse_comma(token: Token, arguments: Arguments) -> None:
    """A comma for a decimal point, which SPICE takes for a space: 4,7u would be 4."""
    following = arguments.peek()
    text = arguments.statement.text
    if (
        following is not None
        and following.start == token.end + 1
        and text[token.end] == ","
        and token.text.isdigit()
        and following.text[:1].isdigit()
    ):
        raise arguments.statement.error(
            f"a comma stands in its number: write {token.text}.{short(following.text, 20)}."
        )


def _law_value(kind: str, arguments: Arguments) -> tuple[Expression, str]:
    """What follows ``R=``: a number, or a formula that needs no braces."""
    token = arguments.peek()
    reading, statement = arguments.reading, arguments.statement
    if token is not None and token.kind == "word":
        plain = number_of(token.text, reading.dialect)
        if plain is not None:
            arguments.index += 1
            return reading.value(statement, token), ""
    return _checked(kind, arguments, arguments.law())


def _checked(kind: str, arguments: Arguments, found: Expression) -> tuple[Expression, str]:
    """A resistor's value may depend on voltages; the others' may not."""
    if not is_law(found):
        return found, ""
    if kind != "R":
        raise arguments.statement.error(
            f"its {_WHAT[kind]} depends on a voltage, a current or time. Only a plain "
            f"{_WHAT[kind]} is known here."
        )
    return found, "r"


def _charge(name: str, nodes: tuple[str, ...], arguments: Arguments) -> list[Element]:
    """LTspice's ``C1 a b Q=f(x)``: a charge that follows the voltage x over it by a law.

    The charge stands as a voltage on a capacitor of its own; the current that charges that one
    flows through the device.
    """
    reading, statement = arguments.reading, arguments.statement
    law = substitute(arguments.law(), {"x": NodeVoltage(*nodes)})
    arguments.finish()
    held = reading.nodes.fresh(f"{name}_charge")
    sensed = reading.nodes.fresh(f"{name}_current")
    scaled = Binary("/", law, Number(CHARGE_SCALE))
    sense = f"V_{name}_q"
    found = [
        Element(f"B_{name}_q", "B", (held, "0"), scaled, "v"),
        Element(f"C_{name}_q", "C", (held, sensed), Number(CHARGE_SCALE)),
        Element(sense, "V", (sensed, "0"), source=Source(Number(0.0))),
        Element(f"F_{name}", "F", nodes, Number(1.0), references=(sense,)),
    ]
    reading.say(
        statement, statement.text, ", ".join(one.name for one in found),
        f"The charge of {name} stands as a voltage on a capacitor of its own, 1 V for 1 µC.",
    )  # fmt: skip
    return found


def sort_params(
    kind: str, name: str, arguments: Arguments, params: Mapping[str, Token]
) -> tuple[tuple[tuple[str, Expression], ...], dict[str, Expression]]:
    """Named values that are kept, and those that become elements; the others are said."""
    statement, reading = arguments.statement, arguments.reading
    kept: list[tuple[str, Expression]] = []
    parasitic: dict[str, Expression] = {}
    for word, token in params.items():
        if word in INSTANCE_PARAMS.get(kind, ()):
            kept.append((word, param_value(arguments, word, token)))
        elif word in PARASITICS.get(kind, ()):
            parasitic[word] = param_value(arguments, word, token)
        elif word in DROPPED_PARAMS:
            reading.say(statement, statement.text, "", f"{word}: {DROPPED_PARAMS[word]}")
        elif kind == "C" and word in ("v", "volts"):
            reading.say(
                statement, statement.text, "", f"{word}: the part's rating does nothing here."
            )
        else:
            raise statement.error(
                f"{name} has {short(word, 30)!r}, which is not known here for such a device."
            )
    return tuple(kept), parasitic


def param_value(arguments: Arguments, word: str, token: Token) -> Expression:
    """The value of ``name=value``; a NetlistError where the name stands alone."""
    if token.kind == "flag":
        raise arguments.statement.error(f"the value of {word} is missing.")
    return arguments.reading.value(arguments.statement, token)


def with_parasitics(
    element: Element,
    values: dict[str, Expression],
    arguments: Arguments,
    coupled: Collection[str] = (),
) -> list[Element]:
    """LTspice's series and parallel parts, beside the element they sit in.

    The element keeps its name, so that its state does. ``Rser`` and ``Lser`` lie between the
    first node and the element, ``Rpar`` and ``Cpar`` over all of it.
    """
    statement, reading, name = arguments.statement, arguments.reading, element.name
    first, last = element.nodes
    found: list[Element] = []
    here = first
    series = [(word, values[word]) for word in ("rser", "lser") if not _zero(values.get(word))]
    if (
        element.kind == "L"
        and "rser" not in values
        and reading.dialect == "ltspice"
        and element.key not in coupled
    ):
        series = [("rser", Number(1e-3))]
        reading.say(
            statement, statement.text, f"R_{name}_ser of 1 mΩ before {name}",
            "LTspice gives an inductor 1 mΩ where its line says no Rser.",
        )  # fmt: skip
    for word, value in series:
        there = reading.nodes.fresh(f"{name}_{word}")
        found.append(
            Element(f"{word[0].upper()}_{name}_ser", word[0].upper(), (here, there), value)
        )
        here = there
    found.append(replace(element, nodes=(here, last)))
    for word in ("rpar", "cpar"):
        if not _zero(values.get(word)):
            kind = word[0].upper()
            found.append(Element(f"{kind}_{name}_par", kind, (first, last), values[word]))
    if values:
        reading.say(
            statement, statement.text, ", ".join(one.name for one in found),
            "What LTspice puts into a device stands beside it as elements of their own.",
        )  # fmt: skip
    return found


def _zero(value: Expression | None) -> bool:
    return value is None or (isinstance(value, Number) and value.value == 0)
