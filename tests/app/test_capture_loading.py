"""Signals opened off the window's thread: drawn while peaks are built, stopped, made again."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
from PySide6.QtCore import QThreadPool
from pytestqt.qtbot import QtBot

from app.capture_loading import SignalLoader
from app.capture_signals import OpenedCapture
from app.peak_files import (
    SoundPieces,
    StoppedError,
    build_peaks,
    open_signals,
    peak_path,
)
from engines.audio.blocks import FileAudio
from projects.capture import Capture, Reference, Signal, write_capture
from projects.manifest import Edits
from projects.references import file_digest
from widgets.peaks import CHUNK

RATE = 48_000
SAMPLES = 3 * CHUNK + 999


def recorded() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(3)
    dry = (0.3 * rng.standard_normal(SAMPLES)).clip(-1, 1).astype(np.float32)
    return dry, np.tanh(2 * dry)


def make_capture(project: Path, suffix: str, subtype: str) -> Capture:
    """A capture of two recordings that lie outside the project."""
    signals = []
    for role, samples in zip(("dry", "wet"), recorded(), strict=True):
        path = project / f"{role}.{suffix}"
        soundfile.write(path, samples, RATE, subtype=subtype)
        reference = Reference(path=str(path), size=path.stat().st_size, digest=file_digest(path))
        signals.append(Signal(name=role, role=role, reference=reference))
    capture = Capture(
        id="take-1",
        name="Take 1",
        sample_rate=RATE,
        n_samples=SAMPLES,
        dry_id="0" * 64,
        signals=tuple(signals),
    )
    (project / "captures" / "take-1").mkdir(parents=True)
    write_capture(project / "captures" / "take-1", capture)
    return capture


@pytest.mark.parametrize(
    ("suffix", "subtype"),
    [("wav", "PCM_16"), ("wav", "PCM_24"), ("flac", "PCM_24"), ("aiff", "PCM_16")],
)
def test_recordings_of_every_kind_are_drawn_where_they_lie(
    tmp_path: Path, suffix: str, subtype: str
) -> None:
    capture = make_capture(tmp_path, suffix, subtype)
    folder = tmp_path / "captures" / "take-1"
    edits = Edits(shift=67, flip=True)
    dry, wet = open_signals(tmp_path, folder, capture, edits)
    plain, driven = recorded()
    part = slice(100_000, 101_000)
    np.testing.assert_allclose(dry.source.samples(100_000, 101_000), plain[part], atol=1e-4)
    moved = -driven[100_067:101_067]
    np.testing.assert_allclose(wet.source.samples(100_000, 101_000), moved, atol=1e-4)
    low, high = wet.source.peaks(0, SAMPLES, 1)
    assert low[0] == pytest.approx(-driven[67:].max(), abs=1e-4)
    assert high[0] == pytest.approx(-driven[67:].min(), abs=1e-4)
    assert peak_path(tmp_path, "take-1", wet.signal).is_file()
    again = open_signals(tmp_path, folder, capture, Edits(shift=-3), build=False)
    assert all(item.complete for item in again)  # a decision needs no new peaks


def test_building_stops_at_once_and_keeps_nothing_half(tmp_path: Path) -> None:
    capture = make_capture(tmp_path, "wav", "PCM_16")
    drawn = open_signals(tmp_path, tmp_path / "captures" / "take-1", capture, build=False)
    assert not any(item.complete for item in drawn)
    stop = threading.Event()
    shares: list[float] = []

    def progress(share: float) -> None:
        shares.append(share)
        if len(shares) == 2:
            stop.set()

    with pytest.raises(StoppedError):
        build_peaks(drawn, stop, progress)
    assert 0 < shares[-1] < 0.5
    low, _ = drawn[0].source.peaks(0, SAMPLES, 100)
    known = np.isfinite(low)
    assert known[:50].all()  # what was read can be seen
    assert not known[70:].any()
    assert not (tmp_path / ".trimpot").exists()


def test_a_recording_that_vanishes_is_drawn_as_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    soundfile.write(path, np.zeros(2000, np.float32), RATE, subtype="FLOAT")
    audio = SoundPieces(FileAudio(path))
    assert not audio.read(0, 10).any()
    path.write_bytes(path.read_bytes()[:1000])
    assert np.isnan(audio.read(1500, 1510)).all() or not audio.read(1500, 1510).any()


class Recorder:
    """What a loader told."""

    def __init__(self, loader: SignalLoader) -> None:
        self.opened: list[OpenedCapture] = []
        self.failures: list[Exception] = []
        self.ends = 0
        loader.opened.connect(self.opened.append)
        loader.failed.connect(self.failures.append)
        loader.finished.connect(self._end)

    def _end(self) -> None:
        self.ends += 1


@pytest.fixture
def opener(tmp_path: Path) -> Callable[[], OpenedCapture]:
    """Opens a capture of outside recordings, as a stage's view does."""
    capture = make_capture(tmp_path, "wav", "PCM_16")

    def open_it() -> OpenedCapture:
        found = open_signals(tmp_path, tmp_path / "captures" / "take-1", capture, build=False)
        return OpenedCapture(capture, Edits(), tuple(found))

    return open_it


def test_signals_come_before_their_peaks(opener: Callable[[], OpenedCapture], qtbot: QtBot) -> None:
    loader = SignalLoader()
    told = Recorder(loader)
    loader.start(opener)
    qtbot.waitUntil(lambda: told.ends == 1)
    assert len(told.opened) == 1
    assert not told.failures
    assert not loader.busy
    low, _ = told.opened[0].drawn[0].source.peaks(0, SAMPLES, 50)
    assert np.isfinite(low).all()


def test_looking_at_something_else_stops_the_building(
    opener: Callable[[], OpenedCapture], qtbot: QtBot
) -> None:
    loader = SignalLoader()
    told = Recorder(loader)
    gate = threading.Event()

    class Slow:
        def __init__(self, audio: FileAudio) -> None:
            self.audio, self.count = audio, 0

        def read(self, start: int, stop: int) -> np.ndarray:
            self.count += 1
            gate.wait(10)
            return self.audio.read(start, stop)

    slow: list[Slow] = []

    def open_slowly() -> OpenedCapture:
        from dataclasses import replace

        found = opener()
        slow.extend(Slow(item.audio) for item in found.drawn)  # type: ignore[arg-type]
        drawn = [replace(d, audio=s) for d, s in zip(found.drawn, slow, strict=True)]
        return replace(found, drawn=tuple(drawn))

    loader.start(open_slowly)
    qtbot.waitUntil(lambda: bool(slow) and slow[0].count == 1)
    loader.start(opener)
    gate.set()
    qtbot.waitUntil(lambda: told.ends == 1)
    QThreadPool.globalInstance().waitForDone(5000)
    qtbot.wait(20)
    assert slow[0].count == 1  # the piece that was being read was the last
    assert told.ends == 1
    assert not told.failures


def test_what_cannot_be_opened_is_said(qtbot: QtBot) -> None:
    loader = SignalLoader()
    told = Recorder(loader)

    def fail() -> OpenedCapture:
        raise ValueError("no such thing")

    loader.start(fail)
    qtbot.waitUntil(lambda: bool(told.failures))
    assert not loader.busy
