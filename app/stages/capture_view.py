"""One capture: its name and facts, its signals as waveforms, its parts, its verdicts."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QSplitter, QVBoxLayout, QWidget

from app import edits
from app.background import in_background
from app.peak_files import DrawnSignal, open_signals
from app.player import Player
from app.stages.capture_list import CaptureRow
from app.stages.parts_row import PartsRow
from app.stages.verdicts import VerdictList
from app.workbench import Workbench
from projects.capture import Capture
from widgets.theme import label
from widgets.tokens import HALF, SPACE
from widgets.waveform import Part, WaveformView, WaveSignal


class CaptureView(QWidget):
    """The right side of the Data stage while a capture is selected."""

    def __init__(self, workbench: Workbench, player: Player, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.workbench = workbench
        self.player = player
        self._row: CaptureRow | None = None
        self._drawn = ""
        self._name = label("", "title")
        self._facts = label("", colour="soft")
        self.waveform = WaveformView(self)
        self.parts = PartsRow(self)
        self.verdicts = VerdictList(self)
        self._lay_out()
        self.waveform.seek.connect(self._seek)
        player.status_changed.connect(self._show_position)
        self.parts.divided.connect(self._divide)
        self.parts.proposal_wanted.connect(self._divide_as_proposed)

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.setSpacing(2 * SPACE)
        head.addWidget(self._name)
        head.addWidget(self._facts)
        head.addStretch(1)
        bottom = QWidget(self)
        below = QVBoxLayout(bottom)
        below.setContentsMargins(0, SPACE, 0, 0)
        below.setSpacing(SPACE)
        below.addWidget(self.parts)
        below.addWidget(self.verdicts, 1)
        split = QSplitter(Qt.Orientation.Vertical, self)
        split.addWidget(self.waveform)
        split.addWidget(bottom)
        split.setStretchFactor(0, 3)
        split.setStretchFactor(1, 1)
        split.setChildrenCollapsible(False)
        self.splitter = split
        column = QVBoxLayout(self)
        column.setContentsMargins(2 * SPACE, SPACE, 2 * SPACE, 0)
        column.setSpacing(HALF)
        column.addLayout(head)
        column.addWidget(split, 1)

    def show_capture(self, row: CaptureRow) -> None:
        """Show a capture; its waveform comes as soon as its peaks are there."""
        self._row = row
        self._name.setText(row.entry.name)
        self._facts.setText(row.facts)
        capture = row.capture
        self.parts.setVisible(capture is not None)
        if capture is None:
            self.verdicts.show_checks(())
            self._draw([], "")
            return
        self.parts.show_split(capture, row.split)
        self.verdicts.show_checks(capture.checks)
        if self._drawn != capture.id:
            self._load(capture)
        else:
            self._show_parts()

    def _load(self, capture: Capture) -> None:
        session = self.workbench.session
        if session is None:
            return
        self._draw([], "")
        folder = session.project.capture_folder(capture.id)
        in_background(
            self,
            partial(open_signals, session.folder, folder, capture),
            lambda drawn: self._loaded(capture, drawn),
            self.workbench.notices.error,
        )

    def _loaded(self, capture: Capture, drawn: list[DrawnSignal]) -> None:
        if self._row is not None and self._row.entry.id == capture.id:
            self._draw(drawn, capture.id)

    def _draw(self, drawn: list[DrawnSignal], capture_id: str) -> None:
        self._drawn = capture_id
        self.waveform.set_signals([wave_signal(item) for item in drawn])
        if drawn:
            self._show_parts()

    def _show_parts(self) -> None:
        row = self._row
        if row is None or row.split is None or row.capture is None:
            return
        rate = row.capture.sample_rate
        self.waveform.set_parts(
            [
                Part(section.part, section.start / rate, section.stop / rate)
                for section in row.split.sections
            ]
        )

    # -- asked by the user -----------------------------------------------------------------

    def _divide(self, validation: float, test: float) -> None:
        session, row = self.workbench.session, self._row
        if session is not None and row is not None and row.capture is not None:
            session.change("Divide into parts", edits.divide_by_time(row.capture, validation, test))

    def _divide_as_proposed(self) -> None:
        session, row = self.workbench.session, self._row
        if session is not None and row is not None and row.capture is not None:
            session.change("Divide as proposed", edits.divide_as_proposed(row.capture))

    def _seek(self, seconds: float) -> None:
        self.player.seek(seconds)

    def _show_position(self, _status: object) -> None:
        programme = self.player.programme
        shown = programme is not None and programme.capture_id == self._drawn and self._drawn
        if shown and self.isVisible():
            self.waveform.set_play_position(self.player.position)


def wave_signal(item: DrawnSignal) -> WaveSignal:
    """A capture's signal as the waveform view takes it."""
    signal = item.signal
    return WaveSignal(
        name=signal.file,
        label=signal.name,
        role=signal.role,
        source=item.source,
        unit=signal.unit,
        full_scale=signal.full_scale,
    )
