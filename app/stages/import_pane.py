"""Import recordings: a pair, a folder whose names carry knobs, or the SignalTrain set."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from app.stages.base import Primary
from app.stages.import_folder import FolderForm
from app.stages.import_form import ImportForm
from app.stages.import_pair import PairForm
from app.stages.import_signaltrain import SignalTrainForm
from app.stages.pane import pane_column
from app.workbench import Workbench
from widgets.buttons import push_button
from widgets.segmented import Choice, SegmentedControl

WIDTH = 880
WAYS = (
    Choice("pair", "A pair", tip="One dry and one wet recording"),
    Choice("folder", "A folder", tip="Many recordings whose names say where the knobs stood"),
    Choice("signaltrain", "SignalTrain", tip="The SignalTrain LA-2A set, or its layout"),
)


class ImportPane(QWidget):
    """Asks for recordings, in one of three ways.

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
        self.pair = PairForm(workbench, self)
        self.folder = FolderForm(workbench, self)
        self.signaltrain = SignalTrainForm(workbench, self)
        self.forms: dict[str, ImportForm] = {
            "pair": self.pair,
            "folder": self.folder,
            "signaltrain": self.signaltrain,
        }
        self.ways = SegmentedControl(WAYS, self)
        self.ways.chosen.connect(self.show_way)
        for form in self.forms.values():
            form.changed.connect(self.primary_changed)
        self.folder.signaltrain_found.connect(self._is_signaltrain)
        back = push_button("Back", "chevron-left", self)
        back.clicked.connect(lambda _checked=False: self.closed.emit())
        line = QHBoxLayout()
        line.addWidget(self.ways)
        line.addStretch(1)
        column = pane_column(self, "Import recordings", back, WIDTH)
        column.addLayout(line)
        for form in self.forms.values():
            column.addWidget(form)
        column.addStretch(1)
        self.show_way("pair")

    @property
    def way(self) -> str:
        """Which way to import is shown."""
        return self.ways.current

    def show_way(self, way: str) -> None:
        """Show one way to import: ``pair``, ``folder`` or ``signaltrain``."""
        self.ways.set_current(way)
        for key, form in self.forms.items():
            form.setVisible(key == way)
        self.primary_changed.emit()

    def fill(self, dry: Path | None, wet: Path | None) -> None:
        """Take a pair that was dropped; what is not given stays."""
        if dry is not None or wet is not None:
            self.show_way("pair")
        self.pair.fill(dry, wet)

    def fill_folder(self, folder: Path | None, *, signaltrain: bool = False) -> None:
        """Take a folder that was dropped."""
        self.show_way("signaltrain" if signaltrain else "folder")
        if folder is None:
            return
        if signaltrain:
            self.signaltrain.fill(folder)
        else:
            self.folder.fill(folder)

    def _is_signaltrain(self, folder: Path) -> None:
        if self.way == "folder":
            self.fill_folder(folder, signaltrain=True)

    def primary(self) -> Primary:
        """The stage's primary button while this pane is shown."""
        return self.forms[self.way].primary()

    def submit(self) -> None:
        """Start the job that imports what is asked for."""
        started = self.forms[self.way].submit()
        if started is not None:
            self.started.emit(started)
