"""A row to choose an audio file: path, what its header says, what is wrong with it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from app import wording
from app.background import in_background
from app.settings import SettingsStore
from projects.errors import TrimpotError
from widgets.buttons import push_button
from widgets.theme import label
from widgets.tokens import CONTROL_HEIGHT, SPACE

if TYPE_CHECKING:
    from engines.audio.files import AudioInfo

FILTER = (
    "Recordings (*.wav *.wave *.flac *.aif *.aiff *.ogg *.oga *.opus *.mp3 *.w64 *.rf64 *.caf);;"
    "All files (*)"
)
FOLDER_KEY = "recordings"


class AudioFileRow(QWidget):
    """Path, "Choose…", and a line that says what the file is or why it cannot be used.

    Signals
    -------
    changed()
        Another file, or its header has been read: see :attr:`info` and :attr:`problem`.
    """

    changed = Signal()

    def __init__(self, name: str, settings: SettingsStore, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._settings = settings
        self._title = name
        self.info: AudioInfo | None = None
        self.problem = ""
        self.path_field = QLineEdit(self)
        self.path_field.setPlaceholderText("Drop a file anywhere, or choose one")
        self.path_field.setAccessibleName(name)
        self.path_field.setMinimumHeight(CONTROL_HEIGHT)
        self.path_field.textChanged.connect(self._typed)
        choose = push_button("Choose…", "folder", self)
        choose.clicked.connect(lambda _checked=False: self._choose())
        self._facts = label("", "small", "soft", self, wrap=True)
        self._facts.hide()
        self._wait = QTimer(self, singleShot=True, interval=200)
        self._wait.timeout.connect(self._read)
        row = QHBoxLayout()
        row.setSpacing(SPACE)
        row.addWidget(self.path_field, 1)
        row.addWidget(choose)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addLayout(row)
        column.addWidget(self._facts)

    @property
    def path(self) -> Path | None:
        """The file chosen; None while there is none."""
        text = self.path_field.text().strip()
        return Path(text).expanduser() if text else None

    def set_path(self, path: Path | None) -> None:
        """Choose a file and read its header at once."""
        self.path_field.setText(str(path) if path is not None else "")
        self._wait.stop()
        self._read()

    def say(self, sentence: str) -> None:
        """Show a problem that only the pair of files has."""
        self._facts.setProperty("tone", "bad" if sentence else "")
        self._facts.setText(sentence or self._words())
        self._facts.setVisible(bool(self._facts.text()))
        self._facts.style().polish(self._facts)

    def _typed(self) -> None:
        self.info, self.problem = None, ""
        self._wait.start()
        self.changed.emit()

    def _choose(self) -> None:
        folder = self._settings.values.last_folders.get(FOLDER_KEY, str(Path.home()))
        dialog = QFileDialog(self, self._title, folder, FILTER)
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.fileSelected.connect(self._chosen)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _chosen(self, name: str) -> None:
        path = Path(name)
        self._settings.values.last_folders[FOLDER_KEY] = str(path.parent)
        self._settings.try_save()
        self.set_path(path)

    def _read(self) -> None:
        path = self.path
        self.info, self.problem = None, ""
        if path is None:
            self.say("")
            self.changed.emit()
            return

        def work() -> AudioInfo:
            from engines.audio.files import describe

            return describe(path)

        in_background(self, work, self._arrived, lambda error: self._refused(path, error))

    def _arrived(self, info: AudioInfo) -> None:
        if info.path == self.path:
            self.info = info
            self.say("")
            self.changed.emit()

    def _refused(self, path: Path, error: Exception) -> None:
        if path == self.path:
            self.problem = error.sentence if isinstance(error, TrimpotError) else str(error)
            self.say(self.problem)
            self.changed.emit()

    def _words(self) -> str:
        if self.info is None:
            return ""
        channels = {1: "mono", 2: "stereo"}.get(
            self.info.channels, f"{self.info.channels} channels"
        )
        return "  ·  ".join(
            (
                wording.duration(self.info.seconds),
                wording.rate(self.info.sample_rate),
                channels,
                self.info.format,
            )
        )
