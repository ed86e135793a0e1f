"""Choosing one channel of an audio file."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engines.audio.files import Audio, Channel


def one_channel(audio: Audio, channel: Channel) -> NDArray[np.float32]:
    """One channel, or the mean of all, as float32[n]; a mono file gives its only one."""
    if channel == "mix":
        mean: NDArray[np.float32] = audio.samples.mean(axis=1).astype(np.float32)
        return mean
    index = 1 if channel == "second" and audio.channels > 1 else 0
    return audio.samples[:, index].astype(np.float32)


__all__ = ["Channel", "one_channel"]
