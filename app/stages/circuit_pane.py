"""The project's own circuits: a netlist to edit, what is simulated of it, and a quick look."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from app.notices import Action
from app.open_circuit import OpenCircuit, Reading
from app.own_circuits import OwnCircuits
from app.player import Player
from app.stages.base import Primary
from app.stages.circuit_head import CircuitHead
from app.stages.circuit_look import CircuitLook
from app.stages.circuit_reading import ReadingPanel
from app.stages.circuit_setup import SetupPanel
from app.stages.circuit_text import CircuitText
from app.workbench import Workbench
from projects.errors import TrimpotError
from widgets.buttons import push_button
from widgets.empty import EmptyState
from widgets.segmented import Choice, SegmentedControl
from widgets.tokens import HALF, SPACE

if TYPE_CHECKING:
    from engines.circuits.own import OwnCircuit

FILTER = "Netlists and schematics (*.cir *.net *.sp *.spi *.spice *.ckt *.asc);;All files (*)"
MODELS = "Models and subcircuits (*.lib *.sub *.mod *.inc *.cir *.txt);;All files (*)"
FOLDER_KEY = "netlists"
LAST = "circuit-last"
TABS = (
    Choice("setup", "Set-up", tip="Input, output, knobs, states, solver"),
    Choice("reading", "Reading", tip="What was changed in reading the netlist"),
    Choice("look", "Quick look", tip="Response, transfer curve, sound, voltages at rest"),
)
EMPTY = (
    "Your own circuits live here: a netlist of ngspice or LTspice becomes a device that is "
    "simulated with all of its states. Drop one anywhere, import it, or begin with a small one."
)
SIZES = [500, 480]


class CircuitPane(QWidget):
    """Edits the circuits of the open project.

    Signals
    -------
    primary_changed(), closed()
        As of the import pane.
    simulate_wanted(str)
        Simulate this circuit.
    """

    primary_changed = Signal()
    closed = Signal()
    simulate_wanted = Signal(str)

    def __init__(
        self, workbench: Workbench, player: Player | None, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        assert workbench.session is not None
        self.workbench = workbench
        self.circuits = OwnCircuits(workbench.session, workbench.notices, self)
        self.circuit = OpenCircuit(self.circuits, self)
        self._leaving = False
        self.head = CircuitHead(self)
        self.text = CircuitText(self.circuit, self)
        self.editor = self.text.editor
        self.setup = SetupPanel(self.circuit, self)
        self.reading = ReadingPanel(self)
        self._player = player
        self._look: CircuitLook | None = None
        self._looked_at: tuple[OwnCircuit | None, str] = (None, "")
        self.tabs = SegmentedControl(TABS, self)
        self._lay_out()
        self._connect()
        self.circuits.forget_removed()
        self._list()

    # -- building --------------------------------------------------------------------------

    def _lay_out(self) -> None:
        side = QWidget(self)
        column = QVBoxLayout(side)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        tabs = QHBoxLayout()
        tabs.setContentsMargins(SPACE, 0, SPACE, HALF)
        tabs.addWidget(self.tabs)
        tabs.addStretch(1)
        column.addLayout(tabs)
        self.side_stack = QStackedWidget(side)
        self._tabs: dict[str, QWidget] = {
            "setup": self.setup,
            "reading": self.reading,
        }
        for page in self._tabs.values():
            self.side_stack.addWidget(page)
        column.addWidget(self.side_stack, 1)
        self.splitter = QSplitter(Qt.Orientation.Horizontal, self)
        self.splitter.addWidget(self.text)
        self.splitter.addWidget(side)
        self.splitter.setChildrenCollapsible(False)
        self.splitter.setHandleWidth(1)
        self.splitter.setStretchFactor(0, 3)
        self.splitter.setStretchFactor(1, 2)
        self.text.setMinimumWidth(320)
        side.setMinimumWidth(380)
        saved = self.workbench.settings.values.splitters.get("circuit", SIZES)
        self.splitter.setSizes(saved if len(saved) == len(SIZES) else SIZES)
        self.splitter.splitterMoved.connect(lambda _place, _index: self._keep_sizes())
        self.stack = QStackedWidget(self)
        self.stack.addWidget(self._empty_page())
        self.stack.addWidget(self.splitter)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        outer.addWidget(self.head)
        outer.addWidget(self.stack, 1)
        self.tabs.set_current("setup")

    def _keep_sizes(self) -> None:
        self.workbench.settings.values.splitters["circuit"] = self.splitter.sizes()

    def _empty_page(self) -> QWidget:
        page = QWidget(self)
        self.empty = EmptyState("circuit", EMPTY, "Import a netlist…", "Begin with a low-pass")
        self.empty.action.connect(self.ask_import)
        self.empty.example.connect(self.add_template)
        library = push_button("Copy one from the library", "circuit", page)
        library.setMenu(self.head.library_menu(library))
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        column.addStretch(1)
        column.addWidget(self.empty)
        column.addWidget(library, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addStretch(2)
        return page

    def _connect(self) -> None:
        head = self.head
        head.chosen.connect(self.open)
        head.renamed.connect(self.rename)
        head.import_wanted.connect(self.ask_import)
        head.template_wanted.connect(self.add_template)
        head.library_wanted.connect(self.add_from_library)
        head.duplicate_wanted.connect(self.duplicate)
        head.remove_wanted.connect(self.remove)
        head.back_wanted.connect(self.closed)
        self.tabs.chosen.connect(self.show_tab)
        self.text.file_wanted.connect(self.ask_included)
        self.text.changes_wanted.connect(lambda: self.show_tab("reading"))
        self.reading.line_wanted.connect(self.editor.go_to_line)
        self.setup.fit_wanted.connect(self.fit_setup)
        self.circuits.changed.connect(self._list)
        self.circuit.opened.connect(self._opened)
        self.circuit.read.connect(self._read)
        self.circuit.sheet_changed.connect(self.primary_changed)
        self.circuit.judged.connect(self._judged)
        self.circuit.refused.connect(self.workbench.notices.warning)
        self.workbench.session_leaving.connect(self._leave)

    # -- which circuit ---------------------------------------------------------------------

    def entered(self, circuit_id: str = "") -> None:
        """Come into view: with this circuit, else the one last open, else the newest."""
        ids = [found for found, _ in self.circuits.entries()]
        last = self.workbench.settings.values.forms.get(LAST, {}).get(str(self.circuits.project))
        wanted = next((i for i in (circuit_id, self.circuit.circuit_id, last) if i in ids), "")
        if wanted != self.circuit.circuit_id or not wanted:
            self.open(wanted or (ids[-1] if ids else ""))

    def open(self, circuit_id: str) -> None:
        """Open a circuit; a refusal becomes a notice."""
        if circuit_id and circuit_id == self.circuit.circuit_id:
            return
        self._look_at_nothing()
        try:
            self.circuit.open(circuit_id)
        except TrimpotError as error:
            self.workbench.notices.error(error)
        self._list()
        if self.circuit.circuit_id:
            forms = self.workbench.settings.values.forms
            kept = {str(self.circuits.project): self.circuit.circuit_id}
            forms[LAST] = {**forms.get(LAST, {}), **kept}

    def _list(self) -> None:
        if self._leaving:
            return
        entries = self.circuits.entries()
        ids = [circuit_id for circuit_id, _ in entries]
        if self.circuit.circuit_id and self.circuit.circuit_id not in ids:
            self._look_at_nothing()
            self.circuit.close()  # it was removed
            if ids:
                self.open(ids[-1])
                return
        self.head.show_circuits(entries, self.circuit.circuit_id)
        self.stack.setCurrentIndex(1 if self.circuit.circuit_id else 0)
        self.primary_changed.emit()

    # -- new ones, and what is done to them ------------------------------------------------

    def ask_import(self) -> None:
        """Ask for a netlist's file and import it."""
        self._ask_file("Import a netlist", FILTER, self.import_file)

    def ask_included(self) -> None:
        """Ask for a file that the open circuit's netlist includes, and put a copy beside it."""
        if self.circuit.circuit_id:
            self._ask_file("Add a file that the netlist includes", MODELS, self.add_included)

    def _ask_file(self, title: str, wanted: str, then: Callable[[Path], None]) -> None:
        settings = self.workbench.settings
        folder = settings.values.last_folders.get(FOLDER_KEY, str(Path.home()))
        dialog = QFileDialog(self, title, folder, wanted)
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.fileSelected.connect(lambda name: then(Path(name)))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def add_included(self, file: Path) -> None:
        """Put a copy of a file beside the open circuit's netlist, and read the netlist anew."""
        circuit_id = self.circuit.circuit_id

        def done(name: str) -> None:
            self.workbench.notices.success(f"{name} lies beside the netlist now.")
            if circuit_id == self.circuit.circuit_id:
                self.circuit.read_again()

        self.circuits.add_included(circuit_id, file, done)

    def import_file(self, file: Path) -> None:
        """Copy a netlist into the project, with what it includes, and open it."""
        settings = self.workbench.settings
        settings.values.last_folders[FOLDER_KEY] = str(file.parent)
        settings.try_save()
        self.circuits.add_file(file, self._added)

    def add_template(self) -> None:
        """Begin with a small circuit."""
        self._added(self.circuits.add_template())

    def add_from_library(self, name: str) -> None:
        """Copy a circuit of the library, to change it."""
        self._added(self.circuits.add_from_library(name))

    def duplicate(self) -> None:
        """Copy the open circuit."""
        self.circuit.flush()
        if self.circuit.circuit_id:
            self._added(self.circuits.duplicate(self.circuit.circuit_id))

    def _added(self, circuit_id: str) -> None:
        if circuit_id:
            self.open(circuit_id)
            self.show_tab("setup")

    def rename(self, name: str) -> None:
        """Give the open circuit another name."""
        self.circuit.change(f"Rename the circuit to {name}", name=name)

    def remove(self) -> None:
        """Take the open circuit out of the project; a toast offers to undo it."""
        sheet = self.circuit.sheet
        session = self.workbench.session
        if sheet is None or session is None:
            return
        self.circuit.flush()
        if self.circuits.remove(sheet.id):
            self.workbench.notices.success(
                f"{sheet.name} was removed from the project. Its captures stay.",
                Action("Undo", session.undo_stack.undo),
            )

    def fit_setup(self) -> None:
        """Fit the set-up to the netlist as it reads now, undoably."""
        reading, sheet = self.circuit.reading, self.circuit.sheet
        if reading is None or reading.netlist is None or sheet is None:
            return
        from engines.circuits.own import refit

        fitted, _said = refit(sheet, reading.netlist)
        self.circuits.change("Fit the set-up to the netlist", sheet, fitted)

    # -- what the circuit says -------------------------------------------------------------

    def show_tab(self, key: str) -> None:
        """Show ``setup``, ``reading`` or ``look`` beside the text."""
        self.tabs.set_current(key)
        self.side_stack.setCurrentWidget(self.look if key == "look" else self._tabs[key])

    def quick_look(self) -> None:
        """Show the quick look, made anew."""
        self.show_tab("look")
        self.look.refresh(at_once=True)

    def _opened(self) -> None:
        self.reading.show_reading(None)
        self.primary_changed.emit()

    def _read(self, reading: Reading) -> None:
        self.reading.show_reading(reading)
        self._look_at(reading)
        self.primary_changed.emit()

    def _judged(self) -> None:
        if self.circuit.reading is not None:
            self._look_at(self.circuit.reading)
        self.primary_changed.emit()

    def _look_at(self, reading: Reading) -> None:
        why = self.why_not()
        sheet = self.circuit.sheet
        circuit = reading.circuit(sheet) if sheet is not None and not why else None
        self._looked_at = circuit, why
        if self._look is not None:
            self._look.show_circuit(circuit, self._scratch, why)

    def _look_at_nothing(self) -> None:
        self._looked_at = None, ""
        if self._look is not None:
            self._look.clear()

    @property
    def _scratch(self) -> Path:
        return self.circuits.project / ".trimpot"

    @property
    def look(self) -> CircuitLook:
        """The quick look, made when it is first wanted: its plots take their time."""
        if self._look is None:
            look = self._look = CircuitLook(self._player, self)
            look.settings_wanted.connect(lambda: self.workbench.command_requested.emit("settings"))
            look.looked.connect(lambda found: self.text.show_complaints(found.problems.values()))
            look.complained.connect(lambda sentence: self.text.show_complaints((sentence,)))
            self.side_stack.addWidget(look)
            circuit, why = self._looked_at
            look.show_circuit(circuit, self._scratch, why)
        return self._look

    def why_not(self) -> str:
        """Why the open circuit cannot be simulated; an empty string where it can."""
        sheet, reading = self.circuit.sheet, self.circuit.reading
        if sheet is None:
            return "There is no circuit yet."
        if reading is None:
            return "The netlist is being read."
        if reading.fault is not None:
            return reading.fault.sentence
        return reading.problems[0] if reading.problems else ""

    # -- the pane --------------------------------------------------------------------------

    def refresh(self) -> None:
        """The project has changed."""

    def primary(self) -> Primary:
        """The stage's primary button while this pane is shown."""
        why = self.why_not()
        return Primary("Simulate", not why, why)

    def submit(self) -> None:
        """Go on to what is played through the circuit."""
        self.circuit.flush()
        if self.circuit.circuit_id:
            self.simulate_wanted.emit(self.circuit.circuit_id)

    def _leave(self) -> None:
        self._leaving = True
        self._look_at_nothing()
        self.circuit.close()

    # Qt overrides

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if not self._leaving:
            self._list()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.circuit.flush()
