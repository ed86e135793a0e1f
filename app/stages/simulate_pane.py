"""Simulate a device: a circuit or an effect, what is played through it, its settings."""

from __future__ import annotations

import os
import shutil
from typing import Any

from pydantic import ValidationError
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.settings import NGSPICE_VARIABLE
from app.stages.base import Primary
from app.stages.file_row import AudioFileRow
from app.stages.pane import align_captions, form_layouts, pane_column, rows_layout
from app.stages.source_cards import SourceCards, is_effect
from app.workbench import Workbench
from projects.capture import first_problem
from widgets.banner import Banner
from widgets.buttons import push_button
from widgets.form import SchemaForm
from widgets.segmented import Choice, SegmentedControl
from widgets.theme import label

BUILTIN = "builtin"
ONLY_BUILTIN = frozenset({"seconds", "sample_rate", "seed"})
ONLY_RECORDING = frozenset({"channel", "limit"})
"""Settings that every simulating source has, and that mean something for one kind of dry only."""
MISSING = (
    "ngspice, which simulates circuits, was not found. Install it (Debian, Ubuntu: apt install "
    "ngspice; macOS: brew install ngspice; Windows: the zip from ngspice.sourceforge.io) or choose "
    "its program in the settings."
)


class SimulatePane(QWidget):
    """Asks for a device and what to play through it; the form is the source's own.

    Signals
    -------
    primary_changed(), closed(), started(str)
        As of the import pane.
    """

    primary_changed = Signal()
    closed = Signal()
    started = Signal(str)

    def __init__(self, workbench: Workbench, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        from engines.sources import registry

        self.workbench = workbench
        self._sources = {s.name: s for s in registry().values() if s.kind == "simulate"}
        self.cards = SourceCards(list(self._sources.values()), self)
        self.cards.chosen.connect(lambda _name: self._show_form())
        self._count = label("", "small", "soft", self, wrap=True)
        self._refusal = ""
        self.played = SegmentedControl(
            (Choice(BUILTIN, "Built-in signals"), Choice("file", "A recording")), self
        )
        self.played.set_current(BUILTIN)
        self.played.chosen.connect(lambda _key: self._show_played())
        self.file = AudioFileRow("Dry recording", workbench.settings, self)
        self.file.changed.connect(self.primary_changed)
        self.missing = Banner(
            "warning",
            MISSING,
            actions=[("Settings…", lambda: workbench.command_requested.emit("settings"))],
            parent=self,
            closable=False,
        )
        self.form: SchemaForm | None = None
        self._form_place = QVBoxLayout()
        self._lay_out()
        self._show_played()
        self.entered()

    def _lay_out(self) -> None:
        back = push_button("Back", "chevron-left", self)
        back.clicked.connect(lambda _checked=False: self.closed.emit())
        played_row = QHBoxLayout()
        played_row.addWidget(self.played)
        played_row.addStretch(1)
        self._rows = rows_layout()
        self._rows.addRow(label("Played through it", colour="soft"), played_row)
        self._rows.addRow("", self.file)
        column = pane_column(self, "Simulate a device", back)
        column.addWidget(self.missing)
        column.addWidget(self.cards)
        column.addLayout(self._rows)
        column.addLayout(self._form_place)
        column.addWidget(self._count)
        column.addStretch(1)

    def entered(self) -> None:
        """Look again whether the simulator is there."""
        chosen = os.environ.get(NGSPICE_VARIABLE, "")
        source = self._sources.get(self.source_name)
        wants_it = source is not None and not is_effect(source)
        self.missing.setVisible(wants_it and shutil.which(chosen or "ngspice") is None)
        self.primary_changed.emit()

    @property
    def source_name(self) -> str:
        """The source chosen."""
        return self.cards.current

    def _show_form(self) -> None:
        source = self._sources.get(self.source_name)
        if self.form is not None:
            self._form_place.removeWidget(self.form)
            self.form.hide()
            self.form.deleteLater()
            self.form = None
        if source is None:
            return
        schema = source.Config.model_json_schema()
        hidden = ONLY_BUILTIN if self.played.current == "file" else ONLY_RECORDING
        names = [n for n in schema.get("properties", {}) if n != "dry" and n not in hidden]
        self.form = SchemaForm(schema, self, only=names)
        remembered = self.workbench.settings.values.forms.get(f"simulate-{source.name}", {})
        self.form.set_value({k: v for k, v in remembered.items() if k in names and k != "name"})
        self.form.changed.connect(self._judge)
        self._form_place.addWidget(self.form)
        align_captions([self._rows, *form_layouts(self.form)])
        self._judge()
        self.entered()

    def _judge(self) -> None:
        """Say how many captures the settings make, or why they make none."""
        self._refusal, words = "", ""
        source = self._sources.get(self.source_name)
        if source is not None and self.form is not None and not self.form.problems():
            try:
                config = source.Config.model_validate({**self.form.value(), "dry": BUILTIN})
                settings = getattr(config, "settings", None)
                count = 1 if settings is None else sum(1 for _ in settings())
                words = f"{count} captures, one for each setting." if count > 1 else ""
            except ValidationError as error:
                self._refusal = words = f"This cannot be used: {first_problem(error)}."
        self._count.setProperty("tone", "bad" if self._refusal else "")
        self._count.style().polish(self._count)
        self._count.setText(words)
        self._count.setVisible(bool(words))
        self.primary_changed.emit()

    def _show_played(self) -> None:
        self.file.setVisible(self.played.current == "file")
        self._show_form()

    def primary(self) -> Primary:
        """The stage's primary button while this pane is shown."""
        why = ""
        if not self.missing.isHidden():
            why = "ngspice was not found."
        elif self.played.current == "file" and self.file.info is None:
            why = self.file.problem or "Choose a recording to play through it."
        elif self.form is None or self.form.problems() or self._refusal:
            why = "Some settings do not fit; see below them."
        return Primary("Simulate", enabled=not why, why_not=why)

    def submit(self) -> None:
        """Start the job that simulates."""
        if self.form is None:
            return
        source = self._sources[self.source_name]
        config: dict[str, Any] = self.form.value()
        self.workbench.settings.values.forms[f"simulate-{source.name}"] = dict(config)
        self.workbench.settings.try_save()
        path = self.file.path
        from_file = self.played.current == "file" and path is not None
        config["dry"] = str(path.resolve()) if from_file and path is not None else BUILTIN
        name = str(config.get("name") or source.label)
        if "name" in config:
            config["name"] = name
        job = {"source": source.name, "config": config}
        started = self.workbench.start_job("simulate", name, job)
        if started is not None:
            self.started.emit(started)
