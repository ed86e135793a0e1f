"""Record a device: where the sound goes, how loud, what is played, and setting after setting."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QDoubleSpinBox, QHBoxLayout, QProgressBar, QVBoxLayout, QWidget

from app import wording
from app.sound_devices import DeviceFinder
from app.stages.base import Primary
from app.stages.file_row import AudioFileRow
from app.stages.pane import align_captions, form_layouts, pane_column, rows_layout
from app.stages.record_checklist import Checklist
from app.stages.record_route import INSET, RouteForm
from app.stages.record_settings import controls_of, instruction, setting_words
from app.workbench import Workbench
from engines.recording.devices import DeviceList
from engines.worker.protocol import End, Message, Metric, Progress
from projects.manifest import MAX_NAME
from widgets.banner import Banner
from widgets.buttons import push_button
from widgets.meter import LevelMeter
from widgets.segmented import Choice, SegmentedControl
from widgets.theme import label
from widgets.tokens import CONTROL_HEIGHT, SPACE, Level

WIDTH = 1040
FORM = "record"
BUILTIN, OWN = "builtin", "own"
SECONDS_WIDTH = 120
BLIP_SECONDS = 5.0
"""What blips and silence add to a take, roughly."""
LEVELS: dict[str, Level] = {"ok": "ok", "warning": "warning", "problem": "error"}
HINT = (
    "Connect an output to the device and the device to an input. Trimpot plays blips, test signals "
    "and playing, records what comes back, and takes the delay of the round trip off to the sample."
)


class RecordPane(QWidget):
    """Records takes, one for each setting of the device; stays open while they run.

    Signals
    -------
    primary_changed(), closed()
        As of the import pane.
    started(str)
        As of the import pane; never emitted, since the pane shows its takes itself.
    """

    primary_changed = Signal()
    closed = Signal()
    started = Signal(str)

    def __init__(self, workbench: Workbench, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.workbench = workbench
        self._job = ""
        self._checking = False
        self._finder = DeviceFinder(self)
        self._finder.found.connect(self._devices_found)
        workbench.session_leaving.connect(self._finder.stop)
        self.missing = Banner(
            "info",
            "Looking for sound devices…",
            actions=[("Look again", self.look)],
            parent=self,
            closable=False,
        )
        self.advice = Banner("info", "", parent=self)
        self.advice.hide()
        self.route = RouteForm(self)
        self.checklist = Checklist(self)
        self.played = SegmentedControl(
            (Choice(BUILTIN, "Built-in playing"), Choice(OWN, "My recording")), self
        )
        self.own = AudioFileRow("Dry recording to play", workbench.settings, self)
        self.seconds = _seconds("Length of the playing", 4.0, 1800.0, 120.0)
        self.test_seconds = _seconds("Length of sweeps and noise", 0.0, 120.0, 8.0)
        self.meter = LevelMeter("In", "wet", self, size="large")
        self.next = label("", "title", wrap=True)
        self.stop = push_button("Stop, keep what is recorded", "stop", self)
        self._said = label("", "small", "soft", self, wrap=True)
        self._bar = QProgressBar(self)
        self._bar.setTextVisible(False)
        self._bar.setRange(0, 1000)
        self._bar.setAccessibleName("Progress of the take")
        self._facts = label("", "small", "soft", self, wrap=True)
        self._lay_out()
        self._connect()
        self._remember()
        self._refresh_done()
        self.checklist.choose_next()
        self._show_played()
        self._show_state()
        self.look()

    # -- building --------------------------------------------------------------------------

    def _lay_out(self) -> None:
        back = push_button("Back", "chevron-left", self)
        back.clicked.connect(lambda _checked=False: self.closed.emit())
        column = pane_column(self, "Record a device", back, WIDTH)
        column.addWidget(label(HINT, colour="soft", wrap=True))
        column.addWidget(self.missing)
        sides = QHBoxLayout()
        sides.setSpacing(3 * SPACE)
        sides.addLayout(self._left(), 1)
        sides.addLayout(self._right(), 1)
        column.addLayout(sides)
        column.addStretch(1)

    def _left(self) -> QVBoxLayout:
        rows = rows_layout()
        choice = QHBoxLayout()
        choice.addWidget(self.played)
        choice.addStretch(1)
        rows.addRow(label("Signal", colour="soft"), choice)
        rows.addRow("", self.own)
        rows.addRow(label("Playing", colour="soft"), self.seconds)
        rows.addRow(label("Sweeps and noise", colour="soft"), self.test_seconds)
        rows.addRow("", self._facts)
        self._own_row = rows
        column = QVBoxLayout()
        column.setSpacing(SPACE)
        column.addWidget(label("Way and level", "heading"))
        column.addWidget(self.route)
        column.addWidget(self.meter)
        column.addWidget(self.advice)
        column.addSpacing(SPACE)
        column.addWidget(label("What is played", "heading"))
        column.addLayout(rows)
        column.addStretch(1)
        align_captions([*form_layouts(self.route), rows])
        return column

    def _right(self) -> QVBoxLayout:
        stopping = QHBoxLayout()
        stopping.addWidget(self.stop)
        stopping.addStretch(1)
        column = QVBoxLayout()
        column.setSpacing(SPACE)
        column.addWidget(self.next)
        column.addWidget(self._said)
        column.addWidget(self._bar)
        column.addLayout(stopping)
        column.addSpacing(SPACE)
        column.addWidget(self.checklist, 1)
        return column

    def _connect(self) -> None:
        bench = self.workbench
        bench.jobs.message.connect(self._on_message)
        bench.jobs.ended.connect(self._on_ended)
        if bench.session is not None:
            bench.session.manifest_changed.connect(self._refresh_done)
        self.route.changed.connect(self._show_state)
        self.route.look_again.connect(self.look)
        self.route.check_levels.connect(self.check_levels)
        self.checklist.changed.connect(self._show_state)
        self.played.chosen.connect(lambda _key: self._show_played())
        self.own.changed.connect(self._show_state)
        for length in (self.seconds, self.test_seconds):
            length.valueChanged.connect(lambda _value: self._show_state())
        self.stop.clicked.connect(lambda _checked=False: self._stop())

    def _remember(self) -> None:
        """Offer what was used last."""
        values = self.workbench.settings.values.forms.get(FORM, {})
        self.route.set_value(values)
        for field, key in ((self.seconds, "seconds"), (self.test_seconds, "test_seconds")):
            if isinstance(values.get(key), int | float):
                field.setValue(float(values[key]))
        own = values.get("own")
        self.played.set_current(OWN if own else BUILTIN)
        if isinstance(own, str) and own:
            self.own.set_path(Path(own))
        session = self.workbench.session
        self.checklist.offer(session.manifest.controls if session is not None else ())

    # -- devices ---------------------------------------------------------------------------

    def look(self) -> None:
        """Look for sound devices."""
        if not self.route.devices.devices:
            self.missing.show_message("info", "Looking for sound devices…")
            self.missing.show()
        self._finder.look()
        self._show_state()

    def _devices_found(self, devices: DeviceList) -> None:
        self.route.show_devices(devices)
        self.missing.setVisible(bool(devices.trouble))
        if devices.trouble:
            self.missing.show_message("info", devices.trouble, devices.details)
        self._show_state()

    def entered(self) -> None:
        """An interface may have been connected since."""
        if not self._job:
            self.look()

    # -- what is shown ---------------------------------------------------------------------

    def _show_played(self) -> None:
        own = self.played.current == OWN
        self._own_row.setRowVisible(self.own, own)
        self._show_state()

    def _refresh_done(self) -> None:
        session = self.workbench.session
        self.checklist.show_done(session.manifest.captures if session is not None else ())

    def _show_state(self) -> None:
        at_work = bool(self._job)
        place, count = self.checklist.place
        if at_work:
            what = setting_words(self.checklist.setting)
            taking = f"Recording {what}: leave the device as it is." if what else "Recording…"
            self.next.setText("Checking the levels…" if self._checking else taking)
        else:
            self.next.setText(instruction(self.checklist.setting))
            said = f"Setting {place} of {count}." if count > 1 else ""
            if self.checklist.done:
                said += " It is recorded already; another take is kept beside it."
            self._said.setText(said.strip())
        self._said.setVisible(bool(self._said.text()))
        self._bar.setVisible(at_work)
        self.stop.setVisible(at_work and not self._checking)
        for widget in (self.route, self.played, self.own, self.seconds, self.test_seconds):
            widget.setEnabled(not at_work)
        self.checklist.setEnabled(not at_work)
        self.route.check.setEnabled(not at_work and not self.route.problem())
        length = self.test_seconds.value() + BLIP_SECONDS + self._playing_seconds()
        self._facts.setText(f"A take lasts about {wording.duration(length)}.")
        self.primary_changed.emit()

    def _playing_seconds(self) -> float:
        info = self.own.info if self.played.current == OWN else None
        longest = self.seconds.value()
        return min(longest, info.seconds) if info is not None else longest

    def primary(self) -> Primary:
        """The stage's primary button while this pane is shown."""
        why = ""
        if self._job:
            why = "The levels are being checked." if self._checking else "A take is running."
        elif self._finder.looking and not self.route.devices.devices:
            why = "Looking for sound devices…"
        else:
            why = self.route.problem() or self.checklist.problem
        if not why and self.played.current == OWN and self.own.info is None:
            why = self.own.problem or "Choose the recording to play."
        text = "Record again" if self.checklist.done else "Record"
        return Primary(text, enabled=not why, why_not=why)

    # -- takes -----------------------------------------------------------------------------

    def submit(self) -> None:
        """Record the next setting."""
        if self._job or not self.primary().enabled:
            return
        knobs = self.checklist.setting
        session = self.workbench.session
        known = session.manifest.controls if session is not None else ()
        controls = controls_of(self.checklist.knobs(), known)
        name = (setting_words(knobs) or "Recording")[:MAX_NAME]
        config = {
            **self.route.value(),
            "signal": self._signal(),
            "knobs": knobs,
            "controls": [control.model_dump(mode="json") for control in controls],
            "name": name,
        }
        self._keep()
        self.advice.hide()
        self._begin(self.workbench.start_job("record", name, config), checking=False)

    def check_levels(self) -> None:
        """Play some seconds, and say what to turn."""
        if self._job:
            return
        self.advice.hide()
        config = {**self.route.value(), "mode": "level"}
        self._begin(self.workbench.start_job("record", "Level check", config), checking=True)

    def _signal(self) -> dict[str, Any]:
        own = self.own.path if self.played.current == OWN else None
        return {
            "seconds": self.seconds.value(),
            "test_seconds": self.test_seconds.value(),
            "own": str(own.resolve()) if own is not None else None,
        }

    def _keep(self) -> None:
        values = {**self.route.value(), **self._signal()}
        self.workbench.settings.values.forms[FORM] = values
        self.workbench.settings.try_save()

    def _begin(self, job: str | None, *, checking: bool) -> None:
        if job is None:
            return
        self._job, self._checking = job, checking
        self._bar.setRange(0, 0)
        self._said.setText("Opening the devices…")
        self.meter.clear_clip()
        self._show_state()

    def _stop(self) -> None:
        worker = self.workbench.jobs.worker(self._job)
        if worker is not None:
            self.stop.setEnabled(False)
            self._said.setText("Stopping…")
            worker.cancel()

    def _on_message(self, job: str, message: Message) -> None:
        if job != self._job:
            return
        if isinstance(message, Progress):
            self._bar.setRange(0, 0 if not message.fraction else 1000)
            if message.fraction:
                self._bar.setValue(round(1000 * message.fraction))
            self._said.setText(message.text)
        elif isinstance(message, Metric):
            peak = message.values.get("input_peak_db", -120.0)
            rms = message.values.get("input_rms_db", -120.0)
            self.meter.set_levels(10.0 ** (peak / 20.0), 10.0 ** (rms / 20.0))

    def _on_ended(self, job: str, end: End) -> None:
        if job != self._job:
            return
        checked, self._job = self._checking, ""
        self._checking = False
        self.meter.reset()
        self.stop.setEnabled(True)
        if checked:
            level = LEVELS.get(str(end.figures.get("level")), "error")
            self.advice.show_message(level, end.text, end.details)
            self.advice.show()
        elif end.state == "done" and end.figures.get("ending") == "whole":
            noted = int(end.figures.get("warnings", 0))
            self.advice.show_message("warning" if noted else "ok", end.text)
            self.advice.show()
            self._refresh_done()
            self.checklist.choose_next()
        else:
            self.advice.show_message("warning" if end.state != "failed" else "error", end.text)
            self.advice.show()
        self._show_state()


def _seconds(name: str, low: float, high: float, value: float) -> QDoubleSpinBox:
    box = QDoubleSpinBox()
    box.setAccessibleName(name)
    box.setRange(low, high)
    box.setDecimals(0)
    box.setValue(value)
    box.setSuffix(" s")
    box.setMinimumHeight(CONTROL_HEIGHT)
    box.setFixedWidth(SECONDS_WIDTH)
    box.lineEdit().setTextMargins(INSET, 0, 0, 0)
    return box
