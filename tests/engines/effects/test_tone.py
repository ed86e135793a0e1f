"""The tone control against the cookbook's analogue prototypes."""

from __future__ import annotations

import math

import numpy as np
import pytest

from engines.effects.base import EffectError
from engines.effects.tone import Tone, ToneSettings

RATE = 48_000


def prototype(kind: str, gain_db: float, middle: float, slope: float, f: np.ndarray) -> np.ndarray:
    """H(s) of the cookbook, on the bilinear transform's bent frequency axis."""
    a = 10.0 ** (gain_db / 40.0)
    s = 1j * np.tan(np.pi * f / RATE) / math.tan(math.pi * middle / RATE)
    q = 1.0 / math.sqrt((a + 1.0 / a) * (1.0 / slope - 1.0) + 2.0)
    damp = math.sqrt(a) / q * s
    if kind == "low":
        return a * (s * s + damp + a) / (a * s * s + damp + 1.0)
    return a * (a * s * s + damp + 1.0) / (s * s + damp + a)


@pytest.mark.parametrize(("bass", "treble"), [(12.0, -6.0), (-15.0, 9.0), (0.0, 0.0), (6.0, 6.0)])
@pytest.mark.parametrize("slope", [1.0, 0.6])
def test_is_its_transfer_function(bass: float, treble: float, slope: float) -> None:
    chosen = ToneSettings(bass, treble, 200.0, 4000.0, slope)
    n = 1 << 16
    x = np.zeros(n)
    x[0] = 1.0
    f = np.fft.rfftfreq(n, 1.0 / RATE)[1:-1]
    found = np.fft.rfft(Tone(chosen, RATE).process(x))[1:-1]
    wanted = prototype("low", bass, 200.0, slope, f) * prototype("high", treble, 4000.0, slope, f)
    np.testing.assert_allclose(found, wanted, rtol=1e-6, atol=1e-9)


def test_shelves_reach_their_gain_and_meet_in_the_middle() -> None:
    x = np.zeros(1 << 16)
    x[0] = 1.0
    response = 20.0 * np.log10(
        np.abs(np.fft.rfft(Tone(ToneSettings(10.0, -8.0, 100.0, 5000.0), RATE).process(x)))
    )
    f = np.fft.rfftfreq(1 << 16, 1.0 / RATE)
    at = [response[np.argmin(np.abs(f - hertz))] for hertz in (1.0, 100.0, 5000.0, 23_900.0)]
    assert at == pytest.approx([10.0, 5.0, -4.0, -8.0], abs=0.05)


def test_any_blocks_give_the_same_samples() -> None:
    x = np.random.default_rng(0).normal(size=1000)
    chosen = ToneSettings(6.0, -6.0)
    whole = Tone(chosen, RATE).process(x)
    effect = Tone(chosen, RATE)
    effect.process(x)
    effect.reset()
    parts = [effect.process(part) for part in np.split(x, [0, 1, 8, 8, 300, 999])]
    np.testing.assert_array_equal(np.concatenate(parts), whole)


@pytest.mark.parametrize(
    "wrong", [{"bass": math.nan}, {"bass_hz": 0.0}, {"slope": 0.0}, {"slope": 1.5}]
)
def test_refuses_what_has_no_meaning(wrong: dict[str, float]) -> None:
    with pytest.raises(EffectError, match=r"^A tone control's .*\.$"):
        ToneSettings(**wrong)


def test_a_shelf_above_the_rate_is_refused_in_words() -> None:
    with pytest.raises(EffectError, match="needs a sample rate above"):
        Tone(ToneSettings(treble=3.0, treble_hz=15_000.0), 16_000)
