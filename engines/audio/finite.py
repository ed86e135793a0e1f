"""What is refused everywhere in audio: files that cannot be used, samples that are no numbers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from projects.errors import FileFormatError

BLOCK = 1 << 18
"""Samples that are read or written at once."""


class AudioFileError(FileFormatError):
    """An audio file cannot be used: missing, damaged, truncated, empty, too long, not finite."""


def refuse_not_finite(
    path: Path,
    samples: NDArray[np.float32] | NDArray[np.float64],
    sample_rate: int,
    first: int = 0,
) -> None:
    """Refuse NaN and infinity in ``samples``, float[n, channels], which begin at ``first``.

    Raises
    ------
    AudioFileError
        With the time of the first that is no number.
    """
    for start in range(0, len(samples), BLOCK):
        bad = ~np.isfinite(samples[start : start + BLOCK]).all(axis=1)
        if bad.any():
            seconds = (first + start + int(np.argmax(bad))) / sample_rate
            raise AudioFileError(
                f"The audio file {path} holds samples that are not numbers (NaN or infinity), "
                f"the first at {seconds:.4f} s. Export it again."
            )
