"""A take from beginning to end: devices opened, signal played, what comes in on disk."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, ValidationError

from engines.audio.writing import write_wav
from engines.recording.devices import Route
from engines.recording.layout import Layout, write_layout
from engines.recording.links import link_or_copy
from engines.recording.raw import RawTake
from engines.recording.stream import DuplexStream, Fault, Levels, undisturbed
from projects.errors import FileFormatError, TrimpotError
from projects.files import read_json, write_json_atomic
from projects.manifest import Frozen

Float32 = NDArray[np.float32]

TAKE_FILE = "take.wav"
PLAYED_FILE = "played.wav"
FACTS_FILE = "take.json"
RESERVE_SECONDS = 1.0
"""Recorded after the signal has ended: what is still on its way round."""
LOOK_SECONDS = 0.05
REPORT_SECONDS = 0.1
STARTS = 4
"""Sound servers now and then refuse a stream as it starts, and take it the next time."""
START_SECONDS = 0.5

Ending = Literal["whole", "stopped", "gone", "disk", "killed"]


class Lost(Frozen):
    """A place (samples of the take) where the device lost audio, and of which side."""

    at: Annotated[int, Field(ge=0)]
    side: Literal["input", "output"]


class TakeFacts(Frozen):
    """``take.json``: what the samples do not tell."""

    output: str
    input: str
    ending: Ending = "killed"
    """Until the take has ended in another way, it was killed."""
    lost: Annotated[tuple[Lost, ...], Field(max_length=10_000)] = ()
    clipped: Annotated[int, Field(ge=0)] = 0
    """Samples at full scale."""


@dataclass(frozen=True)
class Progress:
    """How a take stands: samples recorded, all of them, and what comes in."""

    done: int
    total: int
    levels: Levels
    lost: int


Report = Callable[[Progress], None]


@dataclass(frozen=True)
class Taken:
    """How a take ended, and what the disk had against it, if that was why."""

    facts: TakeFacts
    trouble: TrimpotError | None = None
    hangs: bool = False


def record_take(
    folder: Path,
    route: Route,
    played: Float32,
    layout: Layout,
    *,
    latency: float,
    report: Report,
    stopping: Callable[[], bool],
    same_as: Path | None = None,
) -> Taken:
    """Play and record one take into ``folder``; everything that is needed later lies there.

    Parameters
    ----------
    folder : Path
        Gets ``played.wav``, ``signal.json``, ``take.wav`` and ``take.json``.
    route : Route
        Devices and channels.
    played : float32[n]
        The signal.
    layout : Layout
        What in it is where.
    latency : float
        What PortAudio may buffer, in seconds.
    report : callable
        Told ten times a second how it stands.
    stopping : callable
        Whether to stop now.
    same_as : Path, optional
        A file that holds the signal already.

    Raises
    ------
    SoundError
        The devices cannot be used so.
    StorageError
        The disk refused at the start.
    """
    rate = layout.sample_rate
    if same_as is None:
        write_wav(folder / PLAYED_FILE, played, rate)
    else:
        link_or_copy(same_as, folder / PLAYED_FILE)
    write_layout(folder, layout)
    facts = TakeFacts(output=route.output.name, input=route.input.name)
    write_facts(folder, facts)
    total = len(played) + round(RESERVE_SECONDS * rate)
    with undisturbed():
        stream = _started(folder, route, played, rate, latency)
        try:
            ending = _watch(folder, stream, facts, total, report, stopping)
        finally:
            closed = stream.close()
    if stream.trouble is not None:
        ending = "disk"
    clipped = stream.levels().clipped
    facts = facts.model_copy(
        update={"ending": ending, "lost": _lost(stream.faults), "clipped": clipped}
    )
    try:
        write_facts(folder, facts)
    except TrimpotError:
        if stream.trouble is None:
            raise
    return Taken(facts, stream.trouble, not closed)


def _started(
    folder: Path, route: Route, played: Float32, rate: int, latency: float
) -> DuplexStream:
    """A stream that runs; one that dies as it starts is tried again."""
    path = folder / TAKE_FILE
    for left in range(STARTS - 1, -1, -1):
        path.unlink(missing_ok=True)
        take = RawTake(path, rate)
        try:
            stream = DuplexStream(route, rate, played, take, latency)
        except TrimpotError:
            take.close()
            path.unlink(missing_ok=True)
            raise
        stream.start()
        begun = time.monotonic()
        while not stream.gone and stream.done == 0 and time.monotonic() - begun < START_SECONDS:
            time.sleep(LOOK_SECONDS)
        time.sleep(LOOK_SECONDS)
        if not stream.gone or stream.done or not left:
            return stream
        stream.close()
    raise AssertionError("the last start is returned")


def _watch(
    folder: Path,
    stream: DuplexStream,
    facts: TakeFacts,
    total: int,
    report: Report,
    stopping: Callable[[], bool],
) -> Ending:
    reported, known = 0.0, 0
    while True:
        if stream.done >= total:
            return "whole"
        if stopping():
            return "stopped"
        if stream.trouble is not None or stream.overrun:
            return "disk"
        if stream.gone:
            return "gone"
        if time.monotonic() - reported >= REPORT_SECONDS:
            reported = time.monotonic()
            faults = stream.faults
            if len(faults) != known:
                known = len(faults)
                write_facts(folder, facts.model_copy(update={"lost": _lost(faults)}))
            report(Progress(min(stream.done, total), total, stream.levels(), known))
        time.sleep(LOOK_SECONDS)


def _lost(faults: tuple[Fault, ...]) -> tuple[Lost, ...]:
    return tuple(
        Lost(at=fault.at, side="input" if fault.kind == "input" else "output") for fault in faults
    )


def write_facts(folder: Path, facts: TakeFacts) -> None:
    """Write ``take.json`` atomically."""
    write_json_atomic(folder / FACTS_FILE, facts.model_dump(mode="json"), action="save the take")


def read_facts(folder: Path) -> TakeFacts:
    """Read ``take.json``.

    Raises
    ------
    FileFormatError
        Missing or damaged.
    """
    path = folder / FACTS_FILE
    value = read_json(path, what="description of the take", max_bytes=4_000_000)
    try:
        return TakeFacts.model_validate(value)
    except ValidationError as error:
        raise FileFormatError(
            f"The description of the take {path} is damaged.", details=str(error)
        ) from error
