"""Building blocks of the streaming kernels: a dense layer and its tanh as vector instructions.

numba's loops reach a third of this: LLVM keeps sums of a few rows in memory. So the two blocks
write LLVM's own vectors. This module imports numba; import it only where kernels are compiled.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba.core import cgutils, types
from numba.core.errors import RequireLiteralValue
from numba.extending import intrinsic

WIDTH = 8
"""Rows are padded to a multiple of this many float32."""
CHUNK = 64
"""Rows summed at once: as many as fit in the processor's registers."""
UNROLLED = 48
"""Layers with no more inputs than this are written out; wider ones loop over their inputs."""
FLAGS = ("contract", "reassoc", "nsz")

CLAMP = 9.0
NUMERATOR = (
    0.9999999794766701,
    0.1338102493894995,
    3.495587299435715e-3,
    2.060906928495605e-5,
    1.3354644803084793e-8,
)
DENOMINATOR = (
    1.0,
    0.4671434053680281,
    0.02587697902848332,
    3.2856332934872094e-4,
    7.776551174327711e-7,
)
"""tanh(x) = x P(x^2) / Q(x^2) for |x| <= CLAMP, fitted by reweighted least squares to the smallest
relative error, 2.1e-8; in float32 arithmetic within 3e-7 of tanh."""


def padded(rows: int) -> int:
    """``rows`` rounded up to whole vectors."""
    return -(-rows // WIDTH) * WIDTH


def _data(context: Any, builder: Any, kind: Any, value: Any) -> Any:
    return cgutils.create_struct_proxy(kind)(context, builder, value=value).data  # type: ignore[no-untyped-call]


def _load(builder: Any, pointer: Any, index: Any, lanes: int) -> Any:
    place = builder.gep(pointer, [index])
    if lanes == 1:
        return builder.load(place)
    vector = ir.VectorType(ir.FloatType(), lanes)
    loaded = builder.load(builder.bitcast(place, vector.as_pointer()))
    loaded.align = 4
    return loaded


def _store(builder: Any, value: Any, pointer: Any, index: Any) -> None:
    place = builder.gep(pointer, [index])
    stored = builder.store(value, builder.bitcast(place, value.type.as_pointer()))
    stored.align = 4


def _splat(builder: Any, scalar: Any, lanes: int) -> Any:
    vector = ir.VectorType(ir.FloatType(), lanes)
    zero = ir.Constant(ir.IntType(32), 0)
    first = builder.insert_element(ir.Constant(vector, ir.Undefined), scalar, zero)
    mask = ir.Constant(ir.VectorType(ir.IntType(32), lanes), [0] * lanes)
    return builder.shuffle_vector(first, ir.Constant(vector, ir.Undefined), mask)


def _constant(value: float, lanes: int) -> Any:
    return ir.Constant(ir.VectorType(ir.FloatType(), lanes), [value] * lanes)


def _multiply_add(builder: Any, a: Any, b: Any, c: Any) -> Any:
    return builder.fadd(builder.fmul(a, b, flags=FLAGS), c, flags=FLAGS)


def _tanh(builder: Any, value: Any, lanes: int) -> Any:
    """The rational tanh: x P(x^2) / Q(x^2), x held within +-CLAMP; NaN stays NaN."""
    for bound, compare in ((CLAMP, ">"), (-CLAMP, "<")):
        limit = _constant(bound, lanes)
        beyond = builder.fcmp_ordered(compare, value, limit)
        value = builder.select(beyond, limit, value)
    square = builder.fmul(value, value, flags=FLAGS)

    fourth = builder.fmul(square, square, flags=FLAGS)
    eighth = builder.fmul(fourth, fourth, flags=FLAGS)

    def polynomial(coefficients: tuple[float, ...]) -> Any:
        # Estrin's order: the sums wait less for one another than in Horner's.
        c0, c1, c2, c3, c4 = (_constant(value, lanes) for value in coefficients)
        low = _multiply_add(builder, c1, square, c0)
        high = _multiply_add(builder, c3, square, c2)
        return _multiply_add(builder, eighth, c4, _multiply_add(builder, fourth, high, low))

    upper = builder.fmul(value, polynomial(NUMERATOR), flags=FLAGS)
    return builder.fdiv(upper, polynomial(DENOMINATOR))


def _sum_columns(
    builder: Any, weights: Any, offset: Any, source: Any, shape: tuple[int, int, int, int]
) -> Any:
    """Bias plus the weighted columns of one chunk of rows: ``(first row, lanes, rows, inputs)``."""
    first, lanes, rows, n_inputs = shape
    index = ir.IntType(64)

    def column(position: Any) -> Any:
        place = builder.add(offset, builder.mul(position, ir.Constant(index, rows)))
        return _load(builder, weights, builder.add(place, ir.Constant(index, first)), lanes)

    bias = column(ir.Constant(index, 0))
    if n_inputs > UNROLLED:
        total = cgutils.alloca_once_value(builder, bias)  # type: ignore[no-untyped-call]
        with cgutils.for_range(builder, ir.Constant(index, n_inputs)) as loop:
            scalar = _splat(builder, _load(builder, source, loop.index, 1), lanes)
            weight = column(builder.add(loop.index, ir.Constant(index, 1)))
            builder.store(_multiply_add(builder, weight, scalar, builder.load(total)), total)
        return builder.load(total)
    chains = [bias] + [None] * (min(4, max(1, CHUNK // (2 * lanes))) - 1)
    for number in range(n_inputs):
        scalar = _load(builder, source, ir.Constant(index, number), 1)
        weight = column(ir.Constant(index, number + 1))
        slot = number % len(chains)
        spread = _splat(builder, scalar, lanes)
        if chains[slot] is None:
            chains[slot] = builder.fmul(weight, spread, flags=FLAGS)
        else:
            chains[slot] = _multiply_add(builder, weight, spread, chains[slot])
    parts = [chain for chain in chains if chain is not None]
    while len(parts) > 1:
        parts = [
            builder.fadd(*parts[i : i + 2], flags=FLAGS) if i + 1 < len(parts) else parts[i]
            for i in range(0, len(parts), 2)
        ]
    return parts[0]


def _dense(
    typing_context: Any,
    weights: Any,
    offset: Any,
    source: Any,
    n_inputs: Any,
    target: Any,
    rows: Any,
    activate: Any,
) -> Any:
    """``target[:rows] = act(bias + W @ source[:n_inputs])`` on float32 arrays.

    ``weights`` holds, from ``offset`` on, the bias row and then one column for each input, each of
    ``rows`` values (a multiple of 8). ``n_inputs``, ``rows`` and ``activate`` (1: tanh) must be
    constants at compile time.
    """
    for literal in (n_inputs, rows, activate):
        if not isinstance(literal, types.IntegerLiteral):
            raise RequireLiteralValue("the shape of a dense layer must be constant")
    inputs, height, act = n_inputs.literal_value, rows.literal_value, activate.literal_value

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        w = _data(context, builder, signature.args[0], arguments[0])
        x = _data(context, builder, signature.args[2], arguments[2])
        y = _data(context, builder, signature.args[4], arguments[4])
        start = context.cast(builder, arguments[1], signature.args[1], types.int64)
        chunks = []
        for first in range(0, height, CHUNK):
            lanes = min(CHUNK, height - first)
            value = _sum_columns(builder, w, start, x, (first, lanes, height, inputs))
            chunks.append((first, _tanh(builder, value, lanes) if act else value))
        for first, value in chunks:
            _store(builder, value, y, ir.Constant(ir.IntType(64), first))
        return context.get_dummy_value()

    signature = types.void(weights, offset, source, n_inputs, target, rows, activate)
    return signature, generate


def _tanh_rows(typing_context: Any, source: Any, target: Any, rows: Any) -> Any:
    """``target[:rows] = tanh(source[:rows])``; ``rows`` (a multiple of 8) is constant."""
    if not isinstance(rows, types.IntegerLiteral):
        raise RequireLiteralValue("the rows of a tanh must be constant")
    height = rows.literal_value

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        x = _data(context, builder, signature.args[0], arguments[0])
        y = _data(context, builder, signature.args[1], arguments[1])
        for first in range(0, height, CHUNK):
            lanes = min(CHUNK, height - first)
            at = ir.Constant(ir.IntType(64), first)
            _store(builder, _tanh(builder, _load(builder, x, at, lanes), lanes), y, at)
        return context.get_dummy_value()

    return types.void(source, target, rows), generate


dense: Callable[..., None] = intrinsic(_dense)
tanh: Callable[..., None] = intrinsic(_tanh_rows)
