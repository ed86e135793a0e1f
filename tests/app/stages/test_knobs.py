"""Knobs as rows to edit, for the project and while importing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.stages.knob_table import KnobTable
from app.stages.knobs_pane import KnobsPane
from app.workbench import Workbench
from projects.manifest import Control


def edit(table: KnobTable, place: int, field: str, text: str) -> None:
    line = getattr(table.rows[place], field)
    line.setText(text)
    line.editingFinished.emit()


@pytest.fixture
def pane(bench: Workbench, qtbot: QtBot, make_project: Callable[..., Path]) -> KnobsPane:
    assert bench.open_project(make_project())
    made = KnobsPane(bench)
    qtbot.addWidget(made)
    assert bench.session is not None
    bench.session.manifest_changed.connect(made.refresh)
    return made


def controls(bench: Workbench) -> tuple[Control, ...]:
    assert bench.session is not None
    return bench.session.manifest.controls


def test_a_knob_is_added_changed_and_removed_undoably(pane: KnobsPane, bench: Workbench) -> None:
    pane.add_button.click()
    pane.add_button.click()
    assert [control.name for control in controls(bench)] == ["knob 1", "knob 2"]
    edit(pane.table, 0, "name", "attack")
    edit(pane.table, 0, "high", "50")
    edit(pane.table, 0, "unit", "ms")
    log = next(key for key in range(3) if pane.table.rows[0].taper.itemData(key) == "log")
    pane.table.rows[0].taper.setCurrentIndex(log)
    pane.table.rows[0].taper.activated.emit(log)
    expected = Control(name="attack", maximum=50.0, unit="ms", taper="log")
    assert controls(bench)[0] == expected
    pane.table.removed.emit("knob 2")
    assert controls(bench) == (expected,)
    assert bench.session is not None
    bench.session.undo_stack.undo()
    assert len(controls(bench)) == 2


@pytest.mark.parametrize(
    ("field", "text", "said"),
    [
        ("low", "three", "'three' is not a number."),
        ("low", "2", "The range is empty"),
        ("default", "-1", "inside its range"),
        ("name", "", "name"),
    ],
)
def test_what_is_wrong_is_said_and_changes_nothing(
    pane: KnobsPane, bench: Workbench, field: str, text: str, said: str
) -> None:
    pane.add_button.click()
    before = controls(bench)
    edit(pane.table, 0, field, text)
    assert said in pane.table.problem
    assert controls(bench) == before
    assert pane.table.controls() == before


def test_a_name_that_is_taken_is_refused_and_shown_as_it_was(
    pane: KnobsPane, bench: Workbench
) -> None:
    pane.add_button.click()
    pane.add_button.click()
    edit(pane.table, 1, "name", "knob 1")
    assert "knob 1 already" in bench.notices.history[-1].sentence
    assert [row.name.text() for row in pane.table.rows] == ["knob 1", "knob 2"]
