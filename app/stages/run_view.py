"""One run: how it stands, its figures in words, its curves, and what it predicts."""

from __future__ import annotations

from functools import partial

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QSplitter, QVBoxLayout, QWidget

from app import wording
from app.background import in_background
from app.run_files import Moment, read_preview
from app.stages.run_list import SCORE, RunRow
from app.workbench import Workbench
from engines.analysis.verdicts import describe_esr
from engines.worker.protocol import Message, Metric, Preview, Progress, State
from projects.jobs import FINISHED
from widgets.banner import Banner
from widgets.buttons import push_button
from widgets.curves import CurveView
from widgets.empty import IconView
from widgets.figures import Figure, FigureLabel, format_number
from widgets.joblist import remaining
from widgets.prediction import PredictionView, Trace
from widgets.theme import label
from widgets.tokens import SPACE, Level

RESUMABLE = frozenset({"interrupted", "cancelled", "failed", "waiting"})
CURVE_LOOKS = (
    ("esr_best", "best validation ESR", "model", "solid"),
    (SCORE, "validation ESR", "state", "dot"),
    ("esr_train", "training ESR", "dry", "dash"),
    ("loss", "loss", "wet", "dot"),
)
"""Known figures by name: how they are written and drawn; others follow in the tokens' colours."""
OTHER_ROLES = ("second", "state", "residual", "wet")
TRACE_ROLES = {"dry": "dry", "wet": "wet", "predicted": "model"}
MAX_CURVES = 6
WORDS_WIDTH = 300
"""Of a figure with words beneath it, so that they stay on one line."""


class RunView(QWidget):
    """The right side of the Train stage while a run is selected."""

    def __init__(self, workbench: Workbench, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.workbench = workbench
        self._row: RunRow | None = None
        self._moments: dict[str, Moment] = {}
        self._moment = "worst"
        self._mark = IconView("waiting", "soft", 20, self)
        self._name = label("", "title")
        self._state = label("", colour="soft")
        self._state.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.trouble = Banner("warning", "", parent=self, closable=False)
        self.pause = push_button("Pause", "pause", self)
        self.stop = push_button("Stop and keep", "stop", self)
        self.resume = push_button("Resume", "resume", self)
        self._figures = QHBoxLayout()
        self.curves = CurveView("ESR", "seconds", self)
        self.prediction = PredictionView(parent=self)
        self._waiting = label("", colour="soft", parent=self)
        self._lay_out()
        self.pause.clicked.connect(lambda _checked=False: self._pause())
        self.stop.clicked.connect(lambda _checked=False: self._stop())
        self.resume.clicked.connect(lambda _checked=False: self.do_resume())
        self.prediction.moment_chosen.connect(self._choose_moment)

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.setSpacing(SPACE)
        head.addWidget(self._mark)
        head.addWidget(self._name)
        head.addSpacing(SPACE)
        head.addWidget(self._state, 1)
        for button in (self.pause, self.stop, self.resume):
            head.addWidget(button)
        self._figures.setSpacing(4 * SPACE)
        lower = QWidget(self)
        below = QVBoxLayout(lower)
        below.setContentsMargins(0, 0, 0, 0)
        below.addWidget(self._waiting)
        below.addWidget(self.prediction, 1)
        self.splitter = QSplitter(Qt.Orientation.Vertical, self)
        self.splitter.addWidget(self.curves)
        self.splitter.addWidget(lower)
        self.splitter.setChildrenCollapsible(False)
        column = QVBoxLayout(self)
        column.setContentsMargins(2 * SPACE, SPACE, 2 * SPACE, 0)
        column.setSpacing(SPACE)
        column.addLayout(head)
        column.addWidget(self.trouble)
        column.addLayout(self._figures)
        column.addWidget(self.splitter, 1)

    # -- what is shown ---------------------------------------------------------------------

    def show_run(self, row: RunRow) -> None:
        """Show a run: its curves from its folder, what is new as messages come."""
        other = self._row is None or self._row.id != row.id
        self._row = row
        self._name.setText(row.found.job.name)
        self._show_state()
        self._show_figures()
        if other:
            self._moments = {}
            self.curves.clear()
            self._draw_curves()
            self._show_moment()
            self._read_preview()

    def take(self, message: Message) -> None:
        """Show what the run's worker has just said."""
        if self._row is None:
            return
        if isinstance(message, Metric):
            self._append(message)
            self._show_figures()
        elif isinstance(message, Preview):
            self._read_preview()
        elif isinstance(message, Progress | State):
            self._show_state()

    def _show_state(self) -> None:
        row = self._row
        if row is None:
            return
        state = row.state
        self._mark.show_icon(*wording.STATE_ICONS[state])
        worker = self.workbench.jobs.worker(row.id)
        self._state.setText(self._state_words(row))
        self._state.setToolTip(self._state.text())
        active = worker is not None
        self.pause.setVisible(active)
        paused = state == "paused"
        self.pause.setText("Go on" if paused else "Pause")
        self.stop.setVisible(active)
        self.resume.setVisible(not active and state in RESUMABLE)
        troubled = not active and state in ("interrupted", "failed")
        self.trouble.setVisible(troubled)
        if troubled:
            status = row.found.status
            level: Level = "error" if state == "failed" else "warning"
            self.trouble.show_message(level, status.text or "It was interrupted.", status.details)

    def _state_words(self, row: RunRow) -> str:
        worker = self.workbench.jobs.worker(row.id)
        words = wording.STATE_WORDS[row.state]
        if worker is None:
            text = row.found.status.text
            return text if text and row.state in FINISHED - {"interrupted", "failed"} else words
        said = worker.last.get("progress")
        if row.state == "running" and isinstance(said, Progress):
            return "  ·  ".join(part for part in (said.text or words, remaining(said.eta)) if part)
        state = worker.last.get("state")
        return state.text if isinstance(state, State) and state.text else words

    def _show_figures(self) -> None:
        row = self._row
        if row is None:
            return
        while (item := self._figures.takeAt(0)) is not None:
            if (old := item.widget()) is not None:
                old.hide()
                old.deleteLater()
        figures = run_figures(row)
        for figure in figures:
            shown = FigureLabel(figure)
            if figure.words:
                shown.setMinimumWidth(WORDS_WIDTH)
            self._figures.addWidget(shown, 0, Qt.AlignmentFlag.AlignTop)
        self._figures.addStretch(1)

    # -- curves ----------------------------------------------------------------------------

    def _draw_curves(self) -> None:
        row = self._row
        if row is None:
            return
        for name in row.metrics.values:
            if self._has_curve(name):
                seconds = np.asarray(row.metrics.seconds[name], np.float64)
                values = np.asarray(row.metrics.values[name], np.float64)
                self.curves.set_data(name, seconds, values)
        self.curves.fit()

    def _has_curve(self, name: str) -> bool:
        """Whether a figure is drawn: errors of all kinds, as many as can be told apart."""
        if name in self.curves.keys:
            return True
        if not (name.startswith("esr") or name == "loss"):
            return False
        if len(self.curves.keys) >= MAX_CURVES:
            return False
        known = {key: (text, role, style) for key, text, role, style in CURVE_LOOKS}
        role = OTHER_ROLES[len(self.curves.keys) % len(OTHER_ROLES)]
        look = known.get(name, (name.replace("_", " "), role, "dashdot"))
        self.curves.add_curve(name, *look)
        return True

    def _append(self, message: Metric) -> None:
        for name, value in message.values.items():
            if self._has_curve(name):
                self.curves.append(name, message.seconds, value)

    # -- predictions -----------------------------------------------------------------------

    def _read_preview(self) -> None:
        row = self._row
        if row is None:
            return
        run_id = row.id

        def done(moments: dict[str, Moment]) -> None:
            if self._row is not None and self._row.id == run_id:
                self._moments = moments
                self._show_moment()

        in_background(
            self, partial(read_preview, row.found.folder), done, self.workbench.notices.error
        )

    def _choose_moment(self, name: str) -> None:
        self._moment = name
        self._show_moment()

    def _show_moment(self) -> None:
        moment = self._moments.get(self._moment)
        self.prediction.setVisible(moment is not None)
        self._waiting.setVisible(moment is None)
        if moment is None:
            live = self._row is not None and self.workbench.jobs.worker(self._row.id) is not None
            self._waiting.setText(
                "The first prediction is on its way." if live else "This run has no prediction."
            )
            return
        traces = [
            Trace(TRACE_ROLES.get(name, "state"), name, values)
            for name, values in moment.signals.items()
        ]
        order = {"wet": 0, "predicted": 1, "dry": 2}
        traces.sort(key=lambda trace: order.get(trace.label, 3))
        self.prediction.set_moment(
            moment.start_seconds, moment.sample_rate, traces, moment=self._moment
        )

    # -- asked by the user -----------------------------------------------------------------

    def _pause(self) -> None:
        worker = self.workbench.jobs.worker(self._row.id) if self._row is not None else None
        if worker is None:
            return
        if worker.state == "paused":
            worker.resume()
        else:
            worker.pause()

    def _stop(self) -> None:
        worker = self.workbench.jobs.worker(self._row.id) if self._row is not None else None
        if worker is not None:
            worker.cancel()
            self._state.setText("Stopping; the best so far is kept…")

    def do_resume(self) -> None:
        """Go on from the last checkpoint."""
        if self._row is not None:
            self.workbench.resume_job(self._row.found.folder)


def run_figures(row: RunRow) -> list[Figure]:
    """The figures of a run, those that count first."""
    figures: list[Figure] = []
    status = row.found.status.figures
    test = status.get("esr_test")
    if row.live_state is None and isinstance(test, int | float):
        tip = "sum((y - model)²) / sum(y²) on the locked test part, running freely"
        figures.append(
            Figure("ESR, test", format_number(float(test)), describe_esr(float(test)), tip=tip)
        )
    best = row.metrics.best(SCORE)
    if best is not None:
        words = "" if figures else describe_esr(best)
        figures.append(Figure("ESR, validation, best", format_number(best), words))
    weights = status.get("n_weights")
    if isinstance(weights, int | float):
        figures.append(Figure("Weights", f"{round(weights):,}".replace(",", "\u202f")))
    speed = status.get("rtf")
    if isinstance(speed, int | float):
        figures.append(Figure("Speed", f"{float(speed):.0f}", "times real time, one core"))
    if row.found.status.seconds:
        figures.append(Figure("Time", wording.duration(row.found.status.seconds)))
    return figures
