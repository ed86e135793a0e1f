"""Verdicts on one signal: level, flat tops and offset, however it is cut into pieces."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engines.checks import level_checks
from engines.checks.levels import flat_tops
from engines.checks.measuring import Measuring, measured
from projects.manifest import Stretch

RATE = 48000


def tone(hertz: float, seconds: float = 2.0, level: float = 1.0) -> np.ndarray:
    return level * np.sin(2 * np.pi * hertz * np.arange(int(seconds * RATE)) / RATE)


def by_name(samples: np.ndarray) -> dict:
    return {check.name: check for check in level_checks("wet", samples, RATE)}


@settings(max_examples=30, deadline=None)
@given(
    seed=st.integers(0, 1000),
    sizes=st.lists(st.integers(1, 5000), min_size=1, max_size=30),
    coarse=st.booleans(),
)
def test_the_figures_do_not_depend_on_how_the_signal_is_cut(
    seed: int, sizes: list[int], coarse: bool
) -> None:
    rng = np.random.default_rng(seed)
    x = (np.clip(rng.standard_normal(sum(sizes)), -1, 1) * 0.9).astype(np.float32)
    x[len(x) // 3 : len(x) // 3 + 400] = 0.0
    if coarse:
        x = (np.round(x * 4) / 4).astype(np.float32)
    whole = measured(x, RATE)
    measuring = Measuring(RATE)
    at = 0
    for size in sizes:
        measuring.take(x[at : at + size])
        at += size
    pieces = measuring.result()
    assert pieces.peak == whole.peak
    np.testing.assert_allclose(pieces.power, whole.power)
    np.testing.assert_allclose(whole.total, np.mean(x.astype(float) ** 2), rtol=1e-4)
    # Runs are the same as those counted naively, as far as they were near the peak so far.
    long_runs = {(int(a), int(b)) for a, b, *_ in whole.stills}
    assert long_runs == {(int(a), int(b)) for a, b, *_ in pieces.stills}
    for start, length, value, _ in pieces.tops:
        run = x[int(start) : int(start + length)]
        assert len(run) >= 3
        assert np.all(run == np.float32(value))
    edges = np.flatnonzero(np.diff(x) != 0) + 1
    bounds = np.concatenate([[0], edges, [len(x)]])
    longest = [
        (int(a), int(b - a)) for a, b in pairwise(bounds) if b - a >= max(32, round(0.005 * RATE))
    ]
    assert sorted(long_runs) == longest


@pytest.mark.parametrize("hertz", [30.0, 50.0, 100.0, 997.0])
@pytest.mark.parametrize("bits", [12, 16, 24])
@pytest.mark.parametrize("level", [1.0, 0.5, 0.1])
def test_a_natural_tone_is_not_clipped(hertz: float, bits: int, level: float) -> None:
    steps = 2 ** (bits - 1)
    assert flat_tops(measured(np.round(tone(hertz, level=level) * steps) / steps, RATE)) is None


@pytest.mark.parametrize("ceiling", [1.0, 0.5, 0.25])
@pytest.mark.parametrize("over", [1.02, 1.3, 4.0])
@pytest.mark.parametrize("hertz", [60.0, 440.0, 1500.0])
def test_flat_tops_are_found_at_any_level(ceiling: float, over: float, hertz: float) -> None:
    swell = np.linspace(0.2, over, 2 * RATE)
    x = np.clip(ceiling * swell * tone(hertz), -ceiling, ceiling)
    flat = flat_tops(measured(x, RATE))
    assert flat is not None
    assert flat.ceiling == pytest.approx(ceiling, rel=1e-4)
    top = np.abs(x) >= ceiling * (1 - 1e-7)
    first = int(np.argmax(top[:-2] & top[1:-1] & top[2:]))
    assert abs(flat.where[0].start - first) <= 2 * RATE / hertz
    check = by_name(x)["wet clipping"]
    assert "flat" in check.text
    if ceiling == 1.0:
        assert check.level == "warning"
        assert "ceiling of the file" in check.text


def test_one_side_alone_may_be_clipped() -> None:
    flat = flat_tops(measured(np.minimum(tone(300.0), 0.8), RATE))
    assert flat is not None
    assert flat.ceiling == pytest.approx(0.8)


def test_a_saturating_device_has_no_flat_tops() -> None:
    assert by_name(0.6 * np.tanh(4 * tone(220.0)))["wet clipping"].level == "ok"
    assert flat_tops(measured(0.6 * np.tanh(2 * tone(220.0)), RATE)) is None


def test_a_hard_clipping_device_is_not_called_a_fault_of_the_recording() -> None:
    check = by_name(0.5 * np.clip(6 * tone(220.0), -1, 1))["wet clipping"]
    assert check.level == "ok"
    assert "likely the device's own" in check.text
    assert check.sure is not None
    assert check.sure < 0.8


def test_an_offset_that_stays_is_told_from_one_that_comes_with_the_sound() -> None:
    swell = np.repeat([1.0, 0.0, 0.8, 0.0, 0.6, 0.0], RATE)
    x = swell * tone(200.0, 6.0, 0.5)
    standing = by_name(x + 0.02)["wet offset"]
    assert standing.level == "warning"
    assert standing.value == pytest.approx(0.02, abs=1e-4)
    assert by_name(x + 0.1 * swell)["wet offset"].level == "ok"


def test_quiet_and_silent_audio_is_said() -> None:
    assert by_name(tone(200.0, level=0.01))["wet level"].level == "warning"
    assert by_name(np.zeros(RATE))["wet level"].level == "problem"
    assert by_name(tone(200.0, level=0.5))["wet level"].level == "ok"


def test_what_is_cut_is_not_counted() -> None:
    x = tone(200.0, level=0.5)
    x[:5000] = 1.0
    found = measured(x, RATE)
    assert flat_tops(found) is not None
    left = found.without([Stretch(start=0, stop=5000)])
    assert flat_tops(left) is None
    assert abs(left.offset) < 1e-3
    assert left.peak == pytest.approx(0.5, abs=1e-3)
