"""Formulas as trees: made of known parts only, bounded in size, evaluated without ``eval``.

Their meaning is ngspice 39's: ``**`` takes the base's absolute value, ``&&`` and comparisons give
0 or 1, ``nint`` rounds halves to even. Other dialects are brought to it where they are read.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

MAX_NODES = 4000
"""Parts that one formula may have."""
MAX_DEPTH = 80

FUNCTIONS: dict[str, int] = {
    **dict.fromkeys(
        ("sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh", "asinh", "acosh"), 1
    ),
    **dict.fromkeys(("atanh", "exp", "ln", "sqrt", "abs", "floor", "ceil", "sgn", "nint"), 1),
    "min": 2,
    "max": 2,
    "pwl": 0,
}
"""Functions that formulas may hold, and their arguments (0: any number)."""

SPECIAL_NAMES = ("time", "temper")
"""What a law may depend on beside voltages and currents: seconds, degrees Celsius."""


class ExpressionError(ValueError):
    """A formula that cannot be read or has no value; the text is the reason."""


@dataclass(frozen=True, slots=True)
class Number:
    """A number in SI units, finite (else an ExpressionError)."""

    value: float

    def __post_init__(self) -> None:
        if not math.isfinite(self.value):
            raise ExpressionError("a number is too large")


@dataclass(frozen=True, slots=True)
class Name:
    """A parameter, or one of :data:`SPECIAL_NAMES`."""

    name: str


@dataclass(frozen=True, slots=True)
class Unary:
    """``-`` or ``!``."""

    operator: str
    operand: Expression


@dataclass(frozen=True, slots=True)
class Binary:
    """One of ``+ - * / ** < > <= >= == != && ||``."""

    operator: str
    left: Expression
    right: Expression


@dataclass(frozen=True, slots=True)
class Choice:
    """``condition ? yes : no``."""

    condition: Expression
    yes: Expression
    no: Expression


@dataclass(frozen=True, slots=True)
class Call:
    """One of :data:`FUNCTIONS`. ``pwl(x, x0, y0, x1, y1, ...)`` goes straight between corners."""

    function: str
    arguments: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class NodeVoltage:
    """The voltage of one node against another, in volts."""

    plus: str
    minus: str = "0"


@dataclass(frozen=True, slots=True)
class BranchCurrent:
    """The current through a voltage source or an inductor, in amperes."""

    element: str


Expression: TypeAlias = Number | Name | Unary | Binary | Choice | Call | NodeVoltage | BranchCurrent


def children(expression: Expression) -> tuple[Expression, ...]:
    """The parts directly below."""
    if isinstance(expression, Unary):
        return (expression.operand,)
    if isinstance(expression, Binary):
        return (expression.left, expression.right)
    if isinstance(expression, Choice):
        return (expression.condition, expression.yes, expression.no)
    if isinstance(expression, Call):
        return expression.arguments
    return ()


def walk(expression: Expression) -> Iterator[Expression]:
    """Every part, at most :data:`MAX_NODES` of them.

    Raises
    ------
    ExpressionError
        There are more, or they lie deeper than :data:`MAX_DEPTH`.
    """
    waiting = [(expression, 0)]
    count = 0
    while waiting:
        part, depth = waiting.pop()
        count += 1
        if count > MAX_NODES or depth > MAX_DEPTH:
            raise ExpressionError("the formula is too long or too deeply nested")
        yield part
        waiting.extend((below, depth + 1) for below in children(part))


def names_in(expression: Expression) -> set[str]:
    """The parameters that it depends on, without :data:`SPECIAL_NAMES`."""
    return {
        part.name
        for part in walk(expression)
        if isinstance(part, Name) and part.name not in SPECIAL_NAMES
    }


def is_law(expression: Expression) -> bool:
    """Whether it depends on voltages, currents, time or temperature."""
    return any(
        isinstance(part, NodeVoltage | BranchCurrent)
        or (isinstance(part, Name) and part.name in SPECIAL_NAMES)
        for part in walk(expression)
    )


def replace(
    expression: Expression, change: Callable[[Expression], Expression | None]
) -> Expression:
    """The tree with every part for which ``change`` gives another one replaced, from above."""
    new = change(expression)
    if new is not None:
        return new
    if isinstance(expression, Unary):
        return Unary(expression.operator, replace(expression.operand, change))
    if isinstance(expression, Binary):
        left, right = replace(expression.left, change), replace(expression.right, change)
        return Binary(expression.operator, left, right)
    if isinstance(expression, Choice):
        parts = (replace(part, change) for part in children(expression))
        return Choice(*parts)
    if isinstance(expression, Call):
        return Call(
            expression.function, tuple(replace(part, change) for part in expression.arguments)
        )
    return expression


def substitute(expression: Expression, values: Mapping[str, Expression]) -> Expression:
    """The tree with names replaced: a knob by a number, or by the voltage that moves it."""
    return replace(
        expression, lambda part: values.get(part.name) if isinstance(part, Name) else None
    )


_BINARY: dict[str, Callable[[float, float], float]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "**": lambda a, b: abs(a) ** b,
    "<": lambda a, b: float(a < b),
    ">": lambda a, b: float(a > b),
    "<=": lambda a, b: float(a <= b),
    ">=": lambda a, b: float(a >= b),
    "==": lambda a, b: float(a == b),
    "!=": lambda a, b: float(a != b),
    "&&": lambda a, b: float(a != 0 and b != 0),
    "||": lambda a, b: float(a != 0 or b != 0),
}
OPERATORS = tuple(_BINARY)

_CALLS: dict[str, Callable[..., float]] = {
    **{
        name: getattr(math, name)
        for name in ("sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh", "asinh")
    },
    **{name: getattr(math, name) for name in ("acosh", "atanh", "exp", "sqrt")},
    "ln": math.log,
    "abs": abs,
    "floor": math.floor,
    "ceil": math.ceil,
    "nint": round,
    "sgn": lambda x: float((x > 0) - (x < 0)),
    "min": min,
    "max": max,
}


def evaluate(expression: Expression, values: Mapping[str, float]) -> float:
    """Its value, where ``values`` holds that of every name.

    Raises
    ------
    ExpressionError
        It has none: a division by zero, a logarithm of a negative number, an unknown name.
    """
    for _ in walk(expression):  # bounds the recursion below
        pass
    try:
        value = _evaluate(expression, values)
    except (ArithmeticError, ValueError, TypeError) as error:
        if isinstance(error, ExpressionError):
            raise
        raise ExpressionError(f"the formula {text_of(expression)} has no value ({error})") from None
    if not math.isfinite(value):
        raise ExpressionError(f"the formula {text_of(expression)} is infinite")
    return value


def _evaluate(expression: Expression, values: Mapping[str, float]) -> float:
    if isinstance(expression, Number):
        return expression.value
    if isinstance(expression, Name):
        if expression.name not in values:
            raise ExpressionError(f"the parameter {expression.name} is not defined")
        return values[expression.name]
    if isinstance(expression, Choice):
        chosen = expression.yes if _evaluate(expression.condition, values) else expression.no
        return _evaluate(chosen, values)
    below = [_evaluate(part, values) for part in children(expression)]
    if isinstance(expression, Unary):
        return -below[0] if expression.operator == "-" else float(below[0] == 0)
    if isinstance(expression, Binary):
        return float(_BINARY[expression.operator](*below))
    if isinstance(expression, Call):
        if expression.function == "pwl":
            return _straight(below[0], below[1::2], below[2::2])
        return float(_CALLS[expression.function](*below))
    raise ExpressionError(f"{text_of(expression)} is known only while the circuit runs")


def _straight(x: float, xs: list[float], ys: list[float]) -> float:
    if x <= xs[0]:
        return ys[0]
    for left, right, low, high in zip(xs, xs[1:], ys, ys[1:], strict=False):
        if x <= right:
            return low + (high - low) * (x - left) / (right - left)
    return ys[-1]


def fold(expression: Expression, values: Mapping[str, float]) -> Expression:
    """The same formula with every part that depends on ``values`` alone computed.

    Raises
    ------
    ExpressionError
        Such a part has no value.
    """
    if isinstance(expression, Number | NodeVoltage | BranchCurrent):
        return expression
    if isinstance(expression, Name):
        known = values.get(expression.name)
        return expression if known is None else Number(known)
    below = tuple(fold(part, values) for part in children(expression))
    if isinstance(expression, Choice):
        if isinstance(below[0], Number):
            return below[1] if below[0].value else below[2]
        return Choice(*below)
    new: Expression
    if isinstance(expression, Unary):
        new = Unary(expression.operator, below[0])
    elif isinstance(expression, Binary):
        new = Binary(expression.operator, *below)
    else:
        new = Call(expression.function, below)
    if all(isinstance(part, Number) for part in below):
        return Number(evaluate(new, values))
    return new


def number_text(value: float) -> str:
    """A number as every SPICE reads it: ``4700``, ``2.2e-08``."""
    if not math.isfinite(value):
        raise ExpressionError("a value is not a finite number")
    if value == int(value) and abs(value) < 1e15:
        return str(int(value))
    return repr(value)


def text_of(expression: Expression) -> str:
    """The formula as ngspice reads it, each operation in brackets."""
    if isinstance(expression, Number):
        text = number_text(expression.value)
        return f"({text})" if expression.value < 0 else text
    if isinstance(expression, Name):
        return expression.name
    if isinstance(expression, NodeVoltage):
        if expression.minus == "0":
            return f"v({expression.plus})"
        return f"v({expression.plus},{expression.minus})"
    if isinstance(expression, BranchCurrent):
        return f"i({expression.element})"
    parts = [text_of(part) for part in children(expression)]
    if isinstance(expression, Unary):
        return f"({expression.operator}{parts[0]})"
    if isinstance(expression, Binary):
        return f"({parts[0]}{expression.operator}{parts[1]})"
    if isinstance(expression, Choice):
        return f"({parts[0]}?{parts[1]}:{parts[2]})"
    return f"{expression.function}({','.join(parts)})"
