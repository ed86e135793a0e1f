"""A take on disk as it comes in: a WAV file that is whole at every moment, also after kill -9."""

from __future__ import annotations

import os
import struct
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

import numpy as np
from numpy.typing import NDArray

from engines.audio.files import RATES, AudioFileError
from projects.errors import storage_error

Float32 = NDArray[np.float32]

FLOAT = 3
"""WAVE_FORMAT_IEEE_FLOAT."""
HEADER = 80
"""Bytes before the samples: RIFF, a chunk that becomes ds64, fmt, data."""
UNKNOWN = 0xFFFFFFFF
LARGEST = UNKNOWN - HEADER
"""Bytes of samples that a plain WAV can hold; beyond, the file is an RF64."""


def header(rate: int, n_samples: int) -> bytes:
    """The header of a mono float32 WAV, or of an RF64 where it is too long for one.

    EBU Tech 3306 (2009): a recorder reserves a JUNK chunk, which becomes ``ds64`` when the file
    outgrows 4 GB.
    """
    size = 4 * n_samples
    long = size > LARGEST
    riff = struct.pack(
        "<4sI4s", b"RF64" if long else b"RIFF", UNKNOWN if long else size + HEADER - 8, b"WAVE"
    )
    if long:
        kept = struct.pack("<4sIQQQI", b"ds64", 28, size + HEADER - 8, size, n_samples, 0)
    else:
        kept = struct.pack("<4sI28x", b"JUNK", 28)
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, FLOAT, 1, rate, 4 * rate, 4, 32)
    return riff + kept + form + struct.pack("<4sI", b"data", UNKNOWN if long else size)


class RawTake:
    """Writes a take, samples first and then the header that counts them.

    Wherever it is broken off, the header promises no more than is there; :func:`read_raw` finds
    what came after the header was last written, too.

    Parameters
    ----------
    path : Path
        A new file.
    rate : int
        Sample rate in Hz.

    Raises
    ------
    StorageError
        The disk refused.
    """

    def __init__(self, path: Path, rate: int) -> None:
        self.path = path
        self.n_samples = 0
        self._rate = rate
        try:
            self._file: BinaryIO = path.open("xb", buffering=0)
            self._file.write(header(rate, 0))
        except OSError as error:
            raise storage_error("record", path, error) from error

    def append(self, samples: Float32) -> None:
        """Write samples, float32[n], at the end.

        Raises
        ------
        StorageError
            The disk is full or refused; what was written before stays.
        """
        data = memoryview(np.ascontiguousarray(samples, "<f4").tobytes())
        try:
            while data:
                written = self._file.write(data)
                data = data[written or 0 :]
        except OSError as error:
            raise storage_error("record", self.path, error) from error
        self.n_samples += len(samples)

    def sync(self) -> None:
        """Bring what was written to the disk, and then the header that counts it.

        Raises
        ------
        StorageError
            The disk is full or refused.
        """
        try:
            os.fsync(self._file.fileno())
            self._file.seek(0)
            self._file.write(header(self._rate, self.n_samples))
            self._file.seek(0, os.SEEK_END)
        except OSError as error:
            raise storage_error("record", self.path, error) from error

    def close(self) -> None:
        """Close the file; what could not be synchronised is found by :func:`read_raw`."""
        try:
            self.sync()
        finally:
            self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def read_raw(path: Path) -> tuple[Float32, int]:
    """A take as far as it is on disk, whatever its header counts, and its sample rate.

    Returns
    -------
    float32[n], int
        The samples, mapped from the file and for reading only.

    Raises
    ------
    AudioFileError
        The file is not there, or is none of :class:`RawTake`'s.
    """
    try:
        with path.open("rb") as stream:
            head = stream.read(HEADER)
        n = max(0, path.stat().st_size - HEADER) // 4
    except OSError as error:
        reason = error.strerror or str(error)
        raise AudioFileError(f"The take {path} cannot be read: {reason}.") from error
    rate = struct.unpack_from("<I", head, 60)[0] if len(head) == HEADER else 0
    if not RATES[0] <= rate <= RATES[1] or head[48:] != header(rate, 0)[48:76] + head[76:]:
        raise AudioFileError(f"The take {path} is damaged: its beginning is not a take's.")
    if n == 0:
        return np.zeros(0, np.float32), rate
    return np.memmap(path, "<f4", mode="r", offset=HEADER, shape=(n,)), rate
