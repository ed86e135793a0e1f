"""Peaks against the samples themselves, at every zoom, and the file that keeps them."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from widgets.peaks import BASE, FACTOR, ArraySource, PeakFileError, PeakPyramid


def noise(count: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(count).astype(np.float32)


def brute(signal: np.ndarray, start: int, stop: int, columns: int) -> tuple[list[int], list, list]:
    edges = [start + k * (stop - start) // columns for k in range(columns + 1)]
    lows = [signal[a:b].min() for a, b in pairwise(edges)]
    highs = [signal[a:b].max() for a, b in pairwise(edges)]
    return edges, lows, highs


LONG = noise(300_001)
LONG_SOURCE = ArraySource(LONG, 48_000)


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_each_column_holds_its_own_and_at_most_half_a_neighbour(data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(LONG) - 1))
    stop = data.draw(st.integers(start + 1, len(LONG)))
    columns = data.draw(st.integers(1, 400))
    low, high = LONG_SOURCE.peaks(start, stop, columns)
    columns = min(columns, stop - start)
    assert len(low) == len(high) == columns
    edges, lows, highs = brute(LONG, start, stop, columns)
    width = (stop - start) / columns
    for k in range(columns):
        assert low[k] <= lows[k]
        assert high[k] >= highs[k]
        left = max(int(edges[k] - width / 2) - 1, 0)
        right = int(edges[k + 1] + width / 2) + 2
        assert low[k] >= LONG[left:right].min()
        assert high[k] <= LONG[left:right].max()


@settings(max_examples=60, deadline=None)
@given(
    count=st.integers(1, 3000),
    columns=st.integers(1, 50),
    seed=st.integers(0, 100),
)
def test_near_view_is_exact(count: int, columns: int, seed: int) -> None:
    signal = noise(count, seed)
    columns = max(columns, -(-count // (2 * BASE - 1)))
    low, high = ArraySource(signal, 44_100).peaks(0, count, columns)
    _, lows, highs = brute(signal, 0, count, min(columns, count))
    np.testing.assert_array_equal(low, lows)
    np.testing.assert_array_equal(high, highs)


def test_the_whole_signal_in_one_column() -> None:
    low, high = LONG_SOURCE.peaks(0, len(LONG), 1)
    assert low[0] == LONG.min()
    assert high[0] == LONG.max()


def test_a_single_sample_is_never_lost() -> None:
    signal = np.zeros(2_000_000, np.float32)
    signal[1_234_567] = -0.75
    low, high = ArraySource(signal, 48_000).peaks(0, len(signal), 700)
    assert low.min() == -0.75
    assert np.count_nonzero(low) <= 2
    assert not high.any()


def test_levels_of_the_pyramid_are_the_blocks_extremes() -> None:
    pyramid = PeakPyramid.build(LONG)
    for number, level in enumerate(pyramid.levels):
        block = BASE * FACTOR**number
        assert level.shape == (2, -(-len(LONG) // block))
        assert level[0, 0] == LONG[:block].min()
        assert level[1, -1] == LONG[(level.shape[1] - 1) * block :].max()


def test_missing_samples_hide_nothing_else() -> None:
    signal = noise(100_000)
    signal[5000:5010] = np.nan
    pyramid = PeakPyramid.build(signal)
    assert np.isfinite(pyramid.base).all()
    assert np.isfinite(ArraySource(signal, 48_000, pyramid).peaks(0, 100_000, 100)[0]).all()


def test_empty_and_outside() -> None:
    source = ArraySource(np.zeros(0, np.float32), 48_000)
    assert [len(part) for part in source.peaks(0, 0, 100)] == [0, 0]
    assert [len(part) for part in LONG_SOURCE.peaks(len(LONG), len(LONG) + 50, 10)] == [0, 0]
    assert len(LONG_SOURCE.samples(-5, 3)) == 3


def test_progress_rises_to_one_and_can_cancel() -> None:
    signal = np.zeros(5_000_000, np.float32)
    seen: list[float] = []
    PeakPyramid.build(signal, seen.append)
    assert seen == sorted(seen)
    assert seen[-1] == 1.0
    assert len(seen) > 3

    class Stopped(Exception):
        pass

    def stop(fraction: float) -> None:
        raise Stopped

    with pytest.raises(Stopped):
        PeakPyramid.build(signal, stop)


def test_a_file_gives_the_same_pyramid(tmp_path: Path) -> None:
    path = tmp_path / "wet.peaks"
    pyramid = PeakPyramid.build(LONG)
    pyramid.save(path, b"state-1")
    again = PeakPyramid.load(path, len(LONG), b"state-1")
    assert len(again.levels) == len(pyramid.levels)
    for ours, theirs in zip(again.levels, pyramid.levels, strict=True):
        np.testing.assert_array_equal(ours, theirs)
    assert [entry.name for entry in tmp_path.iterdir()] == ["wet.peaks"]


def test_a_file_of_other_audio_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "wet.peaks"
    PeakPyramid.build(LONG).save(path, b"state-1")
    with pytest.raises(PeakFileError, match="other audio"):
        PeakPyramid.load(path, len(LONG), b"state-2")
    with pytest.raises(PeakFileError):
        PeakPyramid.load(path, len(LONG) + 10 * BASE, b"state-1")
    with pytest.raises(PeakFileError, match="cannot be read"):
        PeakPyramid.load(tmp_path / "none", len(LONG))


@pytest.mark.parametrize("size", [0, 7, 63, 64, 5000])
def test_a_damaged_file_is_refused(tmp_path: Path, size: int) -> None:
    path = tmp_path / "wet.peaks"
    PeakPyramid.build(LONG).save(path)
    path.write_bytes(path.read_bytes()[:size])
    with pytest.raises(PeakFileError):
        PeakPyramid.load(path, len(LONG))
    path.write_bytes(b"\xff" * (64 + 8 * -(-len(LONG) // BASE)))
    with pytest.raises(PeakFileError):
        PeakPyramid.load(path, len(LONG))
