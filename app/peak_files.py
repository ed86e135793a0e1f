"""A capture's signals for drawing: audio mapped from disk, peaks kept in the project's cache.

Everything here runs in a worker thread: reading an hour of audio once takes seconds.
"""

from __future__ import annotations

import hashlib
import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from projects.capture import Capture, Signal
from projects.errors import FileFormatError
from projects.files import inside
from widgets.peaks import ArraySource, PeakFileError, PeakPyramid

PEAK_FOLDER = ".trimpot/peaks"
FLOAT_TAG = 3
EXTENSIBLE_TAG = 0xFFFE
MAX_CHUNKS = 64


@dataclass(frozen=True)
class DrawnSignal:
    """One signal of a capture, ready to be drawn."""

    signal: Signal
    source: ArraySource


def open_signals(project: Path, folder: Path, capture: Capture) -> list[DrawnSignal]:
    """Map every signal of a capture and load or build its peaks.

    Raises
    ------
    FileFormatError
        A file is missing, or not what ``capture.json`` says.
    """
    return [
        DrawnSignal(signal, _open(project, folder, capture, signal)) for signal in capture.signals
    ]


def _open(project: Path, folder: Path, capture: Capture, signal: Signal) -> ArraySource:
    path = inside(folder, signal.file)
    array = map_wav(path)
    if array is None:
        from engines.audio.files import read_signal

        array = read_signal(folder, capture, signal)
    if len(array) != capture.n_samples:
        raise FileFormatError(
            f"The audio {path} has {len(array)} samples and its capture {capture.n_samples}. "
            "Import or simulate it again."
        )
    peaks = peak_path(project, capture.id, signal)
    return ArraySource(array, capture.sample_rate, _pyramid(peaks, array, _tag(path)))


def peak_path(project: Path, capture_id: str, signal: Signal) -> Path:
    """Where the peaks of a signal are kept."""
    return project / PEAK_FOLDER / f"{capture_id}-{Path(signal.file).stem}.peaks"


def _tag(path: Path) -> bytes:
    status = path.stat()
    return hashlib.sha256(f"{status.st_size} {status.st_mtime_ns}".encode()).digest()


def _pyramid(path: Path, array: NDArray[np.float32], tag: bytes) -> PeakPyramid:
    try:
        return PeakPyramid.load(path, len(array), tag)
    except PeakFileError:
        pyramid = PeakPyramid.build(array)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        pyramid.save(path, tag)
    except OSError:
        pass  # A cache that cannot be written costs seconds at the next start, nothing else.
    return pyramid


def map_wav(path: Path) -> NDArray[np.float32] | None:
    """Map a mono float32 wav, as captures are; None where it is another kind of file."""
    try:
        with path.open("rb") as stream:
            size = path.stat().st_size
            place = _find_float_data(stream.read(1 << 16), size)
    except OSError as error:
        raise FileFormatError(f"The audio {path} cannot be read: {error.strerror}.") from error
    if place is None:
        return None
    offset, count = place
    return np.memmap(path, dtype="<f4", mode="r", offset=offset, shape=(count,))


def _find_float_data(head: bytes, size: int) -> tuple[int, int] | None:
    """Offset (bytes) and length (samples) of the data chunk of a mono float32 wav."""
    if head[:4] != b"RIFF" or head[8:12] != b"WAVE":
        return None
    position, is_float = 12, False
    for _ in range(MAX_CHUNKS):
        if position + 8 > len(head):
            return None
        name, length = struct.unpack_from("<4sI", head, position)
        body = position + 8
        if name == b"fmt " and body + 16 <= len(head):
            tag, channels, _rate, _bytes, _align, bits = struct.unpack_from("<HHIIHH", head, body)
            is_float = tag in (FLOAT_TAG, EXTENSIBLE_TAG) and channels == 1 and bits == 32
            if tag == EXTENSIBLE_TAG:
                is_float = is_float and head[body + 24 : body + 26] == b"\x03\x00"
        elif name == b"data":
            fits = is_float and length % 4 == 0 and body + length <= size and length > 0
            return (body, length // 4) if fits else None
        position = body + length + length % 2
    return None


def thumbnail(
    project: Path, captures: Path, ids: tuple[str, ...]
) -> tuple[NDArray[np.float32], NDArray[np.float32]] | None:
    """A small picture of the first capture whose wet peaks have been kept; None where none are."""
    from projects.capture import read_capture

    for capture_id in ids[:4]:
        capture = read_capture(captures / capture_id)
        wet = capture.signal("wet")
        audio = inside(captures / capture_id, wet.file)
        try:
            pyramid = PeakPyramid.load(
                peak_path(project, capture_id, wet), capture.n_samples, _tag(audio)
            )
        except (PeakFileError, OSError):
            continue
        source_low, source_high = pyramid.base
        edges = np.linspace(0, len(source_low), min(121, len(source_low) + 1)).astype(int)[:-1]
        return np.minimum.reduceat(source_low, edges), np.maximum.reduceat(source_high, edges)
    return None
