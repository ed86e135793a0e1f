"""Spectra of what is on screen: right in frequency, time and level, off the window's thread."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from widgets.peaks import ArraySource
from widgets.spectra_tiles import (
    COLUMNS,
    FLOOR_DB,
    ROWS,
    Grid,
    TilePlace,
    compute_tile,
    hop_for,
    tiles_between,
)
from widgets.spectrogram import KEPT_TILES, Spectrogram
from widgets.waveform import WaveSignal

RATE = 44_100


def tone(seconds: float = 6.0, hertz: float = 1000.0, level: float = 0.5) -> ArraySource:
    time = np.arange(round(seconds * RATE)) / RATE
    return ArraySource((level * np.sin(2 * np.pi * hertz * time)).astype(np.float32), RATE)


def decibels(tile: np.ndarray) -> np.ndarray:
    return FLOOR_DB * (1 - tile / 255.0)


@pytest.mark.parametrize("size", [512, 2048, 8192])
@pytest.mark.parametrize("logarithmic", [True, False])
@pytest.mark.parametrize("hop", [64, 512])
def test_a_tone_stands_at_its_frequency_and_level(size: int, logarithmic: bool, hop: int) -> None:
    grid = Grid(size, logarithmic)
    tile = compute_tile(tone(), TilePlace(hop, 1), grid)
    assert tile.shape == (ROWS, COLUMNS)
    levels = decibels(tile[:, COLUMNS // 2])
    row = int(levels.argmax())
    edges = grid.edges(RATE)
    spacing = RATE / size
    assert edges[row] - spacing <= 1000 <= edges[row + 1] + spacing
    # A Hann window loses up to 1.4 dB between two bins, and a row between bins a little more.
    assert levels[row] == pytest.approx(20 * np.log10(0.5), abs=3.0)
    assert np.median(levels) < -70


def test_from_afar_few_windows_are_read_and_the_level_holds() -> None:
    class Counting:
        def __init__(self) -> None:
            self.inner = tone(60.0)
            self.count = 0
            self.n_samples, self.sample_rate = self.inner.n_samples, self.inner.sample_rate

        def samples(self, start: int, stop: int) -> np.ndarray:
            self.count += stop - start
            return self.inner.samples(start, stop)

        peaks = peaks_between = None

    source = Counting()
    tile = compute_tile(source, TilePlace(16_384, 0), Grid())  # type: ignore[arg-type]
    assert decibels(tile).max() == pytest.approx(-6, abs=3)
    assert source.count <= 3 * 2048 * COLUMNS


def test_time_is_kept_and_the_outside_is_silent() -> None:
    samples = np.zeros(4 * RATE, np.float32)
    samples[2 * RATE :] = np.random.default_rng(0).standard_normal(2 * RATE) * 0.1
    tile = compute_tile(ArraySource(samples, RATE), TilePlace(1024, 0), Grid(512))
    loud = decibels(tile).max(axis=0) > -80
    assert np.flatnonzero(loud)[0] == pytest.approx(2 * RATE / 1024, abs=1)
    after = compute_tile(ArraySource(samples, RATE), TilePlace(1024, 3), Grid(512))
    assert not after.any()


def test_what_is_not_a_number_is_silence() -> None:
    samples = np.full(RATE, np.nan, np.float32)
    assert not compute_tile(ArraySource(samples, RATE), TilePlace(256, 0), Grid()).any()


def test_tiles_cover_the_view() -> None:
    hop = hop_for(10 * RATE, 900)
    assert hop & (hop - 1) == 0
    assert 300 <= 10 * RATE / hop <= 1800
    places = tiles_between(3.0 * RATE, 13.0 * RATE, 20 * RATE, hop)
    assert min(place.start for place in places) <= 3.0 * RATE
    assert max(place.stop for place in places) >= 13.0 * RATE
    assert tiles_between(0, 10, 0, 64) == []


@pytest.fixture
def view(qtbot: QtBot) -> Spectrogram:
    made = Spectrogram()
    qtbot.addWidget(made)
    made.resize(800, 300)
    made.show()
    qtbot.waitExposed(made)
    made.set_signals(
        [
            WaveSignal("dry", "dry", "dry", tone(hertz=300.0)),
            WaveSignal("wet", "wet", "wet", tone()),
        ]
    )
    made.set_view_range(0.0, 6.0)
    qtbot.waitUntil(lambda: bool(made._wanted) and made.pending == 0)
    return made


def test_the_view_is_filled_in_the_background(view: Spectrogram, qtbot: QtBot) -> None:
    assert view.signal is not None
    assert view.signal.name == "wet"
    assert set(view._items) == set(view._wanted)
    assert view._level_at(3.0, 1000.0) == pytest.approx(-6, abs=3)
    view.show_signal("dry")
    qtbot.waitUntil(lambda: view._wanted[0][0] == "dry" and view.pending == 0)
    assert view._level_at(3.0, 1000.0) < -60
    assert view._level_at(3.0, 300.0) == pytest.approx(-6, abs=3)


def test_zooming_asks_for_finer_tiles_and_drops_the_others(view: Spectrogram, qtbot: QtBot) -> None:
    coarse = view._wanted[0][2].hop
    view.set_view_range(2.0, 2.2)
    qtbot.waitUntil(lambda: view._wanted[0][2].hop < coarse and view.pending == 0)
    assert set(view._items) == set(view._wanted)
    assert len(view._tiles) <= KEPT_TILES


def test_linear_frequency_and_another_window(view: Spectrogram, qtbot: QtBot) -> None:
    view._log.setChecked(False)
    view._size.setCurrentIndex(2)
    qtbot.waitUntil(lambda: view._wanted[0][1] == Grid(8192, False) and view.pending == 0)
    assert view._level_at(3.0, 1000.0) == pytest.approx(-6, abs=3)
    low, high = view._box.viewRange()[1]
    assert (low, high) == (0.0, RATE / 2)


def test_its_data_and_picture_can_be_copied(view: Spectrogram) -> None:
    view.canvas.copy_data()
    lines = QApplication.clipboard().text().splitlines()
    assert lines[0].startswith("seconds\t20 Hz")
    assert len(lines) > 100
    assert len(lines[1].split("\t")) == ROWS + 1
    view.canvas.copy_picture()
    assert QApplication.clipboard().pixmap().width() == 2 * view.canvas.width()


def test_no_signals_no_work(view: Spectrogram, qtbot: QtBot) -> None:
    view.set_signals([])
    qtbot.wait(20)
    assert view.pending == 0
    assert not view._items
    assert view.visible_data() == ""
