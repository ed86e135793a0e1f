"""The grid of settings: what is captured, what is missing, by mouse and by keys."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from widgets.coverage import CoverageGrid, Knob, Setting
from widgets.coverage_cells import MOST_VALUES, RANGES, make_grid

KNOBS = [Knob("switch"), Knob("peak reduction", "%")]


def settings() -> list[Setting]:
    made = []
    for switch in (0, 1):
        for peak in range(0, 105, 5):
            if (switch, peak) in ((1, 50), (0, 95)):
                continue
            level = "problem" if peak == 65 else "ok"
            knobs = {"switch": switch, "peak reduction": peak}
            made.append(Setting(f"{switch}-{peak}", f"input {peak}", knobs, level, "train"))
    return made


@pytest.fixture
def grid(qtbot: QtBot) -> CoverageGrid:
    made = CoverageGrid()
    qtbot.addWidget(made)
    made.resize(900, 240)
    made.show()
    qtbot.waitExposed(made)
    made.set_settings(KNOBS, settings())
    return made


def centre(grid: CoverageGrid, column: int, row: int) -> QPoint:
    return grid.cells._rect(column, row).center().toPoint()


def test_cells_are_counted(grid: CoverageGrid) -> None:
    assert grid.summary == "40 of 42 settings captured, 2 missing, 2 with verdicts to look at"
    assert grid.cells.titles == ("peak reduction (%)", "switch")
    assert grid.cells.grid.at(10, 1).settings == ()
    assert grid.cells.grid.at(13, 0).level == "problem"
    grid.grab()


def test_a_click_tells_the_captures(grid: CoverageGrid, qtbot: QtBot) -> None:
    with qtbot.waitSignal(grid.chosen) as told:
        qtbot.mouseClick(grid.cells, Qt.MouseButton.LeftButton, pos=centre(grid, 13, 1))
    assert told.args == [("1-65",)]
    with qtbot.assertNotEmitted(grid.chosen):
        qtbot.mouseClick(grid.cells, Qt.MouseButton.LeftButton, pos=centre(grid, 10, 1))
    assert "not captured" in grid.cells.words(grid.cells.current)


def test_the_keys_go_from_cell_to_cell(grid: CoverageGrid, qtbot: QtBot) -> None:
    cells = grid.cells
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Right, Qt.Key.Key_Up, Qt.Key.Key_Up):
        qtbot.keyClick(cells, key)
    assert (cells.current.column, cells.current.row) == (2, 1)
    assert cells.accessibleDescription().startswith("peak reduction (%) 10, switch 1: captured")
    with qtbot.waitSignal(grid.chosen) as told:
        qtbot.keyClick(cells, Qt.Key.Key_Return)
    assert told.args == [("1-10",)]


def test_one_knob_is_a_strip(grid: CoverageGrid) -> None:
    gains = [Setting(str(g), f"gain {g}", {"gain": g}) for g in (0, 25, 50, 100)]
    grid.set_settings([Knob("gain")], gains)
    assert grid.summary == "4 of 4 settings captured"
    assert len(grid.cells.grid.rows) == 1
    grid.grab()


def test_of_many_knobs_two_are_chosen_and_the_rest_is_counted(grid: CoverageGrid) -> None:
    knobs = [Knob(name) for name in ("at", "re", "ra")]
    made = [
        Setting(f"{a}{b}{c}", "x", {"at": a, "re": b, "ra": c}, "left-out" if c else "warning")
        for a in (0, 1, 2)
        for b in (0, 1)
        for c in (0, 1)
    ]
    grid.set_settings(knobs, made)
    assert grid._across.isVisible()
    assert grid.cells.titles == ("at", "re")
    cell = grid.cells.grid.at(0, 0)
    assert len(cell.settings) == 2
    assert cell.level == "warning"
    grid.show_axes("ra", "at")
    assert grid.cells.titles == ("ra", "at")
    assert grid.cells.grid.at(1, 0).level == "left-out"
    assert "2 captures" in grid.cells.words(grid.cells.grid.at(0, 0))
    grid.grab()


def test_no_knobs_and_unknown_settings(grid: CoverageGrid) -> None:
    grid.set_settings([], [Setting("a", "a", {})])
    assert "no knobs" in grid.summary
    grid.set_settings([Knob("gain")], [Setting("a", "a", {})])
    assert grid.summary == "No capture says where its knobs stood."
    grid.grab()


def test_many_values_become_ranges() -> None:
    rng = np.random.default_rng(0)
    values = rng.uniform(0, 1, 10 * MOST_VALUES)
    made = [Setting(str(v), "x", {"drive": float(v)}) for v in values]
    found = make_grid(made, "drive")
    assert len(found.columns) == RANGES
    assert sum(len(cell.settings) for cell in found.cells.values()) == len(values)


def test_its_picture_and_data_can_be_copied(grid: CoverageGrid) -> None:
    lines = grid.data_text().splitlines()
    assert lines[0] == "capture\tswitch\tpeak reduction\tverdict\tpart"
    assert len(lines) == 41
    from widgets.plots import picture_of

    QApplication.clipboard().setPixmap(picture_of(grid.cells))
    assert QApplication.clipboard().pixmap().width() == 2 * grid.cells.width()
