"""The circuit that is being edited: its text is saved and read in the background as it is typed."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import ValidationError
from PySide6.QtCore import QObject, QTimer, Signal

from app.background import in_background
from app.own_circuits import OwnCircuits
from projects.capture import first_problem
from projects.circuits import (
    MAX_NETLIST_BYTES,
    CircuitKnob,
    CircuitSheet,
    read_circuit,
    read_netlist_text,
    write_netlist_text,
)
from projects.errors import TrimpotError

if TYPE_CHECKING:
    from engines.circuits.own import OwnCircuit, OwnState
    from engines.circuits.reading.guesses import InputGuess
    from engines.circuits.reading.model import Change, Netlist

TYPING_MS = 400
"""After this long without a key the text is saved and read."""


@dataclass(frozen=True)
class Fault:
    """Why a netlist cannot be run.

    ``line`` counts from 1 in ``file`` (empty: the netlist itself); 0 where no line is at fault.
    """

    sentence: str
    line: int = 0
    file: str = ""


@dataclass(frozen=True)
class Reading:
    """What a netlist's text says, or why it says nothing.

    Attributes
    ----------
    text : str
        What was read.
    fault : Fault or None
        Why it cannot be run; all else is empty then.
    netlist : Netlist or None
    changes : tuple of Change
        What was changed in reading.
    states, inputs, free, outputs, knobs
        What it offers to the set-up: states that may be kept; sources that may be the input, and
        nodes that none drives; nodes, the likeliest outputs first; parameters as knobs.
    problems : tuple[str, ...]
        What of the set-up does not fit, each in a sentence.
    """

    text: str
    fault: Fault | None = None
    netlist: Netlist | None = None
    changes: tuple[Change, ...] = ()
    states: tuple[OwnState, ...] = ()
    inputs: tuple[InputGuess, ...] = ()
    free: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
    knobs: tuple[CircuitKnob, ...] = ()
    problems: tuple[str, ...] = ()

    def circuit(self, sheet: CircuitSheet) -> OwnCircuit | None:
        """The circuit that a sheet makes of it; None where it cannot be run."""
        if self.netlist is None:
            return None
        from engines.circuits.own import OwnCircuit

        circuit = OwnCircuit.of(sheet, self.netlist)
        circuit.all_states = self.states  # found in the background, at some length
        return circuit


def judged(reading: Reading, sheet: CircuitSheet) -> Reading:
    """A reading with what of a set-up does not fit it. For the background."""
    circuit = reading.circuit(sheet)
    return replace(reading, problems=circuit.problems() if circuit is not None else ())


def read_text(text: str, folder: Path, dialect: str = "") -> Reading:
    """Read a netlist's text, whose included files lie in ``folder``; never raises for its faults.

    Touches no widget: for the background.
    """
    from engines.circuits.own import free_inputs, states_in
    from engines.circuits.own_sheets import guess_knobs
    from engines.circuits.reading import guesses
    from engines.circuits.reading.model import Dialect, NetlistError
    from engines.circuits.reading.reader import read_netlist

    known: tuple[Dialect, ...] = ("ngspice", "ltspice")
    try:
        netlist = read_netlist(text, folder, dialect=next((d for d in known if d == dialect), None))
        return Reading(
            text=text,
            netlist=netlist,
            changes=netlist.changes,
            states=states_in(netlist),
            inputs=guesses.inputs(netlist),
            free=free_inputs(netlist),
            outputs=guesses.outputs(netlist),
            knobs=guess_knobs(netlist, unlikely=True),
        )
    except NetlistError as error:
        return Reading(text, Fault(error.sentence, error.line, error.file))
    except TrimpotError as error:
        return Reading(text, Fault(error.sentence))


class OpenCircuit(QObject):
    """One circuit of the project, open for editing.

    Signals
    -------
    opened()
        Another circuit is open, or none: :attr:`text` and :attr:`sheet` are its own.
    read(object)
        A :class:`Reading` of the present text.
    sheet_changed()
        :attr:`sheet` is another one.
    judged()
        What of it does not fit is known: the reading's ``problems``.
    saving_failed(str)
        The text could not be saved: the sentence.
    refused(str)
        A change of the set-up does not fit: the sentence.
    """

    opened = Signal()
    read = Signal(object)
    sheet_changed = Signal()
    judged = Signal()
    saving_failed = Signal(str)
    refused = Signal(str)

    def __init__(self, circuits: OwnCircuits, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.circuits = circuits
        self.sheet: CircuitSheet | None = None
        self.text = ""
        self.reading: Reading | None = None
        self._saved = ""
        self._saver = _Saver()
        self._busy = self._again = self._judging = False
        self._wait = QTimer(self, singleShot=True, interval=TYPING_MS)
        self._wait.timeout.connect(self._work)
        circuits.sheet_changed.connect(self._sheet_saved)

    @property
    def circuit_id(self) -> str:
        """Which circuit is open; empty: none."""
        return self.sheet.id if self.sheet is not None else ""

    @property
    def folder(self) -> Path:
        """Where it lies, with the files that it includes."""
        return self.circuits.folder(self.circuit_id)

    @property
    def is_busy(self) -> bool:
        """Whether the present text and set-up have not been read yet."""
        return self._busy or self._judging or self._wait.isActive()

    # -- opening ---------------------------------------------------------------------------

    def open(self, circuit_id: str) -> bool:
        """Open a circuit, the present one saved; returns whether it could be read.

        Raises
        ------
        TrimpotError
            It is damaged, or gone; nothing is open then.
        """
        self.close()
        if not circuit_id:
            return False
        folder = self.circuits.folder(circuit_id)
        sheet = read_circuit(folder)
        self.text = self._saved = read_netlist_text(folder)
        self.sheet = sheet
        self.opened.emit()
        self._work()
        return True

    def close(self) -> None:
        """Save what was typed, and have no circuit open."""
        self.flush()
        had = self.sheet is not None
        self._wait.stop()
        self.sheet, self.text, self._saved, self.reading = None, "", "", None
        if had:
            self.opened.emit()

    # -- the text --------------------------------------------------------------------------

    def set_text(self, text: str) -> None:
        """Take what was typed; it is saved and read once typing pauses."""
        if self.sheet is not None and text != self.text:
            self.text = text
            self._wait.start()

    def read_again(self) -> None:
        """Read the text anew: a file that it includes has changed."""
        self._again = self._busy
        self._work()

    def flush(self) -> None:
        """Save what was typed now."""
        if self.sheet is None or self.text == self._saved or not self.folder.is_dir():
            return
        try:
            self._saver.save(self.folder, self.text, self._saver.next())
        except TrimpotError as error:
            self.saving_failed.emit(error.sentence)
            return
        self._saved = self.text

    def _work(self) -> None:
        if self.sheet is None or self._busy:
            return
        self._busy = True
        text, folder, dirty = self.text, self.folder, self.text != self._saved
        sheet = self.sheet
        saver, turn = self._saver, self._saver.next()

        def work() -> tuple[str, Reading]:
            problem = ""
            try:
                if dirty:
                    saver.save(folder, text, turn)
            except TrimpotError as error:
                problem = error.sentence
            return problem, judged(read_text(text, folder, sheet.dialect), sheet)

        in_background(self, work, partial(self._worked, sheet), self._broke)

    def _worked(self, sheet: CircuitSheet, result: tuple[str, Reading]) -> None:
        self._busy = False
        problem, reading = result
        again, self._again = self._again, False
        if again or sheet.id != self.circuit_id:
            self._work()
            return
        if problem:
            self.saving_failed.emit(problem)
        else:
            self._saved = reading.text
        if reading.text != self.text:
            if not self._wait.isActive():
                self._work()
            return
        self.reading = reading
        self.read.emit(reading)
        if sheet is not self.sheet:
            self._judge()

    def _broke(self, error: Exception) -> None:
        self._busy = self._judging = False
        raise error

    # -- the set-up ------------------------------------------------------------------------

    def change(self, text: str, **values: object) -> bool:
        """Change the set-up undoably; what does not fit is refused in words.

        Parameters
        ----------
        text : str
            What the undo entry says.
        values
            Fields of the sheet.

        Returns
        -------
        bool
            Whether the set-up is so now.
        """
        sheet = self.sheet
        if sheet is None:
            return False
        try:
            after = CircuitSheet.model_validate({**sheet.model_dump(), **values})
        except ValidationError as error:
            self.refused.emit(f"{text} is not possible: {first_problem(error)}.")
            self.sheet_changed.emit()  # what is shown goes back to what holds
            return False
        return self.circuits.change(text, sheet, after)

    def _sheet_saved(self, circuit_id: str) -> None:
        if circuit_id != self.circuit_id:
            return
        self.sheet = read_circuit(self.folder)
        self.sheet_changed.emit()
        self._judge()

    def _judge(self) -> None:
        """Find out what of the set-up does not fit: at some length where the netlist is large."""
        reading, sheet = self.reading, self.sheet
        if reading is None or sheet is None or self._judging or self._busy:
            return
        self._judging = True
        in_background(
            self,
            partial(judged, reading, sheet),
            partial(self._judged, reading, sheet),
            self._broke,
        )

    def _judged(self, asked: Reading, sheet: CircuitSheet, found: Reading) -> None:
        self._judging = False
        if asked is not self.reading:
            return
        if sheet is not self.sheet:
            self._judge()
            return
        self.reading = found
        self.judged.emit()


class _Saver:
    """Writes a text in the background or at once; what is older never overtakes what is newer."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._asked = self._written = 0

    def next(self) -> int:
        """The turn of a text that is to be saved from now on."""
        self._asked += 1
        return self._asked

    def save(self, folder: Path, text: str, turn: int) -> None:
        """Save a text where the folder is there still and no later one has been saved.

        Raises
        ------
        TrimpotError
            It is larger than a netlist can be, or the disk refused.
        """
        if len(text.encode("utf-8", errors="replace")) > MAX_NETLIST_BYTES:
            raise TrimpotError(
                f"The netlist is larger than the {MAX_NETLIST_BYTES // 1_000_000} MB that it may "
                "be. It was not saved."
            )
        with self._lock:
            if turn > self._written and folder.is_dir():
                write_netlist_text(folder, text)
                self._written = turn
