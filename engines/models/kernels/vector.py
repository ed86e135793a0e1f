"""One vector in a register, as instructions of LLVM: sums of products, swaps of lanes, tanh.

numba's own loops reach a third of this: LLVM keeps sums of a few rows in memory.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from llvmlite import ir
from numba.core import cgutils

LANES = 8
"""Values in one vector; layers are padded to whole vectors."""
VECTOR = ir.VectorType(ir.FloatType(), LANES)

SATURATED = 9.0
GAIN = 0.017172965886435274
ODD = (1365.4113105131705, 13381.723720091131)
EVEN = (177.80227463553769, 5595.715044865247)
LOWER = ((397.7367131625564, 23369.28770020699), (24.76848481439339, 55.02594256415234))
"""tanh(x) = GAIN x odd(x^2) even(x^2) / lower(x^2) for |x| <= SATURATED, odd and even the monic
quadratics s^2 + a s + b, lower the product of two. Fitted by reweighted least squares to the
smallest relative error, 2.1e-8; in float32 arithmetic within 3.5e-7 of tanh, 8e-8 rms. All roots
are real and negative, so that nothing cancels, and each product of quadratics needs one step less
than a sum of powers in Estrin's order. Of the ways to pair the roots this one rounds least."""


def padded(rows: int) -> int:
    """``rows`` rounded up to whole vectors."""
    return -(-rows // LANES) * LANES


def constant(value: float) -> Any:
    return ir.Constant(VECTOR, [value] * LANES)


def call(builder: Any, name: str, *arguments: Any) -> Any:
    kind = ir.FunctionType(VECTOR, [VECTOR] * len(arguments))
    full_name = f"llvm.{name}.v{LANES}f32"
    function = cgutils.get_or_insert_function(builder.module, kind, full_name)  # type: ignore[no-untyped-call]
    return builder.call(function, arguments)


def multiply_add(builder: Any, a: Any, b: Any, c: Any) -> Any:
    """``a b + c``, rounded alike wherever it stands: the order of sums is the one written."""
    return call(builder, "fmuladd", a, b, c)


def swapped(builder: Any, vector: Any, distance: int) -> Any:
    """Lane ``i`` takes the value of lane ``i ^ distance``."""
    if not distance:
        return vector
    mask = ir.Constant(ir.VectorType(ir.IntType(32), LANES), [i ^ distance for i in range(LANES)])
    return builder.shuffle_vector(vector, ir.Constant(VECTOR, ir.Undefined), mask)


def splat(builder: Any, scalar: Any) -> Any:
    nothing = ir.Constant(VECTOR, ir.Undefined)
    first = builder.insert_element(nothing, scalar, ir.Constant(ir.IntType(32), 0))
    mask = ir.Constant(ir.VectorType(ir.IntType(32), LANES), [0] * LANES)
    return builder.shuffle_vector(first, nothing, mask)


def tanh_of(builder: Any, value: Any) -> Any:
    """The rational tanh; NaN stays NaN.

    What lies beyond the fit is put right at the end rather than held back at the start: the
    comparison is done while the division still runs.
    """
    square = builder.fmul(value, value)

    def above(shift: float) -> Any:
        return multiply_add(builder, value, value, constant(shift))

    def quadratic(a: float, b: float) -> Any:
        return multiply_add(builder, above(a), square, constant(b))

    cube = builder.fmul(value, square)
    start = builder.fmul(value, constant(ODD[1]))
    odd = multiply_add(builder, cube, above(ODD[0]), start)
    even = multiply_add(builder, square, constant(GAIN), constant(GAIN * EVEN[0]))
    even = multiply_add(builder, even, square, constant(GAIN * EVEN[1]))
    lower = builder.fmul(quadratic(*LOWER[0]), quadratic(*LOWER[1]))
    inside = builder.fdiv(builder.fmul(odd, even), lower)
    end = call(builder, "copysign", constant(1.0), value)
    size = call(builder, "fabs", value)
    return builder.select(builder.fcmp_ordered(">", size, constant(SATURATED)), end, inside)


def weighted_sum(builder: Any, start: Any, terms: Sequence[tuple[Any, Any]], n_chains: int) -> Any:
    """``start + sum of products``, in up to ``n_chains`` sums that need not wait for each other."""
    chains = [start]
    for number, (weight, value) in enumerate(terms):
        slot = number % n_chains
        if slot < len(chains):
            chains[slot] = multiply_add(builder, weight, value, chains[slot])
        else:
            chains.append(builder.fmul(weight, value))
    while len(chains) > 1:
        half = (len(chains) + 1) // 2
        added = [builder.fadd(a, b) for a, b in zip(chains, chains[half:], strict=False)]
        chains = added + chains[len(added) : half]
    return chains[0]


def load(builder: Any, pointer: Any, index: Any) -> Any:
    place = builder.bitcast(builder.gep(pointer, [index]), VECTOR.as_pointer())
    loaded = builder.load(place)
    loaded.align = 4
    return loaded


def store(builder: Any, vector: Any, pointer: Any, index: Any) -> None:
    place = builder.bitcast(builder.gep(pointer, [index]), VECTOR.as_pointer())
    builder.store(vector, place).align = 4
