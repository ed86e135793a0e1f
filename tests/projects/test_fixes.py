"""Fixes taken, taken back, and the batch of those that are safe."""

from __future__ import annotations

import pytest

from projects.capture import Capture, Check, Fix, Signal
from projects.fixes import apply_fix, is_settled, safe_fixes, withdraw_fix
from projects.manifest import Stretch

SHIFT = Fix(kind="shift", shift=67, safe=True)
FLIP = Fix(kind="flip")
CUT = Fix(kind="cut", cuts=(Stretch(start=0, stop=10), Stretch(start=50, stop=60)), safe=True)
LEAVE = Fix(kind="leave-out", safe=True)


def capture(*checks: Check) -> Capture:
    return Capture(
        id="one",
        name="One",
        sample_rate=48_000,
        n_samples=100,
        dry_id="0" * 64,
        signals=(Signal(name="dry", role="dry", file="dry.wav"),),
        checks=checks,
    )


@pytest.mark.parametrize("fix", [SHIFT, FLIP, CUT, LEAVE], ids=lambda fix: fix.kind)
def test_a_fix_can_be_taken_and_taken_back(fix: Fix) -> None:
    entry = capture().entry()
    assert not is_settled(entry, fix)
    taken = apply_fix(entry, fix)
    assert is_settled(taken, fix)
    assert apply_fix(taken, fix) == taken
    assert withdraw_fix(taken, fix) == entry
    assert withdraw_fix(entry, fix) == entry


def test_taking_one_cut_back_leaves_the_others() -> None:
    entry = apply_fix(capture().entry(), CUT)
    more = Fix(kind="cut", cuts=(Stretch(start=5, stop=20),))
    both = apply_fix(entry, more)
    assert both.edits.cuts == (Stretch(start=0, stop=20), Stretch(start=50, stop=60))
    left = withdraw_fix(both, more)
    assert left.edits.cuts == (Stretch(start=0, stop=5), Stretch(start=50, stop=60))


def test_the_batch_takes_of_each_verdict_the_first_safe_fix_that_is_open() -> None:
    late = Check(name="latency", level="warning", text="late", fixes=(FLIP, SHIFT, LEAVE))
    fine = Check(name="level", level="ok", text="fine", fixes=(CUT,))
    start = Check(name="start", level="warning", text="start", fixes=(CUT,))
    made = capture(late, fine, start)
    assert safe_fixes(made, made.entry()) == (SHIFT, CUT)
    left_out = apply_fix(made.entry(), LEAVE)
    assert safe_fixes(made, left_out) == (CUT,)
