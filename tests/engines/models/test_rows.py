"""The vectors the kernels are made of: tanh, matrices in both layouts, sums over all lanes."""

from __future__ import annotations

import numba
import numpy as np
import pytest

from engines.models.kernels.rows import (
    dots,
    first_lane,
    is_wide,
    load_rows,
    matrix,
    matrix_layout,
    store_rows,
    tanh,
)
from engines.models.kernels.vector import LANES


@numba.njit  # type: ignore[untyped-decorator]
def apply_tanh(x: np.ndarray, y: np.ndarray) -> None:
    for at in range(0, x.size, 8):
        store_rows(tanh(load_rows(x[at : at + 8], 0, 1)), y[at : at + 8], 0)


def test_tanh_is_within_float32_rounding() -> None:
    sweep = np.linspace(-12.0, 12.0, 400_000)
    tiny, huge = np.geomspace(1e-30, 1e-3, 1000), np.geomspace(9.0, 3e38, 1000)
    x = np.concatenate([sweep, tiny, -tiny, huge, -huge]).astype(np.float32)
    y = np.empty_like(x)
    apply_tanh(x, y)
    wanted = np.tanh(x.astype(np.float64))
    relative = np.abs(y - wanted) / np.abs(wanted)
    assert relative.max() < 3.5e-7
    assert np.sqrt(np.mean(relative**2)) < 1e-7


def test_tanh_keeps_what_is_no_number_and_saturates() -> None:
    x = np.array([np.nan, np.inf, -np.inf, 0.0, 9.5, -9.5, 3e38, -3e38], np.float32)
    y = np.empty_like(x)
    apply_tanh(x, y)
    np.testing.assert_array_equal(y, np.array([np.nan, 1, -1, 0, 1, -1, 1, -1], np.float32))


@pytest.mark.parametrize(("rows", "inputs"), [(8, 8), (16, 8), (8, 24), (24, 40), (136, 16)])
def test_a_matrix_is_numpys(rows: int, inputs: int) -> None:
    n_rows, n_inputs = rows // LANES, inputs // LANES

    @numba.njit  # type: ignore[untyped-decorator]
    def multiply(weights: np.ndarray, start: np.ndarray, x: np.ndarray, y: np.ndarray) -> None:
        begin = load_rows(start, 0, n_rows)
        store_rows(matrix(begin, weights, 3, load_rows(x, 0, n_inputs)), y, 0)

    rng = np.random.default_rng(0)
    weight, start, x = (
        rng.normal(size=(rows, inputs)),
        rng.normal(size=rows),
        rng.normal(size=inputs),
    )
    packed = np.concatenate([np.full(3, np.nan), matrix_layout(weight).ravel()]).astype(np.float32)
    y = np.zeros(rows, np.float32)
    multiply(packed, start.astype(np.float32), x.astype(np.float32), y)
    np.testing.assert_allclose(y, start + weight @ x, atol=1e-5)


def test_both_layouts_are_tried_above() -> None:
    assert not is_wide(8, 24)
    assert is_wide(24, 40)


def test_dots_sum_all_lanes() -> None:
    @numba.njit  # type: ignore[untyped-decorator]
    def sums(weights: np.ndarray, x: np.ndarray) -> tuple[float, float]:
        found = dots(weights, 0, load_rows(x, 0, 2), 2)
        return first_lane(found, 0), first_lane(found, 1)

    weights = np.zeros((2, 24), np.float32)
    weights[:, 0] = 0.5, -2.0
    weights[:, 8:] = np.random.default_rng(0).normal(size=(2, 16))
    x = np.random.default_rng(1).normal(size=16).astype(np.float32)
    wanted = weights[:, 0] + weights[:, 8:] @ x
    np.testing.assert_allclose(sums(weights, x), wanted, rtol=1e-5)
