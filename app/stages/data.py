"""The Data stage: the captures, one of them in view, and the ways to get more."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import QModelIndex, QPoint, Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QHBoxLayout, QMenu, QSplitter, QStackedWidget, QVBoxLayout, QWidget

from app import edits
from app.notices import Action
from app.player import Player
from app.stages.base import Primary, Stage
from app.stages.capture_list import CaptureList, CaptureModel, CaptureRow
from app.stages.capture_view import CaptureView
from app.stages.import_pane import ImportPane
from app.stages.job_strip import JobStrip
from app.stages.simulate_pane import SimulatePane
from app.workbench import Workbench
from engines.worker.protocol import End
from projects.manifest import CaptureEntry
from widgets.buttons import push_button
from widgets.empty import EmptyState
from widgets.theme import label
from widgets.tokens import SPACE

EMPTY = (
    "Captures live here: what went into a device, what came out, and, from a circuit, its "
    "states. Bring two recordings, or let a circuit be simulated."
)
DATA_KINDS = ("simulate", "import")


class DataStage(Stage):
    """Captures on the left; the waveform and verdicts of one, or a pane for new data."""

    key = "data"
    title = "Data"

    def __init__(self, workbench: Workbench, player: Player, parent: QWidget | None = None) -> None:
        super().__init__(workbench, parent)
        self.player = player
        self.model = CaptureModel(self)
        self.list = CaptureList(self)
        self.list.setModel(self.model)
        self._strips: dict[str, JobStrip] = {}
        self._strip_place = QVBoxLayout()
        self._import: ImportPane | None = None
        self._simulate: SimulatePane | None = None
        self.view = CaptureView(workbench, player, self)
        self.empty = EmptyState("wave", EMPTY, "Simulate a circuit", "Open the guided example")
        self.stack = QStackedWidget(self)
        self.stack.addWidget(self.empty)
        self.stack.addWidget(self.view)
        self._lay_out()
        self._add_actions()
        self._connect()
        self._reload()
        for worker in workbench.jobs.active():
            self._job_started(worker.job.id)

    # -- building --------------------------------------------------------------------------

    def _lay_out(self) -> None:
        left = QWidget(self)
        column = QVBoxLayout(left)
        column.setContentsMargins(SPACE, SPACE, SPACE, 0)
        column.setSpacing(SPACE)
        head = QHBoxLayout()
        head.setContentsMargins(SPACE, 0, 0, 0)
        head.addWidget(label("Captures", "heading"))
        head.addStretch(1)
        buttons = QHBoxLayout()
        buttons.setSpacing(SPACE)
        self.import_button = push_button("Import…", "import", self)
        self.import_button.setToolTip("Import a dry and a wet recording (Ctrl+I)")
        self.simulate_button = push_button("Simulate…", "circuit", self)
        self.import_button.clicked.connect(lambda _checked=False: self.show_import())
        self.simulate_button.clicked.connect(lambda _checked=False: self.show_simulate())
        buttons.addWidget(self.import_button, 1)
        buttons.addWidget(self.simulate_button, 1)
        column.addLayout(head)
        column.addWidget(self.list, 1)
        column.addLayout(self._strip_place)
        column.addLayout(buttons)
        self.splitter = QSplitter(Qt.Orientation.Horizontal, self)
        self.splitter.addWidget(left)
        self.splitter.addWidget(self.stack)
        self.splitter.setStretchFactor(1, 1)
        self.splitter.setChildrenCollapsible(False)
        self.splitter.setHandleWidth(1)
        left.setMinimumWidth(240)
        self.remember_splitter("data", self.splitter, [288, 992])
        self.remember_splitter("data-view", self.view.splitter, [420, 170])
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(self.splitter)

    def _add_actions(self) -> None:
        self.rename_action = self._action("Rename", self._edit_name, "F2")
        self.remove_action = self._action("Remove from the project", self._remove, "Delete")
        self.include_action = self._action("Use for training", self._toggle_included)
        self.include_action.setCheckable(True)

    def _action(self, text: str, do: object, shortcut: str = "") -> QAction:
        action = QAction(text, self.list)
        if shortcut:
            action.setShortcut(QKeySequence(shortcut))
        action.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        assert callable(do)
        action.triggered.connect(lambda _checked=False: do())
        self.list.addAction(action)
        return action

    def _connect(self) -> None:
        bench = self.workbench
        if bench.session is not None:
            bench.session.manifest_changed.connect(self._reload)
        bench.capture_selected.connect(self._select)
        bench.jobs.started.connect(self._job_started)
        bench.jobs.ended.connect(self._job_ended)
        self.list.selectionModel().currentChanged.connect(self._current_changed)
        self.list.customContextMenuRequested.connect(self._show_menu)
        self.model.renamed.connect(self._rename)
        self.model.included.connect(self._include)
        self.empty.action.connect(self.show_simulate)
        self.empty.example.connect(lambda: bench.command_requested.emit("guided"))

    # -- what is shown ---------------------------------------------------------------------

    def _reload(self) -> None:
        self.model.load(self.workbench.session)
        ids = [row.entry.id for row in self.model.rows]
        chosen = self.workbench.capture_id
        if ids and chosen not in ids:
            self.workbench.select_capture(ids[0])
        elif not ids and chosen:
            self.workbench.select_capture("")
        self._select(self.workbench.capture_id)
        self.primary_changed.emit()

    def _select(self, capture_id: str) -> None:
        row = self.model.row_of(capture_id)
        self.list.selectionModel().blockSignals(True)
        self.list.setCurrentIndex(self.model.index(row) if row >= 0 else QModelIndex())
        self.list.selectionModel().blockSignals(False)
        self.list.viewport().update()
        if row >= 0:
            self.view.show_capture(self.model.rows[row])
        if self._pane() is None:
            self._show_captures()

    def _show_captures(self) -> None:
        self.stack.setCurrentWidget(self.view if self.model.rows else self.empty)
        self.primary_changed.emit()

    def _current_changed(self, current: QModelIndex, _previous: QModelIndex) -> None:
        if current.isValid():
            self.workbench.select_capture(self.model.rows[current.row()].entry.id)
            self._show_captures()

    def _pane(self) -> ImportPane | SimulatePane | None:
        shown = self.stack.currentWidget()
        return shown if isinstance(shown, ImportPane | SimulatePane) else None

    def show_import(self, dry: Path | None = None, wet: Path | None = None) -> None:
        """Show the pane that imports recordings, with these files if given."""
        if self._import is None:
            self._import = ImportPane(self.workbench, self)
            self._take_pane(self._import)
        self._import.fill(dry, wet)
        self._show_pane(self._import)

    def show_simulate(self) -> None:
        """Show the pane that simulates a circuit."""
        if self._simulate is None:
            self._simulate = SimulatePane(self.workbench, self)
            self._take_pane(self._simulate)
        self._simulate.entered()
        self._show_pane(self._simulate)

    def _take_pane(self, pane: ImportPane | SimulatePane) -> None:
        pane.primary_changed.connect(self.primary_changed)
        pane.closed.connect(self._show_captures)
        pane.started.connect(lambda _job: self._show_captures())
        self.stack.addWidget(pane)

    def _show_pane(self, pane: QWidget) -> None:
        self.stack.setCurrentWidget(pane)
        self.primary_changed.emit()

    # -- jobs ------------------------------------------------------------------------------

    def _job_started(self, job_id: str) -> None:
        worker = self.workbench.jobs.worker(job_id)
        if worker is None or worker.job.kind not in DATA_KINDS or job_id in self._strips:
            return
        strip = JobStrip(self.workbench, job_id, self)
        self._strips[job_id] = strip
        self._strip_place.addWidget(strip)
        self.primary_changed.emit()

    def _job_ended(self, job_id: str, _end: End) -> None:
        strip = self._strips.pop(job_id, None)
        if strip is not None:
            self._strip_place.removeWidget(strip)
            strip.hide()
            strip.deleteLater()
            self.primary_changed.emit()

    # -- changes ---------------------------------------------------------------------------

    def _current_entry(self) -> CaptureEntry | None:
        row = self._current_row()
        return row.entry if row is not None else None

    def _current_row(self) -> CaptureRow | None:
        index = self.list.currentIndex()
        return self.model.rows[index.row()] if index.isValid() else None

    def _show_menu(self, place: QPoint) -> None:
        entry = self._current_entry()
        if entry is None:
            return
        self.include_action.setChecked(entry.included)
        menu = QMenu(self)
        menu.addActions([self.rename_action, self.include_action])
        menu.addSeparator()
        menu.addAction(self.remove_action)
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(self.list.viewport().mapToGlobal(place))

    def _edit_name(self) -> None:
        self.list.edit(self.list.currentIndex())

    def _rename(self, capture_id: str, name: str) -> None:
        if self.workbench.session is not None:
            self.workbench.session.change("Rename capture", edits.rename_capture(capture_id, name))

    def _include(self, capture_id: str, included: bool) -> None:
        text = "Use capture for training" if included else "Leave capture out"
        if self.workbench.session is not None:
            self.workbench.session.change(text, edits.include_capture(capture_id, included))

    def _toggle_included(self) -> None:
        entry = self._current_entry()
        if entry is not None:
            self._include(entry.id, not entry.included)

    def _remove(self) -> None:
        entry, session = self._current_entry(), self.workbench.session
        if entry is None or session is None:
            return
        if session.change(f"Remove {entry.name}", edits.remove_capture(entry.id)):
            undo = Action("Undo", partial(self._undo, session.undo_stack.index()))
            self.workbench.notices.success(f"{entry.name} was removed from the project.", undo)

    def _undo(self, index: int) -> None:
        """Undo what a toast told of, unless something else has been done since."""
        session = self.workbench.session
        if session is not None and session.undo_stack.index() == index:
            session.undo_stack.undo()

    # -- the primary button ----------------------------------------------------------------

    def primary(self) -> Primary:
        """What the pane shown wants, else the way on to training."""
        pane = self._pane()
        if pane is not None:
            return pane.primary()
        if any(row.entry.included and row.capture is not None for row in self.model.rows):
            return Primary("Train a model")
        if self._strips:
            return Primary("Train a model", False, "The first capture is on its way.")
        why = "Every capture is left out." if self.model.rows else "There is no capture yet."
        return Primary("Train a model", False, why)

    def do_primary(self) -> None:
        """Submit the pane shown, or go on to training."""
        pane = self._pane()
        if pane is not None:
            pane.submit()
        else:
            self.workbench.stage_requested.emit("train")

    def entered(self) -> None:
        """The arrow keys go through the captures; the simulator may have been installed."""
        if self._pane() is None:
            self.list.setFocus()
        if self._simulate is not None:
            self._simulate.entered()
