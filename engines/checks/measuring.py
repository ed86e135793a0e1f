"""One pass over a signal, piece by piece: levels of short blocks, flat tops, stretches of silence.

Written for hours of audio: a few nanoseconds a sample, and memory for the blocks alone.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engines.models.jit import compiled
from projects.manifest import Stretch

Float32 = NDArray[np.float32]
Float64 = NDArray[np.float64]

BLOCK = 1024
"""Samples of a block."""
FLAT_RUN = 3
"""As many equal samples in a row are a flat top."""
STILL_SECONDS = 0.005
"""A signal that stands still this long may have dropped out."""
MAX_RUNS = 200_000
NEAR_ZERO = 1e-3
NEAR_PEAK = 0.9
"""Flat tops under this share of the peak so far are nobody's clipping."""

_RUN, _VALUE, _AT, _TOPS, _STILLS, _PEAK, _RISE, _STEP = range(8)


@dataclass(frozen=True)
class Measured:
    """What one pass found.

    ``mean``, ``power``, ``low`` and ``high`` are float64[blocks]; ``starts`` and ``lengths``
    int64[blocks] say where the blocks lie. ``tops`` float64[k, 4] are runs of equal samples near
    the peak (start, length, value, the larger of the steps into and out of it), ``stills`` those
    that last 5 ms and more. ``step`` is the smallest step seen between samples where there are such
    runs: of coarsely quantised audio, its resolution.
    """

    sample_rate: int
    starts: NDArray[np.int64]
    lengths: NDArray[np.int64]
    mean: Float64
    power: Float64
    low: Float64
    high: Float64
    tops: Float64
    stills: Float64
    step: float

    @property
    def peak(self) -> float:
        """The largest magnitude."""
        return float(max(self.high.max(initial=0.0), -self.low.min(initial=0.0)))

    @property
    def total(self) -> float:
        """Mean square of it all."""
        return float(self.power @ self.lengths / max(1, self.lengths.sum()))

    @property
    def offset(self) -> float:
        """Mean of it all."""
        return float(self.mean @ self.lengths / max(1, self.lengths.sum()))

    def without(self, cuts: Iterable[Stretch]) -> Measured:
        """What is left beside stretches; blocks and flat tops that touch them go altogether."""
        keep = _clear_of(self.starts, self.starts + self.lengths, cuts)
        tops, stills = (
            runs[_clear_of(runs[:, 0], runs[:, 0] + runs[:, 1], cuts)]
            for runs in (self.tops, self.stills)
        )
        return replace(
            self,
            starts=self.starts[keep],
            lengths=self.lengths[keep],
            mean=self.mean[keep],
            power=self.power[keep],
            low=self.low[keep],
            high=self.high[keep],
            tops=tops,
            stills=stills,
        )


def _clear_of(
    starts: NDArray[Any], stops: NDArray[Any], cuts: Iterable[Stretch]
) -> NDArray[np.bool_]:
    """Which of the stretches do not touch a cut; all three in order of time."""
    ordered = sorted(cuts, key=lambda cut: cut.start)
    if not ordered:
        return np.ones(len(starts), bool)
    begins = np.array([cut.start for cut in ordered])
    ends = np.maximum.accumulate([cut.stop for cut in ordered])
    before = np.searchsorted(begins, stops, side="left")
    clear: NDArray[np.bool_] = (before == 0) | (ends[before - 1] <= starts)
    return clear


class Measuring:
    """Feed it a signal from start to end with :meth:`take`, then ask for :meth:`result`."""

    def __init__(self, sample_rate: int) -> None:
        self._rate = sample_rate
        self._blocks: list[Float64] = []
        self._rest = np.zeros(0, np.float32)
        self._last = np.array([np.nan, np.nan], np.float32)
        self._carried = np.zeros(8)
        self._carried[_VALUE] = np.nan
        self._carried[_STEP] = np.inf
        self._tops = np.zeros((MAX_RUNS, 4))
        self._stills = np.zeros((MAX_RUNS // 10, 4))
        self._still = max(32, round(STILL_SECONDS * sample_rate))

    def take(self, samples: Float32) -> None:
        """The next samples, float32[n]."""
        if len(self._rest):
            samples = np.concatenate([self._rest, samples])
        whole = len(samples) // BLOCK * BLOCK
        self._rest = samples[whole:].copy()
        if whole:
            self._take_blocks(np.ascontiguousarray(samples[:whole], np.float32), BLOCK)

    def result(self) -> Measured:
        """What was found in all that was taken; nothing can be taken after it."""
        if len(self._rest):
            self._take_blocks(self._rest, len(self._rest))
        n = int(self._carried[_AT])
        _end_run(np.nan, self._carried, self._tops, self._stills, self._still)
        blocks = np.concatenate(self._blocks) if self._blocks else np.zeros((0, 4))
        starts = BLOCK * np.arange(len(blocks))
        return Measured(
            sample_rate=self._rate,
            starts=starts,
            lengths=np.minimum(BLOCK, n - starts),
            mean=blocks[:, 0],
            power=blocks[:, 1],
            low=blocks[:, 2],
            high=blocks[:, 3],
            tops=self._tops[: int(self._carried[_TOPS])].copy(),
            stills=self._stills[: int(self._carried[_STILLS])].copy(),
            step=float(self._carried[_STEP]),
        )

    def _take_blocks(self, samples: Float32, size: int) -> None:
        parts = samples.reshape(-1, size)
        figures = np.empty((len(parts), 4))
        figures[:, 0] = parts.mean(axis=1)
        figures[:, 1] = np.einsum("ij,ij->i", parts, parts) / size
        figures[:, 2] = np.minimum(parts.min(axis=1), 0.0)
        figures[:, 3] = np.maximum(parts.max(axis=1), 0.0)
        self._blocks.append(figures)
        joined = np.concatenate([self._last, samples])
        same = joined[1:] == joined[:-1]
        flat = (same[1:] & same[:-1]).reshape(-1, size).any(axis=1)
        self._last = joined[-2:].copy()
        reach = np.maximum(figures[:, 3], -figures[:, 2])
        _find_runs(
            parts,
            flat,
            reach,
            self._carried,
            self._tops,
            self._stills,
            self._still,
        )


def measured(samples: NDArray[np.float32] | Float64, sample_rate: int) -> Measured:
    """:class:`Measured` of samples in memory, float[n]."""
    measuring = Measuring(sample_rate)
    measuring.take(np.asarray(samples, np.float32))
    return measuring.result()


@compiled(inline=True)
def _end_run(after: float, carried: Float64, tops: Float64, stills: Float64, still: int) -> None:
    length, value, at = carried[_RUN], carried[_VALUE], carried[_AT]
    if length < FLAT_RUN:
        return
    # Beyond the ends there is nothing to compare with.
    fall = abs(value - after) if after == after else 0.0
    edge = max(carried[_RISE], fall)
    if abs(value) > max(NEAR_ZERO, NEAR_PEAK * carried[_PEAK]):
        row = int(carried[_TOPS])
        if row < len(tops):
            tops[row, 0], tops[row, 1], tops[row, 2] = at - length, length, value
            tops[row, 3] = edge
            carried[_TOPS] += 1.0
    if length >= still:
        row = int(carried[_STILLS])
        if row < len(stills):
            stills[row, 0], stills[row, 1], stills[row, 2] = at - length, length, value
            stills[row, 3] = edge
            carried[_STILLS] += 1.0


@compiled(inline=True)
def _next(value: float, carried: Float64, tops: Float64, stills: Float64, still: int) -> None:
    if value == carried[_VALUE]:
        carried[_RUN] += 1.0
    else:
        _end_run(value, carried, tops, stills, still)
        step = abs(value - carried[_VALUE]) if carried[_VALUE] == carried[_VALUE] else 0.0
        if 0.0 < step < carried[_STEP]:
            carried[_STEP] = step
        carried[_RUN], carried[_VALUE], carried[_RISE] = 1.0, value, step
    carried[_AT] += 1.0


@compiled()
def _find_runs(
    parts: Float32,
    flat: NDArray[np.bool_],
    reach: Float64,
    carried: Float64,
    tops: Float64,
    stills: Float64,
    still: int,
) -> None:
    size = parts.shape[1]
    for row in range(len(parts)):
        if flat[row] or size <= FLAT_RUN:
            for k in range(size):
                _next(np.float64(parts[row, k]), carried, tops, stills, still)
        else:
            # No third equal sample falls into this block: what ran before it ends at its start,
            # and of the block itself only the last samples can begin a run.
            start = carried[_AT]
            _next(np.float64(parts[row, 0]), carried, tops, stills, still)
            carried[_AT] = start + size - 3
            carried[_RUN], carried[_VALUE] = 1.0, np.nan
            for k in range(size - 3, size):
                _next(np.float64(parts[row, k]), carried, tops, stills, still)
        carried[_PEAK] = max(carried[_PEAK], reach[row])
