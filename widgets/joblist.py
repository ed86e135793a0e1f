"""The list of jobs: what each does, how far it is, how long still, and the buttons for it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QScrollArea,
    QStackedLayout,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from widgets.buttons import tool_button
from widgets.empty import EmptyState, IconView
from widgets.theme import label
from widgets.tokens import HALF, SPACE
from widgets.words import ElidedLabel

JobState = Literal["waiting", "running", "paused", "done", "cancelled", "failed", "interrupted"]
LIVE: frozenset[JobState] = frozenset({"waiting", "running", "paused"})
STATE_LOOKS: dict[JobState, tuple[str, str, str]] = {
    "waiting": ("waiting", "soft", "waiting"),
    "running": ("play", "accent", "running"),
    "paused": ("pause", "warn", "paused"),
    "done": ("ok", "good", "done"),
    "cancelled": ("cancel", "soft", "cancelled"),
    "failed": ("error", "bad", "failed"),
    "interrupted": ("warning", "warn", "interrupted"),
}
"""Icon, colour and word of each state."""


@dataclass(frozen=True, slots=True)
class JobView:
    """A job as listed: ``fraction`` in 0..1 or None where unknown, ``eta`` seconds still to go."""

    id: str
    name: str
    state: JobState
    text: str = ""
    fraction: float | None = None
    eta: float | None = None
    can_pause: bool = True
    can_resume: bool = False
    can_open: bool = False


def remaining(eta: float | None) -> str:
    """Seconds still to go, in words that do not pretend to know better."""
    if eta is None or eta < 0:
        return ""
    if eta < 60:
        return f"{max(round(eta), 1)} s left"
    if eta < 3600:
        return f"{round(eta / 60)} min left"
    hours, minutes = divmod(round(eta / 60), 60)
    return f"{hours} h {minutes:02d} min left"


class JobRow(QFrame):
    """One job."""

    def __init__(self, view: JobView, owner: JobListView) -> None:
        super().__init__()
        self._id = view.id
        self._icon = IconView("waiting", "soft")
        self._name = ElidedLabel("", "strong")
        self._state = label("", "small", "soft")
        self._text = ElidedLabel("", "small", "soft")
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._bar.setRange(0, 1000)
        self._pause = tool_button("pause", "Pause")
        self._resume = tool_button("resume", "Resume")
        self._cancel = tool_button("cancel", "Stop and keep the best so far")
        self._open = tool_button("chevron-right", "Open")
        self._dismiss = tool_button("close", "Take off the list")
        for button, signal in (
            (self._pause, owner.pause_requested),
            (self._resume, owner.resume_requested),
            (self._cancel, owner.cancel_requested),
            (self._open, owner.open_requested),
            (self._dismiss, owner.dismiss_requested),
        ):
            button.clicked.connect(lambda *_, emit=signal.emit: emit(self._id))
        self._lay_out()
        self.show_job(view)

    def _lay_out(self) -> None:
        foot = QHBoxLayout()
        foot.setSpacing(SPACE)
        foot.addWidget(self._text, 1)
        foot.addWidget(self._state)
        middle = QVBoxLayout()
        middle.setSpacing(HALF)
        middle.addWidget(self._name)
        middle.addWidget(self._bar)
        middle.addLayout(foot)
        row = QHBoxLayout(self)
        row.setContentsMargins(SPACE + HALF, SPACE, SPACE, SPACE)
        row.setSpacing(SPACE)
        row.addWidget(self._icon, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(middle, 1)
        buttons = QHBoxLayout()
        buttons.setSpacing(0)
        for button in (self._pause, self._resume, self._cancel, self._open, self._dismiss):
            buttons.addWidget(button)
        row.addLayout(buttons)

    def show_job(self, view: JobView) -> None:
        """Show how the job stands now."""
        icon_name, role, word = STATE_LOOKS[view.state]
        live = view.state in LIVE
        self._icon.show_icon(icon_name, role)
        self._name.setText(view.name)
        left = remaining(view.eta) if view.state == "running" else ""
        percent = f"{100 * view.fraction:.0f} %" if live and view.fraction is not None else ""
        self._state.setText("  ".join(part for part in (word, percent, left) if part))
        self._text.setText(view.text)
        self._bar.setVisible(live)
        busy = view.state == "running" and view.fraction is None
        self._bar.setRange(0, 0 if busy else 1000)
        if not busy:
            self._bar.setValue(round(1000 * min(max(view.fraction or 0.0, 0.0), 1.0)))
        self._bar.setAccessibleName(f"{view.name}, progress")
        self._pause.setVisible(view.state == "running" and view.can_pause)
        self._resume.setVisible(view.state == "paused" or (not live and view.can_resume))
        self._cancel.setVisible(live)
        self._open.setVisible(view.can_open)
        self._dismiss.setVisible(not live)
        self.setAccessibleName(f"{view.name}: {self._state.text()}. {view.text}")

    def button(self, which: Literal["pause", "resume", "cancel", "open", "dismiss"]) -> QToolButton:
        """One of its buttons."""
        return {
            "pause": self._pause,
            "resume": self._resume,
            "cancel": self._cancel,
            "open": self._open,
            "dismiss": self._dismiss,
        }[which]


class JobListView(QWidget):
    """All jobs, newest first as given.

    Signals
    -------
    pause_requested(str), resume_requested(str), cancel_requested(str), open_requested(str),
    dismiss_requested(str)
        The id of the job whose button was pressed.
    """

    pause_requested = Signal(str)
    resume_requested = Signal(str)
    cancel_requested = Signal(str)
    open_requested = Signal(str)
    dismiss_requested = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows: dict[str, JobRow] = {}
        self._inside = QWidget()
        self._column = QVBoxLayout(self._inside)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(1)
        self._column.addStretch(1)
        self._area = QScrollArea()
        self._area.setWidgetResizable(True)
        self._area.setFrameShape(QFrame.Shape.NoFrame)
        self._area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._area.setWidget(self._inside)
        empty = EmptyState(
            "jobs", "Simulations, trainings and exports show here as they run.", "", ""
        )
        self._stack = QStackedLayout(self)
        self._stack.addWidget(empty)
        self._stack.addWidget(self._area)
        self.setAccessibleName("Jobs")

    def set_jobs(self, jobs: Iterable[JobView]) -> None:
        """Show exactly these, in this order; rows that stay are updated in place."""
        wanted = list(jobs)
        keep = {view.id for view in wanted}
        for gone in [id_ for id_ in self._rows if id_ not in keep]:
            row = self._rows.pop(gone)
            self._column.removeWidget(row)
            row.hide()
            row.deleteLater()
        for place, view in enumerate(wanted):
            self.update_job(view)
            row = self._rows[view.id]
            if self._column.indexOf(row) != place:
                self._column.removeWidget(row)
                self._column.insertWidget(place, row)
        self._stack.setCurrentIndex(1 if self._rows else 0)

    def update_job(self, view: JobView) -> None:
        """Update one job's row, or add it on top."""
        row = self._rows.get(view.id)
        if row is not None:
            row.show_job(view)
            return
        self._rows[view.id] = row = JobRow(view, self)
        self._column.insertWidget(0, row)
        self._stack.setCurrentIndex(1)

    def row(self, job_id: str) -> JobRow:
        """The row of a job.

        Raises
        ------
        KeyError
            It is not listed.
        """
        return self._rows[job_id]

    # Qt overrides

    def sizeHint(self) -> QSize:
        return QSize(460, min(max(64 * len(self._rows), 160), 480))


def state_label(state: JobState) -> QLabel:
    """The word for a state, for lists of runs."""
    return label(STATE_LOOKS[state][2], "small", "soft")
