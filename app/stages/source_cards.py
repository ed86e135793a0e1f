"""The devices that can be simulated, as cards: circuits, and effects that Trimpot computes."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QButtonGroup, QGridLayout, QVBoxLayout, QWidget

from engines.sources.base import Source
from widgets.cards import PresetCard, PresetFacts
from widgets.theme import label
from widgets.tokens import SPACE

COLUMNS = 3
SIMPLEST = "diode-clipper"
"""Chosen at first."""
CIRCUITS = "Circuits, simulated with their states"
EFFECTS = "Learn the tool: effects that Trimpot computes"


def is_effect(source: Source) -> bool:
    """Whether Trimpot computes it itself, its knobs swept, without a circuit simulator."""
    from engines.sources.sweep import SweepSource

    return isinstance(source, SweepSource)


class SourceCards(QWidget):
    """A card for every simulating source.

    Signals
    -------
    chosen(str)
        The name of the source that was picked.
    """

    chosen = Signal(str)

    def __init__(self, sources: Sequence[Source], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._group = QButtonGroup(self)
        self.cards: dict[str, PresetCard] = {}
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE)
        for title, effects in ((CIRCUITS, False), (EFFECTS, True)):
            found = [source for source in sources if is_effect(source) == effects]
            if found:
                column.addWidget(label(title, "heading"))
                column.addLayout(self._grid(found))
        self._group.buttonClicked.connect(lambda _card: self.chosen.emit(self.current))
        first = self.cards.get(SIMPLEST) or next(iter(self.cards.values()), None)
        if first is not None:
            first.setChecked(True)

    def _grid(self, sources: Sequence[Source]) -> QGridLayout:
        grid = QGridLayout()
        grid.setSpacing(SPACE)
        for place, source in enumerate(sources):
            card = PresetCard(PresetFacts(source.name, source.label, source.summary), self)
            self._group.addButton(card)
            self.cards[source.name] = card
            grid.addWidget(card, place // COLUMNS, place % COLUMNS)
        for column in range(COLUMNS):
            grid.setColumnStretch(column, 1)
        return grid

    @property
    def current(self) -> str:
        """The name of the source chosen; empty where there is none."""
        return next((name for name, card in self.cards.items() if card.isChecked()), "")

    def choose(self, name: str) -> None:
        """Choose a source without emitting.

        Raises
        ------
        KeyError
            There is no such source.
        """
        self.cards[name].setChecked(True)
