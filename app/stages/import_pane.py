"""Import recordings: a dry and a wet file, a name, what is wrong with them said in place."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QWidget

from app import wording
from app.stages.base import Primary
from app.stages.file_row import AudioFileRow
from app.stages.pane import align_captions, form_layouts, pane_column, rows_layout
from app.workbench import Workbench
from widgets.buttons import push_button
from widgets.form import SchemaForm
from widgets.theme import label
from widgets.tokens import CONTROL_HEIGHT

SOURCE = "wav-pair"
OWN_FIELDS = frozenset({"dry", "wet", "name", "knobs"})
"""What this pane asks for itself; the rest of the source's settings come as a form."""


class ImportPane(QWidget):
    """Asks for a pair of recordings.

    Signals
    -------
    primary_changed()
        :meth:`primary` says something new.
    closed()
        The user goes back to the captures.
    started(str)
        The id of the job that imports them.
    """

    primary_changed = Signal()
    closed = Signal()
    started = Signal(str)

    def __init__(self, workbench: Workbench, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.workbench = workbench
        self.dry = AudioFileRow("Dry recording", workbench.settings, self)
        self.wet = AudioFileRow("Wet recording", workbench.settings, self)
        self.name = QLineEdit(self)
        self.name.setMaxLength(200)
        self.name.setMinimumHeight(CONTROL_HEIGHT)
        self.name.setAccessibleName("Name of the capture")
        self.name.setPlaceholderText("As the wet file is called")
        self.form = self._make_form()
        for row in (self.dry, self.wet):
            row.changed.connect(self._check)
        self._lay_out()
        self._check()

    def _make_form(self) -> SchemaForm | None:
        from engines.sources import registry

        schema = registry()[SOURCE].Config.model_json_schema()
        names = [name for name in schema.get("properties", {}) if name not in OWN_FIELDS]
        return SchemaForm(schema, self, only=names) if names else None

    def _lay_out(self) -> None:
        swap = push_button("Swap dry and wet", "compare", self)
        swap.clicked.connect(lambda _checked=False: self._swap())
        back = push_button("Back", "chevron-left", self)
        back.clicked.connect(lambda _checked=False: self.closed.emit())
        swap_row = QHBoxLayout()
        swap_row.addWidget(swap)
        swap_row.addStretch(1)
        rows = rows_layout()
        rows.addRow(label("Dry", colour="soft"), self.dry)
        rows.addRow(label("Wet", colour="soft"), self.wet)
        rows.addRow("", swap_row)
        rows.addRow(label("Name", colour="soft"), self.name)
        column = pane_column(self, "Import recordings", back)
        column.addWidget(
            label(
                "The dry file is what went into the device, the wet one what came out, recorded "
                "at the same rate. Your files are copied, never changed.",
                colour="soft",
                wrap=True,
            )
        )
        column.addLayout(rows)
        if self.form is not None:
            column.addWidget(self.form)
        column.addStretch(1)
        align_captions([rows, *form_layouts(self.form)])

    def fill(self, dry: Path | None, wet: Path | None) -> None:
        """Take dropped files; what is not given stays."""
        if dry is not None:
            self.dry.set_path(dry)
        if wet is not None:
            self.wet.set_path(wet)

    def _swap(self) -> None:
        dry, wet = self.dry.path, self.wet.path
        self.dry.set_path(wet)
        self.wet.set_path(dry)

    def _check(self) -> None:
        dry, wet = self.dry.info, self.wet.info
        if dry is not None and wet is not None:
            different = dry.sample_rate != wet.sample_rate
            self.wet.say(
                f"The rates differ: dry {wording.rate(dry.sample_rate)}, wet "
                f"{wording.rate(wet.sample_rate)}. Export both at the same rate."
                if different
                else ""
            )
        self.primary_changed.emit()

    def primary(self) -> Primary:
        """The stage's primary button while this pane is shown."""
        dry, wet = self.dry, self.wet
        why = ""
        if dry.path is None or wet.path is None:
            why = "Choose a dry and a wet recording."
        elif dry.problem or wet.problem:
            why = "One of the files cannot be used."
        elif dry.info is None or wet.info is None:
            why = "Reading the files…"
        elif dry.info.sample_rate != wet.info.sample_rate:
            why = "The two files have different rates."
        elif dry.path == wet.path:
            why = "Dry and wet are the same file."
        return Primary("Import", enabled=not why, why_not=why)

    def submit(self) -> None:
        """Start the job that imports the pair."""
        dry, wet = self.dry.path, self.wet.path
        if dry is None or wet is None:
            return
        name = self.name.text().strip() or wet.stem
        config: dict[str, Any] = self.form.value() if self.form is not None else {}
        config |= {"dry": str(dry.resolve()), "wet": str(wet.resolve()), "name": name}
        started = self.workbench.start_job("import", name, {"source": SOURCE, "config": config})
        if started is not None:
            self.started.emit(started)
            self.name.clear()
