"""What simulate and import jobs share: ask a source for captures, verify inputs, sum up."""

from __future__ import annotations

import shutil
import time
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from engines.jobs.base import Outcome
from engines.jobs.hashes import verify_inputs
from engines.sources import registry
from engines.worker.context import JobContext
from projects.capture import CAPTURE_FILE, Capture
from projects.errors import JobError, storage_error

CAPTURES = "captures"


class ProduceConfig(BaseModel):
    """Which source, and its own configuration."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    source: str
    config: dict[str, Any] = Field(default_factory=dict)


def produce(
    kind: Literal["import", "simulate"], config: ProduceConfig, context: JobContext
) -> Outcome:
    """Make the captures of a job in its folder ``captures/``.

    Raises
    ------
    JobError
        There is no such source of that kind.
    TrimpotError
        What the source found wrong, in a sentence.
    """
    source = registry().get(config.source)
    if source is None or source.kind != kind:
        known = ", ".join(name for name, item in registry().items() if item.kind == kind)
        raise JobError(f"There is no source {config.source!r} to {kind}; there is: {known}.")
    settings = source.Config.model_validate(config.config)
    verify_inputs(context, outside=True)
    folder = context.folder / CAPTURES
    try:
        # What an earlier, interrupted attempt left would come into the project a second time.
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
    except OSError as error:
        raise storage_error("make the job's folder", folder, error) from error
    clock = time.monotonic()
    try:
        captures = source.produce(settings, folder, context)
    except BaseException:
        _drop_unfinished(folder)
        raise
    work = time.monotonic() - clock
    context.progress(1.0, "Done")
    return _outcome(kind, captures, work)


def _drop_unfinished(folder: Path) -> None:
    """Delete captures that lack their ``capture.json``: nobody could use the audio they hold."""
    for place in folder.iterdir():
        if not (place / CAPTURE_FILE).exists():
            shutil.rmtree(place, ignore_errors=True)


def _outcome(kind: str, captures: list[Capture], work: float) -> Outcome:
    audio = sum(capture.n_samples / capture.sample_rate for capture in captures)
    notes = [check for capture in captures for check in capture.checks if check.level != "ok"]
    figures: dict[str, Any] = {
        "captures": [capture.id for capture in captures],
        "seconds_audio": round(audio, 6),
        "seconds_work": round(work, 3),
        "speed": round(audio / work, 3) if work > 0 else None,
        "warnings": len(notes),
    }
    errors = [
        check.value
        for capture in captures
        for check in capture.checks
        if check.name == "simulated input" and check.value is not None
    ]
    if errors:
        figures["input_error"] = max(errors)
    names = ", ".join(capture.name for capture in captures)
    if kind == "simulate":
        text = f"Simulated {audio:.1f} s ({names}) in {work:.1f} s, {audio / work:.2f} x real time."
    else:
        text = f"Imported {audio:.1f} s ({names})."
    if notes:
        text += f" {len(notes)} point(s) to look at."
    files = tuple(
        f"{CAPTURES}/{capture.id}/{signal.file}"
        for capture in captures
        for signal in capture.signals
    )
    return Outcome(text=text, figures=figures, files=files)
