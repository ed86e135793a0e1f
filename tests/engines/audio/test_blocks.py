"""Audio read and written piece by piece gives the same samples as at once, in bounded memory."""

from __future__ import annotations

import os
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import soundfile

from engines.audio import writing
from engines.audio.blocks import ArrayAudio, FileAudio
from engines.audio.files import AudioFileError, describe, dry_id, read_signal
from engines.audio.writing import HEADER, WavWriter
from projects.capture import Capture, Reference, Signal
from projects.errors import FileFormatError, StorageError
from projects.references import file_digest

RATE = 48000
NOISE = np.random.default_rng(0).uniform(-0.5, 0.5, (3 * RATE, 2)).astype(np.float32)


@pytest.mark.parametrize("name", ["a.wav", "a.flac", "a.aiff", "a.ogg", "a.mp3"])
def test_pieces_are_the_whole(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    soundfile.write(path, NOISE, RATE)
    whole = soundfile.read(path, dtype="float32", always_2d=True)[0]
    with FileAudio(path, "second") as audio:
        assert (audio.sample_rate, audio.n_samples) == (RATE, len(whole))
        edges = [0, 1, 777, 50_000, len(whole)]
        pieces = [audio.read(*edge) for edge in pairwise(edges)]
        np.testing.assert_array_equal(np.concatenate(pieces), whole[:, 1])
        assert len(audio.read(len(whole) - 10, len(whole) + 10)) == 10
        assert len(audio.read(len(whole), len(whole) + 10)) == 0


@pytest.mark.parametrize("name", ["a.wav", "a.flac", "a.aiff"])
def test_any_place_can_be_read(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    soundfile.write(path, NOISE, RATE)
    whole = soundfile.read(path, dtype="float32", always_2d=True)[0].mean(axis=1)
    with FileAudio(path, "mix", 2 * RATE) as audio:
        assert audio.n_samples == 2 * RATE
        for start in (90_000, 5, 40_000, 40_000, 95_999):
            stop = min(start + 1000, 2 * RATE)
            np.testing.assert_allclose(audio.read(start, stop), whole[start:stop], atol=1e-7)


def test_shorter_than_expected(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", NOISE, RATE)
    with pytest.raises(AudioFileError, match="144000 samples where 144001"):
        FileAudio(tmp_path / "a.wav", n_samples=len(NOISE) + 1)


def test_no_number_is_named_by_its_time(tmp_path: Path) -> None:
    noise = NOISE.copy()
    noise[60_000] = np.nan
    soundfile.write(tmp_path / "a.wav", noise, RATE, subtype="FLOAT")
    with FileAudio(tmp_path / "a.wav") as audio:
        audio.read(0, 60_000)
        with pytest.raises(AudioFileError, match=r"the first at 1\.2500 s"):
            audio.read(59_000, 61_000)


def test_damage_behind_the_header_is_found_where_it_is(tmp_path: Path) -> None:
    path = tmp_path / "a.flac"
    soundfile.write(path, NOISE, RATE)
    content = bytearray(path.read_bytes())
    content[len(content) // 2 :] = b"\x55" * (len(content) - len(content) // 2)
    path.write_bytes(content)
    with FileAudio(path) as audio:
        assert len(audio.read(0, 1000)) == 1000
        with pytest.raises(AudioFileError, match=r"damaged|truncated"):
            audio.read(1000, audio.n_samples)


def test_a_signal_that_is_a_reference(tmp_path: Path) -> None:
    path = tmp_path / "take.flac"
    soundfile.write(path, NOISE, RATE)
    whole = soundfile.read(path, dtype="float32")[0]
    reference = Reference(
        path=str(path), size=path.stat().st_size, digest=file_digest(path), channel="second"
    )
    signal = Signal(name="wet", role="wet", reference=reference)
    capture = Capture(
        id="a", name="A", sample_rate=RATE, n_samples=100_000, dry_id="0" * 64, signals=(signal,)
    )
    np.testing.assert_array_equal(read_signal(tmp_path, capture, signal), whole[:100_000, 1])
    with FileAudio.of_signal(tmp_path, capture, signal) as audio:
        assert audio.n_samples == 100_000
        np.testing.assert_array_equal(audio.read(99_000, 101_000), whole[99_000:100_000, 1])
    longer = capture.model_copy(update={"n_samples": len(NOISE) + 1})
    with pytest.raises(AudioFileError, match="does not fit"):
        read_signal(tmp_path, longer, signal)
    with pytest.raises(AudioFileError, match="does not fit"):
        FileAudio.of_signal(tmp_path, longer, signal)
    soundfile.write(path, NOISE[::-1], RATE)
    with pytest.raises(FileFormatError, match="has changed"):
        read_signal(tmp_path, capture, signal)


def test_written_in_pieces(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    with WavWriter(path, RATE) as writer:
        for start in range(0, len(NOISE), 10_000):
            writer.write(NOISE[start : start + 10_000, 0])
            assert not path.exists()
    info = describe(path)
    assert (info.n_samples, info.channels, info.format) == (len(NOISE), 1, "WAV FLOAT")
    assert HEADER.size % 4 == 0, "so that the samples can be mapped into memory"
    np.testing.assert_array_equal(soundfile.read(path, dtype="float32")[0], NOISE[:, 0])
    assert dry_id(NOISE[:, 0]) == dry_id(soundfile.read(path, dtype="float32")[0])


def test_more_than_a_wav_holds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writing, "SMALL", 100_000)
    path = tmp_path / "a.wav"
    with WavWriter(path, RATE, 2) as writer:
        writer.write(NOISE)
    info = describe(path)
    assert (info.n_samples, info.channels, info.format) == (len(NOISE), 2, "RF64 FLOAT")
    np.testing.assert_array_equal(soundfile.read(path, dtype="float32")[0], NOISE)


def test_an_error_leaves_nothing_half_written(tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_bytes(b"before")

    def fail() -> None:
        with WavWriter(tmp_path / "a.wav", RATE, 2) as writer:
            writer.write(NOISE)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert [path.name for path in tmp_path.iterdir()] == ["a.wav"]
    assert (tmp_path / "a.wav").read_bytes() == b"before"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="limits the size of a child's files")
def test_a_disk_that_refuses_is_a_sentence(tmp_path: Path) -> None:
    """In a child process whose files may not grow beyond 100 kB."""
    import resource

    child = os.fork()
    if child == 0:
        code = 1
        try:
            resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
            with WavWriter(tmp_path / "a.wav", RATE, 2) as writer:
                writer.write(NOISE)
        except StorageError as error:
            code = 0 if "Could not write the audio file" in error.sentence else 2
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert list(tmp_path.iterdir()) == []


def test_samples_in_memory_are_readable_too() -> None:
    audio = ArrayAudio(NOISE[:, 0], RATE)
    np.testing.assert_array_equal(audio.read(5, 10), NOISE[5:10, 0])
