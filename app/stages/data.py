"""The Data stage: the captures, one of them in view, and the ways to get more."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol, cast

from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtWidgets import QHBoxLayout, QSplitter, QStackedWidget, QVBoxLayout, QWidget

from app.player import Player
from app.stages.base import Primary, Stage
from app.stages.capture_actions import CaptureActions
from app.stages.capture_head import CaptureHead
from app.stages.capture_list import CaptureList
from app.stages.capture_rows import CaptureModel
from app.stages.capture_view import CaptureView
from app.stages.circuit_pane import CircuitPane
from app.stages.coverage_pane import CoveragePane
from app.stages.import_pane import ImportPane
from app.stages.job_strips import JobStrips
from app.stages.knobs_pane import KnobsPane
from app.stages.record_pane import RecordPane
from app.stages.simulate_pane import SimulatePane
from app.workbench import Workbench
from widgets.buttons import push_button
from widgets.empty import EmptyState
from widgets.tokens import HALF, SPACE

EMPTY = (
    "Captures live here: what went into a device, what came out, and, from a circuit, its "
    "states. Bring two recordings, or let a circuit be simulated."
)


class Pane(Protocol):
    """What stands in the place of the picture to bring new data, or to edit what it means."""

    def primary(self) -> Primary:
        """The stage's primary button while the pane is shown."""

    def submit(self) -> None:
        """The primary button was pressed."""


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
        self.head = CaptureHead(self.model, self)
        self.actions_of_list = CaptureActions(workbench, self.list)
        self.jobs = JobStrips(workbench, self)
        self._panes: dict[str, QWidget] = {}
        self.view = CaptureView(workbench, player, self)
        self.empty = EmptyState("wave", EMPTY, "Simulate a circuit", "Open the guided example")
        self.stack = QStackedWidget(self)
        self.stack.addWidget(self.empty)
        self.stack.addWidget(self.view)
        self._lay_out()
        self._connect()
        self._reload()

    # -- building --------------------------------------------------------------------------

    def _lay_out(self) -> None:
        left = QWidget(self)
        column = QVBoxLayout(left)
        column.setContentsMargins(SPACE, SPACE, SPACE, 0)
        column.setSpacing(SPACE)
        buttons = QHBoxLayout()
        buttons.setSpacing(HALF)
        self.import_button = push_button("Import", "import", self)
        self.import_button.setToolTip("Import recordings: a pair, a folder, a data set (Ctrl+I)")
        self.record_button = push_button("Record", "record", self)
        self.record_button.setToolTip("Play a test signal through a device and record the return")
        self.simulate_button = push_button("Simulate", "circuit", self)
        self.simulate_button.setToolTip("Let a circuit or an effect be computed")
        self.import_button.clicked.connect(lambda _checked=False: self.show_import())
        self.record_button.clicked.connect(lambda _checked=False: self.show_record())
        self.simulate_button.clicked.connect(lambda _checked=False: self.show_simulate())
        for button in (self.import_button, self.record_button, self.simulate_button):
            buttons.addWidget(button, 1)
        column.addWidget(self.head)
        column.addWidget(self.list, 1)
        column.addWidget(self.jobs)
        column.addLayout(buttons)
        self.splitter = QSplitter(Qt.Orientation.Horizontal, self)
        self.splitter.addWidget(left)
        self.splitter.addWidget(self.stack)
        self.splitter.setStretchFactor(1, 1)
        self.splitter.setChildrenCollapsible(False)
        self.splitter.setHandleWidth(1)
        left.setMinimumWidth(288)
        self.remember_splitter("data", self.splitter, [300, 980])
        self.remember_splitter("data-view", self.view.splitter, [360, 230])
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(self.splitter)

    def _connect(self) -> None:
        bench = self.workbench
        if bench.session is not None:
            bench.session.manifest_changed.connect(self._reload)
        bench.capture_selected.connect(self._select)
        self.jobs.changed.connect(self.primary_changed)
        self.list.selectionModel().currentChanged.connect(self._current_changed)
        actions = self.actions_of_list
        self.model.renamed.connect(actions.change_name)
        self.model.included.connect(lambda key, on: actions.set_included([key], on))
        self.model.facts_changed.connect(self._facts_changed)
        self.view.alike_wanted.connect(
            lambda name, kind: actions.take_alike(self.model.all_rows, name, kind)
        )
        self.head.filter_changed.connect(self._show_selected)
        self.head.fix_all.connect(self.apply_safe_fixes)
        self.head.knobs_wanted.connect(self.show_knobs)
        self.head.coverage_wanted.connect(self.show_coverage)
        self.empty.action.connect(self.show_simulate)
        self.empty.example.connect(lambda: bench.command_requested.emit("guided"))

    # -- what is shown ---------------------------------------------------------------------

    def _reload(self) -> None:
        selected = frozenset(row.entry.id for row in self.list.selected_rows())
        self.model.load(self.workbench.session)
        ids = [row.entry.id for row in self.model.all_rows]
        chosen = self.workbench.capture_id
        if ids and chosen not in ids:
            shown = self.model.rows[0].entry.id if self.model.rows else ids[0]
            self.workbench.select_capture(shown)
        elif not ids and chosen:
            self.workbench.select_capture("")
        self.head.refresh()
        self._select(self.workbench.capture_id)
        if len(selected) > 1:
            self.list.selectionModel().blockSignals(True)
            self.list.select_ids(selected)
            self.list.selectionModel().blockSignals(False)
        self._refresh_panes()
        self.primary_changed.emit()

    def _facts_changed(self) -> None:
        self.head.refresh()
        self._refresh_panes()
        self._mark(self.workbench.capture_id)
        self.primary_changed.emit()

    def _refresh_panes(self) -> None:
        for pane in self._panes.values():
            refresh = getattr(pane, "refresh", None)
            if refresh is not None:
                refresh()

    def _show_selected(self) -> None:
        self._select(self.workbench.capture_id)

    def _select(self, capture_id: str) -> None:
        self._mark(capture_id)
        session = self.workbench.session
        if session is not None and session.manifest.capture(capture_id) is not None:
            if not session.is_read(capture_id):
                session.capture(capture_id)  # the one in view comes before the others
                self.model.refresh(capture_id)
            row = self.model.find(capture_id)
            if row is not None:
                self.view.show_capture(row, self.model.all_rows)
        if self._pane() is None:
            self._show_captures()

    def _mark(self, capture_id: str) -> None:
        """Make a capture the list's current one, without telling."""
        place = self.model.row_of(capture_id)
        if self.list.currentIndex().row() != place or place < 0:
            self.list.selectionModel().blockSignals(True)
            self.list.setCurrentIndex(self.model.index(place) if place >= 0 else QModelIndex())
            self.list.selectionModel().blockSignals(False)
        self.list.viewport().update()

    def _show_captures(self) -> None:
        self.stack.setCurrentWidget(self.view if self.model.all_rows else self.empty)
        self.primary_changed.emit()

    def _current_changed(self, current: QModelIndex, _previous: QModelIndex) -> None:
        if current.isValid():
            self.workbench.select_capture(self.model.rows[current.row()].entry.id)
            self._show_captures()

    def apply_safe_fixes(self) -> None:
        """Take every safe fix of the project in one undoable step."""
        self.actions_of_list.apply_safe_fixes(self.model.all_rows)

    # -- panes -----------------------------------------------------------------------------

    def _pane(self) -> Pane | None:
        shown = self.stack.currentWidget()
        return cast("Pane", shown) if shown in self._panes.values() else None

    def show_import(self, dry: Path | None = None, wet: Path | None = None) -> None:
        """Show the pane that imports recordings, with these files if given."""
        pane = self._import_pane()
        pane.fill(dry, wet)
        self._show_pane(pane)

    def show_import_folder(self, folder: Path | None = None, *, signaltrain: bool = False) -> None:
        """Show the pane that imports a folder of recordings, or a SignalTrain data set."""
        pane = self._import_pane()
        pane.fill_folder(folder, signaltrain=signaltrain)
        self._show_pane(pane)

    def _import_pane(self) -> ImportPane:
        pane = self._panes.get("import")
        if not isinstance(pane, ImportPane):
            pane = ImportPane(self.workbench, self)
            self._take_pane("import", pane)
        return pane

    def show_simulate(self, circuit_id: str = "") -> None:
        """Show the pane that simulates a device; with an id, a circuit of the project in it."""
        pane = self._panes.get("simulate")
        if not isinstance(pane, SimulatePane):
            pane = SimulatePane(self.workbench, self.player, self)
            pane.circuits_wanted.connect(self.show_circuits)
            pane.copy_wanted.connect(self.copy_circuit)
            self._take_pane("simulate", pane)
        pane.entered()
        if circuit_id:
            pane.show_circuit(circuit_id)
        self._show_pane(pane)

    def show_circuits(self, circuit_id: str = "", file: Path | None = None) -> None:
        """Show the pane that edits the project's circuits: one of them, or a file to import."""
        if self.workbench.session is None:
            return
        pane = self.circuit_pane()
        if file is not None:
            pane.import_file(file)
        pane.entered(circuit_id)
        self._show_pane(pane)

    def copy_circuit(self, name: str) -> None:
        """Copy a circuit of the library into the project, and show it to be edited."""
        self.show_circuits()
        self.circuit_pane().add_from_library(name)

    def circuit_pane(self) -> CircuitPane:
        """The pane that edits the project's circuits; made where it was not there yet."""
        pane = self._panes.get("circuits")
        if not isinstance(pane, CircuitPane):
            pane = CircuitPane(self.workbench, self.player, self)
            pane.simulate_wanted.connect(self.show_simulate)
            self._take_pane("circuits", pane)
        return pane

    def show_record(self) -> None:
        """Show the pane that records a device."""
        pane = self._panes.get("record")
        if not isinstance(pane, RecordPane):
            pane = RecordPane(self.workbench, self)
            self._take_pane("record", pane)
        pane.entered()
        self._show_pane(pane)

    def show_coverage(self) -> None:
        """Show which settings are captured."""
        pane = self._panes.get("coverage")
        if not isinstance(pane, CoveragePane):
            pane = CoveragePane(self.workbench, self.model, self)
            pane.knobs_wanted.connect(self.show_knobs)
            self._take_pane("coverage", pane)
        self._show_pane(pane)

    def show_knobs(self) -> None:
        """Show the pane that edits the device's knobs."""
        pane = self._panes.get("knobs")
        if pane is None:
            pane = KnobsPane(self.workbench, self)
            self._take_pane("knobs", pane)
        self._show_pane(pane)

    def _take_pane(self, key: str, pane: QWidget) -> None:
        self._panes[key] = pane
        for name, do in (
            ("primary_changed", self.primary_changed.emit),
            ("closed", self._show_captures),
            ("started", lambda _job: self._show_captures()),
        ):
            if signal := getattr(pane, name, None):
                signal.connect(do)
        self.stack.addWidget(pane)

    def _show_pane(self, pane: QWidget) -> None:
        self.stack.setCurrentWidget(pane)
        self.primary_changed.emit()

    # -- the primary button ----------------------------------------------------------------

    def primary(self) -> Primary:
        """What the pane shown wants, else the way on to training."""
        pane = self._pane()
        if pane is not None:
            return pane.primary()
        if any(row.entry.included and not row.damaged for row in self.model.all_rows):
            return Primary("Train a model")
        if self.jobs.running:
            return Primary("Train a model", False, "The first capture is on its way.")
        why = "Every capture is left out." if self.model.all_rows else "There is no capture yet."
        return Primary("Train a model", False, why)

    def do_primary(self) -> None:
        """Submit the pane shown, or go on to training."""
        pane = self._pane()
        if pane is not None:
            pane.submit()
        else:
            self.workbench.stage_requested.emit("train")

    def entered(self) -> None:
        """The arrow keys go through the captures; what a pane needs may have come since."""
        pane = self._pane()
        if pane is None:
            self.list.setFocus()
        elif isinstance(pane, SimulatePane | RecordPane | CircuitPane):
            pane.entered()
