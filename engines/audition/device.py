"""Sound devices by PortAudio: finding them, opening one, every refusal in a sentence."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engines.audition.protocol import Device, SetOutput
from projects.errors import TrimpotError

INVALID_SAMPLE_RATE = -9997
"""PortAudio's error number paInvalidSampleRate."""
CLOSE_SECONDS = 2.0
"""How long a device may take to close before it counts as hanging."""
LOAD_SMOOTHING = 0.05

Samples = NDArray[np.float32]
Fill = Callable[[Samples], None]


class SoundError(TrimpotError):
    """A sound device cannot be used as asked."""


class NoDeviceError(SoundError):
    """Nothing on this machine can play now."""


class RateRefusedError(SoundError):
    """The device does not play at this sample rate."""


class HangingDeviceError(SoundError):
    """The device's driver does not come back."""


def portaudio() -> ModuleType:
    """The ``sounddevice`` module.

    Raises
    ------
    NoDeviceError
        The PortAudio library is missing or cannot start.
    """
    try:
        import sounddevice
    except OSError as error:
        raise NoDeviceError(
            "The PortAudio library is missing, so nothing can be played. Install it (Debian and "
            "Ubuntu: apt install libportaudio2) and start Trimpot again.",
            details=str(error),
        ) from error
    except Exception as error:
        raise NoDeviceError(
            "The sound system could not be started. Look for devices again once it runs.",
            details=repr(error),
        ) from error
    found: ModuleType = sounddevice
    return found


def look_again() -> None:
    """Have PortAudio forget its list of devices and make a new one; no stream may be open."""
    sounddevice = portaudio()
    # PortAudio lists devices when it starts, and never again (PortAudio issue 11); sounddevice
    # offers nothing but these two, by its author's advice.
    with suppress(sounddevice.PortAudioError):
        sounddevice._terminate()
    try:
        sounddevice._initialize()
    except sounddevice.PortAudioError as error:
        raise NoDeviceError(
            "The sound system could not be started. Look for devices again once it runs.",
            details=str(error),
        ) from error


def find_outputs() -> tuple[Device, ...]:
    """Every device that can play.

    Raises
    ------
    NoDeviceError
        There is none, or no PortAudio.
    """
    found = tuple(device for _, device in _outputs())
    if not found:
        raise NoDeviceError(
            "No sound device was found. Connect one, or start the system's sound server, and look "
            "for devices again."
        )
    return found


def _outputs() -> list[tuple[int, Device]]:
    sounddevice = portaudio()
    try:
        interfaces = sounddevice.query_hostapis()
        every = sounddevice.query_devices()
    except sounddevice.PortAudioError as error:
        raise NoDeviceError("The list of sound devices cannot be read.", details=str(error)) from (
            error
        )
    first = _default_index(sounddevice)
    found: list[tuple[int, Device]] = []
    for index, entry in enumerate(every):
        if entry["max_output_channels"] < 1:
            continue
        interface = str(interfaces[entry["hostapi"]]["name"])
        name = str(entry["name"])
        device = Device(
            id=f"{interface}: {name}",
            name=name,
            interface=interface,
            channels=int(entry["max_output_channels"]),
            rate=round(entry["default_samplerate"]),
            default=index == first,
        )
        found.append((index, device))
    return found


def _default_index(sounddevice: ModuleType) -> int:
    return int(sounddevice.default.device[1])


def choose(device_id: str | None) -> tuple[int, Device]:
    """PortAudio's number of a device, and the device.

    Raises
    ------
    NoDeviceError
        There is no device at all.
    SoundError
        The chosen one is gone.
    """
    find_outputs()
    found = _outputs()
    if device_id is None:
        return next((pair for pair in found if pair[1].default), found[0])
    for pair in found:
        if pair[1].id == device_id:
            return pair
    raise SoundError(
        f"The sound device “{device_id}” is not there any more. Choose another one, or connect it "
        "and look for devices again."
    )


class Output:
    """An open device that asks ``fill`` for every block.

    Parameters
    ----------
    wanted : SetOutput
        Device, block and latency.
    rate : int
        Sample rate in Hz.
    fill : callable
        ``fill(block)`` fills float32[n, channels]; it must neither wait nor allocate.

    Raises
    ------
    NoDeviceError, RateRefusedError, SoundError
        The device cannot be opened so.
    """

    def __init__(self, wanted: SetOutput, rate: int, fill: Fill) -> None:
        sounddevice = portaudio()
        index, self.device = choose(wanted.device)
        self.rate = rate
        self.block = wanted.block
        self.callbacks = 0
        self.dropouts = 0
        self.load = 0.0
        self.load_peak = 0.0
        self.fault: BaseException | None = None
        self._fill = fill
        self._block_seconds = 1.0 / rate
        try:
            self._stream: Any = sounddevice.OutputStream(
                device=index,
                samplerate=rate,
                blocksize=wanted.block,
                channels=min(2, self.device.channels),
                dtype="float32",
                latency=wanted.latency,
                clip_off=True,
                dither_off=True,
                callback=self._callback,
            )
            self._stream.start()
        except sounddevice.PortAudioError as error:
            raise _refusal(self.device, rate, error) from error

    @property
    def latency_ms(self) -> float:
        """From a block's computation to its sound, as the device says, in milliseconds."""
        return round(1000.0 * float(self._stream.latency), 2)

    @property
    def active(self) -> bool:
        """Whether the stream runs, by PortAudio's word."""
        return bool(self._stream.active)

    def take_load_peak(self) -> float:
        """The worst block's share of its time since the last call."""
        worst, self.load_peak = self.load_peak, 0.0
        return worst

    def close(self) -> None:
        """Stop and close at once.

        Raises
        ------
        HangingDeviceError
            The driver does not come back (a sound server that died in the middle).
        """
        closer = threading.Thread(target=self._close, name="close-device", daemon=True)
        closer.start()
        closer.join(CLOSE_SECONDS)
        if closer.is_alive():
            raise HangingDeviceError(
                f"The sound device “{self.device.name}” hangs, so the audio engine has to start "
                "again."
            )

    def _close(self) -> None:
        sounddevice = portaudio()
        try:
            self._stream.abort(ignore_errors=True)
            self._stream.close(ignore_errors=True)
        except sounddevice.PortAudioError:
            return  # it was dead already

    def _callback(self, out: Samples, frames: int, _time: Any, status: Any) -> None:
        begun = time.perf_counter()
        self.callbacks += 1
        if status.output_underflow and self.callbacks > 1:
            self.dropouts += 1
        try:
            self._fill(out)
        except Exception as error:  # noqa: BLE001 - the control thread says it in words
            out.fill(0.0)
            self.fault = error
            return
        share = (time.perf_counter() - begun) / (frames * self._block_seconds)
        self.load += (share - self.load) * LOAD_SMOOTHING
        if share > self.load_peak:
            self.load_peak = share


def _refusal(device: Device, rate: int, error: Any) -> SoundError:
    number = error.args[1] if len(error.args) > 1 else 0
    if number == INVALID_SAMPLE_RATE:
        return RateRefusedError(
            f"The sound device “{device.name}” does not play at {rate} Hz.", details=str(error)
        )
    return SoundError(
        f"The sound device “{device.name}” cannot be opened. Another program may hold it: close "
        "that program, or choose another device.",
        details=str(error),
    )
