"""The verdicts on a capture: what, how sure, where, what to do, with a button that does it."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

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
from widgets.flow import FlowRow
from widgets.theme import label
from widgets.tokens import CONTROL_HEIGHT, HALF, SPACE

ORDER = {"problem": 0, "warning": 1, "ok": 3}
SETTLED = 2
LEVEL_WORDS = {"ok": "Fine", "warning": "Warning", "problem": "Problem"}


class VerdictRow(QWidget):
    """One verdict, with what can be done about it.

    Signals
    -------
    taken(Fix), taken_back(Fix), swapped(Fix, Fix)
        The user wants a fix, wants it undone, or wants the second in place of the first.
    where_wanted(Check)
        Show where it is.
    """

    taken = Signal(object)
    taken_back = Signal(object)
    swapped = Signal(object, object)
    where_wanted = Signal(object)

    def __init__(
        self, check: Check, entry: CaptureEntry, rate: int, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.check = check
        self.settled = settled_fix(check, entry) if check.level != "ok" else None
        icon, role = VERDICT_ICONS[check.level]
        mark = IconView("check" if self.settled else icon, "good" if self.settled else role, 16)
        mark.setAccessibleName("Settled" if self.settled else LEVEL_WORDS[check.level])
        self.setAccessibleName(f"{mark.accessibleName()}: {check.name}. {check.text}")
        self.buttons: list[QWidget] = []
        words = QVBoxLayout()
        words.setSpacing(2)
        head = QHBoxLayout()
        head.setSpacing(SPACE)
        name = check.name[:1].upper() + check.name[1:]
        head.addWidget(label(name, "strong", "soft" if self.settled else "text"))
        if sure := sure_words(check.sure):
            head.addWidget(label(sure, "small", "soft"))
        head.addStretch(1)
        words.addLayout(head)
        words.addWidget(_wrapped(check.text, "soft" if self.settled else "text"))
        if check.advice and self.settled is None:
            words.addWidget(_wrapped(check.advice, "soft"))
        self._add_buttons(words, entry, rate)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(SPACE)
        row.addWidget(mark, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(words, 1)

    def _add_buttons(self, words: QVBoxLayout, entry: CaptureEntry, rate: int) -> None:
        check, line = self.check, FlowRow(self, SPACE)
        if self.settled is not None:
            done = label(done_words(self.settled), "small", "soft")
            done.setMinimumHeight(CONTROL_HEIGHT)
            line.addWidget(done)
            back = link_button("Take back")
            back.setMinimumHeight(CONTROL_HEIGHT)
            back.setAccessibleName(f"Take back: {done_words(self.settled)}")
            fix = self.settled
            back.clicked.connect(lambda _checked=False: self.taken_back.emit(fix))
            self.buttons.append(back)
            line.addWidget(back)
            self._offer_instead(line, fix)
        else:
            for fix in check.fixes:
                button = push_button(fix_words(fix, check))
                button.clicked.connect(lambda _checked=False, fix=fix: self.taken.emit(fix))
                self.buttons.append(button)
                line.addWidget(button)
        if where := where_words(check, rate):
            show = link_button(where)
            show.setMinimumHeight(CONTROL_HEIGHT)
            show.clicked.connect(lambda _checked=False: self.where_wanted.emit(check))
            self.buttons.append(show)
            line.addWidget(show)
        if self.buttons:
            words.addSpacing(2)
            words.addWidget(line)

    def _offer_instead(self, line: FlowRow, standing: Fix) -> None:
        """A capture that was left out may be mended instead."""
        if standing.kind != "leave-out":
            return
        for fix in self.check.fixes:
            if fix.kind != "leave-out":
                button = push_button(f"{fix_words(fix, self.check)} instead")
                button.clicked.connect(
                    lambda _checked=False, fix=fix: self.swapped.emit(standing, fix)
                )
                self.buttons.append(button)
                line.addWidget(button)


class VerdictList(QScrollArea):
    """Verdicts, the gravest first, then what is settled; what is fine is folded.

    Signals
    -------
    taken(Fix), taken_back(Fix), swapped(Fix, Fix), where_wanted(Check)
        As of :class:`VerdictRow`.
    """

    taken = Signal(object)
    taken_back = Signal(object)
    swapped = Signal(object, object)
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

    def show_verdicts(self, capture: Capture, entry: CaptureEntry) -> None:
        """Show the verdicts on a capture, and which of them are settled."""
        again = self._capture_id == capture.id
        place = self.verticalScrollBar().value() if again else 0
        self._unfolded = self._unfolded and again
        self._capture_id = capture.id
        rows = [VerdictRow(check, entry, capture.sample_rate) for check in capture.checks]
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

    # Qt overrides

    def sizeHint(self) -> QSize:
        return QSize(480, 160)


def _wrapped(text: str, colour: str) -> QWidget:
    words = label(text, "body", "soft" if colour == "soft" else "text", wrap=True)
    words.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    words.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
    return words
