"""The waveform view under the mouse, and what it draws."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QKeyEvent, QWheelEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from widgets.lane import reading_text
from widgets.parts import Part
from widgets.peaks import ArraySource
from widgets.theme import Theme
from widgets.waveform import Mark, WaveformView, WaveSignal

RATE = 48_000
LENGTH = 10.0


def signals() -> list[WaveSignal]:
    time = np.arange(int(LENGTH * RATE)) / RATE
    dry = (0.5 * np.sin(2 * np.pi * 110 * time)).astype(np.float32)
    return [
        WaveSignal("dry", "dry", "dry", ArraySource(dry, RATE)),
        WaveSignal("wet", "wet", "wet", ArraySource(np.tanh(3 * dry), RATE), "V", 2.0),
    ]


@pytest.fixture
def view(qtbot: QtBot) -> WaveformView:
    made = WaveformView()
    qtbot.addWidget(made)
    made.resize(900, 420)
    made.show()
    qtbot.waitExposed(made)
    made.set_signals(signals())
    qtbot.wait(20)
    return made


def place(view: WaveformView, seconds: float, lane: int = 0) -> QPoint:
    """Where a time lies in the first lane, in the viewport of the canvas."""
    box = view._plots[lane].box
    scene = box.mapViewToScene(QPointF(seconds, 0.0))
    return view.canvas.mapFromScene(scene)


def wheel(view: WaveformView, seconds: float, notches: int) -> None:
    position = QPointF(place(view, seconds))
    viewport = view.canvas.viewport()
    QApplication.sendEvent(
        viewport,
        QWheelEvent(
            position,
            viewport.mapToGlobal(position),
            QPoint(),
            QPoint(0, 120 * notches),
            Qt.MouseButton.NoButton,
            Qt.KeyboardModifier.NoModifier,
            Qt.ScrollPhase.NoScrollPhase,
            False,
        ),
    )


MOVE_MS = 15
"""Between two moves of the mouse: pyqtgraph passes over what comes at more than 100 Hz."""


def drag(
    qtbot: QtBot,
    view: WaveformView,
    start: float,
    stop: float,
    modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier,
) -> None:
    viewport = view.canvas.viewport()
    first, last = place(view, start), place(view, stop)
    left = Qt.MouseButton.LeftButton
    qtbot.mousePress(viewport, left, modifier, first)
    for step in (0.3, 0.6, 0.9, 1.0):
        between = QPointF(first) * (1 - step) + QPointF(last) * step
        event_place = between.toPoint()
        qtbot.wait(MOVE_MS)
        _move(viewport, event_place, modifier)
    qtbot.mouseRelease(viewport, left, modifier, last)


def _move(viewport: object, position: QPoint, modifier: Qt.KeyboardModifier) -> None:
    from PySide6.QtCore import QEvent
    from PySide6.QtGui import QMouseEvent

    QApplication.sendEvent(
        viewport,
        QMouseEvent(
            QEvent.Type.MouseMove,
            QPointF(position),
            viewport.mapToGlobal(QPointF(position)),
            Qt.MouseButton.NoButton,
            Qt.MouseButton.LeftButton,
            modifier,
        ),
    )


def test_it_starts_at_the_whole(view: WaveformView) -> None:
    assert view.view_range == (0.0, LENGTH)
    assert view.duration == LENGTH


def test_the_wheel_zooms_at_the_cursor(view: WaveformView) -> None:
    before = place(view, 7.0).x()
    wheel(view, 7.0, 5)
    start, stop = view.view_range
    assert stop - start == pytest.approx(LENGTH * 0.8**5, rel=0.01)
    assert start < 7.0 < stop
    assert place(view, 7.0).x() == pytest.approx(before, abs=3)
    wheel(view, 7.0, -20)
    assert view.view_range == (0.0, LENGTH)


def test_all_lanes_keep_one_time_axis(view: WaveformView) -> None:
    wheel(view, 3.0, 4)
    ranges = [plot.box.viewRange()[0] for plot in view._plots]
    assert len(ranges) == 2
    assert ranges[0] == pytest.approx(ranges[1])
    assert ranges[0] == pytest.approx(view.view_range)


def test_a_drag_pans_but_not_past_the_ends(view: WaveformView, qtbot: QtBot) -> None:
    view.set_view_range(4.0, 6.0)
    drag(qtbot, view, 5.0, 4.5)
    start, stop = view.view_range
    assert stop - start == pytest.approx(2.0)
    assert start == pytest.approx(4.5, abs=0.05)
    view.set_view_range(-5, -3)
    assert view.view_range == (0.0, 2.0)


def test_a_click_seeks(view: WaveformView, qtbot: QtBot) -> None:
    with qtbot.waitSignal(view.seek) as told:
        qtbot.mouseClick(view.canvas.viewport(), Qt.MouseButton.LeftButton, pos=place(view, 3.0))
    assert told.args[0] == pytest.approx(3.0, abs=0.03)


def test_a_shift_drag_selects(view: WaveformView, qtbot: QtBot) -> None:
    with qtbot.waitSignal(view.selection_changed) as told:
        drag(qtbot, view, 6.0, 2.0, Qt.KeyboardModifier.ShiftModifier)
    start, stop = told.args[0]
    assert (start, stop) == view.selection
    assert start == pytest.approx(2.0, abs=0.05)
    assert stop == pytest.approx(6.0, abs=0.05)
    assert view.view_range == (0.0, LENGTH)
    view.zoom_to_selection()
    assert view.view_range == pytest.approx((start, stop))
    with qtbot.waitSignal(view.selection_changed) as told:
        qtbot.keyClick(view, Qt.Key.Key_Escape)
    assert told.args == [None]


def test_a_double_click_fits(view: WaveformView, qtbot: QtBot) -> None:
    view.set_view_range(4.0, 5.0)
    viewport = view.canvas.viewport()
    spot = place(view, 4.5)
    qtbot.mouseClick(viewport, Qt.MouseButton.LeftButton, pos=spot)
    qtbot.mouseDClick(viewport, Qt.MouseButton.LeftButton, pos=spot)
    qtbot.mouseRelease(viewport, Qt.MouseButton.LeftButton, pos=spot)
    assert view.view_range == (0.0, LENGTH)


def test_no_more_is_drawn_than_the_screen_has_columns(view: WaveformView, qtbot: QtBot) -> None:
    for span in (LENGTH, 1.0, 0.1, 0.01, 0.001):
        view.set_view_range(2.0, 2.0 + span)
        view._draw()
        lane = view._lanes["dry"]
        _, low, _ = lane.envelope.columns
        drawn = len(lane.curve.getData()[0]) if lane.curve.isVisible() else len(low)
        assert 0 < drawn <= 2 * view._plots[0].box.width() + 8


def test_near_by_the_samples_themselves_are_drawn(view: WaveformView) -> None:
    view.set_view_range(2.0, 2.001)
    view._draw()
    xs, ys = view._lanes["wet"].curve.getData()
    first = round(xs[0] * RATE)
    source = view.signals[1].source
    np.testing.assert_allclose(ys, 2.0 * source.samples(first, first + len(xs)), rtol=1e-6)
    assert view._lanes["wet"].dots.isVisible()


def test_from_afar_the_envelope_reaches_the_extremes(view: WaveformView) -> None:
    _, lows, highs = view._lanes["wet"].envelope.columns
    assert highs.max() == pytest.approx(2 * np.tanh(1.5), rel=1e-4)
    low, high = view._plots[1].box.viewRange()[1]
    assert low < lows.min()
    assert high > highs.max()


def test_a_drag_does_not_make_the_picture_shimmer(view: WaveformView) -> None:
    drawn: list[dict[float, float]] = []
    for start in (2.0, 2.01, 2.0237):
        view.set_view_range(start, start + 4.0)
        view._draw()
        edges, _, highs = view._lanes["wet"].envelope.columns
        inner = slice(4, -4)
        drawn.append(dict(zip(edges[:-1][inner].tolist(), highs[inner].tolist(), strict=True)))
    for other in drawn[1:]:
        shared = drawn[0].keys() & other.keys()
        assert len(shared) > 0.9 * len(other)
        assert all(drawn[0][x] == other[x] for x in shared)


def test_signals_can_be_hidden_and_laid_over_each_other(view: WaveformView, qtbot: QtBot) -> None:
    assert len(view._plots) == 2
    view.set_mode("overlay")
    assert len(view._plots) == 1
    assert set(view._lanes) == {"dry", "wet"}
    qtbot.mouseClick(view.head.chips["dry"], Qt.MouseButton.LeftButton)
    assert set(view._lanes) == {"wet"}
    qtbot.mouseClick(view.head.chips["dry"], Qt.MouseButton.LeftButton)
    assert set(view._lanes) == {"dry", "wet"}


def test_a_knob_keeps_its_own_axis(view: WaveformView) -> None:
    track = np.linspace(1.0, 500.0, int(LENGTH * RATE)).astype(np.float32)
    knob = WaveSignal(
        "knob:Drive", "Drive", "knob", ArraySource(track, RATE), "kOhm", limits=(1.0, 500.0)
    )
    view.set_signals([*signals(), knob])
    view.set_mode("overlay")
    assert [len(plot.curves) for plot in view._plots] == [2, 1]
    low, high = view._plots[-1].box.viewRange()[1]
    assert -60 < low < 1.0
    assert 500.0 < high < 560.0
    assert abs(view._plots[0].box.viewRange()[1][1]) < 5, "volts keep their scale"
    view.set_mode("lanes")
    assert len(view._plots) == 3


def test_many_states_are_chosen_from_a_list(view: WaveformView, qtbot: QtBot) -> None:
    bias = 4.5 + 0.01 * np.sin(np.arange(int(LENGTH * RATE)) / 100).astype(np.float32)
    states = [
        WaveSignal(f"state:v{n}", f"v{n}", "state", ArraySource(bias, RATE), "V") for n in range(8)
    ]
    view.set_signals([*signals(), *states])
    assert len(view._plots) == 3, "dry, wet and the first state"
    low, high = view._plots[2].box.viewRange()[1]
    assert 4.4 < low < 4.49
    assert 4.51 < high < 4.6
    assert view.head.states.text() == "1 of 8 states"
    menu = view.head.states.menu()
    assert menu is not None
    menu.actions()[5].trigger()
    qtbot.waitUntil(lambda: len(view._plots) == 4)
    assert view.head.states.text() == "2 of 8 states"
    view.set_signals([*signals(), *states])
    assert len(view._plots) == 4, "what was chosen stays"
    view.set_visible("state:v5", False)
    view.set_signals([*signals(), *states[:3]])
    assert view.head.states.isHidden()


def test_the_cursor_reads_time_and_value(view: WaveformView) -> None:
    view.set_view_range(2.0, 2.001)
    view._hover(view._plots[0].box.mapViewToScene(QPointF(2.0005, 0)))
    value = 0.5 * np.sin(2 * np.pi * 110 * round(2.0005 * RATE) / RATE)
    assert view.head.chips["dry"]._value == reading_text(float(value), "FS", decibels=True)
    assert view.head.chips["wet"]._value.endswith("V")
    assert view.head.time.text() == "0:02.0005"
    view._leave()
    assert view.head.chips["dry"]._value == ""


def test_the_overview_drags_the_view(view: WaveformView, qtbot: QtBot) -> None:
    view.set_view_range(0.0, 2.0)
    strip = view.overview
    at = [round(strip._x(seconds)) for seconds in (1.0, 6.0)]
    qtbot.mousePress(strip, Qt.MouseButton.LeftButton, pos=QPoint(at[0], 20))
    qtbot.mouseMove(strip, QPoint(at[1], 20))
    qtbot.mouseRelease(strip, Qt.MouseButton.LeftButton, pos=QPoint(at[1], 20))
    assert view.view_range == pytest.approx((5.0, 7.0), abs=0.05)


def test_copied_data_are_the_selected_samples(view: WaveformView) -> None:
    view.set_selection(1.0, 1.01)
    view.canvas.copy_data()
    lines = QApplication.clipboard().text().splitlines()
    assert lines[0].split("\t") == ["seconds", "dry (FS)", "wet (V)"]
    rows = np.array([[float(cell) for cell in line.split("\t")] for line in lines[1:]])
    assert len(rows) == pytest.approx(480, abs=1)
    expected = view.signals[0].source.samples(RATE, RATE + len(rows))
    np.testing.assert_allclose(rows[:, 1], expected, rtol=1e-5)


def test_copied_data_of_a_long_view_are_minima_and_maxima(view: WaveformView) -> None:
    view.canvas.copy_data()
    lines = QApplication.clipboard().text().splitlines()
    assert "minimum" in lines[0]
    assert len(lines) < 2000


def test_the_picture_is_copied(view: WaveformView) -> None:
    view.canvas.copy_picture()
    picture = QApplication.clipboard().pixmap()
    assert picture.width() == 2 * view.canvas.width()
    assert picture.height() == 2 * view.canvas.height()


def test_parts_position_and_theme_switch_keep_the_view(view: WaveformView, theme: Theme) -> None:
    view.set_parts([Part("train", 0, 6), Part("validation", 6, 8), Part("test", 8, 10)])
    view.set_play_position(3.0)
    view.set_selection(1, 2)
    view.set_view_range(0.5, 4.0)
    theme.set_mode("light")
    view.grab()
    assert view.view_range == pytest.approx((0.5, 4.0))
    assert view.selection == (1, 2)
    assert [plot.cursors.play.value() for plot in view._plots] == [3.0, 3.0]
    view.set_play_position(None)
    assert not any(plot.cursors.play.isVisible() for plot in view._plots)


def test_enter_and_space_play_the_selection(view: WaveformView, qtbot: QtBot) -> None:
    with qtbot.assertNotEmitted(view.play_selection):
        qtbot.keyClick(view, Qt.Key.Key_Return)
    view.set_selection(2.0, 4.0)
    for key in (Qt.Key.Key_Return, Qt.Key.Key_Space):
        with qtbot.waitSignal(view.play_selection) as told:
            qtbot.keyClick(view, key)
        assert told.args == [2.0, 4.0]
    view.set_playing(True)
    with qtbot.assertNotEmitted(view.play_selection):
        qtbot.keyClick(view, Qt.Key.Key_Space)


def test_space_waits_for_the_window_unless_something_is_selected(
    view: WaveformView,
) -> None:
    def taken() -> bool:
        event = QKeyEvent(
            QEvent.Type.ShortcutOverride, Qt.Key.Key_Space, Qt.KeyboardModifier.NoModifier
        )
        event.ignore()
        QApplication.sendEvent(view, event)
        return event.isAccepted()

    assert not taken()
    view.set_selection(1.0, 2.0)
    assert taken()
    view.set_playing(True)
    assert not taken()


def test_the_selection_is_told_with_its_length_and_buttons(
    view: WaveformView, qtbot: QtBot
) -> None:
    bar = view.head.selection
    assert not bar.isVisible()
    view.set_selection(2.0, 4.5)
    assert bar.isVisible()
    assert bar.words == "0:02.000 to 0:04.500  \u00b7  2.500 s"
    with qtbot.waitSignal(view.play_selection):
        bar.play.emit()
    bar.zoom.emit()
    assert view.view_range == pytest.approx((2.0, 4.5))
    bar.cleared.emit()
    assert view.selection is None
    assert not bar.isVisible()


def test_a_plain_drag_selects_while_that_is_chosen(view: WaveformView, qtbot: QtBot) -> None:
    view.head.select_button.setChecked(True)
    drag(qtbot, view, 2.0, 5.0)
    assert view.selection == pytest.approx((2.0, 5.0), abs=0.05)
    assert view.view_range == (0.0, LENGTH)
    view.head.select_button.setChecked(False)
    view.set_view_range(4.0, 6.0)
    drag(qtbot, view, 5.0, 4.5)
    assert view.view_range[0] == pytest.approx(4.5, abs=0.05)


def test_marks_are_shown_and_visited_in_turn(view: WaveformView, qtbot: QtBot) -> None:
    marks = [
        Mark(6.0, 6.2, "problem", "silent"),
        Mark(1.0, 1.5, "warning", "clipped"),
        Mark(0.0, 0.5, "cut"),
    ]
    view.set_marks(marks)
    bare = view.canvas.grab().toImage()
    view.set_marks([])
    assert view.canvas.grab().toImage() != bare
    view.set_marks(marks)
    middles = []
    for key in (Qt.Key.Key_N, Qt.Key.Key_N, Qt.Key.Key_N, Qt.Key.Key_P):
        qtbot.keyClick(view, key)
        middles.append(sum(view.view_range) / 2)
    assert middles == pytest.approx([1.25, 6.1, 1.25, 6.1], abs=0.01)
    assert view.view_range[1] - view.view_range[0] == pytest.approx(0.2 * 1.7)
    view.set_marks(marks, tour=marks[:1])
    view.go_to_mark(1)
    assert sum(view.view_range) / 2 == pytest.approx(6.1)


def test_a_mark_of_one_sample_is_shown_with_room(view: WaveformView) -> None:
    view.show_stretch(3.0, 3.0 + 1 / RATE)
    start, stop = view.view_range
    assert 0.002 < stop - start < 0.02
    assert start < 3.0 < stop


def test_the_cursor_says_what_a_mark_means(view: WaveformView) -> None:
    view.set_marks([Mark(2.0, 2.1, "warning", "Wet is clipped.")])
    view._hover(view._plots[0].box.mapViewToScene(QPointF(2.05, 0)))
    assert view.canvas.toolTip() == "Wet is clipped."
    view._hover(view._plots[0].box.mapViewToScene(QPointF(5.0, 0)))
    assert view.canvas.toolTip() == ""


def test_lanes_have_one_height(view: WaveformView, qtbot: QtBot) -> None:
    qtbot.wait(20)
    heights = [plot.box.height() for plot in view._plots]
    assert heights[0] == pytest.approx(heights[1], abs=1)
    view.set_visible("wet", False)
    qtbot.wait(20)
    assert view._plots[0].box.height() > 1.8 * heights[0]


@pytest.mark.parametrize("samples", [[], [0.5], [np.nan, np.inf, -np.inf, 0.1], [0.0] * 1000])
def test_odd_signals_are_shown_without_complaint(
    view: WaveformView, qtbot: QtBot, samples: list[float]
) -> None:
    array = np.array(samples, np.float32)
    view.set_signals([WaveSignal("odd", "odd", "wet", ArraySource(array, RATE))])
    qtbot.wait(10)
    view.fit()
    view.grab()
    assert view.duration == len(samples) / RATE


@pytest.mark.parametrize(
    ("value", "unit", "decibels", "text"),
    [
        (0.5, "FS", True, "\u22126.0 dBFS"),
        (0.0, "FS", True, "\u2212\u221e dBFS"),
        (-0.5, "FS", False, "\u22120.5000"),
        (-0.319, "V", True, "\u2212319 mV"),
        (2e-5, "A", True, "+20 µA"),
        (1.5, "V", True, "+1.5 V"),
        (47000.0, "Ohm", True, "4.7e+04 Ohm"),
        (0.25, "", True, "0.25"),
        (None, "V", True, ""),
        (float("nan"), "V", True, ""),
    ],
)
def test_readings(value: float | None, unit: str, decibels: bool, text: str) -> None:
    assert reading_text(value, unit, decibels=decibels) == text
