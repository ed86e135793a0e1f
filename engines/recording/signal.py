"""The test signal: blips to find the round trip by, levels, sweeps and noise, and playing."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from engines.recording.layout import Layout
from engines.signals.pickup import faded, to_level
from projects.errors import ProjectError
from projects.manifest import Section, Stretch
from projects.splits import split_by_time

Float32 = NDArray[np.float32]
Float64 = NDArray[np.float64]

BLIP_SECONDS = 0.06
BLIP_LOW = 120.0
"""Hz; above mains hum and its first harmonic."""
BLIP_HIGH = 18_000.0
BLIP_TOP = 0.42
"""The highest frequency, as a share of the sample rate, that any converter still passes."""
BLIP_STARTS = (0.0, 0.097, 0.211, 0.331, 0.463)
"""Seconds from the first blip of a group; no two distances are alike, so that no blip is taken
for its neighbour."""
GROUP_SECONDS = 0.75
"""A group of blips and the quiet after it, in which what the device adds dies away."""
QUIET_SECONDS = 0.5
"""Silence at the start: the noise floor of what comes back."""
TAIL_SECONDS = 0.5
PART_GAP_SECONDS = 0.25
MIN_TEST_SECONDS = 1.5
LEVEL_CHECK_SECONDS = 2.0
SWEEP_LEVELS = (-36.0, -18.0, -6.0, 0.0)
NOISE_LEVELS = (-48.0, -36.0, -24.0, -12.0, -3.0)
"""Peaks in dB below the level of the take."""


class SignalConfig(BaseModel):
    """What is played in a take."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    seconds: float = Field(
        120.0,
        ge=4.0,
        le=1800.0,
        title="Playing",
        description="Length of the built-in playing; of a recording of your own, at most so much",
        json_schema_extra={"unit": "s"},
    )
    test_seconds: float = Field(
        8.0,
        ge=0.0,
        le=120.0,
        title="Sweeps and noise",
        description="Before the playing; 0 for none",
        json_schema_extra={"unit": "s"},
    )
    own: Path | None = Field(
        None, title="Own recording", description="A dry recording to play instead"
    )
    seed: int = Field(0, ge=0, lt=2**63, title="Seed", description="Of the built-in playing")


def blip(rate: int) -> Float64:
    """One blip: a sine that falls exponentially through the audible band, peak 1.

    It falls, where a measuring sweep usually rises (A. Farina, AES 108, 2000): the harmonics that
    a device adds then come out after the impulse response in place of before it, and so cannot be
    taken for something early.

    Parameters
    ----------
    rate : int
        Sample rate in Hz.

    Returns
    -------
    float64[n]
    """
    high, low = min(BLIP_HIGH, BLIP_TOP * rate), BLIP_LOW
    n = round(BLIP_SECONDS * rate)
    t = np.arange(n) / rate
    ratio = np.log(low / high)
    phase = 2 * np.pi * high * BLIP_SECONDS / ratio * (np.exp(t / BLIP_SECONDS * ratio) - 1)
    return faded(np.sin(phase), rate, attack=2.5e-4, release=4e-3)


def make_signal(config: SignalConfig, rate: int, level: float) -> tuple[Float32, Layout]:
    """Everything that is played in a take, and where in it is what.

    Silence, blips, sweeps of rising level and noise of several, blips, the playing, blips again.
    The blips and test signals are for training; the playing brings its own parts.

    Parameters
    ----------
    config : SignalConfig
        How long, and what is played.
    rate : int
        Sample rate in Hz.
    level : float
        What full scale of the signal is played at, in dBFS: 0 or less.

    Returns
    -------
    float32[n], Layout

    Raises
    ------
    AudioFileError
        The own recording cannot be read.
    ProjectError
        It is too short to leave something for validation and test.
    """
    playing, parts = _playing(config, rate)
    pieces: list[Float64] = [np.zeros(round(QUIET_SECONDS * rate))]
    groups = [_append_blips(pieces, rate)]
    if config.test_seconds >= MIN_TEST_SECONDS:
        pieces.append(_measuring(round(config.test_seconds * rate), rate, config.seed))
        pieces.append(np.zeros(round(PART_GAP_SECONDS * rate)))
        groups.append(_append_blips(pieces, rate))
    start = _length(pieces)
    pieces += [playing, np.zeros(round(PART_GAP_SECONDS * rate))]
    stop = start + len(playing)
    groups.append(_append_blips(pieces, rate))
    last = groups[-1][0]
    pieces.append(np.zeros(round(TAIL_SECONDS * rate)))
    samples = (10.0 ** (level / 20.0) * np.concatenate(pieces)).astype(np.float32)
    quiet = round(QUIET_SECONDS * rate)
    return samples, Layout(
        sample_rate=rate,
        n_samples=len(samples),
        level=level,
        blip=len(blip(rate)),
        groups=tuple(groups),
        quiet=Stretch(start=0, stop=quiet),
        playing=Stretch(start=start, stop=stop),
        sections=(
            *_after(start, quiet, parts),
            Section(start=last, stop=last + round(GROUP_SECONDS * rate), part="train"),
        ),
    )


def _after(start: int, quiet: int, parts: tuple[Section, ...]) -> tuple[Section, ...]:
    """The playing's parts at their places; the test signals before it belong to the first."""
    moved = [
        Section(start=start + part.start, stop=start + part.stop, part=part.part) for part in parts
    ]
    if moved and moved[0].part == "train":
        return (moved[0].model_copy(update={"start": quiet}), *moved[1:])
    return (Section(start=quiet, stop=start, part="train"), *moved)


def level_signal(rate: int, level: float) -> tuple[Float32, Layout]:
    """A few seconds to set levels by: silence, blips, loud playing-like noise, blips.

    Parameters and returns are as of :func:`make_signal`; there are no parts.
    """
    pieces: list[Float64] = [np.zeros(round(QUIET_SECONDS * rate))]
    groups = [_append_blips(pieces, rate)]
    start = _length(pieces)
    rng = np.random.default_rng(0)
    pieces.append(_loud(round(LEVEL_CHECK_SECONDS * rate), rate, rng))
    stop = _length(pieces)
    groups.append(_append_blips(pieces, rate))
    samples = (10.0 ** (level / 20.0) * np.concatenate(pieces)).astype(np.float32)
    return samples, Layout(
        sample_rate=rate,
        n_samples=len(samples),
        level=level,
        blip=len(blip(rate)),
        groups=tuple(groups),
        quiet=Stretch(start=0, stop=round(QUIET_SECONDS * rate)),
        playing=Stretch(start=start, stop=stop),
        sections=(),
    )


def _length(pieces: list[Float64]) -> int:
    return sum(len(piece) for piece in pieces)


def _append_blips(pieces: list[Float64], rate: int) -> tuple[int, ...]:
    """Add a group of blips; returns where each begins."""
    at = _length(pieces)
    one = blip(rate)
    group = np.zeros(round(GROUP_SECONDS * rate))
    starts = [round(seconds * rate) for seconds in BLIP_STARTS]
    for start in starts:
        group[start : start + len(one)] = one
    pieces.append(group)
    return tuple(at + start for start in starts)


def _measuring(n: int, rate: int, seed: int) -> Float64:
    """A tone that swells and fades, sweeps and noise, each louder than the one before."""
    from engines.signals import stimuli

    rng = np.random.default_rng([seed, 77])
    count = 2 + len(SWEEP_LEVELS) + len(NOISE_LEVELS)
    edges = np.linspace(0, n, count + 1).round().astype(int)
    made = np.zeros(n)
    pieces = iter(zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True))
    for frequency in (110.0, 880.0):
        start, stop = next(pieces)
        made[start:stop] = _swelling(stop - start, rate, frequency)
    for level in SWEEP_LEVELS:
        start, stop = next(pieces)
        made[start:stop] = to_level(stimuli.sweep(stop - start, rate, rng), level)
    for level in NOISE_LEVELS:
        start, stop = next(pieces)
        white = rng.standard_normal(stop - start)
        made[start:stop] = to_level(faded(white, rate), level)
    return made


def _swelling(n: int, rate: int, frequency: float) -> Float64:
    """A tone from -60 dB to full scale and back, evenly in decibels."""
    t = np.arange(n) / rate
    decibels = -60.0 * np.abs(np.linspace(-1.0, 1.0, n))
    return faded(10.0 ** (decibels / 20.0) * np.sin(2 * np.pi * frequency * t), rate)


def _loud(n: int, rate: int, rng: np.random.Generator) -> Float64:
    """Chords struck at full scale: what the loudest playing will be."""
    from engines.signals import phrases

    return to_level(np.asarray(phrases.chords(n, rate, rng), np.float64), 0.0)


def _playing(config: SignalConfig, rate: int) -> tuple[Float64, tuple[Section, ...]]:
    """What is played after the test signals, full scale being 1, and its parts."""
    if config.own is None:
        from engines.signals.builtin import builtin_dry

        made = builtin_dry(config.seconds, rate, config.seed)
        return made.samples.astype(np.float64), made.sections
    samples = _own(config.own, rate)[: round(config.seconds * rate)]
    peak = float(np.abs(samples).max(initial=0.0))
    if peak == 0.0:
        raise ProjectError(f"The recording {config.own} is silent. Choose another one to play.")
    split = split_by_time("0" * 64, len(samples), rate)
    # Files may go beyond full scale; what is played may not.
    return samples / max(1.0, peak), split.sections


def _own(path: Path, rate: int) -> Float64:
    """The first channel of a recording at the rate of the take."""
    from engines.audio.files import read_audio

    audio = read_audio(path.expanduser())
    samples: Float64 = audio.samples[:, 0]
    if audio.sample_rate != rate:
        import soxr

        samples = np.asarray(soxr.resample(samples, audio.sample_rate, rate, quality="VHQ"))
    return samples
