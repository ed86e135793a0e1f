"""Independent sources: what they give, and which shapes Trimpot knows."""

from __future__ import annotations

from engines.circuits.reading.arguments import Arguments
from engines.circuits.reading.expressions import Expression, Number
from engines.circuits.reading.includes import short
from engines.circuits.reading.model import Source
from engines.circuits.reading.tokens import Token

SHAPES = {"sin": 6, "sine": 6, "pulse": 7, "pwl": 2000, "exp": 6, "sffm": 5}
"""How many values each shape may have in ngspice; LTspice allows a count of cycles after them."""
_REFUSED = {
    "trnoise": "noise would make every run another",
    "trrandom": "chance would make every run another",
    "external": "it is fed by another program",
    "am": "the shape AM is not the same in every simulator",
    "distof1": "it belongs to a distortion analysis",
    "distof2": "it belongs to a distortion analysis",
    "portnum": "ports belong to an RF analysis",
}


def source_of(arguments: Arguments) -> tuple[Source, list[tuple[str, Token]]]:
    """What stands after the nodes of a V or I; and its other named values (``Rser``).

    Raises
    ------
    NetlistError
        A shape that is not known, or that reads a file which is no audio.
    """
    statement, reading = arguments.statement, arguments.reading
    dc: Expression = Number(0.0)
    ac: tuple[Expression, ...] = ()
    shape, recording = "", ""
    values: tuple[Expression, ...] = ()
    named: list[tuple[str, Token]] = []
    while (token := arguments.peek()) is not None:
        word = token.text.lower() if token.kind == "word" else ""
        if arguments.at_named():
            if word == "wavefile":
                arguments.index += 2
                recording = _file_name(arguments)
                continue
            named.append(_named(arguments, word))
        elif word == "dc":
            arguments.index += 1
            dc = arguments.value("the value after DC")
        elif word == "ac":
            arguments.index += 1
            ac = _values(arguments, 2) or (Number(1.0),)
        elif word in SHAPES:
            arguments.index += 1
            shape = "sin" if word == "sine" else word
            values = _shape(arguments, shape)
        elif word in _REFUSED:
            raise statement.error(f"a source with {word.upper()} is refused: {_REFUSED[word]}.")
        else:
            dc = reading.value(statement, token)
            arguments.index += 1
    if recording:
        reading.say(
            statement, statement.text, "DC 0",
            f"The recording {short(recording, 60)} is not read: this source is the circuit's "
            "input, and Trimpot sends the signal.",
        )  # fmt: skip
        shape, values = "", ()
    return Source(dc, ac, shape, values, recording), named


def _file_name(arguments: Arguments) -> str:
    """The name after ``wavefile=``, which may hold spaces only in quotation marks."""
    token = arguments.peek()
    if token is None or token.kind == "=":
        raise arguments.statement.error("the name after wavefile= is missing.")
    arguments.index += 1
    return token.text


def _named(arguments: Arguments, word: str) -> tuple[str, Token]:
    value = arguments.peek(2)
    if value is None or value.kind == "=":
        raise arguments.statement.error(f"the value of {short(word, 40)} is missing.")
    if word == "file":
        raise arguments.statement.error(
            f"its signal would be read from the file {short(value.text, 60)}. Trimpot sends the "
            "signal itself: give the source a plain value."
        )
    arguments.index += 3
    return word, value


def _values(arguments: Arguments, most: int) -> tuple[Expression, ...]:
    """Numbers and formulas, as many as come."""
    found: list[Expression] = []
    while len(found) < most and arguments.has_value():
        token = arguments.peek()
        assert token is not None
        word = token.text.lower()
        if token.kind == "word" and (word in SHAPES or word in ("dc", "ac") or word in _REFUSED):
            break
        found.append(arguments.value("a value"))
    return tuple(found)


def _shape(arguments: Arguments, shape: str) -> tuple[Expression, ...]:
    statement, reading = arguments.statement, arguments.reading
    first = arguments.peek()
    if arguments.at_named() and first is not None and first.text.lower() == "file":
        _named(arguments, "file")
    if shape == "pwl" and first is not None and first.text.lower() in (
        "repeat", "time_scale_factor", "value_scale_factor", "trigger",
    ):  # fmt: skip
        raise statement.error(f"PWL with {first.text} is not known here. Give plain corners.")
    group = first.group if first is not None else 0
    found: list[Expression] = []
    while arguments.has_value():
        token = arguments.peek()
        assert token is not None
        if group and token.group < group:
            break
        if not group and token.text.lower() in ("dc", "ac"):
            break
        value = arguments.value("a value")
        if shape == "pwl" and len(found) % 2 == 0 and token.text.startswith("+"):
            value = _after(found, value, arguments)
        found.append(value)
    most = SHAPES[shape]
    if len(found) > most:
        if shape == "pwl":
            raise statement.error(f"a PWL source may have {most // 2} corners.")
        reading.say(
            statement, statement.text, f"{shape} with {most} values",
            "A number of cycles is left out: ngspice reads something else there.",
        )  # fmt: skip
    if shape == "pwl" and (len(found) % 2 or not found):
        raise statement.error("PWL needs pairs of a time and a value.")
    if len(found) < 2:
        raise statement.error(f"{shape.upper()} needs at least two values.")
    return tuple(found[:most])


def _after(found: list[Expression], step: Expression, arguments: Arguments) -> Expression:
    """A corner's time that LTspice gives from the one before (``+2n``)."""
    before = found[-2] if found else Number(0.0)
    if not (isinstance(before, Number) and isinstance(step, Number)):
        raise arguments.statement.error("a time with + before it must follow a plain number.")
    return Number(before.value + step.value)
