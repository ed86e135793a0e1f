"""Sources that voltages and currents control: gains, polynomials, tables and laws."""

from __future__ import annotations

import re

from engines.circuits.reading.arguments import Arguments
from engines.circuits.reading.expressions import (
    Call,
    Expression,
    ExpressionError,
    NodeVoltage,
    Number,
)
from engines.circuits.reading.functions import call
from engines.circuits.reading.includes import short
from engines.circuits.reading.model import Element
from engines.circuits.reading.names import element_name

MAX_DIMENSIONS = 12
_LAW_WORDS = {"value": "", "vol": "v", "cur": "i", "v": "v", "i": "i"}
_IGNORED = re.compile(
    r"\s*(?:(?:tripdv|tripdt|ic|m)\s*=\s*[-+.0-9a-zA-Z]+|noiseless|nojacob)\s*", re.I
)


def behavioural(name: str, arguments: Arguments) -> Element:
    """A B source: ``B1 a b V=...`` or ``I=...``, the law to the end of the line."""
    statement = arguments.statement
    nodes = arguments.nodes(2)
    token = arguments.peek()
    word = token.text.lower() if token is not None else ""
    if token is None or not arguments.at_named() or word not in ("v", "i"):
        raise statement.error(f"{name} must give V=... or I=....")
    equals = arguments.peek(1)
    assert equals is not None
    law = _law_to_end(arguments, equals.end)
    return Element(name, "B", nodes, law, word)


def _law_to_end(arguments: Arguments, start: int) -> Expression:
    """The law that begins at a place of the statement; what follows it must be harmless."""
    statement, reading = arguments.statement, arguments.reading
    text = statement.text[start:]
    try:
        law, end = reading.reader(law=True).read_part(text)
    except ExpressionError as error:
        raise statement.error(f"{error}.") from None
    rest = text[end:]
    while rest.strip():
        match = _IGNORED.match(rest)
        if match is None:
            raise statement.error(f"after the formula stands {short(rest.strip(), 40)!r}.")
        reading.say(
            statement, match[0].strip(), "", "It steers LTspice's solver, or has no effect here."
        )
        rest = rest[match.end() :]
    return law


def controlled(kind: str, name: str, arguments: Arguments) -> Element:
    """E, F, G or H: a gain, a POLY, a TABLE or a law."""
    statement = arguments.statement
    nodes = arguments.nodes(2)
    token = arguments.peek()
    if token is None:
        raise statement.error(f"{name} is not given what controls it.")
    word = token.text.lower()
    if word == "laplace" or any(one.text.lower() == "laplace" for one in arguments.rest()):
        raise statement.error(
            f"{name} is a filter given by LAPLACE, whose states no netlist names. Build it from "
            "R, C and L."
        )
    if word == "poly":
        arguments.index += 1
        return _poly(kind, name, nodes, arguments)
    if kind in "EG":
        if arguments.at_named() and word in _LAW_WORDS:
            return _law(kind, name, nodes, arguments)
        if word in ("value", "vol", "cur"):  # VALUE {...}: PSpice may leave out the =
            following = arguments.peek(1)
            if following is not None and following.kind == "formula":
                law = arguments.reading.formula(statement, following.text, law=True)
                arguments.index += 2
                arguments.finish()
                return Element(name, kind, nodes, law, "v" if kind == "E" else "i")
        if word == "table":
            return _table(kind, name, nodes, arguments)
    return _linear(kind, name, nodes, arguments)


def _linear(kind: str, name: str, nodes: tuple[str, ...], arguments: Arguments) -> Element:
    if kind in "FH":
        reference = element_name(arguments.word("the source whose current controls it"))
        value = _gain(arguments)
        return Element(name, kind, nodes, value, references=(reference,))
    control = arguments.nodes(2)
    token = arguments.peek()
    if token is not None and token.text.lower() == "table":
        return _linear_table(kind, name, nodes, control, arguments)
    return Element(name, kind, (*nodes, *control), _gain(arguments))


def _gain(arguments: Arguments) -> Expression:
    value = arguments.value("the gain")
    for word, _ in arguments.named():
        if word not in ("m", "ic"):
            raise arguments.statement.error(f"{short(word, 40)!r} at its end means nothing here.")
        arguments.reading.say(arguments.statement, word, "", "It has no effect here.")
    return value


def _law(kind: str, name: str, nodes: tuple[str, ...], arguments: Arguments) -> Element:
    token, equals = arguments.peek(), arguments.peek(1)
    assert token is not None
    assert equals is not None
    quantity = "v" if kind == "E" else "i"
    said = _LAW_WORDS[token.text.lower()] or quantity
    if said != quantity:
        raise arguments.statement.error(f"{name} cannot give {token.text}.")
    law = _law_to_end(arguments, equals.end)
    return Element(name, kind, nodes, law, quantity)


def _poly(kind: str, name: str, nodes: tuple[str, ...], arguments: Arguments) -> Element:
    statement = arguments.statement
    count = arguments.value("the number of dimensions after POLY")
    if not isinstance(count, Number) or count.value not in range(1, MAX_DIMENSIONS + 1):
        raise statement.error(f"POLY may have 1 to {MAX_DIMENSIONS} dimensions.")
    dimensions = int(count.value)
    control: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    if kind in "EG":
        control = arguments.nodes(2 * dimensions)
    else:
        references = tuple(
            element_name(arguments.word("the source whose current controls it"))
            for _ in range(dimensions)
        )
    coefficients = []
    while arguments.has_value():
        coefficients.append(arguments.value("a coefficient"))
    for word, _ in arguments.named():
        if word != "ic":
            raise statement.error(f"{short(word, 40)!r} at its end means nothing here.")
    if not coefficients:
        raise statement.error(f"{name} has no coefficients after POLY.")
    if dimensions == 1 and len(coefficients) == 1:
        # SPICE takes a lone coefficient of one dimension for the gain.
        coefficients = [Number(0.0), *coefficients]
    return Element(
        name, kind, (*nodes, *control), references=references,
        dimensions=dimensions, coefficients=tuple(coefficients),
    )  # fmt: skip


def _table(kind: str, name: str, nodes: tuple[str, ...], arguments: Arguments) -> Element:
    """PSpice's ``TABLE {law} = (x, y) (x, y)``."""
    statement, reading = arguments.statement, arguments.reading
    arguments.index += 1
    token = arguments.peek()
    if token is not None and token.kind == "=":
        raise statement.error("TABLE needs a formula in braces before its corners.")
    if token is None or token.kind != "formula":
        raise statement.error("TABLE needs a formula in braces before its corners.")
    x = reading.formula(statement, token.text, law=True)
    arguments.index += 1
    following = arguments.peek()
    if following is not None and following.kind == "=":
        arguments.index += 1
    return _table_element(kind, name, nodes, x, arguments)


def _linear_table(
    kind: str, name: str, nodes: tuple[str, ...], control: tuple[str, ...], arguments: Arguments
) -> Element:
    """LTspice's ``E1 a b c d table(x, y, x, y)``, with or without ``=``."""
    arguments.index += 1
    token = arguments.peek()
    if token is not None and token.kind == "=":
        arguments.index += 1
    x = NodeVoltage(control[0], control[1])
    return _table_element(kind, name, nodes, x, arguments)


def _table_element(
    kind: str, name: str, nodes: tuple[str, ...], x: Expression, arguments: Arguments
) -> Element:
    statement = arguments.statement
    corners: list[Expression] = []
    while arguments.has_value():
        corners.append(arguments.value("a corner"))
    arguments.finish()
    try:
        law = call("table", [x, *corners], arguments.reading.dialect, law=True)
    except ExpressionError as error:
        raise statement.error(f"{error}.") from None
    shown = "pwl" if isinstance(law, Call) else "a constant"
    arguments.reading.say(
        statement, statement.text, f"{name} as a law with {shown}",
        "A table becomes a law of straight lines, which holds its outer values.",
    )  # fmt: skip
    return Element(name, kind, nodes, law, "v" if kind == "E" else "i")
