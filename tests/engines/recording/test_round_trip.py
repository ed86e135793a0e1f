"""The round trip of made recordings with a known truth: hundreds of them.

Tolerances: through a device that passes the highest frequencies (a wire, clippers, a compressor,
a coupling capacitor) the latency is right within 0.15 sample, and a whole one is found exactly.
Through a low-pass it is at most 1.25 samples late, so that wet is never early by more, and at most
6 samples early. Polarity is always right, drift within 1 ppm, samples lost within 1.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
import pytest
from audio_engine import music
from numpy.typing import NDArray
from scipy.signal import butter, lfilter, resample

from engines.recording.latency import NothingCameBackError, find_round_trip
from engines.recording.layout import Layout
from engines.recording.signal import SignalConfig, level_signal, make_signal

Float = NDArray[np.float64]
Effect = Callable[[Float, int], Float]
RATE = 48_000


def filtered(x: Float, rate: int, order: int, kind: str, corner: float) -> Float:
    return np.asarray(lfilter(*butter(order, corner, kind, fs=rate), x))


def compressed(x: Float, rate: int) -> Float:
    """Gain by a slow detector: 4:1 above -26 dBFS, 5 ms."""
    level = np.sqrt(filtered(x**2, rate, 1, "low", 30.0).clip(1e-12))
    return x * np.minimum(1.0, (0.05 / level) ** 0.75)


def fuzz(x: Float, rate: int) -> Float:
    pushed = np.clip(200 * filtered(x, rate, 1, "high", 150.0) + 0.1, -0.3, 0.5)
    return filtered(pushed, rate, 1, "low", 4000.0)


WIDE: dict[str, Effect] = {
    "wire": lambda x, rate: 0.3 * x,
    "tanh": lambda x, rate: np.tanh(8 * x),
    "hard clipper": lambda x, rate: np.clip(30 * x, -0.5, 0.5),
    "diode-like": lambda x, rate: np.where(x > 0, np.tanh(5 * x), 0.3 * np.tanh(20 * x)),
    "compressor": compressed,
    "coupling capacitor": partial(filtered, order=1, kind="high", corner=80.0),
}
DARK: dict[str, Effect] = {
    "low-pass 3 kHz": partial(filtered, order=1, kind="low", corner=3000.0),
    "two poles 5 kHz": partial(filtered, order=2, kind="low", corner=5000.0),
    "two poles 2 kHz": partial(filtered, order=2, kind="low", corner=2000.0),
    "four poles 3 kHz": partial(filtered, order=4, kind="low", corner=3000.0),
    "band-pass": lambda x, rate: filtered(
        filtered(x, rate, 2, "high", 200.0), rate, 2, "low", 4500.0
    ),
    "clipper and tone": lambda x, rate: filtered(np.tanh(20 * x), rate, 2, "low", 3500.0),
    "tone and clipper": lambda x, rate: np.tanh(20 * filtered(x, rate, 1, "low", 3000.0)),
    "fuzz": fuzz,
    "tilt": lambda x, rate: 0.5 * x + filtered(x, rate, 1, "low", 500.0),
}


def delayed(x: Float, delay: float) -> Float:
    """Later by a delay in samples, band-limited, with a second of silence after it."""
    whole = int(np.floor(delay))
    if delay != whole:
        at = np.arange(-64, 65)
        x = np.convolve(x, np.sinc(at - (delay - whole)) * np.kaiser(129, 8))[64 : 64 + len(x)]
    return np.concatenate([np.zeros(whole), x, np.zeros(RATE)])


def noisy(y: Float, snr_db: float, rng: np.random.Generator, hum: float = 0.0) -> Float:
    """With white noise so far below, and mains hum of an amplitude."""
    power = float(np.mean(y[np.abs(y) > 1e-4] ** 2))
    t = np.arange(len(y)) / RATE
    humming = hum * np.sqrt(power) * (np.sin(314.16 * t) + 0.4 * np.sin(942.5 * t))
    return y + humming + np.sqrt(power) * 10 ** (-snr_db / 20) * rng.standard_normal(len(y))


@pytest.fixture(scope="module")
def sent() -> dict[int, tuple[Float, Layout]]:
    """The signal of a level check at two rates: two groups of blips."""
    found = {}
    for rate in (44_100, RATE):
        samples, layout = level_signal(rate, -6.0)
        found[rate] = (samples.astype(np.float64), layout)
    return found


@pytest.mark.parametrize("name", WIDE)
def test_through_wide_devices_the_latency_is_exact(
    name: str, sent: dict[int, tuple[Float, Layout]]
) -> None:
    rng = np.random.default_rng(list(WIDE).index(name))
    for number in range(16):
        rate = (44_100, RATE)[number % 2]
        samples, layout = sent[rate]
        made = WIDE[name](samples, rate)
        fraction = rng.uniform() if number % 3 else 0.0
        delay = float(rng.integers(0, 40_000)) + fraction
        sign = rng.choice([-1.0, 1.0])
        snr = rng.uniform(15, 80)
        heard = noisy(sign * delayed(made, delay), snr, rng, hum=rng.uniform(0, 0.3))
        trip = find_round_trip(heard.astype(np.float32), layout)
        told = f"{delay=} {snr=} {trip}"
        assert abs(trip.samples - delay) < 0.15, told
        assert delay - 1.05 < trip.whole < delay + 0.15, told
        if not fraction:
            assert trip.whole == delay, told
        assert trip.inverted == (sign < 0), told
        assert trip.sure > 0.6, told
        assert trip.polarity_sure > 0.6, told
        assert trip.drift_ppm is not None, told
        assert abs(trip.drift_ppm) < 1.0, told
        assert trip.lost == 0, told
        assert (trip.heard, trip.sent) == (10, 10), told


@pytest.mark.parametrize("name", DARK)
def test_through_dark_devices_wet_is_never_early(
    name: str, sent: dict[int, tuple[Float, Layout]]
) -> None:
    rng = np.random.default_rng(100 + list(DARK).index(name))
    samples, layout = sent[RATE]
    made = DARK[name](samples, RATE)
    for _ in range(12):
        delay = float(rng.integers(0, 40_000)) + rng.uniform()
        sign = rng.choice([-1.0, 1.0])
        snr = rng.uniform(40, 90)
        trip = find_round_trip(
            noisy(sign * delayed(made, delay), snr, rng).astype(np.float32), layout
        )
        told = f"{delay=} {snr=} {trip}"
        assert -6.0 < trip.whole - delay < 1.25, told
        assert trip.samples - delay < 1.6, told
        assert trip.inverted == (sign < 0), told
        assert trip.drift_ppm is not None, told
        assert abs(trip.drift_ppm) < 1.0, told
        assert trip.lost == 0, told


def test_clocks_that_differ_are_measured(sent: dict[int, tuple[Float, Layout]]) -> None:
    samples, layout = sent[RATE]
    rng = np.random.default_rng(7)
    for number in range(12):
        effect = list((WIDE | DARK).values())[number % (len(WIDE) + len(DARK))]
        heard = delayed(effect(samples, RATE), float(rng.integers(0, 9000)))
        more = int(rng.choice([-1, 1])) * int(rng.integers(1, 40))
        slid = resample(heard, len(heard) + more)
        trip = find_round_trip(noisy(slid, 50, rng).astype(np.float32), layout)
        truth = 1e6 * more / len(heard)
        assert trip.drift_ppm is not None
        assert abs(trip.drift_ppm - truth) < 1.0, f"{number=} {truth=} {trip}"
        assert trip.lost == 0


def test_lost_samples_are_told_from_drift() -> None:
    made, layout = make_signal(SignalConfig(seconds=4, test_seconds=2), RATE, -6.0)
    samples = made.astype(np.float64)
    rng = np.random.default_rng(8)
    for number in range(12):
        heard = delayed(np.tanh(4 * samples), float(rng.integers(0, 9000)))
        lost = int(rng.integers(5, 4000))
        gap = number % 2
        low, high = (layout.groups[gap][-1] + 20_000, layout.groups[gap + 1][0] - 5000)
        place = int(rng.integers(low, high))
        cut = np.delete(heard, slice(place, place + lost))
        trip = find_round_trip(noisy(cut, 50, rng).astype(np.float32), layout)
        told = f"{lost=} {place=} {trip}"
        assert abs(trip.lost - lost) <= 1, told
        assert trip.lost_between is not None, told
        assert trip.lost_between[0] < place < trip.lost_between[1] + 9000, told


@pytest.mark.parametrize("noise", ["white", "hum", "music", "speech-like"])
def test_what_holds_no_blips_is_not_mistaken(
    noise: str, sent: dict[int, tuple[Float, Layout]]
) -> None:
    _, layout = sent[RATE]
    n = layout.n_samples + RATE
    t = np.arange(n) / RATE
    for seed in range(10):
        rng = np.random.default_rng(seed)
        heard = {
            "white": lambda rng=rng: 0.1 * rng.standard_normal(n),
            "hum": lambda rng=rng: 0.3 * np.sin(314 * t) + 0.01 * rng.standard_normal(n),
            "music": lambda seed=seed: np.tile(music(1.5, seed), 4)[:n],
            "speech-like": lambda rng=rng: (
                filtered(rng.standard_normal(n), RATE, 2, "low", 900.0) * np.abs(np.sin(9 * t))
            ),
        }[noise]()
        with pytest.raises(NothingCameBackError, match="does not hold the test signal"):
            find_round_trip(np.asarray(heard, np.float32), layout)


def test_silence_is_said_with_what_to_check(sent: dict[int, tuple[Float, Layout]]) -> None:
    _, layout = sent[RATE]
    with pytest.raises(NothingCameBackError, match="the input is silent"):
        find_round_trip(np.zeros(layout.n_samples, np.float32), layout)
    with pytest.raises(NothingCameBackError, match=r"Only 0\.2 s were recorded"):
        find_round_trip(np.zeros(RATE // 5, np.float32), layout)


def test_a_take_that_ends_early_is_found_from_its_first_blips(
    sent: dict[int, tuple[Float, Layout]],
) -> None:
    samples, layout = sent[RATE]
    heard = delayed(np.tanh(3 * samples), 777.0).astype(np.float32)
    end = layout.groups[0][-1] + layout.blip + 777
    for stop in (end, end + 3000, layout.groups[1][0] + 900, layout.groups[1][2]):
        trip = find_round_trip(heard[:stop], layout)
        assert trip.whole == 777
        assert trip.drift_ppm is None
        assert trip.heard == 5


def test_music_beside_the_blips_does_not_move_them(
    sent: dict[int, tuple[Float, Layout]],
) -> None:
    samples, layout = sent[RATE]
    for seed in range(4):
        heard = delayed(samples, 1234.0)
        heard += 0.3 * np.tile(music(1.5, seed), 4)[: len(heard)]
        trip = find_round_trip(heard.astype(np.float32), layout)
        assert trip.whole in (1233, 1234)
