"""Spectra of long signals, tile by tile: only what is on screen, at the screen's resolution."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from widgets.peaks import PeakSource

COLUMNS = 128
"""Of a tile."""
ROWS = 320
"""Of a tile: frequencies, linear or logarithmic."""
FLOOR_DB = -120.0
LOWEST = 20.0
"""Hz, of a logarithmic axis."""
MOST_WINDOWS = 3
"""Looked at in one column: from afar not all audio is read, but evenly spread windows of it."""


@dataclass(frozen=True)
class Grid:
    """How a signal is cut: ``size`` samples a window, rows linear or logarithmic in frequency."""

    size: int = 2048
    logarithmic: bool = True

    def edges(self, rate: float) -> NDArray[np.float64]:
        """Frequencies between the rows, float64[ROWS + 1], in Hz."""
        top = rate / 2
        if self.logarithmic:
            return np.geomspace(LOWEST, max(top, 2 * LOWEST), ROWS + 1)
        return np.linspace(0.0, top, ROWS + 1)


@dataclass(frozen=True)
class TilePlace:
    """A tile: columns ``hop`` samples wide from column ``number * COLUMNS`` on."""

    hop: int
    number: int

    @property
    def start(self) -> int:
        """Its first sample."""
        return self.number * COLUMNS * self.hop

    @property
    def stop(self) -> int:
        """The sample behind its last."""
        return self.start + COLUMNS * self.hop


def hop_for(samples: float, pixels: float) -> int:
    """The width of a column in samples, a power of two, so that tiles fit at any place."""
    return 1 << max(math.floor(math.log2(max(samples / max(pixels, 1.0), 16.0)) + 0.5), 4)


def tiles_between(start: float, stop: float, n_samples: int, hop: int) -> list[TilePlace]:
    """The tiles that show a stretch (in samples), the middle one first."""
    wide = COLUMNS * hop
    first = max(int(start // wide), 0)
    last = min(int(stop // wide), (n_samples - 1) // wide)
    middle = (first + last) / 2
    found = [TilePlace(hop, number) for number in range(first, last + 1)]
    return sorted(found, key=lambda tile: abs(tile.number - middle))


def compute_tile(source: PeakSource, place: TilePlace, grid: Grid) -> NDArray[np.uint8]:
    """Levels of a tile, uint8[ROWS, COLUMNS]: 0 is -120 dBFS, 255 full scale (a sine's peak).

    Hann windows; the power of several windows in a column is averaged.
    """
    windows = 1 if place.hop <= grid.size else min(MOST_WINDOWS, -(-place.hop // grid.size))
    frames = _frames(source, place, grid.size, windows)
    shape = np.hanning(grid.size + 1)[:-1].astype(np.float32)
    spectra = np.fft.rfft(frames * shape, axis=1)
    power = (spectra.real**2 + spectra.imag**2).astype(np.float32)
    power = power.reshape(COLUMNS, windows, -1).mean(axis=1) * (2.0 / float(shape.sum())) ** 2
    rows = _rows(power, grid, source.sample_rate)
    levels = 10.0 * np.log10(np.maximum(rows, 10.0 ** (FLOOR_DB / 10)))
    scaled = np.clip((levels - FLOOR_DB) / -FLOOR_DB, 0.0, 1.0) * 255.0
    return np.ascontiguousarray(scaled.round().astype(np.uint8).T)


def _frames(source: PeakSource, place: TilePlace, size: int, windows: int) -> NDArray[np.float32]:
    """float32[COLUMNS * windows, size], silence where the signal is not."""
    offsets = (np.arange(windows) + 0.5) * place.hop / windows - size / 2
    columns = place.start + np.arange(COLUMNS) * place.hop
    starts = (columns[:, None] + np.round(offsets).astype(np.int64)[None, :]).ravel()
    frames = np.zeros((len(starts), size), np.float32)
    if place.hop < 4 * size:
        begin, end = int(starts[0]), int(starts[-1]) + size
        whole = _read(source, begin, end)
        for row, start in enumerate((starts - begin).tolist()):
            frames[row] = whole[start : start + size]
    else:
        for row, start in enumerate(starts.tolist()):
            frames[row] = _read(source, start, start + size)
    return frames


def _read(source: PeakSource, start: int, stop: int) -> NDArray[np.float32]:
    out = np.zeros(stop - start, np.float32)
    first, last = max(start, 0), min(stop, source.n_samples)
    if last > first:
        found = source.samples(first, last)
        out[first - start : first - start + len(found)] = np.nan_to_num(found, posinf=0, neginf=0)
    return out


def _rows(power: NDArray[np.float32], grid: Grid, rate: float) -> NDArray[np.float32]:
    """float32[COLUMNS, ROWS]: the strongest bin in each row; between bins, a line is drawn."""
    bins = grid.edges(rate) * grid.size / rate
    last = power.shape[1] - 1
    centre = np.clip((bins[:-1] + bins[1:]) / 2, 0, last)
    below = np.floor(centre).astype(np.int64)
    above = np.minimum(below + 1, last)
    part = (centre - below).astype(np.float32)
    rows = power[:, below] * (1 - part) + power[:, above] * part
    first = np.ceil(bins[:-1]).astype(np.int64)
    stop = np.minimum(np.floor(bins[1:]).astype(np.int64) + 1, last + 1)
    for row in np.flatnonzero(stop - first >= 2).tolist():
        rows[:, row] = power[:, first[row] : stop[row]].max(axis=1)
    return rows
