"""How a capture's input is divided: shares in words, and a small form to divide it anew."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSpinBox, QWidget

from app import wording
from projects.capture import Capture
from projects.manifest import Part, Split
from widgets.buttons import push_button
from widgets.empty import IconView
from widgets.parts import PART_ROLES
from widgets.theme import label, theme_of
from widgets.tokens import HALF, SPACE

PARTS: tuple[tuple[Part, str], ...] = (
    ("train", "Train"),
    ("validation", "Validation"),
    ("test", "Test"),
)
LOCK_TIP = (
    "Locked since a model was trained: the test part stays as it is, so that the figures of every "
    "run mean the same."
)

SHARED_TIP = (
    "Captures of the same input audio are divided alike: else a model would be scored on playing "
    "that it has learned from."
)


class PartsRow(QWidget):
    """Shares of train, validation and test, and a way to change them while nothing is locked.

    Signals
    -------
    divided(float, float)
        The user wants these shares (0..1) for validation and test.
    proposal_wanted()
        The user wants the source's own division back.
    """

    divided = Signal(float, float)
    proposal_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._dots = {part: _Dot(PART_ROLES[part], self) for part, _ in PARTS}
        self._words: dict[str, QLabel] = {part: label("", parent=self) for part, _ in PARTS}
        self._lock = IconView("lock", "soft", 16, self)
        self._lock.setToolTip(LOCK_TIP)
        self._lock.setAccessibleName("The test part is locked")
        self._shared = label("", "small", "soft", self)
        self._shared.setToolTip(SHARED_TIP)
        self.change = push_button("Divide anew…", None, self)
        self.change.setCheckable(True)
        self.change.toggled.connect(self._unfold)
        self.validation = _share_box("Validation", self)
        self.test = _share_box("Test", self)
        self.apply = push_button("Apply", None, self)
        self.apply.clicked.connect(lambda _checked=False: self._apply())
        self.proposal = push_button("As proposed", None, self)
        self.proposal.clicked.connect(lambda _checked=False: self.proposal_wanted.emit())
        self._form = [
            label("Validation", colour="soft"),
            self.validation,
            label("Test", colour="soft"),
            self.test,
            self.apply,
            self.proposal,
        ]
        self._lay_out()
        self._unfold(False)

    def _lay_out(self) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(HALF)
        for part, _ in PARTS:
            row.addWidget(self._dots[part])
            row.addWidget(self._words[part])
            row.addSpacing(SPACE)
        row.addWidget(self._lock)
        row.addWidget(self._shared)
        row.addStretch(1)
        for widget in self._form:
            row.addWidget(widget)
        row.addWidget(self.change)

    def show_split(self, capture: Capture, split: Split | None, shared_with: int = 0) -> None:
        """Show a capture's division, and how many other captures of the same input have it too."""
        others = "1 other capture" if shared_with == 1 else f"{shared_with} other captures"
        self._shared.setText(f"shared with {others}" if shared_with else "")
        locked = split is not None and split.locked
        self.change.setChecked(False)
        for part, name in PARTS:
            samples = sum(s.stop - s.start for s in split.of(part)) if split is not None else 0
            seconds = samples / capture.sample_rate
            share = 100 * samples / capture.n_samples
            self._words[part].setText(f"{name} {wording.duration(seconds)} ({share:.0f} %)")
            if part == "validation":
                self.validation.setValue(max(round(share), self.validation.minimum()))
            elif part == "test":
                self.test.setValue(max(round(share), self.test.minimum()))
        self._lock.setVisible(locked)
        self.change.setEnabled(split is not None and not locked)
        self.change.setToolTip(LOCK_TIP if locked else "Choose how much is kept for scoring")
        self.proposal.setEnabled(bool(capture.sections))

    def _unfold(self, on: bool) -> None:
        for widget in self._form:
            widget.setVisible(on)
        for part, _ in PARTS:
            self._words[part].setVisible(not on)
            self._dots[part].setVisible(not on)
        self._shared.setVisible(not on)
        self.change.setText("Close" if on else "Divide anew…")

    def _apply(self) -> None:
        self.divided.emit(self.validation.value() / 100, self.test.value() / 100)


class _Dot(QWidget):
    """A part's colour."""

    def __init__(self, role: str, parent: QWidget) -> None:
        super().__init__(parent)
        self._role = role
        self.setFixedSize(14, 14)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(2, 5, 10, 4, theme_of(self).colour(self._role))
        painter.end()


def _share_box(name: str, parent: QWidget) -> QSpinBox:
    box = QSpinBox(parent)
    box.setRange(5, 40)
    box.setSuffix(" %")
    box.setAccessibleName(f"{name}, percent")
    return box
