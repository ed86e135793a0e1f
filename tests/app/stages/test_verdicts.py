"""Verdicts in the Data stage: fixes by a button, settled ones, decisions taken back, batches."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.player import Player
from app.stages.data import DataStage
from app.stages.verdicts import VerdictRow
from app.workbench import Workbench
from projects.capture import Check, Fix, write_capture
from projects.manifest import CaptureEntry, Edits, Stretch
from projects.project import Project

START_UP = Stretch(start=0, stop=11_025)
CHECKS = (
    Check(name="dry level", level="ok", text="Dry peaks at -6.0 dBFS."),
    Check(name="drift", level="ok", text="The clocks agree."),
    Check(
        name="start-up",
        level="warning",
        text="For 0.23 s wet does what dry does not explain.",
        where=(START_UP,),
        sure=0.9,
        fixes=(Fix(kind="cut", cuts=(START_UP,), safe=True),),
    ),
    Check(
        name="latency",
        level="problem",
        text="Wet is 67.0 samples late.",
        value=67.0,
        sure=0.98,
        advice="Shift wet by 67 samples, or leave the capture out.",
        fixes=(Fix(kind="shift", shift=67, safe=True), Fix(kind="leave-out")),
    ),
)


@pytest.fixture
def page(bench: Workbench, qtbot: QtBot, make_project: Callable[..., Path]) -> DataStage:
    """The stage over two captures; the first has verdicts with fixes."""
    folder = make_project("Late", "Fine")
    with Project.open(folder) as project:
        first = project.manifest.captures[0].id
        capture = project.read_capture(first).model_copy(update={"checks": CHECKS})
        write_capture(project.capture_folder(first), capture)
    assert bench.open_project(folder)
    player = Player(bench)
    made = DataStage(bench, player)
    player.setParent(made)
    qtbot.addWidget(made)
    made.resize(1280, 640)
    made.show()
    qtbot.waitUntil(lambda: all(row.capture for row in made.model.all_rows), timeout=10_000)
    return made


def entry(page: DataStage) -> CaptureEntry:
    return page.model.all_rows[0].entry


def row(page: DataStage, name: str) -> VerdictRow:
    return next(row for row in page.view.verdicts.rows if row.check.name == name)


def texts(verdict: VerdictRow) -> list[str]:
    return [button.text() for button in verdict.buttons]


def press(verdict: VerdictRow, text: str) -> None:
    verdict.buttons[texts(verdict).index(text)].click()


def test_the_gravest_verdict_comes_first_and_what_is_fine_is_folded(page: DataStage) -> None:
    verdicts = page.view.verdicts
    assert [found.check.name for found in verdicts.rows][:2] == ["latency", "start-up"]
    assert verdicts.fold.text() == "2 more are fine"
    fine = row(page, "drift")
    assert fine.isHidden()
    verdicts.fold.click()
    assert not fine.isHidden()
    assert page.model.rows[0].verdict == "problem"


def test_a_fix_is_one_press_undoable_and_shown_as_done(page: DataStage, bench: Workbench) -> None:
    assert texts(row(page, "latency")) == ["Shift by 67 samples", "Leave out"]
    press(row(page, "latency"), "Shift by 67 samples")
    assert entry(page).edits == Edits(shift=67)
    assert texts(row(page, "latency")) == ["Take back"]
    assert page.model.rows[0].verdict == "warning"
    assert "shifted by 67 samples" in page.model.rows[0].line
    press(row(page, "latency"), "Take back")
    assert entry(page).edits == Edits()
    assert bench.session is not None
    bench.session.undo_stack.undo()
    assert entry(page).edits.shift == 67


def test_a_verdict_shows_where_it_is(page: DataStage, qtbot: QtBot) -> None:
    plots = page.view.plots
    qtbot.waitUntil(lambda: len(plots.waveform.signals) > 0, timeout=10_000)
    press(row(page, "start-up"), "Show 0:00.00 to 0:00.23")
    start, stop = plots.waveform.view_range
    assert start <= 0.01
    assert stop < 2.0


def test_decisions_stand_as_chips_that_take_them_back(page: DataStage) -> None:
    press(row(page, "latency"), "Leave out")
    press(row(page, "start-up"), "Cut the start-up")
    chips = page.view.decisions.chips
    assert list(chips) == ["left-out", "cuts"]
    chips["left-out"].click()  # type: ignore[attr-defined]
    assert entry(page).included
    page.view.decisions.chips["cuts"].click()  # type: ignore[attr-defined]
    assert entry(page).edits == Edits()
    assert page.view.decisions.isHidden()


def test_a_capture_left_out_can_be_mended_instead(page: DataStage) -> None:
    press(row(page, "latency"), "Leave out")
    assert texts(row(page, "latency")) == ["Take back", "Shift by 67 samples instead"]
    press(row(page, "latency"), "Shift by 67 samples instead")
    assert entry(page).included
    assert entry(page).edits == Edits(shift=67)


def test_what_all_have_alike_is_mended_in_all(page: DataStage, bench: Workbench) -> None:
    session = bench.session
    assert session is not None
    other = page.model.all_rows[1]
    assert other.capture is not None
    late = other.capture.model_copy(update={"checks": CHECKS})
    session._captures[other.entry.id] = late
    page._reload()
    press(row(page, "latency"), "Leave out")
    press(row(page, "latency"), "in all 2 captures")
    assert [found.entry.edits.shift for found in page.model.all_rows] == [67, 67]
    assert all(found.entry.included for found in page.model.all_rows)
    assert bench.notices.history[-1].sentence == "Decided for 2 captures: 2 shifts."
    bench.notices.history[-1].actions[0].do()
    assert [found.entry.included for found in page.model.all_rows] == [False, True]


def test_decisions_can_be_made_by_hand(page: DataStage) -> None:
    page.view.edit_button.setChecked(True)
    hand = page.view.decisions
    hand.shift.setValue(-3)
    hand.flip.setChecked(True)
    assert not hand.cut.isEnabled()
    page.view.plots.waveform.set_selection(1.0, 1.5)
    assert hand.cut.isEnabled()
    hand.cut.click()
    cut = Stretch(start=48_000, stop=72_000)
    assert entry(page).edits == Edits(shift=-3, flip=True, cuts=(cut,))
    hand.reset.click()
    assert entry(page).edits == Edits()
    assert hand.shift.value() == 0


def test_every_safe_fix_is_taken_in_one_step_that_can_be_undone(
    page: DataStage, bench: Workbench
) -> None:
    assert page.head.fix_button.text() == "Apply 2 safe fixes"
    assert "1 shift, 1 stretch cut" in page.head.fix_button.toolTip()
    page.head.fix_button.click()
    assert entry(page).edits == Edits(shift=67, cuts=(START_UP,))
    assert page.head.fix_button.isHidden()
    notice = bench.notices.history[-1]
    assert notice.sentence == "Decided for 1 capture: 1 shift, 1 stretch cut."
    notice.actions[0].do()
    assert entry(page).edits == Edits()


def test_without_a_safe_fix_the_command_says_so(page: DataStage, bench: Workbench) -> None:
    page.apply_safe_fixes()
    page.apply_safe_fixes()
    assert "no safe fix left" in bench.notices.history[-1].sentence


def test_captures_of_the_same_input_say_that_they_share_its_parts(page: DataStage) -> None:
    assert page.view.parts._shared.text() == ""
    session = page.workbench.session
    assert session is not None
    dry_id = page.model.all_rows[0].entry.dry_id
    session.change(
        "Same input",
        lambda manifest: manifest.model_copy(
            update={
                "captures": tuple(
                    entry.model_copy(update={"dry_id": dry_id}) for entry in manifest.captures
                )
            }
        ),
    )
    assert page.view.parts._shared.text() == "shared with 1 other capture"
