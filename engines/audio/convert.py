"""Bringing a recording to another sample rate, piece by piece."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from engines.audio.blocks import FileAudio

PIECE = 1 << 20
"""Samples that are read at once."""


def samples_at(
    audio: FileAudio, sample_rate: int, check: Callable[[], None]
) -> Iterator[NDArray[np.float32]]:
    """All samples of a file at a rate, in pieces, float32[n].

    Another rate is reached by soxr at its very high quality: linear phase, so nothing moves in
    time.

    Parameters
    ----------
    audio : FileAudio
        What is read.
    sample_rate : int
        In Hz.
    check : callable
        Called between pieces; what it raises ends the work.

    Raises
    ------
    AudioFileError
        The file is damaged, or holds what is no number.
    """
    n = audio.n_samples
    if audio.sample_rate == sample_rate:
        for start in range(0, n, PIECE):
            check()
            yield audio.read(start, start + PIECE)
        return
    import soxr

    stream = soxr.ResampleStream(audio.sample_rate, sample_rate, 1, "float32", "VHQ")
    for start in range(0, n, PIECE):
        check()
        yield stream.resample_chunk(audio.read(start, start + PIECE), last=start + PIECE >= n)


def length_at(n_samples: int, from_rate: int, to_rate: int) -> int:
    """How many samples a recording has about at another rate."""
    return round(n_samples * to_rate / from_rate)
