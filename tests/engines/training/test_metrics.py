"""Figures against their formulas."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from engines.training.metrics import dc_error, esr, mae, null_depth

SIGNALS = arrays(np.float64, 32, elements=st.floats(-10, 10, allow_subnormal=False))


@given(SIGNALS, SIGNALS)
def test_esr_is_its_formula(y: np.ndarray, estimate: np.ndarray) -> None:
    power = math.fsum(y**2)
    error = math.fsum((y - estimate) ** 2)
    if power > 1e-100:
        assert esr(y, estimate) == pytest.approx(error / power, rel=1e-9)


def test_esr_is_in_float64() -> None:
    y = np.full(1_000_000, 0.1, np.float32)
    assert esr(y, y + np.float32(1e-4)) == pytest.approx(1e-6, rel=2e-3)


def test_known_values() -> None:
    y = np.array([1.0, -1.0, 1.0, -1.0])
    assert esr(y, np.zeros(4)) == 1.0
    assert esr(y, 0.9 * y) == pytest.approx(0.01)
    assert null_depth(y, 0.9 * y) == pytest.approx(-20.0)
    assert null_depth(y, y) == -math.inf
    assert mae(y, y + 0.25) == 0.25
    assert dc_error(y, y + 0.1) == pytest.approx(0.01)
    assert dc_error(y, -y) == 0.0


def test_silence() -> None:
    silence = np.zeros(8)
    assert esr(silence, silence) == 0.0
    assert esr(silence, np.ones(8)) == math.inf
    assert esr(np.ones(8), np.full(8, np.nan)) == math.inf


def test_signals_that_do_not_fit() -> None:
    with pytest.raises(ValueError, match="cannot be compared"):
        esr(np.zeros(3), np.zeros(4))
    with pytest.raises(ValueError, match="cannot be compared"):
        esr(np.zeros(0), np.zeros(0))
