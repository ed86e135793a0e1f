"""Which stretches of a pair the costly estimates look at, and reading them.

However long the recording, their number is bounded; they are spread over all of it, where the dry
audio is loudest.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from engines.audio.blocks import Readable
from engines.checks.measuring import BLOCK, Measured
from projects.manifest import Stretch

Float32 = NDArray[np.float32]
Float64 = NDArray[np.float64]

COUNT = 40
LONGEST = 1 << 16
SHORTEST = 1 << 11
WANTED = 10
"""As many windows there shall be at least, as long as none gets shorter than the shortest."""
ACTIVE = 1e-5
"""Of the loudest window's power: dry audio below it tells nothing (-50 dB)."""
REACH_SECONDS = 0.25
"""Lags up to this are looked for around the place where wet is expected."""


@dataclass(frozen=True)
class Window:
    """A stretch of dry audio, and wet around it: ``wet`` begins ``reach`` samples before ``dry``.

    ``start`` is dry's place; ``base`` how many samples late wet was expected when it was read.
    """

    start: int
    dry: Float32
    wet: Float32
    reach: int
    base: int = 0
    blocked: tuple[tuple[int, int], ...] = ()
    """Stretches of ``dry``, within it, that must not be looked at; faded to silence."""

    def free(self, starts: NDArray[np.int64], length: int) -> NDArray[np.bool_]:
        """Which segments, by their starts within the window, touch nothing blocked."""
        clear = np.ones(len(starts), bool)
        for first, last in self.blocked:
            clear &= (starts + length <= first) | (starts >= last)
        return clear

    @property
    def middle(self) -> float:
        """The place of its middle, on the time axis of dry."""
        return self.start + len(self.dry) / 2


def window_length(n_samples: int) -> int:
    """How long the windows of a recording are (samples, a power of two unless all of it)."""
    length = LONGEST
    while length > SHORTEST and length * WANTED > n_samples:
        length //= 2
    return min(length, n_samples)


def choose(dry: Measured, n_samples: int, cuts: Sequence[Stretch] = ()) -> list[int]:
    """Starts of the windows, in order of time: in each part of the recording the loudest.

    ``cuts`` lie where nothing is to be looked at; windows that are nearly all cut are left out.
    """
    length = window_length(n_samples)
    if length <= 0:
        return []
    usable = np.ones(len(dry.starts))
    for cut in cuts:
        usable[cut.start // BLOCK : -(-cut.stop // BLOCK)] = 0.0
    span = max(1, length // BLOCK)
    sums = np.convolve(np.maximum(dry.power - dry.mean**2, 0.0) * usable, np.ones(span), "valid")
    share = np.convolve(usable, np.ones(span), "valid") / span
    sums[share < MIN_USABLE] = 0.0
    if not len(sums) or sums.max() <= 0.0:
        return []
    count = min(COUNT, max(1, n_samples // length))
    edges = np.linspace(0, len(sums), count + 1).astype(int)
    starts: list[int] = []
    for part, high in pairwise(edges.tolist()):
        # Windows that overlap would bear each other out.
        low = max(part, -(-(starts[-1] + length) // BLOCK)) if starts else part
        if high <= low:
            continue
        best = low + int(np.argmax(sums[low:high]))
        start = min(best * BLOCK, n_samples - length)
        if sums[best] > ACTIVE * sums.max() and not (starts and start < starts[-1] + length):
            starts.append(start)
    return starts


MIN_USABLE = 0.15
"""A window is looked at if so much of it is left beside what is cut."""


def read_windows(
    dry: Readable,
    wet: Readable,
    starts: Sequence[int],
    *,
    base: int = 0,
    blocked: Sequence[Stretch] = (),
    pause: Callable[[], None] = lambda: None,
) -> list[Window]:
    """Read windows that begin at ``starts``; beyond the ends and in ``blocked`` there is silence.

    ``base`` is by how many samples wet is read later than dry.
    """
    n = dry.n_samples
    length = window_length(n)
    reach = min(round(REACH_SECONDS * dry.sample_rate), max(8, n // 2))
    begins = np.array([one.start for one in blocked])
    ends = np.array([one.stop for one in blocked])
    found = []
    for start in starts:
        pause()
        x = padded(dry, start, start + length)
        first = start + base - reach
        y = padded(wet, first, first + length + 2 * reach)
        near = np.flatnonzero((ends > start - reach) & (begins < start + length + reach))
        for k in near:
            _silence(x, begins[k] - start, ends[k] - start)
            _silence(y, begins[k] - start + reach, ends[k] - start + reach)
        inside = tuple((int(begins[k] - start), int(ends[k] - start)) for k in near)
        found.append(Window(start, x, y, reach, base, inside))
    return found


def _silence(samples: Float32, first: int, last: int) -> None:
    """Silence a stretch in place, and fade what is beside it: edges would look alike in both."""
    samples[max(0, first) : max(0, last)] = 0.0
    ramp = (0.5 - 0.5 * np.cos(np.pi * (np.arange(FADE) + 0.5) / FADE)).astype(np.float32)
    before = samples[max(0, first - FADE) : max(0, first)]
    before *= ramp[::-1][FADE - len(before) :] if first < FADE else ramp[::-1][: len(before)]
    after = samples[max(0, last) : max(0, last + FADE)]
    after *= ramp[FADE - len(after) :] if last < 0 else ramp[: len(after)]


FADE = 256


def padded(audio: Readable, start: int, stop: int) -> Float32:
    """Samples ``start <= n < stop``, float32[stop - start]; zero beyond the ends."""
    out = np.zeros(stop - start, np.float32)
    first, last = max(0, start), min(stop, audio.n_samples)
    if last > first:
        out[first - start : last - start] = audio.read(first, last)
    return out
