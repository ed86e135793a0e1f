"""The whole path through the real window: ngspice, training, the sound server, export."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from person import Person
from PySide6.QtCore import Qt
from scipy.signal import lfilter
from sound_server import SoundServer

from app.stages.audition import AuditionStage
from app.stages.data import DataStage
from app.stages.export import ExportStage
from app.stages.simulate_pane import SimulatePane
from app.stages.train import TrainStage
from engines.audio.files import write_wav
from engines.readers.rtneural import load
from engines.signals.builtin import builtin_dry

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.sound,
    pytest.mark.skipif(shutil.which("ngspice") is None, reason="ngspice is not installed"),
    pytest.mark.timeout(600),
]


def listen(person: Person, sound_server: SoundServer) -> np.ndarray:
    """Play the selected model by the keyboard; returns what the sound server played."""
    stage = person.window.stage("audition")
    assert isinstance(stage, AuditionStage)
    player = person.window.player
    person.qtbot.waitUntil(lambda: stage.primary().enabled, timeout=60_000)
    with sound_server.recording() as recording:
        person.key(Qt.Key.Key_D)
        person.key(Qt.Key.Key_Space)
        person.qtbot.waitUntil(lambda: player.playing, timeout=60_000)
        begun = player.position
        person.qtbot.waitUntil(lambda: player.position > begun + 0.5, timeout=60_000)
        person.key(Qt.Key.Key_Space)
        person.qtbot.waitUntil(lambda: not player.playing, timeout=60_000)
    return recording.mono()


def test_a_circuit_becomes_a_model_that_is_heard_and_exported(
    person: Person, sound_server: SoundServer
) -> None:
    window, bench = person.window, person.bench
    person.new_project("Clipper", window.start_page.simulate_wanted.emit)
    data = window.stage("data")
    assert isinstance(data, DataStage)
    pane = data.stack.currentWidget()
    assert isinstance(pane, SimulatePane)
    pane.choose("diode-clipper")
    assert pane.form is not None
    pane.form.set_value({**pane.form.value(), "seconds": 12.0})
    simulated = person.wait_for(person.start_job())
    assert simulated.state == "done", simulated.text
    session = bench.session
    assert session is not None
    (entry,) = session.manifest.captures
    capture = session.capture(entry.id)
    assert capture is not None
    assert [signal.name for signal in capture.states] == ["vC"]
    assert all(check.level == "ok" for check in capture.checks if check.name == "simulated input")

    person.key(Qt.Key.Key_2)
    train = window.stage("train")
    assert isinstance(train, TrainStage)
    train.pane.choose("stn", "light")
    train.pane.settings_form.set_value(
        {**train.pane.settings_form.value(), "max_seconds": 120.0, "target_esr": 1e-4}
    )
    run_id = person.start_job()
    curves = train.view.curves
    person.qtbot.waitUntil(
        lambda: any(len(curves.curve(key).x) > 1 for key in curves.keys), timeout=100_000
    )
    trained = person.wait_for(run_id)
    assert trained.state == "done", trained.text
    assert trained.figures["esr_test"] < 1e-3
    assert session.manifest.splits[0].locked

    person.primary()  # "Listen"
    assert window.stage_key == "audition"
    heard = listen(person, sound_server)
    assert np.sqrt(np.mean(heard.astype(np.float64) ** 2)) > 1e-3

    person.key(Qt.Key.Key_5)
    export = window.stage("export")
    assert isinstance(export, ExportStage)
    exported = person.wait_for(person.start_job())
    assert exported.state == "done", exported.text
    assert exported.figures["parity_max_abs"] <= 1e-5
    folder = next(iter(session.jobs("export"))).folder
    proof = json.loads((folder / "parity.json").read_text())
    assert proof["passed"]
    load(folder / proof["file"])  # the file is RTNeural JSON by an independent reader's word


def test_a_recorded_pair_becomes_an_lstm(person: Person, tmp_path: Path) -> None:
    dry = builtin_dry(8.0, 48_000, seed=5).samples
    wet = np.tanh(4.0 * lfilter([0.3], [1.0, -0.7], dry)).astype(np.float32)
    for name, samples in (("amp-dry", dry), ("amp-wet", wet)):
        write_wav(tmp_path / f"{name}.wav", samples, 48_000)
    window, bench = person.window, person.bench
    person.new_project("Amp", window.start_page.import_wanted.emit)
    data = window.stage("data")
    assert isinstance(data, DataStage)
    data.show_import(tmp_path / "amp-dry.wav", tmp_path / "amp-wet.wav")
    imported = person.wait_for(person.start_job())
    assert imported.state == "done", imported.text
    session = bench.session
    assert session is not None
    assert [entry.name for entry in session.manifest.captures] == ["amp-wet"]

    person.key(Qt.Key.Key_Z)  # without Ctrl it undoes nothing
    assert len(session.manifest.captures) == 1
    person.activate()
    person.qtbot.keyClick(window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert session.manifest.captures == ()
    modifiers = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    person.qtbot.keyClick(window, Qt.Key.Key_Z, modifiers)
    assert len(session.manifest.captures) == 1

    person.key(Qt.Key.Key_2)
    train = window.stage("train")
    assert isinstance(train, TrainStage)
    train.pane.choose("lstm", "light")
    train.pane.settings_form.set_value({**train.pane.settings_form.value(), "max_steps": 150})
    trained = person.wait_for(person.start_job())
    assert trained.state == "done", trained.text
    assert trained.figures["esr_test"] < 0.5
    assert person.bench.run_id
    figures = person.metrics(person.bench.run_id)
    assert figures[-1]["esr_validation"] < figures[0]["esr_validation"]
