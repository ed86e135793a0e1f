"""A circuit's knobs in a sweep: each stands at a setting, or varies as the design has it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Literal, cast

from PySide6.QtCore import QObject, QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QGridLayout,
    QHBoxLayout,
    QLineEdit,
    QSlider,
    QSpinBox,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from app.stages.simulate_plan import (
    MAX_LISTED,
    MAX_SETTINGS,
    Design,
    KnobPlan,
    Plan,
    evenly,
)
from projects.circuits import CircuitKnob
from widgets.fields import let_wheel_scroll
from widgets.schema import parse_number
from widgets.segmented import Choice, SegmentedControl
from widgets.theme import label
from widgets.tokens import CONTROL_HEIGHT, HALF, SPACE

VERBS: dict[Design, str] = {"grid": "Several", "spread": "Spread", "moving": "Moves"}
DESIGNS = (
    Choice("one", "One setting", tip="Every knob stands still: one capture"),
    Choice("grid", "Grid", tip="Every combination of some knobs' settings"),
    Choice("spread", "Spread", tip="So many settings, spread evenly over the knobs' ranges"),
    Choice("moving", "Moving", tip="Knobs move while the signal plays; their own signals are kept"),
)
STEPS = 1000
NUMBER_WIDTH = 84
MODE_WIDTH = 96
INSET = 6
"""The stylesheet's padding does not reach the field inside a spin box."""


def number_text(value: float) -> str:
    """A setting as people type it."""
    return f"{value:.6g}"


def range_text(knob: CircuitKnob) -> str:
    """How far a knob goes: ``"0 to 1"``, ``"50 to 10000 Hz"``."""
    unit = f" {knob.unit}" if knob.unit else ""
    return f"{knob.minimum:g} to {knob.maximum:g}{unit}"


def share_of(knob: CircuitKnob, value: float) -> float:
    """How far a knob is turned at a setting, 0 to 1, by its taper."""
    low, high = knob.minimum, knob.maximum
    value = min(high, max(low, value))
    if knob.taper == "log" and low > 0:
        return math.log(value / low) / math.log(high / low)
    return (value - low) / (high - low)


def value_at(knob: CircuitKnob, share: float) -> float:
    """The setting of a knob turned so far, 0 to 1, in a readable number of digits."""
    low, high = knob.minimum, knob.maximum
    exact = (
        low * (high / low) ** share
        if knob.taper == "log" and low > 0
        else (low + (high - low) * share)
    )
    digits = 3 if knob.taper == "log" else max(0, 2 - math.floor(math.log10(high - low)))
    rounded = float(f"{exact:.{digits}g}") if knob.taper == "log" else round(exact, digits)
    return min(high, max(low, rounded))


def number_field(name: str, width: int = NUMBER_WIDTH) -> QLineEdit:
    """A field for a number in a row."""
    field = QLineEdit()
    field.setMinimumHeight(CONTROL_HEIGHT)
    field.setAccessibleName(name)
    if width:
        field.setFixedWidth(width)
    return field


class KnobRow(QObject):
    """One knob's widgets; they live in the table's grid.

    Signals
    -------
    changed()
        The user has changed it; :attr:`plan` is what it says now.
    """

    changed = Signal()

    def __init__(self, plan: KnobPlan, parent: QWidget) -> None:
        super().__init__(parent)
        self.plan = plan
        self.design: Design = "one"
        self.typed = ""
        """What is wrong with what is being typed, where it is no number."""
        self.stuck = ""
        """Why it cannot move, if it should."""
        knob = plan.knob
        self.name = label(knob.name)
        self.name.setToolTip(f"{knob.name}: {range_text(knob)}, parameter {knob.param}")
        self.mode = QComboBox()
        self.mode.setMinimumHeight(CONTROL_HEIGHT)
        self.mode.setFixedWidth(MODE_WIDTH)
        self.mode.setAccessibleName(f"{knob.name}: at rest, or varied")
        self.mode.addItems(["At rest", ""])
        self.mode.activated.connect(lambda index: self._take(varies=index == 1))
        self.editor = QStackedWidget()
        self.editor.setFixedHeight(CONTROL_HEIGHT)
        for part in (self._value_part(), self._list_part(), self._range_part()):
            self.editor.addWidget(part)
        for field in (self.mode, self.slider, self.switch, self.count):
            let_wheel_scroll(field)
        self.range = label(range_text(knob), "small", "soft")
        self.problem = label("", "small", wrap=True)
        self.problem.setProperty("tone", "bad")
        self.problem.hide()

    # -- building --------------------------------------------------------------------------

    def _value_part(self) -> QWidget:
        knob = self.plan.knob
        part, row = _row()
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(0, STEPS)
        self.slider.setPageStep(STEPS // 10)
        self.slider.setAccessibleName(f"{knob.name}: setting")
        self.value = number_field(f"{knob.name}: setting, as a number")
        self.switch = QComboBox()
        self.switch.setMinimumHeight(CONTROL_HEIGHT)
        self.switch.addItems([f"Off ({knob.minimum:g})", f"On ({knob.maximum:g})"])
        self.switch.setAccessibleName(f"{knob.name}: off or on")
        is_switch = knob.taper == "switch"
        for widget, stretch in ((self.switch, 0), (self.slider, 1), (self.value, 0)):
            row.addWidget(widget, stretch)
            widget.setVisible((widget is self.switch) == is_switch)
        if is_switch:
            row.addStretch(1)
        self.slider.valueChanged.connect(
            lambda place: self._take(value=value_at(knob, place / STEPS))
        )
        self.value.textEdited.connect(lambda _text: self._typed("value", self.value))
        self.value.editingFinished.connect(self.show_values)
        self.switch.activated.connect(
            lambda index: self._take(value=knob.maximum if index else knob.minimum)
        )
        return part

    def _list_part(self) -> QWidget:
        knob = self.plan.knob
        part, row = _row()
        self.listed = number_field(f"{knob.name}: settings, with commas between them", 0)
        self.listed.setToolTip("Settings with commas between them")
        self.count = QSpinBox()
        self.count.setRange(2, MAX_LISTED)
        self.count.setMinimumHeight(CONTROL_HEIGHT)
        self.count.setFixedWidth(MODE_WIDTH)
        self.count.setPrefix("evenly ")
        self.count.lineEdit().setTextMargins(INSET, 0, 0, 0)
        self.count.setAccessibleName(f"{knob.name}: so many settings, evenly")
        self.count.setToolTip("So many settings from the first to the last, as the knob turns")
        self.count.setVisible(knob.taper != "switch")
        self.listed.setReadOnly(knob.taper == "switch")
        row.addWidget(self.listed, 1)
        row.addWidget(self.count)
        self.listed.textEdited.connect(lambda _text: self._typed_list())
        self.listed.editingFinished.connect(self.show_values)
        self.count.valueChanged.connect(self._fill)
        return part

    def _range_part(self) -> QWidget:
        knob = self.plan.knob
        part, row = _row()
        self.low = number_field(f"{knob.name}: from")
        self.high = number_field(f"{knob.name}: to")
        for field in (self.low, self.high):
            field.setReadOnly(knob.taper == "switch")
        row.addWidget(self.low)
        row.addWidget(label("to", colour="soft"))
        row.addWidget(self.high)
        row.addStretch(1)
        self.low.textEdited.connect(lambda _text: self._typed("low", self.low))
        self.high.textEdited.connect(lambda _text: self._typed("high", self.high))
        self.low.editingFinished.connect(self.show_values)
        self.high.editingFinished.connect(self.show_values)
        return part

    # -- what is typed ---------------------------------------------------------------------

    def _take(self, **changes: object) -> None:
        self.typed = ""
        self.plan = replace(self.plan, **changes)  # type: ignore[arg-type]
        self.show_values()
        self.changed.emit()

    def _typed(self, what: Literal["value", "low", "high"], field: QLineEdit) -> None:
        number = parse_number(field.text())
        self.typed = "" if number is not None else "This is not a number."
        if number is not None:
            self.plan = _with_number(self.plan, what, number)
            self._show_slider()
        self.changed.emit()

    def _typed_list(self) -> None:
        parts = [part.strip() for part in self.listed.text().replace(";", ",").split(",")]
        numbers = [(part, parse_number(part)) for part in parts if part]
        bad = [part for part, number in numbers if number is None]
        self.typed = f"“{bad[0]}” is not a number." if bad else ""
        if not bad:
            values = tuple(number for _, number in numbers if number is not None)
            self.plan = replace(self.plan, listed=tuple(dict.fromkeys(values)))
            self._show_count()
        self.changed.emit()

    def _fill(self, count: int) -> None:
        listed, knob = self.plan.listed, self.plan.knob
        low, high = (min(listed), max(listed)) if len(set(listed)) > 1 else (
            knob.minimum, knob.maximum,
        )  # fmt: skip
        self._take(listed=evenly(knob, low, high, count))

    # -- what is shown ---------------------------------------------------------------------

    def show_plan(self, plan: KnobPlan, design: Design) -> None:
        """Show another plan of the same knob."""
        self.plan, self.design, self.typed = plan, design, ""
        self.show_values()

    def show_values(self) -> None:
        """Show what is planned, tidied; what is no number stays as it was typed."""
        plan, knob = self.plan, self.plan.knob
        varies = plan.varies and self.design != "one"
        self.mode.setVisible(self.design != "one")
        self.mode.setItemText(1, VERBS.get(self.design, ""))
        self.mode.setCurrentIndex(1 if varies else 0)
        part = 0 if not varies else (1 if self.design == "grid" else 2)
        self.editor.setCurrentIndex(part)
        if self.typed:
            return
        self.value.setText(number_text(plan.value))
        self.switch.setCurrentIndex(1 if plan.value > (knob.minimum + knob.maximum) / 2 else 0)
        self.listed.setText(", ".join(map(number_text, plan.listed)))
        self.low.setText(number_text(plan.low))
        self.high.setText(number_text(plan.high))
        self._show_slider()
        self._show_count()

    def _show_slider(self) -> None:
        with QSignalBlocker(self.slider):
            self.slider.setValue(round(STEPS * share_of(self.plan.knob, self.plan.value)))

    def _show_count(self) -> None:
        with QSignalBlocker(self.count):
            self.count.setValue(len(set(self.plan.listed)))

    @property
    def wrong(self) -> str:
        """What is wrong with it, in a sentence, or an empty string."""
        moves = self.design == "moving" and self.plan.varies
        return self.typed or self.plan.problem(self.design) or (self.stuck if moves else "")

    def show_problem(self) -> None:
        """Say below the row what is wrong with it."""
        self.problem.setText(self.wrong)
        self.problem.setVisible(bool(self.wrong))


class SweepTable(QWidget):
    """The design, a row for every knob, and how many settings are spread.

    Signals
    -------
    changed()
        The user has changed something; :attr:`plan` is what is wanted now.
    """

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._plan = Plan(())
        self.rows: list[KnobRow] = []
        self.design = SegmentedControl(DESIGNS, self)
        self.design.chosen.connect(self._choose)
        self.spread_count = _spin("How many settings are spread", MAX_SETTINGS)
        self.spread_count.valueChanged.connect(lambda count: self._change(count=count))
        self._count_words = label("settings", colour="soft")
        head = QHBoxLayout()
        head.setSpacing(SPACE)
        head.addWidget(self.design)
        head.addSpacing(SPACE)
        head.addWidget(self.spread_count)
        head.addWidget(self._count_words)
        head.addStretch(1)
        self.head = head
        self._inside = QWidget(self)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(SPACE)
        self._column.addLayout(head)
        self._column.addWidget(self._inside)

    @property
    def plan(self) -> Plan:
        """What is wanted, as it was last a number everywhere."""
        return self._plan

    @property
    def problem(self) -> str:
        """What is wrong, knob by knob and of the whole, in a sentence; empty where nothing is."""
        for row in self.rows:
            if row.wrong:
                return f"{row.plan.knob.name}: {row.wrong}"
        return self._plan.problem()

    def show_plan(self, plan: Plan, designs: tuple[str, ...] = ()) -> None:
        """Show a plan; ``designs`` are those that the device knows (empty: all)."""
        same = [row.plan.knob for row in self.rows] == [knob.knob for knob in plan.knobs]
        self._plan = plan
        for choice in DESIGNS:
            known = not designs or choice.key in designs
            why = "" if known else "Trimpot computes this one at settings that stand"
            self.design.set_available(choice.key, known, why)
        if not same:
            self._build()
        self._show()

    def show_stuck(self, stuck: Mapping[str, str]) -> None:
        """Say of knobs, by parameter, why they cannot move."""
        for row in self.rows:
            row.stuck = stuck.get(row.plan.knob.param, "")
            row.show_problem()

    def take(self, plan: Plan) -> None:
        """Take what else a plan says; its knobs are those shown."""
        self._plan = plan

    def _build(self) -> None:
        old, self._inside = self._inside, QWidget(self)
        self._column.replaceWidget(old, self._inside)
        old.hide()
        old.deleteLater()
        grid = QGridLayout(self._inside)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(SPACE)
        grid.setVerticalSpacing(HALF)
        grid.setColumnStretch(2, 1)
        self.rows = []
        for number, plan in enumerate(self._plan.knobs):
            row = KnobRow(plan, self._inside)
            self.rows.append(row)
            for column, widget in enumerate((row.name, row.mode, row.editor, row.range)):
                grid.addWidget(widget, 2 * number, column)
            grid.addWidget(row.problem, 2 * number + 1, 1, 1, 3)
            row.changed.connect(self._edited)
        grid.setColumnMinimumWidth(0, 88)

    def _show(self) -> None:
        plan = self._plan
        self.design.set_current(plan.design)
        with QSignalBlocker(self.spread_count):
            self.spread_count.setValue(plan.count)
        for widget in (self.spread_count, self._count_words):
            widget.setVisible(plan.design == "spread")
        for row, of_knob in zip(self.rows, plan.knobs, strict=True):
            row.show_plan(of_knob, plan.design)
            row.show_problem()

    def _choose(self, design: str) -> None:
        self._plan = replace(self._plan, design=cast("Design", design))
        self._show()
        self.changed.emit()

    def _change(self, **changes: object) -> None:
        self._plan = replace(self._plan, **changes)  # type: ignore[arg-type]
        self.changed.emit()

    def _edited(self) -> None:
        for row in self.rows:
            row.show_problem()
        self._change(knobs=tuple(row.plan for row in self.rows))


def _with_number(plan: KnobPlan, what: Literal["value", "low", "high"], number: float) -> KnobPlan:
    if what == "value":
        return replace(plan, value=number)
    return replace(plan, low=number) if what == "low" else replace(plan, high=number)


def _row() -> tuple[QWidget, QHBoxLayout]:
    part = QWidget()
    row = QHBoxLayout(part)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(SPACE)
    return part, row


def _spin(name: str, most: int) -> QSpinBox:
    box = QSpinBox()
    box.setRange(1, most)
    box.setMinimumHeight(CONTROL_HEIGHT)
    box.setFixedWidth(MODE_WIDTH)
    box.lineEdit().setTextMargins(INSET, 0, 0, 0)
    box.setAccessibleName(name)
    let_wheel_scroll(box)
    return box


__all__ = ["KnobRow", "SweepTable", "number_text", "range_text"]
