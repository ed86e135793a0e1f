"""The curve that is drawn of a fit: the model itself, at the moments that were measured."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from engines.analysis.dynamics import gain_trace, static_curve, steady_moments
from engines.audio.blocks import ArrayAudio
from engines.effects.compressor import Ballistics, CompressorSettings
from engines.models.base import Model, ModelInfo
from engines.models.compressor import CompressorConfig
from engines.models.compressor.drawing import MOMENTS, played_curve
from engines.models.compressor.parameters import rows_of
from engines.models.streaming import render

RATE = 16_000


def noise(seconds: float) -> np.ndarray:
    """Noise whose level (-45 to -6 dBFS RMS) changes every second, float32 values."""
    rng = np.random.default_rng(0)
    n = round(seconds * RATE)
    level = np.repeat(10.0 ** (rng.uniform(-45.0, -6.0, int(seconds) + 1) / 20.0), RATE)[:n]
    return (level * rng.normal(size=n)).astype(np.float32)


def model_of(chosen: CompressorSettings, *, tone: bool) -> Model:
    table = rows_of(chosen, 11 if tone else 7)
    if tone:
        table[[8, 10]] = 0.4, -0.6
    config = CompressorConfig(ballistics=chosen.ballistics, tone=tone)
    info = ModelInfo(name="t", sample_rate=RATE)
    return Model("compressor", config, {"parameters": table[:, None]}, info)


@pytest.mark.parametrize("ballistics", ["decoupled", "branching"])
@pytest.mark.parametrize("averaging", [1e-7, 0.01])
def test_is_what_the_model_plays(ballistics: Ballistics, averaging: float) -> None:
    chosen = CompressorSettings(-30.0, 5.0, 6.0, 0.003, 0.06, 4.0, averaging, ballistics)
    model = model_of(chosen, tone=True)
    x = noise(24.0)
    dry, wet = ArrayAudio(x, RATE), ArrayAudio(render(model, x), RATE)
    trace = gain_trace(dry, wet)
    found, wanted = played_curve(model, None, dry, trace), static_curve(trace, least=1)
    # The same moments, or where there are more, some of them.
    places = np.isin(wanted.levels, found.levels)
    assert places.sum() == len(found.levels) > 5
    if int(steady_moments(trace).sum()) <= MOMENTS:
        np.testing.assert_allclose(found.median, wanted.median, atol=0.02)
    assert np.all(found.median <= wanted.high[places] + 0.3)
    assert np.all(found.median >= wanted.low[places] - 0.3)


def test_moments_are_exactly_the_models() -> None:
    """Few enough moments that all are played: each level within a hundredth of a decibel."""
    model = model_of(CompressorSettings(-30.0, 5.0, 6.0, 0.003, 0.05), tone=False)
    x = noise(4.0)
    dry, wet = ArrayAudio(x, RATE), ArrayAudio(render(model, x), RATE)
    trace = gain_trace(dry, wet)
    assert 0 < int(steady_moments(trace).sum()) <= MOMENTS
    found, wanted = played_curve(model, None, dry, trace), static_curve(trace, least=1)
    np.testing.assert_array_equal(found.levels, wanted.levels)
    for name in ("low", "median", "high"):
        np.testing.assert_allclose(getattr(found, name), getattr(wanted, name), atol=0.01)


def test_nothing_steady_is_an_empty_curve() -> None:
    model = model_of(CompressorSettings(), tone=False)
    silent = ArrayAudio(np.zeros(RATE), RATE)
    assert not played_curve(model, None, silent, gain_trace(silent, silent)).levels.size


def test_can_be_stopped() -> None:
    def stop() -> None:
        raise InterruptedError

    model = model_of(CompressorSettings(), tone=False)
    dry = ArrayAudio(noise(4.0), RATE)
    with pytest.raises(InterruptedError):
        played_curve(model, None, dry, gain_trace(dry, dry), check=stop)


def test_needs_nothing_heavy() -> None:
    code = (
        "import sys; import engines.models.compressor.drawing;"
        "print([m for m in ('torch', 'numba', 'scipy') if m in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert found.stdout.strip() == "[]", found.stderr
