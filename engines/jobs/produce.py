"""What simulate and import jobs share: ask a source for captures, verify inputs, sum up."""

from __future__ import annotations

import shutil
import time
from collections import defaultdict
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from engines.jobs.base import Outcome
from engines.jobs.hashes import verify_inputs
from engines.sources import registry
from engines.worker.context import JobContext
from projects.capture import CAPTURE_FILE, Capture, Check
from projects.errors import JobError, storage_error

CAPTURES = "captures"
NAMED = 3
"""As many captures are named in the outcome; more are counted."""
MAX_LISTED = 200
MAX_FILES = 2000
MAX_TEXT = 3900


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
    return _outcome(kind, captures, work, context.refused)


def _drop_unfinished(folder: Path) -> None:
    """Delete captures that lack their ``capture.json``: nobody could use the audio they hold."""
    for place in folder.iterdir():
        if not (place / CAPTURE_FILE).exists():
            shutil.rmtree(place, ignore_errors=True)


def _outcome(kind: str, captures: list[Capture], work: float, refused: list[str]) -> Outcome:
    audio = sum(capture.n_samples / capture.sample_rate for capture in captures)
    notes = [check for capture in captures for check in capture.checks if check.level != "ok"]
    left_out = [capture for capture in captures if not capture.included]
    figures: dict[str, Any] = {
        "captures": [capture.id for capture in captures],
        "seconds_audio": round(audio, 6),
        "seconds_work": round(work, 3),
        "speed": round(audio / work, 3) if work > 0 else None,
        "warnings": len(notes),
        "left_out": [capture.name for capture in left_out][:MAX_LISTED],
        "refused": refused[:MAX_LISTED],
    }
    errors = [
        check.value
        for capture in captures
        for check in capture.checks
        if check.name == "simulated input" and check.value is not None
    ]
    if errors:
        figures["input_error"] = max(errors)
    text = _sentence(kind, captures, audio, work)
    if left_out:
        text += f" {len(left_out)} left out, {_reasons(left_out)}."
    if refused:
        text += f" {_refused(kind, len(refused))}; the first: {refused[0]}"
    if notes:
        text += f" {len(notes)} point(s) to look at."
    files = tuple(
        f"{CAPTURES}/{capture.id}/{signal.file}"
        for capture in captures
        for signal in capture.signals
        if signal.reference is None
    )
    return Outcome(text=text[:MAX_TEXT], figures=figures, files=files[:MAX_FILES])


def _sentence(kind: str, captures: list[Capture], audio: float, work: float) -> str:
    names = ", ".join(capture.name for capture in captures[:NAMED])
    if len(captures) > NAMED:
        names = f"{len(captures)} captures"
    if kind == "simulate":
        return f"Simulated {audio:.1f} s ({names}) in {work:.1f} s, {audio / work:.2f} x real time."
    if len(captures) > NAMED:
        return f"Imported {names}, {_length(audio)}, {audio / max(work, 1e-9):.0f} x real time."
    return f"Imported {audio:.1f} s ({names})."


def _refused(kind: str, count: int) -> str:
    if kind == "simulate":
        return f"{count} {'setting' if count == 1 else 'settings'} could not be simulated"
    return f"{count} {'file' if count == 1 else 'files'} could not be used"


def _reasons(left_out: list[Capture]) -> str:
    """Why captures are proposed to be left out: by which verdicts, the commonest first.

    Their figures differ, so that of each verdict one capture's words stand for all.
    """
    found: dict[str, list[str]] = defaultdict(list)
    for capture in left_out:
        check = _reason(capture)
        name = "their source" if check is None else f"their {check.name}"
        found[name].append("" if check is None else check.text.split(". ")[0].rstrip("."))
    ordered = sorted(found.items(), key=lambda item: -len(item[1]))
    said = []
    for name, texts in ordered[:3]:
        count = "" if len(ordered) == 1 else f"{len(texts)} "
        words = f" (the first: {texts[0]})" if texts[0] else ""
        said.append(f"{count}for {name}{words}")
    return ", ".join(said)


def _reason(capture: Capture) -> Check | None:
    """The verdict that offers to leave a capture out, else its first that is no praise."""
    bad = [check for check in capture.checks if check.level != "ok"]
    bad.sort(key=lambda check: (not _leaves_out(check), check.level != "problem"))
    return bad[0] if bad else None


def _leaves_out(check: Check) -> bool:
    return any(fix.kind == "leave-out" for fix in check.fixes)


def _length(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.1f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"
