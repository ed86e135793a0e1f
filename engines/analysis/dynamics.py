"""What a pair of recordings says about a device's dynamics, as small arrays for plots.

Levels are those of short windows in dBFS RMS (a full-scale sine reads -3.01 dBFS); gain is wet
level minus dry level in dB. Nothing here needs scipy, numba or torch, and long audio is looked at
in places spread evenly over it, so that the work is bounded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engines.audio.blocks import Readable

Float64 = NDArray[np.float64]
Int64 = NDArray[np.int64]

FLOOR_DB = -140.0
"""Silence reads this."""
WINDOW_SECONDS = 0.05
"""Length of a window for the static curve and the gain over time."""
STEADY_SECONDS = 0.3
"""Dry has to hold its level so long before a moment counts as stationary."""
STEADY_DB = (1.5, 6.0)
"""How far its level may move meanwhile: the calmer half of the windows counts, within these."""
QUIET_DB = -70.0
"""Windows below this are not used: noise decides what they read."""
MAX_SECONDS = 600.0
"""Of longer audio so much is looked at, in pieces of :data:`PIECE_SECONDS`."""
PIECE_SECONDS = 20.0
MAX_POINTS = 2_000_000
"""Samples that go into histograms."""
BALLISTICS_HOP = 0.004
"""Windows (s) in which the gain is followed."""
HELD_SECONDS = 0.012
BALLISTICS_SECONDS = 60.0
GRID = 9
"""Values of threshold, attack and release that are tried at once."""
STILL_DB = 0.15
"""A gain that moves less (RMS) says nothing about times."""
MIN_WINDOWS = 100


@dataclass(frozen=True)
class GainTrace:
    """Levels over time, one value a window.

    ``times`` (s, the windows' centres), ``dry_db``, ``wet_db`` (dBFS RMS) and ``gain_db``
    (NaN where dry is silent), each float64[m]. ``pieces`` int64[m] numbers the stretch of audio
    that a window belongs to: between two there is a gap.
    """

    times: Float64
    dry_db: Float64
    wet_db: Float64
    gain_db: Float64
    pieces: Int64
    hop: float
    """Seconds between two windows of a piece."""


@dataclass(frozen=True)
class StaticCurve:
    """Level in against level out in stationary moments.

    ``levels`` (dry, dBFS RMS, the middle of each bin that was met), ``median``, ``low`` and
    ``high`` (wet, dBFS RMS: median, first and ninth decile), ``counts`` (windows); float64[m].
    """

    levels: Float64
    median: Float64
    low: Float64
    high: Float64
    counts: Float64


@dataclass(frozen=True)
class Ballistics:
    """Estimated attack and release: times to go 63 % of the way, in seconds.

    ``threshold`` (dBFS RMS) and ``ratio`` are those of the hinge that explains the gain together
    with them. ``error_db`` is how far (RMS) the gain that they explain is from the measured one,
    ``still_db`` how far a constant gain would be: the times mean something where the first is
    clearly smaller. ``attack_share`` is the share of the time in which the level rises.
    """

    attack: float
    release: float
    threshold: float
    ratio: float
    error_db: float
    still_db: float
    attack_share: float


@dataclass(frozen=True)
class TransferCurve:
    """Instantaneous input against output, as a histogram.

    ``counts`` float64[bins_x, bins_y]; ``x_edges`` and ``y_edges`` are the bins' edges in
    samples (1.0: full scale). ``mean`` float64[bins_x] is the mean output of each column, NaN
    where nothing fell into it.
    """

    counts: Float64
    x_edges: Float64
    y_edges: Float64
    mean: Float64


@dataclass(frozen=True)
class LevelHistogram:
    """How often each sample level occurs.

    ``edges`` float64[bins + 1] (dBFS), ``shares`` float64[bins] of the samples that are not below
    the lowest edge; ``silent`` is the share of those that are. ``peak_db`` and ``rms_db`` are of
    all samples that were looked at.
    """

    edges: Float64
    shares: Float64
    silent: float
    peak_db: float
    rms_db: float


def gain_trace(
    dry: Readable,
    wet: Readable,
    *,
    shift: int = 0,
    window: float = WINDOW_SECONDS,
    max_seconds: float = MAX_SECONDS,
    check: Callable[[], None] | None = None,
) -> GainTrace:
    """Levels and gain of a pair in windows that follow each other.

    Parameters
    ----------
    dry, wet : Readable
        The pair, at the same rate.
    shift : int
        How many samples late wet is: ``dry[n]`` belongs to ``wet[n + shift]``.
    window : float
        Length of a window (s).
    max_seconds : float
        Longer audio is looked at in pieces spread evenly, together so long.
    check : callable, optional
        Called between pieces; may raise to stop.

    Raises
    ------
    ValueError
        The two share no whole window, or their rates differ.
    """
    rate = dry.sample_rate
    size = max(1, round(window * rate))
    times, dry_power, wet_power, numbers = [], [], [], []
    for number, (start, x, y) in enumerate(_pieces(dry, wet, shift, max_seconds, check)):
        count = len(x) // size
        if not count:
            continue
        times.append((start + size * (np.arange(count) + 0.5)) / rate)
        dry_power.append(_window_power(x, size))
        wet_power.append(_window_power(y, size))
        numbers.append(np.full(count, number, np.int64))
    if not times:
        raise ValueError("The audio is too short to measure its level.")
    dry_db, wet_db = _decibels(np.concatenate(dry_power)), _decibels(np.concatenate(wet_power))
    gain = np.where(dry_db > QUIET_DB, wet_db - dry_db, np.nan)
    return GainTrace(
        np.concatenate(times), dry_db, wet_db, gain, np.concatenate(numbers), size / rate
    )


def static_curve(trace: GainTrace, *, bin_db: float = 1.0, least: int = 3) -> StaticCurve:
    """The static curve from the windows in which dry has held its level for a while.

    A while is :data:`STEADY_SECONDS`: a device that takes longer to release reads lower here
    after loud moments, and the band shows it.

    Parameters
    ----------
    trace : GainTrace
        Of :func:`gain_trace`.
    bin_db : float
        Width of a bin of dry levels.
    least : int
        Bins with fewer windows are left out.
    """
    steady = steady_moments(trace)
    return binned(trace.dry_db[steady], trace.wet_db[steady], bin_db=bin_db, least=least)


def binned(dry_db: Float64, wet_db: Float64, *, bin_db: float = 1.0, least: int = 3) -> StaticCurve:
    """A curve from pairs of levels (dBFS RMS), float64[m] each; see :func:`static_curve`."""
    index = np.floor(dry_db / bin_db).astype(np.int64)
    rows = []
    for number in np.unique(index):
        met = wet_db[index == number]
        if len(met) >= least:
            low, median, high = np.percentile(met, [10, 50, 90])
            rows.append(((number + 0.5) * bin_db, median, low, high, float(len(met))))
    table = np.array(rows, np.float64).reshape(-1, 5)
    return StaticCurve(*(np.ascontiguousarray(column) for column in table.T))


def ballistics(
    dry: Readable,
    wet: Readable,
    *,
    shift: int = 0,
    max_seconds: float = BALLISTICS_SECONDS,
    check: Callable[[], None] | None = None,
) -> Ballistics | None:
    """Estimate attack and release from how the gain follows the level.

    How far the dry level is above a threshold is smoothed by one pole with one time constant
    while it rises and another while it falls (Giannoulis, Massberg and Reiss, JAES 60(6), 2012,
    eq. 16); gain is then an offset minus a slope times that. Threshold and both times are searched
    on a grid, twice; offset and slope follow by least squares. What happens within
    :data:`BALLISTICS_HOP` is not resolved. An estimate, good to some ten percent on steps; on
    music it says whether it is milliseconds or seconds.

    Returns
    -------
    Ballistics or None
        None where there is too little audio, or a gain that hardly moves.
    """
    trace = gain_trace(
        dry, wet, shift=shift, window=BALLISTICS_HOP, max_seconds=max_seconds, check=check
    )
    used = trace.dry_db > QUIET_DB
    if used.sum() < MIN_WINDOWS:
        return None
    level = _held_level(trace)
    gain = np.where(used, trace.gain_db, 0.0)
    weights = np.where(used, 10.0 ** (np.clip(trace.wet_db, -60.0, 0.0) / 20.0), 0.0)
    still = _spread(gain, weights)
    if still < STILL_DB:
        return None
    starts = frozenset(np.flatnonzero(np.diff(trace.pieces, prepend=-1)).tolist())
    grid = (
        np.percentile(level[used], np.linspace(2.0, 80.0, GRID)),
        np.geomspace(0.5 * trace.hop, 1.0, GRID),
        np.geomspace(2.0 * trace.hop, 10.0, GRID),
    )
    for _ in range(2):
        found = _search(level, gain, weights, starts, grid, trace.hop, check)
        grid = tuple(  # type: ignore[assignment]
            _around(values, place) for values, place in zip(grid, found.places, strict=True)
        )
    return found.ballistics(still)


def transfer_curve(
    dry: Readable,
    wet: Readable,
    *,
    shift: int = 0,
    bins: int = 128,
    check: Callable[[], None] | None = None,
) -> TransferCurve:
    """How often each input sample value met each output sample value.

    Parameters
    ----------
    dry, wet, shift, check
        As of :func:`gain_trace`.
    bins : int
        Columns and rows, over +- the peak of each.
    """
    length = MAX_POINTS / dry.sample_rate
    found = list(_pieces(dry, wet, shift, length, check))
    x = np.concatenate([piece for _, piece, _ in found])
    y = np.concatenate([piece for _, _, piece in found])
    x_peak = max(float(np.abs(x).max()), 1e-6)
    y_peak = max(float(np.abs(y).max()), 1e-6)
    ranges = ((-x_peak, x_peak), (-y_peak, y_peak))
    counts, x_edges, y_edges = np.histogram2d(x, y, bins=bins, range=ranges)
    column = np.clip(((x / x_peak + 1.0) * 0.5 * bins).astype(np.int64), 0, bins - 1)
    number = np.bincount(column, minlength=bins)
    total = np.bincount(column, weights=y, minlength=bins)
    mean = np.where(number > 0, total / np.maximum(number, 1), np.nan)
    return TransferCurve(counts, x_edges, y_edges, mean)


def level_histogram(
    audio: Readable,
    *,
    bins: int = 60,
    floor_db: float = -90.0,
    check: Callable[[], None] | None = None,
) -> LevelHistogram:
    """How often each absolute sample level occurs, from ``floor_db`` to full scale and above.

    Samples above full scale (a float file may hold some) count into the highest bin.
    """
    length = MAX_POINTS / audio.sample_rate
    edges = np.linspace(floor_db, 0.0, bins + 1)
    counts = np.zeros(bins)
    peak = power = 0.0
    n = 0
    for start, stop in _places(audio.n_samples, audio.sample_rate, length):
        if check is not None:
            check()
        x = np.abs(audio.read(start, stop).astype(np.float64))
        levels = 20.0 * np.log10(np.maximum(x, 1e-12))
        counts += np.histogram(np.minimum(levels, -1e-9), bins=edges)[0]
        peak, power, n = max(peak, float(x.max(initial=0.0))), power + float(x @ x), n + len(x)
    met = counts.sum()
    return LevelHistogram(
        edges=edges,
        shares=counts / max(met, 1.0),
        silent=1.0 - float(met) / max(n, 1),
        peak_db=float(_decibels(np.array([peak**2]))[0]),
        rms_db=float(_decibels(np.array([power / max(n, 1)]))[0]),
    )


# -- reading ---------------------------------------------------------------------------------


def _places(n: int, rate: int, max_seconds: float) -> list[tuple[int, int]]:
    """Stretches of ``n`` samples: all of it, or pieces spread evenly over it."""
    piece = max(1, round(PIECE_SECONDS * rate))
    most = max(1, round(max_seconds * rate))
    if n <= most:
        return [(start, min(n, start + piece)) for start in range(0, n, piece)]
    piece = min(piece, most)
    count = max(1, most // piece)
    starts = np.linspace(0, n - piece, count).astype(int)
    return [(int(start), int(start) + piece) for start in starts]


def _pieces(
    dry: Readable,
    wet: Readable,
    shift: int,
    max_seconds: float,
    check: Callable[[], None] | None,
) -> Iterator[tuple[int, Float64, Float64]]:
    """Where in dry each piece starts, and the two signals there, lined up, float64."""
    if dry.sample_rate != wet.sample_rate:
        raise ValueError("The rates of dry and wet differ.")
    first = max(0, -shift)
    n = min(dry.n_samples, wet.n_samples - shift) - first
    if n <= 0:
        raise ValueError("Dry and wet share no audio.")
    for start, stop in _places(n, dry.sample_rate, max_seconds):
        if check is not None:
            check()
        x = dry.read(first + start, first + stop).astype(np.float64)
        y = wet.read(first + start + shift, first + stop + shift).astype(np.float64)
        yield first + start, x, y


def _window_power(x: Float64, size: int) -> Float64:
    count = len(x) // size
    windows = x[: count * size].reshape(count, size)
    return np.asarray(np.mean(windows**2, axis=1), np.float64)


def _decibels(power: Float64) -> Float64:
    return np.asarray(10.0 * np.log10(np.maximum(power, 10.0 ** (FLOOR_DB / 10.0))), np.float64)


# -- stationary moments ----------------------------------------------------------------------


def steady_moments(trace: GainTrace) -> NDArray[np.bool_]:
    """bool[m]: the windows at the end of a stretch in which dry held its level."""
    width = max(2, round(STEADY_SECONDS / trace.hop) + 1)
    found = np.zeros(len(trace.dry_db), np.bool_)
    if len(found) < width:
        return found
    past = np.lib.stride_tricks.sliding_window_view(trace.dry_db, width)
    moved = np.asarray(past.max(axis=1) - past.min(axis=1))
    usable = trace.pieces[width - 1 :] == trace.pieces[: len(trace.pieces) - width + 1]
    usable &= trace.dry_db[width - 1 :] > QUIET_DB
    if usable.any():
        calm = float(np.clip(np.percentile(moved[usable], 50), *STEADY_DB))
        found[width - 1 :] = usable & (moved <= calm)
    return found


# -- ballistics ------------------------------------------------------------------------------


def _held_level(trace: GainTrace) -> Float64:
    """Dry level, held over a few windows: the dips between a low note's peaks are no release."""
    width = max(1, round(HELD_SECONDS / trace.hop))
    power = 10.0 ** (trace.dry_db / 10.0)
    padded = np.concatenate([np.full(width - 1, power[0]), power])
    return _decibels(np.convolve(padded, np.ones(width) / width, "valid"))


def _spread(gain: Float64, weights: Float64) -> float:
    mean = float(np.sum(weights * gain) / np.sum(weights))
    return float(np.sqrt(np.sum(weights * (gain - mean) ** 2) / np.sum(weights)))


@dataclass(frozen=True)
class _Found:
    """The best of a grid: places in it, and what it stands for."""

    places: tuple[int, int, int]
    values: tuple[float, float, float]
    slope: float
    error: float
    rising: float

    def ballistics(self, still: float) -> Ballistics:
        threshold, attack, release = self.values
        ratio = 1.0 / max(1.0 - self.slope, 1e-3)
        return Ballistics(attack, release, threshold, ratio, self.error, still, self.rising)


def _search(
    level: Float64,
    gain: Float64,
    weights: Float64,
    starts: frozenset[int],
    grid: tuple[Float64, Float64, Float64],
    hop: float,
    check: Callable[[], None] | None,
) -> _Found:
    """Every threshold, attack and release of a grid at once."""
    threshold, attack, release = np.meshgrid(*grid, indexing="ij")
    up, down = np.exp(-hop / attack), np.exp(-hop / release)
    over = np.maximum(level[0] - threshold, 0.0)
    sums = np.zeros((4, *threshold.shape))  # of e, e^2, e g, and of where e rose
    for n in range(len(level)):
        above = np.maximum(level[n] - threshold, 0.0)
        if n in starts:
            over = above
        rising = above > over
        over = above + np.where(rising, up, down) * (over - above)
        weight = weights[n]
        if weight > 0.0:
            sums[0] += weight * over
            sums[1] += weight * over * over
            sums[2] += (weight * gain[n]) * over
            sums[3] += rising
        if check is not None and n % 4096 == 0:
            check()
    total, first = weights.sum(), np.sum(weights * gain)
    spread = np.maximum(sums[1] - sums[0] ** 2 / total, 1e-12)
    slope = np.clip(-(sums[2] - sums[0] * first / total) / spread, 0.0, 1.0)
    offset = (first + slope * sums[0]) / total
    square = np.sum(weights * gain**2) + total * offset**2 + slope**2 * sums[1]
    square += 2.0 * (slope * sums[2] - offset * first - offset * slope * sums[0])
    errors = np.sqrt(np.maximum(square, 0.0) / total)
    best = np.unravel_index(int(np.argmin(errors)), errors.shape)
    return _Found(
        places=(int(best[0]), int(best[1]), int(best[2])),
        values=(float(threshold[best]), float(attack[best]), float(release[best])),
        slope=float(slope[best]),
        error=float(errors[best]),
        rising=float(sums[3][best] / max(1, int((weights > 0).sum()))),
    )


def _around(grid: Float64, place: int) -> Float64:
    low, high = grid[max(0, place - 1)], grid[min(len(grid) - 1, place + 1)]
    if low > 0.0:
        return np.asarray(np.geomspace(low, high, GRID), np.float64)
    return np.asarray(np.linspace(low, high, GRID), np.float64)
