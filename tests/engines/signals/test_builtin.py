"""The built-in dry signal: repeatable, within full scale, apart by parts, and wide enough."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from engines.signals import percussion, phrases, stimuli
from engines.signals.builtin import LEVELS, PROGRAMME, builtin_dry
from engines.signals.pickup import faded, to_level
from engines.signals.strings import Pluck, StringVoice, play

DI = Path(__file__).parents[4] / "shared" / "data" / "di"
RATE = 48000


def test_repeats_by_seed_and_differs_by_seed() -> None:
    one, same, other = builtin_dry(5), builtin_dry(5), builtin_dry(5, seed=1)
    np.testing.assert_array_equal(one.samples, same.samples)
    assert one.sections == same.sections
    assert np.abs(one.samples - other.samples).max() > 0.1


@settings(max_examples=12, deadline=None)
@given(
    seconds=st.floats(4.0, 9.0),
    rate=st.sampled_from([8000, 44100, 48000, 96000]),
    seed=st.integers(0, 2**31),
)
def test_any_length_and_rate(seconds: float, rate: int, seed: int) -> None:
    made = builtin_dry(seconds, rate, seed)
    assert made.samples.dtype == np.float32
    assert len(made.samples) == round(seconds * rate)
    assert np.isfinite(made.samples).all()
    assert 0.5 < np.abs(made.samples).max() <= 1.0
    assert [section.part for section in made.sections] == ["train", "validation", "test"]
    assert made.sections[0].start == 0
    assert made.sections[-1].stop == len(made.samples)
    for left, right in zip(made.sections, made.sections[1:], strict=False):
        gap = made.samples[left.stop : right.start]
        assert len(gap) >= 0.2 * rate
        assert not gap.any()


def test_refuses_what_is_too_short() -> None:
    with pytest.raises(ValueError, match="4 s or more"):
        builtin_dry(3.9)


def test_parts_hold_different_material() -> None:
    """No second of the test part is found again in the training part, at any shift."""
    made = builtin_dry(20)
    train, _, test = (made.samples[s.start : s.stop].astype(float) for s in made.sections)
    size = 1 << 21
    spectrum = np.fft.rfft(train, size)
    energy = np.concatenate([[0.0], np.cumsum(train**2)])
    window = RATE // 2
    for start in range(0, len(test) - window, window):
        piece = test[start : start + window]
        if piece @ piece < 1e-3:
            continue
        product = np.fft.irfft(spectrum * np.conj(np.fft.rfft(piece, size)), size)
        product = np.abs(product[: len(train) - window])
        there = energy[window : len(train)] - energy[: len(train) - window]
        match = product / np.sqrt((piece @ piece) * np.maximum(there, 1e-3))
        assert match.max() < 0.95


def test_levels_span_sixty_decibels() -> None:
    made = builtin_dry(40)
    section = made.sections[0]
    blocks = made.samples[section.start : section.stop]
    blocks = blocks[: len(blocks) // 4800 * 4800].reshape(-1, 4800)
    peaks = 20 * np.log10(np.maximum(np.abs(blocks).max(axis=1), 1e-6))
    counts, _ = np.histogram(peaks, bins=[-70, -50, -40, -30, -20, -10, -3, 0.01])
    assert (counts >= 2).all(), counts
    assert max(LEVELS) == 0.0
    assert min(LEVELS) == -60.0


def test_every_kind_of_material_sounds() -> None:
    assert sum(material.share for material in PROGRAMME) == pytest.approx(1.0)
    for material in PROGRAMME:
        made = material.make(RATE, RATE, np.random.default_rng(3))
        assert made.shape == (RATE,)
        assert np.isfinite(made).all()
        assert made.any() == (material.make is not stimuli.silence)


@pytest.mark.parametrize("make", [phrases.lead, phrases.chords, phrases.bass, percussion.drums])
def test_playing_moves_as_fast_as_playing(make: object) -> None:
    """Plain playing at full scale moves by less than half of it from one sample to the next."""
    for seed in range(4):
        made = make(2 * RATE, RATE, np.random.default_rng(seed))  # type: ignore[operator]
        assert np.abs(np.diff(to_level(made, 0.0))).max() < 0.6


@pytest.mark.parametrize("hertz", [82.4, 196.0, 440.0, 987.8])
@pytest.mark.parametrize("brightness", [0.2, 0.9])
def test_strings_are_in_tune(hertz: float, brightness: float) -> None:
    n = RATE
    voice = StringVoice(
        np.full(n, hertz), np.full(n, 4.0), np.full(n, brightness), (Pluck(0.01),), pickup=0.2
    )
    sound = play(voice, RATE, np.random.default_rng(0))[RATE // 10 :]
    spectrum = np.abs(np.fft.rfft(sound * np.hanning(len(sound)), 1 << 20))
    axis = np.fft.rfftfreq(1 << 20, 1 / RATE)
    near = (axis > 0.8 * hertz) & (axis < 1.2 * hertz)
    found = axis[near][np.argmax(spectrum[near])]
    assert abs(1200 * np.log2(found / hertz)) < 8  # cents


def test_strings_decay_as_asked() -> None:
    n = 2 * RATE
    voice = StringVoice(np.full(n, 110.0), np.full(n, 1.0), np.ones(n), (Pluck(0.0),))
    sound = play(voice, RATE, np.random.default_rng(0))
    early = np.abs(sound[RATE // 10 : 2 * RATE // 10]).max()
    late = np.abs(sound[6 * RATE // 10 : 7 * RATE // 10]).max()
    assert 20 * np.log10(late / early) == pytest.approx(-30.0, abs=4.0)


def test_a_bend_arrives() -> None:
    n = RATE
    ramp = np.clip(np.arange(n) / (RATE // 2), 0, 1)
    pitch = 220.0 * 2 ** (2 * ramp / 12)
    voice = StringVoice(pitch, np.full(n, 8.0), np.full(n, 0.9), (Pluck(0.01),))
    sound = play(voice, RATE, np.random.default_rng(0))[-RATE // 3 :]
    spectrum = np.abs(np.fft.rfft(sound * np.hanning(len(sound)), 1 << 20))
    axis = np.fft.rfftfreq(1 << 20, 1 / RATE)
    near = (axis > 180) & (axis < 300)
    found = axis[near][np.argmax(spectrum[near])]
    assert abs(1200 * np.log2(found / (220.0 * 2 ** (2 / 12)))) < 10


def test_faded_ends_in_silence() -> None:
    shaped = faded(np.ones(2000), RATE)
    assert shaped[0] < 0.01
    assert shaped[-1] < 0.01
    assert shaped[1000] == 1.0


@pytest.mark.skipif(not DI.is_dir(), reason=f"the direct recordings in {DI} are not here")
def test_covers_real_playing() -> None:
    """Where real playing goes (level against change, at full scale) the training part has been.

    Cells are a twentieth of full scale wide in level and a third of an octave in change.
    """

    def cells(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        change = np.diff(x, append=x[-1])
        row = np.clip(np.floor((x + 1) * 20), 0, 39).astype(int)
        column = np.sign(change) * np.floor(np.log2(np.abs(change) / 1e-3 + 1) * 3)
        return row, column.astype(int) + 40

    made = builtin_dry(45)
    section = made.sections[0]
    met = np.zeros((40, 81))
    np.add.at(met, cells(made.samples[section.start : section.stop].astype(float)), 1)
    for path in sorted(DI.glob("*.flac")):
        x, _ = soundfile.read(path)
        for level in (1.0, 0.25):
            scaled = x * (level / np.abs(x).max())
            strange = float(np.mean(met[cells(scaled)] == 0))
            assert strange < 5e-4, f"{path.name} at {level}: {100 * strange:.3f} % never met"
