"""The audio engine: does what the commands say, and says what happens as events."""

from __future__ import annotations

import gc
import queue
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import zip_longest
from pathlib import Path

from engines.audition.graph import decibels
from engines.audition.loading import Done, Loader
from engines.audition.material import Material
from engines.audition.origin import Origin
from engines.audition.protocol import (
    Command,
    Event,
    Fault,
    Finished,
    Gain,
    Knobs,
    Load,
    Loaded,
    LoadModel,
    Loop,
    ModelLoaded,
    ModelProgress,
    ModelUnloaded,
    Pause,
    Play,
    Quit,
    Ready,
    Refresh,
    Seek,
    SetOutput,
    SetSource,
    Slot,
    Status,
    Stop,
    UnloadModel,
)
from engines.audition.slots import HeardModel, load_heard_model
from engines.audition.sound import Sound
from engines.audition.transport import SLOTS, Transport

STATUS_SECONDS = 0.05
TICK_SECONDS = 0.01
AUDIO = "audio"

Item = Command | Done | ValueError


@dataclass(frozen=True)
class _Resampled:
    """Audio that comes from the loader for the second time."""

    material: Material


class Engine:
    """Does what the commands say; every result is an event.

    Parameters
    ----------
    emit : callable
        Takes each :data:`~engines.audition.protocol.Event`, from any thread.
    """

    def __init__(self, emit: Callable[[Event], None]) -> None:
        self.inbox: queue.SimpleQueue[Item] = queue.SimpleQueue()
        self._emit = emit
        self._transport = Transport()
        self._sound = Sound(emit)
        self._loader = Loader(self.inbox.put)
        self._native: Material | None = None
        self._origin: Origin | None = None
        self._fresh = False
        """Whether the newest audio has not been handed on yet."""
        self._play_when_loaded = False
        self._seek_when_loaded: float | None = None
        self._status_at = 0.0
        self._clipped = 0
        self._untidy = False

    # -- the loop --------------------------------------------------------------------------

    def run(self) -> None:
        """Work until ``quit``.

        Raises
        ------
        HangingDeviceError
            The device's driver hangs: only a new process can go on.
        """
        self._emit(Ready())
        self._sound.list_devices()
        try:
            while self._work(self._arrived()):
                self._tick()
        finally:
            self._loader.stop()
            self._sound.close()
            self._transport.suspend()

    def _arrived(self) -> list[Item]:
        """Everything that has come in; waits a moment where nothing has."""
        items: list[Item] = []
        try:
            items.append(self.inbox.get(timeout=TICK_SECONDS))
            while True:
                items.append(self.inbox.get_nowait())
        except queue.Empty:
            return items

    def _work(self, items: list[Item]) -> bool:
        """Do what has come in; False for the end."""
        for item, after in zip_longest(items, items[1:]):
            if isinstance(item, Quit):
                return False
            if isinstance(item, Done):
                self._take(item)
            elif isinstance(item, ValueError):
                self._emit(Fault(text="The audio engine was told nonsense.", details=str(item)))
            elif not (isinstance(item, Seek) and isinstance(after, Seek)):
                self._obey(item)
        return True

    def _tick(self) -> None:
        news = self._transport.tick()
        if news.finished:
            self._emit(Finished())
        for slot in news.muted:
            self._say_muted(slot)
        trouble = self._sound.watch()
        if trouble is not None:
            self._transport_off()
            self._sound.lost(trouble)
        self._sound.retry(self._transport.graph)
        now = time.monotonic()
        if now - self._status_at >= STATUS_SECONDS:
            self._status_at = now
            self._emit(self._status())
        if self._untidy and not self._transport.playing:
            # Only now: while audio plays, the collector stays off (see process.main). What is
            # left is there to stay, and need not be looked at again.
            self._untidy = False
            gc.collect()
            gc.freeze()

    def _status(self) -> Status:
        transport, sound = self._transport, self._sound
        graph, output = transport.graph, sound.output
        clipped, self._clipped = self._clipped, graph.clipped
        return Status(
            position=round(transport.seconds, 4),
            playing=transport.playing,
            source=transport.source,
            input=graph.input_levels(),
            output=graph.output_levels(),
            clipped=graph.clipped > clipped,
            load=round(output.load, 4) if output else 0.0,
            load_peak=round(output.take_load_peak(), 4) if output else 0.0,
            latency_ms=sound.latency_ms,
            dropouts=sound.dropouts,
            block=output.block if output else 0,
            rate=output.rate if output else 0,
            open=sound.is_open,
        )

    # -- commands --------------------------------------------------------------------------

    def _obey(self, command: Command) -> None:
        transport = self._transport
        match command:
            case Load():
                self._load(command)
            case LoadModel():
                self._load_model(command)
            case UnloadModel():
                self._loader.settle(command.slot)
                transport.set_model(command.slot, None)
                self._emit(ModelUnloaded(slot=command.slot))
                self._follow_rate()
                self._go_on()
            case SetSource():
                transport.set_source(command.source)
            case Play():
                self._play()
            case Pause() | Stop():
                self._play_when_loaded = False
                transport.pause() if isinstance(command, Pause) else transport.stop()
            case Seek():
                self._seek(command)
            case Loop():
                self._loop(command)
            case Knobs():
                transport.turn(dict(command.positions))
            case Gain():
                transport.set_gain(command.db)
            case SetOutput():
                self._set_output(command)
            case Refresh():
                self._refresh()

    def _load(self, command: Load) -> None:
        self._play_when_loaded = False
        self._seek_when_loaded = None
        self._transport.set_material(None)
        native, self._native = self._native, None
        origin = Origin.of(command)
        if origin is None:
            self._emit(Fault(text="There is no audio to load."))
            return
        known = native if origin == self._origin else None
        self._origin = origin
        self._loader.submit(AUDIO, partial(origin.read, command.start, command.stop, known))

    def _load_model(self, command: LoadModel) -> None:
        slot = command.slot

        def tell(text: str) -> None:
            self._emit(ModelProgress(slot=slot, text=text))

        self._loader.submit(slot, partial(load_heard_model, Path(command.path), tell))

    def _play(self) -> None:
        if self._loading:
            self._play_when_loaded = True
            return
        if self._transport.material is None:
            self._emit(Fault(text="There is nothing to play yet: choose a capture or a file."))
            return
        if self._sound.open(self._transport.graph):
            self._transport.play()

    @property
    def _loading(self) -> bool:
        """Whether something that would be heard is still on its way."""
        transport = self._transport
        if self._loader.busy(AUDIO):
            return True
        return any(
            transport.source == slot and transport.models[slot] is None and self._loader.busy(slot)
            for slot in SLOTS
        )

    def _seek(self, command: Seek) -> None:
        if self._loader.busy(AUDIO):
            self._seek_when_loaded = command.seconds
        else:
            self._transport.seek(command.seconds)

    def _loop(self, command: Loop) -> None:
        loop = None
        if command.start is not None and command.stop is not None:
            loop = (command.start, command.stop)
        self._transport.set_loop(loop)

    def _set_output(self, command: SetOutput) -> None:
        if command == self._sound.wanted and self._sound.is_open:
            return
        was_open = self._sound.is_open
        was_playing = self._transport.playing
        self._transport_off()
        self._sound.wanted = command
        if was_open or self._transport.material is not None:
            self._sound.open(self._transport.graph)
        if was_playing:
            self._play()

    def _refresh(self) -> None:
        if not self._transport.playing and self._sound.is_open:
            self._transport_off()
        self._sound.list_devices(again=True)
        if self._transport.material is not None:
            self._sound.open(self._transport.graph, quietly=True)

    # -- what the loader brings ------------------------------------------------------------

    def _take(self, done: Done) -> None:
        if not self._loader.is_current(done):
            return
        self._loader.settle(done.key)
        self._untidy = True
        slot: Slot | None = next((known for known in SLOTS if known == done.key), None)
        if done.text:
            if slot is None:
                self._origin = None
            if slot is None or slot == self._transport.source:
                self._play_when_loaded = False
            self._emit(Fault(text=done.text, details=done.details, slot=slot))
        elif slot is None:
            self._take_audio(done.value)
        else:
            self._take_model(slot, done.value)
        self._go_on()

    def _take_audio(self, audio: Material | _Resampled) -> None:
        if isinstance(audio, _Resampled):
            material = audio.material
        else:
            material = self._native = audio
            self._fresh = True
        rate = self._go_to_rate()
        assert self._native is not None
        if material.rate != rate:
            self._resample(self._native, rate)
        elif self._fresh:
            self._fresh = False
            self._transport.set_material(material)
            self._say_loaded(self._native)
        else:
            self._transport.resampled(material)

    def _say_loaded(self, native: Material) -> None:
        self._emit(
            Loaded(
                name=native.name,
                seconds=round(native.seconds, 6),
                rate=native.native_rate,
                has_wet=native.has_wet,
                dry_gain_db=decibels(native.dry_gain),
                wet_gain_db=decibels(native.wet_gain),
                warnings=native.warnings,
            )
        )

    def _take_model(self, slot: Slot, model: HeardModel) -> None:
        other = self._transport.models["second" if slot == "model" else "model"]
        if other is not None and other.rate != model.rate:
            self._emit(
                Fault(
                    text=f"The model {model.model.info.name} runs at {model.rate} Hz and the other "
                    f"one at {other.rate} Hz: they cannot be heard side by side. Choose two of "
                    "the same sample rate.",
                    slot=slot,
                )
            )
            return
        if model.rate != self._transport.graph.rate:
            self._play_when_loaded = self._play_when_loaded or self._transport.playing
            self._transport_off()
        self._transport.set_model(slot, model)
        info = model.model.info
        self._emit(
            ModelLoaded(
                slot=slot,
                path=str(model.path),
                name=info.name,
                architecture=model.model.architecture,
                rate=info.sample_rate,
                controls=model.controls,
                positions=tuple(float(p) for p in model.knobs(self._transport.turned)),
                n_weights=model.model.n_weights,
                speed=round(model.speed, 1),
            )
        )
        self._follow_rate()

    def _go_to_rate(self) -> int:
        """Bring the graph to the models' rate, else to that of the audio; returns it."""
        transport = self._transport
        rates = [model.rate for model in transport.models.values() if model is not None]
        if not rates and self._native is not None:
            rates = [self._native.rate]
        rate = rates[0] if rates else transport.graph.rate
        if rate != transport.graph.rate:
            self._play_when_loaded = self._play_when_loaded or transport.playing
            self._transport_off()
            transport.at_rate(rate)
        return rate

    def _follow_rate(self) -> None:
        """After a change of the models: bring graph and audio to their rate."""
        rate = self._go_to_rate()
        material = self._transport.material
        if self._native is None or self._loader.busy(AUDIO):
            return  # what is on its way is looked at when it comes
        if material is not None and material.rate != rate:
            self._resample(self._native, rate)

    def _resample(self, native: Material, rate: int) -> None:
        self._loader.submit(AUDIO, lambda: _Resampled(native.at_rate(rate)))

    def _go_on(self) -> None:
        """Do what had to wait for loading."""
        if self._transport.material is None or self._loader.busy(AUDIO):
            return
        self._sound.open(self._transport.graph, quietly=True)
        if self._seek_when_loaded is not None:
            self._transport.seek(self._seek_when_loaded)
            self._seek_when_loaded = None
        if self._play_when_loaded and not self._loading:
            self._play_when_loaded = False
            self._play()

    # -- trouble ---------------------------------------------------------------------------

    def _transport_off(self) -> None:
        """Close the device and stop where it stands."""
        self._sound.close()
        self._transport.suspend()

    def _say_muted(self, slot: Slot) -> None:
        model = self._transport.models[slot]
        name = model.model.info.name if model is not None else slot
        self._emit(
            Fault(
                text=f"The model {name} went wild (its output left all bounds) and has been muted "
                "to protect your ears. Train it longer, or choose another one.",
                slot=slot,
            )
        )
