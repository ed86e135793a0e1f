"""Curves, predictions, spectra: what they draw from arrays, how they follow and what they copy."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from widgets.curves import CurveView
from widgets.plots import frequency_text, time_text
from widgets.prediction import PredictionView, Trace
from widgets.sparkline import Sparkline
from widgets.spectrum import Spectrum, SpectrumView
from widgets.theme import Theme


@pytest.fixture
def curves(qtbot: QtBot) -> CurveView:
    view = CurveView("ESR", "step")
    qtbot.addWidget(view)
    view.resize(640, 320)
    view.show()
    view.add_curve("a", "validation", "model")
    return view


def test_curves_grow_and_the_view_follows(curves: CurveView, qtbot: QtBot) -> None:
    for step in range(1000):
        curves.append("a", step, 0.1 * 0.99**step)
    curves.redraw()
    xs, ys = curves._items["a"].getData()
    assert len(xs) == 1000
    np.testing.assert_allclose(ys, np.log10(0.1 * 0.99 ** np.arange(1000)))
    (left, right), (low, high) = curves._box.viewRange()
    assert left <= 0
    assert right >= 999
    assert low < ys.min()
    assert high > ys.max()


def test_it_follows_no_more_once_zoomed_until_fitted(curves: CurveView, qtbot: QtBot) -> None:
    curves.append("a", 0, 1.0)
    curves.append("a", 100, 0.1)
    curves.redraw()
    curves._box.scaleBy(x=0.5, center=QPointF(50, -0.5))
    kept = curves._box.viewRange()[0]
    curves.append("a", 1000, 0.01)
    curves.redraw()
    assert curves._box.viewRange()[0] == kept
    curves._box.fit_requested.emit()
    assert curves._box.viewRange()[0][1] >= 1000


def test_points_are_drawn_without_being_asked(curves: CurveView, qtbot: QtBot) -> None:
    curves.append("a", 1, 0.5)
    curves.append("a", 2, 0.25)

    def drawn() -> None:
        xs, _ = curves._items["a"].getData()
        assert xs is not None
        assert len(xs) == 2

    qtbot.waitUntil(drawn)


def test_a_logarithmic_axis_leaves_out_what_it_cannot_show(curves: CurveView) -> None:
    for step, value in enumerate([1.0, 0.0, -1.0, np.nan, np.inf, 0.01]):
        curves.append("a", step, value)
    curves.redraw()
    xs, ys = curves._items["a"].getData()
    assert xs.tolist() == [0, 5]
    assert ys.tolist() == pytest.approx([0, -2])
    curves.set_log(False)
    _, ys = curves._items["a"].getData()
    assert ys.tolist() == [1.0, 0.0, -1.0, 0.01]


def test_curves_are_hidden_renamed_and_removed(curves: CurveView, qtbot: QtBot) -> None:
    curves.append("a", 1, 0.5)
    qtbot.mouseClick(curves._chips["a"], Qt.MouseButton.LeftButton)
    assert not curves.curve("a").shown
    curves.add_curve("a", "validation of run 2", "second", "dot")
    assert curves.curve("a").count == 1
    assert not curves.curve("a").shown
    curves.remove_curve("a")
    assert curves.keys == ()
    curves.redraw()
    curves.grab()


def test_hover_reads_the_nearest_points(curves: CurveView) -> None:
    for step in range(11):
        curves.append("a", step, 10.0**-step)
    curves.redraw()
    curves._hover(curves._box.mapViewToScene(QPointF(3.2, -3)))
    assert curves._chips["a"]._value == "0.00100"
    assert curves._place.text() == "step 3"
    assert curves._line.value() == 3
    curves._leave()
    assert not curves._line.isVisible()


def test_curves_copy_as_text(curves: CurveView) -> None:
    curves.set_data("a", np.array([1.0, 2.0]), np.array([0.5, 0.25]))
    curves.canvas.copy_data()
    assert QApplication.clipboard().text().splitlines() == [
        "curve\tx\ty",
        "validation\t1\t0.5",
        "validation\t2\t0.25",
    ]


def test_a_sparkline_takes_anything(qtbot: QtBot) -> None:
    line = Sparkline()
    qtbot.addWidget(line)
    line.resize(96, 24)
    line.show()
    for values in (
        [],
        [1.0],
        [0.0, -1.0],
        [np.nan],
        [0.1] * 5000,
        list(np.geomspace(1, 1e-6, 999)),
    ):
        line.set_values(values)
        line.grab()
    assert 0 < len(line._values) <= 401
    assert line._values[-1] == pytest.approx(-6)


@pytest.fixture
def prediction(qtbot: QtBot) -> PredictionView:
    view = PredictionView()
    qtbot.addWidget(view)
    view.resize(700, 360)
    view.show()
    return view


def moment(count: int = 480) -> list[Trace]:
    time = np.arange(count) / 48_000
    wet = np.sin(2 * np.pi * 200 * time)
    return [Trace("wet", "wet", wet), Trace("model", "predicted", wet + 0.01)]


def test_the_residual_is_what_is_between(prediction: PredictionView) -> None:
    prediction.set_moment(12.5, 48_000, moment(), unit="V")
    assert [trace.role for trace in prediction._traces] == ["wet", "model", "residual"]
    np.testing.assert_allclose(prediction._traces[2].values, 0.01)
    (start, stop), (low, high) = prediction._low_box.viewRange()
    assert start == pytest.approx(12.5)
    assert stop == pytest.approx(12.5 + 479 / 48_000)
    assert low == pytest.approx(-high)
    assert high == pytest.approx(0.01, rel=0.2)


def test_a_live_moment_keeps_the_zoom(prediction: PredictionView) -> None:
    prediction.set_moment(12.5, 48_000, moment())
    prediction._top_box.setXRange(12.501, 12.502, padding=0)
    prediction.set_moment(12.5, 48_000, moment())
    assert prediction._top_box.viewRange()[0] == pytest.approx([12.501, 12.502])
    prediction.set_moment(20.0, 48_000, moment())
    assert prediction._top_box.viewRange()[0][0] == pytest.approx(20.0)


def test_moments_are_chosen(prediction: PredictionView, qtbot: QtBot) -> None:
    with qtbot.waitSignal(prediction.moment_chosen) as told:
        qtbot.mouseClick(prediction._moments._segments["median"], Qt.MouseButton.LeftButton)
    assert told.args == ["median"]


def test_traces_of_different_lengths_are_refused(prediction: PredictionView) -> None:
    with pytest.raises(ValueError, match="one length"):
        prediction.set_moment(
            0, 48_000, [Trace("wet", "wet", np.zeros(3)), Trace("model", "m", np.zeros(4))]
        )


def test_an_empty_moment_and_a_broken_model(prediction: PredictionView) -> None:
    prediction.set_moment(0, 48_000, [])
    prediction.fit()
    broken = np.full(100, np.nan)
    prediction.set_moment(
        0, 48_000, [Trace("wet", "wet", np.zeros(100)), Trace("model", "m", broken)]
    )
    prediction.grab()
    assert prediction.data_text().count("\n") == 100


def test_spectra(qtbot: QtBot, theme: Theme) -> None:
    view = SpectrumView()
    qtbot.addWidget(view)
    view.resize(640, 320)
    view.show()
    frequencies = np.linspace(0, 24_000, 2049)
    with np.errstate(divide="ignore"):
        levels = -20 * np.log10(np.maximum(frequencies, 0) / 100)
    view.set_spectra(
        [
            Spectrum("wet", "wet", frequencies, levels),
            Spectrum("model", "model", frequencies, levels - 3),
        ]
    )
    xs, _ = view._items[0].getData()
    assert np.isfinite(xs).all()
    (left, right), _ = view._box.viewRange()
    assert left == pytest.approx(np.log10(20), abs=0.01)
    assert right == pytest.approx(np.log10(24_000), abs=0.01)
    view._hover(view._box.mapViewToScene(QPointF(3.0, -20)))
    assert view._readout.text() == "1k Hz"
    assert view._chips["model"]._value == "\u221223.0 dB"
    view.set_visible("wet", False)
    assert len(view._items) == 1
    theme.set_mode("light")
    view.grab()
    assert view.data_text().count("\n") == 2 * 2049


@pytest.mark.parametrize(
    ("seconds", "digits", "text"),
    [
        (0, 0, "0:00"),
        (59.9996, 3, "1:00.000"),
        (62.5, 1, "1:02.5"),
        (3602, 0, "1:00:02"),
        (-1.5, 1, "\u22120:01.5"),
        (-0.01, 1, "0:00.0"),
    ],
)
def test_times(seconds: float, digits: int, text: str) -> None:
    assert time_text(seconds, digits) == text


def test_frequencies() -> None:
    assert [frequency_text(f) for f in (50, 1000, 12_500)] == ["50", "1k", "12.5k"]


def test_many_curves_wrap_and_do_not_widen_the_window(curves: CurveView, qtbot: QtBot) -> None:
    for number in range(12):
        curves.add_curve(str(number), f"a run with quite a long name, number {number}")
    curves.resize(640, 360)
    qtbot.wait(20)
    assert curves.minimumSizeHint().width() < 640
    chips = list(curves._chips.values())
    assert len({chip.y() for chip in chips}) > 1
    assert all(chip.geometry().right() <= curves._legend.width() for chip in chips)
    assert not any(
        one.geometry().intersects(other.geometry())
        for one in chips
        for other in chips
        if one is not other
    )
    curves.clear()
    assert curves._legend.heightForWidth(600) <= 24


def test_the_menu_copies_and_fits(curves: CurveView, qtbot: QtBot) -> None:
    curves.set_data("a", np.array([1.0, 2.0]), np.array([0.5, 0.25]))
    menu = curves.canvas.make_menu()
    actions = {action.text(): action for action in menu.actions()}
    assert {"Fit and follow", "Copy picture", "Copy data"} <= set(actions)
    actions["Copy data"].trigger()
    assert QApplication.clipboard().text().startswith("curve")
    curves._box.scaleBy(x=0.1)
    actions["Fit and follow"].trigger()
    assert curves._box.viewRange()[0][0] == pytest.approx(1.0)
