"""Comparing two lanes of audio: residual, null depth, spectra, figures. No Qt; runs in a thread."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from engines.analysis.verdicts import describe_esr
from projects.capture import Capture, Signal
from projects.errors import TrimpotError
from projects.manifest import Edits
from widgets.figures import Figure, format_number
from widgets.peaks import ArraySource

MAX_FILE_SECONDS = 600.0
"""A file of the user's may be this long; captures and renders are read in place, however long."""
MAX_SECONDS = 300.0
"""At most this much is compared, from the start of the stretch: the memory is the window's."""
CUT = f"Compared over the first {MAX_SECONDS / 60:.0f} minutes of the stretch."
MAX_LAG_SECONDS = 0.05
"""How far the second lane may be moved to where it fits best."""


class ComparisonError(TrimpotError):
    """Two lanes cannot be compared; the sentence says why."""


@dataclass(frozen=True)
class OwnAudio:
    """A signal of a capture, its wet as decided."""

    folder: Path
    capture: Capture
    signal: Signal
    edits: Edits


@dataclass(frozen=True)
class LaneAudio:
    """One lane: which file, which stretch of it (seconds), what it is called and drawn as.

    ``own`` where it is a capture's own signal.
    """

    path: Path
    label: str
    role: str
    start: float = 0.0
    stop: float | None = None
    unit: Literal["FS", "V", "A", ""] = "FS"
    full_scale: float = 1.0
    own: OwnAudio | None = None


@dataclass(frozen=True)
class Spectrum:
    """Frequencies in Hz and levels in dB."""

    frequencies: NDArray[np.float64]
    levels: NDArray[np.float64]


@dataclass(frozen=True)
class ComparisonResult:
    """What is drawn and listed.

    ``signals`` and ``spectra`` have the keys ``a``, ``b`` and ``residual``; the residual is A minus
    B after the alignment and level match that were asked for.
    """

    sample_rate: int
    depth_db: float
    lag: int
    gain_db: float
    signals: dict[str, ArraySource]
    spectra: dict[str, Spectrum]
    esr: Figure
    levels: tuple[Figure, ...]
    note: str = ""
    """What one should know about the comparison; empty where nothing."""


def compare(a: LaneAudio, b: LaneAudio, *, align: bool, match_level: bool) -> ComparisonResult:
    """Read both lanes and compare them.

    Parameters
    ----------
    a, b : LaneAudio
        The reference and the other.
    align : bool
        Whether B is moved, by 50 ms at most, to where it fits A best.
    match_level : bool
        Whether B is scaled to leave the least.

    Raises
    ------
    ComparisonError
        Their rates differ, A is silent, or there is nothing to compare.
    AudioFileError
        A file cannot be used.
    """
    from engines.analysis.null import null_test

    first, rate = read_lane(a)
    second, other_rate = read_lane(b)
    if rate != other_rate:
        raise ComparisonError(
            f"{a.label} is sampled at {rate} Hz and {b.label} at {other_rate} Hz. Convert one of "
            "them to the other's rate to compare them."
        )
    try:
        plain = null_test(first, second)
        null = null_test(
            first,
            second,
            max_lag=round(MAX_LAG_SECONDS * rate) if align else 0,
            match_level=match_level,
        )
    except ValueError as error:
        raise ComparisonError(f"{a.label} and {b.label}: {error}") from error
    signals = {"a": first, "b": second, "residual": null.residual.astype(np.float32)}
    return ComparisonResult(
        sample_rate=rate,
        depth_db=null.depth_db,
        lag=null.lag,
        gain_db=null.gain_db,
        signals={key: ArraySource(samples, rate) for key, samples in signals.items()},
        spectra={key: _spectrum(samples, rate) for key, samples in signals.items()},
        esr=_esr_figure(a, b, plain.depth_db),
        levels=_levels(signals, rate),
        note=CUT if len(first) == round(MAX_SECONDS * rate) else "",
    )


def read_lane(lane: LaneAudio) -> tuple[NDArray[np.float32], int]:
    """A lane's samples (float32[n], several channels mixed) and its rate in Hz.

    At most :data:`MAX_SECONDS` of it.
    """
    from app.peak_files import map_wav
    from engines.audio.files import describe, read_audio

    if lane.own is not None:
        return _read_own(lane, lane.own)
    info = describe(lane.path)
    rate = info.sample_rate
    start = round(lane.start * rate)
    stop = info.n_samples if lane.stop is None else round(lane.stop * rate)
    part = slice(start, min(stop, start + round(MAX_SECONDS * rate)))
    mapped = map_wav(lane.path)
    if mapped is not None:
        samples = np.array(mapped[part], np.float32)
    else:
        audio = read_audio(lane.path, max_seconds=MAX_FILE_SECONDS)
        samples = audio.samples[part].mean(axis=1).astype(np.float32)
    if len(samples) < 2:
        raise ComparisonError(f"{lane.label} ({lane.path}) is too short to be compared.")
    if not np.isfinite(samples).all():
        raise ComparisonError(
            f"{lane.label} ({lane.path}) holds samples that are not numbers. Make it again."
        )
    return samples, rate


def _read_own(lane: LaneAudio, own: OwnAudio) -> tuple[NDArray[np.float32], int]:
    from engines.audio.edited import open_edited

    rate, n = own.capture.sample_rate, own.capture.n_samples
    start = round(lane.start * rate)
    stop = n if lane.stop is None else min(n, round(lane.stop * rate))
    with open_edited(own.folder, own.capture, own.signal, own.edits) as audio:
        samples = audio.read(start, min(stop, start + round(MAX_SECONDS * rate)))
    if len(samples) < 2:
        raise ComparisonError(f"{lane.label} is too short to be compared.")
    return samples, rate


def _spectrum(samples: NDArray[np.float32], rate: int) -> Spectrum:
    from engines.analysis.spectrum import spectrum

    return Spectrum(*spectrum(samples, rate))


def _esr_figure(a: LaneAudio, b: LaneAudio, plain_depth: float) -> Figure:
    """Plain ESR, as every report has it, whatever the alignment and level match."""
    esr = 10.0 ** (plain_depth / 10.0)
    return Figure(
        "ESR, plain",
        format_number(esr, 2),
        describe_esr(esr),
        tip=f"Energy of {a.label} minus {b.label} over that of {a.label}, neither moved nor scaled",
    )


def _levels(signals: dict[str, NDArray[np.float32]], rate: int) -> tuple[Figure, ...]:
    return (
        _level_figure("Loudness", "LUFS", *(_loudness(signals[key], rate) for key in "ab")),
        _level_figure("Peak", "dBFS", *(_peak(signals[key]) for key in "ab")),
        _level_figure("RMS", "dBFS", *(_rms(signals[key]) for key in "ab")),
    )


def _level_figure(name: str, unit: str, a: float | None, b: float | None) -> Figure:
    if a is None or b is None:
        return Figure(name, "\u2013", "one of them is silent, or too short")
    difference = b - a
    words = (
        "both alike"
        if abs(difference) < 0.05
        else f"B is {abs(difference):.1f} dB {'louder' if difference > 0 else 'quieter'}"
    )
    return Figure(name, f"A {_number(a)}   B {_number(b)}", words, unit)


def _number(value: float) -> str:
    return f"{value:.1f}".replace("-", "\u2212")


def _loudness(samples: NDArray[np.float32], rate: int) -> float | None:
    from engines.analysis.loudness import loudness

    return loudness(samples, rate)


def _peak(samples: NDArray[np.float32]) -> float | None:
    peak = float(np.max(np.abs(samples)))
    return 20.0 * math.log10(peak) if peak > 0 else None


def _rms(samples: NDArray[np.float32]) -> float | None:
    energy = float(np.mean(np.square(samples, dtype=np.float64)))
    return 10.0 * math.log10(energy) if energy > 0 else None


def null_words(depth_db: float) -> str:
    """What a null depth means to the ear; the bounds are those of the words for an ESR."""
    if depth_db <= -90:
        return "nothing is left that 16-bit audio could hold"
    if depth_db <= -50:
        return "what is left is far under the music"
    if depth_db <= -30:
        return "what is left is heard only on its own"
    if depth_db <= -15:
        return "what is left is heard side by side at most"
    return "they differ plainly"
