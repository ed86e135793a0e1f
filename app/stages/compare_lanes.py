"""The left of the Compare stage: what stands in lane A and lane B, and over which capture."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QRectF, QSignalBlocker, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QComboBox, QFrame, QHBoxLayout, QVBoxLayout, QWidget

from app.drops import AUDIO_SUFFIXES
from app.lanes import Lane
from widgets.buttons import tool_button
from widgets.dropzone import DropZone
from widgets.theme import font, label, theme_of
from widgets.tokens import CONTROL_HEIGHT, HALF, RADIUS, SPACE


class LaneBox(QFrame):
    """One lane: a letter in the colour of what it holds, a choice, and what it waits for.

    Signals
    -------
    chosen(object)
        The :class:`~app.lanes.Lane` that the user chose.
    file_wanted()
        The user wants to choose a file.
    """

    chosen = Signal(object)
    file_wanted = Signal()

    def __init__(self, letter: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.letter = letter
        self.lane: Lane | None = None
        self._role = "soft"
        self.choice = QComboBox()
        self.choice.setMinimumHeight(CONTROL_HEIGHT)
        self.choice.setAccessibleName(f"Lane {letter}")
        self.choice.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        self.choice.setMinimumContentsLength(10)
        self.choice.activated.connect(self._activated)
        self.file_button = tool_button("folder", f"Open a file in lane {letter}")
        self.file_button.clicked.connect(self.file_wanted)
        self.note = label("", "small", "soft", wrap=True)
        row = QHBoxLayout()
        row.setSpacing(HALF)
        row.addWidget(self.choice, 1)
        row.addWidget(self.file_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(44, SPACE, SPACE, SPACE)
        column.setSpacing(HALF)
        column.addLayout(row)
        column.addWidget(self.note)
        self.note.hide()
        self.drop = DropZone(self, self._describe)
        self.drop.dropped.connect(lambda paths: self._take_file(paths[0]))

    def show_lanes(self, lanes: list[tuple[str, Lane]], current: Lane) -> None:
        """Offer these lanes by name, the current one chosen; announces nothing."""
        blocker = QSignalBlocker(self.choice)
        self.lane = current
        self.choice.clear()
        for name, lane in lanes:
            self.choice.addItem(name, lane)
            if lane == current:
                self.choice.setCurrentIndex(self.choice.count() - 1)
        blocker.unblock()

    def show_role(self, role: str) -> None:
        """Take the colour of what the lane holds."""
        self._role = role
        self.update()

    def show_note(self, text: str) -> None:
        """Say what the lane is, or waits for."""
        self.note.setText(text)
        self.note.setVisible(bool(text))

    def _activated(self, index: int) -> None:
        lane = self.choice.itemData(index)
        if isinstance(lane, Lane):
            self.chosen.emit(lane)

    def _take_file(self, path: Path) -> None:
        self.chosen.emit(Lane("file", file=path))

    def _describe(self, paths: list[Path]) -> str | None:
        if len(paths) == 1 and paths[0].suffix.lower() in AUDIO_SUFFIXES:
            return f"Put {paths[0].name} in lane {self.letter}"
        return None

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = theme_of(self)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(theme.colour("line"))
        painter.setBrush(theme.colour("raised"))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), RADIUS, RADIUS)
        badge = QRectF(SPACE, SPACE, 28, CONTROL_HEIGHT)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.colour(self._role, 0.25))
        painter.drawRoundedRect(badge, RADIUS, RADIUS)
        painter.setPen(theme.colour(self._role))
        painter.setFont(font("heading"))
        painter.drawText(badge, Qt.AlignmentFlag.AlignCenter, self.letter)
        painter.end()
