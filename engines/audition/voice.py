"""A voice: one stretch of playing, from one place, through one set of kernels.

Whatever would jump (a seek, a new model, other audio) is a new voice that fades in while the old
one fades out. Its kernels are its own, warmed up on the audio before its position by the thread
that makes it, so that the audio callback takes over a model that is already in the right state.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from engines.audition.material import Material
from engines.audition.mixer import add_voice, approach, read_span, same, silence_if_wild
from engines.models.base import Kernel

CHUNK = 1024
"""The callback works in chunks of at most so many samples."""
KNOB_CHUNK = 32
"""Chunk while knobs move: they are held within a chunk."""
WILD = 8.0
"""A model whose played output exceeds this (18 dB over full scale) is muted."""

Samples = NDArray[np.float32]
Numbers = NDArray[np.float64]
Knobs = tuple[Samples, Samples]


class Voice:
    """One stretch of playing.

    Parameters
    ----------
    material : Material
        What is played.
    kernels : two of Kernel or None
        The model's and the second model's, for this voice alone.
    model_gains : two of float
        Playback gains of the models' outputs.
    knobs : two of float32[K]
        Where the knobs stand.
    position : int
        The first sample.
    loop : (int, int)
        The stretch to repeat; (0, 0) is none.
    follow : bool
        Take the position of the voice that is replaced, at the moment when it is.
    """

    def __init__(
        self,
        material: Material,
        kernels: tuple[Kernel | None, Kernel | None],
        model_gains: tuple[float, float],
        knobs: Knobs,
        position: int,
        loop: tuple[int, int] = (0, 0),
        *,
        follow: bool = False,
    ) -> None:
        self.material = material
        self.kernels = kernels
        self.position = position
        self.loop = loop
        self.follow = follow
        self.gains = np.array(
            [material.dry_gain, material.wet_gain, model_gains[0], model_gains[1]]
        )
        self.knobs = (knobs[0].copy(), knobs[1].copy())
        self.muted = [False, False]
        """Models that have been muted because they went wild; read by the control thread."""
        self.mute_told = [False, False]
        """Whether the control thread has said so."""
        self.done = False
        """Set by the callback when it lets go of the voice for good."""
        self.ended = False
        """Whether it came to the end of the stretch (and not to a pause)."""
        self.envelope_from = 0.0
        self.envelope_to = 1.0
        self.envelope_t = 0
        self._x = np.zeros(CHUNK, dtype=np.float32)
        self._w = np.zeros(CHUNK, dtype=np.float32)
        self._y = (np.zeros(CHUNK, dtype=np.float32), np.zeros(CHUNK, dtype=np.float32))

    # -- control thread --------------------------------------------------------------------

    def warm_up(self, n: int) -> None:
        """Run the kernels over the ``n`` samples before the position (fewer at the start)."""
        for slot, kernel in enumerate(self.kernels):
            if kernel is None:
                continue
            kernel.reset()
            knobs = self.knobs[slot]
            start = max(0, self.position - n)
            for at in range(start, self.position, CHUNK):
                x = self.material.dry[at : min(at + CHUNK, self.position)]
                kernel.process(x, knobs, self._y[slot][: len(x)])

    # -- audio thread ----------------------------------------------------------------------

    def fade_out(self, shape: Numbers) -> None:
        """Fade to silence from wherever the envelope stands."""
        if self.envelope_to == 0.0:
            return
        t = min(self.envelope_t, len(shape) - 1)
        self.envelope_from += (self.envelope_to - self.envelope_from) * float(shape[t])
        self.envelope_to = 0.0
        self.envelope_t = 0

    def room(self, n: int, targets: Sequence[Samples]) -> int:
        """How many of ``n`` samples may be done at once: up to the stretch's end."""
        left = self.material.stop - self.position
        if 0 < left < n and not self.position < self.loop[1]:
            n = left
        for now, target in zip(self.knobs, targets, strict=True):
            if n > KNOB_CHUNK and len(now) == len(target) and not same(now, target):
                return KNOB_CHUNK
        return n

    def add(
        self,
        n: int,
        targets: Sequence[Samples],
        weights: tuple[Numbers, Numbers, int],
        shape: Numbers,
        heard: Numbers,
        seen: Numbers,
    ) -> None:
        """Mix the next ``n`` samples into ``heard`` and ``seen`` (float64[n])."""
        x, w = self._x[:n], self._w[:n]
        self.position = read_span(
            self.material.dry,
            self.material.wet,
            self.position,
            self.loop[0],
            self.loop[1],
            shape,
            x,
            w,
        )
        for slot in (0, 1):
            self._run(slot, n, x, targets[slot], len(shape) - 1)
        add_voice(
            x,
            w,
            self._y[0][:n],
            self._y[1][:n],
            self.gains,
            weights[0],
            weights[1],
            weights[2],
            self.envelope_from,
            self.envelope_to,
            self.envelope_t,
            shape,
            heard,
            seen,
        )
        self.envelope_t += n
        if self.position >= self.material.stop and not self.position < self.loop[1]:
            self.ended = self.ended or self.envelope_to > 0.0
            self.fade_out(shape)
        if self.envelope_to == 0.0 and self.envelope_t >= len(shape) - 1:
            self.done = True

    def _run(self, slot: int, n: int, x: Samples, target: Samples, fade: int) -> None:
        kernel = self.kernels[slot]
        if kernel is None:
            return
        if self.muted[slot]:
            self._y[slot].fill(0.0)
            return
        now = self.knobs[slot]
        if len(now) == len(target):
            approach(now, target, n / fade)
        y = self._y[slot][:n]
        kernel.process(x, now, y)
        if silence_if_wild(y, self.gains[2 + slot], WILD):
            self.muted[slot] = True
