"""The functions of both dialects, by the few that formulas are made of."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise

from engines.circuits.reading.expressions import (
    Binary,
    Call,
    Choice,
    Expression,
    ExpressionError,
    Number,
    Unary,
    is_law,
    replace,
)
from engines.circuits.reading.model import Dialect

MAX_CHOICES = 20
LEAST = 1e-30
"""Below this a logarithm in a law goes no further."""

NO_MEANING = {
    "ddt": "a derivative", "sdt": "an integral", "idt": "an integral", "idtmod": "an integral",
    "delay": "a delay", "absdelay": "a delay", "white": "noise", "rand": "noise",
    "random": "noise", "gauss": "chance", "agauss": "chance", "unif": "chance",
    "aunif": "chance", "mc": "chance", "flat": "chance", "laplace": "a filter",
}  # fmt: skip
"""Functions that hold memory no state names, or differ from run to run."""

NOMINAL = {
    **dict.fromkeys(("mc", "unif", "aunif", "gauss", "agauss"), True),
    **dict.fromkeys(("flat",), False),
}
"""Functions of chance, and whether the value around which they vary comes first (LTspice's but mc
vary around 0). That value is taken, and that is said."""

REMEMBERING = {"ddt": (1,), "idt": (1, 2), "sdt": (1, 2)}
"""Functions whose memory is a capacitor's, and how many values they may take."""


def truth(part: Expression) -> Expression:
    """LTspice takes what is above a half for true."""
    if isinstance(part, Binary) and part.operator not in ("+", "-", "*", "/", "**"):
        return part
    if isinstance(part, Unary) and part.operator == "!":
        return part
    return Binary(">", part, Number(0.5))


def call(name: str, values: list[Expression], dialect: Dialect, *, law: bool) -> Expression:
    """A dialect's function by the known ones.

    Raises
    ------
    ExpressionError
        There is none of that name, it takes another number of values, or it has memory.
    """
    if name in NOMINAL and len(values) in (1, 2, 3):
        around = NOMINAL[name] and (dialect == "ngspice" or name == "mc")
        return values[0] if around else Number(0.0)
    if name in NO_MEANING:
        raise ExpressionError(
            f"the function {name} is {NO_MEANING[name]}, which cannot be simulated here"
        )
    rewritten = _REWRITTEN.get(name)
    if rewritten is not None:
        count, build = rewritten
        if count != len(values):
            raise ExpressionError(f"the function {name} takes {count} values")
        return build(*values)
    if name in ("pow", "pwr", "pwrs"):
        return _powers(name, values, dialect, law=law)
    if name in ("if", "ternary_fcn"):
        if len(values) != 3:
            raise ExpressionError(f"the function {name} takes 3 values")
        return Choice(truth(values[0]) if name == "if" else values[0], values[1], values[2])
    if name in ("table", "pwl", "tbl"):
        return _table(name, values, law=law)
    if name in ("min", "max") and len(values) >= 2:
        found = values[0]
        for value in values[1:]:
            found = Call(name, (found, value))
        return found
    if name in _SAME:
        if len(values) != 1:
            raise ExpressionError(f"the function {name} takes one value")
        return Call(_SAME[name], (values[0],))
    raise ExpressionError(f"there is no function {name} that is known here")


def with_safe_logarithms(law: Expression) -> Expression:
    """A law whose logarithms are of nothing below 1e-30: ngspice gives up where there is none.

    A solver's steps lead there even where the circuit itself never comes.
    """

    def change(part: Expression) -> Expression | None:
        if isinstance(part, Call) and part.function == "ln":
            return Call("ln", (_positive(replace(part.arguments[0], change)),))
        return None

    return replace(law, change)


def _positive(x: Expression) -> Expression:
    softplus = (
        isinstance(x, Binary)
        and x.operator == "+"
        and isinstance(x.left, Number)
        and x.left.value > 0
        and isinstance(x.right, Call)
        and x.right.function == "exp"
    )
    held = isinstance(x, Call) and x.function == "max" and x.arguments[1] == Number(LEAST)
    return x if softplus or held or not is_law(x) else Call("max", (x, Number(LEAST)))


def _powers(name: str, values: list[Expression], dialect: Dialect, *, law: bool) -> Expression:
    if len(values) != 2:
        raise ExpressionError(f"the function {name} takes 2 values")
    base, exponent = values
    plain = Binary("**", base, exponent)
    odd = isinstance(exponent, Number) and exponent.value % 2 == 1
    if name == "pow" and dialect == "ltspice" and odd and isinstance(exponent, Number):
        return Binary("*", base, Binary("**", base, Number(exponent.value - 1)))
    # ngspice's pwr keeps the sign in a law, and drops it in a parameter.
    signed = name == "pwrs" or (name == "pwr" and dialect == "ngspice" and law)
    return Binary("*", Call("sgn", (base,)), plain) if signed else plain


def _table(name: str, values: list[Expression], *, law: bool) -> Expression:
    """Straight lines between corners: ``pwl`` in a law, choices where a constant is computed."""
    if len(values) < 3 or len(values) % 2 == 0:
        raise ExpressionError(f"the function {name} takes a value and pairs of corners")
    corners = []
    for value in values[1:]:
        if not isinstance(value, Number):
            raise ExpressionError(f"the corners of {name} must be plain numbers")
        corners.append(value.value)
    xs, ys = corners[::2], corners[1::2]
    if any(b <= a for a, b in pairwise(xs)):
        raise ExpressionError(f"the corners of {name} must rise")
    if len(xs) == 1:
        return Number(ys[0])
    x = values[0]
    if not law:
        return _choices(x, xs, ys)
    if name != "pwl":
        # ngspice goes on straight beyond the outer corners; a table holds its last value.
        span = xs[-1] - xs[0]
        corners = [xs[0] - span, ys[0], *corners, xs[-1] + span, ys[-1]]
    return Call("pwl", (x, *(Number(corner) for corner in corners)))


def _choices(x: Expression, xs: list[float], ys: list[float]) -> Expression:
    if len(xs) > MAX_CHOICES:
        raise ExpressionError(f"a table may have {MAX_CHOICES} corners where a constant is needed")
    found: Expression = Number(ys[-1])
    for index in reversed(range(len(xs) - 1)):
        slope = (ys[index + 1] - ys[index]) / (xs[index + 1] - xs[index])
        rise = Binary("*", Number(slope), Binary("-", x, Number(xs[index])))
        line = Binary("+", Number(ys[index]), rise)
        found = Choice(Binary("<=", x, Number(xs[index + 1])), line, found)
    return Choice(Binary("<=", x, Number(xs[0])), Number(ys[0]), found)


def _square(x: Expression) -> Expression:
    return Binary("*", x, x)


def _fading(distance: Expression, width: Expression) -> Expression:
    """How LTspice's soft limits are approached: exp(distance / width), 1 where they begin."""
    return Call("exp", (Binary("/", distance, width),))


_ONE, _ZERO, _HALF = Number(1.0), Number(0.0), Number(0.5)
_REWRITTEN: dict[str, tuple[int, Callable[..., Expression]]] = {
    "u": (1, lambda x: Choice(Binary(">", x, _ZERO), _ONE, _ZERO)),
    "stp": (1, lambda x: Choice(Binary(">", x, _ZERO), _ONE, _ZERO)),
    "uramp": (1, lambda x: Call("max", (x, _ZERO))),
    "u2": (1, lambda x: Call("min", (Call("max", (x, _ZERO)), _ONE))),
    "buf": (1, lambda x: Choice(Binary(">", x, _HALF), _ONE, _ZERO)),
    "inv": (1, lambda x: Choice(Binary(">", x, _HALF), _ZERO, _ONE)),
    "log10": (1, lambda x: Binary("/", Call("ln", (x,)), Number(math.log(10)))),
    "int": (1, lambda x: Binary("*", Call("sgn", (x,)), Call("floor", (Call("abs", (x,)),)))),
    "round": (1, lambda x: Call("floor", (Binary("+", x, _HALF),))),
    "square": (1, _square),
    "sqr": (1, _square),
    "hypot": (2, lambda x, y: Call("sqrt", (Binary("+", _square(x), _square(y)),))),
    "db": (
        1,
        lambda x: Binary("*", Number(20 / math.log(10)), Call("ln", (Call("abs", (x,)),))),
    ),
    "uplim": (
        3,
        lambda x, y, z: Choice(
            Binary(">", x, Binary("-", y, z)),
            Binary("-", y, Binary("*", z, _fading(Binary("-", Binary("-", y, z), x), z))),
            x,
        ),
    ),
    "dnlim": (
        3,
        lambda x, y, z: Choice(
            Binary("<", x, Binary("+", y, z)),
            Binary("+", y, Binary("*", z, _fading(Binary("-", x, Binary("+", y, z)), z))),
            x,
        ),
    ),
    "limit": (
        3,
        lambda x, a, b: Call("min", (Call("max", (x, Call("min", (a, b)))), Call("max", (a, b)))),
    ),
}
_SAME = {
    **{
        name: name for name in ("sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh")
    },
    **{name: name for name in ("asinh", "acosh", "atanh", "exp", "sqrt", "abs", "floor", "ceil")},
    **{"ln": "ln", "log": "ln", "sgn": "sgn", "sign": "sgn", "nint": "nint", "fabs": "abs"},
    **{"arcsin": "asin", "arccos": "acos", "arctan": "atan", "arcsinh": "asinh"},
    **{"arccosh": "acosh", "arctanh": "atanh"},
}
