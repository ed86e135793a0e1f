"""Verdicts and decisions in words."""

from __future__ import annotations

import pytest

from app.stages import decision_words as words
from projects.capture import Check, Fix
from projects.manifest import CaptureEntry, Control, Edits, Stretch

CUTS = (Stretch(start=0, stop=22_050), Stretch(start=44_100, stop=66_150))
START_UP = Check(name="start-up", level="warning", text="Wet begins by itself.", where=CUTS)


@pytest.mark.parametrize(
    ("fix", "button", "done"),
    [
        (Fix(kind="shift", shift=67), "Shift by 67 samples", "Shifted by 67 samples"),
        (Fix(kind="shift", shift=-1), "Shift by \u22121 sample", "Shifted by \u22121 sample"),
        (Fix(kind="flip"), "Flip wet", "Flipped"),
        (Fix(kind="leave-out"), "Leave out", "Left out"),
        (Fix(kind="cut", cuts=CUTS[:1]), "Cut the start-up", "Cut"),
        (Fix(kind="cut", cuts=CUTS), "Cut 2 start-ups", "2 stretches cut"),
    ],
)
def test_a_fix_says_what_it_does_and_what_it_did(fix: Fix, button: str, done: str) -> None:
    assert words.fix_words(fix, START_UP) == button
    assert words.done_words(fix) == done


def test_a_cut_of_something_else_is_no_start_up() -> None:
    dropout = Check(name="silence", level="warning", text="Wet is silent.")
    assert words.fix_words(Fix(kind="cut", cuts=CUTS[:1]), dropout) == "Cut it out"


@pytest.mark.parametrize(
    ("sure", "text"),
    [
        (None, ""),
        (1.0, "Certain (99 %)"),
        (0.95, "Certain (95 %)"),
        (0.85, "Very likely (85 %)"),
        (0.6, "Likely (60 %)"),
        (0.2, "Uncertain (20 %)"),
    ],
)
def test_how_sure_is_a_word_and_a_figure(sure: float | None, text: str) -> None:
    assert words.sure_words(sure) == text


def test_where_names_a_place_or_counts_them() -> None:
    one = START_UP.model_copy(update={"where": CUTS[:1]})
    assert words.where_words(one, 44_100) == "Show 0:00.00 to 0:00.50"
    assert words.where_words(START_UP, 44_100) == "Show 2 places"
    assert words.where_words(START_UP.model_copy(update={"where": ()}), 44_100) == ""
    assert words.moment(3723.4) == "1:02:03.4"


def test_decisions_are_listed_in_words() -> None:
    entry = CaptureEntry(
        id="a",
        name="a",
        dry_id="0" * 64,
        included=False,
        edits=Edits(shift=-67, flip=True, cuts=CUTS),
    )
    assert words.decisions(entry, 44_100) == [
        ("left-out", "left out"),
        ("shift", "shifted by \u221267 samples"),
        ("flip", "flipped"),
        ("cuts", "2 stretches cut (1.0 s)"),
    ]


def test_a_batch_counts_what_it_does() -> None:
    fixes = [Fix(kind="shift", shift=1), Fix(kind="cut", cuts=CUTS), Fix(kind="flip")]
    assert words.batch_words([*fixes, Fix(kind="flip")]) == "1 shift, 2 flips, 2 stretches cut"


def test_knobs_stand_in_the_order_of_the_controls_with_their_units() -> None:
    controls = (Control(name="ratio"), Control(name="attack", unit="ms"))
    said = words.knob_words({"attack": 0.25, "ratio": 1.0}, controls)
    assert said == "ratio 1  ·  attack 0.25 ms"
