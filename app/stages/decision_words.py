"""Verdicts, fixes and decisions in the words that buttons, chips and lists use; no Qt."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

from app import wording
from projects.capture import Check, Fix
from projects.fixes import is_settled
from projects.manifest import CaptureEntry, Control, Edits

Decision = Literal["shift", "flip", "cuts", "left-out"]
START_UP = "start-up"


def is_done(check: Check, entry: CaptureEntry) -> bool:
    """Whether one of a verdict's fixes stands: nothing of it is left to do."""
    return any(is_settled(entry, fix) for fix in check.fixes)


def settled_fix(check: Check, entry: CaptureEntry) -> Fix | None:
    """The fix of a verdict that stands, the first where there are several."""
    return next((fix for fix in check.fixes if is_settled(entry, fix)), None)


def samples(count: int) -> str:
    """``"67 samples"``, ``"1 sample"``, with a minus sign that is as wide as a plus."""
    number = f"{count:,}".replace(",", "\u202f").replace("-", "\u2212")
    return f"{number} sample" if abs(count) == 1 else f"{number} samples"


def fix_words(fix: Fix, check: Check) -> str:
    """What a fix's button says."""
    if fix.kind == "shift":
        return f"Shift by {samples(fix.shift)}"
    if fix.kind == "flip":
        return "Flip wet"
    if fix.kind == "leave-out":
        return "Leave out"
    if START_UP in f"{check.name} {check.text}".lower():
        return "Cut the start-up" if len(fix.cuts) == 1 else f"Cut {len(fix.cuts)} start-ups"
    return "Cut it out" if len(fix.cuts) == 1 else f"Cut {len(fix.cuts)} stretches"


def done_words(fix: Fix) -> str:
    """What was done where a fix stands."""
    if fix.kind == "shift":
        return f"Shifted by {samples(fix.shift)}"
    if fix.kind == "flip":
        return "Flipped"
    if fix.kind == "leave-out":
        return "Left out"
    return "Cut" if len(fix.cuts) == 1 else f"{len(fix.cuts)} stretches cut"


def sure_words(sure: float | None) -> str:
    """How sure a verdict is, in a word and a figure; empty where there is no doubt to speak of."""
    if sure is None:
        return ""
    percent = f"{min(99, round(100 * sure))} %"  # an estimate is never beyond doubt
    for least, word in ((0.95, "Certain"), (0.8, "Very likely"), (0.6, "Likely")):
        if sure >= least:
            return f"{word} ({percent})"
    return f"Uncertain ({percent})"


def moment(seconds: float) -> str:
    """A place in a recording: ``"0:01.25"``, ``"1:02:03.0"``."""
    hours, left = divmod(seconds, 3600)
    minutes, left = divmod(left, 60)
    if hours >= 1:
        return f"{int(hours)}:{int(minutes):02d}:{left:04.1f}"
    return f"{int(minutes)}:{left:05.2f}"


def where_words(check: Check, rate: int) -> str:
    """Where a verdict is, as its button says it; empty where it is about all of the capture."""
    if not check.where:
        return ""
    if len(check.where) > 1:
        return f"Show {len(check.where)} places"
    place = check.where[0]
    return f"Show {moment(place.start / rate)} to {moment(place.stop / rate)}"


def decisions(entry: CaptureEntry, rate: int) -> list[tuple[Decision, str]]:
    """What is decided about a capture: a key for each, and words."""
    found: list[tuple[Decision, str]] = []
    edits: Edits = entry.edits
    if not entry.included:
        found.append(("left-out", "left out"))
    if edits.shift:
        found.append(("shift", f"shifted by {samples(edits.shift)}"))
    if edits.flip:
        found.append(("flip", "flipped"))
    if edits.cuts:
        seconds = sum(cut.stop - cut.start for cut in edits.cuts) / rate
        count = len(edits.cuts)
        places = "1 stretch cut" if count == 1 else f"{count} stretches cut"
        found.append(("cuts", f"{places} ({wording.duration(seconds)})"))
    return found


def batch_words(fixes: Iterable[Fix]) -> str:
    """What a batch would do: ``"4 shifts, 3 flips, 200 stretches cut"``."""
    counts: Counter[str] = Counter()
    for fix in fixes:
        counts[fix.kind] += len(fix.cuts) if fix.kind == "cut" else 1
    words = {
        "shift": ("1 shift", "{} shifts"),
        "flip": ("1 flip", "{} flips"),
        "cut": ("1 stretch cut", "{} stretches cut"),
        "leave-out": ("1 left out", "{} left out"),
    }
    return ", ".join(
        one if counts[kind] == 1 else many.format(counts[kind])
        for kind, (one, many) in words.items()
        if counts[kind]
    )


def knob_words(
    knobs: Mapping[str, float], controls: Sequence[Control], turned: Sequence[str] = ()
) -> str:
    """Where the knobs stand, in the order of the controls: ``"attack 0.25 ms  ·  ratio 4"``."""
    known = {control.name: control for control in controls}
    names = [name for name in known if name in knobs]
    parts = []
    for name in names:
        if name in turned:
            parts.append(f"{name} turned")
            continue
        unit = known[name].unit
        parts.append(f"{name} {knobs[name]:g}{f' {unit}' if unit else ''}")
    return "  ·  ".join(parts)
