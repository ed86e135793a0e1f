"""Import one pair of recordings: what went in, and what came out."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from app import wording
from app.stages.base import Primary
from app.stages.file_row import AudioFileRow
from app.stages.import_form import ImportForm
from app.stages.pane import align_captions, form_layouts, rows_layout
from app.workbench import Workbench
from widgets.buttons import push_button
from widgets.schema import parse_number
from widgets.theme import label
from widgets.tokens import CONTROL_HEIGHT, SPACE

OWN_FIELDS = frozenset({"dry", "wet", "name", "knobs"})
"""What this form asks for itself; the rest of the source's settings come as a form."""
ABOUT = (
    "The dry file is what went into the device, the wet one what came out. wav, flac, aiff, ogg "
    "and mp3 can be read. Your files are never changed."
)


class PairForm(ImportForm):
    """A dry and a wet file, a name, what is wrong with them said in place."""

    source = "wav-pair"

    def __init__(self, workbench: Workbench, parent: QWidget | None = None) -> None:
        super().__init__(workbench, parent)
        self.dry = AudioFileRow("Dry recording", workbench.settings, self)
        self.wet = AudioFileRow("Wet recording", workbench.settings, self)
        self.name = QLineEdit(self)
        self.name.setMaxLength(200)
        self.name.setMinimumHeight(CONTROL_HEIGHT)
        self.name.setAccessibleName("Name of the capture")
        self.name.setPlaceholderText("As the wet file is called")
        self.knobs = QLineEdit(self)
        self.knobs.setMinimumHeight(CONTROL_HEIGHT)
        self.knobs.setAccessibleName("Where the knobs stood")
        self.knobs.setPlaceholderText("drive = 5, tone = 0.3; empty: no knobs")
        self.knobs.textChanged.connect(lambda _text: self._check())
        self._knob_problem = label("", "small", parent=self, wrap=True)
        self._knob_problem.setProperty("tone", "bad")
        self.form = self.options(OWN_FIELDS, self)
        self._rates = label("", "small", "soft", self, wrap=True)
        for row in (self.dry, self.wet):
            row.changed.connect(self._check)
        self._lay_out()
        self._check()

    def _lay_out(self) -> None:
        swap = push_button("Swap dry and wet", "compare", self)
        swap.clicked.connect(lambda _checked=False: self._swap())
        swap_row = QHBoxLayout()
        swap_row.addWidget(swap)
        swap_row.addStretch(1)
        rows = rows_layout()
        rows.addRow(label("Dry", colour="soft"), self.dry)
        rows.addRow(label("Wet", colour="soft"), self.wet)
        rows.addRow("", self._rates)
        rows.addRow("", swap_row)
        rows.addRow(label("Name", colour="soft"), self.name)
        rows.addRow(label("Knobs", colour="soft"), self.knobs)
        rows.addRow("", self._knob_problem)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2 * SPACE)
        column.addWidget(label(ABOUT, colour="soft", wrap=True))
        column.addLayout(rows)
        if self.form is not None:
            column.addWidget(self.form)
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
        problem = read_knobs(self.knobs.text())[1]
        self._knob_problem.setText(problem)
        self._knob_problem.setVisible(bool(problem))
        words = ""
        if dry is not None and wet is not None and dry.sample_rate != wet.sample_rate:
            words = (
                f"The rates differ: wet is resampled from {wording.rate(wet.sample_rate)} to "
                f"dry's {wording.rate(dry.sample_rate)}, which the capture's verdicts will say."
            )
        self._rates.setText(words)
        self._rates.setVisible(bool(words))
        self.changed.emit()

    def primary(self) -> Primary:
        """The stage's primary button while this form is shown."""
        dry, wet = self.dry, self.wet
        why = ""
        if dry.path is None or wet.path is None:
            why = "Choose a dry and a wet recording."
        elif dry.problem or wet.problem:
            why = "One of the files cannot be used."
        elif dry.info is None or wet.info is None:
            why = "Reading the files…"
        elif dry.path == wet.path:
            why = "Dry and wet are the same file."
        elif self._knob_problem.text():
            why = "The knobs cannot be read; see below them."
        elif self.form is not None and self.form.problems():
            why = "Some settings do not fit; see below them."
        return Primary("Import", enabled=not why, why_not=why)

    def submit(self) -> str | None:
        """Start the job that imports the pair."""
        dry, wet = self.dry.path, self.wet.path
        if dry is None or wet is None:
            return None
        name = self.name.text().strip() or wet.stem
        config: dict[str, Any] = {
            "dry": str(dry.resolve()),
            "wet": str(wet.resolve()),
            "name": name,
            "knobs": read_knobs(self.knobs.text())[0],
        }
        started = self.start(name, config, self.form)
        if started is not None:
            self.name.clear()
        return started


def read_knobs(text: str) -> tuple[dict[str, float], str]:
    """Settings as a person types them, ``drive = 5; tone 0.3``; and what cannot be read."""
    knobs: dict[str, float] = {}
    for part in (part.strip() for part in re.split(r"[;,\n]", text)):
        if not part:
            continue
        found = re.fullmatch(r"(.*[^\s=:])\s*[=:\s]\s*(\S+)", part)
        value = parse_number(found[2]) if found is not None else None
        if found is None or value is None:
            return {}, f"\u201c{part}\u201d is no setting: write a name and a number, drive = 5."
        name = found[1].strip()
        if name in knobs:
            return {}, f"{name} stands there twice."
        knobs[name] = value
    return knobs, ""
