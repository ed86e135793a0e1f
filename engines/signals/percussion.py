"""Percussion: membranes as decaying modes, noise bursts, and how they follow each other."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engines.signals.pickup import faded, pickup

Float64 = NDArray[np.float64]
Rng = np.random.Generator

MEMBRANE = np.array([1.0, 1.594, 2.136, 2.296, 2.653, 2.918])
"""Frequencies of an ideal circular membrane's modes over its lowest (N. Fletcher, T. Rossing, "The
Physics of Musical Instruments", chapter 3)."""


def drums(n: int, rate: int, rng: Rng) -> Float64:
    """A bar or two on kick, snare, toms and cymbals, a hit every 60 to 300 ms."""
    total = np.zeros(n)
    beat = rng.uniform(0.06, 0.3)
    for time in np.arange(0.01, n / rate - 0.03, beat):
        start = round((time + rng.uniform(0, 0.01)) * rate)
        count = min(n - start, round(0.5 * rate))
        hit = (_kick, _snare, _tom, _cymbal)[rng.choice(4, p=[0.3, 0.3, 0.25, 0.15])]
        total[start : start + count] += rng.uniform(0.3, 1.0) * hit(count, rate, rng)
    return faded(pickup(total, rate, rng.uniform(5000, 9000), 0.7), rate)


def _kick(n: int, rate: int, rng: Rng) -> Float64:
    t = np.arange(n) / rate
    low, high = rng.uniform(42, 70), rng.uniform(120, 300)
    phase = 2 * np.pi * np.cumsum(low + (high - low) * np.exp(-t / 0.02)) / rate
    click = 0.3 * rng.standard_normal(n) * np.exp(-t / 0.002)
    body: Float64 = np.sin(phase) * np.exp(-t / rng.uniform(0.06, 0.2))
    return body + click


def _snare(n: int, rate: int, rng: Rng) -> Float64:
    t = np.arange(n) / rate
    wires = rng.standard_normal(n) * np.exp(-t / rng.uniform(0.03, 0.1))
    return 0.6 * _membrane(t, rng.uniform(160, 240), 0.06, rng) + 0.4 * wires


def _tom(n: int, rate: int, rng: Rng) -> Float64:
    return _membrane(np.arange(n) / rate, rng.uniform(70, 200), rng.uniform(0.1, 0.3), rng)


def _cymbal(n: int, rate: int, rng: Rng) -> Float64:
    t = np.arange(n) / rate
    noise = np.diff(rng.standard_normal(n), prepend=0.0)
    struck: Float64 = 0.3 * noise * np.exp(-t / rng.uniform(0.02, 0.15))
    return struck


def _membrane(t: Float64, lowest: float, decay: float, rng: Rng) -> Float64:
    total = np.zeros(len(t))
    for ratio in MEMBRANE:
        strength = rng.uniform(0.3, 1.0) / ratio
        total += strength * np.sin(2 * np.pi * lowest * ratio * t) * np.exp(-t * ratio / decay)
    return total / 1.5
