"""Small models of every kind, made without training, that behave like trained ones."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from engines.models.base import Model, ModelInfo
from engines.models.lstm import ARCHITECTURE as LSTM
from engines.models.lstm import LstmConfig
from engines.models.stn import ARCHITECTURE as STN
from engines.models.stn import StnConfig
from projects.manifest import Control

RATE = 48_000


def info(n_states: int, n_knobs: int, name: str = "My Fuzz") -> ModelInfo:
    return ModelInfo(
        name=name,
        sample_rate=RATE,
        controls=tuple(Control(name=f"Knob {index}") for index in range(n_knobs)),
        states=tuple(f"v(n{index})" for index in range(n_states)),
        dry_unit="V",
        dry_full_scale=4.5,
        wet_unit="V",
        figures={"esr_test": 1e-6},
    )


@pytest.fixture
def make_stn() -> Callable[..., Model]:
    """A leaky state trajectory network: its states follow the input and never run away."""

    def make(
        hidden: tuple[int, ...] = (8, 8),
        *,
        n_states: int = 1,
        n_knobs: int = 0,
        output_state: int | None = 0,
        initial: tuple[float, ...] = (),
        limits: tuple[float, ...] = (),
        seed: int = 0,
    ) -> Model:
        rng = np.random.default_rng(seed)
        config = StnConfig(
            hidden=hidden, output_state=output_state, initial_state=initial, state_limits=limits
        )
        about = info(n_states, n_knobs)
        tensors = {
            name: rng.normal(scale=0.1, size=shape)
            for name, shape in STN.shapes(config, about).items()
        }
        for layer in range(len(hidden)):
            # one path for each state: it steps towards the input by the tanh of the distance
            weight = tensors[f"layers.{layer}.weight"]
            first = 2 + n_knobs if layer == 0 else 0
            for state in range(n_states):
                weight[state, first + state] += 1.0
                if layer == 0:
                    weight[state, 0] -= 1.0
        last = tensors[f"layers.{len(hidden)}.weight"]
        last[:n_states] *= 0.3
        for state in range(n_states):
            last[state, state] -= 0.4
        return Model("stn", config, tensors, about)

    return make


@pytest.fixture
def make_lstm() -> Callable[..., Model]:
    """An LSTM with weights of the size that training gives."""

    def make(hidden: int = 8, *, n_knobs: int = 0, skip: bool = True, seed: int = 0) -> Model:
        rng = np.random.default_rng(seed)
        config = LstmConfig(hidden=hidden, skip=skip)
        about = info(0, n_knobs)
        tensors = {
            name: rng.normal(scale=0.4, size=shape).astype(np.float32)
            for name, shape in LSTM.shapes(config, about).items()
        }
        return Model("lstm", config, tensors, about)

    return make


@pytest.fixture
def cases(make_stn: Callable[..., Model], make_lstm: Callable[..., Model]) -> dict[str, Model]:
    """Every kind of model that there is, in its variants."""
    return {
        "stn": make_stn(),
        "stn, one layer": make_stn((8,)),
        "stn, output row, two states, knobs": make_stn(
            n_states=2, n_knobs=2, output_state=None, initial=(0.1, -0.2)
        ),
        "stn, second state heard, limits": make_stn(n_states=2, output_state=1, limits=(0.5, 0.4)),
        "lstm": make_lstm(skip=False),
        "lstm, skip": make_lstm(12),
        "lstm, skip, knobs": make_lstm(n_knobs=2),
    }


@pytest.fixture
def dry() -> np.ndarray:
    """Half a second that goes from silence to full scale."""
    rng = np.random.default_rng(5)
    n = RATE // 2
    tone = np.sin(2 * np.pi * np.cumsum(np.geomspace(60.0, 6000.0, n)) / RATE)
    return np.asarray((tone + 0.1 * rng.normal(size=n)) * np.linspace(0.0, 0.9, n), np.float32)
