"""Audio files: what is read is what was written, and every fault is one sentence."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from engines.audio.files import (
    AudioFileError,
    describe,
    dry_id,
    read_audio,
    read_signal,
    write_wav,
)
from projects.capture import Capture, Signal
from projects.errors import StorageError

RATE = 48000
TONE = np.sin(np.arange(RATE) * 0.05).astype(np.float32) * np.float32(0.5)


def one_sentence(error: pytest.ExceptionInfo[AudioFileError]) -> str:
    text = error.value.sentence
    assert "\n" not in text
    assert text.endswith(".")
    return text


@settings(max_examples=30, deadline=None)
@given(
    samples=hnp.arrays(
        np.float32,
        hnp.array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=40),
        elements=st.floats(-4, 4, width=32),
    ),
    rate=st.sampled_from([8000, 44100, 48000, 192000]),
)
def test_what_is_written_is_read(
    tmp_path_factory: pytest.TempPathFactory, samples: np.ndarray, rate: int
) -> None:
    path = tmp_path_factory.mktemp("wav") / "a.wav"
    write_wav(path, samples, rate)
    audio = read_audio(path)
    assert audio.sample_rate == rate
    np.testing.assert_array_equal(audio.samples, samples.astype(np.float64))
    info = describe(path)
    assert (info.n_samples, info.channels, info.sample_rate) == (*samples.shape, rate)


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(AudioFileError) as error:
        read_audio(tmp_path / "gone.wav")
    assert "gone.wav" in one_sentence(error).split(". ")[0] + "."


def test_folder(tmp_path: Path) -> None:
    with pytest.raises(AudioFileError, match="is a folder"):
        read_audio(tmp_path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_pipes_and_devices_are_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.wav")
    for path in (tmp_path / "pipe.wav", Path("/dev/zero")):
        with pytest.raises(AudioFileError, match="is a device or a pipe"):
            read_audio(path)


def test_file_without_a_byte(tmp_path: Path) -> None:
    path = tmp_path / "none.wav"
    path.touch()
    with pytest.raises(AudioFileError, match="is empty"):
        read_audio(path)


def test_header_without_samples(tmp_path: Path) -> None:
    path = tmp_path / "none.wav"
    soundfile.write(path, np.zeros(0), RATE)
    for read in (read_audio, describe):
        with pytest.raises(AudioFileError, match="holds no samples"):
            read(path)


@pytest.mark.parametrize("name", ["noise.wav", "noise.flac", "noise.raw", "noise"])
def test_corrupt(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(np.random.default_rng(0).bytes(5000))
    with pytest.raises(AudioFileError) as error:
        read_audio(path)
    assert "damaged or of a kind that cannot be read" in one_sentence(error)


def test_corrupt_in_the_middle(tmp_path: Path) -> None:
    path = tmp_path / "a.flac"
    noise = np.random.default_rng(0).uniform(-0.5, 0.5, RATE)
    soundfile.write(path, noise, RATE, subtype="PCM_24")
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 4000] = bytes(4000)
    path.write_bytes(content)
    with pytest.raises(AudioFileError) as error:
        read_audio(path)
    assert "damaged" in one_sentence(error) or "truncated" in one_sentence(error)


@pytest.mark.parametrize(
    ("name", "subtype", "container"),
    [
        ("a.wav", "PCM_16", "WAV"),
        ("a.wav", "PCM_24", "WAVEX"),
        ("a.wav", "FLOAT", "WAV"),
        ("a.aiff", "PCM_16", "AIFF"),
        ("a.w64", "PCM_24", "W64"),
        ("a.rf64", "FLOAT", "RF64"),
        ("a.au", "PCM_16", "AU"),
    ],
)
@pytest.mark.parametrize("keep", [0.3, 0.99])
def test_truncated(tmp_path: Path, name: str, subtype: str, container: str, keep: float) -> None:
    path = tmp_path / name
    soundfile.write(path, TONE, RATE, subtype=subtype, format=container)
    assert read_audio(path).seconds == 1.0
    content = path.read_bytes()
    path.write_bytes(content[: int(keep * len(content))])
    for read in (read_audio, describe):
        with pytest.raises(AudioFileError) as error:
            read(path)
        assert "truncated" in one_sentence(error)


@pytest.mark.parametrize("name", ["a.flac", "a.ogg", "a.mp3"])
def test_truncated_compressed(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    soundfile.write(path, TONE, RATE)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    with pytest.raises(AudioFileError) as error:
        read_audio(path)
    assert one_sentence(error)


def test_lost_tail_behind_the_audio_is_harmless(tmp_path: Path) -> None:
    """Only metadata behind the samples is missing: the audio is whole and is read."""
    path = tmp_path / "a.wav"
    with soundfile.SoundFile(path, "w", RATE, 1, "PCM_16") as stream:
        stream.write(TONE)
        stream.title = "A title that comes after the samples"
    content = path.read_bytes()
    assert content.rfind(b"LIST") > 2 * RATE
    path.write_bytes(content[:-10])
    assert read_audio(path).seconds == 1.0


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_not_finite(tmp_path: Path, value: float) -> None:
    samples = np.stack([TONE, TONE], axis=1)
    samples[24000:24005, 1] = value
    path = tmp_path / "a.wav"
    soundfile.write(path, samples, RATE, subtype="FLOAT")
    with pytest.raises(AudioFileError) as error:
        read_audio(path)
    assert "0.5000 s" in one_sentence(error)


def test_too_long(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    write_wav(path, TONE, RATE)
    with pytest.raises(AudioFileError, match=r"1\.0 s long, more than the 0\.9 s"):
        read_audio(path, max_seconds=0.9)


def test_odd_rate(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    soundfile.write(path, TONE, 4000)
    with pytest.raises(AudioFileError, match="4000 Hz"):
        read_audio(path)


def test_writing_refuses_nan(tmp_path: Path) -> None:
    with pytest.raises(AudioFileError, match="not numbers"):
        write_wav(tmp_path / "a.wav", np.array([0.0, np.nan]), RATE)
    assert list(tmp_path.iterdir()) == []


def test_full_disk_keeps_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.wav"
    write_wav(path, TONE, RATE)

    def full(handle: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StorageError, match="disk is full"):
        write_wav(path, TONE * 0, RATE)
    assert [item.name for item in tmp_path.iterdir()] == ["a.wav"]
    np.testing.assert_array_equal(read_audio(path).samples[:, 0], TONE)


def test_dry_id_tells_inputs_apart() -> None:
    other = TONE.copy()
    other[-1] += np.float32(1e-6)
    assert dry_id(TONE) == dry_id(TONE.copy())
    assert dry_id(TONE) == dry_id(np.repeat(TONE, 2)[::2])
    assert dry_id(TONE) != dry_id(other)
    assert len(dry_id(TONE)) == 64


def capture_of(samples: np.ndarray) -> Capture:
    signal = Signal(name="dry", role="dry", file="dry.wav")
    return Capture(
        id="a", name="A", sample_rate=RATE, n_samples=len(samples),
        dry_id=dry_id(samples), signals=(signal,),
    )  # fmt: skip


def test_read_signal(tmp_path: Path) -> None:
    write_wav(tmp_path / "dry.wav", TONE, RATE)
    capture = capture_of(TONE)
    samples = read_signal(tmp_path, capture, capture.signals[0])
    assert samples.dtype == np.float32
    assert samples.shape == (RATE,)
    np.testing.assert_array_equal(samples, TONE)


@pytest.mark.parametrize(
    ("samples", "rate"), [(TONE[:-1], RATE), (TONE, 44100), (np.stack([TONE, TONE], 1), RATE)]
)
def test_read_signal_that_does_not_fit(tmp_path: Path, samples: np.ndarray, rate: int) -> None:
    write_wav(tmp_path / "dry.wav", samples, rate)
    capture = capture_of(TONE)
    with pytest.raises(AudioFileError, match="does not fit to its capture"):
        read_signal(tmp_path, capture, capture.signals[0])
