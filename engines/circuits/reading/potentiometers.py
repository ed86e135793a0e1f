"""KiCad's potentiometers: an XSPICE model of two resistors, written as these."""

from __future__ import annotations

import re
from dataclasses import dataclass

from engines.circuits.reading.arguments import Arguments, Reading
from engines.circuits.reading.expressions import Binary, Call, Expression, Name, Number
from engines.circuits.reading.lines import Statement
from engines.circuits.reading.model import Element, Parameter
from engines.circuits.reading.names import plain_name

LEAST_OHMS = Number(1e-3)


@dataclass(frozen=True)
class Potentiometer:
    """A ``.model NAME potentiometer(r=100k position=0.5)``; see the ngspice manual, 12.2.22.

    ``position`` (0..1) is the part of ``r`` between the first pin and the wiper.
    """

    name: str
    r: Expression
    position: Expression


def potentiometer_of(statement: Statement, reading: Reading) -> Potentiometer:
    """Read such a model.

    Raises
    ------
    NetlistError
        A logarithmic one.
    """
    arguments = Arguments(statement, reading)
    arguments.index = 1
    name = plain_name(arguments.word("the model's name"))
    arguments.word("the model's type")
    found: dict[str, Expression] = {"r": Number(1e5), "position": Number(0.5)}
    for word, token in arguments.named():
        if word == "log" and token.text.lower() in ("true", "yes", "1"):
            raise statement.error(
                f"the potentiometer {name} is logarithmic, which is not known here. Give its "
                "position in per cent of its resistance instead."
            )
        if word in found:
            found[word] = reading.value(statement, token)
    return Potentiometer(name, found["r"], found["position"])


_INSTEAD = {
    "ota": "Write it as a current by a law: B1 0 OUT I=IOUT*tanh(G*V(IN)/IOUT)",
    **dict.fromkeys(
        ("schmitt", "schmtbuf", "schmtinv"),
        "Write it as a switch with hysteresis: S1 with .model SW(Vt=... Vh=...)",
    ),
    **dict.fromkeys(
        ("buf", "inv", "and", "or", "xor"), "Write it as a law: B1 OUT 0 V=if(V(IN)>0.5, 1, 0)"
    ),
    "varistor": "Write it as a law: B1 A B I=...",
    "modulate": "Write it as a law: B1 OUT 0 V=sin(2*pi*idt(FREQUENCY))",
    "modulator": "Write it as a law: B1 OUT 0 V=sin(2*pi*idt(FREQUENCY))",
}
"""What stands for the commonest of LTspice's A devices."""


def _refusal(name: str, text: str) -> str:
    """Why an A device is refused, and what to write for it."""
    if re.search(r"[%\[]", text):
        return (
            f"the device {name} is refused: of XSPICE's devices only potentiometers are known "
            "here. Where it plays a signal, write V1 NODE 0 0 for it: Trimpot sends the signal."
        )
    types = [word for word in re.findall(r"[a-z]+", text.lower()) if word in _INSTEAD]
    instead = f" {_INSTEAD[types[-1]]}." if types else ""
    return (
        f"the device {name} is refused: of the A devices only potentiometers are known here "
        f"(LTspice's and XSPICE's are not the same).{instead}"
    )


def resistors_of(
    name: str, arguments: Arguments, known: dict[str, Potentiometer], *, top: bool
) -> tuple[list[Element], Parameter | None]:
    """The two resistors of ``A1 pin wiper pin MODEL``, and a parameter for its position.

    Raises
    ------
    NetlistError
        The device's model is no potentiometer.
    """
    statement, reading = arguments.statement, arguments.reading
    last = arguments.tokens[-1].text if arguments.tokens else ""
    model = known.get(plain_name(last))
    if model is None:
        raise statement.error(_refusal(name, statement.text))
    first, wiper, second = arguments.nodes(3)
    arguments.word("the model")
    arguments.finish()
    position, param = model.position, None
    if top and isinstance(position, Number):
        param = Parameter(f"pot_{name.lower()[1:]}", position, statement.line, statement.file)
        position = Name(param.name)
    rest = Binary("-", Number(1.0), position)
    parts = [
        Element(
            f"R_{name}_{number}", "R", nodes,
            Call("max", (Binary("*", model.r, share), LEAST_OHMS)),
        )
        for number, nodes, share in ((1, (first, wiper), position), (2, (wiper, second), rest))
    ]  # fmt: skip
    said = f" and the parameter {param.name}" if param else ""
    reading.say(
        statement, statement.text, f"{parts[0].name} and {parts[1].name}{said}",
        "A potentiometer is two resistors here.",
    )  # fmt: skip
    return parts, param
