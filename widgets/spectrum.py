"""Spectra laid over each other: frequency on a logarithmic axis, level in dB."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QPointF
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from widgets.flow import FlowRow
from widgets.legend import LegendChip, line_width, signal_pen
from widgets.plots import FrequencyAxis, PlotCanvas, frequency_text
from widgets.theme import label, theme_of
from widgets.tokens import HALF, LINE_STYLES, SPACE

_FLOOR_DB = 120.0


@dataclass(frozen=True, slots=True)
class Spectrum:
    """A spectrum: ``frequencies`` in Hz and ``levels`` in dB, real[n] each."""

    role: str
    label: str
    frequencies: NDArray[np.floating]
    levels: NDArray[np.floating]


class SpectrumView(QWidget):
    """Spectra with a legend and a readout at the cursor."""

    def __init__(self, y_label: str = "level (dB)", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._spectra: tuple[Spectrum, ...] = ()
        self._hidden: set[str] = set()
        self._chips: dict[str, LegendChip] = {}
        self._items: list[pg.PlotCurveItem] = []
        self.canvas = PlotCanvas()
        self.canvas.set_data_copy(self.data_text)
        self.canvas.add_menu_action("Fit", self.fit)
        self.canvas.hovered.connect(self._hover)
        self.canvas.left.connect(self._leave)
        self.plot, self._box = self.canvas.add_plot(0, bottom=FrequencyAxis(), pan_y=True)
        self.plot.setLabel("left", y_label)
        self.plot.setLabel("bottom", "frequency (Hz)")
        self._box.fit_requested.connect(self.fit)
        self._line = pg.InfiniteLine(angle=90)
        self._line.setVisible(False)
        self._box.addItem(self._line, ignoreBounds=True)
        self._readout = label("", "figures", "soft")
        head = QHBoxLayout()
        head.setContentsMargins(SPACE, HALF, SPACE, HALF)
        self._legend = FlowRow()
        head.addWidget(self._legend, 1)
        head.addWidget(self._readout)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(head)
        column.addWidget(self.canvas, 1)
        self.setAccessibleName("Spectra")
        theme_of(self).changed.connect(self._draw)
        self.fit()

    def set_spectra(self, spectra: Sequence[Spectrum]) -> None:
        """Show these; labels must differ."""
        old = [(s.role, s.label) for s in self._spectra]
        self._spectra = tuple(spectra)
        if [(s.role, s.label) for s in self._spectra] != old:
            self._rebuild_legend()
        self._draw()
        self.fit()

    def fit(self) -> None:
        """Show the audible range, from the loudest down to 120 dB below it."""
        shown = [s for s in self._spectra if s.label not in self._hidden]
        levels = [s.levels[np.isfinite(s.levels)] for s in shown]
        levels = [values for values in levels if len(values)]
        top = max((float(values.max()) for values in levels), default=0.0)
        bottom = min((float(values.min()) for values in levels), default=-96.0)
        bottom = max(bottom, top - _FLOOR_DB)
        highest = max((float(s.frequencies.max()) for s in shown), default=20_000.0)
        self._box.setRange(
            xRange=(np.log10(20.0), np.log10(max(min(highest, 24_000.0), 100.0))),
            yRange=(bottom - 3, top + 3),
            padding=0,
        )

    def _rebuild_legend(self) -> None:
        for chip in self._chips.values():
            self._legend.removeWidget(chip)
            chip.hide()
            chip.deleteLater()
        self._chips = {}
        for spectrum in self._spectra:
            style = LINE_STYLES.get(spectrum.role, "solid")
            chip = LegendChip(spectrum.label, spectrum.role, style)
            chip.setChecked(spectrum.label not in self._hidden)
            chip.clicked.connect(lambda on, name=spectrum.label: self.set_visible(name, on))
            self._legend.addWidget(chip)
            self._chips[spectrum.label] = chip

    def set_visible(self, name: str, visible: bool) -> None:
        """Show or hide a spectrum by its label."""
        (self._hidden.discard if visible else self._hidden.add)(name)
        if name in self._chips:
            self._chips[name].setChecked(visible)
        self._draw()

    def _draw(self) -> None:
        theme = theme_of(self)
        for item in self._items:
            self.plot.removeItem(item)
        self._items = []
        for spectrum in self._spectra:
            if spectrum.label in self._hidden:
                continue
            good = (spectrum.frequencies > 0) & np.isfinite(spectrum.levels)
            style = LINE_STYLES.get(spectrum.role, "solid")
            item = pg.PlotCurveItem(
                np.log10(spectrum.frequencies[good]),
                spectrum.levels[good],
                pen=signal_pen(theme.colour(spectrum.role), style, line_width(spectrum.role)),
                antialias=True,
            )
            self.plot.addItem(item)
            self._items.append(item)
        self._line.setPen(pg.mkPen(theme.colour("soft", 0.6), width=1))

    def _hover(self, position: QPointF) -> None:
        if not self._box.sceneBoundingRect().contains(position):
            self._leave()
            return
        place = float(self._box.mapSceneToView(position).x())
        hertz = 10**place
        self._line.setPos(place)
        self._line.setVisible(True)
        self._readout.setText(f"{frequency_text(float(f'{hertz:.3g}'))} Hz")
        for spectrum in self._spectra:
            nearest = int(np.argmin(np.abs(spectrum.frequencies - hertz)))
            text = f"{float(spectrum.levels[nearest]):.1f} dB".replace("-", "\u2212")
            self._chips[spectrum.label].set_value(text)

    def _leave(self) -> None:
        self._line.setVisible(False)
        self._readout.setText("")
        for chip in self._chips.values():
            chip.set_value("")

    def data_text(self) -> str:
        """The spectra as tab-separated lines: name, frequency, level."""
        lines = ["spectrum\tHz\tdB"]
        for spectrum in self._spectra:
            lines += [
                f"{spectrum.label}\t{frequency:.9g}\t{level:.6g}"
                for frequency, level in zip(
                    spectrum.frequencies.tolist(), spectrum.levels.tolist(), strict=True
                )
            ]
        return "\n".join(lines)
