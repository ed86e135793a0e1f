"""Numbers with words: a figure that says what it means, and a table of them."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from widgets.buttons import tool_button
from widgets.theme import font, label
from widgets.tokens import HALF, SPACE


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure as shown: its name, the number as text, its unit, what it means in words."""

    name: str
    number: str
    words: str = ""
    unit: str = ""
    tip: str = ""


def format_number(value: float, digits: int = 3) -> str:
    """A number in ``digits`` significant digits, short to read: ``1.7e−7``, ``0.0031``, ``12 400``.

    Not-a-number and infinities read as such.
    """
    if math.isnan(value):
        return "not a number"
    if math.isinf(value):
        return "\u221e" if value > 0 else "\u2212\u221e"
    size = abs(value)
    if value == 0:
        return "0"
    if size < 1e-3 or size >= 1e7:
        mantissa, exponent = f"{value:.{digits - 1}e}".split("e")
        if "." in mantissa:
            mantissa = mantissa.rstrip("0").rstrip(".")
        text = f"{mantissa}e{int(exponent)}"
    elif size >= 10**digits:
        text = f"{value:,.0f}".replace(",", "\u202f")
    else:
        text = f"{value:.{max(digits - 1 - math.floor(math.log10(size)), 0)}f}"
    return text.replace("-", "\u2212")


class FigureLabel(QWidget):
    """One figure, large, with its words beneath."""

    def __init__(self, figure: Figure, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        self._name = label("", "small", "soft")
        self._number = label("", "title")
        self._number.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._words = label("", "small", "soft", wrap=True)
        for part in (self._name, self._number, self._words):
            column.addWidget(part)
        column.addStretch(1)
        self.show_figure(figure)

    def show_figure(self, figure: Figure) -> None:
        """Show another figure."""
        self._name.setText(figure.name)
        self._number.setText(f"{figure.number} {figure.unit}".rstrip())
        self._words.setText(figure.words)
        self._words.setVisible(bool(figure.words))
        self.setToolTip(figure.tip)
        self.setAccessibleName(
            f"{figure.name}: {figure.number} {figure.unit} {figure.words}".strip()
        )


class FigureTable(QWidget):
    """Figures in rows: name, number in tabular figures, words. Copies as tab-separated text."""

    def __init__(self, figures: Iterable[Figure] = (), parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._figures: tuple[Figure, ...] = ()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(HALF)
        self._grid_box = QWidget()
        self._grid = self._fresh_grid()
        column.addWidget(self._grid_box)
        bottom = QHBoxLayout()
        bottom.addStretch(1)
        self._copy = tool_button("copy", "Copy table")
        self._copy.clicked.connect(self.copy)
        bottom.addWidget(self._copy)
        column.addLayout(bottom)
        column.addStretch(1)
        self.show_figures(figures)

    def _fresh_grid(self) -> QGridLayout:
        grid = QGridLayout(self._grid_box)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(2 * SPACE)
        grid.setVerticalSpacing(HALF)
        grid.setColumnStretch(2, 1)
        return grid

    def show_figures(self, figures: Iterable[Figure]) -> None:
        """Show other figures."""
        self._figures = tuple(figures)
        while (item := self._grid.takeAt(0)) is not None:
            if (old := item.widget()) is not None:
                old.hide()
                old.deleteLater()
        for row, figure in enumerate(self._figures):
            name = label(figure.name, "body", "soft")
            number = label(f"{figure.number} {figure.unit}".rstrip(), "strong")
            number.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            number.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            words = label(figure.words, "body", "soft", wrap=True)
            for column, part in enumerate((name, number, words)):
                part.setToolTip(figure.tip)
                self._grid.addWidget(part, row, column)
        self._copy.setVisible(bool(self._figures))

    def as_text(self) -> str:
        """The table as tab-separated lines."""
        return "\n".join(
            "\t".join((figure.name, figure.number, figure.unit, figure.words))
            for figure in self._figures
        )

    def copy(self) -> None:
        """Put the table on the clipboard."""
        QApplication.clipboard().setText(self.as_text())


def set_tabular(widget: QWidget) -> None:
    """Give a widget figures of one width, so that numbers do not jump."""
    widget.setFont(font("figures"))
