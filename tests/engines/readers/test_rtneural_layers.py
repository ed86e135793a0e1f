"""Each layer against its formula written out sample by sample."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from engines.readers.rtneural_layers import ACTIVATIONS, Conv1d, Gru, Lstm


def sigmoid(x: np.ndarray) -> np.ndarray:
    return 1.0 / (1.0 + np.exp(-x))


seeds = st.integers(0, 2**32 - 1)


@settings(max_examples=30, deadline=None)
@given(
    seed=seeds,
    taps=st.integers(1, 4),
    dilation=st.integers(1, 5),
    groups=st.integers(1, 3),
    n=st.integers(1, 20),
    cut=st.integers(0, 20),
)
def test_conv1d_is_the_causal_sum(
    seed: int, taps: int, dilation: int, groups: int, n: int, cut: int
) -> None:
    rng = np.random.default_rng(seed)
    per_group, n_out = 2, 2 * groups
    kernel = rng.normal(size=(taps, per_group, n_out))
    bias = rng.normal(size=n_out)
    x = rng.normal(size=(n, per_group * groups))
    expected = np.tile(bias, (n, 1))
    for t in range(n):
        for tap in range(taps):
            source = t - (taps - 1 - tap) * dilation
            if source < 0:
                continue
            for out in range(n_out):
                first = (out // 2) * per_group
                expected[t, out] += x[source, first : first + per_group] @ kernel[tap, :, out]
    layer = Conv1d(kernel, bias, dilation=dilation, groups=groups, activation=None)
    found = np.concatenate([layer.process(x[:cut]), layer.process(x[cut:])])
    np.testing.assert_allclose(found, expected, atol=1e-12)


@settings(max_examples=20, deadline=None)
@given(seed=seeds, hidden=st.integers(1, 5), n_in=st.integers(1, 3), n=st.integers(1, 12))
def test_lstm_is_the_textbook(seed: int, hidden: int, n_in: int, n: int) -> None:
    rng = np.random.default_rng(seed)
    W, U, b = (rng.normal(size=s) for s in ((n_in, 4 * hidden), (hidden, 4 * hidden), 4 * hidden))
    x = rng.normal(size=(n, n_in))
    h = c = np.zeros(hidden)
    expected = []
    for row in x:
        i, f, g, o = np.split(row @ W + h @ U + b, 4)
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
        h = sigmoid(o) * np.tanh(c)
        expected.append(h)
    np.testing.assert_allclose(Lstm(W, U, b).process(x), expected, atol=1e-12)


@settings(max_examples=20, deadline=None)
@given(seed=seeds, hidden=st.integers(1, 5), n_in=st.integers(1, 3), n=st.integers(1, 12))
def test_gru_resets_after_the_product(seed: int, hidden: int, n_in: int, n: int) -> None:
    rng = np.random.default_rng(seed)
    W, U, B = (
        rng.normal(size=s) for s in ((n_in, 3 * hidden), (hidden, 3 * hidden), (2, 3 * hidden))
    )
    x = rng.normal(size=(n, n_in))
    h = np.zeros(hidden)
    expected = []
    for row in x:
        z_x, r_x, n_x = np.split(row @ W + B[0], 3)
        z_h, r_h, n_h = np.split(h @ U + B[1], 3)
        z, r = sigmoid(z_x + z_h), sigmoid(r_x + r_h)
        h = z * h + (1 - z) * np.tanh(n_x + r * n_h)
        expected.append(h)
    np.testing.assert_allclose(Gru(W, U, B).process(x), expected, atol=1e-12)


def test_activations_survive_extreme_values() -> None:
    x = np.array([[-8e307, -800.0, 0.0, 800.0, 8e307]])
    with np.errstate(over="raise", invalid="raise"):
        for name, function in ACTIVATIONS.items():
            assert np.isfinite(function(x)).all(), name
    np.testing.assert_allclose(ACTIVATIONS["softmax"](x).sum(), 1.0)
