"""Sources that voltages and currents control: gains, polynomials, tables and laws."""

from __future__ import annotations

from dataclasses import replace

from engines.circuits.reading.arguments import Arguments
from engines.circuits.reading.expressions import (
    Call,
    Expression,
    ExpressionError,
    NodeVoltage,
    Number,
    is_law,
)
from engines.circuits.reading.formulas import FormulaReader
from engines.circuits.reading.functions import call
from engines.circuits.reading.includes import short
from engines.circuits.reading.laplace import filter_elements, ratio_of
from engines.circuits.reading.model import Element
from engines.circuits.reading.names import element_name

MAX_DIMENSIONS = 12
_LAW_WORDS = {"value": "", "vol": "v", "cur": "i", "v": "v", "i": "i"}
_IGNORED_VALUES = frozenset(
    ["tripdv", "tripdt", "ic", "m", "temp", "window", "nfft", "mtol", "tc1", "tc2", "reciproctc"]
)
_IGNORED_FLAGS = frozenset(["noiseless", "nojacob", "smoothbsrc"])


def behavioural(name: str, arguments: Arguments) -> list[Element]:
    """A B source: ``B1 a b V=...``, ``I=...`` or ``R=...``, the law to the end of the line."""
    statement = arguments.statement
    nodes = arguments.nodes(2)
    token = arguments.peek()
    word = token.text.lower() if token is not None else ""
    if token is None or not arguments.at_named() or word not in ("v", "i", "r"):
        raise statement.error(f"{name} must give V=..., I=... or R=....")
    arguments.index += 2
    law = arguments.law()
    if word == "r":
        _ignored(arguments)
        return [Element(f"R_{name}", "R", nodes, law, "r" if is_law(law) else "")]
    if arguments.at_named() and _next(arguments) == "laplace":
        arguments.index += 1
        found = _filter("E" if word == "v" else "G", f"{name}", nodes, law, arguments)
        return [replace(found[0], kind="B"), *found[1:]]
    parts = _beside(name, nodes, arguments)
    _ignored(arguments)
    return [Element(name, "B", nodes, law, word), *parts]


def _next(arguments: Arguments) -> str:
    token = arguments.peek()
    return token.text.lower() if token is not None and token.kind == "word" else ""


def _beside(name: str, nodes: tuple[str, ...], arguments: Arguments) -> list[Element]:
    """LTspice's ``Rpar`` and ``Cpar`` over a source of current."""
    found = []
    while arguments.at_named() and (word := _next(arguments)) in ("rpar", "cpar"):
        arguments.index += 2
        letter = word[0].upper()
        found.append(Element(f"{letter}_{name}_par", letter, nodes, arguments.value(word)))
    return found


def _ignored(arguments: Arguments) -> None:
    """Take what may follow a law and does nothing here; refuse anything else."""
    statement, reading = arguments.statement, arguments.reading
    while (token := arguments.peek()) is not None:
        named = arguments.at_named()
        if token.text.lower() not in (_IGNORED_VALUES if named else _IGNORED_FLAGS):
            raise statement.error(
                f"after the formula stands {short(statement.text[token.start :], 40)!r}."
            )
        arguments.named(1)
        reading.say(statement, token.text, "", "It steers LTspice's solver, or has no effect here.")


def controlled(kind: str, name: str, arguments: Arguments) -> list[Element]:
    """E, F, G or H: a gain, a POLY, a TABLE, a filter or a law."""
    statement = arguments.statement
    nodes = arguments.nodes(2)
    token = arguments.peek()
    if token is None:
        raise statement.error(f"{name} is not given what controls it.")
    word = token.text.lower()
    if word == "poly":
        arguments.index += 1
        return [_poly(kind, name, nodes, arguments)]
    if kind in "EG":
        if word == "laplace" and not arguments.at_named():
            return _laplace_of_law(kind, name, nodes, arguments)
        if arguments.at_named() and word in _LAW_WORDS:
            return _law(kind, name, nodes, arguments)
        if word in ("value", "vol", "cur"):  # VALUE {...}: PSpice may leave out the =
            following = arguments.peek(1)
            if following is not None and following.kind == "formula":
                law = arguments.reading.formula(statement, following.text, law=True)
                arguments.index += 2
                _ignored(arguments)
                return [Element(name, kind, nodes, law, "v" if kind == "E" else "i")]
        if word == "table":
            return [_table(kind, name, nodes, arguments)]
    return _linear(kind, name, nodes, arguments)


def _laplace_of_law(
    kind: str, name: str, nodes: tuple[str, ...], arguments: Arguments
) -> list[Element]:
    """PSpice's ``LAPLACE {law} = {filter}``, also without the ``=``."""
    statement, reading = arguments.statement, arguments.reading
    arguments.index += 1
    token = arguments.peek()
    if token is None or token.kind != "formula":
        raise statement.error("LAPLACE needs a formula in braces before its filter.")
    law = reading.formula(statement, token.text, law=True)
    arguments.index += 1
    return _filter(kind, name, nodes, law, arguments)


def _filter(
    kind: str, name: str, nodes: tuple[str, ...], law: Expression, arguments: Arguments
) -> list[Element]:
    """The elements of a source whose control is filtered; the filter comes next."""
    statement, reading = arguments.statement, arguments.reading
    token = arguments.peek()
    if token is not None and token.kind == "=":
        arguments.index += 1
    reader = FormulaReader("ngspice", False, reading.nodes, reading.functions, reading.total)
    formula = arguments.formula(reader)  # in a filter both dialects take ^ for a power
    _ignored(arguments)
    try:
        found = filter_elements(kind, name, nodes, law, ratio_of(formula), reading.nodes)
    except (ExpressionError, OverflowError, ZeroDivisionError) as error:
        raise statement.error(f"{name}: {error}.") from None
    reading.say(
        statement, statement.text, ", ".join(one.name for one in found),
        "A filter given by LAPLACE is a chain of integrators here, each with a capacitor.",
    )  # fmt: skip
    return found


def _linear(kind: str, name: str, nodes: tuple[str, ...], arguments: Arguments) -> list[Element]:
    if kind in "FH":
        reference = element_name(arguments.word("the source whose current controls it"))
        value = _gain(arguments)
        return [Element(name, kind, nodes, value, references=(reference,))]
    control = arguments.nodes(2)
    if _next(arguments) == "table":
        return [_linear_table(kind, name, nodes, control, arguments)]
    if _next(arguments) == "laplace":
        arguments.index += 1
        return _filter(kind, name, nodes, NodeVoltage(*control), arguments)
    return [Element(name, kind, (*nodes, *control), _gain(arguments))]


def _gain(arguments: Arguments) -> Expression:
    value = arguments.value("the gain")
    for word, _ in arguments.named():
        if word not in ("m", "ic"):
            raise arguments.statement.error(f"{short(word, 40)!r} at its end means nothing here.")
        arguments.reading.say(arguments.statement, word, "", "It has no effect here.")
    return value


def _law(kind: str, name: str, nodes: tuple[str, ...], arguments: Arguments) -> list[Element]:
    quantity = "v" if kind == "E" else "i"
    word = _next(arguments)
    if (_LAW_WORDS[word] or quantity) != quantity:
        raise arguments.statement.error(f"{name} cannot give {word}.")
    arguments.index += 2
    law = arguments.law()
    if _next(arguments) == "laplace":
        arguments.index += 1
        return _filter(kind, name, nodes, law, arguments)
    _ignored(arguments)
    return [Element(name, kind, nodes, law, quantity)]


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
