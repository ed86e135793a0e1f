"""Captures opened for drawing: mapped audio, peaks kept and made again when they do not fit."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from app.peak_files import map_wav, open_signals, peak_path, thumbnail
from engines.audio.files import read_signal
from projects.errors import FileFormatError
from projects.project import Project


def open_capture(folder: Path) -> tuple[Project, Path, object]:
    project = Project.open(folder, write=False)
    capture_id = project.manifest.captures[0].id
    return project, project.capture_folder(capture_id), project.read_capture(capture_id)


def test_mapped_audio_equals_what_is_read(make_project: Callable[..., Path]) -> None:
    folder = make_project("Strings")
    _, place, capture = open_capture(folder)
    for signal in capture.signals:
        mapped = map_wav(place / signal.file)
        assert isinstance(mapped, np.memmap)
        np.testing.assert_array_equal(mapped, read_signal(place, capture, signal))


@pytest.mark.parametrize("subtype", ["PCM_16", "PCM_24", "DOUBLE"])
def test_other_encodings_are_not_mapped(tmp_path: Path, subtype: str) -> None:
    path = tmp_path / "a.wav"
    soundfile.write(path, np.zeros(100), 48_000, subtype=subtype)
    assert map_wav(path) is None


def test_stereo_and_cut_files_are_not_mapped(tmp_path: Path) -> None:
    stereo = tmp_path / "stereo.wav"
    soundfile.write(stereo, np.zeros((100, 2), np.float32), 48_000, subtype="FLOAT")
    assert map_wav(stereo) is None
    cut = tmp_path / "cut.wav"
    soundfile.write(cut, np.zeros(1000, np.float32), 48_000, subtype="FLOAT")
    cut.write_bytes(cut.read_bytes()[:-100])
    assert map_wav(cut) is None
    junk = tmp_path / "junk.wav"
    junk.write_bytes(b"RIFF\0\0\0\0WAVE" + b"\xff" * 300)
    assert map_wav(junk) is None


def test_peaks_are_kept_and_made_again_for_other_audio(make_project: Callable[..., Path]) -> None:
    folder = make_project("Strings")
    _, place, capture = open_capture(folder)
    open_signals(folder, place, capture)
    kept = peak_path(folder, capture.id, capture.signals[0])
    first = kept.stat().st_mtime_ns
    open_signals(folder, place, capture)
    assert kept.stat().st_mtime_ns == first
    kept.write_bytes(b"damaged")
    drawn = open_signals(folder, place, capture)
    assert kept.stat().st_size > 100
    low, high = drawn[0].source.peaks(0, capture.n_samples, 1)
    samples = read_signal(place, capture, capture.signals[0])
    assert (low[0], high[0]) == (samples.min(), samples.max())


def test_audio_that_does_not_fit_its_capture_is_refused(make_project: Callable[..., Path]) -> None:
    folder = make_project("Strings")
    _, place, capture = open_capture(folder)
    soundfile.write(place / "wet.wav", np.zeros(5, np.float32), 48_000, subtype="FLOAT")
    with pytest.raises(FileFormatError, match="Import or simulate"):
        open_signals(folder, place, capture)


def test_the_start_screen_shows_kept_peaks_only(make_project: Callable[..., Path]) -> None:
    folder = make_project("Strings")
    _, place, capture = open_capture(folder)
    assert thumbnail(folder, folder / "captures", (capture.id,)) is None
    open_signals(folder, place, capture)
    small = thumbnail(folder, folder / "captures", (capture.id,))
    assert small is not None
    low, high = small
    assert len(low) == len(high) <= 121
    assert high.max() == pytest.approx(np.abs(high).max())
