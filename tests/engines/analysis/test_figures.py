"""The figures that Compare shows."""

from __future__ import annotations

import math
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engines.analysis.loudness import loudness
from engines.analysis.null import FLOOR_DB, null_test
from engines.analysis.spectrum import spectrum
from engines.analysis.verdicts import ESR_VERDICTS, describe_esr, esr_verdict

RATE = 48_000


def noise(n: int = 4000, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=n)


def test_null_of_a_signal_with_itself_is_the_floor() -> None:
    x = noise()
    assert null_test(x, x).depth_db == FLOOR_DB


def test_null_depth_is_ten_log_of_the_esr() -> None:
    x = noise()
    assert null_test(x, x * 1.001).depth_db == pytest.approx(-60.0, abs=1e-9)
    assert null_test(x, 0.0 * x).depth_db == pytest.approx(0.0)


@settings(max_examples=25, deadline=None)
@given(lag=st.integers(-50, 50), gain=st.floats(0.01, 20.0), sign=st.sampled_from([1, -1]))
def test_null_finds_lag_and_gain(lag: int, gain: float, sign: int) -> None:
    x = noise(3000)
    moved = np.concatenate([np.zeros(lag), x]) if lag >= 0 else x[-lag:]
    result = null_test(x, sign * gain * moved, max_lag=60, match_level=True)
    assert result.lag == lag
    assert result.gain_db == pytest.approx(-20.0 * math.log10(gain), abs=1e-6)
    assert result.depth_db < -150.0
    assert len(result.residual) == 3000 - max(0, -lag)


def test_null_lag_stays_within_bounds() -> None:
    x = noise()
    assert abs(null_test(x, np.concatenate([np.zeros(40), x]), max_lag=5).lag) <= 5


def test_null_refuses_what_cannot_be_compared() -> None:
    with pytest.raises(ValueError, match="silent"):
        null_test(np.zeros(100), noise(100))
    with pytest.raises(ValueError, match="overlap"):
        null_test(np.ones(0), np.ones(10))


def test_spectrum_of_a_full_scale_sine_reads_zero_decibels() -> None:
    window = 8192
    frequency = 100 * RATE / window
    x = np.sin(2 * np.pi * frequency * np.arange(5 * window) / RATE)
    frequencies, levels = spectrum(x, RATE, window=window)
    peak = int(np.argmax(levels))
    assert frequencies[peak] == pytest.approx(frequency)
    assert levels[peak] == pytest.approx(0.0, abs=1e-6)
    assert np.median(levels) < -150.0


def test_spectrum_of_silence_is_the_floor_and_of_nothing_an_error() -> None:
    assert (spectrum(np.zeros(1000), RATE)[1] == FLOOR_DB).all()
    with pytest.raises(ValueError, match="too short"):
        spectrum(np.zeros(1), RATE)


def test_loudness_of_a_sine_and_of_silence() -> None:
    x = np.sin(2 * np.pi * 997 * np.arange(3 * RATE) / RATE)
    # BS.1770: a 997 Hz sine at full scale in one channel reads -3.01 LKFS
    assert loudness(x, RATE) == pytest.approx(-3.01, abs=0.1)
    assert loudness(0.1 * x, RATE) == pytest.approx(-23.01, abs=0.1)
    assert loudness(np.zeros(RATE), RATE) is None
    assert loudness(x[:1000], RATE) is None


def test_words_for_an_esr() -> None:
    assert describe_esr(0.003) == "very close: hard to tell apart in a mix"
    assert esr_verdict(math.nan).word == "wrong"
    assert esr_verdict(math.inf).word == "wrong"
    assert esr_verdict(0.0).level == "ok"
    bounds = [verdict.below for verdict in ESR_VERDICTS]
    assert bounds == sorted(set(bounds))


def test_importing_needs_nothing_heavy() -> None:
    code = (
        "import sys, engines.analysis.null, engines.analysis.spectrum, engines.analysis.loudness, "
        "engines.analysis.verdicts; "
        "print([n for n in ('torch', 'numba', 'scipy', 'pyloudnorm') if n in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
