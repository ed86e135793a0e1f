"""The built-in dry signal: playing and test signals at many levels, apart for train and test."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import get_args

import numpy as np
from numpy.typing import NDArray

from engines.signals import percussion, phrases, stimuli
from engines.signals.pickup import to_level
from projects.manifest import Part, Section

Float64 = NDArray[np.float64]
Generator = Callable[[int, int, np.random.Generator], Float64]

SHARES: dict[Part, float] = {"train": 0.70, "validation": 0.15, "test": 0.15}
GAP_SECONDS = 0.25
"""Silence between the parts, in none of them."""
MIN_SECONDS = 4.0
PIECE_SECONDS = 1.0


@dataclass(frozen=True)
class Material:
    """A kind of material, its share of every part's time, and whether it may be recorded hot.

    ``level`` is a peak level (dBFS) that all its pieces have, instead of taking turns.
    """

    make: Generator
    share: float
    hot: bool = True
    level: float | None = None


PROGRAMME: tuple[Material, ...] = (
    Material(phrases.lead, 0.20),
    Material(phrases.chords, 0.14),
    Material(phrases.riff, 0.10),
    Material(phrases.arpeggio, 0.08),
    Material(phrases.bass, 0.07),
    Material(phrases.slap, 0.06),
    Material(percussion.drums, 0.10),
    Material(stimuli.sweep, 0.06, hot=False),
    Material(stimuli.tones, 0.04, hot=False),
    Material(stimuli.noise, 0.06, hot=False),
    Material(stimuli.excursions, 0.05, hot=False, level=0.0),
    Material(stimuli.impulses, 0.03, hot=False),
    Material(stimuli.silence, 0.01, hot=False),
)

LEVELS = (0.0, -6.0, -1.0, -12.0, -3.0, -24.0, 0.0, -9.0, -2.0, -36.0, -5.0, -18.0, -1.0, -60.0)
"""Peak levels (dBFS) that the pieces take in turn."""
HOT_LEVEL = -4.0
"""From here on, playing is pressed towards the peak (by up to 12 dB), as a preamp does: peaks are
rare in plain playing, and full scale is where a clipper's model needs the most examples."""


@dataclass(frozen=True)
class DrySignal:
    """A dry signal and the parts it falls into.

    ``samples`` float32[n], 1.0 is full scale; ``sections`` say which stretch is for what, with
    different material in each; what lies between them is silence.
    """

    samples: NDArray[np.float32]
    sample_rate: int
    sections: tuple[Section, ...]


def builtin_dry(seconds: float, sample_rate: int = 48000, seed: int = 0) -> DrySignal:
    """Synthesise plucked strings, bass, percussion, sweeps, tones and noise.

    Levels go from -60 to 0 dBFS (peak), so that a model trained on it has met whatever playing may
    bring: see ``tests/engines/signals`` for how that is measured.

    Parameters
    ----------
    seconds : float
        How long; 4 or more.
    sample_rate : int
        In Hz.
    seed : int
        The same seed gives the same samples.

    Raises
    ------
    ValueError
        Shorter than 4 s.
    """
    if seconds < MIN_SECONDS:
        raise ValueError(f"a built-in signal lasts {MIN_SECONDS:.0f} s or more, not {seconds}")
    n = round(seconds * sample_rate)
    samples = np.zeros(n)
    sections = []
    gap = round(GAP_SECONDS * sample_rate)
    usable = n - gap * (len(SHARES) - 1)
    start = 0
    for number, part in enumerate(get_args(Part)):
        last = number == len(SHARES) - 1
        stop = n if last else start + round(SHARES[part] * usable)
        rng = np.random.default_rng([seed, number])
        samples[start:stop] = _part(stop - start, sample_rate, rng)
        sections.append(Section(start=start, stop=stop, part=part))
        start = stop + gap
    return DrySignal(samples.astype(np.float32), sample_rate, tuple(sections))


def _part(n: int, sample_rate: int, rng: np.random.Generator) -> Float64:
    """One part: every kind of material in pieces of about a second, in a random order."""
    pieces: list[tuple[Material, float]] = []
    for material in PROGRAMME:
        count = max(1, round(material.share * n / sample_rate / PIECE_SECONDS))
        pieces += [(material, material.share / count)] * count
    order = rng.permutation(len(pieces))
    weights = np.array([pieces[index][1] for index in order])
    edges = np.concatenate([[0.0], np.cumsum(weights) / weights.sum()])
    places = np.round(edges * n).astype(int)
    first = int(rng.integers(len(LEVELS)))
    samples = np.zeros(n)
    for turn, index in enumerate(order):
        start, stop = int(places[turn]), int(places[turn + 1])
        material = pieces[index][0]
        turned = LEVELS[(first + turn) % len(LEVELS)]
        level = turned if material.level is None else material.level
        samples[start:stop] = _piece(material, stop - start, sample_rate, level, rng)
    return samples


def _piece(
    material: Material, n: int, sample_rate: int, level: float, rng: np.random.Generator
) -> Float64:
    made = to_level(material.make(n, sample_rate, rng), 0.0)
    pressure = rng.uniform(0.5, 4.0)
    if material.hot and level >= HOT_LEVEL:
        made = np.tanh(pressure * made)
    sign: float = rng.choice([-1.0, 1.0])
    spread = rng.uniform(0.0, 1.0) if material.level is None else 0.0
    return sign * to_level(made, level - spread)
