"""The bar on top: project menu, the five stages, jobs, help."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QMenu, QToolButton, QWidget

from widgets.buttons import tool_button
from widgets.icons import set_icon
from widgets.segmented import StageBar
from widgets.theme import font
from widgets.tokens import HALF, SPACE

STAGES = (
    ("data", "Data"),
    ("train", "Train"),
    ("audition", "Audition"),
    ("compare", "Compare"),
    ("export", "Export"),
)
SIDE_WIDTH = 250
"""Both sides are equally wide, so that the stages stand in the middle."""


class TopBar(QWidget):
    """The window's top row.

    Signals
    -------
    stage_chosen(str)
        The key of a stage.
    jobs_clicked(), help_clicked()
        Their buttons were pressed.
    """

    stage_chosen = Signal(str)
    jobs_clicked = Signal()
    help_clicked = Signal()

    def __init__(self, menu: QMenu, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.project = tool_button("menu", "Project and settings", "", self, size=20, text=True)
        self.project.setStyleSheet("QToolButton::menu-indicator { image: none; }")
        self.project.setFont(font("strong"))
        self.project.setMenu(menu)
        self.project.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.stages = StageBar([name for _, name in STAGES], self)
        self.stages.stage_chosen.connect(lambda index: self.stage_chosen.emit(STAGES[index][0]))
        self.jobs = tool_button("jobs", "Jobs", "J", self, size=20, text=True)
        self.jobs.clicked.connect(lambda _checked=False: self.jobs_clicked.emit())
        self.help = tool_button("help", "Guide to this place", "F1", self, size=20)
        self.help.clicked.connect(lambda _checked=False: self.help_clicked.emit())
        self._lay_out()
        self.show_project("")
        self.show_jobs(0)

    def _lay_out(self) -> None:
        left, right = QWidget(self), QWidget(self)
        for side in (left, right):
            side.setMinimumWidth(SIDE_WIDTH)
        left_row, right_row = QHBoxLayout(left), QHBoxLayout(right)
        for row in (left_row, right_row):
            row.setContentsMargins(0, 0, 0, 0)
            row.setSpacing(HALF)
        left_row.addWidget(self.project)
        left_row.addStretch(1)
        right_row.addStretch(1)
        right_row.addWidget(self.jobs)
        right_row.addWidget(self.help)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(SPACE, HALF, SPACE, HALF)
        layout.setSpacing(SPACE)
        layout.addWidget(left, 1)
        layout.addWidget(self.stages)
        layout.addWidget(right, 1)

    def show_project(self, name: str) -> None:
        """Show the open project's name; empty for none."""
        metrics = self.project.fontMetrics()
        shown = metrics.elidedText(name or "Trimpot", Qt.TextElideMode.ElideRight, 180)
        self.project.setText(f" {shown}  \u25be")
        self.stages.setEnabled(bool(name))

    def show_stage(self, key: str) -> None:
        """Mark a stage as the one shown."""
        self.stages.set_current([name for name, _ in STAGES].index(key))

    def show_jobs(self, count: int) -> None:
        """Show how many jobs are at work."""
        words = {0: "No jobs", 1: "1 job"}.get(count, f"{count} jobs")
        self.jobs.setText(f" {words}")
        set_icon(self.jobs, "jobs", "accent" if count else "soft", 20)
