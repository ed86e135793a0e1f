"""How many settings a circuit's knobs need: asked in the background, said in words, taken over."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QProgressBar, QVBoxLayout, QWidget

from app.background import in_background
from app.stages.simulate_plan import Plan
from projects.errors import TrimpotError
from widgets.buttons import push_button, tool_button
from widgets.theme import label
from widgets.tokens import HALF, SPACE

if TYPE_CHECKING:
    from engines.circuits.advice import Advice
    from engines.circuits.described import DescribedCircuit

Find = Callable[[], "DescribedCircuit"]


class AdvicePanel(QFrame):
    """Progress while a circuit is looked at, then what was found and a button that takes it over.

    Signals
    -------
    taken()
        The user wants what is advised: see :meth:`into`.
    """

    taken = Signal()
    _progressed = Signal(object, float, str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.advice: Advice | None = None
        self._stop: threading.Event | None = None
        self.setProperty("surface", "raised")
        self._title = label("How many settings?", "strong")
        self._text = label("", "small", "soft", wrap=True)
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._bar.setRange(0, 1000)
        self._bar.setAccessibleName("Looking at the knobs, progress")
        self.use = push_button("Use this", "check", self)
        self.use.clicked.connect(lambda _checked=False: self.taken.emit())
        self.close_button = tool_button("close", "Close", "", self)
        self.close_button.clicked.connect(lambda _checked=False: self.end())
        head = QHBoxLayout()
        head.addWidget(self._title, 1)
        head.addWidget(self.use)
        head.addWidget(self.close_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(SPACE + HALF, SPACE, SPACE, SPACE)
        column.setSpacing(HALF)
        column.addLayout(head)
        column.addWidget(self._bar)
        column.addWidget(self._text)
        self.hide()
        self._progressed.connect(self._show_progress)
        app = QCoreApplication.instance()
        if app is not None:
            app.aboutToQuit.connect(self.end)

    @property
    def busy(self) -> bool:
        """Whether a circuit is being looked at."""
        return self._stop is not None

    def ask(self, find: Find, drive: float | None) -> None:
        """Look at a circuit, in the background.

        Parameters
        ----------
        find : callable
            Gives the circuit; called in the background, since it may read a netlist.
        drive : float, optional
            What full scale is sent as (volts).
        """
        self.end()
        stop = self._stop = threading.Event()
        self.advice = None
        self.use.hide()
        self._bar.show()
        self._bar.setValue(0)
        self.close_button.setToolTip("Cancel")
        self.close_button.setAccessibleName("Cancel")
        self._title.setText("Looking at the knobs…")
        self._say("Short loud stretches are simulated at several settings of each knob.")
        self.show()

        def work() -> Advice:
            from engines.circuits.advice import advise

            with tempfile.TemporaryDirectory(prefix="trimpot-advice-") as folder:
                return advise(
                    find(),
                    Path(folder),
                    stop=stop,
                    progress=lambda share, text: self._progressed.emit(stop, share, text),
                    drive=drive,
                )

        in_background(
            self,
            work,
            lambda advice: self._arrived(stop, advice),
            lambda error: self._failed(stop, error),
        )

    def end(self) -> None:
        """Cancel what is at work, and close."""
        if self._stop is not None:
            self._stop.set()
        self._stop = None
        self.hide()

    def _say(self, text: str, *, bad: bool = False) -> None:
        self._text.setProperty("tone", "bad" if bad else "")
        self._text.style().polish(self._text)
        self._text.setText(text)

    def _show_progress(self, stop: threading.Event, share: float, text: str) -> None:
        if stop is self._stop:
            self._bar.setValue(round(1000 * share))
            self._say(text)

    def _done(self, stop: threading.Event) -> bool:
        if stop is not self._stop:
            return False
        self._stop = None
        self._bar.hide()
        self._title.setText("How many settings?")
        self.close_button.setToolTip("Close")
        self.close_button.setAccessibleName("Close")
        return True

    def _arrived(self, stop: threading.Event, advice: Advice) -> None:
        if self._done(stop):
            self.advice = advice
            self._say(advice.text)
            self.use.show()

    def _failed(self, stop: threading.Event, error: Exception) -> None:
        if self._done(stop):
            words = error.sentence if isinstance(error, TrimpotError) else str(error)
            self._say(words, bad=True)

    def into(self, plan: Plan) -> Plan:
        """The plan with what is advised."""
        advice = self.advice
        return plan if advice is None else advised(plan, advice)


def advised(plan: Plan, advice: Advice) -> Plan:
    """A plan as it is advised: a grid of the settings named, or so many spread over the ranges."""
    chosen = advice.chosen
    knobs = []
    for one in plan.knobs:
        settings = chosen.get(one.knob.param, ())
        if len(settings) > 1:
            low, high = min(settings), max(settings)
            knobs.append(replace(one, varies=True, listed=tuple(settings), low=low, high=high))
        else:
            knobs.append(replace(one, varies=False))
    if not chosen:
        return replace(plan, knobs=tuple(knobs), design="one")
    return replace(plan, knobs=tuple(knobs), design=advice.design, count=advice.total)
