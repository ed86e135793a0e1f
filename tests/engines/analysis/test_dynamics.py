"""Dynamics measured from pairs whose truth is known."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from engines.analysis.dynamics import (
    FLOOR_DB,
    MAX_POINTS,
    ballistics,
    gain_trace,
    level_histogram,
    static_curve,
    transfer_curve,
)
from engines.audio.blocks import ArrayAudio
from engines.effects.compressor import Compressor, CompressorSettings
from engines.effects.compressor import static_curve as true_curve

RATE = 16_000
DATA = Path(__file__).parents[4] / "shared" / "data"


def audio(samples: np.ndarray) -> ArrayAudio:
    return ArrayAudio(samples, RATE)


def steps(seconds: float = 40.0, each: float = 0.8, seed: int = 0) -> np.ndarray:
    """Noise that changes its level (-50 to -6 dBFS RMS) every ``each`` seconds."""
    rng = np.random.default_rng(seed)
    n, length = round(seconds * RATE), round(each * RATE)
    level = np.repeat(10.0 ** (rng.uniform(-50.0, -6.0, n // length + 1) / 20.0), length)[:n]
    return level * rng.normal(size=n)


CHOSEN = CompressorSettings(-30.0, 4.0, 6.0, 0.02, 0.06, 3.0, averaging=0.005)
"""Its gain has come back within what counts as stationary."""


def through(x: np.ndarray, chosen: CompressorSettings = CHOSEN) -> np.ndarray:
    return Compressor(chosen, RATE).process(x)


def test_gain_over_time_is_the_gain() -> None:
    x = steps(4.0)
    gain = 10.0 ** (np.repeat([0.0, -6.0, -20.0, 3.0], RATE) / 20.0)
    trace = gain_trace(audio(x), audio(gain * x))
    assert trace.times[0] == pytest.approx(0.025)
    assert np.diff(trace.times) == pytest.approx(0.05)
    for second, wanted in enumerate((0.0, -6.0, -20.0, 3.0)):
        inside = np.floor(trace.times) == second
        assert trace.gain_db[inside] == pytest.approx(wanted, abs=1e-4)


@pytest.mark.parametrize("shift", [-37, 0, 501])
def test_a_shift_lines_wet_up(shift: int) -> None:
    x = steps(4.0)
    wet = np.zeros(len(x))
    if shift >= 0:
        wet[shift:] = x[: len(x) - shift]
    else:
        wet[:shift] = x[-shift:]
    trace = gain_trace(audio(x), audio(0.5 * wet), shift=shift)
    assert np.abs(trace.gain_db + 6.0206).max() < 1e-3
    assert trace.times[0] == pytest.approx(max(0, -shift) / RATE + 0.025)


def test_silence_has_no_gain() -> None:
    x = steps(2.0)
    x[:RATE] = 0.0
    trace = gain_trace(audio(x), audio(x))
    assert np.isnan(trace.gain_db[:19]).all()
    assert trace.dry_db[0] == FLOOR_DB
    assert not static_curve(gain_trace(audio(0 * x), audio(x))).levels.size


def test_static_curve_is_the_compressors() -> None:
    x = steps()
    found = static_curve(gain_trace(audio(x), audio(through(x))))
    assert len(found.levels) > 15
    wanted = true_curve(CHOSEN, found.levels)
    # The detector reads averages of noise: a decibel or so under and above its mean.
    assert np.abs(found.median - wanted).max() < 1.5
    assert np.abs(found.median - wanted).mean() < 0.6
    assert np.all(found.low <= found.median)
    assert np.all(found.median <= found.high)
    assert found.counts.min() >= 3


@pytest.mark.parametrize(("attack", "release"), [(0.02, 0.2), (0.1, 1.0), (0.3, 0.1)])
def test_ballistics_within_a_third(attack: float, release: float) -> None:
    chosen = CompressorSettings(
        -30.0, 4.0, 6.0, attack, release, 0.0, averaging=0.005, ballistics="branching"
    )
    x = steps(each=max(0.8, 2.0 * release))
    found = ballistics(audio(x), audio(through(x, chosen)))
    assert found is not None
    assert found.attack == pytest.approx(attack, rel=0.35)
    assert found.release == pytest.approx(release, rel=0.35)
    assert found.ratio == pytest.approx(4.0, rel=0.35)
    assert found.error_db < 0.3 * found.still_db
    assert 0.0 < found.attack_share < 1.0


def test_a_constant_gain_has_no_ballistics() -> None:
    x = steps(4.0)
    assert ballistics(audio(x), audio(0.3 * x)) is None
    assert ballistics(audio(0 * x), audio(x)) is None


def test_transfer_curve_of_a_clipper() -> None:
    rng = np.random.default_rng(0)
    x = rng.uniform(-1.0, 1.0, 200_000)
    y = np.clip(x, -0.5, 0.5)
    found = transfer_curve(audio(x), audio(y), bins=64)
    assert found.counts.sum() == len(x)
    middle = 0.5 * (found.x_edges[:-1] + found.x_edges[1:])
    assert np.abs(found.mean - np.clip(middle, -0.5, 0.5)).max() < 0.01
    assert found.y_edges[-1] == pytest.approx(0.5)


def test_transfer_curve_has_gaps_where_nothing_was() -> None:
    x = np.repeat([-1.0, 1.0], 100)
    found = transfer_curve(audio(x), audio(x), bins=8)
    assert np.isnan(found.mean[1:-1]).all()
    assert found.mean[[0, -1]] == pytest.approx([-1.0, 1.0])


def test_level_histogram_of_known_levels() -> None:
    x = np.concatenate([np.zeros(500), np.full(300, 0.1), np.full(200, -1.5)])
    found = level_histogram(audio(x), bins=90)
    assert found.silent == pytest.approx(0.5)
    assert found.shares.sum() == pytest.approx(1.0)
    assert found.shares[-1] == pytest.approx(0.4)
    assert found.shares[70:71].sum() + found.shares[69:70].sum() == pytest.approx(0.6)
    assert found.peak_db == pytest.approx(20.0 * np.log10(1.5))
    assert found.rms_db == pytest.approx(10.0 * np.log10(np.mean(x**2)), abs=1e-4)


def test_too_short_or_of_two_rates_is_refused() -> None:
    x = np.ones(10)
    with pytest.raises(ValueError, match="too short"):
        gain_trace(audio(x), audio(x))
    with pytest.raises(ValueError, match="share no audio"):
        gain_trace(audio(x), audio(x), shift=20)
    with pytest.raises(ValueError, match="rates"):
        gain_trace(audio(x), ArrayAudio(x, 2 * RATE))


class Counting:
    """Hours of a sine without a file, counting what is read of it."""

    sample_rate = RATE
    n_samples = 3 * 3600 * RATE
    read_samples = 0

    def read(self, start: int, stop: int) -> np.ndarray:
        self.read_samples += stop - start
        return np.sin(0.05 * np.arange(start, stop)).astype(np.float32)


def test_of_hours_a_bounded_part_is_read() -> None:
    long = Counting()
    transfer_curve(long, long)
    assert long.read_samples <= 2 * MAX_POINTS
    long.read_samples = 0
    level_histogram(long)
    assert long.read_samples <= MAX_POINTS
    trace = gain_trace(long, long, max_seconds=60.0)
    assert trace.times[-1] > 0.99 * 3 * 3600
    assert len(trace.times) <= 60.0 / 0.05
    assert len(np.unique(trace.pieces)) == 3


def test_can_be_stopped() -> None:
    def stop() -> None:
        raise InterruptedError

    long = Counting()
    for work in (gain_trace, transfer_curve, ballistics):
        with pytest.raises(InterruptedError):
            work(long, long, check=stop)
    with pytest.raises(InterruptedError):
        level_histogram(long, check=stop)


def test_needs_nothing_heavy() -> None:
    code = (
        "import sys, numpy as np; from engines.analysis import dynamics as d;"
        "from engines.audio.blocks import ArrayAudio;"
        "x = ArrayAudio(np.random.default_rng(0).normal(size=48000), 16000);"
        "d.static_curve(d.gain_trace(x, x)); d.ballistics(x, x); d.transfer_curve(x, x);"
        "print([m for m in ('torch', 'numba', 'scipy', 'soundfile') if m in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert found.stdout.strip() == "[]", found.stderr


def test_a_real_opto_compressor() -> None:
    """LA-2A: some 10 ms of attack, some 60 ms for the first half of the release, about 3:1."""
    folder = DATA / "la2a_pairs"
    if not folder.is_dir():
        pytest.skip(f"the development data {folder} is not here")
    import soundfile

    dry, rate = soundfile.read(folder / "LA2A_sample4_inp.wav")
    wet, _ = soundfile.read(folder / "LA2A_sample4_target.wav")
    found = ballistics(ArrayAudio(dry, rate), ArrayAudio(wet, rate), shift=-1)
    assert found is not None
    assert 0.004 < found.attack < 0.04
    assert 0.03 < found.release < 0.3
    assert 2.0 < found.ratio < 6.0
    assert found.error_db < 0.4 * found.still_db
