"""Formulas: read back as written, and worth what ngspice says."""

from __future__ import annotations

import math
import random
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engines.circuits.reading.expressions import (
    FUNCTIONS,
    OPERATORS,
    Binary,
    Call,
    Choice,
    Expression,
    ExpressionError,
    Name,
    NodeVoltage,
    Number,
    Unary,
    evaluate,
    fold,
    is_law,
    names_in,
    substitute,
    text_of,
)
from engines.circuits.reading.formulas import FormulaReader, Function
from engines.circuits.reading.tokens import number_of

OperatingPoint = Callable[[str], dict[str, float]]
NAMES = {"a": 0.7, "b": -1.3, "c": 2.0}
CALLS = sorted(name for name, count in FUNCTIONS.items() if count == 1)


def reader(dialect: str = "ngspice", *, law: bool = True) -> FormulaReader:
    return FormulaReader(dialect, law, str.lower)  # type: ignore[arg-type]


def value(text: str, dialect: str = "ngspice", **values: float) -> float:
    return evaluate(reader(dialect, law=False).read(text), values)


numbers = st.floats(-1e6, 1e6, allow_nan=False).map(lambda x: Number(float(f"{x:.4g}")))
leaves = st.one_of(numbers, st.sampled_from(sorted(NAMES)).map(Name))


def grow(below: st.SearchStrategy[Expression]) -> st.SearchStrategy[Expression]:
    return st.one_of(
        st.builds(Binary, st.sampled_from(OPERATORS), below, below),
        # A minus before a number is part of the number.
        st.builds(Unary, st.sampled_from("!-"), below.filter(lambda x: not isinstance(x, Number))),
        st.builds(Choice, below, below, below),
        st.builds(Call, st.sampled_from(CALLS), st.tuples(below)),
        st.builds(Call, st.sampled_from(["min", "max"]), st.tuples(below, below)),
    )


formulas = st.recursive(leaves, grow, max_leaves=12)
laws = st.recursive(
    st.one_of(leaves, st.just(NodeVoltage("n1")), st.just(NodeVoltage("n1", "2"))),
    grow,
    max_leaves=12,
)


@given(laws)
def test_read_back_as_written(formula: Expression) -> None:
    assert reader().read(text_of(formula)) == formula
    assert is_law(formula) == ("v(" in text_of(formula))


@given(formulas)
def test_putting_values_in_changes_no_value(formula: Expression) -> None:
    assert names_in(formula) <= NAMES.keys()
    try:
        expected = evaluate(formula, NAMES)
    except ExpressionError:
        return
    numbers = {name: Number(number) for name, number in NAMES.items()}
    assert evaluate(substitute(formula, numbers), {}) == expected
    try:
        folded = fold(formula, NAMES)
    except ExpressionError:  # a branch that is not taken may have no value
        return
    assert folded == Number(expected)


def _tame(formula: Expression) -> bool:
    """Whether its value is one that ngspice computes too, away from its edges."""
    try:
        found = evaluate(formula, NAMES)
        parts = [formula]
        while parts:
            part = parts.pop()
            below = getattr(part, "arguments", None) or [
                getattr(part, name)
                for name in ("left", "right", "operand", "condition", "yes", "no")
                if hasattr(part, name)
            ]
            parts += below
            size = abs(evaluate(part, NAMES))
            if size > 1e8 or 0 < size < 1e-6:
                return False
            # Where a step is, one rounding decides.
            if isinstance(part, Call) and part.function in ("floor", "ceil", "nint", "sgn"):
                inner = evaluate(part.arguments[0], NAMES)
                if abs(inner * 2 - round(inner * 2)) < 1e-6:
                    return False
            compared = isinstance(part, Binary) and part.operator[0] in "<>=!"
            if compared and abs(evaluate(part.left, NAMES) - evaluate(part.right, NAMES)) < 1e-6:
                return False
            if isinstance(part, Call) and part.function in ("tan", "atanh", "acosh"):
                return False
    except ExpressionError:
        return False
    return math.isfinite(found)


def _grown(chance: random.Random, depth: int) -> Expression:
    """A formula by chance; Hypothesis takes longer over hundreds than ngspice."""
    if depth == 0 or chance.random() < 0.15:
        if chance.random() < 0.5:
            return Name(chance.choice(sorted(NAMES)))
        return Number(float(f"{chance.uniform(-5, 5):.3g}"))

    def below() -> Expression:
        return _grown(chance, depth - 1)

    kind = chance.choice(["binary", "binary", "binary", "call", "two", "choice", "minus"])
    if kind == "binary":
        return Binary(chance.choice(OPERATORS), below(), below())
    if kind == "call":
        return Call(chance.choice(CALLS), (below(),))
    if kind == "two":
        return Call(chance.choice(["min", "max"]), (below(), below()))
    if kind == "choice":
        return Choice(below(), below(), below())
    inner = below()
    return Number(-inner.value) if isinstance(inner, Number) else Unary("-", inner)


@pytest.mark.parametrize("seed", range(4))
def test_worth_what_ngspice_says(operating_point: OperatingPoint, seed: int) -> None:
    """As parameters, which ngspice computes by one parser, and as laws, by another."""
    chance = random.Random(seed)
    found = [_grown(chance, 4) for _ in range(600)]
    found = [formula for formula in found if _tame(formula)]
    assert len(found) > 50
    lines = [f".param {name}={number}" for name, number in NAMES.items()]
    for index, formula in enumerate(found):
        text = text_of(formula)
        lines += [f".param p{index}={{{text}}}", f"V{index} p{index} 0 {{p{index}}}"]
        lines += [f"B{index} b{index} 0 V={text_of(fold_names(formula))}", f"R{index} b{index} 0 1"]
    said = operating_point("\n".join(["* Circuit: formulas", *lines, ".end", ""]))
    for index, formula in enumerate(found):
        expected = evaluate(formula, NAMES)
        for vector in (f"v(p{index})", f"v(b{index})"):
            assert said[vector] == pytest.approx(expected, rel=1e-6, abs=1e-9), text_of(formula)


def fold_names(formula: Expression) -> Expression:
    return substitute(formula, {name: Number(number) for name, number in NAMES.items()})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1k", 1e3), ("1Meg", 1e6), ("2.2MEGohm", 2.2e6), ("1m", 1e-3), ("1M", 1e-3),
        ("47n", 47e-9), ("4.7uF", 4.7e-6), ("1e-3", 1e-3), ("1.5e3k", 1.5e6), ("10mil", 254e-6),
        ("1T", 1e12), ("1g", 1e9), ("3f", 3e-15), ("10V", 10.0), ("4k7", 4700.0), ("4R7", 4.7),
        ("2k5R", 2500.0), (".5", 0.5), ("5.", 5.0), ("-3", -3.0), ("+3", 3.0), ("1p5", 1.5e-12),
    ],
)  # fmt: skip
def test_numbers(text: str, expected: float) -> None:
    assert number_of(text, "ltspice") == pytest.approx(expected, rel=1e-15)


@pytest.mark.parametrize(
    "text", ["", "k", "1..2", "1-3k", "0x10", "1e5k7", "--1", "1_000", "1" * 200]
)
def test_no_numbers(text: str) -> None:
    assert number_of(text, "ngspice") is None


def test_atto_is_ngspices_alone() -> None:
    assert number_of("1a", "ngspice") == 1e-18
    assert number_of("1A", "ltspice") == 1.0


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("if(2>1, 3, 4)", 3.0), ("if(0.4, 3, 4)", 4.0), ("limit(5, 3, 1)", 3.0), ("u(0)", 0.0),
        ("uramp(-2)", 0.0), ("buf(0.6)", 1.0), ("inv(0.6)", 0.0), ("int(-2.7)", -2.0),
        ("round(2.5)", 3.0), ("log(e1)", 1.0), ("log10(1000)", 3.0), ("pwr(-2,3)", 8.0),
        ("pwrs(-2,3)", -8.0), ("pow(-2,3)", -8.0), ("(-2)**3", -8.0), ("(-2)**2", 4.0),
        ("1^1", 0.0), ("1^0", 1.0), ("2>1 & 0", 0.0), ("0 | 3", 1.0), ("!0.7", 0.0), ("~0", 1.0),
        ("table(0.5, 0,0, 1,10)", 5.0), ("table(9, 0,0, 1,10)", 10.0), ("hypot(3,4)", 5.0),
        ("tbl(-1, 0,2, 1,10)", 2.0), ("-2**2", -4.0), ("2**-1", 0.5), ("min(3,2,1)", 1.0),
        ("1 ? 2 : 0 ? 3 : 4", 2.0), ("4k7*2", 9400.0), ("{2*{3+1}}", 8.0), ("'2'+1", 3.0),
    ],
)  # fmt: skip
def test_ltspice_means(text: str, expected: float) -> None:
    assert value(text, "ltspice", e1=math.e) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("2^3", 8.0), ("(-2)**3", 8.0), ("pwr(-2,3)", 8.0), ("ternary_fcn(0.2,1,2)", 1.0)],
)
def test_ngspice_means(text: str, expected: float) -> None:
    assert value(text) == expected


def test_ngspice_keeps_the_sign_of_pwr_in_a_law_alone() -> None:
    law = reader(law=True).read("pwr(-2,3)")
    assert evaluate(law, {}) == -8.0


def test_functions_of_the_netlist_unfold() -> None:
    functions = {
        "par": Function("par", ("x", "y"), "x*y/(x+y)"),
        "half": Function("half", ("x",), "par(x,x)"),
    }
    found = FormulaReader("ngspice", False, str, functions)
    assert evaluate(found.read("half(10)+par(3,6)"), {}) == 7.0
    with pytest.raises(ExpressionError, match="takes 2 values and is given 1"):
        found.read("par(1)")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("1+", "ends too early"),
        ("(1", r"'\)' is missing at the end"),
        ("1 2", "after the formula stands '2'"),
        ("ddt(1)", "ddt is a derivative"),
        ("white(1)", "white is noise"),
        ("nosuch(1)", "no function nosuch"),
        ("sin(1,2)", "takes one value"),
        ("limit(1)", "takes 3 values"),
        ("v(a)", "where a constant is needed"),
        ("time", "where a constant is needed"),
        ("1 $ 2", r"after the formula stands '\$ 2'"),
        ("@r1[i]", "means nothing there"),
        ("table(1,0,0,0,1)", "must rise"),
        ("table(1,0,a)", "plain numbers"),
        ("1e999", "too large"),
    ],
)
def test_refused_in_words(text: str, reason: str) -> None:
    with pytest.raises(ExpressionError, match=reason):
        reader(law=False).read(text)


@pytest.mark.parametrize(
    "text", ["1/0", "ln(-1)", "sqrt(-1)", "exp(1e4)", "0**-1", "x", "acosh(0)"]
)
def test_no_value_in_words(text: str) -> None:
    with pytest.raises(ExpressionError):
        value(text)
