"""Audio that is read piece by piece, so that hours of it never have to be in memory at once."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

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
