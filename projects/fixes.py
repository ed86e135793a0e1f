"""Taking the fixes that verdicts offer: from a capture's entry to the entry with the decision."""

from __future__ import annotations

from collections.abc import Iterable

from projects.capture import Capture, Fix
from projects.manifest import CaptureEntry, Stretch


def apply_fix(entry: CaptureEntry, fix: Fix) -> CaptureEntry:
    """The capture's entry after a fix has been taken; taking it twice changes nothing more."""
    edits = entry.edits
    if is_settled(entry, fix):
        return entry
    if fix.kind == "leave-out":
        return entry.model_copy(update={"included": False})
    if fix.kind == "shift":
        edits = edits.model_copy(update={"shift": fix.shift})
    elif fix.kind == "flip":
        edits = edits.model_copy(update={"flip": not edits.flip})
    else:
        edits = edits.model_copy(update={"cuts": joined((*edits.cuts, *fix.cuts))})
    return entry.model_copy(update={"edits": edits})


def withdraw_fix(entry: CaptureEntry, fix: Fix) -> CaptureEntry:
    """The entry with a fix taken back; of a cut, what other decisions cut as well goes too."""
    edits = entry.edits
    if not is_settled(entry, fix):
        return entry
    if fix.kind == "leave-out":
        return entry.model_copy(update={"included": True})
    if fix.kind == "shift":
        edits = edits.model_copy(update={"shift": 0})
    elif fix.kind == "flip":
        edits = edits.model_copy(update={"flip": False})
    else:
        edits = edits.model_copy(update={"cuts": _without(edits.cuts, fix.cuts)})
    return entry.model_copy(update={"edits": edits})


def is_settled(entry: CaptureEntry, fix: Fix) -> bool:
    """Whether the decision stands already."""
    edits = entry.edits
    if fix.kind == "leave-out":
        return not entry.included
    if fix.kind == "shift":
        return edits.shift == fix.shift
    if fix.kind == "flip":
        return edits.flip
    return joined((*edits.cuts, *fix.cuts)) == joined(edits.cuts)


def safe_fixes(capture: Capture, entry: CaptureEntry) -> tuple[Fix, ...]:
    """What may be done in a batch: of each verdict the first safe fix that does not stand yet.

    A verdict one of whose fixes stands already is settled: nothing of it is proposed again.
    """
    found = []
    for check in capture.checks:
        if check.level == "ok" or any(is_settled(entry, fix) for fix in check.fixes):
            continue
        found.extend([fix for fix in check.fixes if fix.safe][:1])
    return tuple(found)


def joined(cuts: Iterable[Stretch]) -> tuple[Stretch, ...]:
    """Stretches in order, those that touch made one."""
    found: list[Stretch] = []
    for cut in sorted(cuts, key=lambda cut: cut.start):
        if found and cut.start <= found[-1].stop:
            last = found.pop()
            found.append(Stretch(start=last.start, stop=max(last.stop, cut.stop)))
        else:
            found.append(Stretch(start=cut.start, stop=cut.stop))
    return tuple(found)


def _without(cuts: Iterable[Stretch], removed: Iterable[Stretch]) -> tuple[Stretch, ...]:
    left = list(cuts)
    for hole in removed:
        kept = []
        for cut in left:
            if cut.stop <= hole.start or cut.start >= hole.stop:
                kept.append(cut)
                continue
            if cut.start < hole.start:
                kept.append(Stretch(start=cut.start, stop=hole.start))
            if cut.stop > hole.stop:
                kept.append(Stretch(start=hole.stop, stop=cut.stop))
        left = kept
    return tuple(left)
