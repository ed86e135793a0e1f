"""The ways to one's own circuits in the real window: drops, commands, the start screen, keys."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QMimeData, QPointF, Qt, QThreadPool, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from app.dialogs.new_project import NewProjectDialog
from app.stages.circuit_pane import CircuitPane
from app.stages.data import DataStage
from app.stages.simulate_pane import SimulatePane
from app.window import MainWindow
from app.workbench import Workbench
from projects.circuits import read_netlist_text
from widgets.code_editor import CodeEditor
from widgets.palette import CommandPalette

RC = "An RC\nVin in 0 AC 1\nR1 in out 1k\nC1 out 0 100n\n.end\n"


@pytest.fixture
def window(
    bench: Workbench, make_project: Callable[..., Path], qtbot: QtBot
) -> Iterator[MainWindow]:
    made = MainWindow(bench)
    made.resize(1280, 720)
    made.show()
    qtbot.waitExposed(made)
    made.open_project(make_project())
    yield made
    bench.close_project()
    QThreadPool.globalInstance().waitForDone(10_000)
    made.close()
    made.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)


def data_stage(window: MainWindow) -> DataStage:
    stage = window.stage("data")
    assert isinstance(stage, DataStage)
    return stage


def circuit_pane(window: MainWindow) -> CircuitPane:
    pane = data_stage(window).stack.currentWidget()
    assert isinstance(pane, CircuitPane)
    return pane


def drop_on(target: MainWindow | CodeEditor, *paths: Path) -> bool:
    """Drop files as a file manager does; returns whether they were taken there."""
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    arguments = (
        Qt.DropAction.CopyAction,
        mime,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    entered = QDragEnterEvent(target.rect().center(), *arguments)
    receiver = target.viewport() if isinstance(target, CodeEditor) else target
    QCoreApplication.sendEvent(receiver, entered)
    if entered.isAccepted():
        centre = QPointF(target.rect().center())
        QCoreApplication.sendEvent(receiver, QDropEvent(centre, *arguments))
    return entered.isAccepted()


def test_a_dropped_netlist_opens_as_a_circuit(
    window: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    file = tmp_path / "filter.cir"
    file.write_text(RC)
    window.show_stage("train")
    assert drop_on(window, file)
    pane = circuit_pane(window)
    qtbot.waitUntil(lambda: pane.circuit.reading is not None)
    assert pane.head.list.currentText() == "filter"
    assert pane.editor.toPlainText() == RC
    assert window.footer.button.text() == "Simulate"
    qtbot.waitUntil(window.footer.button.isEnabled)


def test_the_editor_leaves_files_to_the_window(
    window: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    window.commands["new-circuit"].trigger()
    pane = circuit_pane(window)
    qtbot.waitUntil(lambda: pane.circuit.reading is not None)
    first = pane.circuit.folder
    before = read_netlist_text(first)
    file = tmp_path / "filter.cir"
    file.write_text(RC)
    drop_on(pane.editor, file)
    qtbot.waitUntil(lambda: pane.head.list.count() == 2)
    assert pane.editor.toPlainText() == RC
    assert read_netlist_text(first) == before


def test_commands_lead_to_circuits(window: MainWindow, qtbot: QtBot) -> None:
    names = {entry.title for entry in window.commands.palette_entries()}
    assert {"New circuit", "Import netlist…", "Quick look at a circuit"} <= names
    window.commands["new-circuit"].trigger()
    pane = circuit_pane(window)
    qtbot.waitUntil(lambda: pane.circuit.reading is not None)
    assert pane.head.list.currentText() == "My circuit"
    window.commands["quick-look"].trigger()
    assert pane.side_stack.currentWidget() is pane.look
    pane.look.looks.cancel()
    window.commands["import-netlist"].trigger()
    dialog = pane.findChild(QFileDialog)
    assert dialog is not None
    dialog.reject()


def test_the_primary_button_leads_to_the_simulation(window: MainWindow, qtbot: QtBot) -> None:
    window.commands["new-circuit"].trigger()
    pane = circuit_pane(window)
    qtbot.waitUntil(lambda: pane.primary().enabled)
    window.do_primary()
    simulate = data_stage(window).stack.currentWidget()
    assert isinstance(simulate, SimulatePane)
    assert simulate.page.device is not None
    assert simulate.page.device.title == "My circuit"
    simulate.circuits_wanted.emit(pane.circuit.circuit_id)
    assert data_stage(window).stack.currentWidget() is pane


def test_a_circuit_of_the_library_is_opened_to_be_edited(window: MainWindow, qtbot: QtBot) -> None:
    data_stage(window).show_simulate()
    simulate = data_stage(window).stack.currentWidget()
    assert isinstance(simulate, SimulatePane)
    simulate.copy_wanted.emit("treble-booster")
    pane = circuit_pane(window)
    qtbot.waitUntil(lambda: pane.primary().enabled)
    assert [knob.param for knob in pane.circuit.sheet.knobs]  # type: ignore[union-attr]


def test_keys_that_do_something_elsewhere_are_letters_here(
    window: MainWindow, qtbot: QtBot
) -> None:
    window.commands["new-circuit"].trigger()
    window.raise_()
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow, timeout=3000)
    editor = circuit_pane(window).editor
    editor.setFocus()
    editor.go_to_line(9)
    before = editor.toPlainText()
    for key, text in ((Qt.Key.Key_1, "1"), (Qt.Key.Key_Space, " "), (Qt.Key.Key_J, "j")):
        qtbot.keyClick(editor, key)
        before += text
    assert editor.toPlainText() == before
    assert window.stage_key == "data"
    qtbot.keyClick(editor, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert editor.toPlainText() != before
    qtbot.keyClick(editor, Qt.Key.Key_K, Qt.KeyboardModifier.ControlModifier)
    palette = window.findChild(CommandPalette)
    assert palette is not None
    assert palette.isVisible()
    palette.hide()


def test_start_asks_where_the_circuit_comes_from(window: MainWindow, qtbot: QtBot) -> None:
    window.close_project()
    menu = window.start_page.circuit_menu()
    assert [action.text() for action in menu.actions()] == [
        "A circuit of the library, or an effect",
        "A netlist of my own",
    ]
    menu.actions()[1].trigger()
    dialog = window.findChild(NewProjectDialog)
    assert dialog is not None
    dialog.chosen.emit(window.workbench.settings.projects_folder / "New", "New")
    assert circuit_pane(window).empty.isVisible()
    dialog.close()
