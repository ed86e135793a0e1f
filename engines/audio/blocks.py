"""Audio that is read piece by piece, so that hours of it never have to be in memory at once."""

from __future__ import annotations

import threading
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from engines.audio.files import (
    AudioFileError,
    AudioInfo,
    Channel,
    checked_header,
    opened,
    read_channel,
    refuse_misfit,
)
from projects.capture import Capture, Signal, signal_path

Float32 = NDArray[np.float32]


class Readable(Protocol):
    """One channel of audio whose samples can be had by position."""

    @property
    def sample_rate(self) -> int:
        """In Hz."""
        ...

    @property
    def n_samples(self) -> int:
        """Length in samples."""
        ...

    def read(self, start: int, stop: int) -> Float32:
        """The samples ``start <= n < stop`` as float32[stop - start]; within what is there.

        Raises
        ------
        AudioFileError
            The file is damaged there, or holds what is no number.
        """
        ...


class ArrayAudio:
    """A :class:`Readable` over samples in memory, float[n]."""

    def __init__(self, samples: NDArray[np.float32] | NDArray[np.float64], rate: int) -> None:
        self._samples = samples
        self._rate = rate

    @property
    def sample_rate(self) -> int:
        """In Hz."""
        return self._rate

    @property
    def n_samples(self) -> int:
        """Length in samples."""
        return len(self._samples)

    def read(self, start: int, stop: int) -> Float32:
        """The samples ``start <= n < stop``."""
        return np.asarray(self._samples[max(0, start) : max(0, stop)], np.float32)


class FileAudio:
    """A :class:`Readable` over one channel of an audio file, read where it lies, piece by piece.

    Any thread may read; a read holds the file for its time. Close it (or use it as a context)
    when done.

    Parameters
    ----------
    path : Path
        The file.
    channel : {"first", "second", "mix"}
        Which channel of several; a mono file gives its only one.
    n_samples : int, optional
        Only so many from its beginning.

    Raises
    ------
    AudioFileError
        Missing, not an audio file that can be read, truncated, or shorter than ``n_samples``.
    """

    def __init__(
        self, path: Path, channel: Channel = "first", n_samples: int | None = None
    ) -> None:
        self.path = path
        self._channel: Channel = channel
        self._lock = threading.Lock()
        self._closing = ExitStack()
        self._next = 0
        self._stream: Any = self._closing.enter_context(opened(path))
        try:
            self.info: AudioInfo = checked_header(path, self._stream)
            if n_samples is not None and n_samples > self.info.n_samples:
                raise AudioFileError(
                    f"The audio file {path} holds {self.info.n_samples} samples where {n_samples} "
                    "are expected. Import it again."
                )
        except BaseException:
            self.close()
            raise
        self._n_samples = self.info.n_samples if n_samples is None else n_samples

    @classmethod
    def of_signal(cls, folder: Path, capture: Capture, signal: Signal) -> Self:
        """One signal of a capture, in its folder or where it is referred to.

        Raises
        ------
        FileFormatError
            The file is damaged, has changed, or does not fit to the capture.
        """
        path = signal_path(folder, signal)
        channel: Channel = "first" if signal.reference is None else signal.reference.channel
        audio = cls(path, channel)
        try:
            refuse_misfit(audio.info, capture, signal)
        except BaseException:
            audio.close()
            raise
        audio._n_samples = capture.n_samples
        return audio

    @property
    def sample_rate(self) -> int:
        """In Hz."""
        return self.info.sample_rate

    @property
    def n_samples(self) -> int:
        """Length in samples."""
        return self._n_samples

    def read(self, start: int, stop: int) -> Float32:
        """The samples ``start <= n < stop``; within what is there.

        Raises
        ------
        AudioFileError
            The file is damaged there, or holds what is no number.
        """
        start, stop = max(0, start), min(stop, self._n_samples)
        if stop <= start:
            return np.empty(0, np.float32)
        with self._lock:
            if start != self._next:
                self._seek(start)
            self._next = -1
            samples = read_channel(self.path, self._stream, start, stop, self._channel)
            self._next = stop
        return samples

    def _seek(self, start: int) -> None:
        try:
            self._stream.seek(start)
        except (RuntimeError, ValueError) as error:
            raise AudioFileError(
                f"The audio file {self.path} is damaged: what lies "
                f"{start / self.sample_rate:.2f} s from its start cannot be found. Export or "
                "record it again.",
                details=str(error),
            ) from error

    def close(self) -> None:
        """Let the file go."""
        self._closing.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
