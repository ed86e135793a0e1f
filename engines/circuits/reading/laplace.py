"""Filters given by LAPLACE: a ratio of polynomials in s, as a chain of integrators."""

from __future__ import annotations

from dataclasses import dataclass

from engines.circuits.reading.expressions import (
    Binary,
    Call,
    Expression,
    ExpressionError,
    Name,
    NodeVoltage,
    Number,
    Unary,
    names_in,
)
from engines.circuits.reading.model import Element
from engines.circuits.reading.names import NodeNames

MAX_ORDER = 12
S = "s"
FARADS = 1e-6
_ZERO, _ONE = Number(0.0), Number(1.0)
_USUAL = Number(1e4)
"""Radians a second to which the chain is scaled where its coefficients don't say."""
Polynomial = tuple[Expression, ...]
"""Coefficients of s^0, s^1, ..."""


@dataclass(frozen=True)
class Ratio:
    """A rational function of s."""

    above: Polynomial
    below: Polynomial


def ratio_of(formula: Expression) -> Ratio:
    """A formula of s as a ratio of polynomials, whose coefficients may hold parameters.

    Raises
    ------
    ExpressionError
        It is none (a delay exp(-s*T), a root), or of too high an order.
    """
    found = _ratio(formula)
    above, below = _trimmed(found.above), _trimmed(found.below)
    if not below:
        raise ExpressionError("the filter divides by nothing")
    if len(above) > len(below):
        raise ExpressionError(
            "the filter's gain grows without end at high frequencies: its numerator is of a higher "
            "order than its denominator"
        )
    return Ratio(above or (_ZERO,), below)


def _ratio(formula: Expression) -> Ratio:
    if S not in names_in(formula):
        return Ratio((formula,), (_ONE,))
    if isinstance(formula, Name):
        return Ratio((_ZERO, _ONE), (_ONE,))
    if isinstance(formula, Unary) and formula.operator == "-":
        inner = _ratio(formula.operand)
        return Ratio(tuple(_times(Number(-1.0), one) for one in inner.above), inner.below)
    if isinstance(formula, Binary) and formula.operator in ("+", "-", "*", "/"):
        return _combined(formula.operator, _ratio(formula.left), _ratio(formula.right))
    if isinstance(formula, Binary) and formula.operator == "**":
        power = formula.right
        if isinstance(power, Number) and power.value == int(power.value):
            return _power(_ratio(formula.left), int(power.value))
    raise ExpressionError(
        "the filter is no ratio of polynomials in s (a delay or a root of s has no end of states)"
    )


def _power(base: Ratio, exponent: int) -> Ratio:
    if abs(exponent) > MAX_ORDER:
        raise ExpressionError(f"the filter is of a higher order than {MAX_ORDER}")
    found = Ratio((_ONE,), (_ONE,))
    for _ in range(abs(exponent)):
        found = _combined("*", found, base)
    return found if exponent >= 0 else Ratio(found.below, found.above)


def _combined(operator: str, left: Ratio, right: Ratio) -> Ratio:
    if operator == "*":
        return Ratio(_product(left.above, right.above), _product(left.below, right.below))
    if operator == "/":
        return Ratio(_product(left.above, right.below), _product(left.below, right.above))
    if left.below == right.below:
        return Ratio(_sum(left.above, right.above, operator), left.below)
    return Ratio(
        _sum(_product(left.above, right.below), _product(right.above, left.below), operator),
        _product(left.below, right.below),
    )


def _product(left: Polynomial, right: Polynomial) -> Polynomial:
    if len(left) + len(right) > MAX_ORDER + 2:
        raise ExpressionError(f"the filter is of a higher order than {MAX_ORDER}")
    found: list[Expression] = [_ZERO] * (len(left) + len(right) - 1)
    for i, a in enumerate(left):
        for k, b in enumerate(right):
            found[i + k] = _plus(found[i + k], _times(a, b))
    return tuple(found)


def _sum(left: Polynomial, right: Polynomial, operator: str) -> Polynomial:
    size = max(len(left), len(right))
    sign = Number(1.0 if operator == "+" else -1.0)
    return tuple(
        _plus(
            left[index] if index < len(left) else _ZERO,
            _times(sign, right[index]) if index < len(right) else _ZERO,
        )
        for index in range(size)
    )


def _plus(left: Expression, right: Expression) -> Expression:
    if isinstance(left, Number) and isinstance(right, Number):
        return Number(left.value + right.value)
    if left == _ZERO:
        return right
    return left if right == _ZERO else Binary("+", left, right)


def _times(left: Expression, right: Expression) -> Expression:
    if isinstance(left, Number) and isinstance(right, Number):
        return Number(left.value * right.value)
    if _ZERO in (left, right):
        return _ZERO
    if left == _ONE:
        return right
    return left if right == _ONE else Binary("*", left, right)


def _trimmed(polynomial: Polynomial) -> Polynomial:
    found = list(polynomial)
    while found and found[-1] == _ZERO:
        found.pop()
    return tuple(found)


def filter_elements(
    kind: str,
    name: str,
    nodes: tuple[str, ...],
    control: Expression,
    ratio: Ratio,
    fresh: NodeNames,
) -> list[Element]:
    """A source that gives the filtered control, and the integrators that hold the filter's states.

    With D(s) = sum a_k s^k and w the filter's own corner, the chain holds z_k = (s/w)^k u / D, each
    the voltage on a capacitor: dz_k/dt = w z_(k+1), and a_n w^n z_n = u - sum over k < n of
    a_k w^k z_k (controllable canonical form). The source gives sum b_k w^k z_k.

    Parameters
    ----------
    kind, name, nodes
        Of the source: ``E`` gives volts, ``G`` and ``B`` of a current amperes.
    control : Expression
        What is filtered.
    ratio : Ratio
        By what.
    fresh : NodeNames
        For nodes of their own.
    """
    order = len(ratio.below) - 1
    quantity = "i" if kind == "G" else "v"
    if order == 0:
        law = Binary("*", control, Binary("/", ratio.above[0], ratio.below[0]))
        return [Element(name, kind, nodes, law, quantity)]
    corner = _corner(ratio.below)
    held = [NodeVoltage(fresh.fresh(f"{name}_z{k}")) for k in range(order)]
    below = [_times(one, _raised(corner, k)) for k, one in enumerate(ratio.below)]
    above = [_times(one, _raised(corner, k)) for k, one in enumerate(ratio.above)]
    rest: Expression = control
    for k in range(order):
        if below[k] != _ZERO:
            rest = Binary("-", rest, _times(below[k], held[k]))
    last = Binary("/", rest, below[order])
    rate = _times(corner, Number(FARADS))
    found = []
    for k, one in enumerate(held):
        into: Expression = held[k + 1] if k + 1 < order else last
        found += [
            Element(f"B_{name}_z{k}", "B", ("0", one.plus), _times(rate, into), "i"),
            Element(f"C_{name}_z{k}", "C", (one.plus, "0"), Number(FARADS)),
        ]
        if ratio.below[0] == _ZERO:
            # An integral has no value at rest but by a leak (a time constant of 11 days).
            found.append(Element(f"R_{name}_z{k}", "R", (one.plus, "0"), Number(1e12)))
    total: Expression = _ZERO
    for k, factor in enumerate(above):
        if factor != _ZERO:
            total = _plus(total, _times(factor, held[k] if k < order else last))
    return [Element(name, kind, nodes, total, quantity), *found]


def _corner(below: Polynomial) -> Expression:
    """The frequency (rad/s) at which the lowest term of the denominator equals the highest."""
    order = len(below) - 1
    for k, one in enumerate(below[:-1]):
        if one != _ZERO:
            share = Binary("/", one, below[-1])
            if isinstance(one, Number) and isinstance(below[-1], Number):
                return Number(abs(one.value / below[-1].value) ** (1.0 / (order - k)))
            # Above 0 also while a solver looks for the voltage that moves a knob.
            size = Call("max", (Call("abs", (share,)), Number(1e-12)))
            return Binary("**", size, Number(1.0 / (order - k)))
    return _USUAL


def _raised(base: Expression, exponent: int) -> Expression:
    if exponent == 0:
        return _ONE
    if isinstance(base, Number):
        return Number(base.value**exponent)
    return base if exponent == 1 else Binary("**", base, Number(float(exponent)))
