"""LTspice's diode of straight lines, as a law that ngspice knows."""

from __future__ import annotations

import math
from collections.abc import Mapping

from engines.circuits.reading.expressions import (
    Binary,
    Call,
    Expression,
    NodeVoltage,
    Number,
    Unary,
)
from engines.circuits.reading.model import Element, Model

_GMIN = 1e-12


def ideal_diode(
    name: str, nodes: tuple[str, ...], model: Model, params: Mapping[str, Expression]
) -> Element:
    """The current through such a diode, as a B source.

    Below ``Vfwd`` it is ``Roff``, above it ``Ron``, and beyond ``-Vrev`` it is ``Rrev``; over the
    width ``epsilon`` (``revepsilon``) a parabola goes from one line to the other, and ``Ilimit``
    (``Revilimit``) bounds the current by a hyperbolic tangent.

    Parameters
    ----------
    name, nodes
        The device's, anode first.
    model : Model
        Its model, with parameters of :data:`~engines.circuits.reading.catalogue.IDEAL_DIODE`.
    params : mapping
        Of the device: ``area`` and ``m`` multiply the current.
    """
    given = dict(model.params)
    on = given.get("ron", Number(1.0))
    volts = NodeVoltage(*nodes)
    off = _over(Number(1.0), given["roff"]) if "roff" in given else Number(_GMIN)
    forward = _beyond(_minus(volts, given.get("vfwd", Number(0.0))), on, off, given.get("epsilon"))
    forward = _limited(forward, given.get("ilimit"))
    current: Expression = Binary("+", Binary("*", off, volts), forward)
    if "vrev" in given:
        back = _beyond(
            _minus(Unary("-", volts), given["vrev"]), given.get("rrev", on), off,
            given.get("revepsilon", given.get("epsilon")),
        )  # fmt: skip
        current = _minus(current, _limited(back, given.get("revilimit")))
    for word in ("area", "m"):
        if word in params:
            current = Binary("*", current, params[word])
    return Element(f"B_{name}", "B", nodes, current, "i")


def _beyond(
    volts: Expression, ohms: Expression, off: Expression, width: Expression | None
) -> Expression:
    """The current that a line of ``ohms`` adds to that of ``off`` where ``volts`` are above 0."""
    slope = _minus(_over(Number(1.0), ohms), off)
    if width is None or width == Number(0.0):
        return Binary("*", slope, Call("max", (volts, Number(0.0))))
    held = Call("min", (Call("max", (volts, Number(0.0))), width))
    bend = _over(Binary("*", held, held), Binary("*", Number(2.0), width))
    rest = Call("max", (_minus(volts, width), Number(0.0)))
    return Binary("*", slope, Binary("+", bend, rest))


def _limited(current: Expression, limit: Expression | None) -> Expression:
    if limit is None or (isinstance(limit, Number) and not 0 < limit.value < math.inf):
        return current
    return Binary("*", limit, Call("tanh", (_over(current, limit),)))


def _minus(left: Expression, right: Expression) -> Expression:
    return Binary("-", left, right)


def _over(left: Expression, right: Expression) -> Expression:
    return Binary("/", left, right)
