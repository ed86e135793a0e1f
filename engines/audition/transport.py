"""What plays, from where, through what: the control side of the graph."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engines.audition.graph import Cue, Graph, Settings
from engines.audition.material import FADE_SECONDS, Material
from engines.audition.protocol import Slot, Source
from engines.audition.slots import HeardModel
from engines.audition.voice import Voice
from engines.models.base import Kernel

SLOTS: tuple[Slot, Slot] = ("model", "second")
FIRST_RATE = 48_000


@dataclass(frozen=True)
class _Live:
    """A voice the graph may still hold, and whose kernels it has."""

    voice: Voice
    owners: tuple[tuple[HeardModel, Kernel], ...]


@dataclass(frozen=True)
class News:
    """What has happened in the graph since the last look."""

    finished: bool = False
    muted: tuple[Slot, ...] = ()


class Transport:
    """Plays material through models; knows nothing of devices.

    Everything is kept in samples of the graph's rate but what outlives a change of the rate.
    """

    def __init__(self) -> None:
        self.graph = Graph(FIRST_RATE)
        self.material: Material | None = None
        self.models: dict[Slot, HeardModel | None] = {"model": None, "second": None}
        self.source: Source = "dry"
        self.turned: dict[str, float] = {}
        """Knobs that have been turned, by name; they outlive the models."""
        self._gain = 1.0
        self._loop: tuple[float, float] | None = None
        self._position = 0
        self._voice: Voice | None = None
        self._live: list[_Live] = []
        self._waiting: Cue | None = None

    # -- how it stands ---------------------------------------------------------------------

    @property
    def playing(self) -> bool:
        """Whether it plays (a pause counts from its asking, not from the end of its fade)."""
        return self._voice is not None

    @property
    def position(self) -> int:
        """The sample that comes next."""
        material, voice = self.material, self._voice
        if material is None:
            return 0
        return self._position if voice is None else min(voice.position, material.n)

    @property
    def seconds(self) -> float:
        """The position in seconds of the file."""
        return self.position / self.graph.rate

    def settings(self) -> Settings:
        """Source, gain and knobs as the graph takes them."""
        first, second = (self.models[slot] for slot in SLOTS)
        none = np.zeros(0, dtype=np.float32)
        return Settings(
            source=self.source,
            gain=self._gain,
            knobs=(
                first.knobs(self.turned) if first else none,
                second.knobs(self.turned) if second else none,
            ),
        )

    # -- asked by the user -----------------------------------------------------------------

    def play(self) -> None:
        """Play from the position; from the start, if it stands at the end."""
        material = self.material
        if material is None or self.playing:
            return
        if self._position >= material.stop:
            self._position = material.start
        self._start(self._position)

    def pause(self) -> None:
        """Fade out and stay there."""
        if self._voice is not None:
            self._position = self.position
            self._voice = None
            self._send(Cue(None))

    def stop(self) -> None:
        """Fade out and go back to the start."""
        self.pause()
        if self.material is not None:
            self._position = self.material.start

    def seek(self, seconds: float) -> None:
        """Go to a time of the file."""
        if self.material is None:
            return
        self._position = min(round(seconds * self.graph.rate), self.material.n)
        if self.playing:
            self._start(self._position)

    def set_loop(self, loop: tuple[float, float] | None) -> None:
        """Repeat from one time to another (seconds of the file), or not."""
        self._loop = loop
        self._renew()

    def set_source(self, source: Source) -> None:
        """Choose what is heard."""
        self.source = source
        self.graph.set(self.settings())

    def set_gain(self, db: float) -> None:
        """Set the output level in dB."""
        self._gain = 10 ** (db / 20)
        self.graph.set(self.settings())

    def turn(self, positions: dict[str, float]) -> None:
        """Turn knobs, by name."""
        self.turned.update(positions)
        self.graph.set(self.settings())

    # -- what is loaded --------------------------------------------------------------------

    def set_material(self, material: Material | None) -> None:
        """Other audio: what plays fades out, the position is at its start."""
        self.pause()
        self.material = material
        self._position = material.start if material is not None else 0

    def set_model(self, slot: Slot, model: HeardModel | None) -> None:
        """Another model in a slot: what plays is crossfaded to it."""
        self.models[slot] = model
        self.graph.set(self.settings())
        self._renew()

    def at_rate(self, rate: int) -> None:
        """Go on with a new graph of this rate; only while no device runs the old one."""
        seconds = self.seconds
        self.suspend()
        self.graph = Graph(rate)
        self.graph.set(self.settings())
        self._position = round(seconds * rate)

    def resampled(self, material: Material) -> None:
        """The same audio at the graph's rate; the position stays."""
        self.material = material

    def suspend(self) -> None:
        """Stop where it stands, without a fade, since no device runs the graph."""
        self._position = self.position
        self._voice = None
        self._waiting = None
        self.graph.silence()
        for live in self._live:
            live.voice.done = True
        self._collect()

    # -- called often ----------------------------------------------------------------------

    def tick(self) -> News:
        """Hand on what waits, take back what is done, and say what happened."""
        if self._waiting is not None and self.graph.cue(self._waiting):
            self._waiting = None
        muted = self._muted()
        finished = False
        if self._voice is not None and (self._voice.ended or self._voice.done):
            finished = True
            self._voice = None
            self._position = self.material.start if self.material is not None else 0
        self._collect()
        return News(finished, muted)

    def _muted(self) -> tuple[Slot, ...]:
        voice = self._voice
        if voice is None:
            return ()
        found = []
        for index, slot in enumerate(SLOTS):
            if voice.muted[index] and not voice.mute_told[index]:
                voice.mute_told[index] = True
                found.append(slot)
        return tuple(found)

    # -- voices ----------------------------------------------------------------------------

    def _renew(self) -> None:
        """Crossfade what plays to a voice with the models and the loop as they are now."""
        voice = self._voice
        if voice is None:
            return
        taken = self._waiting is None and self.graph.cue_taken
        self._start(voice.position, follow=taken)

    def _start(self, position: int, *, follow: bool = False) -> None:
        material = self.material
        assert material is not None
        settings = self.settings()
        kernels: list[Kernel | None] = []
        gains: list[float] = []
        owners: list[tuple[HeardModel, Kernel]] = []
        warm_up = 0
        for index, slot in enumerate(SLOTS):
            model = self.models[slot]
            kernel = model.take_kernel() if model is not None else None
            kernels.append(kernel)
            gains.append(1.0)
            if model is not None and kernel is not None:
                owners.append((model, kernel))
                gains[index] = model.playback_gain(material, settings.knobs[index])
                warm_up = max(warm_up, model.warm_up_samples())
        voice = Voice(
            material,
            (kernels[0], kernels[1]),
            (gains[0], gains[1]),
            settings.knobs,
            position,
            self._loop_samples(material),
            follow=follow,
        )
        voice.warm_up(warm_up)
        self._live.append(_Live(voice, tuple(owners)))
        self._voice = voice
        self._send(Cue(voice))

    def _loop_samples(self, material: Material) -> tuple[int, int]:
        if self._loop is None:
            return 0, 0
        start, stop = (min(round(s * material.rate), material.n) for s in self._loop)
        shortest = 2 * round(FADE_SECONDS * material.rate)
        return (start, stop) if stop - start >= shortest else (0, 0)

    def _send(self, cue: Cue) -> None:
        dropped = self._waiting
        if dropped is not None and dropped.voice is not None:
            dropped.voice.done = True
        self._waiting = None if self.graph.cue(cue) else cue

    def _collect(self) -> None:
        for live in [live for live in self._live if live.voice.done]:
            self._live.remove(live)
            for model, kernel in live.owners:
                model.give_back(kernel)
