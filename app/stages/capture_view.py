"""One capture: its name and facts, what is decided, its signals, its parts, its verdicts."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLayout,
    QSizePolicy,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from app import edits
from app.edits import Edit
from app.player import Player
from app.stages.capture_plots import CapturePlots
from app.stages.capture_rows import CaptureRow, alike
from app.stages.decision_row import DecisionRow
from app.stages.decision_words import done_words, samples
from app.stages.parts_row import PartsRow
from app.stages.verdicts import VerdictList
from app.workbench import Workbench
from projects.capture import Check, Fix
from projects.manifest import Stretch
from widgets.buttons import push_button
from widgets.theme import label
from widgets.tokens import HALF, SPACE
from widgets.words import ElidedLabel


class CaptureView(QWidget):
    """The right side of the Data stage while a capture is selected.

    Signals
    -------
    alike_wanted(str, str)
        Take a fix in every capture that offers it: the verdict's name and the fix's kind.
    """

    alike_wanted = Signal(str, str)

    def __init__(self, workbench: Workbench, player: Player, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.workbench = workbench
        self.player = player
        self._row: CaptureRow | None = None
        self._name = label("", "title")
        self._facts = ElidedLabel("", colour="soft")
        self.edit_button = push_button("Edit", "settings", self)
        self.edit_button.setCheckable(True)
        self.edit_button.setToolTip("Knobs, shift, polarity and cuts of this capture, by hand")
        self.plots = CapturePlots(workbench, self)
        self.decisions = DecisionRow(self)
        self.parts = PartsRow(self)
        self.verdicts = VerdictList(self)
        self._lay_out()
        self._connect()

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.setSpacing(2 * SPACE)
        head.addWidget(self._name)
        head.addWidget(self._facts, 1)
        head.addWidget(self.edit_button)
        bottom = QWidget(self)
        below = QVBoxLayout(bottom)
        below.setContentsMargins(0, SPACE, 0, 0)
        below.setSpacing(SPACE)
        below.setSizeConstraint(QLayout.SizeConstraint.SetMinAndMaxSize)
        self.parts.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        below.addWidget(self.parts)
        below.addWidget(self.verdicts, 1)
        split = QSplitter(Qt.Orientation.Vertical, self)
        split.addWidget(self.plots)
        split.addWidget(bottom)
        split.setStretchFactor(0, 3)
        split.setStretchFactor(1, 1)
        split.setChildrenCollapsible(False)
        self.splitter = split
        column = QVBoxLayout(self)
        column.setContentsMargins(2 * SPACE, SPACE, 2 * SPACE, 0)
        column.setSpacing(HALF)
        column.addLayout(head)
        column.addWidget(self.decisions)
        column.addWidget(split, 1)

    def _connect(self) -> None:
        self.edit_button.toggled.connect(self.decisions.unfold)
        self.plots.seek.connect(self.player.seek)
        self.plots.play_selection.connect(self._play)
        self.plots.selection_changed.connect(self.decisions.show_selection)
        self.player.status_changed.connect(self._show_position)
        self.player.playing_changed.connect(self.plots.set_playing)
        self.parts.divided.connect(self._divide)
        self.parts.proposal_wanted.connect(self._divide_as_proposed)
        self.verdicts.taken.connect(self._take)
        self.verdicts.taken_back.connect(self._take_back)
        self.verdicts.swapped.connect(self._swap)
        self.verdicts.alike_wanted.connect(self.alike_wanted)
        self.verdicts.where_wanted.connect(self._show_where)
        hand = self.decisions
        hand.taken_back.connect(self._withdraw)
        hand.shifted.connect(
            lambda n: self._change(f"Shift by {samples(n)}", edits.shift_captures(self._ids(), n))
        )
        hand.flipped.connect(
            lambda on: self._change(
                "Flip wet" if on else "Do not flip wet", edits.flip_captures(self._ids(), on)
            )
        )
        hand.cut_wanted.connect(self._cut_selection)
        hand.reset_wanted.connect(
            lambda: self._change("Take decisions back", edits.reset_decisions(self._ids()))
        )
        hand.knob_set.connect(
            lambda name, value: self._change(
                f"Set {name} to {value:g}", edits.set_knob(self._ids(), name, value)
            )
        )

    def show_capture(self, row: CaptureRow, rows: Sequence[CaptureRow]) -> None:
        """Show a capture, one of ``rows``; its signals come as soon as their peaks are there."""
        self._row = row
        self._name.setText(row.entry.name)
        self._facts.setText("  ·  ".join(text for text in (row.knobs, row.facts) if text))
        capture, session = row.capture, self.workbench.session
        for part in (self.parts, self.edit_button):
            part.setVisible(capture is not None)
        if capture is None or session is None:
            self.verdicts.clear()
            self.decisions.hide()
            self.plots.clear()
            return
        shared_with = sum(other.entry.dry_id == row.entry.dry_id for other in rows) - 1
        self.parts.show_split(capture, row.split, shared_with)
        self.decisions.show_entry(capture, row.entry, session.manifest.controls)
        self.verdicts.show_verdicts(
            capture, row.entry, lambda check, fix: len(alike(rows, check.name, fix.kind))
        )
        self.plots.show_capture(session, capture, row.entry, row.split)

    # -- asked by the user -----------------------------------------------------------------

    def _ids(self) -> tuple[str, ...]:
        return (self._row.entry.id,) if self._row is not None else ()

    def _change(self, text: str, edit: Edit) -> None:
        if self.workbench.session is not None:
            self.workbench.session.change(text, edit)

    def _take(self, fix: Fix) -> None:
        for capture_id in self._ids():
            self._change(done_words(fix), edits.take_fix(capture_id, fix))

    def _take_back(self, fix: Fix) -> None:
        for capture_id in self._ids():
            self._change(f"Take back: {done_words(fix)}", edits.take_back(capture_id, fix))

    def _swap(self, old: Fix, new: Fix) -> None:
        for capture_id in self._ids():
            self._change(done_words(new), edits.swap_fix(capture_id, old, new))

    def _withdraw(self, decision: str) -> None:
        changes: dict[str, tuple[str, Edit]] = {
            "left-out": ("Use capture for training", edits.include_captures(self._ids(), True)),
            "shift": ("Take the shift back", edits.shift_captures(self._ids(), 0)),
            "flip": ("Take the inversion back", edits.flip_captures(self._ids(), False)),
            "cuts": ("Use every stretch again", edits.restore_cuts(self._ids())),
        }
        self._change(*changes[decision])

    def _cut_selection(self) -> None:
        selection, row = self.plots.selection, self._row
        if selection is None or row is None or row.capture is None:
            return
        rate, n_samples = row.capture.sample_rate, row.capture.n_samples
        start = max(0, round(selection[0] * rate))
        stop = min(n_samples, round(selection[1] * rate))
        if stop > start:
            cut = Stretch(start=start, stop=stop)
            self._change("Leave the selection out", edits.cut_stretch(row.entry.id, cut))

    def _show_where(self, check: Check) -> None:
        self.plots.show_check(check)

    def _divide(self, validation: float, test: float) -> None:
        if self._row is not None and self._row.capture is not None:
            divided = edits.divide_by_time(self._row.capture, validation, test)
            self._change("Divide into parts", divided)

    def _divide_as_proposed(self) -> None:
        if self._row is not None and self._row.capture is not None:
            self._change("Divide as proposed", edits.divide_as_proposed(self._row.capture))

    # -- playing ---------------------------------------------------------------------------

    def _play(self, start: float, stop: float) -> None:
        self.player.play_stretch(start, stop)

    def _show_position(self, _status: object) -> None:
        programme, row = self.player.programme, self._row
        if row is None or programme is None or programme.capture_id != row.entry.id:
            return
        if self.isVisible():
            self.plots.set_play_position(self.player.position)
