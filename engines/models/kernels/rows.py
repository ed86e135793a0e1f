"""Vectors that stay in the processor's registers: the values of a layer, as one numba type.

A small network's time goes into waiting: each sample needs the one before, and each layer the
last. So the pieces here are made to be short one after the other rather than few in all, and what
one layer hands to the next never goes through memory. This module imports numba; import it only
where kernels are compiled.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from llvmlite import ir
from numba.core import cgutils, types
from numba.core.datamodel import models
from numba.core.errors import RequireLiteralValue
from numba.extending import intrinsic, register_model
from numpy.typing import NDArray

from engines.models.kernels.vector import (
    LANES,
    VECTOR,
    constant,
    load,
    multiply_add,
    splat,
    store,
    swapped,
    tanh_of,
    weighted_sum,
)

WIDE = 512
"""A matrix of more weights than this is summed by a loop, through memory: there the time goes into
multiplying, and the code would be too long."""
CHUNK = 64
"""Rows that such a loop sums at once: as many as fit in the processor's registers."""


class Rows(types.Type):
    """float32[8 n] in ``n`` registers."""

    def __init__(self, n: int) -> None:
        self.n = n
        super().__init__(name=f"Rows({n})")


@register_model(Rows)
class _RowsModel(models.PrimitiveModel):
    def __init__(self, manager: Any, kind: Rows) -> None:
        super().__init__(manager, kind, ir.ArrayType(VECTOR, kind.n))  # type: ignore[no-untyped-call]


class _Memory:
    """A float32 array, read and written from ``offset`` on."""

    def __init__(self, context: Any, builder: Any, kind: Any, array: Any, offset: int) -> None:
        proxy = cgutils.create_struct_proxy(kind)  # type: ignore[no-untyped-call]
        self._data = proxy(context, builder, value=array).data
        self._builder, self._offset = builder, offset

    def _index(self, index: int, further: Any = None) -> Any:
        fixed = ir.Constant(ir.IntType(64), self._offset + index)
        return fixed if further is None else self._builder.add(fixed, further)

    def scalar(self, index: int) -> Any:
        return self._builder.load(self._builder.gep(self._data, [self._index(index)]))

    def vector(self, index: int, further: Any = None) -> Any:
        return load(self._builder, self._data, self._index(index, further))

    def store(self, index: int, vector: Any) -> None:
        store(self._builder, vector, self._data, self._index(index))


def _literals(*values: Any) -> list[int]:
    for value in values:
        if not isinstance(value, types.IntegerLiteral):
            raise RequireLiteralValue("the shape of a layer must be constant")
    return [value.literal_value for value in values]


def _pack(builder: Any, vectors: Sequence[Any]) -> Any:
    packed = ir.Constant(ir.ArrayType(VECTOR, len(vectors)), ir.Undefined)
    for number, vector in enumerate(vectors):
        packed = builder.insert_value(packed, vector, number)
    return packed


def _unpack(builder: Any, rows: Any) -> list[Any]:
    return [builder.extract_value(rows, number) for number in range(rows.type.count)]


# -- what the kernels are made of ----------------------------------------------------------


def _load_rows(typing_context: Any, source: Any, offset: Any, n: Any) -> Any:
    """``n`` vectors of an array."""
    start, count = _literals(offset, n)

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        memory = _Memory(context, builder, source, arguments[0], start)
        return _pack(builder, [memory.vector(LANES * k) for k in range(count)])

    return Rows(count)(source, offset, n), generate


def _store_rows(typing_context: Any, rows: Any, target: Any, offset: Any) -> Any:
    """Write the vectors to an array."""
    (start,) = _literals(offset)

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        memory = _Memory(context, builder, target, arguments[1], start)
        for k, vector in enumerate(_unpack(builder, arguments[0])):
            memory.store(LANES * k, vector)
        return context.get_dummy_value()

    return types.void(rows, target, offset), generate


def _columns(
    typing_context: Any, weights: Any, offset: Any, source: Any, n_inputs: Any, rows: Any
) -> Any:
    """Bias plus columns times ``source[:n_inputs]``: for inputs that are known early.

    ``weights`` holds, from ``offset`` on, the bias and then one column for each input, each of
    ``rows`` values.
    """
    start, count, height = _literals(offset, n_inputs, rows)

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        memory = _Memory(context, builder, weights, arguments[0], start)
        inputs = _Memory(context, builder, source, arguments[2], 0)
        values = [splat(builder, inputs.scalar(k)) for k in range(count)]
        made = []
        for first in range(0, height, LANES):
            terms = [(memory.vector(first + height * (k + 1)), v) for k, v in enumerate(values)]
            made.append(weighted_sum(builder, memory.vector(first), terms, 1))
        return _pack(builder, made)

    return Rows(height // LANES)(weights, offset, source, n_inputs, rows), generate


def _add_columns(
    typing_context: Any, rows: Any, weights: Any, offset: Any, factors: Any, n: Any
) -> Any:
    """``rows`` plus ``n`` columns of ``weights``, each times the factor that fills a vector."""
    start, count = _literals(offset, n)

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        memory = _Memory(context, builder, weights, arguments[1], start)
        spread = _unpack(builder, arguments[3])[:count]
        height = LANES * rows.n
        made = []
        for number, vector in enumerate(_unpack(builder, arguments[0])):
            first = LANES * number
            terms = [(memory.vector(first + height * k), v) for k, v in enumerate(spread)]
            made.append(weighted_sum(builder, vector, terms, 1 if count < 3 else 2))
        return _pack(builder, made)

    return rows(rows, weights, offset, factors, n), generate


def _matrix(typing_context: Any, start: Any, weights: Any, offset: Any, source: Any) -> Any:
    """``start`` plus matrix times ``source``, the matrix as :func:`matrix_layout` writes it."""
    (at,) = _literals(offset)
    summed = _through_memory if is_wide(LANES * start.n, LANES * source.n) else _through_swaps

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        memory = _Memory(context, builder, weights, arguments[1], at)
        return summed(builder, arguments[0], memory, _unpack(builder, arguments[3]))

    return start(start, weights, offset, source), generate


def _through_swaps(builder: Any, start: Any, memory: _Memory, source: list[Any]) -> Any:
    """Every lane meets every input by swaps within the vectors."""
    height = LANES * start.type.count
    values = [swapped(builder, vector, d) for vector in source for d in range(LANES)]
    n_chains = max(1, min(4, 8 * LANES // height))
    made = []
    for number, vector in enumerate(_unpack(builder, start)):
        first = LANES * number
        terms = [(memory.vector(first + height * k), v) for k, v in enumerate(values)]
        made.append(weighted_sum(builder, vector, terms, n_chains))
    return _pack(builder, made)


def _through_memory(builder: Any, start: Any, memory: _Memory, source: list[Any]) -> Any:
    """Each input is read back from memory into all lanes."""
    index = ir.IntType(64)
    height, count = LANES * start.type.count, LANES * len(source)
    inputs = cgutils.alloca_once(builder, ir.ArrayType(ir.FloatType(), count))  # type: ignore[no-untyped-call]
    inputs = builder.bitcast(inputs, ir.FloatType().as_pointer())
    for number, vector in enumerate(source):
        store(builder, vector, inputs, ir.Constant(index, LANES * number))
    vectors = _unpack(builder, start)
    for first in range(0, len(vectors), CHUNK // LANES):
        chunk = range(first, min(first + CHUNK // LANES, len(vectors)))
        totals = [cgutils.alloca_once_value(builder, vectors[k]) for k in chunk]  # type: ignore[no-untyped-call]
        with cgutils.for_range(builder, ir.Constant(index, count)) as loop:
            value = splat(builder, builder.load(builder.gep(inputs, [loop.index])))
            column = builder.mul(loop.index, ir.Constant(index, height))
            for k, total in zip(chunk, totals, strict=True):
                weight = memory.vector(LANES * k, column)
                added = multiply_add(builder, weight, value, builder.load(total))
                builder.store(added, total)
        for k, total in zip(chunk, totals, strict=True):
            vectors[k] = builder.load(total)
    return _pack(builder, vectors)


def _dots(typing_context: Any, weights: Any, offset: Any, source: Any, n: Any) -> Any:
    """``n`` sums over all of ``source``, each filling a vector of its own.

    ``weights`` holds for each sum its bias, in a vector that is zero elsewhere, and then its row.
    """
    start, count = _literals(offset, n)

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        memory = _Memory(context, builder, weights, arguments[0], start)
        values = _unpack(builder, arguments[2])
        made = []
        for number in range(count):
            at = number * LANES * (1 + len(values))
            terms = [(memory.vector(at + LANES * (k + 1)), v) for k, v in enumerate(values)]
            total = weighted_sum(builder, memory.vector(at), terms, 4)
            for distance in (4, 2, 1):
                total = builder.fadd(total, swapped(builder, total, distance))
            made.append(total)
        return _pack(builder, made)

    return Rows(count)(weights, offset, source, n), generate


def _tanh_rows(typing_context: Any, rows: Any) -> Any:
    """tanh of each value."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return _pack(builder, [tanh_of(builder, v) for v in _unpack(builder, arguments[0])])

    return rows(rows), generate


def _first_lane(typing_context: Any, rows: Any, number: Any) -> Any:
    """The first value of vector ``number``."""
    (index,) = _literals(number)

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        vector = builder.extract_value(arguments[0], index)
        return builder.extract_element(vector, ir.Constant(ir.IntType(32), 0))

    return types.float32(rows, number), generate


def _gated(typing_context: Any, rows: Any, gates: Any, number: Any) -> Any:
    """``rows`` times sigmoid gate ``number``: of each gate ``gates`` holds tanh(a / 2)."""
    (which,) = _literals(number)

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        half = constant(0.5)
        gate = _unpack(builder, arguments[1])[which * rows.n : (which + 1) * rows.n]
        opened = [multiply_add(builder, vector, half, half) for vector in gate]
        values = _unpack(builder, arguments[0])
        return _pack(builder, list(map(builder.fmul, opened, values)))

    return rows(rows, gates, number), generate


def _part(typing_context: Any, rows: Any, number: Any, n: Any) -> Any:
    """Part ``number`` of ``rows``, in parts of ``n`` vectors."""
    which, count = _literals(number, n)

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        vectors = _unpack(builder, arguments[0])
        return _pack(builder, vectors[which * count : (which + 1) * count])

    return Rows(count)(rows, number, n), generate


def _add(typing_context: Any, one: Any, other: Any) -> Any:
    """The sum of two."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        pairs = zip(*(_unpack(builder, rows) for rows in arguments), strict=True)
        return _pack(builder, [builder.fadd(*pair) for pair in pairs])

    return one(one, other), generate


load_rows: Callable[..., Any] = intrinsic(_load_rows)
store_rows: Callable[..., None] = intrinsic(_store_rows)
columns: Callable[..., Any] = intrinsic(_columns)
add_columns: Callable[..., Any] = intrinsic(_add_columns)
matrix: Callable[..., Any] = intrinsic(_matrix)
dots: Callable[..., Any] = intrinsic(_dots)
tanh: Callable[..., Any] = intrinsic(_tanh_rows)
gated: Callable[..., Any] = intrinsic(_gated)
part: Callable[..., Any] = intrinsic(_part)
add: Callable[..., Any] = intrinsic(_add)
first_lane: Callable[..., np.float32] = intrinsic(_first_lane)


def is_wide(rows: int, inputs: int) -> bool:
    """Whether a matrix is summed by a loop through memory."""
    return rows * inputs > WIDE


def matrix_layout(weight: NDArray[np.float64]) -> NDArray[np.float64]:
    """A matrix (rows, inputs), both whole vectors, as :func:`matrix` reads it: (inputs, rows).

    A wide one is just transposed. Else line ``8 s + d`` holds for each row ``r`` the weight of
    input ``8 s + (r mod 8 ^ d)``: what the row meets when the lanes of input vector ``s`` are
    swapped over the distance ``d``.
    """
    rows, inputs = weight.shape
    if is_wide(rows, inputs):
        return weight.T
    row = np.arange(rows)
    line = np.arange(inputs)[:, None]
    source = line - line % LANES + ((row % LANES) ^ (line % LANES))
    found: NDArray[np.float64] = weight[row, source]
    return found
