"""The list of captures: read in the background, filtered, ordered, many at once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QItemSelectionModel
from pytestqt.qtbot import QtBot

from app.player import Player
from app.stages.data import DataStage
from app.workbench import Workbench
from projects.manifest import Control
from projects.project import Project

NAMES = ("Delta", "Alpha", "Charlie", "Bravo", "Echo", "Foxtrot")


@pytest.fixture
def folder(make_project: Callable[..., Path]) -> Path:
    """A project whose captures differ by a knob; one is left out."""
    made = make_project(*NAMES, states=False)
    with Project.open(made) as project:
        entries = tuple(
            entry.model_copy(update={"knobs": {"drive": 9.0 - place}, "included": place != 5})
            for place, entry in enumerate(project.manifest.captures)
        )
        controls = (Control(name="drive", minimum=0, maximum=10, default=5),)
        project.save(
            project.manifest.model_copy(update={"captures": entries, "controls": controls})
        )
    return made


@pytest.fixture
def page(bench: Workbench, qtbot: QtBot, folder: Path) -> DataStage:
    """The stage over that project, everything read."""
    assert bench.open_project(folder)
    player = Player(bench)
    made = DataStage(bench, player)
    player.setParent(made)
    qtbot.addWidget(made)
    made.resize(1280, 640)
    made.show()
    qtbot.waitUntil(lambda: all(row.capture for row in made.model.all_rows), timeout=10_000)
    return made


def shown(page: DataStage) -> list[str]:
    return [row.entry.name for row in page.model.rows]


def choose(page: DataStage, group: str, key: str) -> None:
    actions = getattr(page.head, group).actions()
    next(action for action in actions if action.data() == key).trigger()


def select(page: DataStage, *places: int) -> None:
    flags = QItemSelectionModel.SelectionFlag
    model = page.list.selectionModel()
    model.clearSelection()
    for place in places:
        model.select(page.model.index(place), flags.Select)


def test_rows_are_there_before_their_files_are_read(
    bench: Workbench, qtbot: QtBot, folder: Path
) -> None:
    broken = Project.open(folder, write=False).manifest.captures[3].id
    (folder / "captures" / broken / "capture.json").write_text("{")
    assert bench.open_project(folder)
    player = Player(bench)
    made = DataStage(bench, player)
    player.setParent(made)
    qtbot.addWidget(made)
    assert [row.facts for row in made.model.rows][1:] == ["Reading…"] * 5
    assert made.model.rows[0].capture is not None  # the one in view comes first
    qtbot.waitUntil(
        lambda: all(row.capture or row.damaged for row in made.model.rows), timeout=10_000
    )
    assert [row.damaged for row in made.model.rows] == [False] * 3 + [True] + [False] * 2
    assert made.model.rows[3].verdict == "problem"
    assert made.model.rows[3].facts == "its file is damaged"


def test_knobs_and_a_summary_are_shown(page: DataStage) -> None:
    assert page.model.rows[0].knobs == "drive 9"
    assert page.head._summary.text() == "6 captures  ·  24 s  ·  1 left out"


def test_the_filter_takes_words_of_names_and_knobs(page: DataStage) -> None:
    page.head.search.setText("a drive 8")
    assert shown(page) == ["Alpha"]
    assert page.head._summary.text().startswith("1 of 6 captures")
    page.head.search.setText("no such")
    assert shown(page) == []
    assert page.stack.currentWidget() is page.view
    page.head.search.clear()
    assert shown(page) == list(NAMES)


def test_only_some_kinds_are_shown_on_demand(page: DataStage) -> None:
    choose(page, "shows", "left-out")
    assert shown(page) == ["Foxtrot"]
    choose(page, "shows", "problems")
    assert shown(page) == list(NAMES)  # each has a warning
    choose(page, "shows", "test")
    assert shown(page) == list(NAMES)


def test_the_order_is_chosen_and_keeps_the_capture_in_view(page: DataStage) -> None:
    chosen = page.workbench.capture_id
    choose(page, "orders", "name")
    assert shown(page) == sorted(NAMES)
    choose(page, "orders", "knobs")
    assert shown(page) == list(NAMES[::-1])
    assert page.workbench.capture_id == chosen
    assert page.list.currentIndex().row() == 5


def test_several_are_left_out_and_removed_at_once(page: DataStage, bench: Workbench) -> None:
    select(page, 0, 2)
    page.actions_of_list.include.trigger()
    assert [row.entry.included for row in page.model.rows] == [
        False,
        True,
        False,
        True,
        True,
        False,
    ]
    assert len(page.list.selected_rows()) == 2  # still selected, to be decided on further
    page.actions_of_list.remove.trigger()
    assert shown(page) == ["Alpha", "Bravo", "Echo", "Foxtrot"]
    notice = bench.notices.history[-1]
    assert notice.sentence == "2 captures were removed from the project."
    notice.actions[0].do()
    assert shown(page) == list(NAMES)


def test_where_a_knob_stood_is_edited_in_its_capture(page: DataStage, bench: Workbench) -> None:
    page.view.edit_button.setChecked(True)
    field = page.view.decisions.knob_fields["drive"]
    field.setText("7,5")
    field.editingFinished.emit()
    assert page.model.rows[0].knobs == "drive 7.5"
    field.setText("loud")
    field.editingFinished.emit()
    assert field.text() == "7.5"
    assert bench.session is not None
    bench.session.undo_stack.undo()
    assert page.model.rows[0].knobs == "drive 9"
