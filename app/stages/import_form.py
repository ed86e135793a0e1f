"""What the three ways to import have in common, and the row that asks for a folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QLineEdit, QWidget

from app.settings import SettingsStore
from app.stages.base import Primary
from app.stages.file_row import FOLDER_KEY
from app.workbench import Workbench
from widgets.buttons import push_button
from widgets.form import SchemaForm
from widgets.tokens import CONTROL_HEIGHT, SPACE

USUAL_RATE = 48_000
WORDS: dict[str, dict[str, str]] = {
    "channel": {"first": "The first", "second": "The second", "mix": "The mean of all"},
    "keep": {"copy": "Copied into the project", "reference": "Used where they lie"},
    "fixes": {"safe": "Take the safe ones at once", "none": "Only propose them"},
    "join": {
        "auto": "Where they are shorter than 10 s",
        "always": "Always, at the same settings",
        "never": "Never",
    },
    "shifted": {
        "leave-out": "Leave them out",
        "align": "Align them; the files stay as they are",
        "keep": "Keep them as they are",
    },
}
"""What the sources' choices are called in the window."""
TITLES = {"keep": "The files are", "join": "Join clips", "sample_rate": "Resample to"}


def _in_words(schema: dict[str, Any]) -> dict[str, Any]:
    """A source's schema with its choices in words, and a rate that is not the lowest there is."""
    properties = {}
    for name, shape in schema.get("properties", {}).items():
        changed = dict(shape)
        if name in WORDS and "labels" not in shape:
            changed["labels"] = WORDS[name]
        if name in TITLES:
            changed["title"] = TITLES[name]
        if name == "sample_rate" and "anyOf" in shape:
            changed["anyOf"] = [
                option if option.get("type") == "null" else {**option, "default": USUAL_RATE}
                for option in shape["anyOf"]
            ]
        properties[name] = changed
    return {**schema, "properties": properties}


class ImportForm(QWidget):
    """One way to import: it judges what is typed, and starts the job.

    Signals
    -------
    changed()
        :meth:`primary` says something new.
    """

    changed = Signal()
    source = ""
    """The source that does it."""

    def __init__(self, workbench: Workbench, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.workbench = workbench

    def primary(self) -> Primary:
        """The stage's primary button while this form is shown."""
        raise NotImplementedError

    def submit(self) -> str | None:
        """Start the job; returns its id."""
        raise NotImplementedError

    def options(self, own: frozenset[str], parent: QWidget) -> SchemaForm | None:
        """The source's settings that the form does not ask for itself, as a form."""
        from engines.sources import registry

        source = registry().get(self.source)
        if source is None:
            return None
        schema = _in_words(source.Config.model_json_schema())
        names = [name for name in schema.get("properties", {}) if name not in own]
        if not names:
            return None
        form = SchemaForm(schema, parent, only=names)
        remembered = self.workbench.settings.values.forms.get(f"import-{self.source}", {})
        form.set_value({key: value for key, value in remembered.items() if key in names})
        return form

    def start(self, name: str, config: dict[str, Any], options: SchemaForm | None) -> str | None:
        """Start the source's job with the options as they stand, which are remembered."""
        chosen = {} if options is None else options.value()
        if options is not None:
            kept = {key: chosen[key] for key in options.names}
            self.workbench.settings.values.forms[f"import-{self.source}"] = kept
            self.workbench.settings.try_save()
        job = {"source": self.source, "config": chosen | config}
        return self.workbench.start_job("import", name, job)


class FolderRow(QWidget):
    """A folder's path, and "Choose…".

    Signals
    -------
    changed()
        Another folder is typed or chosen.
    """

    changed = Signal()

    def __init__(self, name: str, settings: SettingsStore, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._settings, self._title = settings, name
        self.field = QLineEdit(self)
        self.field.setPlaceholderText("Drop a folder anywhere, or choose one")
        self.field.setAccessibleName(name)
        self.field.setMinimumHeight(CONTROL_HEIGHT)
        self.field.textChanged.connect(lambda _text: self.changed.emit())
        choose = push_button("Choose…", "folder", self)
        choose.clicked.connect(lambda _checked=False: self._choose())
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(SPACE)
        row.addWidget(self.field, 1)
        row.addWidget(choose)

    @property
    def path(self) -> Path | None:
        """The folder; None while there is none."""
        text = self.field.text().strip()
        return Path(text).expanduser() if text else None

    def set_path(self, path: Path) -> None:
        """Choose a folder."""
        self.field.setText(str(path))

    def _choose(self) -> None:
        start = self._settings.values.last_folders.get(FOLDER_KEY, str(Path.home()))
        dialog = QFileDialog(self, self._title, start)
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.fileSelected.connect(self._chosen)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _chosen(self, name: str) -> None:
        self._settings.values.last_folders[FOLDER_KEY] = name
        self._settings.try_save()
        self.set_path(Path(name))
