"""The Export stage: formats that can carry the model, and files proven to sound like it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QScrollArea, QStackedLayout, QVBoxLayout, QWidget

from app.background import in_background
from app.exports import FoundExport, found_exports
from app.models import FoundModel, find_model, found_models, select_some_model
from app.player import Player
from app.stages.base import Primary, Stage
from app.stages.columns import columns
from app.stages.export_rows import ExportRow, FormatRow
from app.stages.model_header import ModelHeader
from app.stages.model_list import ModelList
from app.workbench import Workbench
from engines.exporters import registry
from engines.models.base import Model
from projects.errors import TrimpotError
from widgets.empty import EmptyState
from widgets.theme import label
from widgets.tokens import SPACE

PROOF_SECONDS = 10.0
MAX_ROWS = 50


@dataclass(frozen=True)
class Verdict:
    """Whether a format carries a model: the obstacle, or empty; what the host must do."""

    obstacle: str
    remark: str


class ExportStage(Stage):
    """Formats as rows, each can or cannot with its reason; the exports made so far."""

    key = "export"
    title = "Export"

    def __init__(self, workbench: Workbench, player: Player, parent: QWidget | None = None) -> None:
        super().__init__(workbench, parent)
        self.player = player
        self.format = ""
        self._seen: tuple[str, float] | None = None
        self._verdicts: dict[str, Verdict] = {}
        self._trouble = ""
        self.models = ModelList()
        self.models.chosen.connect(workbench.select_run)
        self.header = ModelHeader()
        self.formats: dict[str, FormatRow] = {}
        self.rows: list[ExportRow] = []
        self._build()
        self._connect()

    def _build(self) -> None:
        self.empty = EmptyState(
            "export",
            "Trained models leave from here as files for plugins, each proven to sound the same. "
            "Train one first.",
            "Go to Train",
        )
        self.empty.action.connect(lambda: self.workbench.stage_requested.emit("train"))
        self.empty.example.connect(lambda: self.workbench.command_requested.emit("guided"))
        body = columns("export", self.models, self._make_page(), self.workbench.settings)
        self._stack = QStackedLayout(self)
        self._stack.addWidget(self.empty)
        self._stack.addWidget(body)

    def _make_page(self) -> QWidget:
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(2 * SPACE, SPACE, 2 * SPACE, 0)
        column.setSpacing(SPACE)
        column.addWidget(self.header)
        column.addWidget(label("Format", "strong", "soft"))
        for name, exporter in registry().items():
            row = FormatRow(name, exporter.label, exporter.summary)
            row.picked.connect(self._picked)
            self.formats[name] = row
            column.addWidget(row)
        column.addSpacing(SPACE)
        column.addWidget(label("Exported files", "strong", "soft"))
        self._none_yet = label(
            "Nothing has been exported yet. Every export is played beside the model it came from "
            "before its file is kept.",
            "body",
            "soft",
            wrap=True,
        )
        column.addWidget(self._none_yet)
        self._list = QWidget()
        self._list_column = QVBoxLayout(self._list)
        self._list_column.setContentsMargins(0, 0, SPACE, 0)
        self._list_column.setSpacing(SPACE)
        self._list_column.addStretch(1)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(self._list)
        column.addWidget(area, 1)
        return page

    def _connect(self) -> None:
        bench = self.workbench
        bench.run_selected.connect(self._selection_changed)
        bench.jobs.message.connect(self._on_message)
        bench.jobs.ended.connect(self._job_ended)
        if bench.session is not None:
            bench.session.jobs_changed.connect(self.refresh)
        self.refresh()

    # -- what is shown ---------------------------------------------------------------------

    def entered(self) -> None:
        """Take the newest model where none is selected."""
        select_some_model(self.workbench)
        self.refresh()

    def refresh(self) -> None:
        """Look again at the runs and exports of the project."""
        session = self.workbench.session
        models = found_models(session)
        self._stack.setCurrentIndex(1 if models else 0)
        self.models.show_models(models, self.workbench.run_id)
        self._show_exports(found_exports(session)[:MAX_ROWS] if session is not None else [])
        self._examine(next((m for m in models if m.id == self.workbench.run_id), None))
        self.primary_changed.emit()

    def _selection_changed(self) -> None:
        self.models.show_models(found_models(self.workbench.session), self.workbench.run_id)
        self._examine(find_model(self.workbench.session, self.workbench.run_id))

    def _examine(self, model: FoundModel | None) -> None:
        """Ask every format, off the window's thread, whether it carries the model."""
        try:
            seen = (model.id, model.path.stat().st_mtime) if model is not None else None
        except OSError:
            seen = None
        if seen == self._seen and seen is not None:
            return
        self._seen = seen
        self._verdicts = {}
        self._trouble = ""
        self.header.show_found(model)
        for row in self.formats.values():
            row.show_waiting()
        self.primary_changed.emit()
        if model is not None and seen is not None:
            in_background(
                self,
                partial(_ask_formats, model),
                partial(self._take_verdicts, seen),
                partial(self._unreadable, seen),
            )

    def _take_verdicts(
        self, seen: tuple[str, float], result: tuple[Model, dict[str, Verdict]]
    ) -> None:
        if seen != self._seen:
            return
        model, self._verdicts = result
        self.header.show_model(model)
        for name, verdict in self._verdicts.items():
            if verdict.obstacle:
                self.formats[name].show_cannot(verdict.obstacle)
            else:
                self.formats[name].show_can(verdict.remark)
        able = [name for name, verdict in self._verdicts.items() if not verdict.obstacle]
        if able:
            self.formats[self.format if self.format in able else able[0]].button.setChecked(True)
        self.primary_changed.emit()

    def _unreadable(self, seen: tuple[str, float], error: Exception) -> None:
        if seen != self._seen:
            return
        self._trouble = error.sentence if isinstance(error, TrimpotError) else str(error)
        for row in self.formats.values():
            row.show_cannot(self._trouble)
        self.primary_changed.emit()

    def _picked(self, name: str) -> None:
        self.format = name
        self.primary_changed.emit()

    def _show_exports(self, exports: list[FoundExport]) -> None:
        for row in self.rows:
            self._list_column.removeWidget(row)
            row.hide()
            row.deleteLater()
        self.rows = []
        for index, export in enumerate(exports):
            name = str(export.job.job.config.get("format", ""))
            known = self.formats.get(name)
            row = ExportRow(export, known.button.text() if known is not None else name)
            row.cancel_wanted.connect(self._cancel)
            row.again_wanted.connect(self._again)
            self._list_column.insertWidget(index, row)
            self.rows.append(row)
        self._none_yet.setVisible(not exports)

    def _job_ended(self, _job_id: str, _end: object) -> None:
        self.refresh()

    def _on_message(self, job_id: str, message: object) -> None:
        for row in self.rows:
            if row.export.id == job_id:
                row.show_message(message)

    # -- what is done ----------------------------------------------------------------------

    def _cancel(self, job_id: str) -> None:
        worker = self.workbench.jobs.worker(job_id)
        if worker is not None:
            worker.cancel()

    def _again(self, job_id: str) -> None:
        folder = next((row.export.job.folder for row in self.rows if row.export.id == job_id), None)
        if folder is not None:
            self.workbench.resume_job(folder)

    def _exporting(self) -> bool:
        run = self.workbench.run_id
        return any(
            worker.job.kind == "export" and worker.job.config.get("run") == run
            for worker in self.workbench.jobs.active()
        )

    def primary(self) -> Primary:
        why = ""
        if self._seen is None:
            why = "The selected run has no model yet."
        elif self._trouble:
            why = self._trouble
        elif not self._verdicts:
            why = "The model is being read."
        elif all(verdict.obstacle for verdict in self._verdicts.values()):
            why = "No format can carry this model."
        elif self._exporting():
            why = "This model is being exported."
        return Primary("Export", enabled=not why, why_not=why)

    def do_primary(self) -> None:
        """Export the selected run's model in the chosen format, by a job of its own."""
        model = find_model(self.workbench.session, self.workbench.run_id)
        row = self.formats.get(self.format)
        if model is None or row is None or not row.can:
            return
        config = {"run": model.id, "format": self.format, "seconds": PROOF_SECONDS}
        self.workbench.start_job("export", f"{model.name} as {row.button.text()}", config)
        self.primary_changed.emit()


def _ask_formats(found: FoundModel) -> tuple[Model, dict[str, Verdict]]:
    from engines.models.storage import load_model

    model = load_model(found.path)
    verdicts = {
        name: Verdict(
            obstacle := exporter.obstacle(model) or "",
            "" if obstacle else exporter.remark(model),
        )
        for name, exporter in registry().items()
    }
    return model, verdicts
