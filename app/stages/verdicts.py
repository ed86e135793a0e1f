"""The checks of a capture as rows: a mark, what was looked at, how it stands, the figure."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QGridLayout, QScrollArea, QVBoxLayout, QWidget

from app.stages.capture_list import VERDICT_ICONS
from projects.capture import Check
from widgets.empty import IconView
from widgets.theme import label
from widgets.tokens import HALF, SPACE

ORDER = {"problem": 0, "warning": 1, "ok": 2}


class VerdictList(QScrollArea):
    """Checks, the gravest first."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName("Verdicts")
        self.show_checks(())

    def show_checks(self, checks: Iterable[Check]) -> None:
        """Show a capture's checks."""
        ordered = sorted(checks, key=lambda check: ORDER[check.level])
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 0, SPACE, 0)
        grid = QGridLayout()
        grid.setHorizontalSpacing(SPACE)
        grid.setVerticalSpacing(HALF)
        grid.setColumnStretch(2, 1)
        for row, check in enumerate(ordered):
            icon, role = VERDICT_ICONS[check.level]
            mark = IconView(icon, role)
            mark.setAccessibleName(check.level)
            top = Qt.AlignmentFlag.AlignTop
            grid.addWidget(mark, row, 0, top)
            grid.addWidget(label(check.name, "body", "soft"), row, 1, top)
            grid.addWidget(label(check.text, wrap=True), row, 2, top)
        column.addLayout(grid)
        column.addStretch(1)
        self.setWidget(inside)
