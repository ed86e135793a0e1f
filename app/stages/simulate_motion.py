"""How knobs move while the signal plays: turned, stepped, or as a file says; and a look at it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QSignalBlocker, QTimer, Signal
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QLineEdit, QSpinBox, QVBoxLayout, QWidget

from app.background import in_background
from app.settings import SettingsStore
from app.stages.simulate_plan import MAX_SETTINGS, Motion, Plan
from projects.circuits import CircuitKnob
from projects.errors import TrimpotError
from widgets.buttons import push_button
from widgets.fields import let_wheel_scroll
from widgets.flow import FlowRow
from widgets.legend import LegendChip, signal_pen
from widgets.plots import NumberAxis, PlotCanvas, TimeAxis
from widgets.schema import parse_number
from widgets.segmented import Choice, SegmentedControl
from widgets.theme import label, theme_of
from widgets.tokens import CONTROL_HEIGHT, SPACE

if TYPE_CHECKING:
    from engines.circuits.described import DescribedCircuit

STYLES = (
    Choice("turned", "Turned", tip="As a player turns them: smooth turns of many speeds, rests"),
    Choice("stepped", "Stepped", tip="From setting to setting, each held for a while"),
    Choice("file", "As a file says", tip="A table (CSV): time, knob, knob…"),
)
PREVIEW_RATE = 200
"""Points a second of the preview."""
PREVIEW_SECONDS = 120.0
"""As much of a motion is drawn at most, from its beginning."""
LEAST_HOLD, MOST_HOLD = 0.1, 60.0
WAIT = 300
HEIGHT = 148
FOLDER_KEY = "motion"
LINES = (
    ("accent", "solid"),
    ("state", "dash"),
    ("dry", "dot"),
    ("wet", "dashdot"),
    ("model", "dashdotdot"),
    ("second", "solid"),
)
"""Colour and style of one knob after another."""


@dataclass(frozen=True)
class Tracks:
    """Where knobs stand, as shares float[n, M] of how far they turn, over float[n] seconds."""

    names: tuple[str, ...]
    seconds: NDArray[np.float64]
    shares: NDArray[np.float64]
    params: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Asked:
    """What is to be drawn: a plan or the path of a file, for how long, from which seed."""

    what: Plan | str
    seconds: float
    seed: int


class MotionPanel(QWidget):
    """Which motion, how long knobs rest, how many captures; below, the tracks.

    Signals
    -------
    changed()
        The user has changed something: see :meth:`into`.
    file_read(tuple)
        The parameters of the knobs that the file moves.
    """

    changed = Signal()
    file_read = Signal(tuple)

    def __init__(self, settings: SettingsStore, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._settings = settings
        self._asked: _Asked | None = None
        self._circuit: DescribedCircuit | None = None
        self.tracks: Tracks | None = None
        self.kind = SegmentedControl(STYLES, self)
        self.kind.chosen.connect(lambda _key: self._edited())
        self.hold = QLineEdit(self)
        self.hold.setFixedWidth(56)
        self.hold.setMinimumHeight(CONTROL_HEIGHT)
        self.hold.setAccessibleName("How long a knob rests, in seconds")
        self.hold.textEdited.connect(lambda _text: self._edited())
        self.takes = QSpinBox(self)
        self.takes.setRange(1, MAX_SETTINGS)
        self.takes.setFixedWidth(72)
        self.takes.setMinimumHeight(CONTROL_HEIGHT)
        self.takes.lineEdit().setTextMargins(6, 0, 0, 0)
        self.takes.setAccessibleName("How many captures, each with a motion of its own")
        let_wheel_scroll(self.takes)
        self.takes.valueChanged.connect(lambda _count: self._edited())
        self.path = QLineEdit(self)
        self.path.setMinimumHeight(CONTROL_HEIGHT)
        self.path.setPlaceholderText("A table: time,knob,knob… in seconds and settings")
        self.path.setAccessibleName("Motion file")
        self.path.textEdited.connect(lambda _text: self._edited())
        self.choose = push_button("Choose…", "folder", self)
        self.choose.clicked.connect(lambda _checked=False: self._choose())
        self.words = label("", "small", parent=self, wrap=True)
        self.words.setProperty("tone", "bad")
        self.words.hide()
        self.canvas = PlotCanvas(self)
        self.canvas.setFixedHeight(HEIGHT)
        self.canvas.setAccessibleName("How the knobs move")
        self.canvas.set_data_copy(self.data_text)
        self.canvas.add_menu_action("Fit", self._fit)
        self.plot, self._box = self.canvas.add_plot(0, bottom=TimeAxis(), left=NumberAxis())
        self.plot.setLabel("left", "turned (%)")
        self._box.fit_requested.connect(self._fit)
        self._curves: list[pg.PlotCurveItem] = []
        self._chips: list[LegendChip] = []
        self._legend = FlowRow()
        self._soon = QTimer(self, singleShot=True, interval=WAIT)
        self._soon.timeout.connect(self._draw_asked)
        self._lay_out()
        theme_of(self).changed.connect(self._paint)

    def _lay_out(self) -> None:
        self._rest = [label("Rest about", colour="soft"), self.hold, label("s,", colour="soft")]
        self._count = [self.takes, label("captures", colour="soft")]
        row = QHBoxLayout()
        row.setSpacing(SPACE)
        row.addWidget(self.kind)
        row.addStretch(1)
        for widget in (*self._rest, *self._count):
            row.addWidget(widget)
        files = QHBoxLayout()
        files.setSpacing(SPACE)
        files.addWidget(self.path, 1)
        files.addWidget(self.choose)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE)
        column.addLayout(row)
        column.addLayout(files)
        column.addWidget(self._legend)
        column.addWidget(self.canvas)
        column.addWidget(self.words)

    # -- what is asked for -----------------------------------------------------------------

    def show_plan(self, plan: Plan) -> None:
        """Show what a plan says of the motion."""
        self.kind.set_current(plan.motion)
        self.hold.setText(f"{plan.hold:g}")
        with QSignalBlocker(self.takes):
            self.takes.setValue(plan.takes)
        if self.path.text() != plan.path:
            self.path.setText(plan.path)
        self._show_parts()

    def into(self, plan: Plan) -> Plan:
        """The plan with the motion that is shown."""
        hold = parse_number(self.hold.text())
        return replace(
            plan,
            motion=cast("Motion", self.kind.current),
            hold=plan.hold if hold is None else hold,
            takes=self.takes.value(),
            path=self.path.text().strip(),
        )

    @property
    def problem(self) -> str:
        """What is wrong with it, in a sentence, or an empty string."""
        return self._field_problem or self.words.text()

    @property
    def _field_problem(self) -> str:
        if self.kind.current == "file":
            return "" if self.path.text().strip() else "Choose the file that moves the knobs."
        hold = parse_number(self.hold.text())
        if hold is None or not LEAST_HOLD <= hold <= MOST_HOLD:
            return f"Knobs rest for {LEAST_HOLD:g} to {MOST_HOLD:g} s."
        return ""

    def _show_parts(self) -> None:
        of_file = self.kind.current == "file"
        for widget in (*self._rest, *self._count):
            widget.setVisible(not of_file)
        for part in (self.path, self.choose):
            part.setVisible(of_file)

    def _edited(self) -> None:
        self._show_parts()
        self.changed.emit()

    def _choose(self) -> None:
        folder = self._settings.values.last_folders.get(FOLDER_KEY, str(Path.home()))
        dialog = QFileDialog(self, "Motion of the knobs", folder, "Tables (*.csv);;All files (*)")
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.fileSelected.connect(self._chosen)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _chosen(self, name: str) -> None:
        self._settings.values.last_folders[FOLDER_KEY] = str(Path(name).parent)
        self._settings.try_save()
        self.path.setText(name)
        self._asked = None  # the same file may say something else by now
        self._edited()

    # -- the tracks ------------------------------------------------------------------------

    def draw(
        self, plan: Plan, seconds: float | None, seed: int, circuit: DescribedCircuit | None
    ) -> None:
        """Draw the tracks of a plan soon, in the background; a file's once the circuit is read."""
        asked: _Asked | None = None
        if seconds and not self._field_problem:
            if plan.motion != "file" and plan.varying():
                asked = _Asked(plan, min(seconds, PREVIEW_SECONDS), seed)
            elif plan.motion == "file" and circuit is not None:
                asked = _Asked(plan.path, min(seconds, PREVIEW_SECONDS), 0)
        if asked == self._asked:
            return
        self._asked, self._circuit = asked, circuit
        self._say("")  # until it has been looked at again
        self.canvas.setVisible(asked is not None)
        self._legend.setVisible(asked is not None)
        if asked is not None:
            self._soon.start()

    def _draw_asked(self) -> None:
        asked, circuit = self._asked, self._circuit
        if asked is None:
            return
        what = asked.what

        def work() -> Tracks:
            if isinstance(what, Plan):
                return tracks_of(what, asked.seconds, asked.seed)
            assert circuit is not None
            return tracks_of_file(Path(what), circuit, asked.seconds)

        def done(found: Tracks) -> None:
            if asked == self._asked:
                self._show(found)
                if not isinstance(what, Plan):
                    self.file_read.emit(found.params)

        def failed(error: Exception) -> None:
            if asked == self._asked:
                self._say(error.sentence if isinstance(error, TrimpotError) else str(error))
                self.canvas.hide()
                self._legend.hide()
                self.changed.emit()

        in_background(self, work, done, failed)

    def _say(self, words: str) -> None:
        self.words.setText(words)
        self.words.setVisible(bool(words))

    def _show(self, tracks: Tracks) -> None:
        self.tracks = tracks
        for curve in self._curves:
            self.plot.removeItem(curve)
        self._curves = []
        for chip in self._chips:
            self._legend.removeWidget(chip)
            chip.hide()
            chip.deleteLater()
        self._chips = []
        for number, name in enumerate(tracks.names):
            role, style = LINES[number % len(LINES)]
            curve = pg.PlotCurveItem(tracks.seconds, 100 * tracks.shares[:, number])
            self.plot.addItem(curve)
            self._curves.append(curve)
            chip = LegendChip(name, role, style, value_width=0)
            chip.toggled.connect(curve.setVisible)
            self._legend.addWidget(chip)
            self._chips.append(chip)
        self._paint()
        self._fit()

    def _paint(self) -> None:
        theme = theme_of(self)
        for number, curve in enumerate(self._curves):
            role, style = LINES[number % len(LINES)]
            curve.setPen(signal_pen(theme.colour(role), style))

    def _fit(self) -> None:
        end = float(self.tracks.seconds[-1]) if self.tracks is not None else 1.0
        self._box.setRange(xRange=(0.0, end), yRange=(-4.0, 104.0), padding=0)

    def data_text(self) -> str:
        """The tracks as tab-separated text."""
        if self.tracks is None:
            return ""
        lines = ["\t".join(("seconds", *self.tracks.names))]
        for now, shares in zip(self.tracks.seconds, self.tracks.shares, strict=True):
            lines.append("\t".join(f"{value:.6g}" for value in (now, *shares)))
        return "\n".join(lines)


def tracks_of(plan: Plan, seconds: float, seed: int) -> Tracks:
    """The first capture's tracks, as the worker will draw them but for their fineness.

    Not for the window's thread: settings that fill the space are drawn by scipy.
    """
    from engines.circuits.motion import Travel, stepped, turned
    from engines.sources.circuit_runs import MOTION_SEED
    from projects.splits import split_by_time

    n = max(2 * PREVIEW_RATE, round(seconds * PREVIEW_RATE))
    sections = split_by_time("0" * 64, n, PREVIEW_RATE).sections
    moving = plan.varying()
    travels = [Travel(one.knob, min(one.low, one.high), max(one.low, one.high)) for one in moving]
    make = stepped if plan.motion == "stepped" else turned
    track = make(
        travels, sections, n, PREVIEW_RATE, hold_seconds=plan.hold, seed=(seed, 0, MOTION_SEED)
    )
    knobs = [one.knob for one in moving]
    return Tracks(
        tuple(knob.name for knob in knobs), np.arange(n) / PREVIEW_RATE, shares_of(knobs, track)
    )


def tracks_of_file(path: Path, circuit: DescribedCircuit, seconds: float) -> Tracks:
    """The tracks that a file says. Reads it: not for the window's thread.

    Raises
    ------
    FileFormatError
        It is no table of times and settings of the circuit's knobs.
    StorageError
        It cannot be read.
    """
    from engines.circuits.motion_file import read_motion

    table = read_motion(path.expanduser(), circuit)
    n = max(2, round(seconds * PREVIEW_RATE))
    names = tuple(knob.name for knob in table.knobs)
    shares = shares_of(table.knobs, table.track(n, PREVIEW_RATE))
    params = tuple(knob.param for knob in table.knobs)
    return Tracks(names, np.arange(n) / PREVIEW_RATE, shares, params)


def shares_of(knobs: Sequence[CircuitKnob], track: NDArray[np.floating]) -> NDArray[np.float64]:
    """How far knobs are turned, 0 to 1 of their whole way, at settings float[n, M]."""
    found = np.empty(track.shape)
    for column, knob in enumerate(knobs):
        low, high, values = knob.minimum, knob.maximum, track[:, column]
        if knob.taper == "log" and low > 0:
            found[:, column] = np.log(values / low) / np.log(high / low)
        else:
            found[:, column] = (values - low) / (high - low)
    return found


__all__ = ["MotionPanel", "Tracks", "tracks_of"]
