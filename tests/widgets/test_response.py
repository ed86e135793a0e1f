"""The frequency response plot: what is drawn, what it is fitted to, what can be copied."""

from __future__ import annotations

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from widgets.response import DEEPEST, LEAST_SPAN, ResponseCurve, ResponseView

FREQUENCY = np.geomspace(10, 20_000, 200)
LOW_PASS = -10 * np.log10(1 + (FREQUENCY / 1000) ** 2)


@pytest.fixture
def view(qtbot: QtBot) -> ResponseView:
    made = ResponseView()
    qtbot.addWidget(made)
    made.resize(500, 300)
    made.show()
    qtbot.waitExposed(made)
    return made


def shown(view: ResponseView) -> tuple[list[float], list[float]]:
    (left, right), (low, high) = view._box.viewRange()
    return [left, right], [low, high]


def test_the_whole_response_is_shown_on_logarithmic_axes(view: ResponseView) -> None:
    view.show_curves([ResponseCurve("out", FREQUENCY, LOW_PASS)])
    x, y = shown(view)
    assert x == pytest.approx([1.0, np.log10(20_000)])
    assert y[0] < LOW_PASS.min() < 0 < y[1]
    drawn_x, drawn_y = view._items[0].getData()
    assert drawn_x == pytest.approx(np.log10(FREQUENCY))
    assert drawn_y == pytest.approx(LOW_PASS)


def test_a_flat_response_looks_flat(view: ResponseView) -> None:
    view.show_curves([ResponseCurve("out", FREQUENCY, np.full(200, -3.0))])
    _, (low, high) = shown(view)
    assert high - low >= LEAST_SPAN
    assert low < -3 < high


def test_what_is_lost_far_below_does_not_squeeze_the_rest(view: ResponseView) -> None:
    notch = LOW_PASS.copy()
    notch[50] = -300.0
    notch[51] = -np.inf
    view.show_curves([ResponseCurve("out", FREQUENCY, notch)])
    _, (low, high) = shown(view)
    assert high - low < 1.2 * DEEPEST


def test_the_data_can_be_copied(view: ResponseView) -> None:
    view.show_curves([ResponseCurve("out", FREQUENCY, LOW_PASS)])
    lines = view.data_text().splitlines()
    assert lines[0] == "out: Hz\tdB"
    assert len(lines) == 201
    hertz, level = map(float, lines[-1].split("\t"))
    assert (hertz, level) == pytest.approx((FREQUENCY[-1], LOW_PASS[-1]))


def test_nothing_is_shown_as_an_empty_plot(view: ResponseView) -> None:
    view.show_curves([])
    assert view.curves == ()
    assert shown(view)[0] == pytest.approx([1.3, 4.3])
