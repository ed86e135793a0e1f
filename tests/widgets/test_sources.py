"""Audio read piece by piece, moved and turned over, against the same done in memory."""

from __future__ import annotations

import threading

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from widgets.peaks import CHUNK, ArraySource, PeakPyramid
from widgets.sources import KEPT_TILES, TILE, MovedSource, StreamSource

RATE = 48_000
SIGNAL = np.random.default_rng(0).standard_normal(5 * TILE + 1234).astype(np.float32)


class Pieces:
    """Audio that counts what is read of it."""

    def __init__(self, samples: np.ndarray) -> None:
        self.samples = samples
        self.read_samples = 0

    def read(self, start: int, stop: int) -> np.ndarray:
        assert 0 <= start < stop <= len(self.samples)
        self.read_samples += stop - start
        return self.samples[start:stop]


def stream(samples: np.ndarray = SIGNAL) -> tuple[StreamSource, Pieces]:
    audio = Pieces(samples)
    return StreamSource(audio, RATE, PeakPyramid.build(samples)), audio


@settings(max_examples=60, deadline=None)
@given(st.integers(-10, len(SIGNAL) + 10), st.integers(0, 3 * TILE))
def test_pieces_join_to_the_samples(start: int, count: int) -> None:
    source, _ = stream()
    expected = SIGNAL[max(start, 0) : max(start + count, 0)]
    np.testing.assert_array_equal(source.samples(start, start + count), expected)


def test_what_was_read_is_kept_but_not_without_end() -> None:
    source, audio = stream(np.zeros((KEPT_TILES + 20) * TILE, np.float32))
    source.samples(0, TILE)
    source.samples(10, TILE - 10)
    assert audio.read_samples == TILE
    for tile in range(KEPT_TILES + 20):
        source.samples(tile * TILE, tile * TILE + 5)
    assert len(source._tiles) == KEPT_TILES


def test_a_stream_draws_as_the_array_does() -> None:
    source, _ = stream()
    array = ArraySource(SIGNAL, RATE)
    for start, stop, columns in ((0, len(SIGNAL), 700), (1000, 60_000, 900), (5, 900, 300)):
        for mine, theirs in zip(
            source.peaks(start, stop, columns), array.peaks(start, stop, columns), strict=True
        ):
            np.testing.assert_array_equal(mine, theirs)


def test_threads_may_read_at_once() -> None:
    source, _ = stream()
    wrong: list[int] = []

    def read(seed: int) -> None:
        rng = np.random.default_rng(seed)
        for start in rng.integers(0, len(SIGNAL) - 5000, 200).tolist():
            same = np.array_equal(source.samples(start, start + 5000), SIGNAL[start:][:5000])
            wrong.extend([] if same else [start])

    threads = [threading.Thread(target=read, args=(seed,)) for seed in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def moved(shift: int, flip: bool) -> np.ndarray:
    out = np.full(len(SIGNAL), np.nan, np.float32)
    place = np.arange(len(SIGNAL)) + shift
    good = (place >= 0) & (place < len(SIGNAL))
    out[good] = SIGNAL[place[good]]
    return -out if flip else out


@settings(max_examples=60, deadline=None)
@given(
    st.integers(-200_000, 200_000), st.booleans(), st.integers(0, len(SIGNAL)), st.integers(1, 600)
)
def test_moved_signals_are_those_of_the_shifted_array(
    shift: int, flip: bool, start: int, columns: int
) -> None:
    source = MovedSource(ArraySource(SIGNAL, RATE), shift, flip=flip)
    expected = moved(shift, flip)
    stop = min(start + 4000, len(SIGNAL))
    np.testing.assert_array_equal(source.samples(start, stop), expected[start:stop])
    low, high = source.peaks(start, stop, columns)
    count = min(columns, stop - start)
    assert len(low) == len(high) == count
    edges = start + np.arange(count + 1) * (stop - start) // max(count, 1)
    for k in range(count):
        part = expected[edges[k] : edges[k + 1]]
        part = part[np.isfinite(part)]
        if len(part):
            assert low[k] <= part.min()
            assert high[k] >= part.max()


def test_a_pyramid_is_filled_chunk_by_chunk() -> None:
    signal = np.random.default_rng(1).standard_normal(3 * CHUNK + 77).astype(np.float32)
    whole = PeakPyramid.build(signal)
    growing = PeakPyramid.empty(len(signal))
    assert all(np.isnan(level).all() for level in growing.levels)
    growing.fill(CHUNK, signal[CHUNK : 2 * CHUNK])
    low, _ = StreamSource(Pieces(signal), RATE, growing).peaks(0, len(signal), 300)
    known = np.isfinite(low)
    assert known[110:190].all()
    assert not known[:95].any()
    for start in (2 * CHUNK, 0, 3 * CHUNK):
        growing.fill(start, signal[start : start + CHUNK])
    for mine, theirs in zip(growing.levels, whole.levels, strict=True):
        np.testing.assert_array_equal(mine, theirs)
    with pytest.raises(ValueError, match="whole chunks"):
        growing.fill(100, signal[:CHUNK])
