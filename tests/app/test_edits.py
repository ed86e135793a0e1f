"""The changes of a manifest: what they do, what they refuse."""

from __future__ import annotations

import pytest

from app import edits
from projects.capture import Fix
from projects.errors import ProjectError
from projects.manifest import CaptureEntry, Control, Edits, Manifest, Stretch

CUT = Stretch(start=0, stop=100)


def manifest() -> Manifest:
    entries = tuple(
        CaptureEntry(id=name, name=name, dry_id="a" * 64, knobs={"drive": value})
        for name, value in (("one", 1.0), ("two", 5.0))
    )
    control = Control(name="drive", minimum=0.0, maximum=10.0, default=1.0)
    return Manifest(name="Fuzz", controls=(control,), captures=entries)


def entry_of(changed: Manifest, capture_id: str) -> CaptureEntry:
    found = changed.capture(capture_id)
    assert found is not None
    return found


def test_fixes_are_taken_and_taken_back_one_by_one() -> None:
    late, inverted = Fix(kind="shift", shift=67), Fix(kind="flip")
    taken = edits.take_fix("one", inverted)(edits.take_fix("one", late)(manifest()))
    assert entry_of(taken, "one").edits == Edits(shift=67, flip=True)
    assert entry_of(taken, "two").edits == Edits()
    back = edits.take_back("one", late)(taken)
    assert entry_of(back, "one").edits == Edits(flip=True)


def test_many_fixes_of_many_captures_are_one_step() -> None:
    start_up, out = Fix(kind="cut", cuts=(CUT,)), Fix(kind="leave-out")
    changed = edits.take_fixes({"one": (start_up,), "two": (start_up, out)})(manifest())
    assert entry_of(changed, "one").edits.cuts == (CUT,)
    assert entry_of(changed, "one").included
    assert not entry_of(changed, "two").included


def test_what_is_decided_by_hand_is_reset_at_once() -> None:
    ids = ("one", "two")
    changed = edits.shift_captures(ids, -3)(manifest())
    changed = edits.flip_captures(("two",), True)(changed)
    changed = edits.cut_stretch("two", CUT)(changed)
    changed = edits.include_captures(ids, False)(changed)
    assert entry_of(changed, "two").edits == Edits(shift=-3, flip=True, cuts=(CUT,))
    assert entry_of(edits.restore_cuts(("two",))(changed), "two").edits.cuts == ()
    assert edits.reset_decisions(ids)(changed) == manifest().model_copy(
        update={"id": changed.id, "created": changed.created}
    )


def test_a_knob_renamed_keeps_its_settings() -> None:
    before = manifest()
    gain = Control(name="gain", minimum=0.0, maximum=10.0, default=5.0, unit="dB")
    changed = edits.change_control("drive", gain)(before)
    assert changed.controls == (gain,)
    assert entry_of(changed, "two").knobs == {"gain": 5.0}


def test_a_range_that_leaves_settings_out_is_refused_in_words() -> None:
    narrow = Control(name="drive", minimum=0.0, maximum=4.0, default=1.0)
    with pytest.raises(ProjectError, match="two was recorded with drive at 5"):
        edits.change_control("drive", narrow)(manifest())


def test_two_knobs_cannot_have_one_name() -> None:
    more = edits.add_control(Control(name="tone"))(manifest())
    with pytest.raises(ProjectError, match="tone already"):
        edits.add_control(Control(name="tone"))(more)
    with pytest.raises(ProjectError, match="drive already"):
        edits.change_control("tone", Control(name="drive"))(more)


def test_a_knob_that_is_removed_takes_its_settings_along() -> None:
    changed = edits.remove_control("drive")(manifest())
    assert changed.controls == ()
    assert all(entry.knobs == {} for entry in changed.captures)
    Manifest.model_validate(changed.model_dump())


def test_a_setting_beyond_its_range_widens_it() -> None:
    changed = edits.set_knob(("one",), "drive", 12.0)(manifest())
    assert entry_of(changed, "one").knobs == {"drive": 12.0}
    assert entry_of(changed, "two").knobs == {"drive": 5.0}
    assert changed.controls[0].maximum == 12.0


def test_captures_are_removed_together() -> None:
    assert edits.remove_captures(("one", "two"))(manifest()).captures == ()
