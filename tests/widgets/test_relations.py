"""Densities, curves and level histograms: what they show, fit and copy."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPointF
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from widgets.colour_maps import COUNTS, LEVELS, lookup
from widgets.levels import LevelHistogramView, LevelSteps
from widgets.relation import Density, Relation, RelationCurve, RelationView
from widgets.theme import Theme

EDGES = np.linspace(-1, 1, 33)


def relation() -> Relation:
    counts = np.eye(32) * 100
    x = np.linspace(-0.9, 0.9, 20)
    curve = RelationCurve("mean output", "wet", x, x)
    return Relation("dry (FS)", "wet (V)", Density(counts, EDGES, 2 * EDGES), (curve,))


@pytest.fixture
def view(qtbot: QtBot) -> RelationView:
    made = RelationView("Transfer")
    qtbot.addWidget(made)
    made.resize(600, 400)
    made.show()
    qtbot.waitExposed(made)
    made.show_relation(relation())
    return made


def test_the_density_lies_where_its_edges_say(view: RelationView) -> None:
    area = view._image.mapRectToParent(view._image.boundingRect())
    assert (area.left(), area.right()) == pytest.approx((-1, 1))
    assert (area.top(), area.bottom()) == pytest.approx((-2, 2))
    assert view._image.image[0, 0] == 255
    assert view._image.image[0, 5] == 0
    (left, right), (low, high) = view._box.viewRange()
    assert left < -1 < 1 < right
    assert low < -2 < 2 < high


def test_colours_rise_in_brightness() -> None:
    for name in (COUNTS, LEVELS):
        table = lookup(name).astype(float)
        bright = table[:, :3] @ [0.2126, 0.7152, 0.0722]
        assert (np.diff(bright[::16]) > 0).all()
    assert lookup(COUNTS, clear_zero=True)[0, 3] == 0


def test_curves_can_be_hidden_and_have_bands(view: RelationView, theme: Theme) -> None:
    x = np.linspace(-60, 0, 10)
    curve = RelationCurve("measured", "wet", x, x / 2, "solid", x / 2 - 1, x / 2 + 1)
    plain = RelationCurve("fitted", "model", x, x / 2, "dash")
    view.show_relation(Relation("in", "out", None, (curve, plain), "a note"))
    assert len(view._items) == 5
    view.set_visible("measured", False)
    assert len(view._items) == 1
    theme.set_mode("light")
    assert len(view._items) == 1
    (left, right), _ = view._box.viewRange()
    assert left < -60
    assert right > 0


def test_values_are_read_at_the_cursor_and_copied(view: RelationView) -> None:
    view._hover(view._box.mapViewToScene(QPointF(0.5, 1.0)))
    assert view._readout.text().startswith("0.5")
    view.canvas.copy_data()
    text = QApplication.clipboard().text()
    assert "mean output: dry (FS)\twet (V)" in text
    assert "count of dry (FS)" in text
    assert len(text.splitlines()) == 1 + 20 + 1 + 32


def test_nothing_to_show_is_shown_without_complaint(view: RelationView) -> None:
    view.clear()
    view.grab()
    nothing = np.full(4, np.nan)
    view.show_relation(Relation("x", "y", None, (RelationCurve("a", "wet", nothing, nothing),)))
    view.grab()
    empty = Density(np.zeros((32, 32)), EDGES, EDGES)
    view.show_relation(Relation("x", "y", empty))
    view.grab()


def test_level_histograms(qtbot: QtBot) -> None:
    view = LevelHistogramView()
    qtbot.addWidget(view)
    view.resize(600, 300)
    view.show()
    qtbot.waitExposed(view)
    edges = np.linspace(-90, 0, 61)
    shares = np.zeros(60)
    shares[40] = 1.0
    steps = [
        LevelSteps("dry", "dry", edges, shares, -6.0, -20.0, 0.35),
        LevelSteps("wet", "wet", edges, shares / 2, -3.0, -18.0),
    ]
    view.show_levels(steps)
    assert view._words.text().startswith("dry: peak \u22126.0, RMS \u221220.0 dBFS, 35 % silent")
    _, (low, high) = view._box.viewRange()
    assert low == 0
    assert high > 100
    view._hover(view._box.mapViewToScene(QPointF(edges[40] + 0.5, 50)))
    assert view._chips["dry"]._value == "100.00 %"
    view.canvas.copy_data()
    assert len(QApplication.clipboard().text().splitlines()) == 121
    view.set_visible("dry", False)
    assert len(view._items) == 1
    view.show_levels([])
    view.grab()
