"""The round trip of a take: how late, inverted or not, how steady, told from its blips."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engines.recording.layout import Layout
from engines.recording.response import Response, measure_response
from engines.recording.signal import blip
from projects.errors import TrimpotError

Float32 = NDArray[np.float32]
Float64 = NDArray[np.float64]

MAX_SECONDS = 2.0
"""The longest round trip that is looked for."""
DRIFT_SECONDS = 0.3
"""How far a later group may have moved: audio that was lost, clocks that differ."""
FOUND = 8.0
"""A match that stands out from the rest by so many standard deviations is no chance."""
AGREE_SAMPLES = 1.5
"""Blips within so many samples of each other tell the same."""
MOST_DRIFT = 500e-6
"""No two working clocks differ by more than 500 ppm: beyond it, samples were lost."""
STEADY_SAMPLES = 0.5
SILENT = 10.0 ** (-90.0 / 20.0)
ONE_CLOCK_PPM = 0.5
"""Below this, two clocks are one, to within what a short take can tell."""


class NothingCameBackError(TrimpotError):
    """The test signal is not in what was recorded."""


@dataclass(frozen=True)
class Group:
    """A group of blips as it came back.

    ``lag`` is where it lies against where it was sent, in whole samples; ``agreeing`` how many of
    its ``sent`` blips lie within :data:`AGREE_SAMPLES` of that.
    """

    at: int
    lag: int
    strength: float
    agreeing: int
    sent: int


@dataclass(frozen=True)
class RoundTrip:
    """What the blips tell.

    Attributes
    ----------
    samples : float
        The latency, to a fraction of a sample: where the impulse response of everything between
        output and input begins. Through a device that passes the highest frequencies it is exact
        to some hundredths; through a low-pass it is early rather than late.
    whole : int
        What to align by: never later than ``samples``, so that wet is never early.
    sure : float
        0..1: how well the blips stand out and agree.
    inverted : bool
    polarity_sure : float
        0..1.
    drift_ppm : float or None
        How much faster the input's clock runs than the output's; None where only one group came
        back.
    lost : int
        By how many samples the take is shorter (negative: longer) after a jump; 0 if none.
    lost_between : tuple of int or None
        The stretch of the signal (samples) in which that happened.
    heard, sent : int
        Blips that agree, and blips that were played as far as the take goes.
    snr_db : float
        Blips against the noise between them.
    wide : bool
        Whether the device passes the highest frequencies, so that the fraction is exact.
    """

    samples: float
    whole: int
    sure: float
    inverted: bool
    polarity_sure: float
    drift_ppm: float | None
    lost: int
    lost_between: tuple[int, int] | None
    heard: int
    sent: int
    snr_db: float
    wide: bool


def find_round_trip(
    take: Float32, layout: Layout, *, max_seconds: float = MAX_SECONDS
) -> RoundTrip:
    """The round trip's latency, polarity and steadiness.

    Parameters
    ----------
    take : float32[n]
        What was recorded, from the moment at which playing began; it may end early.
    layout : Layout
        Where the blips are in what was played.
    max_seconds : float
        The longest latency looked for.

    Raises
    ------
    NothingCameBackError
        With the likely cause.
    """
    rate = layout.sample_rate
    one = blip(rate)
    first = _find_group(take, layout.groups[0], one, 0, round(max_seconds * rate))
    if first is None:
        raise NothingCameBackError(_nothing(take, layout))
    found = [first]
    for places in layout.groups[1:]:
        reach = round(DRIFT_SECONDS * rate)
        group = _find_group(take, places, one, first.lag - reach, first.lag + reach)
        if group is not None:
            found.append(group)
    steady = measure_response(take, layout.groups[0], first.lag, one, rate)
    offsets = [0.0] + [
        float(group.lag - first.lag)
        + measure_response(take, _places(layout, group), group.lag, one, rate).later_than(steady)
        for group in found[1:]
    ]
    drift, lost, between = _steadiness(found, offsets)
    return RoundTrip(
        samples=first.lag + steady.onset,
        whole=first.lag + steady.whole,
        sure=_sureness(found, steady),
        inverted=steady.inverted,
        polarity_sure=steady.polarity_sure,
        drift_ppm=drift,
        lost=lost,
        lost_between=between,
        heard=sum(group.agreeing for group in found),
        sent=sum(len(places) for places in layout.groups if places[-1] + first.lag < len(take)),
        snr_db=steady.snr_db,
        wide=steady.wide,
    )


def _places(layout: Layout, group: Group) -> tuple[int, ...]:
    return next(places for places in layout.groups if places[0] == group.at)


def _find_group(
    take: Float32, places: tuple[int, ...], one: Float64, low: int, high: int
) -> Group | None:
    """The group of blips within these lags, by a filter matched to all of them together."""
    from scipy.signal import fftconvolve

    begin = max(0, places[0] + low)
    stop = places[-1] + len(one) + high
    heard = np.asarray(take[begin:stop], np.float64)
    span = places[-1] - places[0] + len(one)
    if len(heard) < span:
        return None
    matched = fftconvolve(heard, one[::-1], mode="valid")
    offsets = np.array(places) - places[0]
    n = len(matched) - int(offsets[-1])
    together = np.zeros(n)
    for offset in offsets:
        together += matched[offset : offset + n]
    size = np.abs(together)
    peak = int(np.argmax(size))
    spread = 1.4826 * float(np.median(size))
    strength = float(size[peak]) / max(spread, 1e-12 * float(size[peak]), 1e-30)
    if size[peak] <= 0.0 or strength < FOUND:
        return None
    agreeing = _agreeing(matched, offsets + peak, np.sign(together[peak]))
    if agreeing < (len(places) + 1) // 2:
        return None
    return Group(places[0], begin + peak - places[0], strength, agreeing, len(places))


def _agreeing(matched: Float64, places: NDArray[np.int_], sign: float) -> int:
    """How many single blips have their best match where all together have it."""
    reach, count = 64, 0
    for place in places:
        low = max(0, int(place) - reach)
        around = sign * matched[low : int(place) + reach]
        count += abs(low + int(np.argmax(around)) - int(place)) <= AGREE_SAMPLES
    return count


def _steadiness(
    found: list[Group], offsets: list[float]
) -> tuple[float | None, int, tuple[int, int] | None]:
    """Drift in ppm, samples lost at a jump, and between which groups."""
    if len(found) < 2:
        return None, 0, None
    at = [float(group.at) for group in found]
    slopes = [(offsets[k + 1] - offsets[k]) / (at[k + 1] - at[k]) for k in range(len(found) - 1)]
    expected = min(slopes, key=abs)
    moves = [
        offsets[k + 1] - offsets[k] - expected * (at[k + 1] - at[k]) for k in range(len(slopes))
    ]
    worst = int(np.argmax(np.abs(moves)))
    if abs(moves[worst]) > STEADY_SAMPLES or abs(slopes[worst]) > MOST_DRIFT:
        jump = moves[worst] if len(slopes) > 1 else offsets[1]
        drift = 1e6 * expected if len(slopes) > 1 and abs(expected) <= MOST_DRIFT else None
        between = (found[worst].at, found[worst + 1].at)
        if len(slopes) > 1 or abs(slopes[0]) > MOST_DRIFT:
            return drift, -round(jump), between
    slope = (offsets[-1] - offsets[0]) / (at[-1] - at[0])
    return 1e6 * slope, 0, None


def _sureness(found: list[Group], response: Response) -> float:
    share = found[0].agreeing / found[0].sent
    stands_out = 1.0 - (FOUND / max(found[0].strength, FOUND)) ** 2
    return float(round(share * stands_out * response.sure, 3))


def _nothing(take: Float32, layout: Layout) -> str:
    """Why no blip was found, as far as the take tells."""
    rate = layout.sample_rate
    if len(take) < layout.groups[0][-1] + layout.blip:
        return (
            f"Only {len(take) / rate:.1f} s were recorded: too little to find the test signal in. "
            "Record the take again."
        )
    peak = float(np.abs(take).max(initial=0.0))
    if peak < SILENT:
        return (
            "Nothing came back: the input is silent. Check the cable from the device to the "
            "interface, which input is chosen, and that the input's gain is up."
        )
    level = 20 * np.log10(peak)
    return (
        f"What came back (peak {level:.1f} dBFS) does not hold the test signal. Check that the "
        "cable from the output leads into the device, which output and input are chosen, and that "
        "the device is on; if it is only faint, play it louder."
    )
