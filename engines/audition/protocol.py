"""The messages between the window and the audio engine: one JSON object a line.

Into the engine: :data:`Command`; out of it: :data:`Event`. Times are seconds of the file that is
loaded, knob positions are 0..1, levels are in dBFS (or dB) with :data:`SILENCE_DB` as the floor.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from projects.manifest import MAX_SHIFT

MAX_LINE_BYTES = 1_000_000
SILENCE_DB = -120.0
"""The lowest level that is reported: digital silence has none."""

Source = Literal["dry", "wet", "model", "second"]
Slot = Literal["model", "second"]
Position = Annotated[float, Field(ge=0.0, le=1.0)]
Seconds = Annotated[float, Field(ge=0.0, le=1e6)]
PathText = Annotated[str, Field(min_length=1, max_length=4096)]


class _Message(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


# -- into the engine ---------------------------------------------------------------------------


class Load(_Message):
    """Load audio: a capture's folder, or a dry file with or without its wet one.

    Beside a capture, ``dry`` or ``wet`` name a file in place of the capture's own; ``shift`` and
    ``flip`` are what was decided about its wet audio (:class:`projects.manifest.Edits`). Playing
    begins at ``start`` and is over at ``stop`` (None: the end of the file).
    """

    type: Literal["load"] = "load"
    capture: PathText | None = None
    dry: PathText | None = None
    wet: PathText | None = None
    shift: Annotated[int, Field(ge=-MAX_SHIFT, le=MAX_SHIFT)] = 0
    flip: bool = False
    start: Seconds = 0.0
    stop: Seconds | None = None


class LoadModel(_Message):
    """Load a model file into a slot; what plays is crossfaded from the slot's old model."""

    type: Literal["load-model"] = "load-model"
    slot: Slot = "model"
    path: PathText


class UnloadModel(_Message):
    """Empty a slot."""

    type: Literal["unload-model"] = "unload-model"
    slot: Slot = "model"


class SetSource(_Message):
    """Hear the dry or wet audio, the model, or the second model."""

    type: Literal["source"] = "source"
    source: Source


class Play(_Message):
    """Play on from where it stands; from the start, if it stands at the end."""

    type: Literal["play"] = "play"


class Pause(_Message):
    """Fade out and stay there."""

    type: Literal["pause"] = "pause"


class Stop(_Message):
    """Fade out and go back to the start."""

    type: Literal["stop"] = "stop"


class Seek(_Message):
    """Go to a time of the file; what plays is crossfaded."""

    type: Literal["seek"] = "seek"
    seconds: Seconds


class Loop(_Message):
    """Repeat a stretch of the file; both None: no loop."""

    type: Literal["loop"] = "loop"
    start: Seconds | None = None
    stop: Seconds | None = None


class Knobs(_Message):
    """Turn knobs, by name, to positions 0..1 of their range; those not named stay."""

    type: Literal["knobs"] = "knobs"
    positions: dict[str, Position]


class Gain(_Message):
    """The output level in dB."""

    type: Literal["gain"] = "gain"
    db: Annotated[float, Field(ge=SILENCE_DB, le=24.0)]


class SetOutput(_Message):
    """Choose the device (its ``id``; None: the system's), block, rate and latency.

    ``rate`` None plays at the rate of the model or file. ``latency`` is ``low``, ``high`` or
    seconds, as PortAudio takes it; the default is for listening to files on a computer whose
    cores are all busy training.
    """

    type: Literal["output"] = "output"
    device: Annotated[str, Field(max_length=512)] | None = None
    block: Annotated[int, Field(ge=16, le=8192)] = 128
    rate: Annotated[int, Field(ge=8000, le=384_000)] | None = None
    latency: Literal["low", "high"] | Annotated[float, Field(gt=0.0, le=2.0)] = 0.08


class Refresh(_Message):
    """Look again which devices there are."""

    type: Literal["devices"] = "devices"


class Quit(_Message):
    """Stop and end the process; the end of its input does the same."""

    type: Literal["quit"] = "quit"


Command = (
    Load
    | LoadModel
    | UnloadModel
    | SetSource
    | Play
    | Pause
    | Stop
    | Seek
    | Loop
    | Knobs
    | Gain
    | SetOutput
    | Refresh
    | Quit
)


# -- out of the engine -------------------------------------------------------------------------


class Ready(_Message):
    """The engine listens."""

    type: Literal["ready"] = "ready"


class Device(_Message):
    """A sound device that can play."""

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)

    id: str
    """Stays the same when devices come and go: its host interface and its name."""
    name: str
    interface: str
    channels: int
    rate: int
    """Its default sample rate in Hz."""
    default: bool = False


class Devices(_Message):
    """Which devices can play; at least one."""

    type: Literal["device-list"] = "device-list"
    devices: tuple[Device, ...]


class NoDevice(_Message):
    """Nothing can play now: a normal state. The engine lives on and can look again."""

    type: Literal["no-device"] = "no-device"
    text: str
    details: str = ""


class Opened(_Message):
    """The device plays.

    ``rate`` is the device's, ``graph_rate`` the one that audio and models run at; where they
    differ, ``resampled`` is true and ``text`` says so.
    """

    type: Literal["opened"] = "opened"
    device: str
    name: str
    rate: int
    graph_rate: int
    block: int
    latency_ms: float
    resampled: bool = False
    text: str = ""


class Loaded(_Message):
    """Audio is loaded. The gains (dB) bring the wet's peak to at most -1 dBFS and the dry to the
    loudness (RMS) of the wet."""

    type: Literal["loaded"] = "loaded"
    name: str
    seconds: float
    rate: int
    """The files' own sample rate in Hz."""
    has_wet: bool
    dry_gain_db: float
    wet_gain_db: float
    warnings: tuple[str, ...] = ()


class ModelProgress(_Message):
    """How far a model is on its way: read, compiled, warmed up."""

    type: Literal["model-progress"] = "model-progress"
    slot: Slot
    text: str


class ModelLoaded(_Message):
    """A model can be heard. ``controls`` are its knobs in order, ``positions`` where they stand;
    ``speed`` is its real-time factor on one core."""

    type: Literal["model-loaded"] = "model-loaded"
    slot: Slot
    path: str
    name: str
    architecture: str
    rate: int
    controls: tuple[str, ...] = ()
    positions: tuple[float, ...] = ()
    n_weights: int = 0
    speed: float = 0.0


class ModelUnloaded(_Message):
    """A slot is empty."""

    type: Literal["model-unloaded"] = "model-unloaded"
    slot: Slot


class Levels(_Message):
    """Peak and RMS in dBFS."""

    peak: float = SILENCE_DB
    rms: float = SILENCE_DB


class Status(_Message):
    """How it plays now, about 20 times a second."""

    type: Literal["status"] = "status"
    position: float
    playing: bool
    source: Source
    input: Levels
    """The dry audio as the models see it."""
    output: Levels
    clipped: bool = False
    """Whether the output had to be held back to -1..1 since the last status."""
    load: float = 0.0
    """Share of a block's time that computing it took (1.0: no time left), smoothed."""
    load_peak: float = 0.0
    """The worst block since the last status."""
    latency_ms: float = 0.0
    dropouts: int = 0
    """Gaps that the device reported since it was opened, and blocks that came too late."""
    block: int = 0
    rate: int = 0
    open: bool = False
    """Whether a device is open."""


class Finished(_Message):
    """The audio has come to its end."""

    type: Literal["finished"] = "finished"


class Fault(_Message):
    """Something asked for did not work, in a sentence."""

    type: Literal["error"] = "error"
    text: str
    details: str = ""
    slot: Slot | None = None
    """The slot concerned: a model that cannot be loaded, or was muted."""


Event = (
    Ready
    | Devices
    | NoDevice
    | Opened
    | Loaded
    | ModelProgress
    | ModelLoaded
    | ModelUnloaded
    | Status
    | Finished
    | Fault
)

_COMMANDS: TypeAdapter[Command] = TypeAdapter(Annotated[Command, Field(discriminator="type")])
_EVENTS: TypeAdapter[Event] = TypeAdapter(Annotated[Event, Field(discriminator="type")])


def encode(message: Command | Event) -> bytes:
    """One line, newline included."""
    return message.model_dump_json().encode() + b"\n"


def decode_command(line: bytes) -> Command:
    """The command of a line.

    Raises
    ------
    ValueError
        The line is no command (pydantic's ValidationError is one).
    """
    if len(line) > MAX_LINE_BYTES:
        raise ValueError("the line is too long")
    return _COMMANDS.validate_json(line)


def decode_event(line: bytes) -> Event | None:
    """The event of a line, or None where the line is none of ours."""
    if not line.startswith(b"{") or len(line) > MAX_LINE_BYTES:
        return None
    try:
        return _EVENTS.validate_json(line)
    except ValidationError:
        return None
