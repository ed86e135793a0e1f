"""The waveshaper: its curve, what oversampling does about aliasing, blocks."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from engines.effects.base import EffectError
from engines.effects.waveshaper import Waveshaper, WaveshaperSettings, curve

RATE = 48_000


@pytest.mark.parametrize("asymmetry", [-2.0, 0.0, 1.5])
@pytest.mark.parametrize("bias", [-0.4, 0.0, 0.3])
def test_is_its_curve(asymmetry: float, bias: float) -> None:
    chosen = WaveshaperSettings(12.0, bias, asymmetry, -3.0, oversampling=1)
    x = np.linspace(-1.0, 1.0, 4001)
    drive, level = 10.0 ** (12.0 / 20.0), 10.0 ** (-3.0 / 20.0)

    def bent(u: float) -> float:
        k = 1.0 + (max(0.0, -asymmetry) if u >= 0.0 else max(0.0, asymmetry))
        return math.tanh(k * u) / k

    wanted = [level * (bent(drive * v + bias) - bent(bias)) for v in x]
    np.testing.assert_allclose(Waveshaper(chosen, RATE).process(x), wanted, atol=1e-14)
    np.testing.assert_allclose(curve(chosen, x), wanted, atol=1e-14)


def test_saturates_where_it_says() -> None:
    chosen = WaveshaperSettings(80.0, 0.0, 1.0, 0.0, 1)
    assert curve(chosen, np.array([-1.0, 0.0, 1.0])) == pytest.approx([-0.5, 0.0, 1.0])


def test_small_signals_pass_with_the_drive_whatever_the_asymmetry() -> None:
    chosen = WaveshaperSettings(20.0, 0.0, 3.0, 0.0, 1)
    assert curve(chosen, np.array([-1e-6, 1e-6])) == pytest.approx([-1e-5, 1e-5], rel=1e-4)


def folded_db(oversampling: Any) -> float:
    """Everything that is no overtone of a driven 4,500 Hz sine, relative to all of it (dB)."""
    n = 32_000  # whole periods, so that every partial lies in one bin
    x = 0.5 * np.sin(2.0 * np.pi * 4500.0 * np.arange(2 * n) / RATE)
    y = Waveshaper(WaveshaperSettings(24.0, 0.1, 0.5, 0.0, oversampling), RATE).process(x)[n:]
    power = np.abs(np.fft.rfft(y)) ** 2
    step = 4500 * n // RATE
    alias = power.copy()
    alias[::step] = 0.0
    return float(10.0 * np.log10(alias.sum() / power.sum()))


def test_oversampling_leaves_less_that_folds_back() -> None:
    levels = [folded_db(factor) for factor in (1, 2, 4, 8)]
    assert levels[0] > -25.0
    assert np.all(np.diff(levels) < -8.0), levels
    assert levels[3] < -60.0


def test_low_passes_let_playing_through_and_answer_never_before() -> None:
    quiet = WaveshaperSettings(0.0, 0.0, 0.0, 0.0, 4)
    x = np.zeros(4000)
    x[1000] = 1e-4
    y = Waveshaper(quiet, RATE).process(x)
    assert not y[:1000].any()
    response = np.abs(np.fft.rfft(y)) / 1e-4
    heard = np.fft.rfftfreq(4000, 1.0 / RATE) <= 0.4 * RATE
    assert np.abs(20.0 * np.log10(response[heard])).max() < 0.1


@pytest.mark.parametrize("oversampling", [1, 2, 4, 8])
def test_any_blocks_give_the_same_samples(oversampling: Any) -> None:
    x = np.random.default_rng(0).normal(size=1000)
    chosen = WaveshaperSettings(20.0, 0.1, 0.3, 0.0, oversampling)
    whole = Waveshaper(chosen, RATE).process(x)
    effect = Waveshaper(chosen, RATE)
    effect.process(x)
    effect.reset()
    parts = [effect.process(part) for part in np.split(x, [0, 1, 8, 8, 300, 999])]
    np.testing.assert_array_equal(np.concatenate(parts), whole)


@pytest.mark.parametrize("wrong", [{"drive": math.nan}, {"bias": math.inf}, {"oversampling": 3}])
def test_refuses_what_has_no_meaning(wrong: dict[str, Any]) -> None:
    with pytest.raises(EffectError, match=r"^A waveshaper.*\.$"):
        WaveshaperSettings(**wrong)
