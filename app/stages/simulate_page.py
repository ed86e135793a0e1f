"""The page of one device: its drawing, its knobs, what is played through it, how finely."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from app.background import in_background
from app.player import Player
from app.stages.simulate_advice import AdvicePanel
from app.stages.simulate_devices import Device, described
from app.stages.simulate_estimate import effort, guessed_speed, known_speed, sentence
from app.stages.simulate_facts import Facts, facts_of
from app.stages.simulate_knobs import SweepTable
from app.stages.simulate_look import LookSection
from app.stages.simulate_motion import MotionPanel
from app.stages.simulate_plan import Plan, Settings
from app.stages.simulate_played import PlayedForm
from app.stages.simulate_settings import SettingsView
from app.workbench import Workbench
from engines.sources.base import Source
from projects.capture import first_problem
from projects.errors import TrimpotError
from widgets.buttons import push_button
from widgets.drawing import Drawing
from widgets.theme import label
from widgets.tokens import HALF, SPACE
from widgets.words import ElidedLabel

WIDTH = 1200
MAX_STATES = 16
SIDE = 372
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

    def __init__(
        self, workbench: Workbench, player: Player | None = None, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.workbench = workbench
        self.player = player
        self.facts: Facts | None = None
        self.device: Device | None = None
        self.source: Source | None = None
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
        self.drawing = Drawing()
        self.reference = label("", "small", "soft", wrap=True)
        self.reference.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.edit_button = push_button("", "circuit", self)
        self.edit_button.clicked.connect(lambda _checked=False: self.edit_wanted.emit())
        self.reset_button = push_button("Reset", "undo", self)
        self.reset_button.setToolTip("Everything on this page as it is at first")
        self.reset_button.clicked.connect(lambda _checked=False: self.reset())
        self.back = push_button("All devices", "chevron-left", self)
        self.back.clicked.connect(lambda _checked=False: self.back_wanted.emit())
        self.played = PlayedForm(self.workbench.settings, self)
        self.played.changed.connect(self._judge)
        self.played.setFixedWidth(SIDE)
        self.table = SweepTable(self)
        self.table.changed.connect(self._judge)
        self.words = label("", "strong", parent=self, wrap=True)
        self.complaint = label("", parent=self, wrap=True)
        self.complaint.setProperty("tone", "bad")
        self.look = LookSection(self.player, self)
        self.look.settings_wanted.connect(lambda: self.workbench.command_requested.emit("settings"))
        self.how_many = push_button("How many settings?", "help", self)
        self.how_many.setToolTip(
            "Looks at short stretches and says how many settings of each knob a model needs"
        )
        self.how_many.clicked.connect(lambda _checked=False: self._ask_how_many())
        self.advice = AdvicePanel(self)
        self.advice.taken.connect(self._take_advice)
        self.motion = MotionPanel(self.workbench.settings, self)
        self.motion.changed.connect(self._motion_changed)
        self.motion.file_read.connect(self._file_moves)
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
        upper.addWidget(self.played)
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
        column.addWidget(self.look)
        column.addStretch(1)
        return column

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
        self.edit_button.setVisible(device.group == "own" or bool(device.name))
        own = device.group == "own"
        self.edit_button.setText("Edit the netlist" if own else "Open as my own circuit")
        self.back.setAccessibleName("Back to all devices")
        self._take(kept)
        self._read(device)

    def _project(self) -> Path | None:
        session = self.workbench.session
        return None if session is None else session.folder

    def _read(self, device: Device) -> None:
        """Read the circuit's netlist, in the background."""
        self.facts = None
        self._show_reference()
        self._show_look()
        if not device.name:
            return
        project = self._project()

        def done(found: Facts) -> None:
            if device is self.device:
                self.facts = found
                self._show_reference()
                self._show_look()
                self._judge()

        in_background(self, lambda: facts_of(device, project), done, self.workbench.notices.error)

    def _show_reference(self) -> None:
        """Say where the device is described, and which states it has."""
        names = self.facts.states if self.facts is not None else ()
        shown = ", ".join(names[:MAX_STATES]) + (" …" if len(names) > MAX_STATES else "")
        count = "1 state" if len(names) == 1 else f"{len(names)} states"
        described_in = self.device.reference if self.device is not None else ""
        parts = [described_in, f"{count}: {shown}" if names else ""]
        self.reference.setText("\n".join(part for part in parts if part))
        self.reference.setVisible(bool(self.reference.text()))

    def _show_look(self) -> None:
        """Let the quick look look at the circuit, its knobs where they stand on the page."""
        self.look.setVisible(self.device is not None and bool(self.device.name))
        circuit = self.facts.circuit if self.facts is not None else None
        stands = {plan.knob.param: plan.value for plan in self.table.plan.knobs}
        problem = self.facts.problem if self.facts is not None else ""
        self.look.show_circuit(circuit, stands, problem)

    def reset(self) -> None:
        """Everything of the device shown as it is at first."""
        if self.device is not None:
            self.workbench.settings.values.forms.pop(f"simulate-{self.device.key}", None)
            self._take({})

    def _take(self, kept: Mapping[str, Any]) -> None:
        device = self.device
        assert device is not None
        assert self.source is not None
        forms = self.workbench.settings.values.forms
        self._speed = known_speed(forms, device.key)
        plan = Plan.of(device.knobs, device.lists).with_kept(kept.get("plan"))
        designs = ALL_DESIGNS if device.is_circuit else ("one", "grid")
        if plan.design not in designs:
            plan = Plan.of(device.knobs, device.lists)
        for part in (self.knobs_title, self.table):
            part.setVisible(bool(device.knobs))
        self.how_many.setVisible(bool(device.knobs) and device.is_circuit)
        self.table.show_plan(plan, designs)
        self.motion.show_plan(plan)
        self.played.show_source(device, self.source, kept)
        self._judge()

    def _ask_how_many(self) -> None:
        device = self.device
        if device is None:
            return
        project = self._project()
        drive = self.played.get("drive")
        self.advice.ask(lambda: described(device, project), drive)

    def _take_advice(self) -> None:
        self.table.show_plan(self.advice.into(self.table.plan), ALL_DESIGNS)
        self.advice.end()
        self._judge()

    def _motion_changed(self) -> None:
        self.table.take(self.motion.into(self.table.plan))
        self._judge()

    # -- what is asked for -----------------------------------------------------------------

    @property
    def effort(self) -> float:
        """How much more work a second of audio is than usual."""
        device = self.device
        steps = self.played.get("steps_per_sample") or (device.steps if device else None)
        return effort(self.played.sample_rate, steps)

    def config(self) -> dict[str, Any]:
        """The source's configuration as the page has it."""
        device, plan = self.device, self.table.plan
        assert device is not None
        assert self.source is not None
        fields = self.source.Config.model_fields
        found = {**self.played.values(), **device.fixed, "dry": self.played.dry}
        if not device.is_circuit:
            found |= plan.lists()
        elif "knobs" in fields:
            found |= plan.config()
        return found

    def _judge(self) -> None:
        """Say what the settings make, or why they make nothing."""
        device = self.device
        if device is None:
            return
        plan = self.table.plan
        count = plan.captures()
        stuck = self.facts.stuck if self.facts is not None and plan.design == "moving" else {}
        self.table.show_stuck(stuck)
        self.problem = self._wrong()
        own = bool(self.table.problem)
        self.complaint.setText(self.problem if self.problem and not own else "")
        if own and not plan.problems():
            self.complaint.setText(self.table.problem)
        self.complaint.setVisible(bool(self.complaint.text()))
        states = len(self.facts.states) if self.facts is not None else device.states
        guess = guessed_speed(states, count, circuit=device.is_circuit)
        known = self._speed is not None
        speed = (self._speed or guess) / self.effort
        self.words.setText(sentence(plan, self.played.seconds, speed, measured=known))
        self.words.setVisible(not self.problem)
        self._show_settings()
        self._show_motion()
        self.changed.emit()

    def _show_motion(self) -> None:
        plan = self.table.plan
        moves = plan.design == "moving"
        self.motion.setVisible(moves)
        if moves:
            seed = int(self.played.get("seed") or 0)
            circuit = self.facts.circuit if self.facts is not None else None
            seconds = None if plan.problems() else self.played.seconds
            self.motion.draw(plan, seconds, seed, circuit)

    def _file_moves(self, params: tuple[str, ...]) -> None:
        """The knobs that a file names move, the others stand."""
        plan = self.table.plan
        knobs = tuple(replace(one, varies=one.knob.param in params) for one in plan.knobs)
        if knobs != plan.knobs:
            self.table.show_plan(replace(plan, knobs=knobs), ALL_DESIGNS)
        self._judge()

    def _wrong(self) -> str:
        assert self.source is not None
        if self.facts is not None and self.facts.problem:
            return self.facts.problem
        if text := self.table.problem:
            return text
        if self.table.plan.design == "moving" and (text := self.motion.problem):
            return text
        if not self.played.fits:
            return ""  # each stands at its field
        try:
            self.source.Config.model_validate(self.config())
        except ValidationError as error:
            return f"This cannot be used: {first_problem(error)}."
        return ""

    def why_not(self) -> str:
        """Why it cannot be simulated as it stands; empty where it can."""
        if text := self.played.why_not():
            return text
        if self.problem:
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
        seed = int(self.played.get("seed") or 0)
        return self.device, plan.lists().__repr__(), plan.count, seed

    def _draw_spread(self) -> None:
        device, plan, asked = self.device, self.table.plan, self._asked()
        if device is None or plan.design != "spread" or self.problem:
            return
        lists, seed = plan.lists(), int(str(asked[-1]))
        project = self._project()

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
        if self.device is None:
            return
        kept = {**self.played.kept(), "plan": self.table.plan.kept()}
        self.workbench.settings.values.forms[f"simulate-{self.device.key}"] = kept

    def forget_speed(self) -> None:
        """Look again how fast earlier runs of the device were."""
        if self.device is not None:
            forms = self.workbench.settings.values.forms
            self._speed = known_speed(forms, self.device.key)
            self._judge()
