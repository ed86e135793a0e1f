"""The pane that records a device, with a real sound server behind it and without one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from audio_engine import music
from device_loop import DeviceLoop
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot
from small_jobs import wait_for_end

from app.stages.record_pane import RecordPane
from app.workbench import Workbench
from engines.audio.writing import write_wav

Make = Callable[..., RecordPane]


@pytest.fixture
def pane(
    bench: Workbench, qtbot: QtBot, make_project: Callable[..., Path]
) -> Iterator[Callable[[], RecordPane]]:
    """Shows the pane over an empty project; what it has started is gone with the test."""
    made: list[RecordPane] = []

    def make() -> RecordPane:
        if bench.session is None:
            assert bench.open_project(make_project())
        shown = RecordPane(bench)
        made.append(shown)
        qtbot.addWidget(shown)
        shown.resize(992, 560)
        shown.show()
        return shown

    yield make
    for shown in made:
        shown._finder.stop()


@pytest.fixture
def with_sound(device_loop: DeviceLoop, monkeypatch: pytest.MonkeyPatch) -> DeviceLoop:
    for name, value in device_loop.server.environment.items():
        monkeypatch.setenv(name, value)
    return device_loop


@pytest.mark.sound
def test_settings_are_recorded_one_after_another(
    with_sound: DeviceLoop, bench: Workbench, qtbot: QtBot, pane: Make, tmp_path: Path
) -> None:
    with_sound.connect("tanh", 10)
    write_wav(tmp_path / "own.wav", music(2.0), 48_000)
    shown = pane()
    assert shown.primary().why_not == "Looking for sound devices…"
    qtbot.waitUntil(lambda: shown.primary().enabled, timeout=20_000)
    assert shown.missing.isHidden()
    assert shown.route.value()["output"] == "ALSA: default"
    shown.checklist._add("gain", "0, 1")
    shown.checklist._rebuild()
    assert shown.next.text() == "Set gain to 0, then press Record."
    shown.played.chosen.emit("own")
    shown.played.set_current("own")
    shown._show_played()
    assert shown.primary().why_not == "Choose the recording to play."
    shown.own.set_path(tmp_path / "own.wav")
    qtbot.waitUntil(lambda: shown.primary().enabled, timeout=5000)
    shown.test_seconds.setValue(0)

    levels: list[float] = []
    bench.jobs.message.connect(
        lambda _job, message: (
            levels.append(message.values["input_peak_db"]) if message.type == "metric" else None
        )
    )
    end = wait_for_end(qtbot, bench, shown.submit)
    assert end.state == "done", end.text
    assert max(levels) > -20
    assert bench.session is not None
    assert [entry.knobs for entry in bench.session.manifest.captures] == [{"gain": 0.0}]
    assert [control.maximum for control in bench.session.manifest.controls] == [1.0]
    assert shown.next.text() == "Set gain to 1, then press Record."
    assert "1 of 2 settings recorded." in shown.checklist._said.text()
    assert "round trip" in shown.advice.sentence
    ticked = shown.checklist.list.item(0).data(Qt.ItemDataRole.AccessibleTextRole)
    assert ticked == "gain 0, recorded"
    shown.checklist.list.setCurrentRow(0)
    assert shown.primary().text == "Record again"

    qtbot.mouseClick(shown.route.check, Qt.MouseButton.LeftButton)
    assert shown.primary().why_not == "The levels are being checked."
    qtbot.waitUntil(lambda: not bench.jobs.active(), timeout=60_000)
    assert "The input peaks at" in shown.advice.sentence
    assert not shown.checklist.isHidden()
    assert shown.primary().enabled

    # What was typed is offered again.
    again = pane()
    assert again.own.path == tmp_path / "own.wav"
    assert again.test_seconds.value() == 0
    assert again.checklist.knobs()[0].name == "gain"


@pytest.mark.sound
def test_a_take_can_be_stopped_and_is_kept(
    with_sound: DeviceLoop, bench: Workbench, qtbot: QtBot, pane: Make
) -> None:
    with_sound.connect("wire")
    shown = pane()
    shown.seconds.setValue(4)
    shown.test_seconds.setValue(0)
    qtbot.waitUntil(lambda: shown.primary().enabled, timeout=20_000)
    shown.submit()
    assert shown.stop.isVisibleTo(shown)
    assert shown.primary().why_not == "A take is running."
    assert not shown.route.isEnabled()
    qtbot.waitUntil(lambda: shown._bar.value() > 400, timeout=60_000)
    with qtbot.waitSignal(bench.jobs.ended, timeout=60_000):
        qtbot.mouseClick(shown.stop, Qt.MouseButton.LeftButton)
    assert "it was stopped" in shown.advice.sentence
    assert bench.session is not None
    assert len(bench.session.manifest.captures) == 1
    assert shown.route.isEnabled()


def test_no_device_is_a_normal_state(
    bench: Workbench,
    qtbot: QtBot,
    pane: Make,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    nothing = tmp_path / "asound.conf"
    nothing.write_text("")
    monkeypatch.setenv("PULSE_SERVER", f"unix:{tmp_path}/nowhere")
    monkeypatch.setenv("ALSA_CONFIG_PATH", str(nothing))
    shown = pane()
    qtbot.waitUntil(lambda: not shown._finder.looking, timeout=20_000)
    assert not shown.missing.isHidden()
    assert "sound" in shown.missing.sentence
    assert not shown.primary().enabled
    assert shown.primary().why_not == shown.missing.sentence
    assert not shown.route.check.isEnabled()
    shown.look()
    assert shown._finder.looking
    qtbot.waitUntil(lambda: not shown._finder.looking, timeout=20_000)


def test_wrong_knobs_are_said_before_anything_runs(pane: Make) -> None:
    shown = pane()
    list_ = shown.checklist
    row = list_._add("gain", "0, loud")
    list_._rebuild()
    assert "“loud” is not a number" in list_.problem
    row.values.setText("0, 1")
    assert list_.problem == ""
    assert list_.list.count() == 2
    other = list_._add("gain", "3")
    list_._rebuild()
    assert list_.problem == "The knob gain is there twice."
    other.removed.emit()
    assert list_.problem == ""
    list_._add("", "5")
    list_._rebuild()
    assert list_.problem == "A knob has values, but no name."
