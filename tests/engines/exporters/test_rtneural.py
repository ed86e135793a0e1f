"""The layout of RTNeural JSON, against torch and against the model written out in numpy."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engines.exporters.rtneural import EXPORTER
from engines.models.base import Model
from engines.models.stn import StnConfig
from engines.readers.rtneural import load, load_model


def test_lstm_plays_as_torch_does(make_lstm: Callable[..., Model], tmp_path: Path) -> None:
    import torch

    model = make_lstm(6, n_knobs=2, skip=True)
    path = tmp_path / "model.json"
    EXPORTER.write(model, path)
    tensors = {name: torch.from_numpy(np.array(value)) for name, value in model.tensors.items()}
    rec = torch.nn.LSTM(3, 6, batch_first=True).double()
    lin = torch.nn.Linear(6, 1).double()
    for name, module in (("rec", rec), ("lin", lin)):
        own = {
            key.removeprefix(f"{name}."): t for key, t in tensors.items() if key.startswith(name)
        }
        module.load_state_dict(own)
    rng = np.random.default_rng(3)
    inputs = rng.uniform(-1, 1, (400, 3))
    with torch.no_grad():
        hidden, _ = rec(torch.from_numpy(inputs)[None])
        expected = lin(hidden)[0, :, 0].numpy() + inputs[:, 0]
    found = EXPORTER.read_back(path, inputs[:, 0], inputs[:, 1:])
    np.testing.assert_allclose(found, expected, atol=1e-12)


def run_stn(model: Model, x: np.ndarray, knobs: np.ndarray, states: np.ndarray) -> list[float]:
    """The state trajectory network as its definition says, sample by sample."""
    config = model.config
    assert isinstance(config, StnConfig)
    previous, expected = 0.0, []
    for sample, turned in zip(x, knobs, strict=True):
        h = np.concatenate([[sample, previous], turned, states])
        for layer in range(len(config.hidden) + 1):
            weight, bias = (model.tensors[f"layers.{layer}.{part}"] for part in ("weight", "bias"))
            h = weight @ h + bias
            h = h if layer == len(config.hidden) else np.tanh(h)
        states, previous = states + h[: len(states)], sample
        expected.append(h[-1] if config.output_state is None else states[config.output_state])
    return expected


@pytest.mark.parametrize("output_state", [None, 0, 1])
def test_stn_plays_as_its_formula_says(
    make_stn: Callable[..., Model], tmp_path: Path, output_state: int | None
) -> None:
    model = make_stn((4, 3), n_states=2, n_knobs=1, output_state=output_state, initial=(0.1, 0.2))
    path = tmp_path / "model.json"
    EXPORTER.write(model, path)
    rng = np.random.default_rng(4)
    x, knobs = rng.uniform(-1, 1, 300), rng.uniform(0, 1, (300, 1))
    expected = run_stn(model, x, knobs, np.array([0.1, 0.2]))
    np.testing.assert_allclose(EXPORTER.read_back(path, x, knobs), expected, atol=1e-12)


def test_weights_come_back_bit_for_bit(make_stn: Callable[..., Model], tmp_path: Path) -> None:
    model = make_stn()
    EXPORTER.write(model, tmp_path / "model.json")
    network = load(tmp_path / "model.json")
    for layer, found in enumerate(network.layers):
        np.testing.assert_array_equal(
            found.kernel.T,  # type: ignore[attr-defined]
            model.tensors[f"layers.{layer}.weight"],
        )


def test_file_is_what_rtneural_expects(
    make_lstm: Callable[..., Model], make_stn: Callable[..., Model], tmp_path: Path
) -> None:
    path = tmp_path / "model.json"
    EXPORTER.write(make_lstm(8, n_knobs=2), path)
    value = json.loads(path.read_text())
    assert value["in_shape"] == [None, None, 3]
    assert [layer["type"] for layer in value["layers"]] == ["lstm", "dense"]
    assert [layer["shape"] for layer in value["layers"]] == [[None, None, 8], [None, None, 1]]
    assert value["in_skip"] == 1
    EXPORTER.write(make_stn((8, 8)), path)
    value = json.loads(path.read_text())
    assert value["in_shape"] == [None, None, 3]
    assert [layer["type"] for layer in value["layers"]] == ["dense"] * 3
    assert [layer["activation"] for layer in value["layers"]] == ["tanh", "tanh", ""]
    assert "in_skip" not in value


def test_carries_what_a_host_must_know(make_stn: Callable[..., Model], tmp_path: Path) -> None:
    model = make_stn(n_states=2, n_knobs=1, initial=(0.5, -0.5), limits=(3.0, 4.0))
    EXPORTER.write(model, tmp_path / "model.json")
    key = load_model(tmp_path / "model.json").key
    assert key is not None
    assert key.stn is not None
    assert (key.name, key.sample_rate) == ("My Fuzz", 48_000)
    assert (key.dry.unit, key.dry.full_scale) == ("V", 4.5)
    assert [control.name for control in key.controls] == ["Knob 0"]
    assert key.figures == {"esr_test": 1e-6}
    assert key.stn.inputs == ("x[n]", "x[n-1]", "knob:Knob 0", "state:v(n0)", "state:v(n1)")
    assert key.stn.initial_state == {"v(n0)": 0.5, "v(n1)": -0.5}
    assert key.stn.state_limits == {"v(n0)": 3.0, "v(n1)": 4.0}
    assert key.stn.residual


def test_tells_what_the_host_must_do(
    make_lstm: Callable[..., Model], make_stn: Callable[..., Model]
) -> None:
    assert "states back" in EXPORTER.remark(make_stn())
    assert "in_skip" in EXPORTER.remark(make_lstm(skip=True))
    assert EXPORTER.remark(make_lstm(skip=False)) == ""


@pytest.mark.parametrize("name", ["rec.weight_ih_l0", "rec.bias_hh_l0", "lin.weight"])
def test_names_the_tensor_that_does_not_fit(make_lstm: Callable[..., Model], name: str) -> None:
    model = make_lstm()
    tensors = {key: value for key, value in model.tensors.items() if key != name}
    lacking = dataclasses.replace(model, tensors=tensors)
    assert name in (EXPORTER.obstacle(lacking) or "")
    cut = dataclasses.replace(model, tensors={**tensors, name: model.tensors[name][:1, ...][:0]})
    assert EXPORTER.obstacle(cut) is not None


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    hidden=st.lists(st.integers(1, 9), min_size=1, max_size=3).map(tuple),
    n_states=st.integers(1, 3),
    n_knobs=st.integers(0, 3),
    own_row=st.booleans(),
    seed=st.integers(0, 1000),
)
def test_any_stn_reads_back_as_its_formula(
    make_stn: Callable[..., Model],
    tmp_path: Path,
    hidden: tuple[int, ...],
    n_states: int,
    n_knobs: int,
    own_row: bool,
    seed: int,
) -> None:
    rng = np.random.default_rng(seed)
    output = None if own_row else int(rng.integers(n_states))
    hidden = tuple(max(width, n_states) for width in hidden)
    model = make_stn(hidden, n_states=n_states, n_knobs=n_knobs, output_state=output, seed=seed)
    path = tmp_path / "model.json"
    EXPORTER.write(model, path)
    x, knobs = rng.uniform(-1, 1, 40), rng.uniform(0, 1, (40, n_knobs))
    expected = run_stn(model, x, knobs, np.zeros(n_states))
    np.testing.assert_allclose(EXPORTER.read_back(path, x, knobs), expected, atol=1e-12)
