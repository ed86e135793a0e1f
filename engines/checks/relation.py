"""How wet follows from dry: the same, a constant times it, linearly; and where wet fails."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engines.audio.blocks import Readable
from engines.checks.alignment import Aligned
from engines.checks.measuring import BLOCK, Measured
from engines.checks.spectra import LOWEST_HZ
from engines.checks.windows import Window, padded
from projects.manifest import Stretch

Float64 = NDArray[np.float64]

SAME = 1e-8
"""Of wet's energy: as little is left beside dry times a constant if there is nothing else."""
QUIET = 1e-6
"""Of dry's loud blocks: below it dry pauses (-60 dB)."""
SETTLE_SECONDS = 0.25
"""A pause shows noise once the device has died away for so long."""
PAUSES = 16
ACTIVE = 0.03
"""Of the middle of dry's loud blocks: from there on dry surely plays."""
GONE = 1e-7
"""Of wet's middle power while dry plays: below that there is no wet."""
NEAR_SILENCE = 0.02
MAX_DROPOUTS = 500


@dataclass(frozen=True)
class Constant:
    """Wet is dry times ``gain``, ``late`` samples later; ``rest`` is the share that is not."""

    gain: float
    late: int
    rest: float

    @property
    def whole(self) -> bool:
        """Whether there is nothing else in wet."""
        return self.rest < SAME


def constant(windows: Sequence[Window], late: int, n_samples: int) -> Constant | None:
    """How far wet is a constant times dry; None where there is nothing to compare."""
    xx = xy = yy = 0.0
    for window in windows:
        offset = late - window.base + window.reach
        if not 0 <= offset <= 2 * window.reach:
            continue
        x = window.dry.astype(np.float64)
        y = window.wet[offset : offset + len(x)].astype(np.float64)
        # Beyond the ends of wet there is nothing to compare with.
        lost = max(0, -(window.start + late))
        kept = max(lost, min(len(x), n_samples - window.start - late))
        x, y = x[lost:kept], y[lost:kept]
        xx, xy, yy = xx + float(x @ x), xy + float(x @ y), yy + float(y @ y)
    if xx <= 0.0 or yy <= 0.0:
        return None
    return Constant(xy / xx, late, max(0.0, 1.0 - xy * xy / (xx * yy)))


def linear_share(aligned: Aligned, sample_rate: int) -> float | None:
    """Share of wet's energy that a linear filter of dry gives, 0..1, by the coherence."""
    sums = aligned.sums
    if sums.segments < 4:
        return None
    hertz = np.arange(len(sums.dry)) / len(sums.dry) * sample_rate / 2
    heard = hertz > LOWEST_HZ
    coherence = np.abs(sums.cross) ** 2 / np.maximum(sums.dry * sums.wet, 1e-30)
    # Half-overlapping Hann segments count as some three quarters each.
    chance = 1.0 / max(2.0, 0.75 * sums.segments)
    coherence = np.clip((coherence - chance) / (1.0 - chance), 0.0, 1.0)
    return float((coherence * sums.wet)[heard].sum() / max(1e-30, sums.wet[heard].sum()))


@dataclass(frozen=True)
class Floor:
    """Wet's noise floor, and its level while dry plays (mean squares); ``seconds`` of pauses."""

    noise: float
    played: float
    seconds: float


def noise_floor(
    dry: Measured, wet: Measured, files: tuple[Readable, Readable], lag: int
) -> Floor | None:
    """Wet's noise in dry's pauses, without what it takes from dry's own; None: dry never pauses."""
    n = min(len(dry.power), len(wet.power))
    power = dry.power[:n] - dry.mean[:n] ** 2
    loud = float(np.percentile(power, 95)) if n else 0.0
    if loud <= 0.0:
        return None
    settle = max(1, round(SETTLE_SECONDS * dry.sample_rate / BLOCK))
    quiet = power < QUIET * loud
    ran = np.convolve(quiet, np.ones(settle + 1), "full")[:n]
    settled = np.flatnonzero(ran >= settle + 1)
    settled = settled[(settled * BLOCK + lag >= 0) & (settled * BLOCK + lag + BLOCK < BLOCK * n)]
    if len(settled) < 2:
        return None
    chosen = settled[:: max(1, len(settled) // PAUSES)]
    left = []
    for block in chosen:
        start = int(dry.starts[block])
        y = padded(files[1], start + lag, start + lag + BLOCK).astype(np.float64)
        left.append(float(np.var(y)) * (1.0 - _explained(files[0], start, y)))
    played = wet.power[:n][power > 0.03 * loud]
    seconds = len(settled) * BLOCK / dry.sample_rate
    return Floor(float(np.median(left)), float(np.mean(played)), seconds)


_TAPS = 32


def _explained(dry: Readable, start: int, y: Float64) -> float:
    """Which share of wet in a pause is a short filter of dry's own hiss, 0..1."""
    x = padded(dry, start - _TAPS + 1, start + len(y)).astype(np.float64)
    if np.ptp(x) == 0.0 or np.ptp(y) == 0.0:
        return 0.0
    design = np.lib.stride_tricks.sliding_window_view(x - x.mean(), _TAPS)
    wanted = y - y.mean()
    fit, *_ = np.linalg.lstsq(design, wanted, rcond=1e-8)
    rest = wanted - design @ fit
    share = 1.0 - float(rest @ rest) / float(wanted @ wanted) * len(y) / (len(y) - _TAPS)
    return float(np.clip(share, 0.0, 1.0))


def dropouts(dry: Measured, wet: Measured, file: Readable, lag: int) -> tuple[Stretch, ...]:
    """Where dry plays and wet is silent, or stands still near zero; on the time axis of dry."""
    n = min(len(dry.power), len(wet.power))
    if n < 2:
        return ()
    power = dry.power[:n] - dry.mean[:n] ** 2
    loud = np.percentile(power, 90)
    playing = power > ACTIVE * loud
    if loud <= 0.0 or not playing.any():
        return ()
    usual = float(np.median(wet.power[:n][playing]))
    if usual <= 0.0:
        return ()
    found: list[tuple[int, int]] = []
    candidates: list[tuple[int, int]] = []
    for start, length, value, _ in wet.stills:
        place = int(start) - lag
        first, last = place // BLOCK, (place + int(length)) // BLOCK
        if place < 0 or last >= n or abs(value) > NEAR_SILENCE * np.sqrt(usual):
            continue
        # Dry at its loudest around: a gate that opens late is none, nor is a fuzz between notes.
        if playing[first : last + 1].all() and playing[max(0, first - 1)]:
            candidates.append((place, place + int(length)))
    for place, stop in candidates[:: max(1, len(candidates) // MAX_DROPOUTS)]:
        # A part of a loud block may be silent in dry itself.
        x = padded(file, max(0, place - BLOCK // 8), stop)
        if float(np.var(x)) > ACTIVE * loud and np.ptp(x[-max(8, len(x) // 4) :]) > 0.0:
            found.append((place, stop))
    moved = lag // BLOCK
    blocks = np.arange(n)
    other = np.clip(blocks + moved, 0, n - 1)
    also = np.clip(other + 1, 0, n - 1)
    silent = (wet.power[other] < GONE * usual) & (wet.power[also] < GONE * usual)
    gone = playing & silent & (blocks + moved >= 0) & (blocks + moved < n - 1)
    steps = np.diff(np.concatenate([[0], gone.astype(np.int8), [0]]))
    for first, last in zip(
        np.flatnonzero(steps == 1).tolist(), np.flatnonzero(steps == -1).tolist(), strict=True
    ):
        if last - first >= 2:
            found.append((first * BLOCK, last * BLOCK))
    found.sort()
    joined: list[list[int]] = []
    for start, stop in found:
        if joined and start <= joined[-1][1]:
            joined[-1][1] = max(joined[-1][1], stop)
        else:
            joined.append([start, stop])
    return tuple(Stretch(start=start, stop=stop) for start, stop in joined[:MAX_DROPOUTS])
