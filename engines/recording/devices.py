"""Which devices can play and record, and the way of a take through them."""

from __future__ import annotations

import json
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, TypeAdapter

from engines.audition.device import NoDeviceError, SoundError, portaudio
from projects.errors import TrimpotError

NOTHING = (
    "No sound device that records was found. Connect an interface, or start the system's sound "
    "server, and look again."
)


class SoundDevice(BaseModel):
    """A sound device with its channels; ``id`` stays the same when devices come and go."""

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)

    id: str
    name: str
    interface: str
    inputs: int
    outputs: int
    rate: int
    """Its default sample rate in Hz."""
    default_input: bool = False
    default_output: bool = False


class DeviceList(BaseModel):
    """What :func:`tell_devices` prints: the devices, or why there are none."""

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)

    devices: tuple[SoundDevice, ...] = ()
    trouble: str = ""
    details: str = ""


@dataclass(frozen=True)
class Route:
    """Which channel of which device plays, and which records; channels count from 1."""

    output: SoundDevice
    input: SoundDevice
    output_index: int
    input_index: int
    output_channel: int
    input_channel: int

    @property
    def open_outputs(self) -> int:
        """How many channels of the output have to be opened."""
        return max(self.output_channel, min(2, self.output.outputs))

    @property
    def open_inputs(self) -> int:
        """How many channels of the input have to be opened."""
        return max(self.input_channel, min(2, self.input.inputs))


def find_devices() -> tuple[SoundDevice, ...]:
    """Every sound device there is now.

    Raises
    ------
    NoDeviceError
        No PortAudio, or its list cannot be read.
    """
    return tuple(device for _, device in _numbered())


def _numbered() -> list[tuple[int, SoundDevice]]:
    sounddevice = portaudio()
    try:
        interfaces = sounddevice.query_hostapis()
        every = sounddevice.query_devices()
    except sounddevice.PortAudioError as error:
        raise NoDeviceError("The list of sound devices cannot be read.", details=str(error)) from (
            error
        )
    first_input, first_output = (int(number) for number in sounddevice.default.device)
    found = []
    for index, entry in enumerate(every):
        interface = str(interfaces[entry["hostapi"]]["name"])
        device = SoundDevice(
            id=f"{interface}: {entry['name']}",
            name=str(entry["name"]),
            interface=interface,
            inputs=max(0, int(entry["max_input_channels"])),
            outputs=max(0, int(entry["max_output_channels"])),
            rate=round(entry["default_samplerate"]),
            default_input=index == first_input,
            default_output=index == first_output,
        )
        found.append((index, device))
    return found


def find_route(
    output: str | None, input: str | None, output_channel: int = 1, input_channel: int = 1
) -> Route:
    """The way of a take: devices by their ids (None: the system's), channels from 1.

    Raises
    ------
    NoDeviceError
        There is nothing to play or to record with.
    SoundError
        A device is gone, has no such channel, or the two cannot run together.
    """
    every = _numbered()
    playing = _chosen(every, output, "outputs", "default_output")
    recording = _chosen(every, input, "inputs", "default_input")
    if playing[1].interface != recording[1].interface:
        raise SoundError(
            f"“{playing[1].name}” ({playing[1].interface}) and “{recording[1].name}” "
            f"({recording[1].interface}) cannot run in step. Choose two of the same system, at "
            "best the same interface for both."
        )
    for device, channel, there, word in (
        (playing[1], output_channel, playing[1].outputs, "output"),
        (recording[1], input_channel, recording[1].inputs, "input"),
    ):
        if not 1 <= channel <= there:
            raise SoundError(f"“{device.name}” has no {word} {channel}; it has {there}.")
    return Route(playing[1], recording[1], playing[0], recording[0], output_channel, input_channel)


def _chosen(
    every: list[tuple[int, SoundDevice]], wanted: str | None, side: str, default: str
) -> tuple[int, SoundDevice]:
    able = [pair for pair in every if getattr(pair[1], side) > 0]
    if not able:
        raise NoDeviceError(NOTHING)
    if wanted is None:
        return next((pair for pair in able if getattr(pair[1], default)), able[0])
    for pair in able:
        if pair[1].id == wanted:
            return pair
    raise SoundError(
        f"The sound device “{wanted}” is not there any more. Connect it, or choose another one."
    )


def list_devices() -> DeviceList:
    """The devices, or why there are none in a sentence; never raises."""
    try:
        devices = find_devices()
    except TrimpotError as error:
        return DeviceList(trouble=error.sentence, details=error.details)
    both = any(device.inputs for device in devices) and any(device.outputs for device in devices)
    return DeviceList(devices=devices, trouble="" if both else NOTHING)


def tell_devices() -> int:
    """Print the list as one line of JSON; the window asks a process for it. Returns 0."""
    import os
    import sys

    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what PortAudio's libraries print is no list
    out.write(list_devices().model_dump_json() + "\n")
    out.flush()
    sys.stderr.flush()
    return 0


def read_devices(line: bytes) -> DeviceList:
    """The list of a line that :func:`tell_devices` printed; ValueError where it is none."""
    return TypeAdapter(DeviceList).validate_python(json.loads(line))
