"""The start screen: what can be begun, and what was worked on last."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QMenu,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from app.notices import log
from app.wording import when
from app.workbench import Workbench
from projects.errors import TrimpotError
from projects.project import MANIFEST_FILE, Project
from widgets.buttons import push_button
from widgets.cards import ChoiceCard, RecentProjectRow
from widgets.icons import icon
from widgets.theme import label
from widgets.tokens import SPACE

WIDTH = 980
SHOWN = 8
WAVE_DELAY_MS = 300
"""The small waveforms come after the first paint."""
Peaks = tuple[NDArray[np.float32], NDArray[np.float32]]


class StartPage(QWidget):
    """Shown while no project is open.

    Signals
    -------
    guided_wanted(), import_wanted(), signaltrain_wanted(), simulate_wanted(), open_wanted()
        One of the choices.
    netlist_wanted()
        One's own netlist is to be simulated.
    recent_wanted(Path)
        A recent project's folder.
    """

    guided_wanted = Signal()
    import_wanted = Signal()
    signaltrain_wanted = Signal()
    simulate_wanted = Signal()
    netlist_wanted = Signal()
    open_wanted = Signal()
    recent_wanted = Signal(object)

    def __init__(self, workbench: Workbench, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.workbench = workbench
        self.guided = ChoiceCard(
            "ear",
            "Guided example",
            "Hear a model in five minutes: a diode clipper is simulated, a small model learns it.",
        )
        self.recordings = ChoiceCard(
            "import",
            "Import recordings",
            "What went into a device and what came out: a pair, or a folder whose names carry "
            "the knobs.",
        )
        self.signaltrain = ChoiceCard(
            "lanes",
            "SignalTrain",
            "The published LA-2A set, or a folder in its layout: parts and knobs are read from "
            "the names.",
        )
        self.circuit = ChoiceCard(
            "circuit",
            "Simulate a circuit",
            "No recordings needed: audio is played through a circuit of the library, or through "
            "a netlist of your own.",
        )
        self.guided.clicked.connect(self.guided_wanted)
        self.recordings.clicked.connect(self.import_wanted)
        self.signaltrain.clicked.connect(self.signaltrain_wanted)
        self.circuit.clicked.connect(self._choose_circuit)
        self._rows = QVBoxLayout()
        self._rows.setSpacing(2)
        self._lay_out()
        self.refresh()

    def _lay_out(self) -> None:
        page = QWidget(self)
        page.setMaximumWidth(WIDTH)
        column = QVBoxLayout(page)
        column.setContentsMargins(3 * SPACE, 4 * SPACE, 3 * SPACE, 2 * SPACE)
        column.setSpacing(2 * SPACE)
        column.addWidget(label("Model an analog effect", "display"))
        column.addWidget(
            label(
                "Begin with what you have. Everything you make stays in a project.", colour="soft"
            )
        )
        cards_shown = (self.guided, self.recordings, self.signaltrain, self.circuit)
        cards = QGridLayout()
        cards.setSpacing(2 * SPACE)
        for place, card in enumerate(cards_shown):
            cards.addWidget(card, 0, place)
            cards.setColumnStretch(place, 1)
        column.addLayout(cards)
        column.addSpacing(SPACE)
        head = QHBoxLayout()
        head.addWidget(label("Recent projects", "heading"))
        head.addStretch(1)
        self.open_button = push_button("Open a project…", "folder")
        self.open_button.clicked.connect(lambda _checked=False: self.open_wanted.emit())
        head.addWidget(self.open_button)
        column.addLayout(head)
        column.addLayout(self._rows)
        column.addStretch(1)
        column.addWidget(
            label(
                "Or drop something anywhere in this window: a project's folder, a dry and a wet "
                "recording, a folder full of them, or a netlist.",
                "small",
                "soft",
            )
        )
        centred = QHBoxLayout()
        centred.setContentsMargins(0, 0, 0, 0)
        centred.addWidget(page, 1)
        inside = QWidget(self)
        inside.setLayout(centred)
        area = QScrollArea(self)
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(inside)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(area)

    def circuit_menu(self) -> QMenu:
        """Where circuits come from: the library, or one's own netlist."""
        menu = QMenu(self)
        library = menu.addAction(icon("circuit"), "A circuit of the library, or an effect")
        library.triggered.connect(lambda _on=False: self.simulate_wanted.emit())
        own = menu.addAction(icon("edit"), "A netlist of my own")
        own.triggered.connect(lambda _on=False: self.netlist_wanted.emit())
        return menu

    def _choose_circuit(self) -> None:
        menu = self.circuit_menu()
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(self.circuit.mapToGlobal(self.circuit.rect().bottomLeft()))

    def refresh(self) -> None:
        """Look at the recent projects again."""
        while (item := self._rows.takeAt(0)) is not None:
            if (old := item.widget()) is not None:
                old.hide()
                old.deleteLater()
        recent = self.workbench.settings.values.recent_projects[:SHOWN]
        for name in recent:
            self._rows.addWidget(self._row(Path(name)))
        if not recent:
            self._rows.addWidget(
                label("None yet. The guided example makes the first one for you.", colour="soft")
            )

    def _row(self, folder: Path) -> QWidget:
        detail, missing = describe_project(folder)
        row = RecentProjectRow(folder.name, str(folder.parent), detail)
        row.setEnabled(not missing)
        row.clicked.connect(lambda _checked=False: self.recent_wanted.emit(folder))
        row.forget_requested.connect(lambda: self._forget(folder))
        if not missing:
            QTimer.singleShot(WAVE_DELAY_MS, row, lambda: self._show_wave(row, folder))
        return row

    @staticmethod
    def _show_wave(row: RecentProjectRow, folder: Path) -> None:
        from app.background import in_background

        def done(peaks: Peaks | None) -> None:
            if peaks is not None:
                row.wave.set_peaks(*peaks)

        def failed(error: Exception) -> None:
            log.info("No picture of %s: %s", folder, error)

        in_background(row, partial(project_wave, folder), done, failed)

    def _forget(self, folder: Path) -> None:
        self.workbench.settings.forget_project(folder)
        self.refresh()


def project_wave(folder: Path) -> Peaks | None:
    """A small waveform of a project, from the peaks that it has kept."""
    from app.peak_files import thumbnail

    manifest = Project.open(folder, write=False).manifest
    ids = tuple(entry.id for entry in manifest.captures)
    return thumbnail(folder, folder / "captures", ids)


def describe_project(folder: Path) -> tuple[str, bool]:
    """A recent project in a few words, and whether it is gone; reads the manifest only."""
    path = folder / MANIFEST_FILE
    if not path.is_file():
        return "not found: moved, renamed, or on a disk that is not connected", True
    try:
        project = Project.open(folder, write=False)
    except TrimpotError as error:
        return error.sentence, False
    count = len(project.manifest.captures)
    captures = "1 capture" if count == 1 else f"{count} captures"
    changed = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    return f"{captures} · {when(changed)}", False
