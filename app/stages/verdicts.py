"""The verdicts on a capture: what, how sure, where, what to do, with a button that does it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from app.stages.capture_list import VERDICT_ICONS
from app.stages.decision_words import (
    done_words,
    fix_words,
    settled_fix,
    sure_words,
    where_words,
)
from projects.capture import Capture, Check, Fix
from projects.manifest import CaptureEntry
from widgets.buttons import link_button, push_button
from widgets.empty import IconView
from widgets.theme import label
from widgets.tokens import CONTROL_HEIGHT, HALF, SPACE

ORDER = {"problem": 0, "warning": 1, "ok": 3}
SETTLED = 2
LINE = 20
"""Height of a verdict's first line where no buttons stand in it."""
LEAST_HEIGHT = 40
LEVEL_WORDS = {"ok": "Fine", "warning": "Warning", "problem": "Problem"}


Alike = Callable[[Check, Fix], int]
"""In how many captures a verdict's fix could be taken."""


class VerdictRow(QWidget):
    """One verdict, with what can be done about it.

    Signals
    -------
    taken(Fix), taken_back(Fix), swapped(Fix, Fix)
        The user wants a fix, wants it undone, or wants the second in place of the first.
    alike_wanted(str, str)
        The user wants the fix of that kind in every capture that has the verdict of that name.
    where_wanted(Check)
        Show where it is.
    """

    taken = Signal(object)
    taken_back = Signal(object)
    swapped = Signal(object, object)
    alike_wanted = Signal(str, str)
    where_wanted = Signal(object)

    def __init__(
        self,
        check: Check,
        entry: CaptureEntry,
        rate: int,
        alike: Alike,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.check = check
        self.settled = settled_fix(check, entry) if check.level != "ok" else None
        icon, role = VERDICT_ICONS[check.level]
        mark = IconView("check" if self.settled else icon, "good" if self.settled else role, 16)
        mark.setAccessibleName("Settled" if self.settled else LEVEL_WORDS[check.level])
        self.setAccessibleName(f"{mark.accessibleName()}: {check.name}. {check.text}")
        self.buttons: list[QPushButton] = []
        words = QVBoxLayout()
        words.setSpacing(0)
        head = self._head(rate, alike)
        mark.setFixedHeight(CONTROL_HEIGHT if self.buttons else LINE)
        words.addLayout(head)
        words.addWidget(_wrapped(check.text, "soft" if self.settled else "text"))
        if check.advice and self.settled is None:
            words.addWidget(_wrapped(check.advice, "soft"))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(SPACE)
        row.addWidget(mark, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(words, 1)

    def _head(self, rate: int, alike: Alike) -> QHBoxLayout:
        check = self.check
        head = QHBoxLayout()
        head.setSpacing(SPACE)
        name = label(
            check.name[:1].upper() + check.name[1:], "strong", "soft" if self.settled else "text"
        )
        name.setMinimumHeight(LINE)
        head.addWidget(name)
        for text in (sure_words(check.sure), done_words(self.settled) if self.settled else ""):
            if text:
                head.addWidget(label(text, "small", "soft"))
        head.addStretch(1)
        if self.settled is not None:
            self._add_settled(self.settled, alike)
        else:
            for fix in check.fixes:
                self._add(push_button(fix_words(fix, check)), partial(self.taken.emit, fix))
                self._add_alike(fix, alike)
        if where := where_words(check, rate):
            self._add(link_button(where), partial(self.where_wanted.emit, check))
        for button in self.buttons:
            head.addWidget(button)
        return head

    def _add_settled(self, standing: Fix, alike: Alike) -> None:
        """What stands can be taken back; what was left out may be mended instead."""
        back = link_button("Take back")
        back.setAccessibleName(f"Take back: {done_words(standing)}")
        self._add(back, partial(self.taken_back.emit, standing))
        if standing.kind != "leave-out":
            return
        for fix in self.check.fixes:
            if fix.kind != "leave-out":
                button = push_button(f"{fix_words(fix, self.check)} instead")
                self._add(button, partial(self.swapped.emit, standing, fix))
                self._add_alike(fix, alike)

    def _add_alike(self, fix: Fix, alike: Alike) -> None:
        count = alike(self.check, fix) if fix.kind != "leave-out" else 0
        if count > 1:
            button = link_button(f"in all {count} captures")
            button.setAccessibleName(f"{fix_words(fix, self.check)} in all {count} captures")
            self._add(button, partial(self.alike_wanted.emit, self.check.name, fix.kind))

    def _add(self, button: QPushButton, do: Callable[[], object]) -> None:
        button.setMinimumHeight(CONTROL_HEIGHT)
        button.clicked.connect(lambda _checked=False: do())
        self.buttons.append(button)


class VerdictList(QScrollArea):
    """Verdicts, the gravest first, then what is settled; what is fine is folded.

    Signals
    -------
    taken(Fix), taken_back(Fix), swapped(Fix, Fix), alike_wanted(str, str), where_wanted(Check)
        As of :class:`VerdictRow`.
    """

    taken = Signal(object)
    taken_back = Signal(object)
    swapped = Signal(object, object)
    alike_wanted = Signal(str, str)
    where_wanted = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName("Verdicts")
        self.rows: list[VerdictRow] = []
        self._fine: list[VerdictRow] = []
        self._capture_id = ""
        self._unfolded = False
        self.fold = link_button("")
        self.clear()

    def clear(self) -> None:
        """Show nothing."""
        self._capture_id = ""
        self.rows, self._fine = [], []
        self.setWidget(QWidget())

    def show_verdicts(self, capture: Capture, entry: CaptureEntry, alike: Alike) -> None:
        """Show the verdicts on a capture, and which of them are settled."""
        again = self._capture_id == capture.id
        place = self.verticalScrollBar().value() if again else 0
        self._unfolded = self._unfolded and again
        self._capture_id = capture.id
        rows = [VerdictRow(check, entry, capture.sample_rate, alike) for check in capture.checks]
        rows.sort(key=lambda row: SETTLED if row.settled else ORDER[row.check.level])
        self.rows = rows
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 0, SPACE, SPACE)
        column.setSpacing(SPACE + HALF)
        self._fine = [row for row in rows if row.check.level == "ok"]
        for row in rows:
            row.taken.connect(self.taken)
            row.taken_back.connect(self.taken_back)
            row.swapped.connect(self.swapped)
            row.alike_wanted.connect(self.alike_wanted)
            row.where_wanted.connect(self.where_wanted)
            if row not in self._fine:
                column.addWidget(row)
        if self._fine:
            column.addLayout(self._fold_line(len(rows)))
        for row in self._fine:
            column.addWidget(row)
            row.setVisible(self._unfolded)
        column.addStretch(1)
        self.setWidget(inside)
        self.verticalScrollBar().setValue(place)
        self._fit()

    def _fold_line(self, count: int) -> QHBoxLayout:
        self.fold = link_button("")
        self.fold.clicked.connect(lambda _checked=False: self._unfold(not self._unfolded))
        line = QHBoxLayout()
        line.setSpacing(SPACE)
        line.addWidget(IconView("ok", "good", 16))
        line.addWidget(self.fold)
        line.addStretch(1)
        self._name_fold(count)
        return line

    def _name_fold(self, count: int) -> None:
        fine = len(self._fine)
        if fine == count:
            words = "1 check, and it is fine" if fine == 1 else f"All {fine} checks are fine"
        else:
            words = "1 more is fine" if fine == 1 else f"{fine} more are fine"
        self.fold.setText(f"{words}: hide" if self._unfolded else words)

    def _unfold(self, on: bool) -> None:
        self._unfolded = on
        for row in self._fine:
            row.setVisible(on)
        self._name_fold(len(self.rows))
        self._fit()

    def _fit(self) -> None:
        """Take no more height than the verdicts need: the rest is the waveform's."""
        inside = self.widget()
        layout = inside.layout() if inside is not None else None
        if layout is None:
            return
        layout.activate()
        width = self.viewport().width()
        needed = layout.heightForWidth(width) if layout.hasHeightForWidth() else -1
        self.setMaximumHeight(max(needed, layout.sizeHint().height(), LEAST_HEIGHT))

    # Qt overrides

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def sizeHint(self) -> QSize:
        return QSize(480, 160)


def _wrapped(text: str, colour: str) -> QWidget:
    words = label(text, "body", "soft" if colour == "soft" else "text", wrap=True)
    words.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    words.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
    return words
