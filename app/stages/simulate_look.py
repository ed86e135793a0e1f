"""A line that unfolds to a quick look at the circuit of a page, at the settings where it stands."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from app.player import Player
from widgets.buttons import push_button
from widgets.icons import set_icon
from widgets.tokens import SPACE

if TYPE_CHECKING:
    from app.stages.circuit_look import CircuitLook
    from engines.circuits.described import DescribedCircuit

HEIGHT = 380


class LookSection(QWidget):
    """Looks at a circuit while it is unfolded.

    Signals
    -------
    settings_wanted()
        The simulator is to be chosen in the settings.
    """

    settings_wanted = Signal()

    def __init__(self, player: Player | None = None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._player = player
        self._circuit: DescribedCircuit | None = None
        self._settings: dict[str, float] = {}
        self._why_not = ""
        self.look: CircuitLook | None = None
        self.button = push_button("Quick look", "chevron-right", self)
        self.button.setCheckable(True)
        self.button.setProperty("kind", "link")
        self.button.setToolTip("Frequency response, transfer curve, one second of sound")
        self.button.toggled.connect(lambda _on: self._unfold())
        line = QHBoxLayout()
        line.addWidget(self.button)
        line.addStretch(1)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(SPACE)
        self._column.addLayout(line)

    def show_circuit(
        self, circuit: DescribedCircuit | None, settings: Mapping[str, float], why_not: str = ""
    ) -> None:
        """Look at another circuit; None while it is still being read, or cannot be and why not."""
        self._circuit, self._settings, self._why_not = circuit, dict(settings), why_not
        if self.look is not None:
            self.look.clear()
        self._show()

    def _unfold(self) -> None:
        self._show()
        if self.button.isChecked():
            QTimer.singleShot(0, self, self._bring_into_view)

    def _show(self) -> None:
        on = self.button.isChecked()
        set_icon(self.button, "chevron-down" if on else "chevron-right")
        if on and self.look is None:
            from app.stages.circuit_look import CircuitLook  # plots: only once they are wanted

            self.look = CircuitLook(self._player, self)
            self.look.setFixedHeight(HEIGHT)
            self.look.settings_wanted.connect(self.settings_wanted)
            self._column.addWidget(self.look)
        if self.look is None:
            return
        self.look.setVisible(on)
        if not on:
            return
        self.look.show_circuit(None if self._why_not else self._circuit, why_not=self._why_not)
        known = {knob.param for knob in self._circuit.knobs} if self._circuit is not None else set()
        for param, value in self._settings.items():
            if param in known and not self._why_not:
                self.look.knob(param).set_current(value)

    def _bring_into_view(self) -> None:
        parent = self.parentWidget()
        while parent is not None and not isinstance(parent, QScrollArea):
            parent = parent.parentWidget()
        if isinstance(parent, QScrollArea) and self.look is not None:
            parent.ensureWidgetVisible(self.look, 0, SPACE)
