"""Dry and wet audio with known faults: effects of known latency (none), and what goes wrong."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, lfilter, sosfilt

from engines.models.jit import compiled
from engines.signals.builtin import builtin_dry

Samples = NDArray[np.float64]
Effect = Callable[[Samples, int], Samples]


# -- dry audio ---------------------------------------------------------------------------------


def builtin(seconds: float, rate: int, seed: int) -> Samples:
    """The built-in dry signal."""
    return builtin_dry(seconds, rate, seed).samples.astype(np.float64)


def coloured_noise(seconds: float, rate: int, seed: int) -> Samples:
    """Noise that falls towards high frequencies, in swells and pauses."""
    rng = np.random.default_rng(seed)
    n = round(seconds * rate)
    noise = lfilter([1.0], [1.0, -0.9], rng.standard_normal(n))
    swell = np.interp(
        np.arange(n), np.linspace(0, n, 24), rng.uniform(0, 1, 24) ** 2 * (rng.random(24) > 0.2)
    )
    made = noise * swell
    return 0.7 * made / np.abs(made).max() + 1e-5 * rng.standard_normal(n)


def notes(seconds: float, rate: int, seed: int) -> Samples:
    """Decaying harmonic notes over hiss at -80 dBFS, as a keyboard's direct output."""
    rng = np.random.default_rng(seed)
    n = round(seconds * rate)
    made = np.zeros(n)
    at = 0
    while at < n:
        length = int(rate * rng.uniform(0.12, 0.6))
        t = np.arange(min(length, n - at)) / rate
        f = 55.0 * 2 ** (rng.integers(0, 40) / 12)
        tone = np.zeros(len(t))
        for k in range(1, int(min(40, 0.45 * rate / f))):
            tone += np.sin(2 * np.pi * f * k * t + rng.uniform(0, 6.28)) / k * np.exp(-t * 2 * k)
        made[at : at + len(t)] += tone * np.exp(-3 * t) * rng.uniform(0.2, 1.0)
        at += int(length * rng.uniform(0.6, 1.4))
    return 0.8 * made / np.abs(made).max() + 1e-4 * rng.standard_normal(n)


DRY: dict[str, Callable[[float, int, int], Samples]] = {
    "builtin": builtin,
    "coloured noise": coloured_noise,
    "notes": notes,
}


# -- effects without any latency -----------------------------------------------------------------


def low_pass(hertz: float, order: int = 1) -> Effect:
    """Butterworth."""
    return lambda x, rate: sosfilt(butter(order, hertz, fs=rate, output="sos"), x)


def high_pass(hertz: float, order: int = 1) -> Effect:
    """Butterworth."""
    return lambda x, rate: sosfilt(butter(order, hertz, "high", fs=rate, output="sos"), x)


def bright(x: Samples, rate: int) -> Samples:
    """A treble booster: the signal and its highs."""
    return 0.4 * (x + 2.0 * high_pass(1500.0)(x, rate))


def mild(x: Samples, rate: int) -> Samples:
    """A soft overdrive."""
    return 0.6 * np.tanh(3.0 * x)


def diode(x: Samples, rate: int) -> Samples:
    """An asymmetric soft clipper between a high-pass and a low-pass."""
    driven = 6.0 * high_pass(60.0)(x, rate)
    shaped = np.where(driven > 0, np.tanh(driven), 0.5 * np.tanh(2.0 * driven + 0.3 * driven**2))
    return high_pass(20.0)(low_pass(4000.0)(0.5 * shaped, rate), rate)


def hard(x: Samples, rate: int) -> Samples:
    """A hard clipper, well below full scale."""
    return 0.6 * np.clip(5.0 * x, -0.7, 0.7)


def heavy(x: Samples, rate: int) -> Samples:
    """A high-gain preamplifier: tight lows, two saturating stages, dull highs."""
    first = np.tanh(25.0 * high_pass(120.0)(x, rate))
    second = np.tanh(6.0 * (high_pass(30.0)(first, rate) + 0.1))
    return 0.5 * high_pass(20.0)(low_pass(6000.0, 2)(second - np.tanh(0.6), rate), rate)


def compressor(x: Samples, rate: int) -> Samples:
    """Feed-forward, 4:1 above -30 dBFS, 3 ms attack, 120 ms release."""
    level = 20 * np.log10(np.abs(x) + 1e-6)
    wanted = -0.75 * np.maximum(0.0, level + 30.0)
    attack, release = np.exp(-1 / (0.003 * rate)), np.exp(-1 / (0.12 * rate))
    return 1.8 * x * 10 ** (_followed(wanted, attack, release) / 20)


@compiled()
def _followed(wanted: Samples, attack: float, release: float) -> Samples:
    gain, state = np.empty(len(wanted)), 0.0
    for k in range(len(wanted)):
        keep = attack if wanted[k] < state else release
        state = keep * state + (1 - keep) * wanted[k]
        gain[k] = state
    return gain


def tone_stack(x: Samples, rate: int) -> Samples:
    """Scooped middles: the signal without a part of its 600 Hz band."""
    band = sosfilt(butter(1, [400.0, 900.0], "band", fs=rate, output="sos"), x)
    return 0.7 * (x - 0.8 * band)


EFFECTS: dict[str, Effect] = {
    "mild overdrive": mild,
    "diode clipper": diode,
    "hard clipper": hard,
    "heavy distortion": heavy,
    "compressor": compressor,
    "low-pass": low_pass(3000.0),
    "high-pass": high_pass(300.0),
    "treble booster": bright,
    "tone stack": tone_stack,
    "steep low-pass": low_pass(5000.0, 2),
}


# -- effects that change by themselves -------------------------------------------------------


def tremolo(hertz: float, depth: float) -> Effect:
    """Its gain goes up and down."""

    def effect(x: Samples, rate: int) -> Samples:
        t = np.arange(len(x)) / rate
        return 0.8 * x * (1 - depth * (0.5 + 0.5 * np.sin(2 * np.pi * hertz * t)))

    return effect


def chorus(hertz: float, mix: float, sway: float = 0.0015) -> Effect:
    """Dry beside a copy whose delay sways by ``sway`` seconds; a mix of 1 is vibrato."""

    def effect(x: Samples, rate: int) -> Samples:
        n = np.arange(len(x))
        delay = rate * (0.005 + sway * np.sin(2 * np.pi * hertz * n / rate))
        return (1 - mix) * x + mix * at_places(x, n - delay)

    return effect


def phaser(hertz: float) -> Effect:
    """Four all-passes that sweep, beside dry."""

    def effect(x: Samples, rate: int) -> Samples:
        n = np.arange(len(x))
        corner = 300.0 * 8.0 ** (0.5 + 0.5 * np.sin(2 * np.pi * hertz * n / rate))
        t = np.tan(np.pi * corner / rate)
        a = ((t - 1) / (t + 1)).tolist()
        y = x.tolist()
        for _ in range(4):
            before_x = before_y = 0.0
            for k, value in enumerate(y):
                out = a[k] * value + before_x - a[k] * before_y
                before_x, before_y = value, out
                y[k] = out
        return 0.5 * (x + np.array(y))

    return effect


# -- faults ------------------------------------------------------------------------------------


def at_places(x: Samples, places: Samples) -> Samples:
    """The samples at fractional places, by a windowed sinc of 64 taps; zero beyond the ends."""
    return _at_places(np.pad(x, 64), places + 64.0)


@compiled()
def _at_places(x: Samples, places: Samples) -> Samples:
    out = np.zeros(len(places))
    for n in range(len(places)):
        whole = int(np.floor(places[n]))
        if whole < 32 or whole >= len(x) - 33:
            continue
        part = places[n] - whole
        if part < 1e-9:
            out[n] = x[whole]
            continue
        # sin(pi (part - tap)) only changes its sign from tap to tap.
        sine = np.sin(np.pi * part) / np.pi
        total = 0.0
        for tap in range(-31, 33):
            distance = part - tap
            share = distance / 33.0
            sign = 1.0 if tap % 2 == 0 else -1.0
            total += sign * x[whole + tap] / distance * (1.0 - share * share) ** 2
        out[n] = sine * total
    return out


def late(x: Samples, samples: float, ppm: float = 0.0) -> Samples:
    """Delayed by a fraction too; with ppm, the further on the later."""
    n = np.arange(len(x), dtype=np.float64)
    return at_places(x, n - samples - n * ppm * 1e-6)


def noisy(x: Samples, dbfs: float, seed: int) -> Samples:
    """With white noise of so many dBFS RMS."""
    return x + 10 ** (dbfs / 20) * np.random.default_rng(seed).standard_normal(len(x))
