"""Parameters, functions, models, conditions and sweeps: what dot commands define."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

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
from engines.circuits.reading.switches import is_smooth
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
_PLAIN_TYPES = {"idealdiode": "d", "smoothsw": "sw", "smoothcsw": "csw"}
KNOWN_TYPES = frozenset(MODEL_CLASS)
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
        reading.say_chance(statement, text[match.end() : match.end() + end])
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


def model_head(statement: Statement) -> tuple[str, str, str]:
    """A model's name, the model it is like (``ako:``; else empty), its type (may then be empty)."""
    words = statement.text.replace("(", " ( ").split()[1:]
    if len(words) < 2:
        raise statement.error("it is not of the form .model NAME TYPE(PARAMETERS).")
    name, type_, rest = plain_name(words[0]), words[1].lower(), words[2:]
    if not type_.startswith("ako:"):
        return name, "", type_
    base = type_.removeprefix("ako:") or (rest.pop(0) if rest else "")
    if not base or base == "(":
        raise statement.error("after ako: the name of a model is missing.")
    kind = rest[0].lower() if rest and rest[0] != "(" else ""
    return name, plain_name(base), kind if kind in KNOWN_TYPES else ""


def model_of(statement: Statement, reading: Reading, known: Mapping[str, Model]) -> Model:
    """A ``.model``, its parameters by the list of those ngspice knows.

    Parameters
    ----------
    statement : Statement
        The line.
    reading : Reading
        For its values, and what is to be said.
    known : mapping
        Models that one can be like (``ako:``).

    Raises
    ------
    NetlistError
        A type or level that is not known, or a model like one that is not there.
    """
    name, base, type_ = model_head(statement)
    arguments = Arguments(statement, reading)
    arguments.index = 2
    params: dict[str, Expression] = {}
    if base:
        if base not in known:
            raise statement.unknown(
                f"the model {short(name, 40)} is to be like {short(base, 40)}, which the netlist "
                "doesn't hold and Trimpot doesn't have."
            )
        params = dict(known[base].params)
        arguments.index = _after_base(arguments, type_)
        type_ = type_ or _PLAIN_TYPES.get(known[base].type, known[base].type)
        reading.say(statement, f"ako:{base}", name, f"What it doesn't say itself is as in {base}.")
    else:
        arguments.word("the model's type")
    if type_ not in MODEL_CLASS:
        raise statement.error(
            f"the model {short(name, 40)} is of the type {short(type_, 40).upper()}, which is not "
            "known here."
        )
    given = arguments.named()
    allowed = MODEL_PARAMS[MODEL_CLASS[type_]]
    if type_ == "d" and any(word in IDEAL_DIODE for word, _ in given):
        type_, allowed = "idealdiode", IDEAL_DIODE
    for word, token in given:
        _model_param(statement, reading, type_, word, token, params, allowed)
    level = params.get("level")
    if level is not None and (not isinstance(level, Number) or level.value not in LEVELS[type_]):
        raise statement.error(f"the model {name} has a level that is not known here.")
    found = Model(name, type_, tuple(params.items()), statement.line, statement.file)
    if type_ in ("sw", "csw") and is_smooth(found):
        return replace(found, type=f"smooth{type_}")
    return found


def _after_base(arguments: Arguments, type_: str) -> int:
    """Where the parameters of an ``ako:`` model begin."""
    tokens = arguments.tokens
    place = 2
    if place < len(tokens) and tokens[place].text.lower() == "ako:":
        place += 1
    place += 1
    if type_ and place < len(tokens) and tokens[place].text.lower() == type_:
        place += 1
    return place


def _model_param(
    statement: Statement,
    reading: Reading,
    type_: str,
    word: str,
    token: Token,
    params: dict[str, Expression],
    allowed: frozenset[str],
) -> None:
    flag = token.kind == "flag"
    if type_ == "vdmos" and flag and word in ("nchan", "pchan"):
        if word == "pchan":
            params["pchan"] = Number(1.0)
        return
    if word not in allowed or flag:
        reading.say(
            statement, statement.text, "",
            f"{short(word, 40)}: ngspice doesn't know it for such a model.",
        )  # fmt: skip
        return
    params[word] = reading.value(statement, token)


def conditions_of(statement: Statement, reading: Reading) -> list[Condition]:
    """``.ic`` and ``.nodeset``: ``v(node)=value`` each; currents are left out, and that is said."""
    text = statement.text
    found = []
    place = len(statement.word)
    pattern = re.compile(r"[ ,]*([vi])\s*\(\s*([^\s,(){}'\"=]+)\s*\)\s*=\s*", re.I)
    while text[place:].strip(" ,"):
        match = pattern.match(text, place)
        if match is None:
            raise statement.error(f"{short(text[place:].strip(), 40)!r} is no V(NODE)=VALUE.")
        try:
            value, end = reading.reader(law=False).read_part(text[match.end() :])
        except ExpressionError as error:
            raise statement.error(f"{error}.") from None
        if match[1].lower() == "i":
            place = match.end() + end
            reading.say(
                statement, match[0].strip(), "",
                "A current cannot be given so; every run starts from the circuit's rest.",
            )  # fmt: skip
            continue
        reading.nodes.statement = statement
        command = "ic" if statement.word == ".ic" else "nodeset"
        found.append(
            Condition("ic", reading.nodes(match[2]), value, statement.line)
            if command == "ic"
            else Condition("nodeset", reading.nodes(match[2]), value, statement.line)
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
    name, numbers = _swept(statement, reading)
    if len(numbers) < 2 or min(numbers) == max(numbers):
        return None
    return Sweep(name, min(numbers), max(numbers))


def stepped_parameter(statement: Statement, reading: Reading) -> Parameter | None:
    """The parameter of a ``.step param``, at the first value; None where it steps another thing.

    LTspice needs no ``.param`` beside it.
    """
    name, numbers = _swept(statement, reading)
    if not numbers or not IDENTIFIER.fullmatch(name):
        return None
    return Parameter(name, Number(numbers[0]), statement.line, statement.file)


def _swept(statement: Statement, reading: Reading) -> tuple[str, list[float]]:
    """The parameter that a ``.step`` runs, and its start and stop, or all values of a list."""
    words = [
        token.text.lower() for token in tokenise(statement) if token.kind in ("word", "formula")
    ]
    if "param" not in words or len(words) < words.index("param") + 2:
        return "", []
    name, *rest = words[words.index("param") + 1 :]
    listed = "list" in rest
    numbers = [number_of(word, reading.dialect) for word in rest]
    found = [number for number in numbers if number is not None]
    return name, found if listed else found[:2]


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
