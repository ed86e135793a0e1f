"""Plucked strings: a digital waveguide whose pitch and damping move while it sounds.

One delay line a string with a loss filter in its loop (K. Karplus, A. Strong, CMJ 7(2), 1983;
D. Jaffe, J. O. Smith, CMJ 7(2), 1983; fractional delay by a third-order Lagrange interpolator after
T. Laakso et al., IEEE Signal Processing Magazine 13(1), 1996). Where it is plucked and where the
pickup sits each take their comb out of the spectrum.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

Float64 = NDArray[np.float64]
LOWEST_HZ = 25.0


@dataclass(frozen=True)
class Pluck:
    """One attack: when (seconds), how hard (1 is forte), how long the pick's contact (seconds),
    where on the string (fraction of its length), and how noisy the pick is (0..1)."""

    time: float
    strength: float = 1.0
    contact: float = 0.6e-3
    place: float = 0.15
    scrape: float = 0.1


@dataclass(frozen=True)
class StringVoice:
    """A string's performance.

    Attributes
    ----------
    pitch : float64[n]
        Frequency in Hz at every sample: bends, slides, hammer-ons and vibrato are all here.
    decay : float64[n]
        Seconds to -60 dB at every sample; short where the string is muted.
    brightness : float64[n]
        0..1, how much of the high partials each round trip leaves.
    plucks : tuple[Pluck, ...]
        The attacks.
    pickup : float
        Where the pickup sits (fraction of the length).
    """

    pitch: Float64
    decay: Float64
    brightness: Float64
    plucks: tuple[Pluck, ...]
    pickup: float = 0.12


def play(voice: StringVoice, sample_rate: int, rng: np.random.Generator) -> Float64:
    """The voice as the pickup hears it, float64[n], not normalised."""
    pitch = np.clip(voice.pitch, LOWEST_HZ, sample_rate / 8)
    period = sample_rate / pitch
    coefficient = 0.35 + 0.64 * np.clip(voice.brightness, 0.0, 1.0)
    # The loss filter y += a (x - y) is late by (1 - a) / a samples at low frequencies; the delay
    # line is as much shorter, so that the pitch stands.
    delay = np.maximum(period - (1.0 - coefficient) / coefficient, 4.0)
    gain = 10.0 ** (-3.0 / (np.maximum(voice.decay, 1e-3) * pitch))
    excitation = _excitation(voice, period, sample_rate, rng)
    string = _kernel()(excitation, delay, gain, coefficient)
    return _comb(string, voice.pickup * period)


def _excitation(
    voice: StringVoice, period: Float64, sample_rate: int, rng: np.random.Generator
) -> Float64:
    """What the picks put into the string: a smooth push each, scraping a little, and its echo."""
    n = len(voice.pitch)
    excitation = np.zeros(n)
    for pluck in voice.plucks:
        start = round(pluck.time * sample_rate)
        width = max(4, round(pluck.contact * sample_rate))
        if not 0 <= start < n - width:
            continue
        push = np.sin(np.pi * (np.arange(width) + 0.5) / width) ** 2
        push *= 1.0 + pluck.scrape * rng.standard_normal(width)
        push *= pluck.strength / push.sum()
        echo = start + round(pluck.place * period[start])
        excitation[start : start + width] += push
        room = min(width, max(0, n - echo))
        excitation[echo : echo + room] -= push[:room]
    return excitation


def _comb(signal: Float64, delay: Float64) -> Float64:
    """The signal less itself ``delay`` samples ago."""
    places = np.arange(len(signal)) - delay
    return signal - np.interp(places, np.arange(len(signal)), signal, left=0.0)


@cache
def _kernel() -> Callable[[Float64, Float64, Float64, Float64], Float64]:
    """The string's loop, compiled."""
    import numba

    def loop(excitation: Any, delay: Any, gain: Any, coefficient: Any) -> Any:
        n = len(excitation)
        size = 4
        while size < delay.max() + 8:
            size *= 2
        line = np.zeros(size)
        output = np.empty(n)
        low = 0.0
        for i in range(n):
            whole = int(delay[i]) - 1
            f = delay[i] - whole - 1.0
            d = f + 1.0
            read = i - whole
            a = line[read & (size - 1)]
            b = line[(read - 1) & (size - 1)]
            c = line[(read - 2) & (size - 1)]
            e = line[(read - 3) & (size - 1)]
            tap = (
                -a * (d - 1.0) * (d - 2.0) * (d - 3.0) / 6.0
                + b * d * (d - 2.0) * (d - 3.0) / 2.0
                - c * d * (d - 1.0) * (d - 3.0) / 2.0
                + e * d * (d - 1.0) * (d - 2.0) / 6.0
            )
            low += coefficient[i] * (tap - low)
            value = excitation[i] + gain[i] * low
            line[i & (size - 1)] = value
            output[i] = value
        return output

    compiled: Callable[[Float64, Float64, Float64, Float64], Float64] = numba.njit(loop)
    return compiled
