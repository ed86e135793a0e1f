"""The graph: everything the audio callback computes, the same for a device and for a file.

Two threads meet here. The control thread makes voices and settings and leaves them in single-slot
mailboxes, which are plain references: Python swaps a reference in one step, so neither side ever
waits for the other. The audio thread takes them at the start of a block. It allocates nothing but
the short-lived views of arrays that Python cannot do without.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from engines.audition.material import FADE_SECONDS
from engines.audition.mixer import (
    CLIPPED,
    INPUT_PEAK,
    INPUT_POWER,
    METERS,
    OUTPUT_PEAK,
    OUTPUT_POWER,
    fade_shape,
    finish,
    retarget,
)
from engines.audition.protocol import SILENCE_DB, Levels, Source
from engines.audition.voice import CHUNK, Knobs, Voice

SOURCES: tuple[Source, ...] = ("dry", "wet", "model", "second")
VOICES = 4
GAIN_GLIDE_SECONDS = 0.01
METER_SECONDS = 0.3

Samples = NDArray[np.float32]
Numbers = NDArray[np.float64]


def no_knobs() -> Knobs:
    """The knobs of two empty slots."""
    return np.zeros(0, dtype=np.float32), np.zeros(0, dtype=np.float32)


@dataclass(frozen=True)
class Settings:
    """What the control thread wants: replaced as a whole, never changed.

    ``gain`` is linear; ``knobs`` are positions 0..1 for the model and the second model;
    ``weights``, float64[4], follows from the source: how much of each is heard.
    """

    source: Source = "dry"
    gain: float = 1.0
    knobs: Knobs = field(default_factory=no_knobs)
    weights: Numbers = field(init=False)

    def __post_init__(self) -> None:
        weights = np.array([float(source == self.source) for source in SOURCES])
        object.__setattr__(self, "weights", weights)


@dataclass(frozen=True)
class Cue:
    """Go on with this voice; None: fade out."""

    voice: Voice | None


class Graph:
    """Plays voices through sources and gain into blocks of any size.

    Parameters
    ----------
    rate : int
        Sample rate in Hz.
    """

    def __init__(self, rate: int) -> None:
        self.rate = rate
        self.shape = fade_shape(round(FADE_SECONDS * rate))
        self.meters = np.zeros(METERS)
        self._glide = 1.0 - np.exp(-1.0 / (GAIN_GLIDE_SECONDS * rate))
        self._meter_fall = 1.0 - np.exp(-1.0 / (METER_SECONDS * rate))
        self._settings = Settings()
        self._taken = self._settings
        self._cue: Cue | None = None
        # What the callback lets go of must not be freed by it, so it is kept here for a while; a
        # cue holds audio, so of those only what the callback may still have in hand.
        self._kept: deque[Settings] = deque(maxlen=64)
        self._kept_cues: deque[Cue] = deque(maxlen=2)
        self._voices: list[Voice | None] = [None] * VOICES
        self._weights_from = self._settings.weights.copy()
        self._weights_to = self._settings.weights.copy()
        self._fade_t = len(self.shape)
        self._gain = np.ones(1)
        self._heard = np.zeros(CHUNK)
        self._seen = np.zeros(CHUNK)

    # -- control thread --------------------------------------------------------------------

    def set(self, settings: Settings) -> None:
        """Hear it so from the next block on, faded."""
        self._kept.append(self._settings)
        self._settings = settings

    def cue(self, cue: Cue) -> bool:
        """Leave a cue for the next block; False while the last one has not been taken."""
        if self._cue is not None:
            return False
        self._kept_cues.append(cue)
        self._cue = cue
        return True

    @property
    def cue_taken(self) -> bool:
        """Whether the last cue has been taken."""
        return self._cue is None

    def silence(self) -> None:
        """Drop every voice at once; only while no device runs the graph."""
        self._cue = None
        for slot, voice in enumerate(self._voices):
            if voice is not None:
                voice.done = True
                self._voices[slot] = None

    @property
    def idle(self) -> bool:
        """Whether nothing plays and nothing waits to."""
        return self._cue is None and not any(self._voices)

    def input_levels(self) -> Levels:
        """The dry audio as the models see it."""
        return _levels(self.meters[INPUT_PEAK], self.meters[INPUT_POWER])

    def output_levels(self) -> Levels:
        """What leaves for the device."""
        return _levels(self.meters[OUTPUT_PEAK], self.meters[OUTPUT_POWER])

    @property
    def clipped(self) -> int:
        """How many samples have been held back to -1..1 so far."""
        return int(self.meters[CLIPPED])

    def render(self, n: int, block: int = 512) -> Samples:
        """Compute ``n`` samples as a device would get them: float32[n]."""
        out = np.zeros((n, 1), dtype=np.float32)
        for at in range(0, n, block):
            self.process(out[at : at + block])
        return out[:, 0]

    # -- audio thread ----------------------------------------------------------------------

    def process(self, out: Samples) -> None:
        """Fill one block, float32[n, channels]."""
        self._take_cue()
        settings = self._settings
        if settings is not self._taken:
            self._take(settings)
        n = out.shape[0]
        done = 0
        while done < n:
            chunk = min(n - done, CHUNK)
            for voice in self._voices:
                if voice is not None:
                    chunk = voice.room(chunk, settings.knobs)
            self._chunk(settings, out[done : done + chunk])
            done += chunk

    def _chunk(self, settings: Settings, out: Samples) -> None:
        n = out.shape[0]
        heard, seen = self._heard[:n], self._seen[:n]
        weights = (self._weights_from, self._weights_to, self._fade_t)
        for slot, voice in enumerate(self._voices):
            if voice is None:
                continue
            voice.add(n, settings.knobs, weights, self.shape, heard, seen)
            if voice.done:
                self._voices[slot] = None
        self._fade_t = min(self._fade_t + n, len(self.shape))
        finish(
            heard, seen, self._gain, settings.gain, self._glide, self._meter_fall, self.meters, out
        )

    def _take_cue(self) -> None:
        cue = self._cue
        if cue is None:
            return
        free = -1
        latest: Voice | None = None
        for slot, voice in enumerate(self._voices):
            if voice is None:
                free = slot
            elif voice.envelope_to > 0.0:
                latest = voice
        if cue.voice is not None:
            if free < 0:
                return  # all voices still fade: it is taken a few milliseconds later
            if cue.voice.follow:
                if latest is None:  # it has just come to its end: there is nothing to go on with
                    cue.voice.done = True
                    self._cue = None
                    return
                cue.voice.position = latest.position
            if not any(self._voices):
                self._jump(self._settings)
        for voice in self._voices:
            if voice is not None:
                voice.fade_out(self.shape)
        if cue.voice is not None:
            self._voices[free] = cue.voice
        self._cue = None

    def _take(self, settings: Settings) -> None:
        retarget(self._weights_from, self._weights_to, self._fade_t, self.shape, settings.weights)
        self._fade_t = 0
        self._taken = settings

    def _jump(self, settings: Settings) -> None:
        """Nothing is heard: start with the settings as they are wanted, without a fade."""
        self._weights_from[:] = settings.weights
        self._weights_to[:] = settings.weights
        self._fade_t = len(self.shape)
        self._gain[0] = settings.gain
        self._taken = settings


def _levels(peak: float, power: float) -> Levels:
    return Levels(peak=decibels(float(peak)), rms=decibels(float(np.sqrt(max(power, 0.0)))))


def decibels(value: float) -> float:
    """20 log10, with silence as :data:`SILENCE_DB`."""
    floor = 10 ** (SILENCE_DB / 20)
    return round(float(20 * np.log10(max(value, floor))), 2)
