"""The picture of the Compare stage: both lanes and their difference, spectra, figures."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QStackedLayout, QVBoxLayout, QWidget

from app.comparison import ComparisonResult, LaneAudio, null_words
from widgets.empty import EmptyState
from widgets.figures import Figure, FigureLabel, FigureTable
from widgets.spectrum import Spectrum, SpectrumView
from widgets.theme import label
from widgets.tokens import SPACE
from widgets.waveform import WaveformView, WaveSignal

FIGURES_WIDTH = 400
LEGEND_LETTERS = 20


class ComparisonView(QWidget):
    """Waveforms above; spectra and figures below."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.waves = WaveformView()
        self.spectra = SpectrumView()
        self.null = FigureLabel(Figure("Null depth", "\u2013"))
        self.esr = FigureLabel(Figure("ESR, plain", "\u2013"))
        self.table = FigureTable()
        self.note = label("", "small", "soft", wrap=True)
        self.waiting = EmptyState("compare", "", example="")
        self._stack = QStackedLayout(self)
        self._stack.addWidget(self.waiting)
        self._stack.addWidget(self._make_page())

    def _make_page(self) -> QWidget:
        figures = QWidget()
        figures.setFixedWidth(FIGURES_WIDTH)
        right = QVBoxLayout(figures)
        right.setContentsMargins(SPACE, SPACE, 2 * SPACE, 0)
        right.setSpacing(SPACE)
        large = QHBoxLayout()
        large.setSpacing(2 * SPACE)
        for figure in (self.null, self.esr):
            large.addWidget(figure, 1, Qt.AlignmentFlag.AlignTop)
        right.addLayout(large)
        right.addWidget(self.table)
        right.addWidget(self.note)
        right.addStretch(1)
        bottom = QHBoxLayout()
        bottom.setSpacing(SPACE)
        bottom.addWidget(self.spectra, 1)
        bottom.addWidget(figures)
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        # The plots have size hints of their own; what counts here is their share.
        for plot in (self.waves, self.spectra):
            plot.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Ignored)
        column.addWidget(self.waves, 5)
        column.addLayout(bottom, 4)
        return page

    def show_waiting(self, sentence: str) -> None:
        """Say what is missing for a comparison."""
        self.waiting.set_sentence(sentence)
        self._stack.setCurrentIndex(0)

    def show_result(self, result: ComparisonResult, a: LaneAudio, b: LaneAudio) -> None:
        """Draw and list a comparison."""
        letters = {"a": "A", "b": "B", "residual": "A \u2212 B"}
        names = {**letters, "a": f"A {_short(a.label)}", "b": f"B {_short(b.label)}"}
        colours = {"a": a.role, "b": b.role, "residual": "residual"}
        scales = {"a": (a.unit, a.full_scale), "b": (b.unit, b.full_scale)}
        # The difference is taken between the files' samples: it has a unit where they share one.
        scales["residual"] = scales["a"] if scales["a"] == scales["b"] else ("FS", 1.0)
        self.waves.set_signals(
            [
                WaveSignal(key, letters[key], colours[key], source, *scales[key])
                for key, source in result.signals.items()
            ]
        )
        self.spectra.set_spectra(
            [
                Spectrum(colours[key], names[key], found.frequencies, found.levels)
                for key, found in result.spectra.items()
            ]
        )
        depth = f"{result.depth_db:.1f}".replace("-", "\u2212")
        self.null.show_figure(
            Figure(
                "Null depth",
                depth,
                null_words(result.depth_db),
                "dB",
                tip="What is left of A after B is taken away, relative to A",
            )
        )
        self.esr.show_figure(result.esr)
        self.table.show_figures(result.levels)
        self.note.setText(result.note)
        self._stack.setCurrentIndex(1)


def _short(name: str) -> str:
    """A name that leaves room for the others in a legend."""
    return name if len(name) <= LEGEND_LETTERS else f"{name[: LEGEND_LETTERS - 1].rstrip()}\u2026"
