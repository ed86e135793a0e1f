"""The STN's kernel against plain numpy, where its shortcuts could show: limits, carried steps."""

from __future__ import annotations

import numpy as np
import pytest

from engines.models.base import Model, ModelInfo
from engines.models.jit import compiled
from engines.models.stn import ARCHITECTURE, StnConfig
from engines.models.stn.kernel import StnKernel
from engines.models.streaming import render, run_kernel
from projects.manifest import Control

LIMIT = 0.6


def leaky_model(
    hidden: tuple[int, ...], n_states: int, n_knobs: int, output_state: int | None
) -> Model:
    """Random weights, each state falling by about a third a sample, so that none runs away."""
    config = StnConfig(
        hidden=hidden,
        output_state=output_state,
        initial_state=tuple(0.1 * (k + 1) for k in range(n_states)),
        state_limits=(LIMIT,) * n_states,
    )
    info = ModelInfo(
        name="t",
        sample_rate=48_000,
        controls=tuple(Control(name=f"k{k}") for k in range(n_knobs)),
        states=tuple(f"v{k}" for k in range(n_states)),
    )
    rng = np.random.default_rng(4)
    tensors = {
        name: rng.normal(scale=0.08, size=shape)
        for name, shape in ARCHITECTURE.shapes(config, info).items()
    }
    depth = len(hidden)
    for state in range(n_states):
        tensors["layers.0.weight"][state, 0] += 1.0
        for layer in range(depth + 1):
            column = 2 + n_knobs + state if layer == 0 else state
            tensors[f"layers.{layer}.weight"][state, column] += 1.0 if layer < depth else -0.5
    return Model("stn", config, tensors, info)


def play(model: Model, x: np.ndarray, knobs: np.ndarray) -> tuple[np.ndarray, np.ndarray, int]:
    """Output, last states and how often a limit held one, in float64 and without shortcuts."""
    config = model.config
    assert isinstance(config, StnConfig)
    states, limits = np.array(config.initial_state), np.array(config.state_limits)
    depth, previous, y, held = len(config.hidden), 0.0, np.zeros(len(x)), 0
    for n, now in enumerate(x):
        values = np.concatenate([[now, previous], knobs, states])
        for layer in range(depth + 1):
            weight, bias = (model.tensors[f"layers.{layer}.{kind}"] for kind in ("weight", "bias"))
            values = weight @ values + bias
            values = np.tanh(values) if layer < depth else values
        wanted = states + values[: states.size]
        states = np.clip(wanted, -limits, limits)
        held += int((states != wanted).any())
        y[n] = values[-1] if config.output_state is None else states[config.output_state]
        previous = now
    return y, states, held


@pytest.mark.parametrize("hidden", [(16,), (20,), (8, 8), (24, 40), (8, 5, 12)])
@pytest.mark.parametrize(("n_states", "output_state"), [(1, 0), (2, 1), (2, None), (5, None)])
@pytest.mark.parametrize("n_knobs", [0, 2])
def test_held_states_are_as_by_plain_numpy(
    hidden: tuple[int, ...], n_states: int, output_state: int | None, n_knobs: int
) -> None:
    model = leaky_model(hidden, n_states, n_knobs, output_state)
    x = np.random.default_rng(1).uniform(-2, 2, 2000).astype(np.float32)
    knobs = np.linspace(0.2, 0.7, n_knobs).astype(np.float32)
    y, states, held = play(model, x.astype(np.float64), knobs.astype(np.float64))
    assert 20 < held < 1980
    kernel = StnKernel(model)
    found = run_kernel(kernel, x, knobs)
    assert np.abs(found - y).max() <= 2e-6
    assert np.abs(kernel.states - states).max() <= 2e-6
    for block in (1, 7, 64):
        np.testing.assert_array_equal(render(model, x, knobs, block), found)


def test_what_is_carried_is_gone_after_a_reset() -> None:
    model = leaky_model((16,), 2, 0, None)
    x = np.random.default_rng(1).uniform(-2, 2, 500).astype(np.float32)
    kernel = StnKernel(model)
    first = run_kernel(kernel, x)
    kernel.reset()
    np.testing.assert_array_equal(run_kernel(kernel, x), first)


def test_a_state_that_is_no_number_goes_back_to_rest() -> None:
    info = ModelInfo(name="t", sample_rate=48_000, states=("v",))
    config = StnConfig(hidden=(16,), output_state=0, initial_state=(0.5,))
    head = np.zeros((1, 16))
    head[0, [0, 8]], head[0, [1, 9]] = 3e38, -3e38
    tensors = {
        "layers.0.weight": np.zeros((16, 3)),
        "layers.0.bias": np.full(16, 20.0),
        "layers.1.weight": head,
        "layers.1.bias": np.zeros(1),
    }
    heard = render(Model("stn", config, tensors, info), np.zeros(50, np.float32))
    np.testing.assert_array_equal(heard, np.full(50, 0.5, np.float32))


def test_nothing_is_allocated_while_it_plays() -> None:
    kept = StnKernel(leaky_model((8, 8), 2, 0, 0))._process
    fresh = compiled(cache=False)(kept.py_func)
    fresh.compile(kept.signatures[0])
    (code,) = fresh.inspect_llvm().values()
    assert "define" in code
    assert "NRT_MemInfo_alloc" not in code
    assert "NRT_Allocate" not in code
