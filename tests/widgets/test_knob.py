"""A knob under the hand: drag, wheel, keys, reset, typing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from widgets.knob import Knob, KnobSpec

DRIVE = KnobSpec("drive", "Drive", 0, 10, 5, "", decimals=1)
TONE = KnobSpec("tone", "Tone", 100, 10_000, 1000, "Hz", "log", 0)


@pytest.fixture
def knob(qtbot: QtBot) -> Knob:
    made = Knob(DRIVE)
    qtbot.addWidget(made)
    made.show()
    return made


def wheel(widget: Knob, notches: float, modifiers: Qt.KeyboardModifier) -> None:
    centre = QPointF(widget.rect().center())
    QApplication.sendEvent(
        widget,
        QWheelEvent(
            centre,
            widget.mapToGlobal(centre),
            QPoint(0, 0),
            QPoint(0, round(120 * notches)),
            Qt.MouseButton.NoButton,
            modifiers,
            Qt.ScrollPhase.NoScrollPhase,
            False,
        ),
    )


def test_drag_up_turns_up_and_settles_once(knob: Knob, qtbot: QtBot) -> None:
    moved: list[float] = []
    settled: list[float] = []
    knob.changed.connect(moved.append)
    knob.settled.connect(settled.append)
    start = QPoint(42, 46)
    qtbot.mousePress(knob, Qt.MouseButton.LeftButton, pos=start)
    for step in range(1, 10):
        qtbot.mouseMove(knob, start - QPoint(0, 5 * step))
    qtbot.mouseRelease(knob, Qt.MouseButton.LeftButton, pos=start - QPoint(0, 45))
    assert moved == sorted(moved)
    assert len(moved) == 9
    assert knob.current == pytest.approx(7.5)
    assert settled == [knob.current]


def test_it_stops_at_its_ends(knob: Knob, qtbot: QtBot) -> None:
    qtbot.mousePress(knob, Qt.MouseButton.LeftButton, pos=QPoint(42, 46))
    qtbot.mouseMove(knob, QPoint(42, -4000))
    assert knob.current == 10
    qtbot.mouseMove(knob, QPoint(42, 4000))
    qtbot.mouseRelease(knob, Qt.MouseButton.LeftButton, pos=QPoint(42, 4000))
    assert knob.current == 0


def test_wheel_and_fine_wheel(knob: Knob) -> None:
    wheel(knob, 1, Qt.KeyboardModifier.NoModifier)
    assert knob.current == pytest.approx(5.25)
    wheel(knob, -1, Qt.KeyboardModifier.ShiftModifier)
    assert knob.current == pytest.approx(5.225)


def test_double_click_resets(knob: Knob, qtbot: QtBot) -> None:
    knob.set_current(9)
    with qtbot.waitSignal(knob.settled) as told:
        qtbot.mouseDClick(knob, Qt.MouseButton.LeftButton, pos=QPoint(42, 46))
    assert told.args == [5.0]
    assert knob.current == 5.0


def test_keys(knob: Knob, qtbot: QtBot) -> None:
    qtbot.keyClick(knob, Qt.Key.Key_Up)
    assert knob.current == pytest.approx(5.1)
    qtbot.keyClick(knob, Qt.Key.Key_Home)
    assert knob.current == 0
    qtbot.keyClick(knob, Qt.Key.Key_End)
    assert knob.current == 10
    qtbot.keyClick(knob, Qt.Key.Key_Delete)
    assert knob.current == 5


def test_a_typed_value(qtbot: QtBot) -> None:
    tone = Knob(TONE)
    qtbot.addWidget(tone)
    tone.show()
    tone.setFocus()
    qtbot.keyClick(tone, Qt.Key.Key_Return)
    editor = tone.focusWidget()
    assert editor is not None
    qtbot.keyClicks(editor, "2.5k")
    qtbot.keyClick(editor, Qt.Key.Key_Return)
    assert tone.current == pytest.approx(2500)
    qtbot.keyClick(tone, Qt.Key.Key_Return)
    qtbot.keyClicks(editor, "nonsense")
    qtbot.keyClick(editor, Qt.Key.Key_Return)
    assert tone.current == pytest.approx(2500)


def test_setting_does_not_emit(knob: Knob, qtbot: QtBot) -> None:
    with qtbot.assertNotEmitted(knob.changed), qtbot.assertNotEmitted(knob.settled):
        knob.set_current(7)
    assert knob.current == pytest.approx(7)
    assert knob.accessibleName() == "Drive"
    assert knob.accessibleDescription() == "7.0"


@given(st.floats(0, 1), st.sampled_from([DRIVE, TONE]))
def test_position_and_value_are_inverse(position: float, spec: KnobSpec) -> None:
    assert spec.position(spec.value(position)) == pytest.approx(position, abs=1e-9)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("5", 5.0),
        (" 4,7 ", 4.7),
        ("\u22123 dB", -3.0),
        ("2 m", 0.002),
        ("nan", None),
        ("inf", None),
        ("", None),
        ("k", None),
    ],
)
def test_what_people_type(text: str, value: float | None) -> None:
    assert KnobSpec("level", unit="dB", minimum=-60, maximum=6, default=0).parse(text) == value


def test_impossible_knobs_are_refused() -> None:
    with pytest.raises(ValueError, match="no range"):
        KnobSpec("a", minimum=1, maximum=1)
    with pytest.raises(ValueError, match="logarithmic"):
        KnobSpec("a", minimum=0, maximum=1, taper="log")
