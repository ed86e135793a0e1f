"""The job that records a device: one take for one setting of its knobs, or a check of levels."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from engines.jobs.base import Handler, Outcome
from engines.jobs.produce import CAPTURES
from engines.recording.capture import Description, Made, make_capture
from engines.recording.devices import Route, find_route
from engines.recording.layout import Layout
from engines.recording.levels import LevelReport, judge_levels
from engines.recording.raw import HEADER, read_raw
from engines.recording.reuse import earlier_signal
from engines.recording.session import TAKE_FILE, Progress, Taken, record_take
from engines.recording.signal import SignalConfig, level_signal, make_signal
from engines.recording.verdicts import ENDINGS
from engines.sources.wav_pair import KnobName, KnobSetting
from engines.worker.context import CancelledError, JobContext
from projects.errors import TrimpotError, storage_error
from projects.manifest import MAX_NAME, Control

DeviceId = Annotated[str, Field(min_length=1, max_length=512)]
LEVEL_FOLDER = "level"
SILENCE_DB = -120.0


class RecordConfig(BaseModel):
    """Which way the sound goes, what is played, and where the device's knobs stand."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    mode: Literal["take", "level"] = "take"
    output: DeviceId | None = None
    """The playing device's id; None: the system's."""
    input: DeviceId | None = None
    output_channel: Annotated[int, Field(ge=1, le=256)] = 1
    input_channel: Annotated[int, Field(ge=1, le=256)] = 1
    rate: Annotated[int, Field(ge=8000, le=384_000)] = 48_000
    latency: Annotated[float, Field(gt=0.0, le=2.0)] = 0.2
    """What may be buffered, in seconds; it comes off the take, so more is safer."""
    level: Annotated[float, Field(ge=-80.0, le=0.0)] = -6.0
    """What full scale of the signal is played at, in dBFS."""
    signal: SignalConfig = SignalConfig()
    knobs: dict[KnobName, KnobSetting] = Field(default_factory=dict)
    controls: tuple[Control, ...] = ()
    name: Annotated[str, Field(max_length=MAX_NAME)] = ""


class CutTakeError(TrimpotError):
    """A take that ended before it was worth anything."""


def run(config: RecordConfig, context: JobContext) -> Outcome:
    """Record a take and make a capture of it; after a kill, of what is on disk.

    Raises
    ------
    SoundError
        The devices cannot be used so.
    NothingCameBackError
        The test signal did not come back; the take is kept in the job's folder.
    StorageError
        The disk is full; what was recorded is kept.
    """
    if config.mode == "level":
        return _check_levels(config, context)
    path = context.folder / TAKE_FILE
    if path.exists() and path.stat().st_size > HEADER:
        context.log("The take was broken off; what is on disk of it is used.")
        return _finished(config, context, salvaged=True)
    context.progress(0.0, "Looking for the sound devices")
    route = _route(config)  # before the signal, which takes a while to make
    context.progress(0.0, "Making the test signal")
    earlier = earlier_signal(context.folder, config.signal, config.rate, config.level)
    if earlier is not None:
        signal = (earlier.played, earlier.layout)
    else:
        signal = make_signal(config.signal, config.rate, config.level)
    context.check()
    same_as = None if earlier is None else earlier.path
    taken = _take(config, context, route, context.folder, signal, same_as)
    if taken.trouble is not None:
        raise taken.trouble
    if context.stopping and _interrupted(context):
        raise CancelledError("interrupted")  # the window goes; resuming uses what is on disk
    return _finished(config, context)


def _interrupted(context: JobContext) -> bool:
    try:
        context.check()
    except CancelledError as error:
        return error.reason == "interrupted"
    return False


def _route(config: RecordConfig) -> Route:
    return find_route(config.output, config.input, config.output_channel, config.input_channel)


def _take(
    config: RecordConfig,
    context: JobContext,
    route: Route,
    folder: Path,
    signal: tuple[NDArray[np.float32], Layout],
    same_as: Path | None = None,
) -> Taken:
    context.progress(0.0, f"Opening {route.output.name} and {route.input.name}")

    def report(now: Progress) -> None:
        seconds, total = now.done / config.rate, now.total / config.rate
        clips = f", {now.levels.clipped} samples clipped" if now.levels.clipped else ""
        context.progress(
            now.done / now.total,
            f"Recording {seconds:.0f} s of {total:.0f} s{clips}",
            eta=total - seconds,
        )
        context.metric(
            now.done,
            seconds,
            {
                "input_peak_db": _db(now.levels.peak),
                "input_rms_db": _db(now.levels.rms),
                "clipped": now.levels.clipped,
                "dropouts": now.lost,
            },
        )

    return record_take(
        folder,
        route,
        *signal,
        latency=config.latency,
        report=report,
        stopping=lambda: context.stopping,
        same_as=same_as,
    )


def _db(amplitude: float) -> float:
    return max(SILENCE_DB, 20.0 * float(np.log10(max(amplitude, 1e-9))))


def _finished(config: RecordConfig, context: JobContext, *, salvaged: bool = False) -> Outcome:
    """The capture of the take on disk, and how it went."""
    context.progress(1.0, "Finding the round trip and checking the recording")
    folder = context.folder / CAPTURES
    try:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
    except OSError as error:
        raise storage_error("make the job's folder", folder, error) from error
    description = Description(
        # One take is one capture: made again after a crash, it is still the same.
        capture_id=context.job.id,
        name=config.name.strip() or context.job.name,
        knobs=config.knobs,
        controls=config.controls,
        source={"source": "record", "config": config.model_dump(mode="json")},
    )
    try:
        made = make_capture(context.folder, folder, description)
    except TrimpotError as error:
        shutil.rmtree(folder, ignore_errors=True)
        error.details = f"{error.details}\nThe take is kept: {context.folder / TAKE_FILE}".strip()
        raise
    for check in made.capture.checks:
        if check.level != "ok":
            context.warn(check.text)
    return _outcome(made, context, salvaged=salvaged)


def _outcome(made: Made, context: JobContext, *, salvaged: bool) -> Outcome:
    capture, trip, facts = made.capture, made.trip, made.facts
    seconds = capture.n_samples / capture.sample_rate
    whole = made.layout.n_samples / made.layout.sample_rate
    text = (
        f"Recorded {seconds:.1f} s ({capture.name}): round trip {trip.samples:.1f} samples, peak "
        f"{_db(made.peak):.1f} dBFS."
    )
    if facts.ending != "whole":
        text = (
            f"Kept {seconds:.1f} s of {whole:.1f} s ({capture.name}): {ENDINGS[facts.ending]}. "
            f"Round trip {trip.samples:.1f} samples."
        )
    elif salvaged:
        text += " Made of what was on disk."
    notes = sum(check.level != "ok" for check in capture.checks)
    if notes:
        text += f" {notes} point(s) to look at."
    figures: dict[str, Any] = {
        "captures": [capture.id],
        "seconds_audio": round(seconds, 6),
        "share": round(min(1.0, seconds / whole), 6),
        "ending": facts.ending,
        "salvaged": salvaged,
        "latency_samples": round(trip.samples, 4),
        "taken_off": trip.whole,
        "sure": trip.sure,
        "inverted": trip.inverted,
        "peak_in_db": round(_db(made.peak), 2),
        "clipped": facts.clipped,
        "dropouts": len(facts.lost),
        "samples_lost": trip.lost,
        "warnings": notes,
    }
    if trip.drift_ppm is not None:
        figures["drift_ppm"] = round(trip.drift_ppm, 4)
    files = tuple(f"{CAPTURES}/{capture.id}/{signal.file}" for signal in capture.signals)
    state: Literal["done", "cancelled"] = "cancelled" if facts.ending == "stopped" else "done"
    return Outcome(text=text, figures=figures, files=(TAKE_FILE, *files), state=state)


def _check_levels(config: RecordConfig, context: JobContext) -> Outcome:
    """A few seconds through the device; nothing of it is kept."""
    played, layout = level_signal(config.rate, config.level)
    folder = context.folder / LEVEL_FOLDER
    try:
        folder.mkdir(exist_ok=True)
        taken = _take(config, context, _route(config), folder, (played, layout))
        if taken.trouble is not None:
            raise taken.trouble
        context.check()
        if taken.facts.ending == "gone":
            raise CutTakeError(
                "The sound device went away during the level check. Connect it and try again."
            )
        take, _rate = read_raw(folder / TAKE_FILE)
        report = judge_levels(np.array(take), layout)
        del take  # or Windows would not let the file go
    except OSError as error:
        raise storage_error("check the levels", folder, error) from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return Outcome(text=report.advice, figures=level_figures(report))


def level_figures(report: LevelReport) -> dict[str, Any]:
    """What a level check found, as a job's figures."""
    figures: dict[str, Any] = {
        "level": report.level,
        "peak_in_db": report.peak_in_db,
        "peak_out_db": report.peak_out_db,
        "noise_floor_db": report.noise_floor_db,
        "clipped": report.clipped,
        "heard": report.trip is not None,
    }
    if report.trip is not None:
        figures["latency_samples"] = round(report.trip.samples, 4)
        figures["inverted"] = report.trip.inverted
    return figures


HANDLER = Handler(Config=RecordConfig, run=run, heavy=False)
"""Not heavy: it waits for the device, not for the processor."""
