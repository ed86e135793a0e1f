"""The views of one capture: waveform, spectrogram, levels, transfer, states, on linked axes."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QProgressBar,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from app import capture_numbers
from app.capture_loading import SignalLoader
from app.capture_signals import OpenedCapture, open_capture, wave_signal
from app.session import ProjectSession
from app.stages.capture_marks import capture_marks, check_marks
from app.stages.number_page import NumberPage
from app.stages.prediction_offer import PredictionOffer
from app.workbench import Workbench
from projects.capture import Capture, Check
from projects.errors import TrimpotError
from projects.manifest import CaptureEntry, Split
from widgets.buttons import tool_button
from widgets.empty import EmptyState
from widgets.levels import LevelHistogramView, LevelSteps
from widgets.relation import Relation, RelationView
from widgets.segmented import Choice, SegmentedControl
from widgets.spectrogram import Spectrogram
from widgets.theme import label
from widgets.tokens import HALF, SPACE
from widgets.waveform import Mark, Part, WaveformView

__all__ = ["CapturePlots", "wave_signal"]

REMEMBERED = "capture-plots"
TABS = (
    Choice("waveform", "Waveform", tip="Dry, wet, states, what a model predicts"),
    Choice("spectrogram", "Spectrogram", tip="Levels over time and frequency"),
    Choice("levels", "Levels", tip="How often each level occurs"),
    Choice("transfer", "Transfer", tip="What comes out for what goes in"),
    Choice("state", "State", tip="A circuit's states against its output"),
)
TRANSFERS = (
    Choice("samples", "Samples", tip="Every sample's input against its output"),
    Choice("curve", "Static curve", tip="Level in against level out, in steady moments"),
)
NO_STATES = "States come with simulated circuits; a recording has none."


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
        self._session: ProjectSession | None = None
        self._capture: Capture | None = None
        self._entry: CaptureEntry | None = None
        self._opened: OpenedCapture | None = None
        self._pending: Check | None = None
        self.loader = SignalLoader(self)
        self.waveform = WaveformView()
        self._spectrogram: Spectrogram | None = None
        self.levels = NumberPage(LevelHistogramView)
        self.transfer_mode = SegmentedControl(TRANSFERS)
        self.transfer_mode.set_current("samples")
        self.transfer = NumberPage(partial(RelationView, "Transfer"), _header(self.transfer_mode))
        self.state_choice = QComboBox()
        self.state_choice.setAccessibleName("State")
        self.state = NumberPage(
            partial(RelationView, "State against output"), _header(self.state_choice)
        )
        self.tabs = SegmentedControl(TABS)
        self.offer = PredictionOffer(workbench)
        self._lay_out()
        self._connect()
        remembered = workbench.settings.values.forms.get(REMEMBERED, {}).get("tab")
        keys = [choice.key for choice in TABS]
        self.show_tab(remembered if remembered in keys else "waveform")

    def _lay_out(self) -> None:
        self._progress = QProgressBar()
        self._progress.setTextVisible(False)
        self._progress.setFixedWidth(120)
        self._progress.setAccessibleName("Reading the audio")
        self._progress_words = label("", "small", "soft")
        self._cancel = tool_button("cancel", "Stop reading; what is drawn stays")
        self._loading = QWidget()
        row = QHBoxLayout(self._loading)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(HALF)
        row.addWidget(self._progress_words)
        row.addWidget(self._progress)
        row.addWidget(self._cancel)
        self._loading.setVisible(False)
        head = QHBoxLayout()
        head.setContentsMargins(0, 0, 0, HALF)
        head.setSpacing(SPACE)
        head.addWidget(self.tabs)
        head.addStretch(1)
        head.addWidget(self._loading)
        head.addWidget(self.offer)
        self._pages: dict[str, QWidget] = {
            "waveform": self.waveform,
            "levels": self.levels,
            "transfer": self.transfer,
            "state": self.state,
        }
        self.trouble = EmptyState("error", "", "", "")
        self._stack = QStackedWidget()
        for page in (*self._pages.values(), self.trouble):
            self._stack.addWidget(page)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(head)
        column.addWidget(self._stack, 1)

    def _connect(self) -> None:
        wave = self.waveform
        self.tabs.chosen.connect(self.show_tab)
        self.transfer_mode.chosen.connect(lambda _mode: self._show_numbers())
        self.state_choice.currentIndexChanged.connect(lambda _index: self._show_numbers())
        self._cancel.clicked.connect(self._stop_loading)
        self.loader.opened.connect(self._show_signals)
        self.loader.progress.connect(self._show_progress)
        self.loader.finished.connect(self._loaded)
        self.loader.failed.connect(self._failed)
        self.offer.rendered.connect(self._load)
        # A method, not a lambda: it ends with this widget, whose project may be closed first.
        self.workbench.run_selected.connect(self._run_selected)
        wave.seek.connect(self.seek)
        wave.play_selection.connect(self.play_selection)
        wave.selection_changed.connect(self.selection_changed)
        wave.view_changed.connect(self._view_changed)

    @property
    def spectrogram(self) -> Spectrogram:
        """The spectrogram, made when it is first looked at, on the waveform's time axis."""
        if self._spectrogram is None:
            made = self._spectrogram = Spectrogram()
            wave = self.waveform
            made.seek.connect(self.seek)
            made.view_changed.connect(wave.set_view_range)
            made.fit_requested.connect(wave.fit)
            made.selecting.connect(self._select_by_drag)
            made.selection.play.connect(wave.ask_to_play)
            made.selection.zoom.connect(wave.zoom_to_selection)
            made.selection.cleared.connect(lambda: wave.set_selection(None))
            wave.selection_changed.connect(made.set_selection)
            made.set_signals([one for one in wave.signals if one.limits is None])
            made.set_marks(wave.marks)
            made.set_selection(wave.selection)
            self._pages["spectrogram"] = made
            self._stack.addWidget(made)
        return self._spectrogram

    # -- what is shown ---------------------------------------------------------------------

    @property
    def selection(self) -> tuple[float, float] | None:
        """What is selected, in seconds."""
        return self.waveform.selection

    @property
    def tab(self) -> str:
        """The view shown: ``waveform``, ``spectrogram``, ``levels``, ``transfer``, ``state``."""
        return self.tabs.current

    def show_tab(self, key: str) -> None:
        """Show another view, and remember it."""
        self.tabs.set_current(key)
        self.workbench.settings.values.forms[REMEMBERED] = {"tab": key}
        if key == "spectrogram":
            self.spectrogram.set_view_range(*self.waveform.view_range)
        if self._stack.currentWidget() is not self.trouble:
            self._stack.setCurrentWidget(self._pages[key])
        self._view_changed(*self.waveform.view_range)
        self._show_numbers()

    def show_capture(
        self, session: ProjectSession, capture: Capture, entry: CaptureEntry, split: Split | None
    ) -> None:
        """Show a capture as its entry's edits have it; what is drawn already stays."""
        before, old = self._capture, self._entry
        self._session, self._capture, self._entry = session, capture, entry
        fresh = before is None or before.id != capture.id
        if fresh:
            self._forget()
        moved = old is None or (old.edits.shift, old.edits.flip, old.knobs) != (
            entry.edits.shift,
            entry.edits.flip,
            entry.knobs,
        )
        if fresh or moved or (self._opened is None and not self.loader.busy):
            self._load()
        self._show_parts(split)
        self._show_marks()

    def clear(self) -> None:
        """Show nothing, and read nothing any more."""
        self._session = self._capture = self._entry = None
        self._forget()

    def show_check(self, check: Check) -> None:
        """Show where a verdict is, on the waveform or the spectrogram."""
        capture, entry = self._capture, self._entry
        if capture is None or entry is None:
            return
        if self.tab not in ("waveform", "spectrogram"):
            self.show_tab("waveform")
        if self._opened is None:
            self._pending = check
            return
        found = check_marks(check, capture.sample_rate)
        marks = capture_marks(capture, entry)
        self._mark([*marks, *(m for m in found if m not in marks)], found or None)
        if found:
            self.waveform.go_to_mark(1)
        else:
            self.waveform.fit()

    def set_play_position(self, seconds: float | None) -> None:
        """Show where it plays, in seconds, or nowhere."""
        self.waveform.set_play_position(seconds)
        if self._spectrogram is not None:
            self._spectrogram.cursors.set_play_position(seconds)

    def set_playing(self, playing: bool) -> None:
        """Say whether it plays: Space then pauses, instead of playing the selection."""
        self.waveform.set_playing(playing)

    def _forget(self) -> None:
        self.loader.stop()
        self._opened = None
        self._pending = None
        self._loading.setVisible(False)
        self.set_play_position(None)
        self.waveform.set_signals([])
        self.waveform.set_parts([])
        if self._spectrogram is not None:
            self._spectrogram.set_signals([])
        self._mark([])
        self.offer.show_offer(None)
        for page in (self.levels, self.transfer, self.state):
            page.say("")
        self._stack.setCurrentWidget(self._pages[self.tab])

    # -- loading ---------------------------------------------------------------------------

    def _run_selected(self, _run: str) -> None:
        self._load()

    def _load(self) -> None:
        session, capture, entry = self._session, self._capture, self._entry
        if session is None or capture is None or entry is None:
            return
        self._say_loading("Opening…")
        self._progress.setRange(0, 0)
        run = self.workbench.run_id
        self.loader.start(partial(open_capture, session, capture, entry, run))

    def _show_signals(self, opened: OpenedCapture) -> None:
        """What is there can be seen at once; the rest comes as its peaks are built."""
        same = self._opened is not None and self._opened.capture.id == opened.capture.id
        self._opened = opened
        controls = opened.capture.controls
        signals = [wave_signal(item, controls) for item in opened.drawn]
        self._stack.setCurrentWidget(self._pages[self.tab])
        self.waveform.set_signals(signals, keep_view=same)
        if self._spectrogram is not None:
            self._spectrogram.set_signals([one for one in signals if one.limits is None])
        self._offer_states(opened)
        self.offer.show_offer(opened)
        if self._pending is not None:
            check, self._pending = self._pending, None
            self.show_check(check)
        self._show_numbers()

    def _show_progress(self, share: float) -> None:
        self._progress.setRange(0, 100)
        self._progress.setValue(round(100 * share))
        self._say_loading(f"Drawing, {100 * share:.0f} %")
        self.waveform.refresh()

    def _say_loading(self, words: str) -> None:
        self._progress_words.setText(words)
        self._loading.setVisible(True)

    def _loaded(self) -> None:
        self._loading.setVisible(False)
        self.waveform.refresh()

    def _stop_loading(self) -> None:
        self.loader.stop()
        self._loading.setVisible(False)

    def _failed(self, error: Exception) -> None:
        self._loading.setVisible(False)
        if self._opened is None:
            sentence = error.sentence if isinstance(error, TrimpotError) else str(error)
            self.trouble.set_sentence(sentence)
            self._stack.setCurrentWidget(self.trouble)
        else:
            self.workbench.notices.error(error)

    # -- parts and marks -------------------------------------------------------------------

    def _show_parts(self, split: Split | None) -> None:
        if self._capture is None:
            return
        rate = self._capture.sample_rate
        sections = split.sections if split is not None else ()
        self.waveform.set_parts(
            [Part(section.part, section.start / rate, section.stop / rate) for section in sections]
        )

    def _show_marks(self) -> None:
        if self._capture is not None and self._entry is not None:
            self._mark(capture_marks(self._capture, self._entry))

    def _mark(self, marks: list[Mark], tour: list[Mark] | None = None) -> None:
        self.waveform.set_marks(marks, tour)
        if self._spectrogram is not None:
            self._spectrogram.set_marks(marks)

    # -- linked views ----------------------------------------------------------------------

    def _view_changed(self, start: float, stop: float) -> None:
        if self.tab == "spectrogram":
            self.spectrogram.set_view_range(start, stop)

    def _select_by_drag(self, start: float, stop: float, ended: bool) -> None:
        self.waveform.select_by_drag(start, stop, ended)
        self.spectrogram.set_selection(self.waveform.selection)

    def _offer_states(self, opened: OpenedCapture) -> None:
        names = [item.signal.name for item in opened.states]
        if names != [self.state_choice.itemText(i) for i in range(self.state_choice.count())]:
            self.state_choice.blockSignals(True)
            self.state_choice.clear()
            self.state_choice.addItems(names)
            self.state_choice.blockSignals(False)
        self.tabs.set_available("state", bool(names), NO_STATES)

    # -- numbers ---------------------------------------------------------------------------

    def _show_numbers(self) -> None:
        """Have the plot in view computed; those that nobody looks at wait."""
        opened = self._opened
        if opened is None:
            return
        decided = (opened.capture.id, opened.edits.shift, opened.edits.flip)
        if self.tab == "levels":
            self.levels.compute(decided, partial(capture_numbers.levels, opened), self._draw_levels)
        elif self.tab == "transfer":
            self._show_transfer(opened, decided)
        elif self.tab == "state":
            name = self.state_choice.currentText()
            if not name:
                self.state.say(NO_STATES)
                return
            work = partial(capture_numbers.state, opened, name)
            self.state.compute((*decided, name), work, partial(_draw_relation, self.state))

    def _show_transfer(self, opened: OpenedCapture, decided: tuple[object, ...]) -> None:
        mode = self.transfer_mode.current
        model = opened.model.id if opened.model is not None and mode == "curve" else ""
        numbers = capture_numbers.transfer if mode == "samples" else capture_numbers.static_curve
        draw = partial(_draw_relation, self.transfer)
        self.transfer.compute((*decided, mode, model), partial(numbers, opened), draw)

    def _draw_levels(self, steps: list[LevelSteps]) -> str:
        self.levels.plot.show_levels(steps)
        return ""

    # Qt overrides

    def keyPressEvent(self, event: QKeyEvent) -> None:
        # The spectrogram has the waveform's keys: it shows the same stretch of the same time.
        if self.tab != "spectrogram" or not self.waveform.keys.pressed(event):
            super().keyPressEvent(event)


def _draw_relation(page: NumberPage[RelationView], relation: Relation) -> str:
    """Give a relation to a page's plot; returns its note where there is nothing to draw."""
    page.plot.show_relation(relation)
    return "" if relation.density is not None or relation.curves else relation.note


def _header(choice: QWidget) -> QWidget:
    made = QWidget()
    row = QHBoxLayout(made)
    row.setContentsMargins(SPACE, HALF, 0, 0)
    row.addWidget(choice, 0, Qt.AlignmentFlag.AlignLeft)
    return made
