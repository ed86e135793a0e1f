"""Minima and maxima of long signals at every zoom level, computed once, read in milliseconds."""

from __future__ import annotations

import os
import struct
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Float32 = NDArray[np.float32]

BASE = 128
"""Samples a pair of the finest level."""
FACTOR = 8
"""How many pairs of one level make one of the next."""
MAGIC = b"TRIMPEAK"
VERSION = 1
MAX_PAIRS = 1 << 28
_HEADER = struct.Struct("<8sIIQd32s")
CHUNK = BASE << 12
"""Samples that a pyramid is filled with at a time."""


class PeakFileError(Exception):
    """A peak file cannot be used; it can always be made again from the audio."""


class PeakSource(Protocol):
    """What a waveform view needs of a signal."""

    @property
    def n_samples(self) -> int:
        """Length in samples."""
        ...

    @property
    def sample_rate(self) -> float:
        """Samples a second."""
        ...

    def peaks(self, start: int, stop: int, columns: int) -> tuple[Float32, Float32]:
        """Minimum and maximum of each of ``columns`` equal parts of ``start <= n < stop``.

        A column may take in a little of its neighbours (less than half of its own width), never
        leave anything of its own out.
        """
        ...

    def peaks_between(self, edges: NDArray[np.int64]) -> tuple[Float32, Float32]:
        """The same for columns between each two neighbours of ``edges``, which rise."""
        ...

    def samples(self, start: int, stop: int) -> Float32:
        """The samples ``start <= n < stop`` themselves."""
        ...


@dataclass(frozen=True)
class PeakPyramid:
    """Minima and maxima in blocks of 128 samples, of 1024, and so on up to a few.

    ``levels[k]`` is float32[2, n_k]: row 0 the minima, row 1 the maxima of blocks of
    ``128 * 8**k`` samples; the last block may be short. Not-a-number counts as absent: so a
    pyramid can be drawn while it is being filled.
    """

    n_samples: int
    levels: tuple[Float32, ...]

    @classmethod
    def empty(cls, n_samples: int) -> PeakPyramid:
        """A pyramid that knows nothing yet, to be filled."""
        levels = [np.full((2, -(-n_samples // BASE)), np.nan, np.float32)]
        while levels[-1].shape[1] > 64:
            pairs = -(-levels[-1].shape[1] // FACTOR)
            levels.append(np.full((2, pairs), np.nan, np.float32))
        return cls(n_samples, tuple(levels))

    @classmethod
    def build(
        cls, array: NDArray[Any], progress: Callable[[float], object] | None = None
    ) -> PeakPyramid:
        """Read a signal once, half a megasample at a time.

        Parameters
        ----------
        array : real[n]
            The signal, in memory or mapped.
        progress : callable, optional
            Called with the fraction done, in 0..1, after each chunk; raising from it cancels.
        """
        if array.ndim != 1:
            raise ValueError("A peak pyramid is built from one channel.")
        made = cls.empty(len(array))
        made.fill_all(lambda start, stop: np.asarray(array[start:stop], np.float32), progress)
        return made

    def fill_all(
        self,
        read: Callable[[int, int], Float32],
        progress: Callable[[float], object] | None = None,
    ) -> None:
        """Fill it from the start to the end, reading ``start <= n < stop`` piece by piece."""
        for start in range(0, self.n_samples, CHUNK):
            stop = min(start + CHUNK, self.n_samples)
            self.fill(start, read(start, stop))
            if progress is not None:
                progress(stop / self.n_samples)

    def fill(self, start: int, samples: Float32) -> None:
        """Take in samples from ``start``, a multiple of :data:`CHUNK`; others may draw meanwhile.

        Raises
        ------
        ValueError
            They do not begin where a chunk does, or end neither there nor with the signal.
        """
        stop = start + len(samples)
        if start % CHUNK or (stop != self.n_samples and len(samples) % CHUNK):
            raise ValueError("A peak pyramid is filled in whole chunks.")
        first = start // BASE
        low, high = _fold(samples, samples, BASE)
        last = first + len(low)
        self.base[0, first:last], self.base[1, first:last] = low, high
        for below, level in pairwise(self.levels):
            first, last = first // FACTOR, -(-last // FACTOR)
            part = below[:, first * FACTOR : last * FACTOR]
            low, high = _fold(part[0], part[1], FACTOR)
            level[0, first:last], level[1, first:last] = low, high

    @property
    def base(self) -> Float32:
        """The finest level."""
        return self.levels[0]

    def level_for(self, samples_a_column: float) -> int:
        """The coarsest level that is fine enough for a zoom; -1 asks for the samples."""
        level = -1
        while level + 1 < len(self.levels) and 2 * BASE * FACTOR ** (level + 1) <= samples_a_column:
            level += 1
        return level

    def save(self, path: Path, tag: bytes = b"") -> None:
        """Write the finest level to a file, replacing it whole.

        ``tag`` (at most 32 bytes) says which state of the audio it belongs to.
        """
        if len(tag) > 32:
            raise ValueError("The tag of a peak file holds at most 32 bytes.")
        header = _HEADER.pack(MAGIC, VERSION, BASE, self.n_samples, 0.0, tag)
        partial = path.with_name(f"{path.name}.{os.getpid()}.part")
        try:
            with partial.open("wb") as file:
                file.write(header)
                file.write(np.ascontiguousarray(self.base, "<f4").tobytes())
            partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)

    @classmethod
    def load(cls, path: Path, n_samples: int, tag: bytes = b"") -> PeakPyramid:
        """Read a peak file of a signal of ``n_samples``.

        Raises
        ------
        PeakFileError
            It is missing, damaged, or belongs to other audio: build it again.
        """
        pairs = -(-n_samples // BASE)
        expected = _HEADER.size + 8 * pairs
        try:
            with path.open("rb") as file:
                size = os.fstat(file.fileno()).st_size
                if size != expected or pairs > MAX_PAIRS:
                    raise PeakFileError(f"The peak file {path} does not fit its audio.")
                data = file.read(expected)
        except OSError as error:
            raise PeakFileError(f"The peak file {path} cannot be read: {error}.") from error
        if len(data) != expected:
            raise PeakFileError(f"The peak file {path} is cut short.")
        magic, version, base, count, _, found_tag = _HEADER.unpack_from(data)
        told = (magic, version, base, count, found_tag)
        if told != (MAGIC, VERSION, BASE, n_samples, tag.ljust(32, b"\0")):
            raise PeakFileError(f"The peak file {path} belongs to other audio.")
        values = np.frombuffer(data, "<f4", offset=_HEADER.size).reshape(2, pairs)
        return cls(n_samples, _raise_levels(values.astype(np.float32, copy=False)))


class ArraySource:
    """A :class:`PeakSource` over an array, in memory or mapped, with its pyramid.

    Parameters
    ----------
    array : real[n]
        The signal.
    sample_rate : float
        In Hz.
    pyramid : PeakPyramid, optional
        Its pyramid; built here where it is left out, which takes about a second for each
        100 million samples: for long signals build it in a worker.
    """

    def __init__(
        self, array: NDArray[Any], sample_rate: float, pyramid: PeakPyramid | None = None
    ) -> None:
        if not sample_rate > 0:
            raise ValueError("A signal needs a sample rate.")
        self._array = array
        self._rate = float(sample_rate)
        self._pyramid = PeakPyramid.build(array) if pyramid is None else pyramid
        if self._pyramid.n_samples != len(array):
            raise ValueError("The peaks belong to a signal of another length.")

    @property
    def n_samples(self) -> int:
        """Length in samples."""
        return len(self._array)

    @property
    def sample_rate(self) -> float:
        """Samples a second."""
        return self._rate

    def samples(self, start: int, stop: int) -> Float32:
        """The samples ``start <= n < stop``, within what is there."""
        return np.asarray(self._array[max(start, 0) : max(stop, 0)], np.float32)

    def peaks(self, start: int, stop: int, columns: int) -> tuple[Float32, Float32]:
        """Minimum and maximum of each column; exact where the samples themselves are read."""
        return self.peaks_between(column_edges(start, stop, columns, self.n_samples))

    def peaks_between(self, edges: NDArray[np.int64]) -> tuple[Float32, Float32]:
        """Minimum and maximum between each two neighbours of rising edges."""
        return edge_peaks(self._pyramid, self.samples, edges)


def column_edges(start: int, stop: int, columns: int, n_samples: int) -> NDArray[np.int64]:
    """The edges int64[columns + 1] of equal parts of ``start <= n < stop``, within the signal.

    There are no more columns than samples.
    """
    start, stop = max(start, 0), min(stop, n_samples)
    columns = max(min(columns, stop - start), 0)
    return start + np.arange(columns + 1, dtype=np.int64) * (stop - start) // max(columns, 1)


def edge_peaks(
    pyramid: PeakPyramid, samples: Callable[[int, int], Float32], edges: NDArray[np.int64]
) -> tuple[Float32, Float32]:
    """What :meth:`PeakSource.peaks_between` promises, from a pyramid or, near, from samples."""
    if len(edges) < 2:
        return np.zeros(0, np.float32), np.zeros(0, np.float32)
    start, stop = int(edges[0]), int(edges[-1])
    level = pyramid.level_for((stop - start) / (len(edges) - 1))
    if level < 0:
        chunk = samples(start, stop)
        starts = edges[:-1] - start
        return np.fmin.reduceat(chunk, starts), np.fmax.reduceat(chunk, starts)
    block = BASE * FACTOR**level
    low, high = pyramid.levels[level]
    first, last = edges[:-1] // block, -(-edges[1:] // block)
    part = slice(int(first[0]), int(last[-1]))
    return _reduce(low[part], high[part], first - first[0], last - first[0])


def _reduce(
    low: Float32, high: Float32, first: NDArray[np.int64], last: NDArray[np.int64]
) -> tuple[Float32, Float32]:
    """Minimum and maximum over each of the ranges ``first[i] <= n < last[i]``."""
    bounds = np.empty(2 * len(first), np.int64)
    bounds[0::2], bounds[1::2] = first, last
    if bounds[-1] >= len(low):
        bounds = bounds[:-1]
    # A range that ends where another has begun yields a lone element between: every second counts.
    safe_low, safe_high = np.append(low, low[-1:]), np.append(high, high[-1:])
    lows = np.fmin.reduceat(safe_low[: len(low) + 1], bounds)[0::2]
    highs = np.fmax.reduceat(safe_high[: len(high) + 1], bounds)[0::2]
    return lows, highs


def _fold(low: Float32, high: Float32, block: int) -> tuple[Float32, Float32]:
    """Minima and maxima of whole blocks, and of the short one at the end."""
    whole = len(low) // block * block
    lows = np.fmin.reduce(low[:whole].reshape(-1, block), axis=1)
    highs = np.fmax.reduce(high[:whole].reshape(-1, block), axis=1)
    if whole < len(low):
        lows = np.append(lows, np.fmin.reduce(low[whole:]))
        highs = np.append(highs, np.fmax.reduce(high[whole:]))
    return lows.astype(np.float32, copy=False), highs.astype(np.float32, copy=False)


def _raise_levels(base: Float32) -> tuple[Float32, ...]:
    """The coarser levels over the finest, until few pairs are left."""
    levels = [base]
    while levels[-1].shape[1] > 64:
        low, high = levels[-1]
        levels.append(np.stack(_fold(low, high, FACTOR)))
    return tuple(levels)
