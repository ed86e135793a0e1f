"""The page of one device: its drawing, its knobs, what is played through it, how finely."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from pydantic import ValidationError
from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from app.background import in_background
from app.stages.file_row import AudioFileRow
from app.stages.pane import align_captions, form_layouts, rows_layout
from app.stages.simulate_advice import AdvicePanel
from app.stages.simulate_devices import Device, described
from app.stages.simulate_estimate import guessed_speed, known_speed, sentence
from app.stages.simulate_knobs import SweepTable
from app.stages.simulate_motion import MotionPanel
from app.stages.simulate_plan import Plan, Settings
from app.stages.simulate_settings import SettingsView
from app.workbench import Workbench
from engines.sources.base import Source
from projects.capture import first_problem
from projects.errors import TrimpotError
from widgets.buttons import push_button
from widgets.drawing import Drawing
from widgets.form import SchemaForm
from widgets.segmented import Choice, SegmentedControl
from widgets.theme import label
from widgets.tokens import HALF, SPACE
from widgets.words import ElidedLabel

BUILTIN = "builtin"
ONLY_BUILTIN = frozenset({"seconds", "sample_rate", "seed"})
ONLY_RECORDING = frozenset({"channel", "limit"})
"""Settings that every simulating source has, and that mean something for one kind of dry only."""
ELSEWHERE = frozenset(
    {"dry", "circuit", "netlist", "knobs", "design", "count"}
    | {"motion", "move", "hold_seconds", "motion_file"}
)
"""Settings that have a place of their own on the page."""
ORDER = ("name", "seconds", "limit", "channel", "sample_rate", "drive", "simulator")
WIDTH = 1200
SIDE = 372
DRAWING = 176
ALL_DESIGNS = ("one", "grid", "spread", "moving")
WAIT = 250
"""Milliseconds of rest after which a spread is drawn."""


class DevicePage(QWidget):
    """Everything that can be chosen of one device.

    Signals
    -------
    changed()
        Something has been changed: see :attr:`problem` and :meth:`config`.
    back_wanted()
        Back to all devices.
    edit_wanted()
        The circuit's netlist is to be edited: one's own, or a copy of the library's.
    """

    changed = Signal()
    back_wanted = Signal()
    edit_wanted = Signal()

    def __init__(self, workbench: Workbench, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.workbench = workbench
        self.device: Device | None = None
        self.source: Source | None = None
        self.form: SchemaForm | None = None
        self.problem = ""
        self._speed: float | None = None
        self._spread: tuple[object, list[Settings]] | None = None
        self._make_parts()
        self._lay_out()
        self._draw_soon = QTimer(self, singleShot=True, interval=WAIT)
        self._draw_soon.timeout.connect(self._draw_spread)

    # -- building --------------------------------------------------------------------------

    def _make_parts(self) -> None:
        self.title = label("", "title")
        self.summary = ElidedLabel("", "body", "soft")
        self.drawing = Drawing(height=DRAWING)
        self.reference = label("", "small", "soft", wrap=True)
        self.reference.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.edit_button = push_button("", "circuit", self)
        self.edit_button.clicked.connect(lambda _checked=False: self.edit_wanted.emit())
        self.reset_button = push_button("Reset", "undo", self)
        self.reset_button.setToolTip("Everything on this page as it is at first")
        self.reset_button.clicked.connect(lambda _checked=False: self.reset())
        self.back = push_button("All devices", "chevron-left", self)
        self.back.clicked.connect(lambda _checked=False: self.back_wanted.emit())
        self.played = SegmentedControl(
            (Choice(BUILTIN, "Built-in signals"), Choice("file", "A recording")), self
        )
        self.played.set_current(BUILTIN)
        self.played.chosen.connect(lambda _key: self._played_changed())
        self.file = AudioFileRow("Dry recording", self.workbench.settings, self)
        self.file.changed.connect(self._judge)
        self.table = SweepTable(self)
        self.table.changed.connect(self._judge)
        self.words = label("", "strong", parent=self, wrap=True)
        self.complaint = label("", parent=self, wrap=True)
        self.complaint.setProperty("tone", "bad")
        self.how_many = push_button("How many settings?", "help", self)
        self.how_many.setToolTip(
            "Looks at short stretches and says how many settings of each knob a model needs"
        )
        self.how_many.clicked.connect(lambda _checked=False: self._ask_how_many())
        self.advice = AdvicePanel(self)
        self.advice.taken.connect(self._take_advice)
        self.motion = MotionPanel(self.workbench.settings, self)
        self.motion.changed.connect(self._motion_changed)
        self.settings = SettingsView(self)
        self.settings.button.toggled.connect(lambda _on: self._show_settings())

    def _lay_out(self) -> None:
        inside = QWidget(self)
        inside.setMaximumWidth(WIDTH)
        column = QVBoxLayout(inside)
        column.setContentsMargins(2 * SPACE, SPACE, 2 * SPACE, 2 * SPACE)
        column.setSpacing(2 * SPACE)
        head = QHBoxLayout()
        head.setSpacing(SPACE)
        head.addWidget(self.title)
        head.addSpacing(SPACE)
        head.addWidget(self.summary, 1)
        for button in (self.reset_button, self.edit_button, self.back):
            head.addWidget(button)
        column.addLayout(head)
        upper = QHBoxLayout()
        upper.setSpacing(3 * SPACE)
        upper.addLayout(self._left(), 1)
        upper.addWidget(self._side())
        column.addLayout(upper)
        column.addStretch(1)
        area = QScrollArea(self)
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        centred = QWidget()
        row = QHBoxLayout(centred)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(inside, 1)
        area.setWidget(centred)
        said = QWidget(self)
        said.setMaximumWidth(WIDTH)
        lines = QVBoxLayout(said)
        lines.setContentsMargins(2 * SPACE, HALF, 2 * SPACE, HALF)
        lines.addWidget(self.complaint)
        lines.addWidget(self.words)
        foot = QHBoxLayout()
        foot.addWidget(said, 1)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        outer.addWidget(area, 1)
        outer.addLayout(foot)

    def _left(self) -> QVBoxLayout:
        column = QVBoxLayout()
        column.setSpacing(SPACE)
        column.addWidget(self.drawing)
        column.addWidget(self.reference)
        column.addSpacing(SPACE)
        self.knobs_title = label("Knobs", "heading")
        head = QHBoxLayout()
        head.addWidget(self.knobs_title, 1)
        head.addWidget(self.how_many)
        column.addLayout(head)
        column.addWidget(self.advice)
        column.addWidget(self.table)
        column.addWidget(self.motion)
        column.addWidget(self.settings)
        column.addStretch(1)
        return column

    def _side(self) -> QWidget:
        side = QWidget(self)
        side.setFixedWidth(SIDE)
        column = QVBoxLayout(side)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE)
        column.addWidget(label("Played through it", "heading"))
        column.addWidget(self.played)
        column.addWidget(self.file)
        self._rows = rows_layout()
        column.addLayout(self._rows)
        self._form_place = QVBoxLayout()
        column.addLayout(self._form_place)
        column.addStretch(1)
        return side

    # -- what is shown ---------------------------------------------------------------------

    def show_device(self, device: Device, source: Source) -> None:
        """Show a device with the settings it last had."""
        self.keep()
        self.advice.end()
        kept = self.workbench.settings.values.forms.get(f"simulate-{device.key}", {})
        self.device, self.source = device, source
        self.title.setText(device.title)
        self.summary.setText(device.summary)
        self.drawing.show_svg(device.picture, device.title)
        self.reference.setText(device.reference)
        self.reference.setVisible(bool(device.reference))
        self.edit_button.setVisible(device.group == "own" or bool(device.name))
        own = device.group == "own"
        self.edit_button.setText("Edit the netlist" if own else "Open as my own circuit")
        self.back.setAccessibleName("Back to all devices")
        self._take(kept)

    def reset(self) -> None:
        """Everything of the device shown as it is at first."""
        if self.device is not None:
            self.workbench.settings.values.forms.pop(f"simulate-{self.device.key}", None)
            self._take({})

    def _take(self, kept: Mapping[str, Any]) -> None:
        device = self.device
        assert device is not None
        forms = self.workbench.settings.values.forms
        self._speed = known_speed(forms, device.key)
        played = kept.get("played")
        self.played.set_current("file" if played == "file" else BUILTIN)
        plan = Plan.of(device.knobs, device.lists).with_kept(kept.get("plan"))
        designs = ALL_DESIGNS if device.is_circuit else ("one", "grid")
        if plan.design not in designs:
            plan = Plan.of(device.knobs, device.lists)
        for part in (self.knobs_title, self.table):
            part.setVisible(bool(device.knobs))
        self.how_many.setVisible(bool(device.knobs) and device.is_circuit)
        self.table.show_plan(plan, designs)
        self.motion.show_plan(plan)
        self._make_form({k: v for k, v in kept.items() if k not in ("plan", "played", "name")})
        self.file.setVisible(self.played.current == "file")
        self._judge()

    def _played_changed(self) -> None:
        value = self.form.value() if self.form is not None else {}
        self.file.setVisible(self.played.current == "file")
        self._make_form(value)
        self._judge()

    def _ask_how_many(self) -> None:
        device = self.device
        if device is None:
            return
        session = self.workbench.session
        project = None if session is None else session.folder
        drive = self.form.value().get("drive") if self.form is not None else None
        self.advice.ask(lambda: described(device, project), drive)

    def _take_advice(self) -> None:
        self.table.show_plan(self.advice.into(self.table.plan), ALL_DESIGNS)
        self.advice.end()
        self._judge()

    def _motion_changed(self) -> None:
        self.table.take(self.motion.into(self.table.plan))
        self._judge()

    def _make_form(self, values: Mapping[str, Any]) -> None:
        device, source = self.device, self.source
        assert device is not None
        assert source is not None
        if self.form is not None:
            self._form_place.removeWidget(self.form)
            self.form.hide()
            self.form.deleteLater()
        schema = form_schema(source.Config.model_json_schema(), device)
        unfit = ONLY_BUILTIN if self.played.current == "file" else ONLY_RECORDING
        swept = set() if device.is_circuit else {knob.param for knob in device.knobs}
        wanted = [n for n in schema["properties"] if n not in ELSEWHERE | unfit | swept]
        self.form = SchemaForm(schema, self, only=wanted)
        self.form.set_value({k: v for k, v in values.items() if k in wanted})
        self.form.changed.connect(self._judge)
        self._form_place.addWidget(self.form)
        align_captions([self._rows, *form_layouts(self.form)])

    # -- what is asked for -----------------------------------------------------------------

    @property
    def dry(self) -> str:
        """What is played: a path, or :data:`BUILTIN`."""
        path = self.file.path
        if self.played.current == "file" and path is not None:
            return str(path.resolve())
        return BUILTIN

    @property
    def seconds(self) -> float | None:
        """How long what is played is; None while that is not known."""
        form = self.form.value() if self.form is not None else {}
        if self.played.current != "file":
            return float(form.get("seconds") or 0.0) or None
        if self.file.info is None:
            return None
        limit = form.get("limit")
        return min(self.file.info.seconds, limit) if limit else self.file.info.seconds

    def config(self) -> dict[str, Any]:
        """The source's configuration as the page has it."""
        device, form, plan = self.device, self.form, self.table.plan
        assert device is not None
        assert form is not None
        assert self.source is not None
        fields = self.source.Config.model_fields
        found = {name: value for name, value in form.value().items() if name in form.names}
        found |= {**device.fixed, "dry": self.dry}
        if not device.is_circuit:
            found |= plan.lists()
        elif "knobs" in fields:
            found |= plan.config()
        return found

    def _judge(self) -> None:
        """Say what the settings make, or why they make nothing."""
        device = self.device
        if device is None or self.form is None or self.source is None:
            return
        self.problem = self._wrong()
        plan = self.table.plan
        count = plan.captures()
        own = bool(self.table.problem)
        self.complaint.setText(self.problem if self.problem and not own else "")
        if own and not plan.problems():
            self.complaint.setText(self.table.problem)
        self.complaint.setVisible(bool(self.complaint.text()))
        steps = self.form.value().get("steps_per_sample") or device.steps
        guess = guessed_speed(device.states, steps if device.is_circuit else None, count)
        speed = self._speed or guess
        self.words.setText(sentence(plan, self.seconds, speed, measured=self._speed is not None))
        self.words.setVisible(not self.problem)
        self._show_settings()
        self._show_motion()
        self.changed.emit()

    def _show_motion(self) -> None:
        plan = self.table.plan
        moves = plan.design == "moving"
        self.motion.setVisible(moves)
        if moves:
            seed = self.form.value().get("seed", 0) if self.form is not None else 0
            self.motion.draw(plan, None if plan.problems() else self.seconds, seed)

    def _wrong(self) -> str:
        assert self.form is not None
        assert self.source is not None
        if text := self.table.problem:
            return text
        if self.table.plan.design == "moving" and (text := self.motion.problem):
            return text
        if self.form.problems():
            return ""  # each stands at its field
        try:
            self.source.Config.model_validate(self.config())
        except ValidationError as error:
            return f"This cannot be used: {first_problem(error)}."
        return ""

    def why_not(self) -> str:
        """Why it cannot be simulated as it stands; empty where it can."""
        if self.played.current == "file" and self.file.info is None:
            return self.file.problem or "Choose a recording to play through it."
        if self.problem or self.form is None or self.form.problems():
            return "Some settings do not fit; see below them."
        return ""

    # -- the settings before the run -------------------------------------------------------

    def _show_settings(self) -> None:
        plan = self.table.plan
        knobs = tuple(of_knob.knob for of_knob in plan.varying())
        self.settings.say("")
        if self.problem or plan.design not in ("grid", "spread"):
            self.settings.show_settings((), ())
        elif plan.design == "grid":
            self.settings.show_settings(knobs, plan.settings() if plan.captures() > 1 else ())
        elif self._spread is not None and self._spread[0] == self._asked():
            self.settings.show_settings(knobs, self._spread[1])
        else:
            self.settings.setVisible(True)
            if self.settings.unfolded:
                self.settings.say("Drawing them…")
                self._draw_soon.start()
            else:
                self.settings.button.setText(f"The {plan.count} settings")

    def _asked(self) -> tuple[object, ...]:
        plan = self.table.plan
        seed = self.form.value().get("seed", 0) if self.form is not None else 0
        return self.device, plan.lists().__repr__(), plan.count, seed

    def _draw_spread(self) -> None:
        device, plan, asked = self.device, self.table.plan, self._asked()
        if device is None or plan.design != "spread" or self.problem:
            return
        lists, seed = plan.lists(), int(str(asked[-1]))
        session = self.workbench.session
        project = None if session is None else session.folder

        def work() -> list[Settings]:
            from engines.circuits.designs import spread  # imports scipy: not on this thread

            return spread(described(device, project), lists, plan.count, seed)

        def done(found: list[Settings]) -> None:
            self._spread = (asked, found)
            if asked == self._asked():
                self._show_settings()

        in_background(self, work, done, partial(self._not_drawn))

    def _not_drawn(self, error: Exception) -> None:
        self.settings.say(error.sentence if isinstance(error, TrimpotError) else str(error))

    # -- remembered ------------------------------------------------------------------------

    def keep(self) -> None:
        """Remember the page's settings for the device shown."""
        if self.device is None or self.form is None:
            return
        kept = {name: value for name, value in self.form.value().items() if name in self.form.names}
        kept |= {"played": self.played.current, "plan": self.table.plan.kept()}
        self.workbench.settings.values.forms[f"simulate-{self.device.key}"] = kept

    def forget_speed(self) -> None:
        """Look again how fast earlier runs of the device were."""
        if self.device is not None:
            forms = self.workbench.settings.values.forms
            self._speed = known_speed(forms, self.device.key)
            self._judge()


def form_schema(schema: Mapping[str, Any], device: Device) -> dict[str, Any]:
    """A source's schema in the page's order, with what suits the device in place of "empty"."""
    found = dict(schema["properties"])
    for name, value in (("drive", device.drive), ("steps_per_sample", device.steps)):
        options = found.get(name, {}).get("anyOf")
        if options and value is not None:
            outer = {k: v for k, v in found[name].items() if k not in ("anyOf", "default")}
            words = str(outer.get("description", "")).split(";")[0]
            inner = next(option for option in options if option.get("type") != "null")
            found[name] = {**inner, **outer, "default": value, "description": words}
    first = [name for name in ORDER if name in found]
    ordered = {name: found[name] for name in [*first, *(n for n in found if n not in first)]}
    return {**schema, "properties": ordered}
