"""The netlist of the circuit that is open, in an editor; what is wrong with it, below."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.open_circuit import Fault, OpenCircuit, Reading
from app.stages.circuit_reading import place_of
from widgets.banner import Banner
from widgets.buttons import link_button, tool_button
from widgets.code_editor import CodeEditor, LineMark
from widgets.spice import SPICE
from widgets.tokens import HALF, SPACE
from widgets.words import ElidedLabel

INCLUDES = re.compile(r"^\s*\.(?:inc|incl|include|lib)\b", re.I)
NAMED_LINE = re.compile(r"\bLine (\d+)(?: of (.+?))?(?: \(|:)")


class CircuitText(QWidget):
    """Editor, the sentence about the line at fault, and how the text stands.

    Signals
    -------
    changes_wanted()
        The user wants to see what was changed in reading.
    file_wanted()
        A file that the netlist includes is to be put beside it.
    """

    changes_wanted = Signal()
    file_wanted = Signal()

    def __init__(self, circuit: OpenCircuit, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._circuit = circuit
        self._complaints: tuple[str, ...] = ()
        self.editor = CodeEditor(SPICE, self)
        self.editor.setAccessibleName("Netlist")
        self.fault = Banner(
            "error", "", actions=[("Go to the line", self.go_to_fault)], parent=self, closable=False
        )
        self.fault.hide()
        self.status = ElidedLabel("", "small", "soft")
        self.changes = link_button("", self)
        self.changes.setToolTip("What stands otherwise in the circuit that is simulated")
        self.changes.clicked.connect(lambda _on=False: self.changes_wanted.emit())
        self.changes.hide()
        self._lay_out()
        self.editor.textChanged.connect(self._typed)
        self.editor.mark_clicked.connect(lambda _line: self.changes_wanted.emit())
        circuit.opened.connect(self._opened)
        circuit.read.connect(self._read)
        circuit.saving_failed.connect(self._not_saved)

    def _lay_out(self) -> None:
        row = QHBoxLayout()
        row.setContentsMargins(SPACE, 0, HALF, HALF)
        row.setSpacing(HALF)
        row.addWidget(self.status, 1)
        row.addWidget(self.changes)
        for icon_name, words, keys, do in (
            ("undo", "Undo typing", "Ctrl+Z", self.editor.undo),
            ("redo", "Redo typing", "Ctrl+Shift+Z", self.editor.redo),
            ("search", "Find", "Ctrl+F", self.editor.open_find),
            ("import", "Add a file that the netlist includes…", "", self.file_wanted.emit),
        ):
            button = tool_button(icon_name, words, keys, self)
            button.clicked.connect(lambda _on=False, do=do: do())
            row.addWidget(button)
        held = QHBoxLayout()
        held.setContentsMargins(SPACE, 0, SPACE, 0)
        held.addWidget(self.fault)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(HALF)
        column.addWidget(self.editor, 1)
        column.addLayout(held)
        column.addLayout(row)

    # -- the circuit -----------------------------------------------------------------------

    def _opened(self) -> None:
        self._complaints = ()
        self.editor.set_text(self._circuit.text)
        self.editor.setEnabled(self._circuit.sheet is not None)
        self.fault.hide()
        self.changes.hide()
        self.status.setText("")

    def _typed(self) -> None:
        text = self.editor.toPlainText()
        if text != self._circuit.text:  # colours change the document too
            self._circuit.set_text(text)
            self.status.setText("Typing…")

    def _not_saved(self, sentence: str) -> None:
        self.fault.show_message("error", sentence)
        self.fault.show()

    def _read(self, reading: Reading) -> None:
        self._complaints = ()
        self._mark(reading)
        if reading.fault is not None:
            self.fault.show_message("error", reading.fault.sentence)
            self.status.setText("Saved")
        else:
            self.status.setText(f"Saved  ·  {_counted(reading)}")
        self.fault.setVisible(reading.fault is not None)
        count = len(reading.changes)
        self.changes.setText(f"{count} change{'' if count == 1 else 's'} in reading")
        self.changes.setVisible(count > 0)

    def show_complaints(self, sentences: Iterable[str]) -> None:
        """Mark the lines that a simulator complained about, and show the first complaint."""
        found = tuple(dict.fromkeys(sentences))
        reading = self._circuit.reading
        if found == self._complaints or reading is None or reading.fault is not None:
            return
        self._complaints = found
        self._mark(reading)
        if self._complaint_lines():
            line, sentence = self._complaint_lines()[0]
            self.fault.show_message("error", sentence)
            self._goal = line
        self.fault.setVisible(bool(self._complaint_lines()))

    def _complaint_lines(self) -> list[tuple[int, str]]:
        found = []
        for sentence in self._complaints:
            named = NAMED_LINE.search(sentence)
            if named is not None and not named[2]:
                found.append((int(named[1]), sentence))
        return found

    def _mark(self, reading: Reading) -> None:
        marks = [
            LineMark(change.line, "changed", f"{place_of(change)}: {change.why}")
            for change in reading.changes
            if not change.file
        ]
        self._goal = 0
        if reading.fault is not None:
            self._goal = line_of(reading.fault, reading.text.splitlines())
            if self._goal:
                marks.append(LineMark(self._goal, "error", reading.fault.sentence))
        marks += [LineMark(line, "error", said) for line, said in self._complaint_lines()]
        self.editor.set_marks(marks)

    _goal = 0

    def go_to_fault(self) -> None:
        """Put the cursor on the line at fault."""
        if self._goal:
            self.editor.go_to_line(self._goal)


def line_of(fault: Fault, lines: Sequence[str]) -> int:
    """The line of the netlist itself that a fault is shown at; 0 where there is none.

    A fault inside an included file is shown where the file is included.
    """
    if not fault.file:
        return fault.line
    name = fault.file.rpartition("/")[2].lower()
    for number, line in enumerate(lines, 1):
        if INCLUDES.match(line) and name in line.lower():
            return number
    return 0


def _counted(reading: Reading) -> str:
    if reading.netlist is None:
        return ""
    parts, states = len(reading.netlist.elements), len(reading.states)
    dialect = "LTspice" if reading.netlist.dialect == "ltspice" else "ngspice"
    return (
        f"{parts} part{'' if parts == 1 else 's'}, {states} state{'' if states == 1 else 's'}  ·  "
        f"{dialect}'s dialect"
    )
