"""Exact marks of audio, by which the same audio is known in another file and at another place."""

from __future__ import annotations

import hashlib

import numpy as np
from numpy.typing import NDArray

from engines.checks.report import Fingerprints

Float32 = NDArray[np.float32]

AROUND = 4096
"""A mark stands at a sample that is the largest of as many before and after it."""
MARK = 64
"""Samples that a mark is made from."""
FAINT = 0.003
"""Peaks under this (-50 dBFS) are silence and hiss."""
DISTINCT = 24
"""Marks of fewer different values (a flat top, a step) say nothing."""


class Marking:
    """Feed it a signal from start to end with :meth:`take`, then ask for :meth:`result`.

    Where the marks stand depends on the audio around them alone, so that an excerpt has the same
    ones, whatever its offset: one in some 8,192 samples.
    """

    def __init__(self) -> None:
        self._buffer = np.zeros(0, np.float32)
        self._first = 0
        self._last_place = -1
        self._hashes: list[int] = []
        self._places: list[int] = []

    def take(self, samples: Float32) -> None:
        """The next samples, float32[n]."""
        self._buffer = np.concatenate([self._buffer, samples])
        size = np.abs(self._buffer)
        # Aligned to the audio's own grid, so that it does not matter how it was cut into pieces.
        start = -self._first % AROUND
        for low in range(start, len(size) - AROUND, AROUND):
            place = low + int(np.argmax(size[low : low + AROUND]))
            if place < AROUND or place + AROUND >= len(size):
                continue
            if self._first + place > self._last_place and size[place] >= FAINT:
                around = size[place - AROUND : place + AROUND + 1]
                # Of equal ones the first: a later one is not new.
                if size[place] >= around.max() and int(np.argmax(around)) == AROUND:
                    self._mark(place)
        spent = max(0, (len(self._buffer) - 3 * AROUND) // AROUND * AROUND)
        self._buffer = self._buffer[spent:]
        self._first += spent

    def result(self) -> Fingerprints:
        """The marks of all that was taken; none within 4,096 samples of either end."""
        return Fingerprints(np.array(self._hashes, np.uint64), np.array(self._places, np.int64))

    def _mark(self, place: int) -> None:
        self._last_place = self._first + place
        excerpt = self._buffer[place - MARK // 2 : place + MARK // 2]
        if len(np.unique(excerpt)) < DISTINCT:
            return
        # A zero is a zero, whatever its sign bit.
        data = np.ascontiguousarray(excerpt + np.float32(0.0), "<f4").tobytes()
        digest = hashlib.blake2b(data, digest_size=8).digest()
        self._hashes.append(int.from_bytes(digest, "little"))
        self._places.append(self._first + place)


def fingerprints(samples: Float32) -> Fingerprints:
    """The marks of samples in memory, float32[n]."""
    marking = Marking()
    for start in range(0, len(samples), 1 << 18):
        marking.take(samples[start : start + (1 << 18)])
    return marking.result()
