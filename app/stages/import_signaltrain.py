"""Import the SignalTrain LA-2A set, or any folder in its layout."""

from __future__ import annotations

from collections import Counter
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app import wording
from app.background import in_background
from app.stages.base import Primary
from app.stages.import_form import FolderRow, ImportForm
from app.stages.pane import align_captions, form_layouts, rows_layout
from app.stages.scan_table import ScanTable
from app.workbench import Workbench
from projects.errors import TrimpotError
from projects.manifest import Part
from widgets.banner import Banner
from widgets.parts import PART_WORDS
from widgets.theme import label
from widgets.tokens import SPACE

if TYPE_CHECKING:
    from engines.sources.scanning import Scan

OWN_FIELDS = frozenset({"folder", "name"})
ABOUT = (
    "Folders Train, Val and Test with input_NNN_.wav and target_NNN_LA2A_2c__S__P.wav: S is the "
    "switch (0 compress, 1 limit), P the peak reduction. The parts are kept as they are given. A "
    "few pairs of the published set are shifted; they are found by their audio."
)
TYPING_MS = 250
PARTS: tuple[Part, ...] = ("train", "validation", "test")
MAX_MEASURED = 2000
"""Files whose length is read for the total; reading a header takes a tenth of a millisecond."""


class SignalTrainForm(ImportForm):
    """A folder, what was found in it, and what becomes of the pairs that are shifted."""

    source = "signaltrain"

    def __init__(self, workbench: Workbench, parent: QWidget | None = None) -> None:
        super().__init__(workbench, parent)
        self.folder = FolderRow("SignalTrain folder", workbench.settings, self)
        self.found = label("", "strong", parent=self, wrap=True)
        self.settings_found = label("", colour="soft", parent=self, wrap=True)
        self.table = ScanTable(self)
        self.banner = Banner("warning", "", parent=self, closable=False)
        self.form = self.options(OWN_FIELDS, self)
        self.scan: Scan | None = None
        self.refusal = ""
        self._looking = False
        self._asked = 0
        self._wait = QTimer(self, singleShot=True, interval=TYPING_MS)
        self._wait.timeout.connect(self._look)
        self.folder.changed.connect(self._typed)
        self._lay_out()
        self._show(None, 0.0)

    def _lay_out(self) -> None:
        rows = rows_layout()
        rows.addRow(label("Folder", colour="soft"), self.folder)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE + SPACE // 2)
        column.addWidget(label(ABOUT, colour="soft", wrap=True))
        column.addLayout(rows)
        column.addWidget(self.found)
        column.addWidget(self.settings_found)
        column.addWidget(self.banner)
        column.addWidget(self.table)
        if self.form is not None:
            column.addSpacing(SPACE)
            column.addWidget(label("How it is taken in", "heading"))
            column.addWidget(self.form)
            self.form.changed.connect(self.changed)
        align_captions([rows, *form_layouts(self.form)])

    def fill(self, folder: Path) -> None:
        """Take a folder that was dropped."""
        self.folder.set_path(folder)
        self._wait.stop()
        self._look()

    def _typed(self) -> None:
        self._looking = True
        self._wait.start()
        self.changed.emit()

    def _look(self) -> None:
        folder = self.folder.path
        if folder is None:
            self._show(None, 0.0)
            return
        self._asked += 1
        self._looking = True
        asked = self._asked

        def arrived(result: tuple[Scan, float]) -> None:
            if asked == self._asked:
                self._show(*result)

        def failed(error: Exception) -> None:
            if asked == self._asked:
                words = error.sentence if isinstance(error, TrimpotError) else str(error)
                self._show(None, 0.0, words)

        in_background(self, partial(_look, folder), arrived, failed)

    def _show(self, scan: Scan | None, seconds: float, refusal: str = "") -> None:
        self._looking = False
        self.scan, self.refusal = scan, refusal
        self.table.show_scan(scan)
        has_items = scan is not None and bool(scan.items)
        for widget in (self.table, self.found, self.settings_found):
            widget.setVisible(has_items)
        if scan is not None:
            self.found.setText(_found_words(scan, seconds))
            self.settings_found.setText(_settings_words(scan))
        problems = scan.problems if scan is not None else ()
        if refusal:
            self.banner.show_message("error", refusal)
        elif problems:
            more = f" And {len(problems) - 1} more." if len(problems) > 1 else ""
            details = "\n".join(problems) if len(problems) > 1 else ""
            self.banner.show_message("warning", problems[0] + more, details)
        self.banner.setVisible(bool(refusal or problems))
        self.changed.emit()

    def primary(self) -> Primary:
        """The stage's primary button while this form is shown."""
        pairs = len(self.scan.pairs) if self.scan is not None else 0
        why = ""
        if self.folder.path is None:
            why = "Choose the folder of the set."
        elif self._looking:
            why = "Looking through the folder…"
        elif self.refusal:
            why = "The folder cannot be used."
        elif pairs == 0:
            why = "There is no pair of input and target in this folder."
        elif self.form is not None and self.form.problems():
            why = "Some settings do not fit; see below them."
        text = "Import" if pairs == 0 else f"Import {pairs} pair{'s' * (pairs != 1)}"
        return Primary(text, enabled=not why, why_not=why)

    def submit(self) -> str | None:
        """Start the job that imports the set."""
        folder = self.folder.path
        if folder is None:
            return None
        config = {"folder": str(folder.resolve())}
        return self.start(folder.resolve().name, config, self.form)


def _look(folder: Path) -> tuple[Scan, float]:
    """The scan, and how long the inputs are together, in seconds."""
    from engines.audio.files import describe
    from engines.sources.scanning import scan_signaltrain

    scan = scan_signaltrain(folder)
    inputs = {item.dry for item in scan.pairs if item.dry is not None}
    seconds = 0.0
    for path in sorted(inputs)[:MAX_MEASURED]:
        try:
            seconds += describe(path).seconds
        except TrimpotError:
            continue  # the job names it, and why
    return scan, seconds


def _found_words(scan: Scan, seconds: float) -> str:
    pairs = len(scan.pairs)
    words = [f"{pairs} pair{'s' * (pairs != 1)}", wording.duration(seconds)]
    parts = Counter(item.part for item in scan.pairs)
    given = [part for part in PARTS if parts[part]]
    words += [f"{parts[part]} {PART_WORDS[part]}" for part in given]
    return "  ·  ".join(words)


def _settings_words(scan: Scan) -> str:
    """Which settings there are: ``"21 of 42 settings: switch 2 × peak reduction 21"``."""
    names = [control.name for control in scan.controls]
    settings = {tuple(item.knobs[name] for name in names) for item in scan.pairs}
    if not settings:
        return ""
    columns = [sorted(set(column)) for column in zip(*settings, strict=True)]
    words = [
        f"{name} {', '.join(f'{value:g}' for value in values)}"
        if len(values) <= 3
        else f"{name} {values[0]:g} to {values[-1]:g} in {len(values)} steps"
        for name, values in zip(names, columns, strict=True)
    ]
    count = len(settings)
    return f"{count} setting{'s' * (count != 1)}: {'; '.join(words)}"
