"""Finding effects that change by themselves: tremolo, vibrato, chorus, phaser.

Such a device does different things to the same input, driven by an oscillator of its own; the
models here cannot know its phase. What is looked for is a periodic change of the gain, or of the
phase, from dry to wet, the same in many frequency bands, that dry's own level does not explain (a
compressor's gain follows the music's rhythm; that is taken out first).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import scipy.fft
from numpy.typing import NDArray
from scipy.ndimage import median_filter
from scipy.signal import lfilter

from engines.audio.blocks import Readable
from engines.checks.measuring import BLOCK, Measured
from engines.checks.windows import padded

Float64 = NDArray[np.float64]

STRETCH_SECONDS = 16.0
STRETCHES = 3
SHORTEST_SECONDS = 3.0
FRAME_SECONDS = 0.04
BANDS = 14
LOWEST, HIGHEST = 100.0, 9000.0
SLOWEST_CYCLES = 2.5
FASTEST_HZ = 11.0
PRESENT = 1e-4
"""A band's power in a frame, of its largest, from which it is heard (-40 dB)."""
FEWEST_BANDS = 3
VARIES = 0.26
"""Share of all change that a periodic one explains. Music's own rhythm leaves up to 0.22 behind
compressors and distortions, and then swings of half a decibel; a tremolo 0.6 and more, a phaser
from 0.3."""
SWAYS = 0.8
MOSTLY = 0.6
OCTAVE = 0.85
SWING_DB, SWING_RADIANS, SWING_SAMPLES = 0.9, 0.2, 3.0
SWAY_EARLY, SWAY_LATE = 0.002, 0.018
"""Seconds before and after wet's usual place in which a swaying copy is looked for."""


@dataclass(frozen=True)
class Variation:
    """A change with a period: its rate in Hz, and how much of all change it explains, 0..1.

    ``share`` is of gain or phase in the median band, with swings (standard deviations) in dB and
    radians; ``delay_share`` of the delay of what a fixed filter leaves, its swing in samples.
    """

    hertz: float
    share: float
    gain: float
    phase: float
    delay_share: float
    delay: float

    @property
    def found(self) -> bool:
        """Whether this is a change that the device makes by itself."""
        telling = self.gain >= SWING_DB or self.phase >= SWING_RADIANS
        return (telling and self.share >= VARIES) or self.sways

    @property
    def sways(self) -> bool:
        """Whether a delayed copy sways, as in a chorus."""
        return self.delay >= SWING_SAMPLES and self.delay_share >= SWAYS


def variation(
    dry: Readable, wet: Readable, levels: Measured, lag: int, pause: Callable[[], None]
) -> Variation | None:
    """The strongest periodic change; None where the recording is too short to tell."""
    rate, n = dry.sample_rate, dry.n_samples
    length = min(n, round(STRETCH_SECONDS * rate))
    if length < SHORTEST_SECONDS * rate:
        return None
    found = []
    for start in _places(levels, n, length):
        pause()
        x = padded(dry, start, start + length)
        y = padded(wet, start + lag, start + lag + length)
        one = _of_stretch(x, y, rate)
        if one is not None:
            found.append(one)
    if not found:
        return None
    mean = {
        name: np.mean([getattr(one, name) for one in found], axis=0)
        for name in ("share", "gain", "phase", "delay_share", "delay")
    }
    # Changes too small to hear or to hinder a model do not count, however regular.
    telling = (mean["gain"] >= SWING_DB) | (mean["phase"] >= SWING_RADIANS)
    best = int(np.argmax(np.where(telling, mean["share"], 0.0)))
    grid = found[0].grid
    twice = int(np.argmin(np.abs(grid - 2 * grid[best])))
    if mean["share"][twice] > OCTAVE * mean["share"][best] and grid[best] * 2 < grid[-1]:
        # Only the octave of that rate is there: it is the rate itself.
        best = twice
    swaying = np.where(mean["delay"] >= SWING_SAMPLES, mean["delay_share"], 0.0)
    if float(swaying.max()) >= SWAYS > float(mean["share"][best]):
        best = int(np.argmax(swaying))
    return Variation(
        float(grid[best]), **{name: float(value[best]) for name, value in mean.items()}
    )


def _places(levels: Measured, n: int, length: int) -> list[int]:
    count = min(STRETCHES, max(1, n // length))
    edges = np.linspace(0, max(0, n - length), count + 1).astype(int)
    span = max(1, length // BLOCK)
    sums = np.convolve(np.sqrt(np.maximum(levels.power, 0.0)), np.ones(span), "valid")
    found = []
    for low, high in zip(edges[:-1] // BLOCK, edges[1:] // BLOCK, strict=True):
        part = sums[low : max(low + 1, high)]
        if len(part):
            found.append(min((low + int(np.argmax(part))) * BLOCK, n - length))
    return sorted(set(found)) or [0]


@dataclass(frozen=True)
class _Shares:
    """Of one stretch, by rate: shares of change explained, and swings; float64[rates] each."""

    grid: Float64
    share: Float64
    gain: Float64
    phase: Float64
    delay_share: Float64
    delay: Float64


def _of_stretch(x: NDArray[np.float32], y: NDArray[np.float32], rate: int) -> _Shares | None:
    frame = 1 << round(np.log2(FRAME_SECONDS * rate))
    window = np.hanning(frame).astype(np.float32)
    starts = np.arange(0, len(x) - frame + 1, frame // 2)
    X = scipy.fft.rfft(np.lib.stride_tricks.sliding_window_view(x, frame)[starts] * window, axis=1)
    Y = scipy.fft.rfft(np.lib.stride_tricks.sliding_window_view(y, frame)[starts] * window, axis=1)
    times = starts / rate
    grid = np.arange(SLOWEST_CYCLES / (times[-1] + frame / rate), FASTEST_HZ, 0.25 / times[-1])
    turns = np.exp(2j * np.pi * np.outer(grid, times))
    bands = _in_bands(X, Y, rate, frame)
    if bands is None:
        return None
    gains, phases = bands
    gain = _together([_periodic(*one, turns) for one in gains], len(grid))
    phase = _together([_periodic(*one, turns) for one in phases], len(grid))
    delay_share, delay = _swaying(X, Y, turns, rate)
    return _Shares(grid, np.maximum(gain[0], phase[0]), gain[1], phase[1], delay_share, delay)


_Series = tuple[Float64, Float64, NDArray[np.bool_]]


def _in_bands(
    X: NDArray[np.complex64], Y: NDArray[np.complex64], rate: int, frame: int
) -> tuple[list[_Series], list[_Series]] | None:
    """Gain (dB) and phase from dry to wet over time, per band: values, what is known, where."""
    hertz = np.arange(X.shape[1]) * rate / frame
    edges = np.geomspace(LOWEST, min(HIGHEST, 0.4 * rate), BANDS + 1)
    first = np.unique(np.searchsorted(hertz, edges))
    px = np.add.reduceat(np.abs(X) ** 2, first, axis=1)[:, :-1].astype(np.float64)
    py = np.add.reduceat(np.abs(Y) ** 2, first, axis=1)[:, :-1].astype(np.float64)
    pxy = np.add.reduceat(X.conj() * Y, first, axis=1)[:, :-1].astype(np.complex128)
    heard = (px > PRESENT * px.max(axis=0)) & (py > 1e-14) & (px > 1e-14)
    known = _features(px)
    gains, phases = [], []
    for band in range(px.shape[1]):
        use = heard[:, band]
        if use.sum() < max(40.0, 0.3 * len(use)):
            continue
        design = np.concatenate([known, _features(px[:, band : band + 1])[:, 1:]], axis=1)[use]
        gains.append((10 * np.log10(py[use, band] / px[use, band]), design, use))
        turned = pxy[use, band] / np.sqrt(px[use, band] * py[use, band])
        usual = turned.mean()
        if np.abs(usual) > 0.05:
            phases.append((np.angle(turned * np.conj(usual)), design, use))
    return (gains, phases) if len(gains) >= FEWEST_BANDS else None


def _together(found: list[tuple[Float64, Float64]], size: int) -> tuple[Float64, Float64]:
    """The bands' medians of shares and swings."""
    if len(found) < FEWEST_BANDS:
        return np.zeros(size), np.zeros(size)
    share, swing = (np.median([one[k] for one in found], axis=0) for k in range(2))
    return share, swing


def _swaying(
    X: NDArray[np.complex64],
    Y: NDArray[np.complex64],
    turns: NDArray[np.complex128],
    rate: int,
) -> tuple[Float64, Float64]:
    """How periodically the delay sways of what a fixed filter does not explain; share, samples."""
    wx, wy = (1.0 / np.sqrt(_on_floor(np.mean(np.abs(one) ** 2, axis=0))) for one in (X, Y))
    loud = np.mean(np.abs(X * wx) ** 2, axis=1) * np.mean(np.abs(Y * wy) ** 2, axis=1)
    use = loud > 1e-6 * loud.max()
    # Where few frames sound, a handful of pieces with delays of their own look periodic.
    if use.mean() < MOSTLY or use.sum() < 40:
        return np.zeros(len(turns)), np.zeros(len(turns))
    time = scipy.fft.irfft(X[use].conj() * Y[use] * (wx * wy), axis=1)
    time /= np.sqrt(loud[use])[:, None]
    # Frame by frame the fixed part may be louder or softer: a compressor, a distortion.
    fixed = time.mean(axis=0)
    time -= np.outer(time @ fixed / max(1e-30, float(fixed @ fixed)), fixed)
    first, last = round(SWAY_EARLY * rate), round(SWAY_LATE * rate)
    near = np.abs(np.concatenate([time[:, -first:], time[:, :last]], axis=1))
    delays = median_filter(np.argmax(near, axis=1).astype(np.float64), 5)
    return _periodic(delays, np.ones((len(delays), 1)), use, turns)


def _on_floor(power: Float64) -> Float64:
    return np.asarray(power + max(1e-6 * float(power.max()), 1e-30))


def _features(power: Float64) -> Float64:
    """What a device may follow of dry's level: now, and over the last tenths of a second."""
    level = np.log10(power.sum(axis=1) + 1e-12 * max(1e-30, float(power.max())))
    columns = [np.ones(len(level)), level, level**2]
    for keep in (0.6, 0.85, 0.96):
        slow, _ = lfilter([1 - keep], [1, -keep], level, zi=[keep * level[0]])
        columns += [slow, slow**2]
    return np.stack(columns, axis=1)


def _periodic(
    values: Float64, design: Float64, use: NDArray[np.bool_], turns: NDArray[np.complex128]
) -> tuple[Float64, Float64]:
    """Share of the change that a sinusoid and its octave explain, and its swing, by rate."""
    basis, _ = np.linalg.qr(design)
    rest = values - basis @ (basis.T @ values)
    # Single frames (a note's attack) must not decide.
    spread = 1.4826 * float(np.median(np.abs(rest))) + 1e-9
    rest = np.clip(rest, -4 * spread, 4 * spread)
    rest -= rest.mean()
    power = float(rest @ rest) + 1e-12
    turn = turns[:, use]
    explained = 2.0 * (np.abs(turn @ rest) ** 2 + np.abs((turn * turn) @ rest) ** 2) / len(rest)
    return np.minimum(explained / power, 1.0), np.sqrt(explained / len(rest))
