"""Signals to draw that are read piece by piece, moved in time, or turned over."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from widgets.peaks import Float32, PeakPyramid, PeakSource, column_edges, edge_peaks

TILE = 1 << 15
"""Samples that are read, and kept, at a time."""
KEPT_TILES = 48
"""Of one signal: 6 MiB."""


class Pieces(Protocol):
    """Audio of which a piece can be read."""

    def read(self, start: int, stop: int) -> Float32:
        """The samples ``start <= n < stop``, all of which are there."""
        ...


class StreamSource:
    """A :class:`PeakSource` over audio that is read piece by piece; memory stays bounded.

    It may be asked from several threads: the audio is read by one at a time.

    Parameters
    ----------
    audio : Pieces
        The signal.
    sample_rate : float
        In Hz.
    pyramid : PeakPyramid
        Its peaks, which may be filled while they are drawn.
    """

    def __init__(self, audio: Pieces, sample_rate: float, pyramid: PeakPyramid) -> None:
        if not sample_rate > 0:
            raise ValueError("A signal needs a sample rate.")
        self._audio = audio
        self._rate = float(sample_rate)
        self.pyramid = pyramid
        self._tiles: OrderedDict[int, Float32] = OrderedDict()
        self._lock = threading.Lock()

    @property
    def n_samples(self) -> int:
        """Length in samples."""
        return self.pyramid.n_samples

    @property
    def sample_rate(self) -> float:
        """Samples a second."""
        return self._rate

    def samples(self, start: int, stop: int) -> Float32:
        """The samples ``start <= n < stop``, within what is there."""
        start, stop = max(start, 0), min(stop, self.n_samples)
        if stop <= start:
            return np.zeros(0, np.float32)
        with self._lock:
            first, last = start // TILE, -(-stop // TILE)
            if last - first > KEPT_TILES // 2:
                return self._audio.read(start, stop)
            tiles = [self._tile(number) for number in range(first, last)]
        joined = tiles[0] if len(tiles) == 1 else np.concatenate(tiles)
        return joined[start - first * TILE : stop - first * TILE]

    def _tile(self, number: int) -> Float32:
        found = self._tiles.get(number)
        if found is None:
            start = number * TILE
            found = self._audio.read(start, min(start + TILE, self.n_samples))
            self._tiles[number] = found
            if len(self._tiles) > KEPT_TILES:
                self._tiles.popitem(last=False)
        else:
            self._tiles.move_to_end(number)
        return found

    def peaks(self, start: int, stop: int, columns: int) -> tuple[Float32, Float32]:
        """Minimum and maximum of each column; not-a-number where nothing is known yet."""
        return self.peaks_between(column_edges(start, stop, columns, self.n_samples))

    def peaks_between(self, edges: NDArray[np.int64]) -> tuple[Float32, Float32]:
        """Minimum and maximum between each two neighbours of rising edges."""
        return edge_peaks(self.pyramid, self.samples, edges)


class MovedSource:
    """A :class:`PeakSource` that shows another ``shift`` samples earlier, and turned over.

    It is as long as the other; where the shift leaves nothing, samples are not-a-number.

    Parameters
    ----------
    source : PeakSource
        The signal as it is.
    shift : int
        How many samples late it is.
    flip : bool
        Whether to invert it.
    """

    def __init__(self, source: PeakSource, shift: int, *, flip: bool = False) -> None:
        self._source = source
        self._shift = shift
        self._flip = flip

    @property
    def n_samples(self) -> int:
        """Length in samples."""
        return self._source.n_samples

    @property
    def sample_rate(self) -> float:
        """Samples a second."""
        return self._source.sample_rate

    def _there(self, start: int, stop: int) -> tuple[int, int]:
        first = min(max(start + self._shift, 0), self.n_samples)
        return first, max(first, min(stop + self._shift, self.n_samples))

    def samples(self, start: int, stop: int) -> Float32:
        """The samples ``start <= n < stop``, within what is there."""
        start, stop = max(start, 0), min(stop, self.n_samples)
        out = np.full(max(stop - start, 0), np.nan, np.float32)
        first, last = self._there(start, stop)
        if last > first:
            at = first - self._shift - start
            found = self._source.samples(first, last)
            out[at : at + len(found)] = -found if self._flip else found
        return out

    def peaks(self, start: int, stop: int, columns: int) -> tuple[Float32, Float32]:
        """Minimum and maximum of each column."""
        return self.peaks_between(column_edges(start, stop, columns, self.n_samples))

    def peaks_between(self, edges: NDArray[np.int64]) -> tuple[Float32, Float32]:
        """Minimum and maximum between each two neighbours of rising edges."""
        low, high = np.full((2, max(len(edges) - 1, 0)), np.nan, np.float32)
        # What lies beside the signal gives columns without width: those stay unknown.
        there = np.clip(edges + self._shift, 0, self.n_samples)
        known = np.flatnonzero(there[1:] > there[:-1])
        if len(known):
            first, last = int(known[0]), int(known[-1]) + 1
            low[first:last], high[first:last] = self._source.peaks_between(there[first : last + 1])
        return (-high, -low) if self._flip else (low, high)
