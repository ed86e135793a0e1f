"""The Train stage: the runs, one of them in view, and the way to a new one."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtWidgets import QHBoxLayout, QSplitter, QStackedWidget, QVBoxLayout, QWidget

from app.player import Player
from app.stages.base import Primary, Stage
from app.stages.run_list import RunList, RunModel, RunRow
from app.stages.run_view import RunView
from app.stages.train_pane import TrainPane
from app.workbench import Workbench
from engines.worker.protocol import Checkpoint, End, Message
from projects.jobs import BEST_FILE
from widgets.buttons import push_button
from widgets.empty import EmptyState
from widgets.theme import label
from widgets.tokens import SPACE

EMPTY = (
    "A model learns from the captures in Data: what went in, what came out. There is none yet. "
    "Simulate a circuit or import two recordings first."
)


class TrainStage(Stage):
    """Runs on the left; the curves and predictions of one, or the pane for a new one."""

    key = "train"
    title = "Train"

    def __init__(self, workbench: Workbench, player: Player, parent: QWidget | None = None) -> None:
        super().__init__(workbench, parent)
        self.player = player
        self.model = RunModel(workbench, self)
        self.list = RunList(self)
        self.list.setModel(self.model)
        self.view = RunView(workbench, self)
        self.pane = TrainPane(workbench, self)
        self.empty = EmptyState("train", EMPTY, "Go to Data", "Open the guided example")
        self.stack = QStackedWidget(self)
        for page in (self.empty, self.pane, self.view):
            self.stack.addWidget(page)
        self._lay_out()
        self._connect()
        self._reload()
        if self.model.rows:
            self._show_run(self._selected_row() or self.model.rows[0])
        else:
            self.show_new()

    # -- building --------------------------------------------------------------------------

    def _lay_out(self) -> None:
        left = QWidget(self)
        left.setMinimumWidth(240)
        column = QVBoxLayout(left)
        column.setContentsMargins(SPACE, SPACE, SPACE, 0)
        column.setSpacing(SPACE)
        head = QHBoxLayout()
        head.setContentsMargins(SPACE, 0, 0, 0)
        head.addWidget(label("Runs", "heading"))
        head.addStretch(1)
        self.new_button = push_button("New run…", "plus", self)
        self.new_button.clicked.connect(lambda _checked=False: self.show_new())
        self._none = label("No runs yet.", colour="soft", parent=self)
        self._none.setContentsMargins(SPACE, 0, 0, 0)
        self._none.setAlignment(Qt.AlignmentFlag.AlignTop)
        column.addLayout(head)
        column.addWidget(self._none, 1)
        column.addWidget(self.list, 1)
        column.addWidget(self.new_button)
        self.splitter = QSplitter(Qt.Orientation.Horizontal, self)
        self.splitter.addWidget(left)
        self.splitter.addWidget(self.stack)
        self.splitter.setStretchFactor(1, 1)
        self.splitter.setChildrenCollapsible(False)
        self.splitter.setHandleWidth(1)
        self.remember_splitter("train", self.splitter, [288, 992])
        self.remember_splitter("train-view", self.view.splitter, [260, 240])
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(self.splitter)

    def _connect(self) -> None:
        bench = self.workbench
        if bench.session is not None:
            bench.session.manifest_changed.connect(self._captures_changed)
            bench.session.jobs_changed.connect(self._reload)
        bench.run_selected.connect(self._run_selected)
        bench.jobs.message.connect(self._on_message)
        bench.jobs.ended.connect(self._on_ended)
        self.list.selectionModel().currentChanged.connect(self._current_changed)
        self.list.clicked.connect(self._clicked)
        self.pane.primary_changed.connect(self.primary_changed)
        self.pane.started.connect(self._started)
        self.empty.action.connect(lambda: bench.stage_requested.emit("data"))
        self.empty.example.connect(lambda: bench.command_requested.emit("guided"))

    # -- what is shown ---------------------------------------------------------------------

    def _reload(self) -> None:
        self.model.load(self.workbench.session)
        self.list.setVisible(bool(self.model.rows))
        self._none.setVisible(not self.model.rows)
        row = self._selected_row()
        self._mark_current(row)
        if row is not None and self.stack.currentWidget() is self.view:
            self.view.show_run(row)
        self.primary_changed.emit()

    def _selected_row(self) -> RunRow | None:
        place = self.model.row_of(self.workbench.run_id)
        return self.model.rows[place] if place >= 0 else None

    def _mark_current(self, row: RunRow | None) -> None:
        place = self.model.row_of(row.id) if row is not None else -1
        self.list.selectionModel().blockSignals(True)
        self.list.setCurrentIndex(self.model.index(place) if place >= 0 else QModelIndex())
        self.list.selectionModel().blockSignals(False)
        self.list.viewport().update()

    def _show_run(self, row: RunRow) -> None:
        self.stack.setCurrentWidget(self.view)
        self._mark_current(row)
        self.view.show_run(row)
        self.workbench.select_run(row.id)
        self.primary_changed.emit()

    def show_new(self) -> None:
        """Show the pane for a new run, or why there can be none."""
        session = self.workbench.session
        has_data = session is not None and bool(session.manifest.captures)
        self.pane.refresh()
        self.stack.setCurrentWidget(self.pane if has_data else self.empty)
        self._mark_current(None)
        self.new_button.setEnabled(has_data)
        self.primary_changed.emit()

    def _captures_changed(self) -> None:
        if self.stack.currentWidget() is self.view:
            self.pane.refresh()
            self.new_button.setEnabled(True)
        else:
            self.show_new()

    def _run_selected(self, run_id: str) -> None:
        place = self.model.row_of(run_id)
        if place >= 0:
            self._show_run(self.model.rows[place])

    def _current_changed(self, current: QModelIndex, _previous: QModelIndex) -> None:
        if current.isValid():
            self._show_run(self.model.rows[current.row()])

    def _clicked(self, index: QModelIndex) -> None:
        if self.stack.currentWidget() is not self.view:
            self._show_run(self.model.rows[index.row()])

    # -- jobs ------------------------------------------------------------------------------

    def _started(self, job_id: str) -> None:
        self._reload()
        place = self.model.row_of(job_id)
        if place >= 0:
            self._show_run(self.model.rows[place])

    def _on_message(self, job_id: str, message: Message) -> None:
        self.model.take(job_id, message)
        shown = self._shown()
        if shown is not None and shown.id == job_id:
            self.view.take(message)
            if isinstance(message, Checkpoint) or message.type == "state":
                self.primary_changed.emit()

    def _on_ended(self, job_id: str, _end: End) -> None:
        if self.model.row_of(job_id) >= 0:
            self._reload()

    def _shown(self) -> RunRow | None:
        if self.stack.currentWidget() is not self.view:
            return None
        index = self.list.currentIndex()
        return self.model.rows[index.row()] if index.isValid() else None

    # -- the primary button ----------------------------------------------------------------

    def primary(self) -> Primary:
        """Train, or listen to the run shown as soon as it has a model."""
        if self.stack.currentWidget() is self.empty:
            return Primary("Train a model", False, "There is no capture to train on yet.")
        row = self._shown()
        if row is None:
            return self.pane.primary()
        active = self.workbench.jobs.worker(row.id) is not None
        if (row.found.folder / BEST_FILE).is_file():
            return Primary("Listen now" if active else "Listen")
        if active:
            return Primary("Listen now", False, "The first model comes in a moment.")
        return Primary("Resume")

    def do_primary(self) -> None:
        """Start the run, listen to it, or go on with it."""
        row = self._shown()
        if row is None:
            self.pane.submit()
        elif (row.found.folder / BEST_FILE).is_file():
            self.workbench.select_run(row.id)
            self.workbench.stage_requested.emit("audition")
        else:
            self.view.do_resume()

    def entered(self) -> None:
        """The arrow keys go through the runs; captures may have come meanwhile."""
        if self.stack.currentWidget() is self.view:
            self.list.setFocus()
        else:
            self.show_new()
