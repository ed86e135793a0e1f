"""The left column of the Compare stage: the lanes, over what, how matched, which one is heard."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import QCheckBox, QComboBox, QHBoxLayout, QVBoxLayout, QWidget

from app.comparison import MAX_LAG_SECONDS, ComparisonResult
from app.lanes import Lane
from app.stages.compare_lanes import LaneBox
from widgets.buttons import tool_button
from widgets.segmented import Choice, SegmentedControl
from widgets.theme import label
from widgets.tokens import CONTROL_HEIGHT, HALF, SPACE


class LanePanel(QWidget):
    """What the user chooses in a comparison.

    Signals
    -------
    swapped()
        A and B are to change places.
    capture_chosen(str), stretch_chosen(str)
        Over which capture, over its ``test`` part or the ``whole``.
    options_changed()
        :attr:`align` or :attr:`match_level` are new.
    listened(str)
        ``a`` or ``b`` is to be heard.
    """

    swapped = Signal()
    capture_chosen = Signal(str)
    stretch_chosen = Signal(str)
    options_changed = Signal()
    listened = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.boxes = {"a": LaneBox("A"), "b": LaneBox("B")}
        self.capture = QComboBox()
        self.stretch = SegmentedControl(
            (
                Choice("test", "Test part", tip="What no training has seen", icon="lock"),
                Choice("whole", "Whole", tip="All of the capture"),
            )
        )
        self.align_box = QCheckBox("Align")
        self.match_box = QCheckBox("Match level")
        self.lag = label("", "body", "soft")
        self.gain = label("", "body", "soft")
        self.heard = SegmentedControl(
            (
                Choice("a", "Hear A", tip="Hear lane A"),
                Choice("b", "Hear B", tip="Hear lane B"),
            )
        )
        self._lay_out()
        self._connect()

    @property
    def align(self) -> bool:
        """Whether B is moved to where it fits A best."""
        return self.align_box.isChecked()

    @property
    def match_level(self) -> bool:
        """Whether B is scaled to leave the least."""
        return self.match_box.isChecked()

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(SPACE, HALF, SPACE, 0)
        column.setSpacing(SPACE)
        head = QHBoxLayout()
        head.addWidget(label("Lanes", "strong", "soft"))
        head.addStretch(1)
        self.swap_button = tool_button("compare", "Swap A and B", text=True)
        head.addWidget(self.swap_button)
        column.addLayout(head)
        for box in self.boxes.values():
            column.addWidget(box)
        column.addSpacing(HALF)
        column.addWidget(label("Over", "strong", "soft"))
        self.capture.setMinimumHeight(CONTROL_HEIGHT)
        self.capture.setAccessibleName("Capture compared over")
        self.capture.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        column.addWidget(self.capture)
        column.addWidget(self.stretch)
        column.addSpacing(HALF)
        column.addWidget(label("Match B to A", "strong", "soft"))
        self.align_box.setToolTip(
            f"Move B by up to {1000 * MAX_LAG_SECONDS:.0f} ms to where it fits A best"
        )
        self.match_box.setToolTip("Scale B by what leaves the least difference")
        for option, words in ((self.align_box, self.lag), (self.match_box, self.gain)):
            row = QHBoxLayout()
            row.addWidget(option)
            row.addStretch(1)
            row.addWidget(words)
            column.addLayout(row)
        column.addStretch(1)
        column.addWidget(label("Listen, at matched loudness", "small", "soft"))
        column.addWidget(self.heard)

    def _connect(self) -> None:
        self.swap_button.clicked.connect(self.swapped)
        self.capture.activated.connect(
            lambda _index: self.capture_chosen.emit(str(self.capture.currentData()))
        )
        self.stretch.chosen.connect(self.stretch_chosen)
        self.align_box.toggled.connect(lambda _on: self.options_changed.emit())
        self.match_box.toggled.connect(lambda _on: self.options_changed.emit())
        self.heard.chosen.connect(self.listened)

    def show_captures(self, captures: list[tuple[str, str]], current: str, stretch: str) -> None:
        """Offer these captures (name, id); announces nothing."""
        blocker = QSignalBlocker(self.capture)
        self.capture.clear()
        for name, capture_id in captures:
            self.capture.addItem(name, capture_id)
        self.capture.setCurrentIndex(self.capture.findData(current))
        blocker.unblock()
        self.stretch.set_current(stretch)

    def show_lanes(
        self, offered: list[tuple[str, Lane]], lanes: dict[str, Lane], roles: dict[str, str]
    ) -> None:
        """Offer these lanes in both boxes; announces nothing."""
        for key, box in self.boxes.items():
            box.show_lanes(offered, lanes[key])
            box.show_role(roles[key])

    def show_result(self, result: ComparisonResult) -> None:
        """Say by how much B was moved and scaled."""
        milliseconds = 1000 * result.lag / result.sample_rate
        self.lag.setText(
            f"{result.lag} samples ({milliseconds:.2f} ms)".replace("-", "\u2212")
            if self.align
            else ""
        )
        self.gain.setText(
            f"{result.gain_db:+.2f} dB".replace("-", "\u2212") if self.match_level else ""
        )

    def show_listening(self, heard: str, reasons: dict[str, str | None]) -> None:
        """Show which lane is heard, and which can be."""
        for key, why in reasons.items():
            self.heard.set_available(key, why is None, why or "")
        if heard:
            self.heard.set_current(heard)
