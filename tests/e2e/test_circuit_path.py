"""A netlist through the real window: dropped, edited, simulated while its knob moves, modelled."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import soundfile
from person import Person
from PySide6.QtCore import Qt

from app.stages.circuit_pane import CircuitPane
from app.stages.data import DataStage
from app.stages.simulate_pane import SimulatePane
from app.stages.train import TrainStage
from projects.circuits import circuits_of

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.sound,
    pytest.mark.timeout(600),
    pytest.mark.skipif(shutil.which("ngspice") is None, reason="ngspice is not installed"),
]

PEDAL = """* C:\\Users\\someone\\Documents\\LTspiceXVII\\booster.asc
V1 N001 0 9
V2 IN 0 wavefile="riff.wav"
C1 N002 IN 100n Rser=1
R1 N001 N002 470k
R2 N002 0 68k
Q1 N003 N002 N004 0 2N3904
R3 N001 N003 10k
R4 N004 0 {100+2k*(1-boost)}
C2 OUT N003 10µ
R5 OUT 0 100k
.model NPN NPN
.model PNP PNP
.lib C:\\Users\\someone\\Documents\\LTspiceXVII\\lib\\cmp\\standard.bjt
.param boost=0.5
.step param boost 0 1 0.5
.tran 0 1 0 20u
.backanno
.end
"""


def test_a_netlist_becomes_captures_whose_knob_moves(person: Person, tmp_path: Path) -> None:
    window, bench, qtbot = person.window, person.bench, person.qtbot
    file = tmp_path / "booster.net"
    file.write_bytes(PEDAL.encode("latin-1"))
    person.new_project("Booster", lambda: window.drop_zone.dropped.emit([file]))
    data = window.stage("data")
    assert isinstance(data, DataStage)
    qtbot.waitUntil(lambda: data.findChild(CircuitPane) is not None, timeout=20_000)
    pane = data.findChild(CircuitPane)
    assert isinstance(pane, CircuitPane)
    qtbot.waitUntil(lambda: data.primary().enabled, timeout=20_000)
    session = bench.session
    assert session is not None
    assert len(circuits_of(session.folder)) == 1
    assert [knob.param for knob in pane.circuit.sheet.knobs] == ["boost"]  # type: ignore[union-attr]

    # A slip at line 8 is said there, and undone.
    cursor = pane.editor.textCursor()
    place = pane.editor.toPlainText().index("R3 N001 N003 10k") + len("R3 N001 N003 10k")
    cursor.setPosition(place)
    pane.editor.setTextCursor(cursor)
    qtbot.keyClicks(pane.editor, "x7")
    qtbot.waitUntil(lambda: not data.primary().enabled, timeout=20_000)
    qtbot.waitUntil(
        lambda: [mark.line for mark in pane.editor.marks if mark.level == "error"] == [8],
        timeout=20_000,
    )
    while pane.editor.toPlainText() != PEDAL and pane.editor.document().isUndoAvailable():
        pane.editor.undo()
    qtbot.waitUntil(lambda: data.primary().enabled, timeout=20_000)

    person.primary()  # to what is played, and how the knobs stand
    qtbot.waitUntil(lambda: isinstance(data.stack.currentWidget(), SimulatePane))
    simulate = data.stack.currentWidget()
    assert isinstance(simulate, SimulatePane)
    assert simulate.source_name == "netlist"
    qtbot.waitUntil(lambda: simulate.page.facts is not None, timeout=20_000)
    assert simulate.form is not None
    simulate.form.set_value({"seconds": 6.0, "sample_rate": 8000})
    simulate.form.changed.emit()
    table = simulate.page.table
    table.design._segments["moving"].click()
    (row,) = table.rows
    row.mode.setCurrentIndex(1)
    row.mode.activated.emit(1)
    ended = person.wait_for(person.start_job())
    assert ended.state == "done", ended.text
    (entry,) = session.manifest.captures
    capture = session.project.read_capture(entry.id)
    (turned,) = capture.motions
    assert turned.name == "Boost"
    folder = session.project.capture_folder(capture.id)
    track, rate = soundfile.read(folder / turned.file)
    dry, dry_rate = soundfile.read(folder / "dry.wav")
    assert (len(track), rate) == (len(dry), dry_rate)
    assert track.min() < 0.2
    assert track.max() > 0.8
    qtbot.waitUntil(
        lambda: "knob:Boost" in [s.name for s in data.view.plots.waveform.signals], timeout=20_000
    )

    person.key(Qt.Key.Key_2)
    train = window.stage("train")
    assert isinstance(train, TrainStage)
    train.pane.choose("lstm", "light")
    train.pane.settings_form.set_value({**train.pane.settings_form.value(), "max_steps": 100})
    trained = person.wait_for(person.start_job())
    assert trained.state == "done", trained.text
    assert trained.figures["esr_test"] < 0.5
