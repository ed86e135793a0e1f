"""Audio in memory: its levels, its end, its rate, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from audio_engine import RATE, music, rms_db, sine

from engines.audition.material import (
    HEADROOM,
    MAX_GAIN,
    load_capture,
    load_files,
    match_levels,
    material_of,
    model_gain,
    peak,
    rms,
)
from projects.errors import TrimpotError
from projects.manifest import Edits


def test_dry_and_wet_are_equally_loud_and_the_louder_peak_is_at_minus_1_dbfs() -> None:
    x = music(1.0)
    for wet in (np.tanh(8 * x), 5 * x**3, 0.001 * x):
        wet = wet.astype(np.float32)
        dry_gain, wet_gain = match_levels(x, wet)
        assert rms(x) * dry_gain == pytest.approx(rms(wet) * wet_gain, rel=1e-4)
        top = max(peak(x) * dry_gain, peak(wet) * wet_gain)
        assert top == pytest.approx(HEADROOM, rel=1e-4) or max(dry_gain, wet_gain) == MAX_GAIN


@pytest.mark.parametrize("level", [0.0, 0.3, 1.0, 4.5])
def test_a_file_of_its_own_is_lowered_at_most(level: float) -> None:
    x = sine(0.2, level=level)
    gain, _ = match_levels(x, np.zeros(0, dtype=np.float32))
    assert gain == pytest.approx(min(1.0, HEADROOM / level) if level > HEADROOM else 1.0, rel=1e-4)


def test_silence_has_no_gain_to_match() -> None:
    silence = np.zeros(1000, dtype=np.float32)
    assert match_levels(silence, silence) == (1.0, 1.0)


def test_a_model_without_a_wet_is_as_loud_as_the_dry() -> None:
    x = sine(0.2, level=0.1)
    material = material_of("tone", x, RATE)
    gain = model_gain(material, (4 * x).astype(np.float32), x)
    assert gain == pytest.approx(0.25, rel=1e-4)
    assert model_gain(material, np.zeros_like(x), x) == 1.0
    assert model_gain(material, np.full_like(x, np.nan), x) == 1.0


def test_an_abrupt_end_fades() -> None:
    material = material_of("step", np.full(4800, 0.5, dtype=np.float32), RATE)
    tail = material.dry[material.n :]
    assert np.max(np.abs(np.diff(material.dry))) < 1e-3
    assert abs(tail[-1]) < 1e-6


def test_another_rate_keeps_times_and_sound() -> None:
    material = material_of("tone", sine(0.5, 440.0), RATE, start=0.1, stop=0.4)
    other = material.at_rate(44_100)
    assert other.seconds == pytest.approx(0.5, abs=1e-3)
    assert (other.start, other.stop) == (4410, 17_640)
    assert (other.rate, other.native_rate) == (44_100, RATE)
    middle = np.arange(2000, other.n - 2000)
    expected = 0.5 * np.sin(2 * np.pi * 440 * middle / 44_100)
    assert rms_db(other.dry[middle] - expected) < -90
    assert material.at_rate(RATE) is material


def test_channels_are_mixed_down_and_it_is_said(make_wav: Callable[..., Path]) -> None:
    left = sine(0.1)
    path = make_wav("stereo", np.stack([left, -left], axis=1))
    material = load_files(path, None)
    assert not np.any(material.dry)
    assert "2 channels" in material.warnings[0]


def test_a_stretch_outside_the_file_plays_all_of_it(make_wav: Callable[..., Path]) -> None:
    material = load_files(make_wav("short", sine(0.1)), None, start=5.0, stop=6.0)
    assert (material.start, material.stop) == (0, material.n)
    assert "outside" in material.warnings[0]


def test_two_rates_are_refused(make_wav: Callable[..., Path]) -> None:
    dry, wet = make_wav("dry", sine(0.1)), make_wav("wet", sine(0.1), 44_100)
    with pytest.raises(TrimpotError, match=r"48000 Hz and wet\.wav one of 44100 Hz"):
        load_files(dry, wet)


def test_a_missing_file_or_capture_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(TrimpotError, match="no audio file"):
        load_files(tmp_path / "none.wav", None)
    with pytest.raises(TrimpotError):
        load_capture(tmp_path / "none", Edits())
