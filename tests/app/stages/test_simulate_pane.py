"""The Simulate pane: the gallery, a device's page, sweeps by real workers."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile
from PySide6.QtCore import Qt, QThreadPool
from pytestqt.qtbot import QtBot
from small_jobs import SIMULATION, wait_until_running

from app.player import Player
from app.stages.base import Primary
from app.stages.data import DataStage
from app.stages.simulate_knobs import KnobRow
from app.stages.simulate_pane import SimulatePane
from app.workbench import Workbench
from engines.circuits.designs import spread
from engines.circuits.library import circuit_named
from engines.circuits.own import import_library
from engines.worker.protocol import End
from projects.capture import Capture
from projects.circuits import circuit_folder, read_netlist_text, write_netlist_text

needs_ngspice = pytest.mark.skipif(
    shutil.which("ngspice") is None, reason="ngspice is not installed"
)
Stage = Callable[[], tuple[DataStage, SimulatePane]]


@pytest.fixture
def stage(bench: Workbench, qtbot: QtBot, make_project: Callable[..., Path]) -> Iterator[Stage]:
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

    yield build
    QThreadPool.globalInstance().waitForDone(60_000)


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
    qtbot.waitUntil(lambda: strip._bar.value() > 0, timeout=60_000)
    with qtbot.waitSignal(bench.jobs.ended, timeout=60_000):
        strip.cancel_button.click()
    assert page.jobs.running == {}
    assert bench.settings.values.forms["simulate-diode-clipper"]["seconds"] == 60.0


def done(qtbot: QtBot, bench: Workbench, page: DataStage) -> End:
    """Press the primary button and wait for the job's end."""
    button = page.primary()
    assert button.enabled, button.why_not
    with qtbot.waitSignal(bench.jobs.ended, timeout=120_000) as ended:
        page.do_primary()
    end = ended.args[1]
    assert isinstance(end, End)
    return end


def short(pane: SimulatePane, **values: object) -> None:
    """Ask for four seconds at a low rate: enough for a test."""
    assert pane.form is not None
    pane.form.set_value({"seconds": 4.0, "sample_rate": 8000, **values})
    pane.form.changed.emit()


def vary(pane: SimulatePane, param: str, design: str) -> KnobRow:
    """Choose a design and let one knob vary in it, as a person does."""
    table = pane.page.table
    table.design._segments[design].click()
    for row in table.rows:
        wanted = 1 if row.plan.knob.param == param else 0
        row.mode.setCurrentIndex(wanted)
        row.mode.activated.emit(wanted)
    return next(row for row in table.rows if row.plan.knob.param == param)


def captures(bench: Workbench) -> list[Capture]:
    """The project's captures."""
    assert bench.session is not None
    found = [bench.session.capture(entry.id) for entry in bench.session.manifest.captures]
    return [capture for capture in found if capture is not None]


def test_every_device_is_in_the_gallery_and_found_by_its_knobs(stage: Stage) -> None:
    page, pane = stage()
    titles = [card.text() for card in pane.gallery.shown()]
    assert titles[:3] == ["RC low-pass", "Diode clipper", "Second-order diode clipper"]
    assert {"Overdrive", "Optical compressor", "Waveshaper"} <= set(titles)
    assert all(card.item.svg for card in pane.gallery.cards.values())
    pane.gallery.search.setText("peak reduction")
    assert [card.text() for card in pane.gallery.shown()] == ["Optical compressor"]
    assert page.primary() == Primary("Set up")
    page.do_primary()
    assert pane.page.title.text() == "Diode clipper"
    assert page.primary().text == "Simulate"


@needs_ngspice
def test_a_sweep_of_two_settings_becomes_two_captures(
    qtbot: QtBot, bench: Workbench, stage: Stage
) -> None:
    page, pane = stage()
    pane.choose("circuit-rc-lowpass")
    short(pane, drive=0.5)
    row = vary(pane, "resistance", "grid")
    row.listed.setText("1000, 1e9")
    row.listed.textEdited.emit("1000, 1e9")
    assert row.problem.text() == "It goes from 1000 to 100000 Ω, and 1e+09 is outside."
    assert page.primary().why_not == "Some settings do not fit; see below them."
    row.listed.setText("1000, 20000")
    row.listed.textEdited.emit("1000, 20000")
    assert "2 captures, 8 s of audio, roughly" in pane.page.words.text()
    assert pane.page.settings.model.rowCount() == 2
    assert done(qtbot, bench, page).state == "done"
    found = captures(bench)
    assert [capture.knobs for capture in found] == [{"Resistance": 1000.0}, {"Resistance": 20000.0}]
    assert found[0].signal("dry").full_scale == 0.5
    assert bench.capture_id == found[0].id
    pane.choose("circuit-rc-lowpass")
    assert "about" in pane.page.words.text()  # as fast as it was a moment ago
    assert pane.page.table.plan.lists() == {"resistance": [1000.0, 20000.0]}
    pane.page.reset_button.click()
    assert pane.page.table.plan.design == "one"


@needs_ngspice
def test_a_knob_that_moves_is_drawn_before_and_kept_after(
    qtbot: QtBot, bench: Workbench, stage: Stage
) -> None:
    page, pane = stage()
    pane.choose("circuit-rc-lowpass")
    short(pane)
    vary(pane, "resistance", "moving")
    motion = pane.page.motion
    motion.hold.setText("0")
    motion.hold.textEdited.emit("0")
    assert pane.page.complaint.text() == "Knobs rest for 0.1 to 60 s."
    motion.hold.setText("0.3")
    motion.hold.textEdited.emit("0.3")
    assert "1 capture in which resistance moves" in pane.page.words.text()
    qtbot.waitUntil(lambda: motion.tracks is not None, timeout=20_000)
    assert motion.tracks is not None
    assert motion.tracks.names == ("Resistance",)
    assert np.ptp(motion.tracks.shares) > 0.8
    assert done(qtbot, bench, page).state == "done"
    (capture,) = captures(bench)
    (knob,) = [signal for signal in capture.signals if signal.role == "knob"]
    assert knob.name == "Resistance"
    assert bench.session is not None
    track, rate = soundfile.read(bench.session.project.capture_folder(capture.id) / knob.file)
    drawn = np.interp(
        np.arange(len(track)) / rate, motion.tracks.seconds, motion.tracks.shares[:, 0]
    )
    played = np.log(track / 1000) / np.log(100)
    assert np.mean(np.abs(drawn - played)) < 0.02  # what is drawn is what is simulated


@needs_ngspice
def test_a_killed_sweep_goes_on_by_a_button(qtbot: QtBot, bench: Workbench, stage: Stage) -> None:
    page, pane = stage()
    pane.choose("circuit-rc-lowpass")
    short(pane, seconds=20.0)
    vary(pane, "resistance", "grid").count.setValue(4)
    page.do_primary()
    (job_id,) = page.jobs.running
    assert bench.session is not None
    folder = bench.session.project.find_job(job_id).folder
    strip = page.jobs.running[job_id]
    qtbot.waitUntil(lambda: "setting 2 of 4" in strip._text.text(), timeout=100_000)
    worker = bench.jobs.worker(job_id)
    assert worker is not None
    with qtbot.waitSignal(bench.jobs.ended, timeout=60_000):
        worker.kill()
    assert page.jobs.running == {}
    waiting = page.jobs.waiting[job_id]
    with qtbot.waitSignal(bench.jobs.ended, timeout=120_000) as ended:
        waiting.resume_button.click()
        assert list(page.jobs.running) == [job_id]
    assert ended.args[1].state == "done"
    assert page.jobs.waiting == {}
    assert [capture.knobs["Resistance"] for capture in captures(bench)] == [1e3, 4642, 21540, 1e5]
    assert "was simulated before" in (folder / "log.txt").read_text()


@needs_ngspice
def test_a_setting_that_fails_is_named_and_the_others_go_on(
    qtbot: QtBot,
    bench: Workbench,
    stage: Stage,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    program = tmp_path / "choosy-ngspice"
    program.write_text(
        "#!/bin/sh\n"
        'if grep -qs "resistance=2000" *.cir; then\n'
        '  echo "Error: timestep too small"; exit 1\n'
        "fi\n"
        f'exec {shutil.which("ngspice")} "$@"\n'
    )
    program.chmod(0o755)
    monkeypatch.setenv("TRIMPOT_NGSPICE", str(program))
    page, pane = stage()
    pane.choose("circuit-rc-lowpass")
    short(pane)
    row = vary(pane, "resistance", "grid")
    row.listed.setText("1000, 2000, 5000")
    row.listed.textEdited.emit("1000, 2000, 5000")
    end = done(qtbot, bench, page)
    assert end.state == "done"
    assert [capture.knobs["Resistance"] for capture in captures(bench)] == [1000.0, 5000.0]
    notice = bench.notices.history[-1]
    assert notice.level == "warning"
    assert "1 setting could not be simulated" in notice.sentence
    assert "resistance 2000" in notice.details
    assert "timestep too small" in notice.details


@needs_ngspice
def test_the_settings_of_a_spread_are_those_that_its_source_draws(
    qtbot: QtBot, stage: Stage
) -> None:
    _, pane = stage()
    pane.choose("circuit-overdrive")
    vary(pane, "drive", "spread")
    row = pane.page.table.rows[1]
    row.mode.setCurrentIndex(1)
    row.mode.activated.emit(1)
    pane.page.table.spread_count.setValue(8)
    pane.page.settings.button.setChecked(True)
    model = pane.page.settings.model
    qtbot.waitUntil(lambda: model.rowCount() == 8, timeout=20_000)
    chosen = {"drive": [0.0, 1.0], "tone": [0.0, 1.0], "level": [0.7]}
    assert model.settings == spread(circuit_named("overdrive"), chosen, 8, 0)
    assert [model.headerData(n, Qt.Orientation.Horizontal) for n in (0, 1)] == ["Drive", "Tone"]
    dots = pane.page.settings._dots
    assert dots is not None
    assert sorted(dots.getData()[0]) == sorted(one["drive"] for one in model.settings)


@needs_ngspice
def test_how_many_settings_are_needed_is_asked_cancelled_and_taken_over(
    qtbot: QtBot, stage: Stage
) -> None:
    _, pane = stage()
    pane.choose("circuit-rc-lowpass")
    advice = pane.page.advice
    pane.page.how_many.click()
    assert advice.isVisible()
    advice.close_button.click()
    assert not advice.busy
    assert not advice.isVisible()
    pane.page.how_many.click()
    qtbot.waitUntil(lambda: not advice.busy, timeout=60_000)
    assert "Resistance: " in advice._text.text()
    advice.use.click()
    plan = pane.page.table.plan
    assert plan.design == "grid"
    assert plan.captures() > 2
    assert pane.page.table.rows[0].mode.currentText() == "Several"


@needs_ngspice
def test_a_circuit_of_ones_own_has_a_page_and_is_simulated(
    qtbot: QtBot, bench: Workbench, stage: Stage
) -> None:
    page, pane = stage()
    assert bench.session is not None
    sheet = import_library(bench.session.folder, circuit_named("rc-lowpass"), "My low-pass")
    page.show_simulate(sheet.id)
    shown = pane.page
    assert (shown.title.text(), pane.source_name) == ("My low-pass", "netlist")
    assert shown.edit_button.text() == "Edit the netlist"
    qtbot.waitUntil(lambda: shown.facts is not None, timeout=20_000)
    assert "1 state: " in shown.reference.text()
    short(pane)
    assert done(qtbot, bench, page).state == "done"
    (capture,) = captures(bench)
    assert capture.name.startswith("My low-pass")
    assert len(capture.states) == 1
    folder = circuit_folder(bench.session.folder, sheet.id)
    text = read_netlist_text(folder)
    write_netlist_text(folder, text.replace(".end", "R99 nowhere\n.end"))
    page.show_simulate(sheet.id)
    qtbot.waitUntil(lambda: shown.facts is not None and bool(shown.facts.problem), timeout=20_000)
    assert shown.complaint.text() == shown.facts.problem  # type: ignore[union-attr]
    assert not page.primary().enabled


def test_the_window_loads_nothing_heavy_for_it(make_project: Callable[..., Path]) -> None:
    code = (
        "import sys\n"
        "from pathlib import Path\n"
        "from PySide6.QtWidgets import QApplication\n"
        "app = QApplication([])\n"
        "from app.notices import Notices\n"
        "from app.settings import SettingsStore\n"
        "from app.workbench import Workbench\n"
        "from app.stages.simulate_pane import SimulatePane\n"
        f"bench = Workbench(SettingsStore(Path({str(make_project())!r}) / 'config'), Notices())\n"
        "pane = SimulatePane(bench)\n"
        "for key in pane.devices:\n"
        "    pane.choose(key)\n"
        "heavy = ('torch', 'numba', 'sounddevice', 'scipy')\n"
        "print('heavy:', [m for m in heavy if m in sys.modules])\n"
    )
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    found = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True, text=True, timeout=120, env=environment, check=False,
    )  # fmt: skip
    assert "heavy: []" in found.stdout, found.stderr


def test_a_file_moves_the_knobs_that_it_names(qtbot: QtBot, stage: Stage, tmp_path: Path) -> None:
    page, pane = stage()
    pane.choose("circuit-overdrive")
    qtbot.waitUntil(lambda: pane.page.facts is not None, timeout=60_000)
    vary(pane, "drive", "moving")
    motion = pane.page.motion
    motion.kind._segments["file"].click()
    assert pane.page.complaint.text() == "Choose the file that moves the knobs."
    turns = tmp_path / "turns.csv"
    turns.write_text("time,tone\n0,0.2\n1,loud\n")
    motion._chosen(str(turns))
    qtbot.waitUntil(lambda: "line 3" in motion.problem, timeout=30_000)
    assert not page.primary().enabled
    turns.write_text("time,tone\n0,0.25\n2,0.75\n")
    motion._chosen(str(turns))
    qtbot.waitUntil(lambda: motion.tracks is not None, timeout=30_000)
    assert motion.tracks is not None
    assert motion.tracks.shares[[0, 200, -1], 0].tolist() == [0.25, 0.5, 0.75]
    plan = pane.page.table.plan
    assert [one.knob.param for one in plan.varying()] == ["tone"]
    assert pane.page.config()["knobs"] == {"drive": [0.5], "level": [0.7]}
    assert pane.page.words.text().startswith("1 capture in which tone moves")
    assert page.primary().enabled
