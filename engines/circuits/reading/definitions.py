"""Parameters, functions, models, conditions and sweeps: what dot commands define."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

from engines.circuits.reading.arguments import Arguments, Reading
from engines.circuits.reading.catalogue import (
    IDEAL_DIODE,
    LEVELS,
    MODEL_CLASS,
    MODEL_PARAMS,
)
from engines.circuits.reading.expressions import (
    FUNCTIONS,
    Expression,
    ExpressionError,
    Number,
    names_in,
)
from engines.circuits.reading.formulas import Function
from engines.circuits.reading.includes import short
from engines.circuits.reading.lines import Statement
from engines.circuits.reading.model import Condition, Model, NetlistError, Parameter, Sweep
from engines.circuits.reading.names import IDENTIFIER, plain_name
from engines.circuits.reading.tokens import Token, number_of, tokenise

MAX_PARAMS = 2000
TAKEN_NAMES = frozenset(
    [
        *("v", "i", "e", "time", "temper", "temp", "hertz", "gnd", "var", "vec", "defined"),
        *("and", "or", "not", "div", "mod", "if", "else", "int", "log", "log10", "pow", "pwr"),
        *("sqr", "arctan", "ternary_fcn", "gauss", "agauss", "unif", "aunif", "limit"),
    ]
)
"""Words that ngspice takes for something else in a formula, whatever a ``.param`` says of them."""
_PARAMETER = re.compile(r"[ ,]*([A-Za-z_][A-Za-z0-9_]*)(?: *= *| +)")
_FUNCTION = re.compile(r"\s*([A-Za-z_][A-Za-z0-9_]*)\s*\(([^()]*)\)\s*=?\s*(.+)$")


def parameters_of(statement: Statement, reading: Reading, skip: int) -> list[Parameter]:
    """The ``name=value`` pairs of a ``.param`` or ``.subckt`` from a place on.

    Parameters
    ----------
    statement : Statement
        The line.
    reading : Reading
        For its formulas.
    skip : int
        Where the first name begins.

    Raises
    ------
    NetlistError
        Something else stands there.
    """
    text, place = statement.text, skip
    found: list[Parameter] = []
    while text[place:].strip(" \t,"):
        match = _PARAMETER.match(text, place)
        if match is None:
            raise statement.error(f"{short(text[place:].strip(), 40)!r} is no NAME=VALUE.")
        name = match[1].lower()
        check_parameter_name(statement, name)
        try:
            value, end = reading.reader(law=False).read_part(text[match.end() :])
        except ExpressionError as error:
            raise statement.error(f"the value of {short(name, 40)}: {error}.") from None
        place = match.end() + end
        if name == "pi":
            _check_pi(statement, value, reading)
            continue
        found.append(Parameter(name, value, statement.line, statement.file))
        if len(found) > MAX_PARAMS:
            raise statement.error(f"it defines more than {MAX_PARAMS} parameters.")
    return found


def _check_pi(statement: Statement, value: Expression, reading: Reading) -> None:
    """Leave out a pi of the netlist's own: ngspice knows it, and would not hear of another."""
    if not isinstance(value, Number) or abs(value.value - math.pi) > 0.01:
        raise statement.error("a parameter cannot be called pi, which means something else.")
    reading.say(statement, statement.text, "", "pi is known to more places.")


def check_parameter_name(statement: Statement, name: str) -> None:
    """Refuse a parameter whose name would be taken for something else."""
    if not IDENTIFIER.fullmatch(name):
        raise statement.error(f"{short(name, 40)!r} is no name for a parameter.")
    if name in FUNCTIONS or name in TAKEN_NAMES:
        raise statement.error(
            f"a parameter cannot be called {name}, which means something else in formulas."
        )


def function_of(statement: Statement) -> Function:
    """A ``.func``."""
    match = _FUNCTION.match(statement.text[len(statement.word) :])
    if match is None:
        raise statement.error("it is not of the form .func NAME(ARGUMENTS) {FORMULA}.")
    arguments = tuple(word.strip().lower() for word in match[2].split(",") if word.strip())
    if any(not IDENTIFIER.fullmatch(word) for word in arguments) or len(arguments) > 20:
        raise statement.error("its arguments are not names.")
    body = match[3].strip()
    return Function(match[1].lower(), arguments, body)


def model_of(statement: Statement, reading: Reading) -> Model:
    """A ``.model``, its parameters by the list of those ngspice knows.

    Raises
    ------
    NetlistError
        A type or level that is not known.
    """
    arguments = Arguments(statement, reading)
    arguments.index = 1
    name = plain_name(arguments.word("the model's name"))
    if not arguments.has_value():
        raise statement.error(f"the type of the model {name} is missing.")
    type_ = arguments.word("the model's type").lower()
    if type_ not in MODEL_CLASS:
        raise statement.error(
            f"the model {short(name, 40)} is of the type {short(type_, 40).upper()}, which is not "
            "known here."
        )
    params: dict[str, Expression] = {}
    for word, token in arguments.named():
        _model_param(statement, reading, type_, word, token, params)
    level = params.get("level")
    if level is not None and (not isinstance(level, Number) or level.value not in LEVELS[type_]):
        raise statement.error(f"the model {name} has a level that is not known here.")
    return Model(name, type_, tuple(params.items()), statement.line, statement.file)


def _model_param(
    statement: Statement,
    reading: Reading,
    type_: str,
    word: str,
    token: Token,
    params: dict[str, Expression],
) -> None:
    flag = token.kind == "word" and token.text.lower() == word
    if type_ == "vdmos" and flag and word in ("nchan", "pchan"):
        if word == "pchan":
            params["pchan"] = Number(1.0)
        return
    if type_ == "d" and word in IDEAL_DIODE:
        raise statement.error(
            f"it describes LTspice's diode of straight lines ({word}), which ngspice doesn't "
            "have. Give Is, N and Rs instead."
        )
    if word not in MODEL_PARAMS[MODEL_CLASS[type_]] or flag:
        reading.say(
            statement, statement.text, "",
            f"{short(word, 40)}: ngspice doesn't know it for such a model.",
        )  # fmt: skip
        return
    params[word] = reading.value(statement, token)


def conditions_of(statement: Statement, reading: Reading) -> list[Condition]:
    """``.ic`` and ``.nodeset``: ``v(node)=value`` each. Currents are not given so."""
    text = statement.text
    found = []
    place = len(statement.word)
    pattern = re.compile(r"[ ,]*v\s*\(\s*([^\s,(){}'\"=]+)\s*\)\s*=\s*", re.I)
    while text[place:].strip(" ,"):
        match = pattern.match(text, place)
        if match is None:
            raise statement.error(f"{short(text[place:].strip(), 40)!r} is no V(NODE)=VALUE.")
        try:
            value, end = reading.reader(law=False).read_part(text[match.end() :])
        except ExpressionError as error:
            raise statement.error(f"{error}.") from None
        reading.nodes.statement = statement
        command = "ic" if statement.word == ".ic" else "nodeset"
        found.append(
            Condition("ic", reading.nodes(match[1]), value, statement.line)
            if command == "ic"
            else Condition("nodeset", reading.nodes(match[1]), value, statement.line)
        )
        place = match.end() + end
    return found


def sweep_of(statement: Statement, reading: Reading) -> Sweep | None:
    """The range of a ``.step param``; None where it steps something else.

    Forms: ``.step param NAME start stop step`` and ``... list a b c``; ``oct`` or ``dec`` may come
    before ``param``.
    """
    reading.say(
        statement, statement.text, "",
        "Trimpot chooses the settings itself; the range is proposed for the knob.",
    )  # fmt: skip
    words = [
        token.text.lower() for token in tokenise(statement) if token.kind in ("word", "formula")
    ]
    if "param" not in words:
        return None
    words = words[words.index("param") + 1 :]
    if not words:
        return None
    name, rest = words[0], [word for word in words[1:] if word not in ("list", "oct", "dec", "lin")]
    numbers = [number_of(word, reading.dialect) for word in rest]
    found = [number for number in numbers if number is not None]
    if "list" not in words:
        found = found[:2]
    if len(found) < 2 or min(found) == max(found):
        return None
    return Sweep(name, min(found), max(found))


def in_order(params: Sequence[Parameter]) -> list[Parameter]:
    """Parameters so that each stands after those it depends on; a later one replaces an earlier.

    Raises
    ------
    NetlistError
        Some depend on each other in a circle.
    """
    last = {param.name: param for param in params}
    needs = {name: sorted(names_in(param.value) & last.keys()) for name, param in last.items()}
    done: dict[str, None] = {}
    for name in last:
        open_ = [name]
        within = {name}
        while open_:
            missing = [need for need in needs[open_[-1]] if need not in done]
            if not missing:
                within.discard(open_[-1])
                done[open_.pop()] = None
            elif missing[0] in within:
                param = last[missing[0]]
                raise NetlistError(
                    param.line,
                    f"the parameter {param.name} depends on itself, or on others that do.",
                    file=param.file,
                )
            else:
                within.add(missing[0])
                open_.append(missing[0])
    return [last[name] for name in done]
