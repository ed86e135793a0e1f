"""Finding what wet does at its start that dry does not explain: charging, settling, clicks."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import scipy.fft
from numpy.typing import NDArray
from scipy.signal import fftconvolve

from engines.audio.blocks import Readable
from engines.checks.alignment import Aligned
from engines.checks.windows import Window, padded
from projects.manifest import Stretch

Float64 = NDArray[np.float64]

LOOKED_AT_SECONDS = 2.0
BLOCK_SECONDS = 0.01
MANY = 8
"""From so many clips on, what they have in common at their starts is taken."""
MOST_CLIPS = 120
STANDS_OUT = 4.0
"""So many times the unexplained power of later, in clips' mean."""
STANDS_OUT_ALONE = 8.0
STANDS_OUT_BRIEFLY = 100.0
BRIEF = 5
OVER = 2.0
OVER_ALONE = 2.0
CALM_BLOCKS = 3
FAINT = 1e-3
"""Of wet's mean power: a start-up below that does no harm."""
UNKNOWN = 0.3
"""Where dry usually leaves more of wet unexplained, nobody can tell a start-up from the device."""
ALIEN = 0.5
"""Of what wet plays, a start-up is at least so much; a device's distortion of dry is less."""
BODY_WINDOWS = 8
MEMORY_BLOCKS = 10


class Predictor:
    """Wet as far as a linear filter gives it from dry; nothing where the two are not aligned."""

    def __init__(self, aligned: Aligned | None) -> None:
        self._taps = np.zeros(0, np.float32)
        self.lag = 0
        if aligned is None:
            return
        sums = aligned.sums
        response = sums.cross / (sums.dry + 1e-7 * max(1e-30, float(sums.dry.max())))
        time = scipy.fft.irfft(response)
        half = len(time) // 2
        # Odd, so that "same" below leaves time zero where it is.
        taps = np.append(np.roll(time, half), 0.0) * np.hanning(2 * half + 1)
        self._taps = taps.astype(np.float32)
        self.lag = round(float(aligned.line.at))

    def unexplained(self, dry: NDArray[np.float32], wet: NDArray[np.float32], size: int) -> Float64:
        """Mean square of wet that dry does not give, per block of ``size`` samples.

        In each block the gain is fitted anew: a compressor's own gain is no start-up.
        """
        count = len(wet) // size
        y = wet[: count * size].reshape(count, size).astype(np.float64)
        power = np.einsum("ij,ij->i", y, y)
        if len(self._taps):
            guess = fftconvolve(dry, self._taps, "same")[: count * size]
            g = guess.reshape(count, size).astype(np.float64)
            own = np.einsum("ij,ij->i", g, g)
            power = power - np.einsum("ij,ij->i", g, y) ** 2 / np.maximum(own, 1e-20)
        return np.asarray(np.maximum(power, 0.0) / size, np.float64)


def start_up(
    dry: Readable,
    wet: Readable,
    windows: Sequence[Window],
    aligned: Aligned | None,
    clips: Sequence[Stretch],
    pause: Callable[[], None],
) -> tuple[Stretch, ...]:
    """Where wet starts up: at the start of the recording, or of every one of its clips.

    Returns
    -------
    tuple of Stretch
        On the time axis of dry; empty where nothing stands out.
    """
    predictor = Predictor(aligned)
    rate = dry.sample_rate
    size = max(16, round(BLOCK_SECONDS * rate))
    whole = (Stretch(start=0, stop=dry.n_samples),)
    starts = list(clips) or list(whole)
    if len(starts) >= MANY:
        end = _shared_end(dry, wet, starts, predictor, size, pause)
        chosen = starts
    else:
        chosen = starts[:1]
        end = _own_end(dry, wet, chosen[0], windows, predictor, size)
    return tuple(
        Stretch(start=clip.start, stop=min(clip.start + end, clip.stop)) for clip in chosen if end
    )


def _read(
    dry: Readable, wet: Readable, clip: Stretch, predictor: Predictor
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    stop = min(clip.stop, clip.start + round(LOOKED_AT_SECONDS * dry.sample_rate))
    x = padded(dry, clip.start, stop)
    # Wet from before its own lag is no start-up of the device, but silence or the clip before.
    y = padded(wet, clip.start + max(0, predictor.lag), stop + max(0, predictor.lag))
    if predictor.lag > 0 and clip.stop < dry.n_samples:
        y[max(0, clip.stop - predictor.lag - clip.start) :] = 0.0
    return x, y


def _shared_end(
    dry: Readable,
    wet: Readable,
    clips: Sequence[Stretch],
    predictor: Predictor,
    size: int,
    pause: Callable[[], None],
) -> int:
    """Samples until the start-up that all clips share is over; 0: there is none."""
    step = max(1, len(clips) // MOST_CLIPS)
    rows = []
    for clip in clips[::step]:
        pause()
        x, y = _read(dry, wet, clip, predictor)
        rows.append(predictor.unexplained(x, y, size))
    length = int(np.median([len(row) for row in rows]))
    rows = [row[:length] for row in rows if len(row) >= length]
    if length < 4 * CALM_BLOCKS:
        return 0
    mean = np.mean(rows, axis=0)
    later = float(np.median(mean[length // 2 :]))
    if mean[:CALM_BLOCKS].max() < STANDS_OUT * later:
        return 0
    return _end(mean < OVER * later, size)


def _own_end(
    dry: Readable,
    wet: Readable,
    clip: Stretch,
    windows: Sequence[Window],
    predictor: Predictor,
    size: int,
) -> int:
    """Samples until a single recording's start-up is over; 0: there is none."""
    x, y = _read(dry, wet, clip, predictor)
    level, rest = _heard(x, size), predictor.unexplained(x, y, size)
    count = min(len(level), len(rest))
    level, rest = level[:count], rest[:count]
    played = _powers(y, size)[:count]
    levels, rests, plays = [], [], []
    seen = [w for w in windows if w.start >= clip.start + len(x)]
    for window in seen[:: max(1, len(seen) // BODY_WINDOWS)]:
        offset = window.reach + predictor.lag - window.base
        if 0 <= offset <= 2 * window.reach:
            inner = window.wet[offset : offset + len(window.dry)]
            levels.append(_heard(window.dry, size))
            rests.append(predictor.unexplained(window.dry, inner, size))
            plays.append(_powers(inner, size))
    if not levels:
        if count < 8 * CALM_BLOCKS:
            return 0
        count = int(0.6 * count)
        levels, rests, plays = [level[count:]], [rest[count:]], [played[count:]]
        level, rest = level[:count], rest[:count]
    share = np.concatenate(rests) / np.maximum(np.concatenate(plays), 1e-20)
    if float(np.median(share)) > UNKNOWN:
        return 0
    order = np.argsort(np.concatenate(levels), kind="stable")
    known = np.concatenate(levels)[order]
    usual = np.maximum.accumulate(np.concatenate(rests)[order])
    row = np.searchsorted(known, 2.0 * level + 1e-12, side="right") - 1
    # Where dry was never that quiet later on, nobody knows what wet does then: all later is taken.
    expected = np.where(row >= 0, usual[np.maximum(row, 0)], usual[-1])
    floor = FAINT * float(np.mean([float(np.mean(window.wet**2)) for window in windows] or [0.0]))
    expected = np.maximum(expected, floor + 1e-12)
    over = float(np.max(rest[:CALM_BLOCKS] / expected[:CALM_BLOCKS], initial=0.0))
    end = _end(rest < OVER_ALONE * expected, size)
    # A few blocks may be a compressor's attack on the first note.
    return end if over >= (STANDS_OUT_ALONE if end > BRIEF * size else STANDS_OUT_BRIEFLY) else 0


def _powers(samples: NDArray[np.float32], size: int) -> Float64:
    """Mean square per block."""
    blocks = samples[: len(samples) // size * size].reshape(-1, size).astype(np.float64)
    return np.asarray(np.einsum("ij,ij->i", blocks, blocks) / size, np.float64)


def _heard(dry: NDArray[np.float32], size: int) -> Float64:
    """Mean square of dry per block, the largest of the last tenth of a second."""
    count = len(dry) // size
    if not count:
        return np.zeros(0)
    blocks = dry[: count * size].reshape(count, size).astype(np.float64)
    power = np.einsum("ij,ij->i", blocks, blocks) / size
    before = np.concatenate([np.zeros(MEMORY_BLOCKS), power])
    return np.asarray(
        np.lib.stride_tricks.sliding_window_view(before, MEMORY_BLOCKS + 1).max(axis=1)
    )


def _end(calm: NDArray[np.bool_], size: int) -> int:
    """Where it stays calm for the first time, in samples; 0 where that does not come."""
    for k in range(len(calm) - CALM_BLOCKS + 1):
        if calm[k : k + CALM_BLOCKS].all():
            return k * size
    return 0
