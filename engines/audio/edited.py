"""A capture's audio as it was decided to be: wet shifted and flipped, the files as they are."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engines.audio.blocks import FileAudio, Readable
from engines.audio.files import read_signal
from projects.capture import Capture, Signal
from projects.manifest import Edits

Float32 = NDArray[np.float32]


class EditedAudio:
    """Audio moved earlier by ``shift`` samples and flipped, as long as before.

    What a shift leaves without samples is zero; :meth:`projects.manifest.Edits.gaps` names it.
    """

    def __init__(self, audio: Readable, edits: Edits) -> None:
        self._audio = audio
        self._edits = edits

    @property
    def sample_rate(self) -> int:
        """In Hz."""
        return self._audio.sample_rate

    @property
    def n_samples(self) -> int:
        """Length in samples."""
        return self._audio.n_samples

    def read(self, start: int, stop: int) -> Float32:
        """The samples ``start <= n < stop``."""
        n, shift = self._audio.n_samples, self._edits.shift
        start, stop = max(0, start), min(stop, n)
        if stop <= start:
            return np.zeros(0, np.float32)
        first, last = max(0, start + shift), min(n, stop + shift)
        out = np.zeros(stop - start, np.float32)
        if last > first:
            out[first - shift - start : last - shift - start] = self._audio.read(first, last)
        return -out if self._edits.flip else out


def edited(wet: Float32, edits: Edits) -> Float32:
    """Wet samples in memory, float32[n], as they were decided to be; see :class:`EditedAudio`."""
    if edits.shift == 0:
        return -wet if edits.flip else wet
    shift = max(-len(wet), min(len(wet), edits.shift))
    out = np.zeros_like(wet)
    if shift > 0:
        out[: len(wet) - shift] = wet[shift:]
    else:
        out[-shift:] = wet[: len(wet) + shift]
    return -out if edits.flip else out


def read_edited(folder: Path, capture: Capture, signal: Signal, edits: Edits) -> Float32:
    """One signal of a capture, float32[n_samples]; the wet one as it was decided to be.

    Raises
    ------
    FileFormatError
        The file is missing, damaged, or does not fit to the capture.
    """
    samples = read_signal(folder, capture, signal)
    return edited(samples, edits) if signal.role == "wet" else samples


@contextmanager
def open_edited(folder: Path, capture: Capture, signal: Signal, edits: Edits) -> Iterator[Readable]:
    """One signal of a capture, to be read piece by piece; the wet one as it was decided to be.

    Raises
    ------
    FileFormatError
        The file is missing, damaged, or does not fit to the capture.
    """
    with FileAudio.of_signal(folder, capture, signal) as audio:
        yield EditedAudio(audio, edits) if signal.role == "wet" else audio
