"""The end of an import: the whole set speaks, and each capture's ``capture.json`` is written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from engines.sources.examining import examine_together
from engines.sources.items import Surveyed, Terms
from engines.worker.context import JobContext
from projects.capture import Capture, Check, write_capture
from projects.fixes import joined
from projects.manifest import Edits, Stretch

if TYPE_CHECKING:
    from engines.checks import PairReport

MAX_WARNINGS = 40


@dataclass(frozen=True)
class Taken:
    """A pair that lies in the project and has been examined; its ``capture.json`` comes last."""

    surveyed: Surveyed
    capture: Capture
    report: PairReport
    missing: tuple[Stretch, ...] = ()
    """Stretches for which there is no wet audio."""


def conclude(
    taken: Sequence[Taken], terms: Terms, folder: Path, context: JobContext
) -> list[Capture]:
    """Compare the pairs with each other, decide what is proposed, and write the captures.

    Raises
    ------
    StorageError
        The disk is full or refused.
    """
    if not taken:
        return []
    from engines.checks import SetItem

    context.progress(0.99, "Comparing the captures")
    reports = examine_together(
        [
            SetItem(
                one.capture.name,
                one.report,
                one.capture.sections or None,
                dict(one.capture.knobs),
            )
            for one in taken
        ]
    )
    captures = []
    for one, report in zip(taken, reports, strict=True):
        capture = _decided(one, report, terms)
        write_capture(folder / capture.id, capture)
        captures.append(capture)
    _warn(captures, context)
    return captures


def _warn(captures: Sequence[Capture], context: JobContext) -> None:
    found = [
        check.text if len(captures) == 1 else f"{capture.name}: {check.text}"
        for capture in captures
        for check in capture.checks
        if check.level != "ok"
    ]
    for text in found[:MAX_WARNINGS]:
        context.warn(text)
    if len(found) > MAX_WARNINGS:
        more = len(found) - MAX_WARNINGS
        context.warn(f"And {more} more like these; each capture shows its own.")


def _decided(one: Taken, report: PairReport, terms: Terms) -> Capture:
    """The capture with its verdicts and what is proposed for it."""
    edits, included = report.edits, report.included
    if terms.fixes == "none":
        edits, included = Edits(), True
    elif terms.shifted != "leave-out" and (shift := shift_offered(report)) is not None:
        included = True
        aligned = shift if terms.shifted == "align" else 0
        edits = edits.model_copy(update={"shift": aligned})
    checks = (*one.capture.checks, *report.checks)
    if one.missing:
        edits = edits.model_copy(update={"cuts": joined((*edits.cuts, *one.missing))})
        checks = (*checks, _missing_check(one))
    return one.capture.model_copy(update={"checks": checks, "edits": edits, "included": included})


def shift_offered(report: PairReport) -> int | None:
    """By how many samples a verdict would shift wet; None where none would."""
    for check in report.checks:
        for fix in check.fixes:
            if fix.kind == "shift" and check.level != "ok":
                return fix.shift
    return None


def _missing_check(one: Taken) -> Check:
    count = len(one.missing)
    noun = "clip is" if count == 1 else "clips are"
    return Check(
        name="short clips",
        level="warning",
        text=f"{count} wet {noun} shorter than the dry; what lacks is neither trained on nor "
        "scored.",
        value=float(count),
        where=one.missing,
        advice="Check that both start at the same moment.",
    )
