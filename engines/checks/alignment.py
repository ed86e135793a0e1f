"""Measuring how wet lies against dry: in every window, over all of them, to parts of a sample."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from engines.checks.spectra import (
    FINER,
    LOWEST_HZ,
    Cross,
    Whitening,
    best_whitening,
    cross_spectra,
    finer,
    parabola,
    total,
    whitening,
)
from engines.checks.windows import Window

Float64 = NDArray[np.float64]

STRIKING = 8.0
"""A correlation's peak this many times over its usual size is no chance: the largest of 50,000
random values lies near 4.5."""
CLEAR = 6.0
"""As :data:`STRIKING`, where the place is known within some samples already."""
ELSEWHERE = 1.5
"""A window lies elsewhere if it is so many times as clear there: audio that repeats itself is about
as clear a period away."""
NEAR = 4.0
"""Samples by which the rough lags of windows may differ through what is played in them."""
FINE_REACH = 24
MAX_PPM = 1000.0
STEADIER = 1.25
"""So much more must a drift explain than no drift."""


@dataclass(frozen=True)
class Rough:
    """A window's own estimate of the lag (whole samples), and how striking its peak is."""

    lag: int
    striking: float


@dataclass(frozen=True)
class Line:
    """Lag over time: ``at`` samples late at the place ``middle``, ``slope`` samples a sample."""

    at: float
    slope: float
    middle: float
    within: float = 0.0
    """Standard error of the slope."""

    def __call__(self, place: Float64 | float) -> Float64:
        """The lag at places on the time axis of dry, in samples."""
        return np.asarray(self.at + self.slope * (np.asarray(place) - self.middle), np.float64)


@dataclass(frozen=True)
class Fine:
    """Windows measured against the whole: lags float64[k] in samples, ``inf`` where it failed.

    ``clear`` float64[k] says how clear each is, ``same`` float64[k] is positive where the polarity
    is that of the whole.
    """

    places: Float64
    lags: Float64
    clear: Float64
    same: Float64


@dataclass(frozen=True)
class Aligned:
    """What :func:`align` found; the spectra are those of wet moved onto dry by ``line``."""

    line: Line
    rough: tuple[Rough, ...]
    fine: Fine
    sums: Cross
    whitening: Whitening
    parts: tuple[Cross, ...]

    @property
    def related(self) -> Float64:
        """Which windows lie where the line says, within :data:`NEAR` samples; bool as float."""
        off = np.abs(self.fine.lags - self.line(self.fine.places))
        return np.asarray(off <= NEAR, np.float64)


def rough_lags(windows: Sequence[Window], length: int, pause: Callable[[], None]) -> list[Rough]:
    """Each window's lag by cross-correlation of what is causally whitened.

    ``length`` is that of the segments (samples) whose spectra the whitening is made from.
    """
    reach = windows[0].reach
    sums = total(
        [cross_spectra(w, length, lambda p, w=w: np.full(np.shape(p), w.base)) for w in windows]
    )
    if sums.segments == 0 or sums.dry.max() <= 0 or sums.wet.max() <= 0:
        return [Rough(0, 0.0) for _ in windows]
    filters = whitening(sums, 1e-7)
    size = scipy.fft.next_fast_len(len(windows[0].wet) + 2 * length, real=True)
    by_dry = _long(1.0 / filters.dry, size)
    by_wet = _long(1.0 / filters.wet, size)
    taper = _taper(len(windows[0].dry))
    found = []
    for window in windows:
        pause()
        X = scipy.fft.rfft(window.dry * taper, size) * by_dry
        Y = scipy.fft.rfft(window.wet, size) * by_wet
        values = np.abs(scipy.fft.irfft(np.conj(X) * Y, size)[: 2 * reach + 1])
        best = int(np.argmax(values))
        usual = float(np.median(values)) * 1.4826
        striking = float(values[best]) / usual if usual > 0 else 0.0
        found.append(Rough(best - reach + window.base, striking))
    return found


def _long(response: NDArray[np.complex128], size: int) -> NDArray[np.complex64]:
    """A causal filter given on few bins, on many: its impulse response, faded out, transformed."""
    time = scipy.fft.irfft(response)
    half = len(time) // 2
    time[half:] = 0.0
    time[half // 2 : half] *= np.linspace(1.0, 0.0, half - half // 2)
    return np.asarray(scipy.fft.rfft(time.astype(np.float32), size), np.complex64)


def _taper(length: int) -> NDArray[np.float32]:
    edge = max(1, length // 16)
    taper = np.ones(length, np.float32)
    slope = (0.5 - 0.5 * np.cos(np.pi * (np.arange(edge) + 0.5) / edge)).astype(np.float32)
    taper[:edge], taper[length - edge :] = slope, slope[::-1]
    return taper


def rough_line(windows: Sequence[Window], rough: Sequence[Rough]) -> Line | None:
    """The line that most windows' lags lie on; None where no two (or the only one) agree."""
    places = np.array([window.middle for window in windows])
    lags = np.array([float(one.lag) for one in rough])
    weights = np.array([one.striking if one.striking >= STRIKING else 0.0 for one in rough])
    middle = float(places.mean())
    good = np.flatnonzero(weights)
    if len(good) == 0:
        return None
    candidates = [(lags[k], 0.0) for k in good]
    for i in good:
        for j in good[good > i]:
            slope = (lags[j] - lags[i]) / (places[j] - places[i])
            if abs(slope) < MAX_PPM * 1e-6 and abs(lags[j] - lags[i]) > NEAR:
                candidates.append((lags[i] + slope * (middle - places[i]), slope))
    best, most = None, 0.0
    for at, slope in candidates:
        fits = np.abs(lags - at - slope * (places - middle)) <= NEAR
        score = float(weights[fits].clip(max=3 * STRIKING).sum())
        if score > most * (1.0 if slope == 0.0 else STEADIER):
            best, most = (at, slope, fits & (weights > 0)), score
    if best is None or (best[2].sum() < 2 and len(windows) > 2):
        return None
    at, slope, fits = best
    if slope != 0.0 and fits.sum() >= 3:
        slope, _ = np.polyfit(places[fits] - middle, lags[fits], 1)
    at = float(np.median(lags[fits] - slope * (places[fits] - middle)))
    return Line(at, float(slope), middle)


def align(windows: Sequence[Window], rough: Sequence[Rough], line: Line, length: int) -> Aligned:
    """Measure all windows against each other around a rough line, and make the line precise."""
    places = np.array([window.middle for window in windows])
    parts = [cross_spectra(w, length, lambda p: np.round(line(p))) for w in windows]
    read = np.array([part.offset for part in parts])
    turns = line(places) - read
    # First against those that found the line by themselves: what lies elsewhere, but in several
    # windows alike, would look clear against itself.
    agreed = np.array(
        [abs(one.lag - at) <= NEAR for one, at in zip(rough, line(places), strict=True)]
    )
    if not agreed.any():
        agreed[:] = True
    fine, sums, filters = _against_whole(parts, places, read, turns, agreed)
    parts, read, astray = _elsewhere(windows, parts, rough, read, turns, agreed, fine)
    kept = ~astray
    for _ in range(2):
        turns = np.where(kept, line(places) - read, 0.0)
        fine, sums, filters = _against_whole(parts, places, read, turns, kept)
        line = fitted(fine, line)
    turns = np.where(kept, line(places) - read, 0.0)
    fine, sums, filters = _against_whole(parts, places, read, turns, kept)
    return Aligned(line, tuple(rough), fine, sums, filters, tuple(parts))


def _elsewhere(
    windows: Sequence[Window],
    parts: list[Cross],
    rough: Sequence[Rough],
    read: Float64,
    turns: Float64,
    agreed: NDArray[np.bool_],
    fine: Fine,
) -> tuple[list[Cross], Float64, NDArray[np.bool_]]:
    """Windows that lie elsewhere by themselves are read there, if they are clearer there.

    What is periodic is clear in many places, but nowhere as clear as where it belongs.
    """
    parts, others = list(parts), list(parts)
    lags = np.array([float(one.lag) for one in rough])
    away = ~agreed & (np.array([one.striking for one in rough]) >= STRIKING)
    for k in np.flatnonzero(away).tolist():
        lag = rough[k].lag
        others[k] = cross_spectra(
            windows[k], parts[k].length, lambda p, lag=lag: np.full(np.shape(p), lag)
        )
    again, _, _ = _against_whole(others, fine.places, lags, np.where(away, 0.0, turns), agreed)
    heard = np.array([other.segments > 0 for other in others])
    astray = away & heard & (again.clear > ELSEWHERE * fine.clear)
    for k in np.flatnonzero(astray).tolist():
        parts[k] = others[k]
    return parts, np.where(astray, lags, read), astray


def _against_whole(
    parts: Sequence[Cross], places: Float64, read: Float64, turns: Float64, kept: NDArray[np.bool_]
) -> tuple[Fine, Cross, Whitening]:
    chosen = [k for k in range(len(parts)) if kept[k]] or list(range(len(parts)))
    sums = total([parts[k] for k in chosen], [float(turns[k]) for k in chosen])
    filters = best_whitening(sums)
    whole = filters.between(sums)
    omega = np.pi * np.arange(len(whole)) / (len(whole) - 1)
    against = np.stack(
        [
            filters.between(part) * np.exp(1j * omega * turn)
            for part, turn in zip(parts, turns, strict=True)
        ]
    )
    # Each against all others: with itself it agrees wherever it is read.
    others = np.broadcast_to(whole, against.shape).copy()
    if len(chosen) > 1:
        others[chosen] -= against[chosen]
    against *= np.conj(others)
    usual = 1.4826 * np.median(np.abs(scipy.fft.irfft(against, axis=1)), axis=1)
    reach = min(FINE_REACH, len(whole) // 2)
    near = np.real(against @ _around_zero(len(whole), reach))
    best = np.argmax(np.abs(near), axis=1)
    lags, clear, same = (np.zeros(len(parts)) for _ in range(3))
    for k, row in enumerate(near):
        inner = np.abs(row[max(0, best[k] - 1) : best[k] + 2])
        part_of = parabola(*inner) if len(inner) == 3 else 0.0
        lags[k] = read[k] + turns[k] + (best[k] + part_of) / FINER - reach
        clear[k] = abs(row[best[k]]) / usual[k] if usual[k] > 0 else 0.0
        same[k] = np.sign(row[best[k]])
    lags[clear < CLEAR] = np.inf
    return Fine(places, lags, clear, same), sums, filters


@lru_cache(8)
def _around_zero(bins: int, reach: int) -> NDArray[np.complex64]:
    """Turns spectra, complex[k, bins], into responses ``reach`` samples around zero, finely."""
    times = np.arange(-reach * FINER, reach * FINER + 1) / FINER
    omega = np.pi * np.arange(bins) / (bins - 1)
    scale = np.full(bins, 1.0 / (bins - 1))
    scale[[0, -1]] *= 0.5
    return np.asarray(scale[:, None] * np.exp(1j * np.outer(omega, times)), np.complex64)


def fitted(fine: Fine, line: Line) -> Line:
    """The line through the windows' lags, by least squares that give strays less weight."""
    usable = np.isfinite(fine.lags) & (np.abs(fine.lags - line(fine.places)) <= NEAR)
    if usable.sum() < 3:
        at = float(np.median(fine.lags[usable])) if usable.any() else line.at
        return Line(at, line.slope, line.middle, np.inf)
    places = fine.places[usable] - line.middle
    lags = fine.lags[usable]
    weights = np.ones(len(lags))
    for _ in range(8):
        design = np.stack([np.ones(len(lags)), places], axis=1)
        root = np.sqrt(weights)
        at, slope = np.linalg.lstsq(design * root[:, None], lags * root, rcond=None)[0]
        rest = lags - at - slope * places
        spread = max(0.01, 1.4826 * float(np.median(np.abs(rest))))
        weights = 1.0 / np.maximum(1.0, np.abs(rest) / (1.5 * spread))
    centred = places - places.mean()
    error = np.sqrt(float((weights * rest**2).sum() / weights.sum()) + 1e-4)
    within = float(error / np.sqrt(max(1e-30, (weights * centred**2).sum())))
    return Line(float(at), float(slope), line.middle, within)


@dataclass(frozen=True)
class Response:
    """The spike between whitened dry and wet: see :mod:`engines.checks.spectra`.

    ``delay`` samples late it stands, ``onset`` is where it begins to rise, ``sign`` its polarity,
    ``plain`` where it would stand without the whitening of phase,
    ``sharp`` (0..1) how much of what dry and wet share is in phase there, ``band`` which share of
    the frequencies they share and ``edge`` how far these reach (of half the rate), ``rival`` how
    large the largest response of the other sign is.
    """

    delay: float
    plain: float
    onset: float
    sign: float
    sharp: float
    band: float
    edge: float
    rival: float


def response(aligned: Aligned, sample_rate: int) -> Response:
    """The latency's figures of what has been aligned; delays count from dry."""
    line = aligned.line
    between = aligned.whitening.between(aligned.sums)
    omega = np.pi * np.arange(len(between)) / (len(between) - 1)
    hertz = omega / np.pi * sample_rate / 2
    size = np.clip(np.abs(between), 0.0, 1.0)
    # Coherence that is only chance: 1/segments on average.
    chance = 2.0 / np.sqrt(max(1, aligned.sums.segments))
    weight = np.where((size > chance) & (hertz > LOWEST_HZ), size**2 / (1.05 - size**2), 0.0)
    band = float((weight.sum() ** 2) / max(1e-30, (weight**2).sum()) / len(weight))
    heard = np.cumsum(weight)
    edge = float(np.searchsorted(heard, 0.9 * heard[-1]) + 1) / len(weight)
    near, best, part_of = _spike(weight * between / np.maximum(size, 1e-12))
    reach = len(near) // 2
    peak = float(near[best])
    largest = float(weight.sum()) / (len(weight) - 1)
    rival = float(np.max(-np.sign(peak) * near, initial=0.0)) / abs(peak) if peak else 1.0
    onset = best
    while onset > 0 and np.abs(near[onset - 1]) > RISE * abs(peak):
        onset -= 1
    cross = aligned.sums.cross
    _, plain, plain_part = _spike(weight * cross / np.maximum(np.abs(cross), 1e-30))
    return Response(
        delay=line.at + (best + part_of - reach) / FINER,
        plain=line.at + (plain + plain_part - reach) / FINER,
        onset=line.at + (onset - reach) / FINER,
        sign=float(np.sign(peak)),
        sharp=float(np.clip(abs(peak) / largest, 0.0, 1.0)) if largest > 0 else 0.0,
        band=band,
        edge=edge,
        rival=rival,
    )


def _spike(spectrum: NDArray[np.complex128]) -> tuple[Float64, int, float]:
    """A response in time around zero, the place of its largest point, and the part beside it."""
    time = finer(spectrum)
    reach = min(len(time) // 4, 64 * FINER)
    near = np.concatenate([time[-reach:], time[: reach + 1]])
    best = int(np.argmax(np.abs(near)))
    inner = np.abs(near[max(0, best - 1) : best + 2])
    return near, best, parabola(*inner) if len(inner) == 3 else 0.0


RISE = 0.1
"""The spike's foot: where it is this share of its height."""
