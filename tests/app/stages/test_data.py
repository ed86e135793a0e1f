"""The Data stage: list, panes, parts, removing, renaming, progress in place."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
from pytestqt.qtbot import QtBot
from small_jobs import wav_pair

from app.player import Player
from app.stages.data import DataStage
from app.stages.import_pane import ImportPane
from app.stages.simulate_pane import SimulatePane
from app.workbench import Workbench

Stage = Callable[..., DataStage]


@pytest.fixture
def stage(bench: Workbench, qtbot: QtBot, make_project: Callable[..., Path]) -> Stage:
    """Builds the stage over a project with captures of these names."""

    def build(*names: str) -> DataStage:
        assert bench.open_project(make_project(*names))
        player = Player(bench)
        made = DataStage(bench, player)
        player.setParent(made)
        qtbot.addWidget(made)
        made.resize(1280, 560)
        made.show()
        return made

    return build


def test_an_empty_project_teaches(bench: Workbench, stage: Stage) -> None:
    page = stage()
    assert page.stack.currentWidget() is page.empty
    primary = page.primary()
    assert (primary.enabled, primary.why_not) == (False, "There is no capture yet.")
    asked: list[str] = []
    bench.command_requested.connect(asked.append)
    page.empty.example.emit()
    assert asked == ["guided"]
    page.empty.action.emit()
    assert isinstance(page.stack.currentWidget(), SimulatePane)


def test_a_capture_is_drawn_with_its_parts_and_verdicts(qtbot: QtBot, stage: Stage) -> None:
    page = stage("Strings", "Bass")
    assert page.primary().enabled
    waveform = page.view.plots.waveform
    qtbot.waitUntil(lambda: len(waveform.signals) == 3, timeout=10_000)
    assert [signal.role for signal in waveform.signals] == ["dry", "wet", "state"]
    assert waveform.duration == pytest.approx(4.0)
    dry = waveform.signals[0]
    assert (dry.unit, dry.full_scale) == ("V", 4.5)
    page.list.setCurrentIndex(page.model.index(1))
    assert page.workbench.capture_id == page.model.rows[1].entry.id
    assert page.model.rows[1].verdict == "warning"


def test_leaving_everything_out_says_why_training_cannot_start(stage: Stage) -> None:
    page = stage("Strings")
    page.actions_of_list.include.trigger()
    assert page.primary().why_not == "Every capture is left out."
    page.actions_of_list.include.trigger()
    assert page.primary().enabled


def test_renaming_in_the_list_is_undoable(bench: Workbench, stage: Stage) -> None:
    page = stage("Strings")
    index = page.model.index(0)
    assert page.model.setData(index, "  Slide  ")
    assert page.model.rows[0].entry.name == "Slide"
    assert not page.model.setData(index, "   ")
    assert bench.session is not None
    bench.session.undo_stack.undo()
    assert page.model.rows[0].entry.name == "Strings"


def test_removing_the_last_capture_shows_the_empty_place(bench: Workbench, stage: Stage) -> None:
    page = stage("Strings")
    page.actions_of_list.remove.trigger()
    assert page.stack.currentWidget() is page.empty
    assert bench.capture_id == ""
    notice = bench.notices.history[-1]
    assert notice.actions[0].text == "Undo"
    notice.actions[0].do()
    assert page.stack.currentWidget() is page.view


def test_parts_can_be_divided_until_locked(bench: Workbench, stage: Stage) -> None:
    page = stage("Strings")
    parts = page.view.parts
    parts.change.setChecked(True)
    parts.validation.setValue(10)
    parts.test.setValue(30)
    parts.apply.click()
    assert "Test 1.2 s (30 %)" in parts._words["test"].text()
    assert bench.session is not None
    bench.session.lock_tests()
    assert not parts.change.isEnabled()
    assert "locked" in parts.change.toolTip().lower()


def test_the_import_pane_says_what_is_wrong_before_anything_runs(
    qtbot: QtBot, stage: Stage, tmp_path: Path
) -> None:
    page = stage()
    page.show_import()
    pane = page.stack.currentWidget()
    assert isinstance(pane, ImportPane)
    assert pane.primary().why_not == "Choose a dry and a wet recording."
    pair = wav_pair(tmp_path / "audio")["config"]
    pane.fill(Path(pair["dry"]), Path(pair["wet"]))
    qtbot.waitUntil(lambda: pane.primary().enabled, timeout=5000)
    assert "48 kHz" in pane.pair.dry._facts.text()

    other = tmp_path / "other.wav"
    soundfile.write(other, np.zeros(44_100), 44_100)
    pane.pair.wet.set_path(other)
    rates = pane.pair._rates
    qtbot.waitUntil(lambda: "resampled from 44.1 kHz to dry's 48 kHz" in rates.text(), timeout=5000)
    assert pane.primary().enabled

    other.write_bytes(b"no audio at all")
    pane.pair.wet.set_path(other)
    qtbot.waitUntil(lambda: bool(pane.pair.wet.problem), timeout=5000)
    assert "other.wav" in pane.pair.wet._facts.text()
    assert pane.primary().why_not == "One of the files cannot be used."

    pane.pair.wet.set_path(Path(pair["dry"]))
    qtbot.waitUntil(lambda: "same file" in pane.primary().why_not, timeout=5000)
