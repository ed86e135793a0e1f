"""Import a folder of recordings whose names carry knobs: a pattern, and at once what it finds."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from app import wording
from app.background import in_background
from app.stages.base import Primary
from app.stages.file_row import FILTER
from app.stages.import_form import FolderRow, ImportForm
from app.stages.knob_table import KnobTable
from app.stages.pane import align_captions, form_layouts, rows_layout
from app.stages.scan_table import ScanTable
from app.workbench import Workbench
from projects.errors import TrimpotError
from projects.manifest import Control
from widgets.banner import Banner
from widgets.buttons import push_button
from widgets.theme import label
from widgets.tokens import CONTROL_HEIGHT, SPACE

if TYPE_CHECKING:
    from engines.sources.scanning import Scan, Suggestion

OWN_FIELDS = frozenset({"folder", "pattern", "dry", "controls", "name"})
ABOUT = (
    "One dry recording and many wet ones, or a dry one for each: the names of the wet files say "
    "where the knobs stood. {attack} stands for a number, * for any text, everything else for "
    "itself; the ending can be left out."
)
TYPING_MS = 250
MAX_MEASURED = 2000
"""Files whose header is read for length and size, a fraction of a millisecond each."""
SAMPLE_BYTES = 4
"""Of a sample in the project: float32."""


class FolderForm(ImportForm):
    """A folder, a pattern, a live preview, the knobs found, options.

    Signals
    -------
    signaltrain_found(Path)
        The folder has the layout of the SignalTrain set, which has a form of its own.
    """

    source = "recordings"
    signaltrain_found = Signal(object)

    def __init__(self, workbench: Workbench, parent: QWidget | None = None) -> None:
        super().__init__(workbench, parent)
        self.folder = FolderRow("Folder of recordings", workbench.settings, self)
        self.pattern = _line("Names of the wet files", "target_at_{attack}_re_{release}")
        self.dry = _line("Dry file, or names of the dry files", "Input.wav, or in/*")
        self.table = ScanTable(self)
        self.knobs = KnobTable(self, names=False)
        self.knobs.edited.connect(self._knob_edited)
        self.form = self.options(OWN_FIELDS, self)
        self.found = label("", "strong", parent=self, wrap=True)
        self.size_words = label("", "small", "soft", self, wrap=True)
        self.banner = Banner("warning", "", parent=self, closable=False)
        self.scan: Scan | None = None
        self.refusal = ""
        self._typed_knobs: dict[str, Control] = {}
        self._asked = 0
        self._measured: dict[Path, tuple[float, int]] = {}
        self._looking = False
        self._fresh = False
        self._wait = QTimer(self, singleShot=True, interval=TYPING_MS)
        self._wait.timeout.connect(self._look)
        self.folder.changed.connect(self._folder_changed)
        for field in (self.pattern, self.dry):
            field.textEdited.connect(lambda _text: self._typed())
        self._lay_out()
        self._show(None)

    def _lay_out(self) -> None:
        choose = push_button("Choose…", "folder", self)
        choose.clicked.connect(lambda _checked=False: self._choose_dry())
        dry = QHBoxLayout()
        dry.setSpacing(SPACE)
        dry.addWidget(self.dry, 1)
        dry.addWidget(choose)
        rows = rows_layout()
        rows.addRow(label("Folder", colour="soft"), self.folder)
        rows.addRow(label("Wet names", colour="soft"), self.pattern)
        rows.addRow(label("Dry", colour="soft"), dry)
        self._knob_head = label("Knobs", "heading")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE + SPACE // 2)
        column.addWidget(label(ABOUT, colour="soft", wrap=True))
        column.addLayout(rows)
        column.addWidget(self.found)
        column.addWidget(self.banner)
        column.addWidget(self.table)
        column.addWidget(self._knob_head)
        column.addWidget(self.knobs)
        if self.form is not None:
            column.addSpacing(SPACE)
            column.addWidget(label("How it is taken in", "heading"))
            column.addWidget(self.form)
            self.form.changed.connect(self.changed)
        column.addWidget(self.size_words)
        align_captions([rows, *form_layouts(self.form)])

    # -- looking ---------------------------------------------------------------------------

    def fill(self, folder: Path) -> None:
        """Take a folder that was dropped."""
        self.folder.set_path(folder)
        self._wait.stop()
        self._suggest()

    def _folder_changed(self) -> None:
        self._typed_knobs = {}
        self._fresh = True
        self._typed()

    def _typed(self) -> None:
        self._looking = True
        self._wait.start()
        self.changed.emit()

    def _choose_dry(self) -> None:
        dialog = QFileDialog(self, "Dry recording", str(self.folder.path or Path.home()), FILTER)
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.fileSelected.connect(self._dry_chosen)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _dry_chosen(self, name: str) -> None:
        path, folder = Path(name), self.folder.path
        inside = folder is not None and path.is_relative_to(folder)
        self.dry.setText(path.relative_to(folder).as_posix() if inside and folder else name)
        self._typed()

    def _suggest(self) -> None:
        """Fill in how the folder seems to be named, then look."""
        self._fresh = False
        folder = self.folder.path
        if folder is None:
            self._show(None)
            return
        self._background(partial(_suggestion, folder), partial(self._suggested, folder))

    def _suggested(self, folder: Path, found: Suggestion) -> None:
        if found.kind == "signaltrain":
            self.signaltrain_found.emit(folder)
        if found.pattern:
            self.pattern.setText(found.pattern)
        if found.dry:
            self.dry.setText(found.dry)
        self._look()

    def _look(self) -> None:
        if self._fresh:
            self._suggest()
            return
        folder, pattern = self.folder.path, self.pattern.text().strip()
        if folder is None or not pattern:
            self._show(None)
            return
        self._background(
            partial(_look, folder, pattern, self.dry.text(), self._measured), self._arrived
        )

    def _background(self, work: Callable[[], Any], done: Callable[[Any], None]) -> None:
        """Run ``work`` off the thread; what is overtaken by more typing is dropped."""
        self._asked += 1
        asked = self._asked
        self._looking = True

        def arrived(result: Any) -> None:
            if asked == self._asked:
                done(result)

        def failed(error: Exception) -> None:
            if asked == self._asked:
                words = error.sentence if isinstance(error, TrimpotError) else str(error)
                self._show(None, words)

        in_background(self, work, arrived, failed)

    def _arrived(self, result: tuple[Scan, float, int]) -> None:
        scan, seconds, size = result
        self._show(scan)
        self.found.setText(_count_words(scan, seconds))
        self.size_words.setText(
            f"Copied, they take about {_bytes(size)} of the project's disk. Used where they lie, "
            "they take none, and have to stay there."
        )

    def _show(self, scan: Scan | None, refusal: str = "") -> None:
        self._looking = False
        self.scan, self.refusal = scan, refusal
        self.table.show_scan(scan)
        self.table.setVisible(scan is not None and bool(scan.items))
        self.size_words.setVisible(scan is not None and bool(scan.pairs))
        controls = scan.controls if scan is not None else ()
        self.knobs.show_controls([self._as_typed(control) for control in controls])
        self._knob_head.setVisible(bool(controls))
        self.knobs.setVisible(bool(controls))
        self.found.setVisible(scan is not None)
        problems = scan.problems if scan is not None else ()
        if refusal:
            self.banner.show_message("error", refusal)
        elif problems:
            more = f" And {len(problems) - 1} more." if len(problems) > 1 else ""
            details = "\n".join(problems) if len(problems) > 1 else ""
            self.banner.show_message("warning", problems[0] + more, details)
        self.banner.setVisible(bool(refusal or problems))
        self.changed.emit()

    # -- knobs -----------------------------------------------------------------------------

    def _as_typed(self, control: Control) -> Control:
        """A knob as it was typed, as far as it still holds every setting found."""
        typed = self._typed_knobs.get(control.name)
        if typed is None:
            return control
        values = [item.knobs[control.name] for item in self.scan.items] if self.scan else []
        low, high = min([typed.minimum, *values]), max([typed.maximum, *values])
        return typed.model_copy(update={"minimum": low, "maximum": high})

    def _knob_edited(self, name: str, control: Control) -> None:
        self._typed_knobs[name] = control
        self.changed.emit()

    def _outside(self) -> str:
        """A knob whose typed range leaves settings out, as a sentence."""
        for control in self.knobs.controls():
            values = [item.knobs[control.name] for item in self.scan.items] if self.scan else []
            beyond = [v for v in values if not control.minimum <= v <= control.maximum]
            if beyond:
                return f"{control.name} stands at {beyond[0]:g} in a name, outside its range."
        return ""

    # -- the job ---------------------------------------------------------------------------

    def primary(self) -> Primary:
        """The stage's primary button while this form is shown."""
        pairs = len(self.scan.pairs) if self.scan is not None else 0
        why = ""
        if self.folder.path is None:
            why = "Choose a folder of recordings."
        elif self._looking:
            why = "Looking through the folder…"
        elif not self.pattern.text().strip():
            why = "Say how the wet files are named."
        elif self.refusal:
            why = "The pattern or the folder cannot be used."
        elif pairs == 0:
            why = "No recording has both its wet and its dry file."
        elif self.knobs.problem or self._outside():
            why = self._outside() or "A knob's range does not fit; see below it."
        elif self.form is not None and self.form.problems():
            why = "Some settings do not fit; see below them."
        text = "Import" if pairs == 0 else f"Import {pairs} recording{'s' * (pairs != 1)}"
        return Primary(text, enabled=not why, why_not=why)

    def submit(self) -> str | None:
        """Start the job that imports the folder."""
        folder = self.folder.path
        if folder is None or self.scan is None:
            return None
        config = {
            "folder": str(folder.resolve()),
            "pattern": self.pattern.text().strip(),
            "dry": self.dry.text().strip(),
            "controls": [control.model_dump(mode="json") for control in self.knobs.controls()],
        }
        return self.start(folder.resolve().name, config, self.form)


def _line(name: str, example: str) -> QLineEdit:
    field = QLineEdit()
    field.setAccessibleName(name)
    field.setPlaceholderText(example)
    field.setMinimumHeight(CONTROL_HEIGHT)
    return field


def _suggestion(folder: Path) -> Suggestion:
    from engines.sources.scanning import suggest

    return suggest(folder)


def _look(
    folder: Path, pattern: str, dry: str, measured: dict[Path, tuple[float, int]]
) -> tuple[Scan, float, int]:
    """The scan, the seconds of its wet files, and the bytes that copies of all would take.

    ``measured`` keeps each file's seconds and bytes from one letter typed to the next.
    """
    from engines.sources.scanning import scan_pattern

    scan = scan_pattern(folder, pattern, dry)
    wets = {item.wet for item in scan.pairs}
    files = sorted(wets | {item.dry for item in scan.pairs if item.dry is not None})
    shown = files[:MAX_MEASURED]
    for path in shown:
        if path not in measured:
            measured[path] = _measure(path)
    more = len(files) / len(shown) if shown else 1.0  # of very many, the rest is taken to be alike
    seconds = more * sum(measured[path][0] for path in shown if path in wets)
    return scan, seconds, round(more * sum(measured[path][1] for path in shown))


def _measure(path: Path) -> tuple[float, int]:
    from engines.audio.files import describe

    try:
        info = describe(path)
    except TrimpotError:
        return 0.0, 0  # the job names it, and why
    return info.seconds, SAMPLE_BYTES * info.n_samples


def _bytes(count: int) -> str:
    for unit, step in (("GB", 1e9), ("MB", 1e6)):
        if count >= step:
            return f"{count / step:.1f} {unit}"
    return f"{max(1, round(count / 1000))} kB"


def _count_words(scan: Scan, seconds: float) -> str:
    pairs, lone = len(scan.pairs), len(scan.items) - len(scan.pairs)
    words = [f"{pairs} recording{'s' * (pairs != 1)} with dry and wet"]
    if seconds:
        words.append(wording.duration(seconds))
    if lone:
        words.append(f"{lone} without dry, left out")
    if scan.unmatched:
        count = len(scan.unmatched)
        words.append(f"{count} other file{'s' * (count != 1)} not used")
    return "  ·  ".join(words)
