"""The compressor against its theory: static curve, knee, ballistics, blocks."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engines.effects.base import EffectError
from engines.effects.compressor import (
    Ballistics,
    Compressor,
    CompressorSettings,
    reduction_db,
    static_curve,
)

RATE = 48_000
BOTH: tuple[Ballistics, ...] = ("decoupled", "branching")


def steady_gain_db(chosen: CompressorSettings, x: np.ndarray) -> float:
    """Gain (dB) over the last quarter."""
    y = Compressor(chosen, RATE).process(x)
    tail = slice(3 * len(x) // 4, None)
    return 10.0 * math.log10(float(np.sum(y[tail] ** 2) / np.sum(x[tail] ** 2)))


def tone(level_db: float, seconds: float, hertz: float = 1000.0) -> np.ndarray:
    """A sine whose peak is at ``level_db`` dBFS."""
    n = np.arange(round(seconds * RATE))
    return 10.0 ** (level_db / 20.0) * np.sin(2.0 * np.pi * hertz * n / RATE)


def plain(chosen: CompressorSettings, x: np.ndarray) -> np.ndarray:
    """Eqs. 4, 7, 16, 17 and 23 as they stand, in plain Python."""
    t, r, w = chosen.threshold, chosen.ratio, chosen.knee
    a, b, c = (
        math.exp(-1.0 / (s * RATE)) if s > 0.0 else 0.0
        for s in (chosen.attack, chosen.release, chosen.averaging)
    )
    y1 = yl = p = 0.0
    y = np.zeros(len(x))
    for n, now in enumerate(x):
        p = c * p + (1.0 - c) * now * now
        xg = 10.0 * math.log10(p) if p > 0.0 else -1000.0
        if 2.0 * (xg - t) < -w:
            yg = xg
        elif 2.0 * abs(xg - t) <= w and w > 0.0:
            yg = xg + (1.0 / r - 1.0) * (xg - t + w / 2.0) ** 2 / (2.0 * w)
        else:
            yg = t + (xg - t) / r
        xl = xg - yg
        if chosen.ballistics == "branching":
            k = a if xl > yl else b
            yl = k * yl + (1.0 - k) * xl
        else:
            y1 = max(xl, b * y1 + (1.0 - b) * xl)
            yl = a * yl + (1.0 - a) * y1
        y[n] = now * 10.0 ** ((chosen.make_up - yl) / 20.0)
    return y


@pytest.mark.parametrize("ballistics", BOTH)
@pytest.mark.parametrize("averaging", [0.0, 0.003])
@pytest.mark.parametrize("knee", [0.0, 9.0])
def test_is_the_paper(ballistics: Ballistics, averaging: float, knee: float) -> None:
    rng = np.random.default_rng(1)
    x = rng.normal(size=6000) * np.repeat(rng.uniform(0.003, 0.5, 12), 500)
    chosen = CompressorSettings(
        threshold=-25.0,
        ratio=5.0,
        knee=knee,
        attack=0.002,
        release=0.02,
        make_up=3.0,
        averaging=averaging,
        ballistics=ballistics,
    )
    found = Compressor(chosen, RATE).process(x)
    np.testing.assert_allclose(found, plain(chosen, x), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("ballistics", BOTH)
@pytest.mark.parametrize("level", [-50.0, -30.0, -24.0, -21.0, -12.0, 0.0])
@pytest.mark.parametrize("ratio", [1.0, 2.0, 8.0, math.inf])
def test_gain_of_a_steady_level_is_the_static_curve(
    ballistics: Ballistics, level: float, ratio: float
) -> None:
    chosen = CompressorSettings(
        ratio=ratio, attack=0.001, release=0.05, make_up=5.0, ballistics=ballistics
    )
    square = 10.0 ** (level / 20.0) * np.sign(tone(0.0, 0.6, 100.0) + 1e-9)
    wanted = float(static_curve(chosen, np.array([level]))[0]) - level
    assert steady_gain_db(chosen, square) == pytest.approx(wanted, abs=1e-3)


@pytest.mark.parametrize("level", [-30.0, -22.0, -10.0, 0.0])
def test_gain_of_a_steady_sine(level: float) -> None:
    """Peaks are read where the release is long; the mean where the average is long."""
    peaks = CompressorSettings(attack=0.002, release=2.0)
    wanted = float(static_curve(peaks, np.array([level]))[0]) - level
    assert steady_gain_db(peaks, tone(level, 3.0)) == pytest.approx(wanted, abs=0.02)
    mean = CompressorSettings(attack=0.002, release=0.05, averaging=0.2)
    wanted = float(static_curve(mean, np.array([level - 3.0103]))[0]) - (level - 3.0103)
    assert steady_gain_db(mean, tone(level, 3.0)) == pytest.approx(wanted, abs=0.02)


def time_to_63(reduction: np.ndarray, start: float, end: float) -> float:
    """Seconds until 63 % of the way from ``start`` to ``end`` is gone."""
    gone = (reduction - start) / (end - start)
    return (int(np.argmax(gone >= 1.0 - math.exp(-1.0))) + 1) / RATE


@pytest.mark.parametrize("ballistics", BOTH)
@pytest.mark.parametrize(("attack", "release"), [(0.001, 0.05), (0.02, 0.3)])
def test_attack_and_release_are_63_percent(
    ballistics: Ballistics, attack: float, release: float
) -> None:
    """Of a step up and down; in the decoupled detector the attack smooths the release too."""
    chosen = CompressorSettings(attack=attack, release=release, knee=0.0, ballistics=ballistics)
    n = round(10 * attack * RATE), round(12 * (attack + release) * RATE)
    x = np.concatenate([np.full(n[0], 10.0 ** (-40 / 20)), np.ones(n[1]), np.full(n[1], 0.01)])
    y = Compressor(chosen, RATE).process(x)
    reduction = -20.0 * np.log10(y / x)
    full = 24.0 * 0.75
    up, down = reduction[n[0] : n[0] + n[1]], reduction[n[0] + n[1] :]
    assert up[-1] == pytest.approx(full, abs=1e-2)
    assert time_to_63(up, 0.0, full) == pytest.approx(attack, rel=0.01, abs=2 / RATE)
    if ballistics == "branching":
        assert time_to_63(down, full, 0.0) == pytest.approx(release, rel=0.01)
    else:
        t = np.arange(len(down)) / RATE
        both = (release * np.exp(-t / release) - attack * np.exp(-t / attack)) / (release - attack)
        assert np.abs(down - full * both).max() < 0.02 * full


@given(
    st.floats(-60, 0), st.floats(1, 50), st.floats(0, 30), st.floats(-80, 20), st.floats(1e-9, 1e-6)
)
@settings(max_examples=200, deadline=None)
def test_knee_has_no_corner_and_no_jump(
    threshold: float, ratio: float, knee: float, level: float, step: float
) -> None:
    slope = 1.0 - 1.0 / ratio
    around = np.array([level, level + step])
    low, high = reduction_db(around, threshold, slope, knee)
    assert -1e-12 <= high - low <= slope * step * 1.001 + 1e-12
    for edge in (threshold - knee / 2.0, threshold + knee / 2.0):
        left, right = reduction_db(np.array([edge - 1e-7, edge + 1e-7]), threshold, slope, knee)
        assert abs(right - left) <= 3e-7
    hard = reduction_db(np.array([threshold + knee]), threshold, slope, 0.0)
    assert reduction_db(np.array([threshold + knee]), threshold, slope, knee) == pytest.approx(
        hard, abs=1e-9
    )


@given(st.lists(st.integers(0, 400), max_size=12), st.sampled_from(BOTH))
@settings(max_examples=30, deadline=None)
def test_any_blocks_give_the_same_samples(cuts: list[int], ballistics: Ballistics) -> None:
    x = np.random.default_rng(2).normal(size=400)
    chosen = CompressorSettings(averaging=0.001, ballistics=ballistics)
    whole = Compressor(chosen, RATE).process(x)
    effect = Compressor(chosen, RATE)
    effect.process(x)
    effect.reset()
    edges = [0, *sorted(cuts), 400]
    parts = [effect.process(x[a:b]) for a, b in pairwise(edges)]
    np.testing.assert_array_equal(np.concatenate(parts), whole)


@pytest.mark.parametrize("poison", [math.nan, math.inf, -math.inf, 1e300])
def test_a_bad_sample_counts_as_silence(poison: float) -> None:
    x = np.random.default_rng(2).normal(size=400)
    silent, dirty = x.copy(), x.copy()
    silent[50], dirty[50] = 0.0, poison
    wanted = Compressor(CompressorSettings(), RATE).process(silent)
    np.testing.assert_array_equal(Compressor(CompressorSettings(), RATE).process(dirty), wanted)


@pytest.mark.parametrize(
    "wrong",
    [
        {"ratio": 0.5},
        {"ratio": math.nan},
        {"knee": -1.0},
        {"attack": -0.1},
        {"threshold": math.inf},
        {"averaging": math.nan},
    ],
)
def test_refuses_what_has_no_meaning(wrong: dict[str, float]) -> None:
    with pytest.raises(EffectError, match=r"^A compressor's .*\.$"):
        CompressorSettings(**wrong)  # type: ignore[arg-type]
