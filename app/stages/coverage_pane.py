"""Which settings of the device are captured, as a grid over its knobs."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.stages.base import Primary
from app.stages.capture_rows import CaptureModel, CaptureRow
from app.workbench import Workbench
from widgets.buttons import push_button
from widgets.coverage import CoverageGrid, Knob, Setting
from widgets.empty import EmptyState
from widgets.theme import label
from widgets.tokens import SPACE

EMPTY = (
    "The captures have no knobs yet. Import a folder whose names carry them, or add knobs and say "
    "where they stood in each capture."
)
ABOUT = "A filled cell is captured; its mark is the verdict. A click shows the capture."


class CoveragePane(QWidget):
    """The grid of settings; choosing a cell selects its capture.

    Signals
    -------
    primary_changed(), closed()
        As of the import pane.
    knobs_wanted()
        The user wants to edit the device's knobs.
    """

    primary_changed = Signal()
    closed = Signal()
    knobs_wanted = Signal()

    def __init__(
        self, workbench: Workbench, model: CaptureModel, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.workbench = workbench
        self._model = model
        self.grid = CoverageGrid(self)
        self.grid.chosen.connect(self._choose)
        self.empty = EmptyState("lanes", EMPTY, "Knobs of the device", "")
        self.empty.action.connect(self.knobs_wanted)
        back = push_button("Back", "chevron-left", self)
        back.clicked.connect(lambda _checked=False: self.closed.emit())
        head = QHBoxLayout()
        head.addWidget(label("Coverage of the settings", "title"))
        head.addStretch(1)
        head.addWidget(back)
        column = QVBoxLayout(self)
        column.setContentsMargins(2 * SPACE, SPACE, 2 * SPACE, SPACE)
        column.setSpacing(SPACE)
        column.addLayout(head)
        self._about = label(ABOUT, colour="soft", wrap=True)
        column.addWidget(self._about)
        column.addWidget(self.grid, 1)
        column.addWidget(self.empty, 1)
        self.refresh()

    def refresh(self) -> None:
        """Show the captures as they are known now."""
        session = self.workbench.session
        controls = session.manifest.controls if session is not None else ()
        rows = self._model.all_rows
        has_knobs = bool(controls) and any(row.entry.knobs for row in rows)
        self.grid.set_settings(
            [Knob(control.name, control.unit) for control in controls],
            [_setting(row) for row in rows if row.entry.knobs],
        )
        for widget in (self.grid, self._about):
            widget.setVisible(has_knobs)
        self.empty.setVisible(not has_knobs)

    def _choose(self, keys: tuple[str, ...]) -> None:
        """Show the capture chosen; of several in one cell, the next at each click."""
        if not keys:
            return
        chosen = self.workbench.capture_id
        place = keys.index(chosen) + 1 if chosen in keys else 0
        self.workbench.select_capture(keys[place % len(keys)])

    def primary(self) -> Primary:
        """The stage's primary button while this pane is shown."""
        return Primary("Show the capture", bool(self.workbench.capture_id), "Choose a cell.")

    def submit(self) -> None:
        """Go back to the capture chosen."""
        self.closed.emit()


def _setting(row: CaptureRow) -> Setting:
    """A capture as the grid takes it; a part is named where all of it is in that one."""
    parts = sorted(row.parts)
    return Setting(
        key=row.entry.id,
        name=row.entry.name,
        knobs=row.entry.knobs,
        level=row.verdict if row.entry.included else "left-out",
        part=parts[0] if len(parts) == 1 else "",
    )
