"""How it sounds now: levels, load, latency, dropouts; device, block size, volume."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtWidgets import QComboBox, QGridLayout, QHBoxLayout, QSlider, QVBoxLayout, QWidget

from app.output import BLOCKS, SoundOutput
from app.player import Player
from app.transport_link import amplitude
from engines.audition.protocol import Status
from widgets.figures import Figure, FigureLabel
from widgets.meter import LevelMeter
from widgets.theme import label
from widgets.tokens import CONTROL_HEIGHT, HALF, SPACE

SLIDER_STEPS = 100
FIGURE_WIDTH = 104
"""Of one figure with its words, so that nothing moves as they change."""
BUSY = 0.7
"""From this share of a block's time on, a dropout is near."""


class SoundPanel(QWidget):
    """Meters and figures on the left, the output's choices on the right."""

    def __init__(self, player: Player, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._player = player
        self._shown: tuple[object, ...] = ()
        self.meter_in = LevelMeter("in", "dry", size="large")
        self.meter_out = LevelMeter("out", player.source, size="large")
        self.load = FigureLabel(Figure("Load", "\u2013"))
        self.latency = FigureLabel(Figure("Latency", "\u2013"))
        self.dropouts = FigureLabel(Figure("Dropouts", "\u2013"))
        self.device = QComboBox()
        self.block = QComboBox()
        self.volume = QSlider(Qt.Orientation.Horizontal)
        self._lay_out()
        self._fill_blocks()
        self._connect(player.output)
        self._show_output()

    def _lay_out(self) -> None:
        meters = QVBoxLayout()
        meters.setSpacing(0)
        meters.addWidget(self.meter_in)
        meters.addWidget(self.meter_out)
        figures = QHBoxLayout()
        figures.setSpacing(SPACE)
        for figure in (self.load, self.latency, self.dropouts):
            figure.setFixedWidth(FIGURE_WIDTH)
            figures.addWidget(figure)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(2 * SPACE)
        row.addLayout(meters, 4)
        row.addLayout(figures)
        row.addLayout(self._make_choices(), 3)

    def _make_choices(self) -> QGridLayout:
        grid = QGridLayout()
        grid.setHorizontalSpacing(SPACE)
        grid.setVerticalSpacing(HALF)
        grid.setColumnStretch(1, 1)
        self.device.setAccessibleName("Audio device")
        self.device.setToolTip("The device that plays")
        self.device.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        self.device.setMinimumContentsLength(18)
        self.block.setAccessibleName("Block size")
        self.block.setToolTip(
            "Samples computed at a time: smaller answers sooner, larger is safer against dropouts"
        )
        self.volume.setRange(0, SLIDER_STEPS)
        self.volume.setAccessibleName("Volume")
        self.volume.setValue(round(SLIDER_STEPS * self._player.output.volume**0.5))
        for control in (self.device, self.block):
            control.setMinimumHeight(CONTROL_HEIGHT)
        grid.addWidget(label("Device", "body", "soft"), 0, 0)
        grid.addWidget(self.device, 0, 1)
        grid.addWidget(self.block, 0, 2)
        grid.addWidget(label("Volume", "body", "soft"), 1, 0)
        grid.addWidget(self.volume, 1, 1, 1, 2)
        return grid

    def _connect(self, output: SoundOutput) -> None:
        self.device.activated.connect(lambda _i: output.choose(device=self.device.currentData()))
        self.block.activated.connect(lambda _i: output.choose(block=self.block.currentData()))
        self.volume.valueChanged.connect(self._volume_moved)
        self.volume.sliderReleased.connect(output.keep_volume)
        output.changed.connect(self._show_output)
        self._player.status_changed.connect(self._show_status)
        self._player.playing_changed.connect(self._playing_changed)
        self._player.sources_changed.connect(self._sources_changed)

    def _volume_moved(self, position: int) -> None:
        self._player.output.set_volume((position / SLIDER_STEPS) ** 2)
        if not self.volume.isSliderDown():
            self._player.output.keep_volume()

    def _fill_blocks(self) -> None:
        current = self._player.workbench.settings.values.block_size
        for size in sorted({*BLOCKS, current}):
            self.block.addItem(f"{size} samples", size)
        self.block.setCurrentIndex(self.block.findData(current))

    def _show_output(self) -> None:
        output = self._player.output
        values = self._player.workbench.settings.values
        blocker = QSignalBlocker(self.device)
        self.device.clear()
        name = next((d.name for d in output.devices if d.default), "")
        self.device.addItem("The system's output", "")
        self.device.setItemData(0, f"Now: {name}" if name else None, Qt.ItemDataRole.ToolTipRole)
        for device in output.devices:
            self.device.addItem(f"{device.name} ({device.interface})", device.id)
        if values.audio_device and self.device.findData(values.audio_device) < 0:
            self.device.addItem(f"{values.audio_device} (not there now)", values.audio_device)
        self.device.setCurrentIndex(max(0, self.device.findData(values.audio_device)))
        blocker.unblock()
        self.block.setCurrentIndex(self.block.findData(values.block_size))
        if output.opened is None:
            self._show_nothing()

    def _show_nothing(self) -> None:
        self._shown = ()
        self.load.show_figure(Figure("Load", "\u2013"))
        self.latency.show_figure(Figure("Latency", "\u2013"))
        self.dropouts.show_figure(Figure("Dropouts", "\u2013"))

    def _show_status(self, status: Status) -> None:
        if not self.isVisible() or not status.open:
            return
        if status.playing:
            self.meter_in.set_levels(amplitude(status.input.peak), amplitude(status.input.rms))
            self.meter_out.set_levels(amplitude(status.output.peak), amplitude(status.output.rms))
        shown = (round(100 * status.load), round(status.latency_ms, 1), status.dropouts)
        if shown == self._shown:
            return
        self._shown = shown
        words = "take larger blocks" if status.load > BUSY else "of one core"
        self.load.show_figure(Figure("Load", f"{shown[0]}", words, "%"))
        self.latency.show_figure(Figure("Latency", f"{shown[1]:.1f}", "to the device", "ms"))
        self.dropouts.show_figure(Figure("Dropouts", f"{status.dropouts}", "since it opened"))

    def _sources_changed(self) -> None:
        self.meter_out.set_colour(self._player.source)

    def _playing_changed(self, playing: bool) -> None:
        if not playing:
            self.meter_in.set_levels(0, 0)
            self.meter_out.set_levels(0, 0)
