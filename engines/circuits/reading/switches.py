"""Switches that open and close smoothly: LTspice's with a negative hysteresis, and PSpice's."""

from __future__ import annotations

from engines.circuits.reading.expressions import (
    Binary,
    BranchCurrent,
    Call,
    Expression,
    NodeVoltage,
    Number,
)
from engines.circuits.reading.model import Element, Model

_HALF, _TWO, _ZERO, _ONE = Number(0.5), Number(2.0), Number(0.0), Number(1.0)
_ON, _OFF = Number(1.0), Number(1e12)
SMOOTH_TYPES = {"vswitch": ("von", "voff"), "iswitch": ("ion", "ioff")}
"""PSpice's switches, and the values at which they are closed and open."""


def is_smooth(model: Model) -> bool:
    """Whether a switch's model changes its resistance gradually."""
    width = dict(model.params).get("vh") or dict(model.params).get("ih")
    return model.type in SMOOTH_TYPES or (isinstance(width, Number) and width.value < 0)


def smooth_switch(name: str, nodes: tuple[str, ...], control: Expression, model: Model) -> Element:
    """The switch as a resistor whose logarithm follows the control along a cubic.

    With u going from 0 (open) to 1 (closed) over the transition, ln R = ln Roff + (ln Ron -
    ln Roff) (3 u^2 - 2 u^3): the law of PSpice's VSWITCH (PSpice Reference Guide, "S. Voltage-
    controlled switch"), which LTspice's switch with a negative Vh resembles.

    Parameters
    ----------
    name, nodes
        The device's name and its two contacts.
    control : Expression
        The voltage or current that moves it.
    model : Model
        ``vswitch``, ``iswitch``, or ``sw``/``csw`` with a negative hysteresis.
    """
    given = dict(model.params)
    if model.type in SMOOTH_TYPES:
        closed, open_ = SMOOTH_TYPES[model.type]
        high = given.get(closed, Number(1.0 if closed == "von" else 1e-3))
        low = given.get(open_, _ZERO)
        way = Binary("/", Binary("-", control, low), Binary("-", high, low))
    else:
        middle = given.get("vt", given.get("it", _ZERO))
        half = given.get("vh", given.get("ih", _ZERO))  # negative: its size is half the width
        width = Binary("*", Number(-2.0), half)
        way = Binary("+", Binary("/", Binary("-", control, middle), width), _HALF)
    u = Call("min", (Call("max", (way, _ZERO)), _ONE))
    cubic = Binary("*", Binary("*", u, u), Binary("-", Number(3.0), Binary("*", _TWO, u)))
    on, off = given.get("ron", _ON), given.get("roff", _OFF)
    logarithm = Binary(
        "+",
        Call("ln", (off,)),
        Binary("*", Call("ln", (Binary("/", on, off),)), cubic),
    )
    return Element(f"R_{name}", "R", nodes, Call("exp", (logarithm,)), "r")


def control_of(nodes: tuple[str, ...], source: str) -> Expression:
    """What moves a switch: a voltage between two nodes, or the current of a source."""
    return BranchCurrent(source.lower()) if source else NodeVoltage(*nodes)
