"""The place that edits the project's circuits, driven as a person does, with the real simulator."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile
from PySide6.QtCore import QCoreApplication, QEvent, Qt, QThreadPool
from PySide6.QtGui import QTextCursor
from pytestqt.qtbot import QtBot

from app.notices import Notice
from app.player import Player
from app.stages.circuit_pane import CircuitPane
from app.workbench import Workbench
from engines.audio.files import describe
from engines.circuits.library import circuits
from projects.circuits import read_circuit, read_netlist_text

needs_ngspice = pytest.mark.skipif(shutil.which("ngspice") is None, reason="needs ngspice")
RC = "An RC\nVin in 0 AC 1\nR1 in out 1k\nC1 out 0 100n\n.end\n"
CORNER = 1 / (2 * np.pi * 1e3 * 100e-9)


@pytest.fixture
def pane(
    bench: Workbench, make_project: Callable[..., Path], qtbot: QtBot
) -> Iterator[CircuitPane]:
    assert bench.open_project(make_project())
    made = CircuitPane(bench, None)
    made.resize(980, 560)
    with qtbot.waitExposed(made):
        made.show()
    made.entered()
    yield made
    made._leave()
    QThreadPool.globalInstance().waitForDone(10_000)
    made.close()
    made.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)


def read(qtbot: QtBot, pane: CircuitPane) -> None:
    """Wait until the text is read."""
    qtbot.waitUntil(
        lambda: not pane.circuit.is_busy and pane.circuit.reading is not None, timeout=10_000
    )


def type_text(pane: CircuitPane, text: str) -> None:
    """Put another text in place of what is there, as pasting does."""
    pane.editor.replace_text(text)


def test_an_empty_place_says_what_belongs_here(pane: CircuitPane, qtbot: QtBot) -> None:
    assert pane.empty.isVisible()
    assert not pane.primary().enabled
    assert pane.primary().why_not == "There is no circuit yet."
    pane.empty.example.emit()
    read(qtbot, pane)
    assert pane.splitter.isVisible()
    assert pane.primary().enabled
    assert pane.head.list.currentText() == "My circuit"


def test_a_broken_line_is_marked_with_its_sentence_and_mended(
    pane: CircuitPane, qtbot: QtBot
) -> None:
    pane.add_template()
    read(qtbot, pane)
    editor = pane.editor
    editor.go_to_line(6)
    cursor = editor.textCursor()
    cursor.movePosition(QTextCursor.MoveOperation.EndOfLine)
    editor.setTextCursor(cursor)
    qtbot.keyClick(editor, Qt.Key.Key_Return)
    qtbot.keyClicks(editor, "R2 out")
    qtbot.waitUntil(lambda: pane.text.fault.isVisible())
    (mark,) = [mark for mark in editor.marks if mark.level == "error"]
    assert mark.line == 7
    assert mark.text == pane.text.fault.sentence
    assert pane.text.fault.sentence.startswith("Line 7: ")
    assert pane.primary().why_not == pane.text.fault.sentence
    editor.go_to_line(1)
    pane.text.go_to_fault()
    assert editor.current_line() == 7
    while editor.document().isUndoAvailable():
        editor.undo()
    qtbot.waitUntil(lambda: not pane.text.fault.isVisible())
    assert not editor.marks
    assert pane.primary().enabled


def test_choices_are_saved_and_undone(pane: CircuitPane, bench: Workbench, qtbot: QtBot) -> None:
    pane.add_template()
    read(qtbot, pane)
    setup = pane.setup
    setup.drive.setText("4,5")
    setup.drive.editingFinished.emit()
    assert read_circuit(pane.circuit.folder).drive == 4.5
    setup.steps.setCurrentIndex(setup.steps.findData(8))
    setup.steps.activated.emit(setup.steps.currentIndex())
    setup.states.item(0).setCheckState(Qt.CheckState.Unchecked)
    line = setup.knobs.line("tone")
    line.high.setText("0.8")
    line.high.setModified(True)
    line.high.editingFinished.emit()
    sheet = read_circuit(pane.circuit.folder)
    assert (sheet.steps, sheet.left_out) == (8, ("vC1",))
    assert sheet.knobs[0].maximum == 0.8
    assert bench.session is not None
    stack = bench.session.undo_stack
    assert stack.undoText() == "Change the knob Tone"
    for _ in range(4):
        stack.undo()
    sheet = read_circuit(pane.circuit.folder)
    assert (sheet.drive, sheet.steps, sheet.left_out) == (1.0, 4, ())
    assert setup.drive.text() == "1"
    assert setup.steps.currentData() == 4
    assert setup.states.item(0).checkState() == Qt.CheckState.Checked


def test_a_wrong_entry_is_refused_beside_its_field(pane: CircuitPane, qtbot: QtBot) -> None:
    pane.add_template()
    read(qtbot, pane)
    pane.setup.drive.setText("-3")
    pane.setup.drive.editingFinished.emit()
    assert "above 0" in pane.setup.drive_problem.text()
    line = pane.setup.knobs.line("tone")
    line.low.setText("2")
    line.low.setModified(True)
    line.low.editingFinished.emit()
    assert "from a smaller number" in line.problem.text()
    sheet = read_circuit(pane.circuit.folder)
    assert (sheet.drive, sheet.knobs[0].minimum) == (1.0, 0.0)


def test_a_parameter_becomes_a_knob(pane: CircuitPane, qtbot: QtBot) -> None:
    pane.add_template()
    read(qtbot, pane)
    text = pane.editor.toPlainText().replace(".param tone=0.5", ".param tone=0.5 cut=22k")
    type_text(pane, text)
    qtbot.waitUntil(lambda: len(pane.setup.knobs.lines) == 2)
    line = pane.setup.knobs.line("cut")
    assert not line.is_used
    line.used.click()
    assert [knob.param for knob in read_circuit(pane.circuit.folder).knobs] == ["tone", "cut"]
    assert not line.name.isHidden()
    line.used.click()
    assert [knob.param for knob in read_circuit(pane.circuit.folder).knobs] == ["tone"]


def test_what_no_longer_fits_is_said_and_fitted(pane: CircuitPane, qtbot: QtBot) -> None:
    pane.add_template()
    read(qtbot, pane)
    text = pane.editor.toPlainText()
    type_text(pane, text.replace("out", "plus").replace(".param tone=0.5", ".param tone2=0.5")
              .replace("tone)", "tone2)"))  # fmt: skip
    qtbot.waitUntil(lambda: pane.setup.misfit.isVisible())
    assert "out" in pane.setup.misfit.sentence
    assert not pane.primary().enabled
    pane.fit_setup()
    qtbot.waitUntil(lambda: not pane.setup.misfit.isVisible())
    sheet = read_circuit(pane.circuit.folder)
    assert (sheet.output, sheet.knobs) == ("plus", ())
    assert pane.primary().enabled


@needs_ngspice
def test_a_quick_look_finds_the_corner_of_an_rc(pane: CircuitPane, qtbot: QtBot) -> None:
    pane.add_template()
    read(qtbot, pane)
    type_text(pane, RC)
    qtbot.waitUntil(lambda: bool(pane.circuit.reading and pane.circuit.reading.text == RC))
    pane.fit_setup()
    read(qtbot, pane)
    pane.quick_look()
    look = pane.look
    qtbot.waitUntil(lambda: look.found is not None and look.found.sound is not None, timeout=30_000)
    (curve,) = look.response.curves
    level = np.interp(np.log(CORNER), np.log(curve.frequency), curve.decibels)
    assert level == pytest.approx(-3.0103, abs=0.02)
    assert "1.59 kHz" in look.figures.text()
    assert look.transfer._relation.curves[-1].label == "standing still"
    assert [signal.name for signal in look.sound.waves.signals] == ["dry", "wet"]
    names = [look.rest.item(row, 0).text() for row in range(look.rest.rowCount())]
    assert names == ["vC1  (state)", "in", "out"]
    qtbot.waitUntil(lambda: not look.looks.is_busy, timeout=10_000)
    assert not look.busy.isVisible()


@needs_ngspice
def test_a_turned_knob_is_looked_at(pane: CircuitPane, qtbot: QtBot) -> None:
    pane.add_template()
    read(qtbot, pane)
    pane.show_tab("look")
    look = pane.look
    qtbot.waitUntil(
        lambda: look.found is not None and look.found.response is not None, timeout=30_000
    )
    before = look.response.curves[0].decibels[-1]
    look.knob("tone").set_current(1.0)
    look.refresh()
    qtbot.waitUntil(
        lambda: bool(look.found and look.found.settings == {"tone": 1.0}), timeout=30_000
    )
    qtbot.waitUntil(lambda: look.response.curves[0].decibels[-1] > before + 6, timeout=30_000)
    look.looks.cancel()
    qtbot.waitUntil(lambda: not look.looks.is_busy, timeout=30_000)


@needs_ngspice
def test_a_simulators_complaint_stands_at_its_line(pane: CircuitPane, qtbot: QtBot) -> None:
    pane.add_template()
    read(qtbot, pane)
    text = "Loop\nVin in 0 AC 1\nR1 in out 1k\nV2 out 0 1\nV3 out 0 2\nC1 out 0 1n\n.end\n"
    type_text(pane, text)
    qtbot.waitUntil(lambda: bool(pane.circuit.reading and pane.circuit.reading.text == text))
    pane.fit_setup()
    read(qtbot, pane)
    if pane.circuit.reading is not None and pane.circuit.reading.fault is None:
        pane.quick_look()
    qtbot.waitUntil(lambda: any(m.level == "error" for m in pane.editor.marks), timeout=20_000)
    assert next(m.line for m in pane.editor.marks if m.level == "error") in (4, 5)
    assert pane.text.fault.isVisible()


def test_an_ltspice_netlist_is_imported_with_its_changes(
    pane: CircuitPane, qtbot: QtBot, tmp_path: Path
) -> None:
    (tmp_path / "diodes.lib").write_text(".model DX D(Is=1e-14)\n")
    file = tmp_path / "pedal.net"
    file.write_bytes(
        '* C:\\pedal.asc\nV1 in 0 wavefile="a.wav" Rser=1k\nR1 in out {10k*gain}\n'
        "C1 out 0 10\u00b5\nD1 out 0 DX\n.param gain=0.5\n.include diodes.lib\n"
        ".step param gain 0.1 1 0.1\n.tran 0 1 0 1u\n.backanno\n.end\n".encode("latin-1")
    )
    pane.import_file(file)
    qtbot.waitUntil(lambda: pane.circuit.circuit_id != "")
    read(qtbot, pane)
    assert pane.head.list.currentText() == "pedal"
    assert "10\u00b5" in pane.editor.toPlainText()
    assert {7, 8, 9, 10} <= {mark.line for mark in pane.editor.marks}
    assert pane.text.changes.isVisible()
    pane.text.changes.click()
    assert pane.side_stack.currentWidget() is pane.reading
    assert pane.reading.list.count() == len(pane.circuit.reading.changes)  # type: ignore[union-attr]
    item = next(
        pane.reading.list.item(row)
        for row in range(pane.reading.list.count())
        if ".step" in pane.reading.list.item(row).toolTip()
    )
    pane.reading.list.itemClicked.emit(item)
    assert pane.editor.current_line() == 8
    assert pane.circuit.sheet is not None
    knob = pane.circuit.sheet.knobs[0]
    assert (knob.param, knob.minimum, knob.maximum) == ("gain", 0.1, 1.0)


def test_a_missing_file_can_be_put_beside_the_netlist(
    pane: CircuitPane, qtbot: QtBot, tmp_path: Path
) -> None:
    pane.add_template()
    read(qtbot, pane)
    type_text(pane, RC.replace(".end", ".include diodes.lib\nD1 out 0 DX\n.end"))
    qtbot.waitUntil(lambda: pane.text.fault.isVisible())
    assert "diodes.lib" in pane.text.fault.sentence
    library = tmp_path / "diodes.lib"
    library.write_text(".model DX D(Is=1e-14)\n")
    pane.add_included(library)
    qtbot.waitUntil(lambda: not pane.text.fault.isVisible())


def test_rename_duplicate_remove(pane: CircuitPane, bench: Workbench, qtbot: QtBot) -> None:
    pane.add_template()
    read(qtbot, pane)
    first = pane.circuit.circuit_id
    pane.head.begin_rename()
    pane.head.name.setText("Tube Screamer")
    qtbot.keyClick(pane.head.name, Qt.Key.Key_Return)
    assert pane.head.list.currentText() == "Tube Screamer"
    pane.editor.appendPlainText("* not yet saved")
    pane.duplicate()
    read(qtbot, pane)
    assert pane.circuit.circuit_id != first
    assert pane.head.list.currentText() == "Tube Screamer copy"
    assert "* not yet saved" in pane.editor.toPlainText()
    told: list[Notice] = []
    stop = bench.notices.listen(told.append)
    copy = pane.circuit.circuit_id
    pane.remove()
    assert pane.circuit.circuit_id == first
    assert pane.head.list.count() == 1
    told[-1].actions[0].do()
    stop()
    assert pane.head.list.count() == 2
    assert "* not yet saved" in read_netlist_text(pane.circuits.folder(copy))


def test_the_last_circuit_removed_leaves_the_empty_place(pane: CircuitPane, qtbot: QtBot) -> None:
    pane.add_template()
    read(qtbot, pane)
    pane.remove()
    assert pane.empty.isVisible()
    assert pane.circuit.circuit_id == ""


def test_the_circuit_last_open_is_open_again(
    pane: CircuitPane, bench: Workbench, qtbot: QtBot
) -> None:
    pane.add_template()
    first = pane.circuit.circuit_id
    pane.add_template()
    pane.open(first)
    read(qtbot, pane)
    again = CircuitPane(bench, None)
    qtbot.addWidget(again)
    again.entered()
    assert again.circuit.circuit_id == first
    again._leave()
    QThreadPool.globalInstance().waitForDone(5000)


def test_going_on_saves_and_names_the_circuit(pane: CircuitPane, qtbot: QtBot) -> None:
    pane.add_template()
    read(qtbot, pane)
    pane.editor.appendPlainText("* one word more")
    with qtbot.waitSignal(pane.simulate_wanted) as wanted:
        pane.submit()
    assert wanted.args == [pane.circuit.circuit_id]
    assert read_netlist_text(pane.circuit.folder).endswith("* one word more")


def test_leaving_the_project_saves_what_was_typed(
    pane: CircuitPane, bench: Workbench, qtbot: QtBot
) -> None:
    pane.add_template()
    read(qtbot, pane)
    folder = pane.circuit.folder
    pane.editor.appendPlainText("* and gone")
    bench.close_project()
    assert read_netlist_text(folder).endswith("* and gone")


@needs_ngspice
def test_what_was_found_can_be_heard(
    player: Player, make_project: Callable[..., Path], qtbot: QtBot
) -> None:
    bench = player.workbench
    assert bench.open_project(make_project("A take"))
    pane = CircuitPane(bench, player)
    qtbot.addWidget(pane)
    with qtbot.waitExposed(pane):
        pane.show()
    pane.add_template()
    read(qtbot, pane)
    pane.show_tab("look")
    pane.look.parts.set_current("sound")
    qtbot.waitUntil(lambda: bool(pane.look.found and pane.look.found.sound), timeout=30_000)
    pane.look._show_part()
    pane.look.sound.play_button.click()
    qtbot.waitUntil(lambda: bool(player.programme and player.programme.title == "Quick look"))
    programme = player.programme
    assert programme is not None
    assert programme.wet is not None
    assert player.source == "wet"
    dry, wet = describe(programme.dry), describe(programme.wet)
    assert (dry.sample_rate, wet.n_samples) == (48_000, dry.n_samples)
    loudness = [float(np.std(soundfile.read(p)[0])) for p in (programme.dry, programme.wet)]
    assert loudness[1] == pytest.approx(loudness[0], rel=0.02)
    pane.hide()
    assert player.programme is not None
    assert player.programme.title == "A take"
    assert not programme.dry.exists()
    pane._leave()
    QThreadPool.globalInstance().waitForDone(10_000)


def test_the_library_is_offered_to_be_copied(pane: CircuitPane, qtbot: QtBot) -> None:
    menu = pane.head.library_menu(pane)
    menu.aboutToShow.emit()
    actions = menu.actions()
    assert [action.text() for action in actions] == [c.title for c in circuits().values()]
    next(action for action in actions if action.text() == circuits()["fuzz"].title).trigger()
    read(qtbot, pane)
    assert pane.head.list.currentText() == circuits()["fuzz"].title
    assert pane.primary().enabled
