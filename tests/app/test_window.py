"""The real window: frame, stages, keys, drops, notices, closing."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QMessageBox, QPushButton
from pytestqt.qtbot import QtBot
from small_jobs import SIMULATION, wait_until_running

from app.dialogs.guide import GuideDialog
from app.dialogs.new_project import NewProjectDialog
from app.dialogs.settings import SettingsDialog
from app.job_popup import JobPopup
from app.notices import Notice
from app.settings import SettingsStore
from app.stages.data import DataStage
from app.stages.import_pane import ImportPane
from app.stages.start import StartPage, describe_project
from app.window import MainWindow
from app.workbench import Workbench
from engines.worker.protocol import End
from widgets.banner import Banner
from widgets.palette import CommandPalette
from widgets.theme import theme_of

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def window(bench: Workbench, qtbot: QtBot) -> Iterator[MainWindow]:
    made = MainWindow(bench)
    made.resize(1280, 720)
    made.show()
    qtbot.waitExposed(made)
    yield made
    for worker in bench.jobs.active():
        worker._process.kill()
        worker._process.waitForFinished(5000)
    qtbot.waitUntil(lambda: not bench.jobs.active(), timeout=10_000)
    made.close()
    made.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)


@pytest.fixture
def opened(window: MainWindow, make_project: Callable[..., Path]) -> MainWindow:
    window.open_project(make_project("Strings", "Bass"))
    return window


def activate(qtbot: QtBot, window: MainWindow) -> None:
    """Give the window the keyboard, also where no window manager does."""
    window.raise_()
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow, timeout=3000)


def press(qtbot: QtBot, window: MainWindow, keys: str) -> None:
    """Press a shortcut as the window would get it."""
    activate(qtbot, window)
    *modifiers, key = keys.split("+")
    held = Qt.KeyboardModifier.NoModifier
    for name in modifiers:
        held |= {
            "Ctrl": Qt.KeyboardModifier.ControlModifier,
            "Shift": Qt.KeyboardModifier.ShiftModifier,
        }[name]
    names = {",": "Comma"}
    code = getattr(Qt.Key, f"Key_{names.get(key, key)}")
    qtbot.keyClick(window, code, held)


def test_it_starts_on_the_start_screen(window: MainWindow) -> None:
    assert isinstance(window.stack.currentWidget(), StartPage)
    assert window.footer.isHidden()
    assert not window.top.stages.isEnabled()
    assert window.transport.isVisible()
    assert window.windowTitle() == "Trimpot"


def test_the_frame_fits_1280_by_720(opened: MainWindow) -> None:
    for key in ("data", "train", "audition", "compare", "export"):
        opened.show_stage(key)
        assert opened.minimumSizeHint().width() <= 1280, key
        assert opened.minimumSizeHint().height() <= 720, key


def test_keys_show_the_stages_and_the_button_stays_in_place(
    qtbot: QtBot, opened: MainWindow
) -> None:
    places = set()
    for number, key in enumerate(("data", "train", "audition", "compare", "export"), start=1):
        press(qtbot, opened, str(number))
        assert opened.stage_key == key
        assert opened.top.stages.current == number - 1
        assert opened.stack.currentWidget() is opened.stage(key)
        button = opened.footer.button
        places.add(button.mapTo(opened, button.rect().bottomRight()).toTuple())
        assert button.isEnabled() or opened.footer.reason.text()
    assert len(places) == 1


def test_stage_keys_do_nothing_without_a_project(qtbot: QtBot, window: MainWindow) -> None:
    press(qtbot, window, "2")
    assert isinstance(window.stack.currentWidget(), StartPage)


def test_undo_and_redo_say_what_and_do_it(qtbot: QtBot, opened: MainWindow) -> None:
    bench = opened.workbench
    stage = opened.stage("data")
    assert isinstance(stage, DataStage)
    stage.list.setCurrentIndex(stage.model.index(1))
    stage.actions_of_list.remove.trigger()
    assert bench.session is not None
    assert len(bench.session.manifest.captures) == 1
    assert opened.commands["undo"].text() == "Undo Remove Bass"
    press(qtbot, opened, "Ctrl+Z")
    assert len(bench.session.manifest.captures) == 2
    press(qtbot, opened, "Ctrl+Shift+Z")
    assert len(bench.session.manifest.captures) == 1
    toast = opened.toasts.toasts[-1]
    assert "Bass was removed" in toast.sentence
    toast.button.click()
    assert len(bench.session.manifest.captures) == 2


def test_the_palette_finds_and_runs_commands(qtbot: QtBot, opened: MainWindow) -> None:
    press(qtbot, opened, "Ctrl+K")
    palette = opened.findChild(CommandPalette)
    assert palette is not None
    assert palette.isVisible()
    qtbot.keyClicks(palette.field, "show train")
    assert palette.titles[0] == "Show Train"
    qtbot.keyClick(palette.field, Qt.Key.Key_Return)
    assert opened.stage_key == "train"


def test_letters_typed_in_a_field_are_no_shortcuts(qtbot: QtBot, opened: MainWindow) -> None:
    stage = opened.stage("data")
    assert isinstance(stage, DataStage)
    opened.show_stage("data")
    stage.show_import()
    pane = stage.stack.currentWidget()
    assert isinstance(pane, ImportPane)
    pane.pair.name.setFocus()
    qtbot.keyClicks(pane.pair.name, "2 lead")
    assert pane.pair.name.text() == "2 lead"
    assert opened.stage_key == "data"


def test_settings_and_guide_are_not_modal(qtbot: QtBot, opened: MainWindow) -> None:
    press(qtbot, opened, "Ctrl+,")
    press(qtbot, opened, "F1")
    for kind in (SettingsDialog, GuideDialog):
        dialog = opened.findChild(kind)
        assert dialog is not None
        assert dialog.isVisible()
        assert not dialog.isModal()
        dialog.close()


def test_the_theme_switches_live_and_lasts(opened: MainWindow, settings: SettingsStore) -> None:
    before = theme_of(opened).is_dark
    opened.commands["theme"].trigger()
    assert theme_of(opened).is_dark is not before
    assert SettingsStore(settings.folder).values.theme == ("light" if before else "dark")


def test_errors_become_banners_and_successes_toasts(qtbot: QtBot, opened: MainWindow) -> None:
    notices = opened.workbench.notices
    notices.warning("The disk is nearly full.")
    notices.warning("The disk is nearly full.")
    notices.success("Exported.")
    qtbot.waitUntil(lambda: bool(opened.toasts.toasts), timeout=2000)
    assert opened.notice_area.sentences == ["The disk is nearly full."]
    for number in range(5):
        notices.warning(f"Warning {number}")
    qtbot.waitUntil(lambda: "Warning 4" in opened.notice_area.sentences, timeout=2000)
    assert len(opened.notice_area.sentences) == 3


def test_a_banner_about_a_job_goes_once_the_job_goes_on(qtbot: QtBot, opened: MainWindow) -> None:
    notices = opened.workbench.notices
    notices.post(Notice("warning", "It was killed.", about="a-job"))
    notices.warning("Something else.")
    qtbot.waitUntil(lambda: len(opened.notice_area.sentences) == 2, timeout=2000)
    opened.workbench.jobs.started.emit("a-job")
    assert opened.notice_area.sentences == ["Something else."]


def test_a_toast_leaves_the_primary_button_free(qtbot: QtBot, opened: MainWindow) -> None:
    opened.workbench.notices.success("Exported.")
    qtbot.waitUntil(lambda: bool(opened.toasts.toasts), timeout=2000)
    button = opened.footer.button
    area = button.rect().translated(button.mapTo(opened, button.rect().topLeft()))
    assert not opened.toasts.geometry().intersects(area)


def test_the_last_stage_of_a_project_is_remembered(
    opened: MainWindow, make_project: Callable[..., Path]
) -> None:
    first = opened.workbench.session
    assert first is not None
    folder = first.folder
    opened.show_stage("train")
    opened.open_project(make_project("Other", folder="Second"))
    assert opened.stage_key == "data"
    opened.open_project(folder)
    assert opened.stage_key == "train"


def test_a_project_opened_elsewhere_is_refused_in_words(
    qtbot: QtBot, window: MainWindow, make_project: Callable[..., Path]
) -> None:
    from projects.project import Project

    folder = make_project("Strings")
    with Project.open(folder):
        window.open_project(folder)
    qtbot.waitUntil(lambda: bool(window.notice_area.sentences), timeout=2000)
    assert "open in another" in window.notice_area.sentences[0]
    assert isinstance(window.stack.currentWidget(), StartPage)


def test_new_project_asks_for_a_free_name(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> None:
    press(qtbot, window, "Ctrl+N")
    dialog = window.findChild(NewProjectDialog)
    assert dialog is not None
    dialog.parent_folder.setText(str(tmp_path))
    (tmp_path / "Taken").mkdir()
    (tmp_path / "Taken" / "x").write_text("")
    dialog.name.setText("Taken")
    assert not dialog._create.isEnabled()
    dialog.name.setText("My Fuzz")
    dialog.accept()
    assert window.workbench.session is not None
    assert window.workbench.session.folder == tmp_path / "My-Fuzz"
    assert window.windowTitle().startswith("My Fuzz")


def drop(window: MainWindow, *paths: Path) -> None:
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    arguments = (
        Qt.DropAction.CopyAction,
        mime,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    QCoreApplication.sendEvent(window, QDragEnterEvent(window.rect().center(), *arguments))
    QCoreApplication.sendEvent(window, QDropEvent(QPointF(window.rect().center()), *arguments))


def test_dropping_recordings_fills_the_import_pane(
    qtbot: QtBot, opened: MainWindow, make_project: Callable[..., Path]
) -> None:
    audio = next((make_project("A", folder="Source") / "captures").iterdir())
    opened.show_stage("train")
    drop(opened, audio / "wet.wav", audio / "dry.wav")
    stage = opened.stage("data")
    assert isinstance(stage, DataStage)
    pane = stage.stack.currentWidget()
    assert isinstance(pane, ImportPane)
    assert (pane.pair.dry.path, pane.pair.wet.path) == (audio / "dry.wav", audio / "wet.wav")
    qtbot.waitUntil(lambda: opened.footer.button.isEnabled(), timeout=5000)
    assert opened.footer.button.text() == "Import"


def test_dropping_a_folder_fills_the_import_by_name(
    opened: MainWindow, make_project: Callable[..., Path]
) -> None:
    captures = make_project("A", "B", folder="Source") / "captures"
    drop(opened, captures)
    stage = opened.stage("data")
    assert isinstance(stage, DataStage)
    pane = stage.stack.currentWidget()
    assert isinstance(pane, ImportPane)
    assert (pane.way, pane.folder.folder.path) == ("folder", captures)


def test_dropping_a_project_opens_it(window: MainWindow, make_project: Callable[..., Path]) -> None:
    folder = make_project("A")
    drop(window, folder)
    assert window.workbench.session is not None
    assert window.workbench.session.folder == folder


def test_recent_projects_come_back_and_go(
    opened: MainWindow, tmp_path: Path, settings: SettingsStore
) -> None:
    assert opened.workbench.session is not None
    folder = opened.workbench.session.folder
    opened.close_project()
    assert isinstance(opened.stack.currentWidget(), StartPage)
    assert describe_project(folder)[0].startswith("2 captures")
    text, missing = describe_project(tmp_path / "gone")
    assert missing
    assert "not found" in text
    assert settings.values.recent_projects == [str(folder)]
    opened.start_page.recent_wanted.emit(folder)
    assert opened.workbench.session is not None


def test_closing_with_a_job_at_work_asks_once(qtbot: QtBot, opened: MainWindow) -> None:
    bench = opened.workbench
    job_id = bench.start_job("simulate", "Long", SIMULATION)
    assert job_id is not None
    assert bench.session is not None
    folder = bench.session.jobs("simulate")[0].folder
    wait_until_running(qtbot, bench, job_id)
    assert opened.top.jobs.text().strip() == "1 job"
    opened.close()
    box = opened.findChild(QMessageBox, "question-jobs")
    assert box is not None
    assert opened.isVisible()
    button(box, "Stay").click()
    assert opened.isVisible()
    assert bench.jobs.worker(job_id) is not None
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    opened.close()
    box = opened.findChild(QMessageBox, "question-jobs")
    assert box is not None
    button(box, "Stop and close").click()
    qtbot.waitUntil(lambda: not opened.isVisible(), timeout=15_000)
    assert bench.jobs.active() == []
    from projects.jobs import read_status

    assert read_status(folder).state == "interrupted"


def button(box: QMessageBox, text: str) -> QPushButton:
    return next(b for b in box.findChildren(QPushButton) if b.text().replace("&", "") == text)


def test_the_job_list_shows_and_stops_jobs(qtbot: QtBot, opened: MainWindow) -> None:
    bench = opened.workbench
    job_id = bench.start_job("simulate", "Long", SIMULATION)
    assert job_id is not None
    wait_until_running(qtbot, bench, job_id)
    opened.toggle_jobs()
    popup = opened.findChild(JobPopup)
    assert popup is not None
    row = popup.view.row(job_id)
    assert row.button("cancel").isVisibleTo(popup)
    with qtbot.waitSignal(bench.jobs.ended, timeout=30_000):
        row.button("cancel").click()
    qtbot.waitUntil(lambda: not row.button("cancel").isVisibleTo(popup), timeout=2000)
    popup.hide()


def test_a_window_process_holds_neither_torch_nor_numba(
    make_project: Callable[..., Path],
) -> None:
    """Every stage is shown in a real process of its own; then its modules are counted."""
    arguments = [str(make_project("Strings"))]
    code = (
        "import sys\n"
        "from PySide6.QtCore import QTimer\n"
        "import app.window as w\n"
        "def show():\n"
        "    from PySide6.QtWidgets import QApplication\n"
        "    window = next(x for x in QApplication.topLevelWidgets() if x.objectName() == "
        "'trimpot-window')\n"
        "    for key in ('train', 'audition', 'compare', 'export', 'data'):\n"
        "        window.show_stage(key)\n"
        "    data = window.stage('data')\n"
        "    data.show_import(); data.show_import_folder(); data.show_simulate()\n"
        "    data.show_record(); data.show_coverage(); data.show_knobs()\n"
        "    window.show_settings()\n"
        "    QTimer.singleShot(1000, window.close)\n"
        "QTimer.singleShot(0, lambda: QTimer.singleShot(500, show))\n"
        f"code = w.run_window({arguments!r})\n"
        "print('heavy:', [m for m in ('torch', 'numba', 'sounddevice') "
        "if m in sys.modules])\n"
        "sys.exit(code)\n"
    )
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path])}
    found = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        timeout=120,
        env=environment,
        check=False,
    )
    assert found.returncode == 0, found.stderr
    assert "heavy: []" in found.stdout
    assert "Traceback" not in found.stderr


def test_first_paint_is_reported(tmp_path: Path) -> None:
    found = subprocess.run(
        [sys.executable, "-m", "app", "--print-first-paint"],
        capture_output=True,
        text=True,
        timeout=60,
        cwd=ROOT,
        check=True,
    )
    assert found.stdout.startswith("first paint: ")
    assert found.stdout.strip().endswith("heavy modules: none")


def test_what_opening_a_project_finds_damaged_is_seen(
    window: MainWindow, make_project: Callable[..., Path]
) -> None:
    window.open_project(window.workbench.settings.projects_folder / "none")
    assert "is not a Trimpot project" in window.notice_area.sentences[0]
    folder = make_project("Strings")
    (damaged,) = (folder / "captures").iterdir()
    (damaged / "wet.wav").unlink()
    window.open_project(folder)
    (sentence,) = window.notice_area.sentences
    assert "lacks its audio file wet.wav" in sentence


def test_nothing_of_a_closed_project_listens_on(window: MainWindow, opened: MainWindow) -> None:
    """What a page of the last project still heard ended in a fault at every word of the player."""
    for key in ("data", "train", "audition", "compare", "export"):
        window.show_stage(key)
    window.workbench.close_project()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    player, jobs = window.player, window.workbench.jobs
    end = End(state="done", text="Done.")
    for signal, words in (
        (player.programme_changed, ()),
        (player.sources_changed, ()),
        (player.playing_changed, (True,)),
        (player.output.changed, ()),
        (player.models.knobs_changed, ()),
        (player.models.second_changed, ()),
        (jobs.ended, ("none", end)),
        (window.workbench.run_selected, ("",)),
        (window.workbench.capture_selected, ("",)),
    ):
        signal.emit(*words)
    assert not window.notice_area.findChildren(Banner)
