"""Where knobs stand while a circuit runs: tracks on the grid of the samples.

A model that is to follow a knob has to hear the knob move, and to hear it rest long enough that the
circuit's own memory settles. Each of the parts that the audio is divided into meets the whole range
of every knob.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engines.circuits.base import Float64
from projects.capture import Check
from projects.circuits import CircuitKnob
from projects.manifest import Section

GLIDE_SECONDS = 0.02
"""From one held setting to the next, switches too. A step within one sample would be a click that
no pot makes, with a spectrum up to half the sample rate. The path of least jerk over 20 ms, as
quick as a hand can be, holds 27 dB less than such a step at 300 Hz and 67 dB less at 1 kHz."""
TURN_SECONDS = (0.05, 2.0)
"""Of a player's turns: from a flick to a slow sweep."""
REST_SHARES = (0.25, 2.0)
"""Of ``hold_seconds``: how long a player leaves a knob alone."""
SHORTEST_HOLD_SECONDS = 0.2
"""A section that is too short for two holds is held half as long, down to this, so that it meets
both ends."""
COVERED = 0.8
"""Share of a knob's way that each part should meet."""

NAMED = 5
"""So many knobs are named in a sentence."""

Move = tuple[int, int, float]
"""First sample, how many samples, and the share (0..1) of the way at which it ends."""


@dataclass(frozen=True)
class Travel:
    """Between which settings a knob moves, ``low <= high``, in the knob's own unit."""

    knob: CircuitKnob
    low: float
    high: float

    @property
    def by_ratio(self) -> bool:
        """Whether equal turns are equal ratios."""
        return self.knob.taper == "log" and self.low > 0.0

    def at(self, shares: Float64) -> Float64:
        """Settings at shares 0..1 of the way, by the knob's taper."""
        if self.by_ratio:
            found = self.low * (self.high / self.low) ** shares
        else:
            found = self.low + (self.high - self.low) * shares
        return np.asarray(np.clip(found, self.low, self.high))

    def shares(self, values: Float64) -> Float64:
        """The reverse of :meth:`at`."""
        if self.by_ratio:
            return np.asarray(np.log(values / self.low) / np.log(self.high / self.low))
        return np.asarray((values - self.low) / (self.high - self.low))


def stepped(
    travels: Sequence[Travel],
    sections: Sequence[Section],
    n: int,
    sample_rate: int,
    *,
    hold_seconds: float,
    seed: int | Sequence[int],
) -> Float64:
    """Knobs that hold one setting after another, all of them moving at the same time.

    The settings of each part fill the space of the knobs' ranges (a scrambled Sobol sequence,
    scipy's) and reach every knob's ends.

    Parameters
    ----------
    travels : sequence of Travel
        M of them.
    sections : sequence of Section
        How the signal is divided; a part's first setting is reached before it begins where a gap
        leaves time for that.
    n : int
        Samples of the track.
    sample_rate : int
        In Hz.
    hold_seconds : float
        How long a setting is held, the glide to it included; a section holds a whole number.
    seed : int or sequence of int
        The same seed gives the same track.

    Returns
    -------
    float64[n, M]
        In the knobs' own units.
    """
    rng = np.random.default_rng(seed)
    glide = max(1, round(GLIDE_SECONDS * sample_rate))
    cells = _cells(sections, n, round(hold_seconds * sample_rate), sample_rate)
    shares = np.zeros((len(cells), len(travels)))
    for part in dict.fromkeys(part for _, part in cells):
        here = [number for number, cell in enumerate(cells) if cell[1] == part]
        shares[here] = _filling(len(here), len(travels), rng)
    track = np.empty((n, len(travels)))
    for column, travel in enumerate(travels):
        if travel.knob.taper == "switch":
            shares[:, column] = np.round(shares[:, column])
        ends = shares[:, column].tolist()
        moves = [(start, glide, end) for (start, _), end in zip(cells[1:], ends[1:], strict=True)]
        track[:, column] = travel.at(_drawn(ends[0], moves, n))
    return track


def turned(
    travels: Sequence[Travel],
    sections: Sequence[Section],
    n: int,
    sample_rate: int,
    *,
    hold_seconds: float,
    seed: int | Sequence[int],
) -> Float64:
    """Knobs turned as a player turns them: smooth turns of many speeds, with rests between.

    Each knob moves at times of its own. A turn takes :data:`TURN_SECONDS`, a rest
    :data:`REST_SHARES` of ``hold_seconds``, every order of magnitude equally often. Where a turn
    ends is spread evenly over the range, both ends included, in each part by itself; a switch is
    thrown from end to end.

    Parameters and what is returned are those of :func:`stepped`.
    """
    rng = np.random.default_rng(seed)
    ordered = sorted(sections, key=lambda section: section.start)
    stops = [section.stop for section in ordered]
    parts = [section.part for section in ordered] or ["train"]
    track = np.empty((n, len(travels)))
    for column, travel in enumerate(travels):
        switch = travel.knob.taper == "switch"
        times = _times(n, sample_rate, hold_seconds, rng, switch=switch)
        ends = [start + count for start, count in times]
        arrives = [0, *(int(np.searchsorted(stops, end)) for end in ends)]
        where = [parts[min(place, len(parts) - 1)] for place in arrives]
        shares = _alternating(len(where), rng) if switch else _evenly(where, rng)
        moves = [
            (start, count, share)
            for (start, count), share in zip(times, shares[1:].tolist(), strict=True)
        ]
        track[:, column] = travel.at(_drawn(float(shares[0]), moves, n))
    return track


def in_float32(travels: Sequence[Travel], track: Float64) -> NDArray[np.float32]:
    """The track as its files hold it, still inside of every range that float32 has numbers in.

    What is simulated is this, so that file and simulation agree to the last bit.
    """
    found = track.astype(np.float32)
    for column, travel in enumerate(travels):
        for bound, inside, beyond in (
            (travel.low, np.inf, np.less),
            (travel.high, -np.inf, np.greater),
        ):
            nearest = np.float32(bound)
            if beyond(float(nearest), bound):
                nearest = np.nextafter(nearest, np.float32(inside), dtype=np.float32)
            outside = beyond(found[:, column].astype(np.float64), bound)
            found[outside, column] = nearest
    return found


def coverage_check(
    travels: Sequence[Travel], track: NDArray[np.float32], sections: Sequence[Section]
) -> Check:
    """Whether every part of the audio meets where each knob goes.

    The figure is the least share of a knob's way (by its taper, over the whole track) that a part
    of the audio meets.
    """
    least, which = 1.0, ("", "")
    for column, travel in enumerate(travels):
        whole = travel.shares(track[:, column].astype(np.float64))
        way = float(np.ptp(whole))
        for part in dict.fromkeys(section.part for section in sections):
            met = np.concatenate([whole[s.start : s.stop] for s in sections if s.part == part])
            share = float(np.ptp(met)) / way if way > 0.0 and len(met) else 1.0
            if share < least:
                least, which = share, (travel.knob.name, part)
    ranges = [
        f"{travel.knob.name} between {values.min():g} and {values.max():g}{_after(travel.knob)}"
        for travel, values in zip(travels, track.T, strict=True)
    ]
    more = f", and {len(ranges) - NAMED} more" if len(ranges) > NAMED else ""
    said = f"Knobs move during the run: {', '.join(ranges[:NAMED])}{more}."
    good = least >= COVERED
    if good:
        much = "all" if least > 0.995 else f"at least {100 * least:.0f} %"
        said += f" Every part of the audio meets {much} of that."
    else:
        said += f" Of {which[0]}'s way the {which[1]} part meets only {100 * least:.0f} %."
    return Check(
        name="knob motion",
        level="ok" if good else "warning",
        text=said,
        value=least,
        advice="" if good else "Use a longer signal, or let the knobs rest for a shorter time.",
    )


def _after(knob: CircuitKnob) -> str:
    return f" {knob.unit}" if knob.unit else ""


def _cells(
    sections: Sequence[Section], n: int, hold: int, sample_rate: int
) -> list[tuple[int, str]]:
    """First sample and part of every held setting; the glide to it begins there."""
    glide = max(1, round(GLIDE_SECONDS * sample_rate))
    found: list[tuple[int, str]] = []
    before = 0
    for section in sorted(sections, key=lambda section: section.start):
        length = section.stop - section.start
        least = 2 if length >= 2 * SHORTEST_HOLD_SECONDS * sample_rate else 1
        count = max(least, round(length / max(1, hold)))
        edges = np.linspace(section.start, section.stop, count + 1).round().astype(int)[:-1]
        edges[0] = max(before, section.start - glide)
        found += [(int(edge), section.part) for edge in edges]
        before = section.stop
    return found or [(edge, "train") for edge in range(0, n, max(1, hold))]


def _filling(count: int, dimensions: int, rng: np.random.Generator) -> Float64:
    """Points float64[count, dimensions] that fill the unit cube and touch all of its sides."""
    from scipy.stats import qmc

    sobol = qmc.Sobol(dimensions, scramble=True, rng=rng)
    points = sobol.random_base2(max(0, int(count - 1).bit_length()))[:count]
    if count < 2:
        return np.asarray(points)
    low, high = points.min(axis=0), points.max(axis=0)
    return np.asarray((points - low) / (high - low))


def _times(
    n: int, sample_rate: int, hold_seconds: float, rng: np.random.Generator, *, switch: bool
) -> list[tuple[int, int]]:
    """First sample and number of samples of every turn that ends within the track."""
    found: list[tuple[int, int]] = []
    now = 0
    rests = np.log(np.multiply(REST_SHARES, hold_seconds))
    turns = np.log(TURN_SECONDS)
    while True:
        rest = np.exp(rng.uniform(*rests))
        turn = np.exp(rng.uniform(*turns))
        start = now + round(rest * sample_rate)
        count = max(1, round((GLIDE_SECONDS if switch else turn) * sample_rate))
        now = start + count
        if now >= n:
            return found
        found.append((start, count))


def _evenly(where: Sequence[str], rng: np.random.Generator) -> Float64:
    """Shares of the way, spread evenly over 0..1 for each part by itself, in a random order."""
    shares = np.zeros(len(where))
    for part in dict.fromkeys(where):
        here = [number for number, other in enumerate(where) if other == part]
        points = (rng.permutation(len(here)) + rng.uniform(size=len(here))) / len(here)
        if len(here) > 1:
            points = (points - points.min()) / np.ptp(points)
        shares[here] = points
    return shares


def _alternating(count: int, rng: np.random.Generator) -> Float64:
    return np.asarray((np.arange(count) + rng.integers(2)) % 2, np.float64)


def _drawn(first: float, moves: Sequence[Move], n: int) -> Float64:
    """The shares float64[n] of a knob that starts at ``first`` and makes these moves.

    A move follows the path of least jerk from rest to rest, as hands do (Flash and Hogan, "The
    coordination of arm movements", Journal of Neuroscience 5, 1985, page 1688). Its first sample
    is the first one that differs.
    """
    shares = np.full(n, first)
    stands = first
    nexts = [start for start, _, _ in moves[1:]] + [n]
    for (start, count, end), following in zip(moves, nexts, strict=True):
        stop = min(following, start + count)
        way = np.arange(1, stop - start + 1) / count
        shares[start:stop] = stands + (end - stands) * way**3 * (10 - 15 * way + 6 * way**2)
        if stop == start + count:
            shares[stop - 1 : following] = end  # to the last bit
        stands = end
    return shares
