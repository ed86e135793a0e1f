"""A capture's signals for drawing: audio read where it lies, peaks kept in the project's cache.

Everything here runs in a worker thread: reading an hour of audio once takes seconds.
"""

from __future__ import annotations

import hashlib
import struct
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engines.audio.blocks import FileAudio
from projects.capture import Capture, Signal, read_capture, signal_path
from projects.errors import FileFormatError, TrimpotError
from projects.manifest import Edits
from widgets.peaks import PeakFileError, PeakPyramid, PeakSource
from widgets.sources import MovedSource, Pieces, StreamSource

PEAK_FOLDER = ".trimpot/peaks"
FLOAT_TAG = 3
EXTENSIBLE_TAG = 0xFFFE
MAX_CHUNKS = 64

Float32 = NDArray[np.float32]


class StoppedError(Exception):
    """The building of peaks was stopped: somebody looks at something else."""


class SoundPieces:
    """Audio as a picture takes it: where it cannot be read there is nothing, and no complaint.

    A disk that is unplugged while its audio is on screen must not end the window;
    :attr:`trouble` keeps what was the matter.
    """

    def __init__(self, audio: Pieces) -> None:
        self._audio = audio
        self.trouble: TrimpotError | None = None

    def read(self, start: int, stop: int) -> Float32:
        """The samples ``start <= n < stop``; not-a-number where they cannot be read."""
        try:
            return self._audio.read(start, stop)
        except TrimpotError as error:
            self.trouble = error
            return np.full(stop - start, np.nan, np.float32)


@dataclass(frozen=True)
class DrawnSignal:
    """One signal of a capture, ready to be drawn; its peaks may still have to be built.

    ``source`` shows it as it was decided to be (shifted, flipped), the peaks are of the file.
    """

    signal: Signal
    source: PeakSource
    audio: Pieces
    pyramid: PeakPyramid
    path: Path
    """Where its peaks are kept."""
    tag: bytes
    """Which state of the audio they belong to."""
    complete: bool
    """Whether the peaks are there."""
    look: str = ""
    """Its colour, where that is not its role's."""


def open_signals(
    project: Path,
    folder: Path,
    capture: Capture,
    edits: Edits | None = None,
    *,
    build: bool = True,
) -> list[DrawnSignal]:
    """Open every signal of a capture and load its peaks; build those that are not there yet.

    Parameters
    ----------
    project, folder : Path
        The project's folder and the capture's.
    capture : Capture
    edits : Edits, optional
        What was decided about the wet audio.
    build : bool
        Without it, peaks that are not there stay empty until :func:`build_peaks`.

    Raises
    ------
    FileFormatError
        A file is missing, or not what ``capture.json`` says.
    """
    wanted = edits or Edits()
    found = [_open(project, folder, capture, signal, wanted) for signal in capture.signals]
    if build:
        build_peaks(found, threading.Event())
    return found


def _open(
    project: Path, folder: Path, capture: Capture, signal: Signal, edits: Edits
) -> DrawnSignal:
    tag = _tag(signal_path(folder, signal), signal)
    audio = FileAudio.of_signal(folder, capture, signal)
    path = peak_path(project, capture.id, signal)
    drawn = make_drawn(signal, audio, capture.sample_rate, capture.n_samples, path, tag)
    if signal.role == "wet" and (edits.shift or edits.flip):
        return replace(drawn, source=MovedSource(drawn.source, edits.shift, flip=edits.flip))
    return drawn


def make_drawn(
    signal: Signal, audio: Pieces, sample_rate: int, n_samples: int, path: Path, tag: bytes
) -> DrawnSignal:
    """Audio as a signal to draw, with its peaks if they are kept under ``path``."""
    complete = True
    try:
        pyramid = PeakPyramid.load(path, n_samples, tag)
    except PeakFileError:
        pyramid, complete = PeakPyramid.empty(n_samples), False
    source = StreamSource(SoundPieces(audio), sample_rate, pyramid)
    return DrawnSignal(signal, source, audio, pyramid, path, tag, complete)


def build_peaks(
    drawn: Sequence[DrawnSignal],
    stop: threading.Event,
    progress: Callable[[float], object] | None = None,
) -> None:
    """Build the peaks that are not there yet, and keep them. They can be drawn meanwhile.

    Parameters
    ----------
    drawn : sequence of DrawnSignal
        All signals of a view.
    stop : threading.Event
        Once it is set, the building ends after some milliseconds.
    progress : callable, optional
        Called with the fraction done, in 0..1.

    Raises
    ------
    StoppedError
        ``stop`` was set.
    AudioFileError
        A file is damaged.
    """
    wanted = [item for item in drawn if not item.complete]
    total = sum(item.pyramid.n_samples for item in wanted)
    before = 0
    for item in wanted:
        length = item.pyramid.n_samples

        def told(share: float, before: int = before, length: int = length) -> None:
            if stop.is_set():
                raise StoppedError
            if progress is not None:
                progress((before + share * length) / total)

        told(0.0)
        item.pyramid.fill_all(item.audio.read, told)
        before += length
        _keep(item)


def _keep(item: DrawnSignal) -> None:
    try:
        item.path.parent.mkdir(parents=True, exist_ok=True)
        item.pyramid.save(item.path, item.tag)
    except OSError:
        pass  # A cache that cannot be written costs seconds at the next start, nothing else.


def peak_path(project: Path, capture_id: str, signal: Signal) -> Path:
    """Where the peaks of a signal are kept."""
    stem = Path(signal.file).stem
    if signal.reference is not None:
        stem = f"{signal.role}-{hashlib.sha256(signal.name.encode()).hexdigest()[:8]}"
    return project / PEAK_FOLDER / f"{capture_id}-{stem}.peaks"


def _tag(path: Path, signal: Signal) -> bytes:
    try:
        status = path.stat()
    except OSError as error:
        raise FileFormatError(f"The audio {path} cannot be read: {error.strerror}.") from error
    channel = signal.reference.channel if signal.reference is not None else ""
    words = f"{status.st_size} {status.st_mtime_ns} {path} {channel}"
    return hashlib.sha256(words.encode("utf-8", "surrogateescape")).digest()


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
    for capture_id in ids[:4]:
        try:
            capture = read_capture(captures / capture_id)
            wet = capture.signal("wet")
            tag = _tag(signal_path(captures / capture_id, wet), wet)
            path = peak_path(project, capture_id, wet)
            low, high = PeakPyramid.load(path, capture.n_samples, tag).base
        except (PeakFileError, TrimpotError):
            continue
        edges = np.linspace(0, len(low), min(121, len(low) + 1)).astype(int)[:-1]
        return np.minimum.reduceat(low, edges), np.maximum.reduceat(high, edges)
    return None
