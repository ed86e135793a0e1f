"""How quick the streaming kernels are: times real time on one core, and against each other.

python -m pytest tests/benchmarks/test_kernels.py -s
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from engines.effects.compressor import CompressorSettings
from engines.models import registry
from engines.models.base import Model, ModelInfo
from engines.models.compressor.parameters import N_ALL, rows_of
from engines.models.streaming import Speed, measure_speed

pytestmark = pytest.mark.benchmark

RATE = 48_000
SHAPES: dict[str, tuple[str, dict[str, Any]]] = {
    "STN 3-8-1": ("stn", {"hidden": [8], "output_state": 0}),
    "STN 3-8-8-1": ("stn", {"hidden": [8, 8], "output_state": 0}),
    "STN 3-16-16-1": ("stn", {"hidden": [16, 16], "output_state": 0}),
    "LSTM-8": ("lstm", {"hidden": 8}),
    "LSTM-16": ("lstm", {"hidden": 16}),
    "LSTM-40": ("lstm", {"hidden": 40}),
    "Compressor": ("compressor", {}),
}


def random_model(kind: str, settings: dict[str, Any]) -> Model:
    architecture = registry()[kind]
    config = architecture.Config.model_validate(settings)
    info = ModelInfo(name="t", sample_rate=RATE, states=("v",) if kind == "stn" else ())
    rng = np.random.default_rng(0)
    tensors = {
        name: 0.1 * rng.normal(size=shape)
        for name, shape in architecture.shapes(config, info).items()
    }
    if kind == "compressor":  # numbers drawn at random would leave its gain alone
        playing = CompressorSettings(averaging=0.002)
        tensors = {"parameters": rows_of(playing, N_ALL)[:, None]}
    return Model(kind, config, tensors, info)


def test_kernels(capsys: pytest.CaptureFixture[str]) -> None:
    """Prints each; the ratios hold on any machine: more units cost more, but not in proportion."""
    found: dict[str, Speed] = {}
    for name, (kind, settings) in SHAPES.items():
        found[name] = measure_speed(random_model(kind, settings), seconds=0.4, block=512)
    standard = found["STN 3-8-8-1"].ns_per_sample
    with capsys.disabled():
        print()
        for name, speed in found.items():
            print(
                f"{name:14s} {speed.ns_per_sample:7.1f} ns a sample, "
                f"{speed.real_time_factor:6.0f} x real time, "
                f"{speed.ns_per_sample / standard:5.2f} x STN 3-8-8-1"
            )
    assert found["STN 3-8-1"].ns_per_sample < standard
    assert found["STN 3-16-16-1"].ns_per_sample < 4 * standard
    assert found["Compressor"].ns_per_sample < 4 * standard
    assert found["LSTM-16"].ns_per_sample < found["LSTM-40"].ns_per_sample
