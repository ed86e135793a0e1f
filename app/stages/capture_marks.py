"""A capture's verdicts and decisions as marks on its time axis."""

from __future__ import annotations

from projects.capture import Capture, Check
from projects.fixes import is_settled
from projects.manifest import CaptureEntry
from widgets.marks import Mark


def check_marks(check: Check, sample_rate: int) -> list[Mark]:
    """Where one verdict is."""
    level = "info" if check.level == "ok" else check.level
    return [
        Mark(where.start / sample_rate, where.stop / sample_rate, level, check.text)
        for where in check.where
    ]


def capture_marks(capture: Capture, entry: CaptureEntry) -> list[Mark]:
    """What is left out, and where the verdicts are that nothing has been done about."""
    rate = capture.sample_rate
    marks = [
        Mark(gap.start / rate, gap.stop / rate, "cut")
        for gap in entry.edits.gaps(capture.n_samples)
    ]
    for check in capture.checks:
        settled = any(is_settled(entry, fix) for fix in check.fixes)
        if check.level != "ok" and not settled:
            marks += check_marks(check, rate)
    return marks
