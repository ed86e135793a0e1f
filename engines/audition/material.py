"""What is played: dry and wet audio in memory, at one sample rate, with playback gains."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from projects.errors import FileFormatError
from projects.manifest import Edits

FADE_SECONDS = 0.02
"""Length of every fade: pausing, seeking, switching, swapping a model."""
HEADROOM = 10 ** (-1 / 20)
"""Peaks are brought to -1 dBFS."""
MAX_GAIN = 100.0
"""A nearly silent recording is raised by 40 dB at most."""
MAX_SECONDS = 3600.0
"""The engine keeps what it plays in memory: an hour at 96 kHz is 2.8 GB with its wet."""

Samples = NDArray[np.float32]


@dataclass(frozen=True)
class Material:
    """Dry and wet audio, ready to be played.

    Attributes
    ----------
    dry, wet : float32[n + tail]
        Samples; after the ``n`` of the file comes a short fade of the last value, so that an
        abrupt end does not click. ``wet`` is empty where there is none.
    n : int
        Samples of the file itself.
    rate, native_rate : int
        Sample rate as played, and that of the files (Hz).
    start, stop : int
        The stretch to play, in samples.
    dry_gain, wet_gain : float
        Playback gains, see :func:`match_levels`.
    """

    name: str
    dry: Samples
    wet: Samples
    n: int
    rate: int
    native_rate: int
    start: int
    stop: int
    dry_gain: float
    wet_gain: float
    warnings: tuple[str, ...] = ()

    @property
    def has_wet(self) -> bool:
        """Whether there is a wet recording."""
        return self.wet.size > 0

    @property
    def seconds(self) -> float:
        """Length of the file in seconds."""
        return self.n / self.rate

    def at_rate(self, rate: int) -> Material:
        """The same audio at another sample rate (soxr, very high quality)."""
        if rate == self.rate:
            return self
        import soxr

        def resampled(samples: Samples) -> Samples:
            if not samples.size:
                return samples
            body = soxr.resample(samples[: self.n], self.rate, rate, quality="VHQ")
            return with_tail(np.asarray(body, dtype=np.float32), rate)

        dry = resampled(self.dry)
        n = len(dry) - tail_length(rate)
        ratio = rate / self.rate
        return replace(
            self,
            dry=dry,
            wet=resampled(self.wet),
            n=n,
            rate=rate,
            start=min(round(self.start * ratio), n),
            stop=min(round(self.stop * ratio), n),
        )


def tail_length(rate: int) -> int:
    """Samples of the fade after the end of a file."""
    return 2 * round(FADE_SECONDS * rate)


def with_tail(samples: Samples, rate: int) -> Samples:
    """Append a fade of the last value to silence."""
    n = tail_length(rate)
    fade = 0.5 + 0.5 * np.cos(np.pi * np.arange(1, n + 1) / n)
    return np.concatenate([samples, (samples[-1] * fade).astype(np.float32)])


def match_levels(dry: Samples, wet: Samples) -> tuple[float, float]:
    """Playback gains of dry and wet.

    With a wet recording both have the same RMS and the louder peak of the two is at -1 dBFS, so
    that a comparison is not won by loudness. Without one the dry plays as it is, or lowered to
    -1 dBFS.
    """
    dry_peak, wet_peak = peak(dry), peak(wet)
    if not wet_peak or not dry_peak:
        top = max(dry_peak, wet_peak)
        gain = HEADROOM / top if top > HEADROOM else 1.0
        return gain, gain
    ratio = rms(wet) / rms(dry)
    wet_gain = min(HEADROOM / wet_peak, HEADROOM / (dry_peak * ratio), MAX_GAIN, MAX_GAIN / ratio)
    return wet_gain * ratio, wet_gain


def model_gain(material: Material, output: Samples, heard: Samples) -> float:
    """Playback gain of a model where no wet says how loud it is.

    It brings the model's ``output`` to the loudness (RMS) of the dry audio that it ``heard``, its
    peak to at most -1 dBFS.
    """
    top = peak(output)
    if not np.isfinite(top) or top == 0.0:
        return 1.0
    loudness = rms(heard) * material.dry_gain / rms(output)
    return float(min(loudness, HEADROOM / top, MAX_GAIN))


def peak(samples: Samples) -> float:
    """Largest absolute sample; 0 for nothing."""
    return float(np.max(np.abs(samples))) if samples.size else 0.0


def rms(samples: Samples) -> float:
    """Root of the mean square, summed in float64."""
    return float(np.sqrt(np.mean(np.square(samples, dtype=np.float64))))


def with_stretch(material: Material, start: float, stop: float | None) -> Material:
    """The same audio at its native rate with another stretch to play, its levels matched anew."""
    n = material.n
    wet = material.wet[:n] if material.has_wet else None
    again = material_of(material.name, material.dry[:n], material.rate, wet, start=start, stop=stop)
    return replace(again, dry=material.dry, wet=material.wet)


def load_capture(
    folder: Path,
    edits: Edits,
    *,
    dry: Path | None = None,
    wet: Path | None = None,
    start: float = 0.0,
    stop: float | None = None,
) -> Material:
    """The dry and wet audio of a capture's folder, wet as it was decided to be.

    A file given as ``dry`` or ``wet`` is played in place of the capture's own.

    Raises
    ------
    TrimpotError
        The capture or its audio cannot be read.
    """
    from engines.audio.edited import read_edited
    from projects.capture import read_capture

    capture = read_capture(folder)
    rate = capture.sample_rate
    if max(1, capture.n_samples) > MAX_SECONDS * rate:
        raise FileFormatError(
            f"The capture {capture.name} is {capture.n_samples / rate / 3600:.1f} h long; what is "
            f"played may last {MAX_SECONDS / 3600:.0f} h. Split the recording into shorter files."
        )
    files = _FileReader()
    signals = []
    for role, path in (("dry", dry), ("wet", wet)):
        signal = capture.signal("dry" if role == "dry" else "wet")
        if path is None:
            signals.append(read_edited(folder, capture, signal, edits))
        else:
            signals.append(files.mono(path, rate, capture.name))
    return material_of(
        capture.name,
        signals[0],
        rate,
        signals[1],
        start=start,
        stop=stop,
        warnings=files.warnings,
    )


def load_files(
    dry: Path, wet: Path | None, *, start: float = 0.0, stop: float | None = None
) -> Material:
    """A dry file and, where there is one, its wet. Channels are mixed down to one.

    Raises
    ------
    TrimpotError
        A file cannot be read, or the two have different sample rates.
    """
    files = _FileReader()
    dry_samples = files.mono(dry)
    wet_samples = files.mono(wet, files.rate, dry.name) if wet is not None else None
    return material_of(
        dry.stem,
        dry_samples,
        files.rate,
        wet_samples,
        start=start,
        stop=stop,
        warnings=files.warnings,
    )


class _FileReader:
    """Reads files as one channel each, noting what had to be done for that."""

    def __init__(self) -> None:
        self.warnings: list[str] = []
        self.rate = 0

    def mono(self, path: Path, rate: int = 0, beside: str = "") -> Samples:
        """The mean of a file's channels; refused where its rate is not that of what is beside."""
        from engines.audio.files import read_audio

        audio = read_audio(path, max_seconds=MAX_SECONDS)
        if audio.channels > 1:
            self.warnings.append(
                f"{path.name} has {audio.channels} channels: their mean is played."
            )
        self.rate = audio.sample_rate
        if rate and self.rate != rate:
            raise FileFormatError(
                f"{beside} has a sample rate of {rate} Hz and {path.name} one of {self.rate} Hz. "
                "Bring both to one rate, or import them as a capture."
            )
        mixed: Samples = audio.samples.mean(axis=1).astype(np.float32)
        return mixed


def material_of(
    name: str,
    dry: Samples,
    rate: int,
    wet: Samples | None = None,
    *,
    start: float = 0.0,
    stop: float | None = None,
    warnings: Sequence[str] = (),
) -> Material:
    """Audio in memory as material.

    Parameters
    ----------
    name : str
        For the user.
    dry, wet : float32[n]
        At least one sample each.
    rate : int
        In Hz.
    start, stop : float
        The stretch to play, in seconds; None is the end.
    """
    n = len(dry)
    first = round(start * rate)
    last = n if stop is None else min(round(stop * rate), n)
    said = list(warnings)
    if last <= first:
        first, last = 0, n
        said.append(f"The stretch to play lies outside {name}: all of it is played.")
    wet = np.zeros(0, dtype=np.float32) if wet is None else wet
    dry_gain, wet_gain = match_levels(dry[first:last], wet[first:last])
    return Material(
        name=name,
        dry=with_tail(dry, rate),
        wet=with_tail(wet, rate) if wet.size else wet,
        n=n,
        rate=rate,
        native_rate=rate,
        start=first,
        stop=last,
        dry_gain=dry_gain,
        wet_gain=wet_gain,
        warnings=tuple(said),
    )
