"""Audio files in and out: every way a file can be wrong is one sentence, nothing is half read."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from engines.audio.finite import BLOCK, AudioFileError, refuse_not_finite
from engines.audio.writing import WavWriter, write_wav
from projects.capture import Capture, Signal, signal_path

MAX_SECONDS = 4 * 3600.0
MAX_CHANNELS = 64
MAX_VALUES = 2**30
"""Samples times channels that are read at most (8 GiB in float64)."""
RATES = (8000, 768_000)
"""Sample rates (Hz) that a capture may have."""

Channel = Literal["first", "second", "mix"]
"""Which channel of a file with several; ``mix`` is the mean of all."""

_SHORTENED = re.compile(r"^\s*(data|SSND|Data Size|riff)\s*:\s*(\d+) \(should be (\d+)\)", re.M)
_RF64_SHORTENED = re.compile(
    r"Calculated frame count (\d+) does not match value from 'ds64'.*?(\d+)"
)
_UNKNOWN_SIZES = frozenset({0, 0x7FFFFFFF, 0x7FFFF000, 0xFFFFFFFF})
"""What a program that streams writes for a length that it does not know yet."""


@dataclass(frozen=True)
class AudioInfo:
    """What an audio file's header says."""

    path: Path
    sample_rate: int
    n_samples: int
    channels: int
    format: str
    """Container and encoding, as ``WAV PCM_24``."""

    @property
    def seconds(self) -> float:
        """Its length in seconds."""
        return self.n_samples / self.sample_rate


@dataclass(frozen=True)
class Audio:
    """Samples of an audio file: float64[n, channels], 1.0 is digital full scale."""

    samples: NDArray[np.float64]
    sample_rate: int
    path: Path

    @property
    def channels(self) -> int:
        """How many channels there are."""
        return int(self.samples.shape[1])

    @property
    def seconds(self) -> float:
        """Its length in seconds."""
        return len(self.samples) / self.sample_rate


def describe(path: Path) -> AudioInfo:
    """Read an audio file's header, without its samples.

    Raises
    ------
    AudioFileError
        Missing, not an audio file that can be read, truncated, empty, or of an odd sample rate.
    """
    with opened(path) as stream:
        return checked_header(path, stream)


def read_audio(path: Path, *, max_seconds: float = MAX_SECONDS) -> Audio:
    """Read a whole audio file (WAV, FLAC, AIFF and what else libsndfile knows).

    Parameters
    ----------
    path : Path
        The file.
    max_seconds : float
        Longer files are refused unread.

    Returns
    -------
    Audio
        Samples float64[n, channels].

    Raises
    ------
    AudioFileError
        Missing, corrupt, truncated, empty, too long, or holding samples that are not finite.
    """
    with opened(path) as stream:
        info = checked_header(path, stream)
        if info.seconds > max_seconds or info.n_samples * info.channels > MAX_VALUES:
            raise AudioFileError(
                f"The audio file {path} is {_length(info.seconds)} long, more than the "
                f"{_length(max_seconds)} that can be used at once. Cut it into shorter files."
            )
        samples = np.empty((info.n_samples, info.channels))
        done = 0
        try:
            while done < info.n_samples:
                got = len(stream.read(out=samples[done : done + BLOCK]))
                if got == 0:
                    break
                done += got
        except (RuntimeError, ValueError) as error:
            raise AudioFileError(
                f"The audio file {path} is damaged {done / info.sample_rate:.2f} s from its start. "
                "Export or record it again.",
                details=str(error),
            ) from error
    if done < info.n_samples:
        raise truncated(path, done / info.n_samples)
    refuse_not_finite(path, samples, info.sample_rate)
    return Audio(samples, info.sample_rate, path)


def dry_id(samples: NDArray[np.float32]) -> str:
    """SHA-256 (hex) of dry samples as little-endian float32: the same input has the same id."""
    return hashlib.sha256(np.ascontiguousarray(samples, dtype="<f4").tobytes()).hexdigest()


def read_signal(folder: Path, capture: Capture, signal: Signal) -> NDArray[np.float32]:
    """One signal of a capture, checked against ``capture.json``.

    Parameters
    ----------
    folder : Path
        The capture's folder.
    capture : Capture
        Says how long and at which rate the signal must be.
    signal : Signal
        Which of its signals.

    Returns
    -------
    float32[n_samples]
        Samples; times ``signal.full_scale`` they are in ``signal.unit``.

    Raises
    ------
    AudioFileError
        The file is damaged, or does not fit to the capture.
    """
    path = signal_path(folder, signal)
    with opened(path) as stream:
        info = checked_header(path, stream)
        refuse_misfit(info, capture, signal)
        samples = np.empty(capture.n_samples, np.float32)
        channel = "first" if signal.reference is None else signal.reference.channel
        for start in range(0, capture.n_samples, BLOCK):
            stop = min(start + BLOCK, capture.n_samples)
            samples[start:stop] = read_channel(path, stream, start, stop, channel)
    return samples


def refuse_misfit(info: AudioInfo, capture: Capture, signal: Signal) -> None:
    """Refuse a file that is not what ``capture.json`` says of a signal.

    A recording that is used where it lies may be longer and have several channels.

    Raises
    ------
    AudioFileError
        Its length, rate or number of channels is another.
    """
    if signal.reference is None:
        fits = (info.n_samples, info.channels) == (capture.n_samples, 1)
    else:
        fits = info.n_samples >= capture.n_samples
    if not fits or info.sample_rate != capture.sample_rate:
        raise AudioFileError(
            f"The audio file {info.path} does not fit to its capture {capture.name}: it holds "
            f"{info.n_samples} samples at {info.sample_rate} Hz in {info.channels} channel(s) "
            f"where {capture.n_samples} at {capture.sample_rate} Hz in one are expected. "
            "Import or simulate the capture again."
        )


def read_channel(
    path: Path, stream: Any, start: int, stop: int, channel: Channel
) -> NDArray[np.float32]:
    """One channel of the next ``stop - start`` samples of an open file, of which ``start`` is next.

    Raises
    ------
    AudioFileError
        The file is damaged or ends there, or holds what is no number.
    """
    rate = int(stream.samplerate)
    try:
        frames: NDArray[np.float32] = stream.read(stop - start, dtype="float32", always_2d=True)
    except (RuntimeError, ValueError) as error:
        raise AudioFileError(
            f"The audio file {path} is damaged {start / rate:.2f} s from its start. "
            "Export or record it again.",
            details=str(error),
        ) from error
    if len(frames) < stop - start:
        raise truncated(path, (start + len(frames)) / max(1, int(stream.frames)))
    refuse_not_finite(path, frames, rate, start)
    if frames.shape[1] == 1:
        return frames[:, 0]
    if channel == "mix":
        mean: NDArray[np.float32] = frames.mean(axis=1, dtype=np.float64).astype(np.float32)
        return mean
    return np.ascontiguousarray(frames[:, 1 if channel == "second" else 0])


@contextmanager
def opened(path: Path) -> Iterator[Any]:
    """An audio file as an open ``soundfile.SoundFile``, or an AudioFileError why not."""
    import soundfile

    try:
        if path.is_dir():
            raise AudioFileError(f"{path} is a folder, not an audio file.")
        if not path.is_file():
            if path.exists():
                raise AudioFileError(f"{path} is a device or a pipe, not an audio file.")
            raise AudioFileError(f"There is no audio file {path}. It may have been moved.")
        size = path.stat().st_size
        with path.open("rb"):
            pass
    except OSError as error:
        reason = error.strerror or str(error)
        raise AudioFileError(f"The audio file {path} cannot be opened: {reason}.") from error
    if size == 0:
        raise AudioFileError(f"The audio file {path} is empty. Export or record it again.")
    try:
        stream = soundfile.SoundFile(str(path))
    except (RuntimeError, TypeError, ValueError) as error:
        # TypeError: a name that ends in .raw makes soundfile ask for the format.
        raise AudioFileError(
            f"The audio file {path} is damaged or of a kind that cannot be read. "
            "WAV, AIFF, FLAC, OGG and MP3 files work.",
            details=str(error),
        ) from error
    with stream:
        yield stream


def checked_header(path: Path, stream: Any) -> AudioInfo:
    """What an open file's header says, where it can be used; AudioFileError otherwise."""
    info = AudioInfo(
        path=path,
        sample_rate=int(stream.samplerate),
        n_samples=int(stream.frames),
        channels=int(stream.channels),
        format=f"{stream.format} {stream.subtype}",
    )
    kept = _share_present(str(stream.extra_info))
    if kept < 1.0:
        raise truncated(path, kept)
    if info.n_samples <= 0:
        raise AudioFileError(f"The audio file {path} holds no samples. Export or record it again.")
    if not RATES[0] <= info.sample_rate <= RATES[1]:
        raise AudioFileError(
            f"The audio file {path} has a sample rate of {info.sample_rate} Hz; "
            f"rates from {RATES[0]} to {RATES[1]} Hz can be used."
        )
    if info.channels > MAX_CHANNELS:
        raise AudioFileError(
            f"The audio file {path} has {info.channels} channels; at most {MAX_CHANNELS} work."
        )
    return info


def _share_present(log: str) -> float:
    """How much of the audio that the header promises is there, 0..1, by libsndfile's log.

    libsndfile opens a truncated file as if it were whole but shorter; only its log, ``data :
    192000 (should be 95960)``, tells.
    """
    for match in _SHORTENED.finditer(log):
        claimed, there = int(match[2]), int(match[3])
        if claimed > there and claimed not in _UNKNOWN_SIZES:
            return there / claimed
    rf64 = _RF64_SHORTENED.search(log)
    if rf64 and int(rf64[1]) < int(rf64[2]):
        return int(rf64[1]) / int(rf64[2])
    return 1.0


def truncated(path: Path, share: float) -> AudioFileError:
    """The error of a file of whose audio only ``share`` (0..1) is there."""
    percent = min(99, int(100 * share))
    return AudioFileError(
        f"The audio file {path} is truncated: only {percent} % of the audio that its header "
        "promises is there. Copy or export it again."
    )


def _length(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.1f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"


__all__ = [
    "Audio",
    "AudioFileError",
    "AudioInfo",
    "Channel",
    "WavWriter",
    "checked_header",
    "describe",
    "dry_id",
    "opened",
    "read_audio",
    "read_channel",
    "read_signal",
    "refuse_misfit",
    "truncated",
    "write_wav",
]
