"""The window: its frame, its stages, and what happens when it opens and closes."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from PySide6.QtCore import QByteArray, QEvent, QObject, Qt, QThreadPool, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QUndoGroup
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QFileDialog,
    QMainWindow,
    QMenu,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from app.background import fetch_workers
from app.commands import Commands
from app.drops import Drop, read_drop
from app.footer import Footer
from app.guided import GuidedExample
from app.guided_strip import GuidedStrip
from app.leaving import Leaving
from app.menus import add_commands, fill_menu
from app.notice_area import NoticeArea, log_qt_messages
from app.notices import Notices
from app.player import Player
from app.settings import SettingsStore, apply_simulators
from app.signals import signals_close
from app.stages.base import Stage
from app.stages.make import make_stage
from app.stages.start import StartPage
from app.startup import no_display, qt_refuses_in_words, report_first_paint
from app.topbar import STAGES, TopBar
from app.workbench import Workbench
from widgets.dropzone import DropZone
from widgets.theme import apply_theme, theme_of
from widgets.toast import ToastHost
from widgets.transport import TransportBar

if TYPE_CHECKING:
    from app.stages.data import DataStage

CIRCUIT_PANES = ("circuits", "new-circuit", "netlist", "look")
"""The place that edits circuits: as it is, with a new one, an imported one, a quick look."""
TOAST_MARGIN = 124
"""Toasts stand above the primary button and the transport (pixels)."""
THREAD_WAIT_MS = 5_000
"""How long seconds-long work in threads may take to end once the window is gone."""


class MainWindow(QMainWindow):
    """Top bar, banners, the stage in view, its primary button, the transport.

    Signals
    -------
    first_painted()
        The window has been drawn for the first time.
    """

    first_painted = Signal()

    def __init__(self, workbench: Workbench) -> None:
        super().__init__()
        self.workbench = workbench
        self.stage_key = ""
        self._pages: dict[str, Stage] = {}
        self._painted = False
        self.setObjectName("trimpot-window")
        self.setMinimumSize(1024, 640)
        self.undo_group = QUndoGroup(self)
        self.commands = Commands(self)
        self.menu = QMenu(self)
        self.transport = TransportBar(self)
        self.player = Player(workbench, self)
        self.guided = GuidedExample(workbench, self)
        self.leaving = Leaving(self, workbench.jobs)
        self.toasts = ToastHost(self, TOAST_MARGIN)
        self._build()
        add_commands(self)
        fill_menu(self)
        self._connect()
        self._restore_geometry()
        self._session_changed()

    # -- the frame -------------------------------------------------------------------------

    def _build(self) -> None:
        self.top = TopBar(self.menu, self)
        self.notice_area = NoticeArea(self.workbench.notices, self.toasts, self)
        self.strip = GuidedStrip(self.guided, self)
        self.start_page = StartPage(self.workbench, self)
        self.stack = QStackedWidget(self)
        self.stack.addWidget(self.start_page)
        self.footer = Footer(self)
        self.drop_zone = DropZone(self, self._describe_drop)
        self.drop_zone.dropped.connect(self._dropped)
        centre = QWidget(self)
        column = QVBoxLayout(centre)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        for part in (self.top, self.strip, self.notice_area):
            column.addWidget(part)
        column.addWidget(self.stack, 1)
        column.addWidget(self.footer)
        column.addWidget(self.transport)
        self.setCentralWidget(centre)

    def _connect(self) -> None:
        bench = self.workbench
        self.top.stage_chosen.connect(self.show_stage)
        self.top.jobs_clicked.connect(self.toggle_jobs)
        self.top.help_clicked.connect(self.show_guide)
        self.footer.pressed.connect(self.do_primary)
        self.start_page.guided_wanted.connect(self.start_guided)
        self.start_page.import_wanted.connect(partial(self.with_project, "import"))
        self.start_page.signaltrain_wanted.connect(partial(self.with_project, "signaltrain"))
        self.start_page.simulate_wanted.connect(partial(self.with_project, "simulate"))
        self.start_page.netlist_wanted.connect(partial(self.with_project, "circuits"))
        self.start_page.open_wanted.connect(self.ask_open)
        self.start_page.recent_wanted.connect(self.open_project)
        bench.session_leaving.connect(self.notice_area.clear)
        bench.session_changed.connect(self._session_changed)
        bench.stage_requested.connect(self.show_stage)
        bench.command_requested.connect(lambda key: self.commands[key].trigger())
        bench.jobs.count_changed.connect(self.top.show_jobs)
        bench.jobs.started.connect(self.notice_area.dismiss)
        self.player.attach(self.transport)
        app = QApplication.instance()
        if isinstance(app, QApplication):
            app.focusChanged.connect(self._focus_changed)

    # -- stages ----------------------------------------------------------------------------

    def stage(self, key: str) -> Stage:
        """A stage's page, built when it is first asked for."""
        if key not in self._pages:
            page = make_stage(key, self.workbench, self.player, self)
            page.primary_changed.connect(self._show_primary)
            self._pages[key] = page
            self.stack.addWidget(page)
        return self._pages[key]

    def show_stage(self, key: str) -> None:
        """Show a stage of the open project."""
        session = self.workbench.session
        if session is None:
            return
        page = self.stage(key)
        self.stage_key = key
        self.top.show_stage(key)
        self.stack.setCurrentWidget(page)
        self.footer.show()
        self._show_primary()
        self.workbench.settings.values.last_stages[str(session.folder)] = key
        page.entered()

    def _show_primary(self) -> None:
        page = self._pages.get(self.stage_key)
        if page is not None:
            self.footer.show_primary(page.primary())

    def do_primary(self) -> None:
        """Press the stage's primary button."""
        page = self._pages.get(self.stage_key)
        if page is not None and page.primary().enabled:
            page.do_primary()

    def show_start(self) -> None:
        """Show the start screen; with a project open it can be left again by any stage."""
        self.start_page.refresh()
        self.stack.setCurrentWidget(self.start_page)
        self.footer.hide()

    def _session_changed(self) -> None:
        session = self.workbench.session
        if session is None:
            self.setWindowTitle("Trimpot")
            self.top.show_project("")
            self._drop_pages()
            self.show_start()
        else:
            self.undo_group.addStack(session.undo_stack)
            self.undo_group.setActiveStack(session.undo_stack)
            session.manifest_changed.connect(self._show_project_name)
            self._drop_pages()
            self._show_project_name()
            last = self.workbench.settings.values.last_stages.get(str(session.folder), "data")
            self.show_stage(last if last in dict(STAGES) else "data")
        fill_menu(self)

    def _drop_pages(self) -> None:
        """Every project gets pages of its own: nothing of the last one can linger in them."""
        self.stage_key = ""
        for page in self._pages.values():
            self.stack.removeWidget(page)
            page.deleteLater()
        self._pages.clear()

    def _show_project_name(self) -> None:
        session = self.workbench.session
        if session is not None:
            self.setWindowTitle(f"{session.manifest.name} \u2014 Trimpot")
            self.top.show_project(session.manifest.name)

    # -- projects --------------------------------------------------------------------------

    def ask_new(self, then: str = "", drop: Drop | None = None) -> None:
        """Ask for a new project's name and folder; ``then`` names a pane to show in it."""
        from app.dialogs.new_project import NewProjectDialog

        dialog = NewProjectDialog(self.workbench.settings.projects_folder, self)

        def create(folder: Path, name: str) -> None:
            if self.workbench.create_project(folder, name):
                self._pane(then, drop)

        dialog.chosen.connect(lambda folder, name: self.leave(partial(create, folder, name)))
        dialog.open()

    def ask_open(self) -> None:
        """Ask for a project's folder and open it."""
        start = str(self.workbench.settings.projects_folder)
        dialog = QFileDialog(self, "Open a project: choose its folder", start)
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(lambda name: self.open_project(Path(name)))
        dialog.open()

    def open_project(self, folder: Path) -> None:
        """Open a project in place of the present one, asking first if jobs are at work."""
        self.leave(lambda: self.workbench.open_project(folder))

    def with_project(self, pane: str) -> None:
        """Show a pane of the Data stage, in the open project or a new one."""
        if self.workbench.session is None:
            self.ask_new(pane)
        else:
            self._pane(pane)

    def _pane(self, pane: str, drop: Drop | None = None) -> None:
        if not pane:
            return
        from app.stages.data import DataStage

        self.show_stage("data")
        page = self.stage("data")
        assert isinstance(page, DataStage)
        if pane == "import":
            page.show_import(drop.dry if drop else None, drop.wet if drop else None)
        elif pane in ("folder", "signaltrain"):
            folder = drop.folder if drop else None
            page.show_import_folder(folder, signaltrain=pane == "signaltrain")
        elif pane == "record":
            page.show_record()
        elif pane in CIRCUIT_PANES:
            self._circuits(page, pane, drop)
        else:
            page.show_simulate()

    @staticmethod
    def _circuits(page: DataStage, pane: str, drop: Drop | None) -> None:
        page.show_circuits(file=drop.netlist if drop is not None else None)
        circuits = page.circuit_pane()
        if pane == "new-circuit":
            circuits.add_template()
        elif pane == "netlist" and drop is None:
            circuits.ask_import()
        elif pane == "look":
            circuits.quick_look()

    def apply_safe_fixes(self) -> None:
        """Take every safe fix of the open project's captures."""
        from app.stages.data import DataStage

        if self.workbench.session is None:
            return
        self.show_stage("data")
        page = self.stage("data")
        assert isinstance(page, DataStage)
        page.apply_safe_fixes()

    def start_guided(self) -> None:
        """Begin the guided example, in a project of its own."""
        self.leave(self.guided.start)

    def leave(self, then: Callable[[], object]) -> None:
        """Do something that closes the present project; jobs at work are asked about first."""
        self.leaving.ask("Leave this project?", "Stop and leave", then)

    # -- other places ----------------------------------------------------------------------

    def toggle_jobs(self) -> None:
        """Open or close the list of jobs."""
        from app.job_popup import JobPopup

        found = self.findChild(JobPopup)
        if found is not None and found.isVisible():
            found.hide()
            return
        popup = found or JobPopup(self.workbench, self)
        popup.show_under(self.top.jobs)

    def switch_theme(self) -> None:
        """From dark to light and back; the settings remember."""
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        mode: Literal["dark", "light"] = "light" if theme_of(self).is_dark else "dark"
        self.workbench.settings.values.theme = mode
        self.workbench.settings.try_save()
        apply_theme(app, mode)

    def close_project(self) -> None:
        """Close the open project and show the start screen."""
        self.leave(self.workbench.close_project)

    def show_guide(self) -> None:
        """Open the guide at the present stage."""
        from app.dialogs.guide import GuideDialog

        dialog = self.findChild(GuideDialog) or GuideDialog(self)
        dialog.show()
        dialog.raise_()
        dialog.show_place(dict(STAGES).get(self.stage_key, "Start"))

    def show_settings(self) -> None:
        """Open the settings."""
        from app.dialogs.settings import SettingsDialog

        dialog = self.findChild(SettingsDialog)
        if dialog is None:
            devices = [device.id for device in self.player.output.devices]
            dialog = SettingsDialog(self.workbench.settings, devices, self)
            dialog.changed.connect(self._setting_changed)
        dialog.show()
        dialog.raise_()

    def _setting_changed(self, name: str) -> None:
        if name in ("audio_device", "block_size"):
            self.player.output.apply()

    def show_palette(self) -> None:
        """Open the palette of every command."""
        from widgets.palette import CommandPalette

        palette = self.findChild(CommandPalette) or CommandPalette(self)
        palette.open(self.commands.palette_entries())

    # -- drops -----------------------------------------------------------------------------

    def _describe_drop(self, paths: list[Path]) -> str | None:
        drop = read_drop(paths)
        return None if drop.kind == "refused" else drop.text

    def _dropped(self, paths: list[Path]) -> None:
        drop = read_drop(paths)
        if drop.kind == "project" and drop.folder is not None:
            self.open_project(drop.folder)
            return
        pane = "import" if drop.kind == "recordings" else drop.kind
        if pane == "refused":
            return
        if self.workbench.session is None:
            self.ask_new(pane, drop)
        else:
            self._pane(pane, drop)

    # -- keyboard --------------------------------------------------------------------------

    def _focus_changed(self, old: QWidget | None, new: QWidget | None) -> None:
        """Space plays everywhere, so Return is what presses the focused button."""
        if old is not None:
            old.removeEventFilter(self)
        if isinstance(new, QAbstractButton) and new.window() is self:
            new.installEventFilter(self)

    # -- opening and closing ---------------------------------------------------------------

    def _restore_geometry(self) -> None:
        saved = self.workbench.settings.values.window_geometry
        if not saved or not self.restoreGeometry(QByteArray.fromBase64(saved.encode())):
            self.resize(1280, 720)

    def _save_geometry(self) -> None:
        values = self.workbench.settings.values
        values.window_geometry = bytes(self.saveGeometry().toBase64().data()).decode()
        self.workbench.settings.try_save()

    def stop_and_close(self) -> None:
        """Stop the workers and close once they have kept what they had."""
        if not self.isEnabled():
            return  # told once already
        self._save_geometry()
        self.setEnabled(False)
        self.leaving.stop_jobs(self.close)

    # -- Qt overrides ----------------------------------------------------------------------

    def event(self, event: QEvent) -> bool:
        handled = super().event(event)
        if event.type() == QEvent.Type.Paint and not self._painted:
            self._painted = True
            QTimer.singleShot(0, self, self.first_painted.emit)
        return handled

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.KeyPress and isinstance(watched, QAbstractButton):
            key = getattr(event, "key", lambda: None)()
            if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                watched.click()
                return True
        return super().eventFilter(watched, event)

    def closeEvent(self, event: QCloseEvent) -> None:
        if self.workbench.jobs.active():
            event.ignore()
            self.leaving.ask("Close Trimpot?", "Stop and close", self.stop_and_close)
            return
        self._save_geometry()
        self.player.close()
        self.workbench.session_changed.disconnect(self._session_changed)
        self.workbench.close_project()
        super().closeEvent(event)


def run_window(words: Sequence[str]) -> int:
    """Open the window; returns the process's exit code.

    Parameters
    ----------
    words : sequence of str
        The command line: a project's folder, or nothing; ``--print-first-paint`` measures the
        start and quits.
    """
    parser = argparse.ArgumentParser(prog="trimpot")
    parser.add_argument("project", type=Path, nargs="?")
    parser.add_argument("--print-first-paint", action="store_true")
    chosen = parser.parse_args(list(words))
    refusal = no_display()
    if refusal:
        sys.stderr.write(f"{refusal}\n")
        return 1
    with qt_refuses_in_words():
        app = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(app, QApplication)
    app.setApplicationName("Trimpot")
    app.setDesktopFileName("trimpot")
    settings = SettingsStore()
    notices = Notices()
    stop_catching = notices.catch_uncaught()
    log_qt_messages(app)
    apply_theme(app, settings.values.theme)
    apply_simulators(settings)
    window = MainWindow(Workbench(settings, notices))
    if settings.trouble:
        notices.warning(settings.trouble)
    if chosen.project is not None:
        window.workbench.open_project(chosen.project)
    if chosen.print_first_paint:
        window.first_painted.connect(report_first_paint)
        window.first_painted.connect(window.close)
    else:
        window.first_painted.connect(window.player.start)
        window.first_painted.connect(fetch_workers)
    window.show()
    with signals_close(window.stop_and_close):
        code = app.exec()
    stop_catching()
    QThreadPool.globalInstance().clear()
    QThreadPool.globalInstance().waitForDone(THREAD_WAIT_MS)
    return code
