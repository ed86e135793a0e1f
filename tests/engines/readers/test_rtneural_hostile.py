"""Files that must be refused: one sentence each, naming the file and the layer, in bounded time."""

from __future__ import annotations

import copy
import json
import os
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engines.readers.rtneural import MAX_BYTES, load, load_model
from projects.errors import TrimpotError

MODEL: dict[str, Any] = {
    "in_shape": [None, None, 1],
    "layers": [
        {
            "type": "conv1d",
            "activation": "tanh",
            "shape": [None, None, 2],
            "kernel_size": [2],
            "dilation": [1],
            "groups": 1,
            "weights": [[[[0.1, 0.2]], [[0.3, 0.4]]], [0.0, 0.1]],
        },
        {"type": "batchnorm", "shape": [None, None, 2], "epsilon": 1e-5,
         "weights": [[0.0, 0.1], [1.0, 2.0]]},
        {"type": "prelu", "shape": [None, None, 2], "weights": [[[0.1, 0.2]]]},
        {"type": "lstm", "shape": [None, None, 1],
         "weights": [[[0.1] * 4] * 2, [[0.1] * 4], [0.1] * 4]},
        {"type": "gru", "shape": [None, None, 1],
         "weights": [[[0.1] * 3], [[0.1] * 3], [[0.1] * 3] * 2]},
        {"type": "activation", "activation": "elu", "shape": [None, None, 1], "weights": []},
        {"type": "dense", "activation": "", "shape": [None, None, 1], "weights": [[[0.5]], [0.0]]},
    ],
}  # fmt: skip


def save(path: Path, value: Any) -> Path:
    path.write_text(json.dumps(value))
    return path


def refused(path: Path) -> str:
    with pytest.raises(TrimpotError) as caught:
        load(path)
    sentence = caught.value.sentence
    assert str(path) in sentence
    assert len(sentence) < 500
    assert "\n" not in sentence
    return sentence


def test_the_model_itself_is_fine(tmp_path: Path) -> None:
    network = load(save(tmp_path / "model.json", MODEL))
    assert network.process(np.ones((5, 1))).shape == (5, 1)


def change(path: str, value: Any) -> dict[str, Any]:
    changed = copy.deepcopy(MODEL)
    *parents, last = [int(step) if step.isdigit() else step for step in path.split("/")]
    place: Any = changed
    for step in parents:
        place = place[step]
    if value is KeyError:
        del place[last]
    else:
        place[last] = value
    return changed


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        ("in_shape", [None, None, None, 1], "exactly three"),
        ("in_shape", [None, 1], "exactly three"),
        ("in_shape", [None, None, 0], "width from 1"),
        ("in_shape", [None, None, True], "width from 1"),
        ("in_shape", [None, None, 10**9], "width from 1"),
        ("in_shape", [None, "x", 1], "null or whole"),
        ("in_shape", [None, None, 2], "layer 1 (conv1d)"),
        ("in_shape", KeyError, "no RTNeural model"),
        ("layers", KeyError, "no RTNeural model"),
        ("layers", [], "at least one layer"),
        ("layers", [{}] * 10_000, "10000 layers"),
        ("layers/0", 7, "layer 1: it is not a JSON object"),
        ("layers/0/type", "conv3d", "type 'conv3d' is unknown"),
        ("layers/0/type", ["dense"], "is unknown"),
        ("layers/0/type", KeyError, "is unknown"),
        ("layers/0/activation", "swish", "layer 1 (conv1d): its activation 'swish' is unknown"),
        ("layers/0/activation", None, "is unknown"),
        ("layers/3/activation", "selu", "layer 4 (lstm): its activation 'selu' is unknown"),
        ("layers/5/activation", "", "layer 6 (activation): it names no activation"),
        ("layers/5/weights", [1.0], "where none belong"),
        ("layers/5/shape", [None, None, 2], "layer 6 (activation): its shape says 2 where 1"),
        ("layers/0/shape", [None, None, 3], "layer 1 (conv1d)"),
        ("layers/0/shape", KeyError, "no shape"),
        ("layers/0/shape", [None, None, None, 2], "exactly three"),
        ("layers/1/shape", [None, None, 3], "layer 2 (batchnorm)"),
        ("layers/1/epsilon", KeyError, "epsilon"),
        ("layers/1/epsilon", -1.0, "epsilon"),
        ("layers/1/weights/1", [-5.0, 1.0], "variance must be above zero"),
        ("layers/2/weights", [[[0.1, 0.2, 0.3]]], "3 slopes where 1 or 2"),
        ("layers/2/weights", [0.1, 0.2], "one list in one list"),
        ("layers/3/shape", [None, None, 2], "layer 4 (lstm)"),
        ("layers/3/weights", KeyError, "weights are missing"),
        ("layers/3/weights", [[[0.1] * 4] * 2, [[0.1] * 4]], "2 weight tensors where 3"),
        ("layers/4/weights/2", [0.1] * 3, "layer 5 (gru)"),
        ("layers/6/weights/0/0/0", "0.5", "not a number"),
        ("layers/6/weights/0/0/0", None, "not a number"),
        ("layers/6/weights/0/0/0", True, "not a number"),
        ("layers/6/weights/0/0/0", 10**400, "out of range"),
        ("layers/6/weights/0/0/0", [0.5], "not a number"),
        ("layers/6/weights/1", [], "0 entries where 1"),
        ("layers/6/weights/1", [0.0, 0.0], "2 entries where 1"),
        ("layers/0/kernel_size", [0], "kernel_size"),
        ("layers/0/kernel_size", [2, 2], "kernel_size"),
        ("layers/0/kernel_size", KeyError, "kernel_size"),
        ("layers/0/dilation", [10**12], "too far back"),
        ("layers/0/dilation", 1.5, "dilation"),
        ("layers/0/groups", 3, "divide"),
        ("layers/0/groups", 10**300, "divide"),
    ],
)
def test_refuses_in_one_sentence(tmp_path: Path, path: str, value: Any, expected: str) -> None:
    assert expected in refused(save(tmp_path / "model.json", change(path, value)))


@pytest.mark.parametrize("value", [None, [], 3, "model", {}, {"in_shape": [None, None, 1]}])
def test_refuses_what_is_no_model(tmp_path: Path, value: Any) -> None:
    assert "no RTNeural model" in refused(save(tmp_path / "model.json", value))


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_refuses_numbers_that_are_none(tmp_path: Path, number: str) -> None:
    path = tmp_path / "model.json"
    path.write_text(json.dumps(MODEL).replace("0.5", number))
    assert "not valid JSON" in refused(path)


def test_refuses_every_truncation(tmp_path: Path) -> None:
    path = tmp_path / "model.json"
    text = json.dumps(MODEL)
    for length in range(0, len(text) - 1, 17):
        path.write_text(text[:length])
        refused(path)


def test_refuses_binary_and_missing_files(tmp_path: Path) -> None:
    path = tmp_path / "model.json"
    assert "cannot be read" in refused(path)
    path.write_bytes(b"\x80\x04\x95 a pickle")
    assert "not a text file" in refused(path)
    path.unlink()
    path.mkdir()
    refused(path)


def test_refuses_deep_nesting_unparsed(tmp_path: Path) -> None:
    path = tmp_path / "model.json"
    path.write_text("[" * 1_000_000)
    assert "nested" in refused(path)


def test_refuses_a_gigabyte_unread(tmp_path: Path) -> None:
    path = tmp_path / "model.json"
    with path.open("wb") as stream:
        os.truncate(stream.fileno(), 1 << 30)
    tracemalloc.start()
    try:
        assert "1074 MB" in refused(path)
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()


def test_refuses_a_file_full_of_empty_lists(tmp_path: Path) -> None:
    path = tmp_path / "model.json"
    head = '{"in_shape": [null, null, 1], "layers": ['
    path.write_text(head + "[]," * ((MAX_BYTES - 100) // 3) + "[]]}")
    assert "more than the 256 allowed" in refused(path)


def test_says_so_when_weights_blow_up(tmp_path: Path) -> None:
    model = {
        "in_shape": [None, None, 1],
        "layers": [
            {"type": "dense", "shape": [None, None, 1], "weights": [[[1e308]], [0.0]]},
            {"type": "dense", "shape": [None, None, 1], "weights": [[[1e308]], [0.0]]},
        ],
    }
    network = load(save(tmp_path / "model.json", model))
    with pytest.raises(TrimpotError, match="blows up"):
        network.process(np.ones((4, 1)))


def test_feeding_back_needs_dense_layers(tmp_path: Path) -> None:
    network = load(save(tmp_path / "model.json", MODEL))
    with pytest.raises(TrimpotError, match="only dense layers"):
        network.process_fed_back(np.ones((4, 0)))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=12,
)


def places(value: Any, prefix: str = "") -> list[str]:
    steps = value.items() if isinstance(value, dict) else enumerate(value)
    found = []
    for key, inner in steps:
        found.append(f"{prefix}{key}")
        if isinstance(inner, dict | list):
            found.extend(places(inner, f"{prefix}{key}/"))
    return found


@settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(place=st.sampled_from(places(MODEL)), value=json_values)
def test_any_change_is_read_or_refused_never_a_crash(
    tmp_path: Path, place: str, value: Any
) -> None:
    path = save(tmp_path / "model.json", change(place, value))
    sentence, y = "", np.zeros((3, 1))
    try:
        y = load(path).process(np.ones((3, 1)))
    except TrimpotError as error:
        sentence = error.sentence
    assert np.isfinite(y).all()
    assert not sentence or str(path) in sentence


def stn_key(**changes: Any) -> dict[str, Any]:
    key = {
        "schema_version": 1,
        "kind": "stn",
        "name": "Clipper",
        "sample_rate": 48000,
        "stn": {
            "inputs": ["x[n]", "x[n-1]", "state:v"],
            "outputs": ["state:v"],
            "residual": True,
            "initial_state": {"v": 0.0},
            "output": "state:v",
        },
    }
    for name, value in changes.items():
        target = key if name in key or name == "skip" else key["stn"]
        target[name] = value  # type: ignore[index]
    return key


def stn(key: Any) -> dict[str, Any]:
    layer = {
        "type": "dense",
        "activation": "",
        "shape": [None, None, 1],
        "weights": [[[0.5], [0.25], [-0.5]], [0.0]],
    }
    return {"in_shape": [None, None, 3], "layers": [layer], "trimpot": key}


def test_stn_adds_its_steps_to_the_state(tmp_path: Path) -> None:
    model = load_model(save(tmp_path / "model.json", stn(stn_key(initial_state={"v": 1.0}))))
    x = np.array([1.0, 2.0, 0.0])
    v, previous, expected = 1.0, 0.0, []
    for sample in x:
        v += 0.5 * sample + 0.25 * previous - 0.5 * v
        previous = sample
        expected.append(v)
    np.testing.assert_allclose(model.process(x, np.empty((3, 0))), expected)
    model.reset()
    one_by_one = [model.process(x[n : n + 1], np.empty((1, 0)))[0] for n in range(3)]
    np.testing.assert_allclose(one_by_one, expected)


def test_stn_heeds_the_order_of_inputs_and_outputs(tmp_path: Path) -> None:
    key = stn_key(
        inputs=["state:b", "knob:Drive", "state:a", "x[n]"],
        outputs=["y", "state:a", "state:b"],
        residual=False,
        initial_state={"a": 0.0, "b": 0.5},
        output="y",
    )
    key["controls"] = [{"name": "Drive"}]
    rng = np.random.default_rng(1)
    kernel, bias = rng.normal(size=(4, 3)) * 0.3, rng.normal(size=3)
    layer = {
        "type": "dense",
        "activation": "tanh",
        "shape": [None, None, 3],
        "weights": [kernel.tolist(), bias.tolist()],
    }
    value = {"in_shape": [None, None, 4], "layers": [layer], "trimpot": key}
    model = load_model(save(tmp_path / "model.json", value))
    x, knobs = rng.normal(size=20), rng.uniform(size=(20, 1))
    a, b, expected = 0.0, 0.5, []
    for sample, knob in zip(x, knobs[:, 0], strict=True):
        y, a, b = np.tanh(np.array([b, knob, a, sample]) @ kernel + bias)
        expected.append(y)
    np.testing.assert_allclose(model.process(x, knobs), expected, atol=1e-13)


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        (7, "trimpot key is damaged"),
        (stn_key(schema_version=2), "newer Trimpot"),
        (stn_key(schema_version=True), "damaged"),
        (stn_key(kind="sequential"), "damaged"),
        (stn_key(inputs=["x[n]", "x[n+1]", "state:v"]), "x[n+1] is unknown"),
        (stn_key(inputs=["x[n]", "state:v", "state:v"]), "named twice"),
        (stn_key(inputs=["x[n]", "state:v"]), "2 inputs"),
        (stn_key(inputs=["x[n]", "knob:Tone", "state:v"]), "not the model's controls"),
        (stn_key(outputs=["state:w"]), "states as inputs and as outputs differ"),
        (stn_key(output="y"), "not one of the network's outputs"),
        (stn_key(initial_state={}), "initial state"),
        (stn_key(sample_rate=0), "sample_rate"),
        (stn_key(surprise=1), "damaged"),
        (stn_key(skip=True), "skip belongs to the kind sequential"),
        (stn_key(state_limits={"w": 1.0}), "limit is set on a state that is not there"),
        (stn_key(state_limits={"v": 0.0}), "damaged"),
    ],
)
def test_refuses_a_damaged_key(tmp_path: Path, key: Any, expected: str) -> None:
    path = save(tmp_path / "model.json", stn(key))
    with pytest.raises(TrimpotError) as caught:
        load_model(path)
    assert expected in caught.value.sentence
    assert str(path) in caught.value.sentence


def test_sequential_with_several_outputs_is_no_device(tmp_path: Path) -> None:
    layer = {"type": "dense", "shape": [None, None, 2], "weights": [[[1.0, 2.0]], [0.0, 0.0]]}
    path = save(tmp_path / "model.json", {"in_shape": [None, None, 1], "layers": [layer]})
    with pytest.raises(TrimpotError, match="2 outputs where audio has one"):
        load_model(path)


def test_adds_the_input_where_the_file_says_so(tmp_path: Path) -> None:
    layer = {"type": "dense", "shape": [None, None, 1], "weights": [[[0.5]], [0.25]]}
    value = {"in_shape": [None, None, 1], "layers": [layer], "in_skip": 1}
    model = load_model(save(tmp_path / "model.json", value))
    x = np.array([1.0, -1.0])
    np.testing.assert_allclose(model.process(x, np.empty((2, 0))), x + 0.5 * x + 0.25)


@pytest.mark.parametrize(
    ("extra", "expected"),
    [
        ({"in_skip": 2}, "in_skip must be 0 or 1"),
        ({"in_skip": True}, "in_skip must be 0 or 1"),
        ({"in_skip": "1"}, "in_skip must be 0 or 1"),
        ({"in_gain": 3.0}, "in_gain"),
        ({"out_gain": "-6"}, "out_gain"),
        ({"in_skip": 1, "trimpot": {"skip": False}}, "disagree"),
        ({"trimpot": {"skip": True}}, "disagree"),
    ],
)
def test_refuses_what_it_would_leave_out(
    tmp_path: Path, extra: dict[str, Any], expected: str
) -> None:
    layer = {"type": "dense", "shape": [None, None, 1], "weights": [[[0.5]], [0.25]]}
    value = {"in_shape": [None, None, 1], "layers": [layer], **extra}
    if "trimpot" in extra:
        whole = {"schema_version": 1, "kind": "sequential", "name": "x", "sample_rate": 48000}
        value["trimpot"] = {**whole, **extra["trimpot"]}
    assert expected in refused(save(tmp_path / "model.json", value))
