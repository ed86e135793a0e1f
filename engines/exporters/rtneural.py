"""RTNeural JSON (the "Keras" shape), with what it has no place for under the key ``trimpot``.

Jatin Chowdhury's RTNeural reads it with ``json_parser::parseJson``. Layouts: ``docs/formats.md``.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engines.exporters.base import Exporter, ExportError
from engines.models.base import FloatArray, Model
from engines.models.lstm import LstmConfig
from engines.models.stn import StnConfig
from projects.files import write_atomic


class RtneuralExporter(Exporter):
    """One JSON file that RTNeural loads at run time or compiles in."""

    name = "rtneural"
    label = "RTNeural JSON"
    summary = "One small file for plugins built on RTNeural."
    suffix = ".json"

    def obstacle(self, model: Model) -> str | None:
        if model.architecture not in WRITERS:
            return (
                f"RTNeural JSON cannot carry a model of the kind {model.architecture}: it has no "
                "layers for it."
            )
        if not all(np.isfinite(tensor).all() for tensor in model.tensors.values()):
            return (
                f"The model {model.info.name} holds weights that are not numbers. Train it again."
            )
        try:
            WRITERS[model.architecture](model)
        except (KeyError, ValueError) as error:
            return (
                f"The weights of {model.info.name} are not those of a {model.architecture} model "
                f"({error}). Train it again."
            )
        return None

    def remark(self, model: Model) -> str:
        if model.architecture == "stn":
            return (
                "The host feeds the network's states back, sample by sample, as the file's "
                "trimpot key says."
            )
        if _skip(model):
            return "The host adds the dry sample to the network's output (in_skip is 1)."
        return ""

    def write(self, model: Model, path: Path) -> None:
        obstacle = self.obstacle(model)
        if obstacle is not None:
            raise ExportError(obstacle)
        value = WRITERS[model.architecture](model)
        # Python writes the shortest digits that read back as the same float64: up to 17.
        text = json.dumps(value, allow_nan=False, ensure_ascii=False)
        write_atomic(path, (text + "\n").encode(), action="export the model")

    def read_back(
        self, path: Path, x: NDArray[np.float64], knobs: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        from engines.readers.rtneural import load_model

        return load_model(path).process(x, knobs)


def lstm_file(model: Model) -> dict[str, Any]:
    """The file of an LSTM and its dense head (torch's tensors, gates i, f, g, o)."""
    tensors = model.tensors
    n_in = 1 + len(model.info.controls)
    kernel, recurrent = tensors["rec.weight_ih_l0"], tensors["rec.weight_hh_l0"]
    bias = _float64(tensors["rec.bias_ih_l0"]) + _float64(tensors["rec.bias_hh_l0"])
    hidden = recurrent.shape[-1]
    _expect("rec.weight_ih_l0", kernel, (4 * hidden, n_in))
    _expect("rec.weight_hh_l0", recurrent, (4 * hidden, hidden))
    _expect("rec.bias_ih_l0 + rec.bias_hh_l0", bias, (4 * hidden,))
    recurrent_layer = {
        "type": "lstm",
        "activation": "",
        "shape": [None, None, hidden],
        "weights": [_float64(kernel).T.tolist(), _float64(recurrent).T.tolist(), bias.tolist()],
    }
    head = _dense(tensors["lin.weight"], tensors["lin.bias"], "", n_in=hidden, n_out=1)
    skip = _skip(model)
    value = _file(n_in, [recurrent_layer, head], _key(model, "sequential", skip=skip))
    # AIDA-X's name for the same, so that hosts of that family do it too
    return {**value, "in_skip": 1} if skip else value


def stn_file(model: Model) -> dict[str, Any]:
    """The file of a state trajectory network: its dense stack, and how a host runs it."""
    info, tensors, config = model.info, model.tensors, model.config
    assert isinstance(config, StnConfig)
    heard = config.output_state
    inputs = [
        "x[n]",
        "x[n-1]",
        *(f"knob:{control.name}" for control in info.controls),
        *(f"state:{state}" for state in info.states),
    ]
    outputs = [f"state:{state}" for state in info.states]
    if heard is None:
        outputs.append("y")
    layers, width = [], len(inputs)
    for index, n_out in enumerate((*config.hidden, len(outputs))):
        weight, bias = tensors[f"layers.{index}.weight"], tensors[f"layers.{index}.bias"]
        activation = "tanh" if index < len(config.hidden) else ""
        layers.append(_dense(weight, bias, activation, n_in=width, n_out=n_out))
        width = n_out
    initial = config.initial_state or (0.0,) * len(info.states)
    stn = {
        "inputs": inputs,
        "outputs": outputs,
        "residual": True,
        "initial_state": dict(zip(info.states, initial, strict=True)),
        "state_limits": dict(zip(info.states, config.state_limits, strict=False)),
        "output": "y" if heard is None else outputs[heard],
    }
    return _file(len(inputs), layers, _key(model, "stn", stn=stn))


def _dense(
    weight: FloatArray, bias: FloatArray, activation: str, *, n_in: int, n_out: int
) -> dict[str, Any]:
    _expect("weight", weight, (n_out, n_in))
    _expect("bias", bias, (n_out,))
    return {
        "type": "dense",
        "activation": activation,
        "shape": [None, None, n_out],
        "weights": [_float64(weight).T.tolist(), _float64(bias).tolist()],
    }


def _file(n_in: int, layers: list[dict[str, Any]], key: dict[str, Any]) -> dict[str, Any]:
    return {"in_shape": [None, None, n_in], "layers": layers, "trimpot": key}


def _key(model: Model, kind: str, **more: Any) -> dict[str, Any]:
    info = model.info
    return {
        "schema_version": 1,
        "kind": kind,
        "name": info.name,
        "sample_rate": info.sample_rate,
        "controls": [control.model_dump(mode="json") for control in info.controls],
        "dry": {"unit": info.dry_unit, "full_scale": info.dry_full_scale},
        "wet": {"unit": info.wet_unit, "full_scale": info.wet_full_scale},
        "warm_up": info.warm_up,
        "figures": dict(info.figures),
        **more,
    }


def _skip(model: Model) -> bool:
    return isinstance(model.config, LstmConfig) and model.config.skip


def _expect(name: str, array: FloatArray, shape: tuple[int, ...]) -> None:
    if array.shape != shape:
        raise ValueError(f"{name} is {array.shape} where {shape} is expected")


def _float64(array: FloatArray) -> NDArray[np.float64]:
    return np.asarray(array, dtype=np.float64)


WRITERS = {"lstm": lstm_file, "stn": stn_file}
"""The architectures that the format carries, by name."""

EXPORTER = RtneuralExporter()
