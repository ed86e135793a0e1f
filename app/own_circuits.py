"""The project's own circuits in the window: they come, go and change through the undo stack."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QUndoCommand

from app.background import in_background
from app.notices import Notices
from app.session import ProjectSession
from projects.circuits import (
    CircuitSheet,
    circuit_folder,
    circuits_of,
    create_circuit,
    new_circuit_id,
    read_circuit,
    write_circuit,
)
from projects.errors import TrimpotError, storage_error

REMOVED = "removed-circuits"
"""Where circuits lie that were removed, in the project's disposable folder, until it is closed."""
TEMPLATE = """\
{title}
* The first line is the title. Every other line is a part: its name, its nodes, its value.
* Node 0 is ground. A parameter can be a knob; what stands in braces is computed from it.
.param tone=0.5
Vin in 0 AC 1
R1 in out {{1k+20k*(1-tone)}}
C1 out 0 10n
.end
"""
"""A netlist to begin with: a low-pass with one knob."""


class OwnCircuits(QObject):
    """What ``circuits/`` of the open project holds.

    Signals
    -------
    changed()
        A circuit came, went, or has another name.
    sheet_changed(str)
        What is simulated of this circuit was changed.
    """

    changed = Signal()
    sheet_changed = Signal(str)

    def __init__(
        self, session: ProjectSession, notices: Notices, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._notices = notices
        self.project = session.folder

    # -- what there is ---------------------------------------------------------------------

    def entries(self) -> list[tuple[str, str]]:
        """Id and name of every circuit, oldest first; a damaged one goes by its id."""
        found = []
        for circuit_id in circuits_of(self.project):
            try:
                sheet = read_circuit(self.folder(circuit_id))
                found.append((sheet.created, circuit_id, sheet.name))
            except TrimpotError:
                found.append((datetime.min.replace(tzinfo=UTC), circuit_id, circuit_id))
        return [(circuit_id, name) for _, circuit_id, name in sorted(found)]

    def folder(self, circuit_id: str) -> Path:
        """Where a circuit lies."""
        return circuit_folder(self.project, circuit_id)

    def free_name(self, wanted: str) -> str:
        """A name that no circuit of the project has yet."""
        taken = {name for _, name in self.entries()}
        name = wanted.strip()[:80] or "Circuit"
        if name not in taken:
            return name
        return next(f for i in range(2, len(taken) + 3) if (f := f"{name} {i}") not in taken)

    # -- making ----------------------------------------------------------------------------

    def add_template(self) -> str:
        """A new circuit to begin with; returns its id, or an empty string, with a notice."""
        name = self.free_name("My circuit")
        return self._add(lambda: own_circuit(self.project, TEMPLATE.format(title=name), name))

    def add_from_library(self, library_name: str) -> str:
        """A circuit of the library as one's own, to change; returns its id as above."""

        def make() -> CircuitSheet:
            from engines.circuits.library import circuit_named
            from engines.circuits.own import import_library

            known = circuit_named(library_name)
            return import_library(self.project, known, self.free_name(known.title))

        return self._add(make)

    def add_file(self, file: Path, done: Callable[[str], None]) -> None:
        """Copy a netlist (or LTspice's schematic) and what it includes into the project.

        ``done`` is called with the id once it is there; a refusal becomes a notice.
        """

        def work() -> CircuitSheet:
            from engines.circuits.own import import_netlist

            return import_netlist(self.project, file, self.free_name(file.stem))

        def arrived(sheet: CircuitSheet) -> None:
            self._announce(sheet)
            done(sheet.id)

        in_background(self, work, arrived, self._notices.error)

    def add_included(self, circuit_id: str, file: Path, done: Callable[[str], None]) -> None:
        """Copy a file that a circuit's netlist includes beside it; ``done`` gets its name there."""

        def work() -> str:
            from engines.circuits.own_files import add_file

            return add_file(self.project, circuit_id, file)

        in_background(self, work, done, self._notices.error)

    def duplicate(self, circuit_id: str) -> str:
        """A copy of a circuit with all of its files; returns its id as above."""

        def make() -> CircuitSheet:
            from engines.circuits.own_files import copy_circuit

            sheet = read_circuit(self.folder(circuit_id))
            name = self.free_name(f"{sheet.name} copy")
            return copy_circuit(self.project, circuit_id, name)

        return self._add(make)

    def _add(self, make: Callable[[], CircuitSheet]) -> str:
        try:
            sheet = make()
        except (TrimpotError, ValueError) as error:
            self._notices.error(error)
            return ""
        self._announce(sheet)
        return sheet.id

    def _announce(self, sheet: CircuitSheet) -> None:
        self._session.undo_stack.push(
            _Presence(f"Add the circuit {sheet.name}", self, sheet.id, there=True)
        )
        self.changed.emit()

    # -- changing --------------------------------------------------------------------------

    def change(self, text: str, before: CircuitSheet, after: CircuitSheet) -> bool:
        """Save another sheet of a circuit, undoably; returns whether it is there now."""
        if after == before or not self.save(after):
            return after == before
        self._session.undo_stack.push(_SheetChange(text, self, before, after))
        return True

    def save(self, sheet: CircuitSheet) -> bool:
        """Write a sheet and tell of it; a refusal becomes a notice."""
        folder = self.folder(sheet.id)
        if not folder.is_dir():
            return False
        try:
            named = read_circuit(folder).name != sheet.name
        except TrimpotError:
            named = True
        try:
            write_circuit(folder, sheet)
        except TrimpotError as error:
            self._notices.error(error)
            return False
        self.sheet_changed.emit(sheet.id)
        if named:
            self.changed.emit()
        return True

    def remove(self, circuit_id: str) -> bool:
        """Take a circuit out of the project, undoably; its captures stay."""
        try:
            name = read_circuit(self.folder(circuit_id)).name
        except TrimpotError:
            name = circuit_id
        if not self.place(circuit_id, there=False):
            return False
        self._session.undo_stack.push(
            _Presence(f"Remove the circuit {name}", self, circuit_id, there=False)
        )
        return True

    def place(self, circuit_id: str, *, there: bool) -> bool:
        """Set a circuit's folder aside, or bring it back; a refusal becomes a notice."""
        folder = self.folder(circuit_id)
        if folder.is_dir() == there:
            return True
        aside = self.project / ".trimpot" / REMOVED / circuit_id
        source, target = (aside, folder) if there else (folder, aside)
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            source.replace(target)
        except OSError as error:
            what = "bring the circuit back" if there else "remove the circuit"
            self._notices.error(storage_error(what, source, error))
            return False
        self.changed.emit()
        return True

    def forget_removed(self) -> None:
        """Delete what was removed in an earlier session; nothing can bring it back any more."""
        folder = self.project / ".trimpot" / REMOVED
        if folder.is_dir():
            work = partial(shutil.rmtree, folder, True)
            in_background(self, work, lambda _none: None, self._notices.error)


class _SheetChange(QUndoCommand):
    """One change of a sheet, as the whole before and after."""

    def __init__(
        self, text: str, circuits: OwnCircuits, before: CircuitSheet, after: CircuitSheet
    ) -> None:
        super().__init__(text)
        self._circuits, self._before, self._after = circuits, before, after
        self._done = True
        """QUndoStack.push() calls redo() at once, when the change is made already."""

    def redo(self) -> None:
        if not self._done:
            self._circuits.save(self._after)
        self._done = False

    def undo(self) -> None:
        self._circuits.save(self._before)


class _Presence(QUndoCommand):
    """A circuit came, or went."""

    def __init__(self, text: str, circuits: OwnCircuits, circuit_id: str, *, there: bool) -> None:
        super().__init__(text)
        self._circuits, self._id, self._there = circuits, circuit_id, there

    def redo(self) -> None:
        self._circuits.place(self._id, there=self._there)

    def undo(self) -> None:
        self._circuits.place(self._id, there=not self._there)


# -- making circuits on disk, apart from any window --------------------------------------------


def own_circuit(project: Path, text: str, name: str, origin: str = "") -> CircuitSheet:
    """Make a circuit of a project from a netlist's text.

    Raises
    ------
    NetlistError
        The text cannot be read.
    StorageError
        The disk refused.
    """
    from engines.circuits.own import propose
    from engines.circuits.reading.reader import read_netlist

    sheet = propose(read_netlist(text, None), new_circuit_id(), name, origin)
    create_circuit(project, sheet, text)
    return sheet
