"""The knobs of the project's device: their names, ranges, units and tapers."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from app import edits
from app.stages.base import Primary
from app.stages.knob_table import KnobTable
from app.stages.pane import pane_column
from app.workbench import Workbench
from projects.manifest import Control
from widgets.buttons import push_button
from widgets.theme import label

ABOUT = (
    "The knobs and switches of the device. A model learns them from captures at different "
    "settings, and Audition shows them. Where a knob stood in a capture is set in that capture, "
    "behind Edit."
)


class KnobsPane(QWidget):
    """Edits the project's controls; every change is undoable.

    Signals
    -------
    primary_changed(), closed()
        As of the import pane.
    """

    primary_changed = Signal()
    closed = Signal()

    def __init__(self, workbench: Workbench, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.workbench = workbench
        self.table = KnobTable(self, removable=True)
        self.table.edited.connect(self._change)
        self.table.removed.connect(self._remove)
        self.add_button = push_button("Add a knob", "plus", self)
        self.add_button.clicked.connect(lambda _checked=False: self._add())
        back = push_button("Back", "chevron-left", self)
        back.clicked.connect(lambda _checked=False: self.closed.emit())
        column = pane_column(self, "Knobs of the device", back)
        column.addWidget(label(ABOUT, colour="soft", wrap=True))
        column.addWidget(self.table)
        line = QHBoxLayout()
        line.addWidget(self.add_button)
        line.addStretch(1)
        column.addLayout(line)
        column.addStretch(1)
        self.refresh()

    def refresh(self) -> None:
        """Show the knobs as the manifest has them."""
        session = self.workbench.session
        self.table.show_controls(session.manifest.controls if session is not None else ())

    def _change(self, name: str, control: Control) -> None:
        session = self.workbench.session
        if session is not None and not session.change(
            f"Change the knob {name}", edits.change_control(name, control)
        ):
            self.refresh()

    def _remove(self, name: str) -> None:
        if self.workbench.session is not None:
            self.workbench.session.change(f"Remove the knob {name}", edits.remove_control(name))

    def _add(self) -> None:
        session = self.workbench.session
        if session is None:
            return
        taken = {control.name for control in session.manifest.controls}
        name = next(n for i in range(1, len(taken) + 2) if (n := f"knob {i}") not in taken)
        session.change(f"Add {name}", edits.add_control(Control(name=name)))

    def primary(self) -> Primary:
        """The stage's primary button while this pane is shown."""
        return Primary("Done")

    def submit(self) -> None:
        """Go back to the captures."""
        self.closed.emit()
