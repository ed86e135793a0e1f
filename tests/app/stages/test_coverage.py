"""The grid of settings in the Data stage."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.player import Player
from app.stages.coverage_pane import CoveragePane
from app.stages.data import DataStage
from app.stages.knobs_pane import KnobsPane
from app.workbench import Workbench
from projects.manifest import Control
from projects.project import Project

SETTINGS = ({"drive": 0.0, "tone": 0.0}, {"drive": 1.0, "tone": 0.0}, {"drive": 0.0, "tone": 1.0})


def stage_over(bench: Workbench, qtbot: QtBot, folder: Path) -> DataStage:
    assert bench.open_project(folder)
    player = Player(bench)
    made = DataStage(bench, player)
    player.setParent(made)
    qtbot.addWidget(made)
    made.resize(1280, 640)
    made.show()
    return made


@pytest.fixture
def page(bench: Workbench, qtbot: QtBot, make_project: Callable[..., Path]) -> DataStage:
    """The stage over three of four settings of two knobs."""
    folder = make_project("One", "Two", "Three", states=False)
    with Project.open(folder) as project:
        entries = tuple(
            entry.model_copy(update={"knobs": knobs})
            for entry, knobs in zip(project.manifest.captures, SETTINGS, strict=True)
        )
        controls = (Control(name="drive"), Control(name="tone"))
        project.save(
            project.manifest.model_copy(update={"captures": entries, "controls": controls})
        )
    return stage_over(bench, qtbot, folder)


def test_what_is_missing_is_counted_and_a_cell_shows_its_capture(page: DataStage) -> None:
    page.head.coverage.click()
    pane = page.stack.currentWidget()
    assert isinstance(pane, CoveragePane)
    assert pane.grid.summary.startswith("3 of 4 settings captured")
    third = page.model.all_rows[2].entry.id
    pane.grid.chosen.emit((third,))
    assert page.workbench.capture_id == third
    assert page.list.currentIndex().row() == 2
    assert page.primary().text == "Show the capture"
    page.do_primary()
    assert page.stack.currentWidget() is page.view


def test_the_grid_follows_what_is_decided(page: DataStage, qtbot: QtBot) -> None:
    page.show_coverage()
    pane = page.stack.currentWidget()
    assert isinstance(pane, CoveragePane)
    qtbot.waitUntil(lambda: all(row.capture for row in page.model.all_rows), timeout=10_000)
    cell = pane.grid.cells.grid.at(0, 0)
    assert cell.settings[0].level == "warning"
    page.actions_of_list.set_included([page.model.all_rows[0].entry.id], False)
    assert pane.grid.cells.grid.at(0, 0).settings[0].level == "left-out"


def test_without_knobs_the_place_teaches(
    bench: Workbench, qtbot: QtBot, make_project: Callable[..., Path]
) -> None:
    page = stage_over(bench, qtbot, make_project("One", "Two", states=False))
    page.show_coverage()
    pane = page.stack.currentWidget()
    assert isinstance(pane, CoveragePane)
    assert pane.grid.isHidden()
    pane.empty.action.emit()
    assert isinstance(page.stack.currentWidget(), KnobsPane)
