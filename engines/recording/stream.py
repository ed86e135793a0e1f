"""Playing and recording at once: what comes in is handed to a thread that writes it to disk."""

from __future__ import annotations

import gc
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engines.audition.device import SoundError, portaudio
from engines.recording.devices import Route
from engines.recording.raw import RawTake
from projects.errors import TrimpotError

Float32 = NDArray[np.float32]

RING_SECONDS = 20.0
"""How long the disk may stall before anything is lost."""
SILENT_SECONDS = 3.0
"""A device that asks for nothing for so long is gone."""
CLOSE_SECONDS = 2.0
SYNC_SECONDS = 1.0
LOOK_SECONDS = 0.02
CLIP = 0.999
"""From here on a sample counts as clipped: converters stop at full scale."""
MAX_FAULTS = 4096
SWITCH_SECONDS = 0.0005


@dataclass(frozen=True)
class Fault:
    """A place where the device lost audio: samples from the start, and of which side."""

    at: int
    kind: str


@dataclass(frozen=True)
class Levels:
    """What came in since the levels were last asked for; amplitudes, 1.0 is full scale."""

    peak: float
    rms: float
    clipped: int
    """Samples at full scale since the start."""


class DuplexStream:
    """One take: plays an array through one channel and records another, in step.

    The callback copies between arrays made before; it takes no lock, writes no file and makes no
    array. A thread writes what came in to a :class:`RawTake`.

    Parameters
    ----------
    route : Route
        Devices and channels.
    rate : int
        Sample rate in Hz.
    played : float32[n]
        Silence follows it until the take is closed.
    take : RawTake
        Where it goes.
    latency : float
        What PortAudio may buffer, in seconds.

    Raises
    ------
    SoundError
        The devices cannot be opened so.
    """

    def __init__(
        self,
        route: Route,
        rate: int,
        played: Float32,
        take: RawTake,
        latency: float = 0.2,
    ) -> None:
        self.rate = rate
        self.done = 0
        """Samples recorded, and played, so far."""
        self.overrun = False
        """Whether the disk could not follow."""
        self.trouble: TrimpotError | None = None
        """What the disk had against it."""
        self._played = np.ascontiguousarray(played, np.float32)
        self._in, self._out = route.input_channel - 1, route.output_channel - 1
        self._ring = np.zeros(round(RING_SECONDS * rate), np.float32)
        self._taken = 0
        self._fault_at = np.zeros(MAX_FAULTS, np.int64)
        self._fault_kind = np.zeros(MAX_FAULTS, np.int8)
        self._faults = 0
        self._take = take
        self._peak = self._square = 0.0
        self._counted = self._clipped = 0
        self._measuring = threading.Lock()  # between the writer and who asks, never the callback
        self._over = threading.Event()
        self._stream = self._open(route, rate, latency)
        self._writer = threading.Thread(target=self._write, name="take-writer")
        self._moved = time.monotonic()
        self._seen = 0

    def _open(self, route: Route, rate: int, latency: float) -> Any:
        sounddevice = portaudio()
        try:
            return sounddevice.Stream(
                device=(route.input_index, route.output_index),
                samplerate=rate,
                # The device's own blocks: where PortAudio has to cut others out of them, it
                # shuffles what goes through PulseAudio's ALSA plugin (measured with 19.6).
                blocksize=0,
                channels=(route.open_inputs, route.open_outputs),
                dtype="float32",
                latency=latency,
                clip_off=True,
                dither_off=True,
                callback=self._callback,
            )
        except sounddevice.PortAudioError as error:
            raise SoundError(
                f"Playing through “{route.output.name}” and recording from “{route.input.name}” "
                f"at {rate} Hz at once is refused. Something else may hold one of them (another "
                "program, or Trimpot's own playing), or it knows another sample rate: choose "
                "another rate or device, or close what holds it.",
                details=str(error),
            ) from error

    def start(self) -> None:
        """Begin.

        Raises
        ------
        SoundError
            The device refuses.
        """
        sounddevice = portaudio()
        self._writer.start()
        self._moved = time.monotonic()
        try:
            self._stream.start()
        except sounddevice.PortAudioError as error:
            self._finish_writing()
            raise SoundError(
                "The sound device cannot be started. Look for devices again, or choose another.",
                details=str(error),
            ) from error

    # -- the callback ----------------------------------------------------------------------

    def _callback(self, heard: Float32, out: Float32, frames: int, _time: Any, status: Any) -> None:
        at = self.done
        out.fill(0.0)
        left = len(self._played) - at
        if left > 0:
            n = min(frames, left)
            out[:n, self._out] = self._played[at : at + n]
        size = len(self._ring)
        if at + frames - self._taken > size:
            self.overrun = True
        else:
            start = at % size
            n = min(frames, size - start)
            self._ring[start : start + n] = heard[:n, self._in]
            if n < frames:
                self._ring[: frames - n] = heard[n:, self._in]
        heard_fault = status.input_overflow or status.input_underflow
        if at and self._faults < MAX_FAULTS and (heard_fault or status.output_underflow):
            self._fault_at[self._faults] = at
            self._fault_kind[self._faults] = 1 if heard_fault else 2
            self._faults += 1
        self.done = at + frames

    # -- the writer ------------------------------------------------------------------------

    def _write(self) -> None:
        synced = time.monotonic()
        while True:
            over = self._over.is_set()  # read before looking, so that the last block is written
            self._write_what_came()
            if over or self.trouble is not None:
                return
            if time.monotonic() - synced > SYNC_SECONDS:
                synced = time.monotonic()
                self._guarded(self._take.sync)
            self._over.wait(LOOK_SECONDS)

    def _write_what_came(self) -> None:
        size = len(self._ring)
        while self.trouble is None and not self.overrun and self._taken < self.done:
            start = self._taken % size
            n = min(self.done - self._taken, size - start, self.rate)
            piece = self._ring[start : start + n]
            self._measure(piece)
            self._guarded(partial(self._take.append, piece))
            self._taken += n

    def _guarded(self, act: Any) -> None:
        try:
            act()
        except TrimpotError as error:
            self.trouble = error

    def _measure(self, piece: Float32) -> None:
        size = np.abs(piece)
        with self._measuring:
            self._peak = max(self._peak, float(size.max(initial=0.0)))
            self._square += float(np.dot(piece, piece))
            self._counted += len(piece)
            self._clipped += int(np.count_nonzero(size >= CLIP))

    # -- asked from outside ----------------------------------------------------------------

    def levels(self) -> Levels:
        """What came in since the last call."""
        with self._measuring:
            rms = (self._square / self._counted) ** 0.5 if self._counted else 0.0
            found = Levels(self._peak, rms, self._clipped)
            self._peak = self._square = 0.0
            self._counted = 0
        return found

    @property
    def faults(self) -> tuple[Fault, ...]:
        """Where the device lost audio so far."""
        kinds = {1: "input", 2: "output"}
        return tuple(
            Fault(int(self._fault_at[k]), kinds[int(self._fault_kind[k])])
            for k in range(self._faults)
        )

    @property
    def gone(self) -> bool:
        """Whether the device has stopped asking: unplugged, or its server has died."""
        now = time.monotonic()
        if self.done != self._seen:
            self._seen, self._moved = self.done, now
        if not self._stream.active:
            return True
        return now - self._moved > SILENT_SECONDS

    def close(self) -> bool:
        """Stop, write what is left, close the file; False where the driver hangs for good."""
        closer = threading.Thread(target=self._close, name="close-device", daemon=True)
        closer.start()
        closer.join(CLOSE_SECONDS)
        hangs = closer.is_alive()
        if hangs:
            forget_device()
        self._finish_writing()
        return not hangs

    def _close(self) -> None:
        sounddevice = portaudio()
        try:
            self._stream.abort(ignore_errors=True)
            self._stream.close(ignore_errors=True)
        except sounddevice.PortAudioError:
            return  # it was dead already

    def _finish_writing(self) -> None:
        self._over.set()
        self._writer.join()
        self._guarded(self._take.close)


def forget_device() -> None:
    """Let the process end without PortAudio's farewell, in which a dead driver would hang."""
    import atexit

    atexit.unregister(portaudio()._exit_handler)


@contextmanager
def undisturbed() -> Iterator[None]:
    """Keep Python's collector and long turns of other threads from the callback."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(SWITCH_SECONDS)
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        sys.setswitchinterval(interval)
