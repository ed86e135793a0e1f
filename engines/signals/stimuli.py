"""Test signals: sweeps, tones, noise and steps that reach where playing seldom goes."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from engines.signals.pickup import faded, pickup

Float64 = NDArray[np.float64]
Rng = np.random.Generator


def sweep(n: int, rate: int, rng: Rng) -> Float64:
    """An exponential sweep (A. Farina, AES 108, 2000) over the audible band, up or down.

    Above 2 kHz it falls by 6 dB an octave: no instrument moves at full scale there.
    """
    low, high = rng.uniform(15, 40), min(16_000.0, 0.4 * rate)
    seconds = n / rate
    t = np.arange(n) / rate
    ratio = np.log(high / low)
    frequency = low * np.exp(t / seconds * ratio)
    phase = 2 * np.pi * low * seconds / ratio * (np.exp(t / seconds * ratio) - 1)
    signal = np.sin(phase + rng.uniform(0, 2 * np.pi)) * np.minimum(1.0, 2000.0 / frequency)
    if rng.random() < 0.5:
        signal = signal[::-1]
    return faded(signal, rate)


def tones(n: int, rate: int, rng: Rng) -> Float64:
    """Pairs of steady tones and slow chirps that swell and fade."""
    total = np.zeros(n)
    t = np.arange(n) / rate
    count = max(1, round(n / rate / 0.5))
    edges = np.linspace(0, n, count + 1).round().astype(int)
    for start, stop in pairwise(edges.tolist()):
        here = t[: stop - start]
        piece = np.zeros(stop - start)
        for _ in range(2):
            frequency = float(np.exp(rng.uniform(np.log(40), np.log(3000))))
            slope = frequency * rng.choice([0.0, 0.0, 0.5, -0.3]) / 0.5
            phase = 2 * np.pi * (frequency * here + slope * here**2 / 2)
            piece += np.sin(phase + rng.uniform(0, 6)) * rng.uniform(0.2, 1.0)
        first, last = rng.choice([[0.05, 1.0], [1.0, 0.05], [1.0, 1.0]])
        shape = np.linspace(float(first), float(last), stop - start)
        total[start:stop] = faded(piece * shape, rate, 3e-3, 3e-3)
    return total


def noise(n: int, rate: int, rng: Rng) -> Float64:
    """Noise of several bandwidths whose level jumps every few hundredths of a second."""
    total = np.zeros(n)
    start = 0
    while start < n:
        stop = min(n, start + round(rng.uniform(0.03, 0.2) * rate))
        piece = _band_noise(stop - start, rate, rng)
        total[start:stop] = faded(piece, rate, 1e-3, 1e-3) * 10 ** (rng.uniform(-40, 0) / 20)
        start = stop
    return total


def excursions(n: int, rate: int, rng: Rng) -> Float64:
    """Noise riding on large slow waves: every speed at every height, up to full scale."""
    total = np.zeros(n)
    t = np.arange(n) / rate
    start = 0
    while start < n:
        stop = min(n, start + round(rng.uniform(0.05, 0.2) * rate))
        here = t[: stop - start]
        frequency = float(np.exp(rng.uniform(np.log(40), np.log(400))))
        wave = np.sin(2 * np.pi * (frequency * here + rng.uniform()))
        ripple = rng.uniform(0.02, 0.4)
        piece = wave + ripple * _band_noise(stop - start, rate, rng)
        piece *= rng.uniform(0.85, 1.0) / np.abs(piece).max(initial=1e-9)
        total[start:stop] = faded(piece, rate, 2e-3, 2e-3)
        start = stop
    return total


def _band_noise(n: int, rate: int, rng: Rng) -> Float64:
    """Noise up to 300 to 8,000 Hz, with a peak of 1."""
    corner = float(np.exp(rng.uniform(np.log(300), np.log(8000))))
    piece = pickup(rng.standard_normal(n), rate, corner, 0.7)
    scaled: Float64 = piece / np.abs(piece).max(initial=1e-9)
    return scaled


def impulses(n: int, rate: int, rng: Rng) -> Float64:
    """Short pulses and small steps of either sign, 30 to 100 ms apart."""
    total = np.zeros(n)
    start = round(0.01 * rate)
    while start < n - round(0.02 * rate):
        width = int(rng.integers(4, round(0.01 * rate)))
        edge = max(2, round(rng.uniform(0.05e-3, 0.5e-3) * rate))
        flat = np.convolve(np.ones(width), np.hanning(edge + 2)[1:-1], mode="full")
        pulse = flat / flat.max() * rng.uniform(0.1, 1.0) * rng.choice([-1.0, 1.0])
        room = min(len(pulse), n - start)
        total[start : start + room] += pulse[:room]
        start += round(rng.uniform(0.03, 0.1) * rate)
    return faded(total, rate)


def silence(n: int, rate: int, rng: Rng) -> Float64:
    """Nothing."""
    return np.zeros(n)
