"""The parts of a quick look: one second of sound, voltages at rest, and figures in words."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from app.background import in_background
from app.player import Comparison, Player
from app.programme import Programme
from widgets.buttons import push_button
from widgets.peaks import ArraySource
from widgets.theme import label
from widgets.tokens import HALF, SPACE
from widgets.waveform import WaveformView, WaveSignal

if TYPE_CHECKING:
    from engines.circuits.quick import QuickLook, Sound

CEILING = 0.9
"""The highest peak that is played, of full scale."""
SILENT = 1e-9
KEPT = 4
"""Files of so many looks: the one before may be playing while the next is written."""


class SoundView(QWidget):
    """Dry and wet of one second as waveforms, to be heard through the transport.

    Signals
    -------
    play_wanted()
        The user wants to hear it.
    """

    play_wanted = Signal()

    def __init__(self, player: Player | None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._player = player
        self._scratch: TemporaryDirectory[str] | None = None
        self._sound: Sound | None = None
        self._written: Sound | None = None
        self._heard: Comparison | None = None
        self._count = 0
        self.waves = WaveformView(self)
        self.waves.overview.hide()
        self.play_button = push_button("Play", "play", self)
        self.play_button.setToolTip(
            "Play this second: the wet at the dry's loudness; A and S switch, Space stops"
        )
        self.play_button.clicked.connect(lambda _checked=False: self.toggle())
        self.play_button.setVisible(player is not None)
        self._words = label("", "small", "soft", self)
        row = QHBoxLayout()
        row.setContentsMargins(SPACE, HALF, SPACE, HALF)
        row.setSpacing(SPACE)
        row.addWidget(self.play_button)
        row.addWidget(self._words, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.waves, 1)
        column.addLayout(row)
        if player is not None:
            player.playing_changed.connect(lambda _on: self._show_button())
        self.show_sound(None, 1.0)

    def show_sound(self, sound: Sound | None, drive: float) -> None:
        """Show a sound; ``drive`` is what its full scale was sent as, in volts."""
        if sound is self._sound and sound is not None:
            return
        self._sound = sound
        self.play_button.setEnabled(sound is not None)
        if sound is None:
            self.waves.set_signals(())
            self._words.setText("")
            return
        wet = np.nan_to_num(sound.wet)
        self.waves.set_signals(
            (
                WaveSignal(
                    "dry",
                    "Dry",
                    "dry",
                    ArraySource(sound.dry, sound.sample_rate),
                    unit="V",
                    full_scale=drive,
                ),
                WaveSignal("wet", "Wet", "wet", ArraySource(wet, sound.sample_rate), unit="V"),
            )
        )
        self._words.setText(f"A chord, {len(sound.dry) / sound.sample_rate:.2g} s long")
        if self._heard is not None and self._player is not None and self._player.playing:
            self._write()  # a knob was turned while it plays: what is heard follows

    # -- hearing ---------------------------------------------------------------------------

    def toggle(self) -> None:
        """Play it, or pause."""
        player = self._player
        if player is None or self._sound is None:
            return
        if self._heard is not None and player.playing:
            player.pause()
        elif self._heard is not None and self._written is self._sound:
            player.play()
        else:
            self._write()

    def release(self) -> None:
        """Give the transport back to what is selected."""
        if self._heard is not None and self._player is not None:
            if self._player.playing:
                self._player.pause()
            self._player.compare(None)
        self._heard = self._written = None
        if self._scratch is not None:
            self._scratch.cleanup()
            self._scratch = None
        self._show_button()

    def _write(self) -> None:
        sound = self._sound
        if sound is None:
            return
        if self._scratch is None:
            self._scratch = TemporaryDirectory(prefix="trimpot-look-", ignore_cleanup_errors=True)
        self._count += 1
        stem = Path(self._scratch.name) / f"look-{self._count % KEPT}"

        def work() -> Programme:
            return write_programme(sound, stem)

        in_background(self, work, lambda made: self._play(made, sound), self._refused)

    def _play(self, programme: Programme, sound: Sound) -> None:
        player = self._player
        if player is None or sound is not self._sound or not self.isVisible():
            return
        self._heard, self._written = Comparison(programme), sound
        player.compare(self._heard)
        player.choose_source("wet")
        if not player.playing:
            player.play()
        self._show_button()

    def _refused(self, error: Exception) -> None:
        if self._player is not None:
            self._player.workbench.notices.error(error)

    def _show_button(self) -> None:
        on = self._heard is not None and self._player is not None and self._player.playing
        self.play_button.setText("Pause" if on else "Play")


def write_programme(sound: Sound, stem: Path) -> Programme:
    """Write a look's sound to files that the transport can play, the wet as loud as the dry.

    Raises
    ------
    TrimpotError
        The disk refused.
    """
    from engines.audio.files import write_wav

    stem.parent.mkdir(parents=True, exist_ok=True)
    wet = np.nan_to_num(sound.wet) - float(np.mean(np.nan_to_num(sound.wet)))
    level = float(np.sqrt(np.mean(wet**2)))
    wanted = float(np.sqrt(np.mean(np.square(sound.dry, dtype=np.float64))))
    peak = float(np.abs(wet).max(initial=0.0))
    gain = min(wanted / level, CEILING / peak) if level > SILENT and peak > SILENT else 1.0
    dry_file, wet_file = (
        stem.with_name(f"{stem.name}-dry.wav"),
        stem.with_name(f"{stem.name}-wet.wav"),
    )
    write_wav(dry_file, sound.dry, sound.sample_rate)
    write_wav(wet_file, (gain * wet).astype(np.float32), sound.sample_rate)
    seconds = len(sound.dry) / sound.sample_rate
    return Programme(
        title="Quick look",
        dry=dry_file,
        wet=wet_file,
        sample_rate=sound.sample_rate,
        n_samples=len(sound.dry),
        start=0.0,
        stop=seconds,
    )


class RestTable(QTableWidget):
    """States and nodes of a circuit with their values at rest."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(0, 2, parent)
        self.setHorizontalHeaderLabels(["State or node", "At rest"])
        self.verticalHeader().hide()
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setShowGrid(False)
        self.setFrameShape(QTableWidget.Shape.NoFrame)
        self.setAccessibleName("Operating point")
        head = self.horizontalHeader()
        head.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        head.setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
        head.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft)
        self.verticalHeader().setDefaultSectionSize(24)
        self.setStyleSheet(f"QTableWidget::item {{ padding: 0 {SPACE}px; }}")

    def show_values(
        self, states: Mapping[str, float], nodes: Mapping[str, float], units: Mapping[str, str]
    ) -> None:
        """Show states, with their units, and then nodes, in volts."""
        rows = [(name, value, units.get(name, "V"), True) for name, value in states.items()]
        rows += [(name, value, "V", False) for name, value in nodes.items()]
        self.setRowCount(len(rows))
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        for place, (name, value, unit, state) in enumerate(rows):
            words = f"{name}  (state)" if state else name
            self.setItem(place, 0, QTableWidgetItem(words))
            number = QTableWidgetItem(engineering(value, unit))
            number.setTextAlignment(right)
            self.setItem(place, 1, number)


_PREFIXES = ((1e6, "M"), (1e3, "k"), (1.0, ""), (1e-3, "m"), (1e-6, "µ"), (1e-9, "n"), (1e-12, "p"))


def engineering(value: float, unit: str) -> str:
    """A value with four digits and its unit's prefix: ``4.500 V``, ``−12.34 mA``."""
    if not np.isfinite(value):
        return "not a number"
    size = abs(value)
    factor, prefix = next(((f, p) for f, p in _PREFIXES if size >= f * 0.99995), (1.0, ""))
    if size < 1e-12:
        return f"0 {unit}"
    number = value / factor
    digits = max(0, 3 - int(np.floor(np.log10(abs(number)) + 1e-6)))
    return f"{number:.{digits}f} {prefix}{unit}".replace("-", "\u2212")


def hertz_words(hertz: float) -> str:
    """A frequency with three digits: ``329 Hz``, ``1.92 kHz``."""
    rounded = float(f"{hertz:.3g}")
    return f"{rounded / 1000:g} kHz" if rounded >= 1000 else f"{rounded:g} Hz"


def figures_words(look: QuickLook) -> str:
    """What a look's figures say, in a line."""
    figures, parts = look.figures, []
    if "gain_1000" in figures:
        parts.append(f"{figures['gain_1000']:+.1f} dB at 1 kHz")
    corners = [hertz_words(figures[key]) for key in ("low_corner", "high_corner") if key in figures]
    if corners:
        parts.append(f"\u22123 dB at {' and '.join(corners)}")
    if "clips_low" in figures:
        low, high = (engineering(figures[f"clips_{side}"], "V") for side in ("low", "high"))
        parts.append(f"clips at {low} and {high}")
    if "peak" in figures:
        parts.append(f"the chord peaks at {engineering(figures['peak'], 'V')}")
    return "  ·  ".join(parts).replace("-", "\u2212")
