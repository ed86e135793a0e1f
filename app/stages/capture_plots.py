"""The picture of one capture: its signals on one time axis, where a verdict is, what is selected."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.background import in_background
from app.peak_files import DrawnSignal, open_signals
from app.session import ProjectSession
from app.workbench import Workbench
from projects.capture import Capture, Check
from projects.manifest import CaptureEntry, Edits, Split
from widgets.waveform import Part, WaveformView, WaveSignal


class CapturePlots(QWidget):
    """The views of one capture.

    Signals
    -------
    seek(float)
        The time in seconds that was clicked.
    play_selection(float, float)
        Play this stretch, in seconds.
    selection_changed(object)
        ``(start, stop)`` in seconds, or None.
    """

    seek = Signal(float)
    play_selection = Signal(float, float)
    selection_changed = Signal(object)

    def __init__(self, workbench: Workbench, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.workbench = workbench
        self._capture: Capture | None = None
        self._edits = Edits()
        self.waveform = WaveformView(self)
        self.waveform.seek.connect(self.seek)
        self.waveform.selection_changed.connect(self.selection_changed)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.waveform)

    @property
    def selection(self) -> tuple[float, float] | None:
        """What is selected, in seconds."""
        return self.waveform.selection

    def show_capture(
        self, session: ProjectSession, capture: Capture, entry: CaptureEntry, split: Split | None
    ) -> None:
        """Show a capture as its entry's edits have it; what is there already stays."""
        fresh = self._capture is None or self._capture.id != capture.id
        if fresh or self._edits != entry.edits:
            self._capture, self._edits = capture, entry.edits
            if fresh:
                self.waveform.set_signals([])
            in_background(
                self,
                partial(
                    open_signals,
                    session.folder,
                    session.project.capture_folder(capture.id),
                    capture,
                ),
                lambda drawn: self._loaded(capture, drawn),
                self.workbench.notices.error,
            )
        self._show_parts(capture, split)

    def clear(self) -> None:
        """Show nothing."""
        self._capture = None
        self.waveform.set_signals([])

    def show_check(self, check: Check) -> None:
        """Show where a verdict is."""
        capture = self._capture
        if capture is not None and check.where:
            rate = capture.sample_rate
            first, last = check.where[0].start / rate, check.where[0].stop / rate
            self.waveform.set_view_range(first, last)

    def set_play_position(self, seconds: float | None) -> None:
        """Show where it plays, in seconds, or nowhere."""
        self.waveform.set_play_position(seconds)

    def set_playing(self, playing: bool) -> None:
        """Say whether it plays: Space then pauses, instead of playing the selection."""

    def _loaded(self, capture: Capture, drawn: list[DrawnSignal]) -> None:
        if self._capture is not None and self._capture.id == capture.id:
            same = len(drawn) == len(self.waveform.signals)
            self.waveform.set_signals([wave_signal(item) for item in drawn], keep_view=same)

    def _show_parts(self, capture: Capture, split: Split | None) -> None:
        rate = capture.sample_rate
        sections = split.sections if split is not None else ()
        self.waveform.set_parts(
            [Part(section.part, section.start / rate, section.stop / rate) for section in sections]
        )


def wave_signal(item: DrawnSignal) -> WaveSignal:
    """A capture's signal as the waveform view takes it."""
    signal = item.signal
    return WaveSignal(
        name=signal.name,
        label=signal.name,
        role=signal.role,
        source=item.source,
        unit=signal.unit,
        full_scale=signal.full_scale,
    )
