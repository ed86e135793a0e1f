"""The Simulate pane: the gallery, a device's page, sweeps by real workers."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot
from small_jobs import SIMULATION, wait_until_running

from app.player import Player
from app.stages.data import DataStage
from app.stages.simulate_pane import SimulatePane
from app.workbench import Workbench

needs_ngspice = pytest.mark.skipif(
    shutil.which("ngspice") is None, reason="ngspice is not installed"
)
Stage = Callable[[], tuple[DataStage, SimulatePane]]


@pytest.fixture
def stage(bench: Workbench, qtbot: QtBot, make_project: Callable[..., Path]) -> Stage:
    """Shows the pane in the Data stage of an empty project."""

    def build() -> tuple[DataStage, SimulatePane]:
        assert bench.open_project(make_project())
        player = Player(bench)
        made = DataStage(bench, player)
        player.setParent(made)
        qtbot.addWidget(made)
        made.resize(1280, 560)
        made.show()
        made.show_simulate()
        pane = made.stack.currentWidget()
        assert isinstance(pane, SimulatePane)
        return made, pane

    return build


def test_a_missing_simulator_is_said_with_the_way_out(
    bench: Workbench, stage: Stage, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    page, pane = stage()
    assert not pane.missing.isHidden()
    assert "apt install ngspice" in pane.missing.sentence
    pane.choose("diode-clipper")
    assert page.primary().why_not == "ngspice was not found."
    program = tmp_path / "my-ngspice"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    monkeypatch.setenv("TRIMPOT_NGSPICE", str(program))
    page.entered()
    assert pane.missing.isHidden()
    assert page.primary().enabled


def test_a_computed_effect_needs_no_simulator_and_says_how_many_captures_it_makes(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    _, pane = stage()
    assert not pane.missing.isHidden()
    pane.gallery.cards["compressor"].click()
    assert pane.missing.isHidden()
    assert pane.primary().enabled
    assert pane.page.words.text().startswith("3 × 3 = 9 captures, 7 min of audio, ")
    threshold, ratio = pane.page.table.rows[:2]
    threshold.count.setValue(50)
    ratio.count.setValue(9)
    assert not pane.primary().enabled
    assert "These settings make 450 captures" in pane.page.complaint.text()


def test_a_simulation_shows_its_progress_in_place_and_can_be_cancelled(
    qtbot: QtBot, bench: Workbench, stage: Stage
) -> None:
    page, pane = stage()
    pane.choose("diode-clipper")
    assert pane.form is not None
    pane.form.set_value({**pane.form.value(), **SIMULATION["config"]})
    page.do_primary()
    assert page.stack.currentWidget() is page.empty
    assert page.primary().why_not == "The first capture is on its way."
    (job_id,) = page.jobs.running
    wait_until_running(qtbot, bench, job_id)
    strip = page.jobs.running[job_id]
    assert strip._bar.value() > 0
    with qtbot.waitSignal(bench.jobs.ended, timeout=60_000):
        strip.cancel_button.click()
    assert page.jobs.running == {}
    assert bench.settings.values.forms["simulate-diode-clipper"]["seconds"] == 60.0
