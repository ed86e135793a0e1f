"""Writing WAV files piece by piece: atomically, and with the system's own reason when it fails."""

from __future__ import annotations

import os
import struct
import uuid
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

import numpy as np
from numpy.typing import NDArray

from engines.audio.finite import BLOCK, refuse_not_finite
from projects.errors import storage_error

ACTION = "write the audio file"
FLOAT = 3
"""WAVE_FORMAT_IEEE_FLOAT, of Microsoft's mmreg.h."""
UNKNOWN = 0xFFFFFFFF
"""What a RIFF field holds whose true value stands in the ds64 chunk."""
HEADER = struct.Struct("<4sI4s4sI28s4sIHHIIHH4sII4sI")
SMALL = 2**32 - HEADER.size


class WavWriter:
    """A float32 WAV file that is written in pieces and is there only once it is whole.

    Use it as a context: at its end the file replaces what stood under its name; an error within
    leaves what was there before. Beyond 4 GB the file is an RF64 (EBU Tech 3306), which readers of
    WAV know by its ``ds64`` chunk.

    libsndfile does not say which system error stopped a write, and a full disk has to be told from
    a fault; so the few bytes of the header are written here.

    Parameters
    ----------
    path : Path
        The file; its folder must exist.
    sample_rate : int
        In Hz.
    channels : int
        How many.
    """

    def __init__(self, path: Path, sample_rate: int, channels: int = 1) -> None:
        self.path = path
        self.n_samples = 0
        self._rate = sample_rate
        self._channels = channels
        self._temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex[:12]}.tmp")
        self._stream: BinaryIO | None = None

    def __enter__(self) -> Self:
        try:
            self._stream = self._temporary.open("xb")
            self._stream.write(bytes(HEADER.size))
        except OSError as error:
            self._drop()
            raise storage_error(ACTION, self.path, error) from error
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is None:
            self._finish()
        else:
            self._drop()

    def write(self, samples: NDArray[np.float32] | NDArray[np.float64]) -> None:
        """Append samples, float[n] or float[n, channels]; float64 is rounded to float32.

        Raises
        ------
        AudioFileError
            They are not finite.
        StorageError
            The disk is full or refused.
        """
        assert self._stream is not None, "the writer is not entered"
        frames = np.ascontiguousarray(samples, "<f4").reshape(len(samples), -1)
        assert frames.shape[1] == self._channels
        refuse_not_finite(self.path, frames, self._rate, self.n_samples)
        try:
            self._stream.write(frames.data)
        except OSError as error:
            raise storage_error(ACTION, self.path, error) from error
        self.n_samples += len(frames)

    def _finish(self) -> None:
        assert self._stream is not None
        try:
            self._stream.seek(0)
            self._stream.write(self._header())
            self._stream.flush()
            os.fsync(self._stream.fileno())
            self._stream.close()
            self._temporary.replace(self.path)
        except OSError as error:
            self._drop()
            raise storage_error(ACTION, self.path, error) from error

    def _header(self) -> bytes:
        frame = 4 * self._channels
        size = self.n_samples * frame
        riff = HEADER.size - 8 + size
        large = size > SMALL
        return HEADER.pack(
            b"RF64" if large else b"RIFF",
            UNKNOWN if large else riff,
            b"WAVE",
            b"ds64" if large else b"JUNK",
            28,
            struct.pack("<QQQI", riff, size, self.n_samples, 0) if large else bytes(28),
            b"fmt ",
            16,
            FLOAT,
            self._channels,
            self._rate,
            self._rate * frame,
            frame,
            32,
            b"fact",
            4,
            min(self.n_samples, UNKNOWN),
            b"data",
            UNKNOWN if large else size,
        )

    def _drop(self) -> None:
        if self._stream is not None:
            try:
                self._stream.close()
            except OSError:
                self._stream = None  # a full disk refuses what was still to be flushed, too
        self._temporary.unlink(missing_ok=True)


def write_wav(
    path: Path, samples: NDArray[np.float32] | NDArray[np.float64], sample_rate: int
) -> None:
    """Write a float32 WAV atomically.

    Parameters
    ----------
    path : Path
        The file; its folder must exist.
    samples : float[n] or float[n, channels]
        Finite samples; float64 is rounded to float32.
    sample_rate : int
        In Hz.

    Raises
    ------
    AudioFileError
        The samples are not finite.
    StorageError
        The disk is full or refused; what was there before is untouched.
    """
    frames = samples.reshape(len(samples), -1)
    with WavWriter(path, sample_rate, frames.shape[1]) as writer:
        for start in range(0, len(frames), BLOCK):
            writer.write(frames[start : start + BLOCK])
