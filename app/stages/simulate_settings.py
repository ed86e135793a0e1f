"""The settings of a sweep before it runs: as a table, and as dots on two of its knobs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import pyqtgraph as pg
from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtWidgets import QHBoxLayout, QHeaderView, QTableView, QVBoxLayout, QWidget

from app.stages.simulate_plan import Settings
from projects.circuits import CircuitKnob
from widgets.buttons import push_button
from widgets.icons import set_icon
from widgets.plots import FrequencyAxis, NumberAxis, PlotCanvas
from widgets.theme import label, theme_of
from widgets.tokens import SPACE

HEIGHT = 208
Index = QModelIndex | QPersistentModelIndex
_NO_INDEX = QModelIndex()


class SettingsModel(QAbstractTableModel):
    """A row a setting, a column a knob that varies."""

    def __init__(self) -> None:
        super().__init__()
        self.knobs: tuple[CircuitKnob, ...] = ()
        self.settings: list[Settings] = []

    def show(self, knobs: Sequence[CircuitKnob], settings: Sequence[Settings]) -> None:
        """Show other settings."""
        self.beginResetModel()
        self.knobs, self.settings = tuple(knobs), list(settings)
        self.endResetModel()

    # Qt overrides

    def rowCount(self, parent: Index = _NO_INDEX) -> int:
        return 0 if parent.isValid() else len(self.settings)

    def columnCount(self, parent: Index = _NO_INDEX) -> int:
        return 0 if parent.isValid() else len(self.knobs)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if role == Qt.ItemDataRole.DisplayRole:
            return f"{self.settings[index.row()][self.knobs[index.column()].param]:.6g}"
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        return None

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if role != Qt.ItemDataRole.DisplayRole:
            return None
        if orientation == Qt.Orientation.Vertical:
            return str(section + 1)
        knob = self.knobs[section]
        return f"{knob.name} ({knob.unit})" if knob.unit else knob.name


class SettingsView(QWidget):
    """A line that unfolds to the settings of a sweep."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.model = SettingsModel()
        self.button = push_button("The settings", "chevron-right", self)
        self.button.setCheckable(True)
        self.button.setProperty("kind", "link")
        self.button.toggled.connect(self._unfold)
        self._words = label("", "small", "soft", wrap=True)
        self.table = QTableView(self)
        self.table.setModel(self.model)
        self.table.setAccessibleName("Settings that are simulated")
        self.table.setShowGrid(False)
        self.table.setFrameShape(QTableView.Shape.NoFrame)
        self.table.setAlternatingRowColors(True)
        self.table.setSelectionMode(QTableView.SelectionMode.NoSelection)
        self.table.verticalHeader().setDefaultSectionSize(22)
        self.table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        self._places: list[tuple[float, float]] = []
        self._axes: tuple[CircuitKnob, ...] = ()
        self.canvas = PlotCanvas()
        self.canvas.setAccessibleName("Settings as dots on two knobs")
        self.canvas.set_data_copy(self.data_text)
        self._plot: Any = None
        self._dots: pg.ScatterPlotItem | None = None
        inside = QWidget(self)
        inside.setFixedHeight(HEIGHT)
        row = QHBoxLayout(inside)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(2 * SPACE)
        row.addWidget(self.table, 1)
        row.addWidget(self.canvas, 1)
        self._inside = inside
        head = QHBoxLayout()
        head.addWidget(self.button)
        head.addWidget(self._words, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE)
        column.addLayout(head)
        column.addWidget(inside)
        inside.hide()
        theme_of(self).changed.connect(self._draw)

    @property
    def unfolded(self) -> bool:
        """Whether the settings can be seen."""
        return self.button.isChecked()

    def _unfold(self, on: bool) -> None:
        set_icon(self.button, "chevron-down" if on else "chevron-right")
        self._inside.setVisible(on)

    def say(self, words: str) -> None:
        """Say something beside the button: what is being drawn, or why nothing is."""
        self._words.setText(words)

    def show_settings(self, knobs: Sequence[CircuitKnob], settings: Sequence[Settings]) -> None:
        """Show settings of the knobs that vary; none hides the whole."""
        self.setVisible(bool(settings) and bool(knobs))
        count = len(settings)
        self.button.setText("The setting" if count == 1 else f"The {count} settings")
        if tuple(knobs) == self.model.knobs and list(settings) == self.model.settings:
            return
        self.model.show(knobs, settings)
        self._axes = tuple(knobs[:2])
        self.canvas.setVisible(len(self._axes) == 2)
        if len(self._axes) == 2:
            across, up = self._axes
            self._places = [
                (_place(across, one[across.param]), _place(up, one[up.param])) for one in settings
            ]
            self._draw()

    def _draw(self) -> None:
        if len(self._axes) < 2:
            return
        if self._plot is not None:
            self.canvas.remove_plot(self._plot)
        across, up = self._axes
        bottom = FrequencyAxis() if _is_log(across) else NumberAxis("bottom")
        left = FrequencyAxis("left") if _is_log(up) else NumberAxis()
        self._plot, box = self.canvas.add_plot(0, bottom=bottom, left=left)
        self._plot.setLabel("bottom", _title(across))
        self._plot.setLabel("left", _title(up))
        theme = theme_of(self)
        xs, ys = [x for x, _ in self._places], [y for _, y in self._places]
        self._dots = pg.ScatterPlotItem(
            xs, ys, size=8, pen=pg.mkPen(theme.colour("field")), brush=theme.colour("accent")
        )
        self._plot.addItem(self._dots)
        box.setRange(xRange=_range(across), yRange=_range(up), padding=0.08)

    def data_text(self) -> str:
        """The settings as tab-separated text."""
        lines = ["\t".join(knob.name for knob in self.model.knobs)]
        lines.extend(
            "\t".join(f"{one[knob.param]:.9g}" for knob in self.model.knobs)
            for one in self.model.settings
        )
        return "\n".join(lines)


def _is_log(knob: CircuitKnob) -> bool:
    return knob.taper == "log" and knob.minimum > 0


def _place(knob: CircuitKnob, value: float) -> float:
    return math.log10(value) if _is_log(knob) and value > 0 else value


def _range(knob: CircuitKnob) -> tuple[float, float]:
    return _place(knob, knob.minimum), _place(knob, knob.maximum)


def _title(knob: CircuitKnob) -> str:
    return f"{knob.name} ({knob.unit})" if knob.unit else knob.name
