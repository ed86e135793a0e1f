"""A quick look at a circuit: response, transfer curve, one second of sound, voltages at rest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import Signal
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QProgressBar,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from app.circuit_looks import CircuitLooks
from app.heard_models import knob_spec
from app.player import Player
from app.stages.circuit_look_views import RestTable, SoundView, figures_words
from projects.circuits import CircuitKnob
from widgets.banner import Banner
from widgets.buttons import tool_button
from widgets.empty import EmptyState
from widgets.flow import FlowRow
from widgets.icons import set_icon
from widgets.knob import Knob, KnobSpec
from widgets.relation import Relation, RelationCurve, RelationView
from widgets.response import ResponseCurve, ResponseView
from widgets.segmented import Choice, SegmentedControl
from widgets.theme import label
from widgets.tokens import HALF, SPACE

if TYPE_CHECKING:
    from engines.circuits.described import DescribedCircuit
    from engines.circuits.quick import QuickLook

PARTS = (
    Choice("response", "Response", tip="How small signals pass, by frequency"),
    Choice("transfer", "Transfer", tip="Output against input"),
    Choice("sound", "Sound", tip="One second of a chord through the circuit"),
    Choice("rest", "At rest", tip="Voltages at the operating point"),
)
BELONGS = {
    "response": ("response",),
    "transfer": ("transfer", "dynamic"),
    "sound": ("audio",),
    "rest": ("operating point",),
}
"""What of a look stands behind each part shown."""
FOUND_BY = {"response": "response", "transfer": "transfer", "dynamic": "dynamic", "sound": "audio"}
BEFORE = "This is the circuit as it could be simulated last."
WAITING = "A look at the circuit before the long run: how it responds, what it does to a chord."


class CircuitLook(QWidget):
    """Looks at a circuit while it is in view, anew whenever a knob is turned.

    Signals
    -------
    looked(object)
        A :class:`~engines.circuits.quick.QuickLook`, as far as it has come.
    complained(str)
        No look is possible: the sentence.
    settings_wanted()
        The simulator is to be chosen in the settings.
    """

    looked = Signal(object)
    complained = Signal(str)
    settings_wanted = Signal()

    def __init__(self, player: Player | None = None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.looks = CircuitLooks(self)
        self.found: QuickLook | None = None
        self._circuit: DescribedCircuit | None = None
        self._folder: Path | None = None
        self._stale = False
        self._knobs: dict[str, Knob] = {}
        self.parts = SegmentedControl(PARTS, self)
        self.refresh_button = tool_button("loop", "Look again", parent=self)
        self.busy = QProgressBar(self)
        self.busy.setRange(0, 0)
        self.busy.setTextVisible(False)
        self.busy.setAccessibleName("Looking at the circuit")
        self.knob_row = FlowRow()
        self.banner = Banner("warning", "", parent=self, closable=False)
        self.missing = Banner(
            "warning",
            "",
            actions=[("Settings…", self.settings_wanted.emit)],
            parent=self,
            closable=False,
        )
        self.figures = label("", "small", "soft", self, wrap=True)
        self.warnings = label("", "small", parent=self, wrap=True)
        self.warnings.setProperty("tone", "warn")
        self.warnings.hide()
        self.response = ResponseView(parent=self, caption="Small signals, input to output")
        self.transfer = RelationView("Transfer curve", self)
        self.sound = SoundView(player, self)
        self.rest = RestTable(self)
        self.empty = EmptyState("circuit", WAITING, example="", parent=self)
        self._trouble: dict[str, str] = {}
        self._lay_out()
        self._connect()

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.setContentsMargins(SPACE, SPACE, SPACE, 0)
        head.setSpacing(HALF)
        head.addWidget(self.parts)
        head.addStretch(1)
        head.addWidget(self.refresh_button)
        self.stack = QStackedWidget(self)
        self._pages: dict[str, QWidget] = {
            "response": self.response,
            "transfer": self.transfer,
            "sound": self.sound,
            "rest": self.rest,
        }
        self.stack.addWidget(self.empty)
        for page in self._pages.values():
            self.stack.addWidget(page)
        foot = QVBoxLayout()
        foot.setContentsMargins(SPACE, 0, SPACE, SPACE)
        foot.setSpacing(HALF)
        foot.addWidget(self.figures)
        foot.addWidget(self.warnings)
        knobs = QHBoxLayout()
        knobs.setContentsMargins(SPACE, HALF, SPACE, 0)
        knobs.addWidget(self.knob_row, 1)
        banner = QHBoxLayout()
        banner.setContentsMargins(SPACE, HALF, SPACE, HALF)
        banner.addWidget(self.banner)
        banner.addWidget(self.missing)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(HALF)
        column.addLayout(head)
        column.addWidget(self.busy)
        column.addLayout(knobs)
        column.addLayout(banner)
        column.addWidget(self.stack, 1)
        column.addLayout(foot)
        keep = self.busy.sizePolicy()
        keep.setRetainSizeWhenHidden(True)
        self.busy.setSizePolicy(keep)
        self.busy.hide()
        self.banner.hide()
        self.missing.hide()
        self.parts.set_current("response")

    def _connect(self) -> None:
        self.parts.chosen.connect(lambda _key: self._show_part())
        self.refresh_button.clicked.connect(lambda _checked=False: self._pressed())
        self.looks.found.connect(self._found)
        self.looks.failed.connect(self._failed)
        self.looks.busy_changed.connect(self._busy)

    # -- what is looked at -----------------------------------------------------------------

    def show_circuit(
        self, circuit: DescribedCircuit | None, folder: Path | None = None, why_not: str = ""
    ) -> None:
        """Look at a circuit, once this is in view; None: at none, and why.

        ``folder`` is where scratch files may go.
        """
        self._circuit, self._folder = circuit, folder
        if circuit is None:
            self.looks.cancel()
            self._stale = False
            self._say({})
            if self.found is None:
                self.empty.set_sentence(why_not or WAITING)
            elif why_not:
                self.banner.show_message("info", BEFORE)
                self.banner.show()
            return
        self._show_knobs(circuit.knobs)
        self._stale = True
        if self.isVisible():
            self.refresh()

    def refresh(self, *, at_once: bool = False) -> None:
        """Look again."""
        if self._circuit is None:
            return
        self._stale = False
        self.looks.look(self._circuit, self.settings(), self._folder, at_once=at_once)

    def clear(self) -> None:
        """Forget what was found: another circuit comes."""
        self.looks.cancel()
        self.sound.release()
        self._circuit, self.found, self._stale = None, None, False
        self._show_knobs(())
        self._say({})
        self.figures.setText("")
        self.warnings.hide()
        self.sound.show_sound(None, 1.0)
        self.empty.set_sentence(WAITING)
        self._show_part()

    def settings(self) -> dict[str, float]:
        """Where the knobs stand, by parameter."""
        return {param: knob.current for param, knob in self._knobs.items()}

    def _pressed(self) -> None:
        if self.looks.is_busy:
            self.looks.cancel()
        else:
            self.refresh(at_once=True)

    # -- knobs -----------------------------------------------------------------------------

    def _show_knobs(self, knobs: Sequence[CircuitKnob]) -> None:
        specs = {knob.param: fine_spec(knob) for knob in knobs}
        if specs == {param: knob.spec for param, knob in self._knobs.items()}:
            return
        stood = {p: k.current for p, k in self._knobs.items() if k.current != k.spec.default}
        for knob in self._knobs.values():
            self.knob_row.removeWidget(knob)
            knob.hide()
            knob.deleteLater()
        self._knobs = {}
        for param, spec in specs.items():
            made = Knob(spec, size="small")
            if param in stood and spec.minimum <= stood[param] <= spec.maximum:
                made.set_current(stood[param])
            made.changed.connect(lambda _value: self.refresh())
            self.knob_row.addWidget(made)
            self._knobs[param] = made
        self.knob_row.setVisible(bool(specs))

    def knob(self, param: str) -> Knob:
        """The knob of a parameter; KeyError where there is none."""
        return self._knobs[param]

    # -- what was found --------------------------------------------------------------------

    def _busy(self, on: bool) -> None:
        self.busy.setVisible(on)
        set_icon(self.refresh_button, "close" if on else "loop")
        words = "Stop looking" if on else "Look again"
        self.refresh_button.setToolTip(words)
        self.refresh_button.setAccessibleName(words)

    def _failed(self, sentence: str, details: str, missing: bool) -> None:
        self._say({} if missing else {"": sentence}, details)
        if missing:
            self.missing.show_message("warning", sentence, details)
            self.missing.show()
        if self.found is None:
            self.empty.set_sentence(sentence)
        self.complained.emit(sentence)

    def _found(self, look: QuickLook) -> None:
        look = self._with_last(look)
        self.found = look
        self._say({str(part): words for part, words in look.problems.items()})
        self.figures.setText(figures_words(look))
        self.warnings.setText(" ".join(look.warnings))
        self.warnings.setVisible(bool(look.warnings))
        curves = []
        if look.response is not None:
            gain = look.response
            curves = [ResponseCurve("Output", gain.frequency, gain.decibels())]
        self.response.show_curves(curves)
        self.transfer.show_relation(_relation(look))
        self.sound.show_sound(look.sound, look.drive)
        if look.operating_point:
            units = {}
            if self._circuit is not None:
                units = {n: "A" if v[0] == "i" else "V" for n, v in self._circuit.states.items()}
            self.rest.show_values(look.states, look.operating_point, units)
        self._show_part()
        self.looked.emit(look)

    def _with_last(self, look: QuickLook) -> QuickLook:
        """What a look has not come to yet stays as it was, so that nothing blinks."""
        last = self.found
        if last is None:
            return look
        kept = {
            name: getattr(last, name)
            for name, part in FOUND_BY.items()
            if getattr(look, name) is None and part not in look.problems
        }
        if not kept:
            return look
        return replace(look, **kept, figures={**last.figures, **look.figures})

    def _say(self, trouble: dict[str, str], details: str = "") -> None:
        self._trouble = trouble
        self.missing.hide()
        self._show_banner(details)

    def _show_banner(self, details: str = "") -> None:
        """What failed of the part in view."""
        shown = ("", *BELONGS[self.parts.current])
        words = next((self._trouble[part] for part in shown if part in self._trouble), "")
        if words:
            self.banner.show_message("error", words, details)
        self.banner.setVisible(bool(words))

    def _show_part(self) -> None:
        page = self._pages[self.parts.current] if self.found is not None else self.empty
        self.stack.setCurrentWidget(page)
        self._show_banner()

    # Qt overrides

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._stale:
            self.refresh(at_once=True)

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        if self.looks.is_busy:
            self.looks.cancel()
            self._stale = self._circuit is not None
        self.sound.release()


def fine_spec(knob: CircuitKnob) -> KnobSpec:
    """A circuit's knob to draw, with as many decimals as its range needs."""
    spec = knob_spec(knob)
    span = knob.maximum - knob.minimum
    if span < 0.1:
        spec = replace(spec, decimals=min(2 - int(np.floor(np.log10(span))), 12))
    return spec


def _relation(look: QuickLook) -> Relation:
    curves = []
    if look.dynamic is not None:
        curves.append(RelationCurve("100 Hz", "wet", look.dynamic.x, look.dynamic.y))
    if look.transfer is not None:
        curves.append(
            RelationCurve("standing still", "accent", look.transfer.x, look.transfer.y, "dash")
        )
    return Relation("Input (V)", "Output (V)", curves=tuple(curves))
