"""Which way a take goes: the device and channel that play, those that record, rate and level."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QDoubleSpinBox, QFormLayout, QHBoxLayout, QSpinBox, QWidget

from app import wording
from app.stages.pane import rows_layout
from engines.recording.devices import DeviceList, SoundDevice
from widgets.buttons import push_button, tool_button
from widgets.theme import label
from widgets.tokens import CONTROL_HEIGHT, SPACE

RATES = (44_100, 48_000, 88_200, 96_000)
CHANNEL_WIDTH = 72
LEVEL_WIDTH = 120
INSET = 6
"""Pixels before the number in a field."""


class RouteForm(QWidget):
    """Output, input, rate and level.

    Signals
    -------
    changed()
        Something else has been chosen.
    look_again()
        The user wants the devices listed anew.
    check_levels()
        The user wants to hear how loud it comes back.
    """

    changed = Signal()
    look_again = Signal()
    check_levels = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.devices = DeviceList()
        self.output, self.output_channel = _device("Output"), _channel("Output channel")
        self.input, self.input_channel = _device("Input"), _channel("Input channel")
        self.rate = QComboBox()
        self.rate.setAccessibleName("Sample rate")
        self.rate.setMinimumHeight(CONTROL_HEIGHT)
        for rate in RATES:
            self.rate.addItem(wording.rate(rate), rate)
        self.rate.setCurrentIndex(RATES.index(48_000))
        self.level = QDoubleSpinBox()
        self.level.setAccessibleName("Level of the test signal")
        self.level.setRange(-80.0, 0.0)
        self.level.setValue(-6.0)
        self.level.setDecimals(1)
        self.level.setSuffix(" dBFS")
        self.level.setMinimumHeight(CONTROL_HEIGHT)
        self.level.setFixedWidth(LEVEL_WIDTH)
        self.level.lineEdit().setTextMargins(INSET, 0, 0, 0)
        self.check = push_button("Check levels", "speaker", self)
        self.check.setToolTip("Plays some seconds and says what to turn")
        self.again = tool_button("redo", "Look for devices again", parent=self)
        self._wanted: dict[str, Any] = {}
        self._lay_out()
        self.output.currentIndexChanged.connect(lambda _index: self._fit())
        self.input.currentIndexChanged.connect(lambda _index: self._fit())
        self.rate.currentIndexChanged.connect(lambda _index: self.changed.emit())
        self.check.clicked.connect(lambda _checked=False: self.check_levels.emit())
        self.again.clicked.connect(lambda _checked=False: self.look_again.emit())

    def _lay_out(self) -> None:
        form: QFormLayout = rows_layout()
        self.setLayout(form)
        form.setContentsMargins(0, 0, 0, 0)
        form.addRow(
            label("Output", colour="soft"),
            _row(self.output, label("channel", "small", "soft"), self.output_channel),
        )
        form.addRow(
            label("Input", colour="soft"),
            _row(self.input, label("channel", "small", "soft"), self.input_channel),
        )
        form.addRow(label("Rate", colour="soft"), _row(self.rate, None, self.again))
        form.addRow(label("Level", colour="soft"), _row(self.level, None, self.check))

    def show_devices(self, devices: DeviceList) -> None:
        """Offer these devices; what was chosen stays chosen where it is still there."""
        self.devices = devices
        for box, side, default, key in (
            (self.output, "outputs", "default_output", "output"),
            (self.input, "inputs", "default_input", "input"),
        ):
            wanted = box.currentData() or self._wanted.get(key)
            box.blockSignals(True)
            box.clear()
            for device in devices.devices:
                if getattr(device, side) > 0:
                    box.addItem(f"{device.name}  ·  {device.interface}", device.id)
                    if getattr(device, default):
                        box.setCurrentIndex(box.count() - 1)
            found = box.findData(wanted) if wanted else -1
            if found >= 0:
                box.setCurrentIndex(found)
            box.setEnabled(box.count() > 0)
            box.blockSignals(False)
        self._fit()

    def _fit(self) -> None:
        """As many channels as the devices have."""
        for box, channel, side in (
            (self.output, self.output_channel, "outputs"),
            (self.input, self.input_channel, "inputs"),
        ):
            device = self._device(box)
            channel.setMaximum(max(1, getattr(device, side) if device is not None else 1))
            channel.setEnabled(device is not None)
        for channel, key in (
            (self.output_channel, "output_channel"),
            (self.input_channel, "input_channel"),
        ):
            if key in self._wanted:
                channel.setValue(int(self._wanted.pop(key)))
        self.changed.emit()

    def _device(self, box: QComboBox) -> SoundDevice | None:
        return next((d for d in self.devices.devices if d.id == box.currentData()), None)

    def problem(self) -> str:
        """Why no take can go this way, or an empty string."""
        if self.output.count() == 0 or self.input.count() == 0:
            return self.devices.trouble or "No sound device that plays and records was found."
        playing, recording = self._device(self.output), self._device(self.input)
        if playing and recording and playing.interface != recording.interface:
            return f"{playing.interface} and {recording.interface} cannot run in step."
        return ""

    def value(self) -> dict[str, Any]:
        """The route as the job's configuration has it."""
        return {
            "output": self.output.currentData(),
            "input": self.input.currentData(),
            "output_channel": self.output_channel.value(),
            "input_channel": self.input_channel.value(),
            "rate": int(self.rate.currentData()),
            "level": self.level.value(),
        }

    def set_value(self, value: dict[str, Any]) -> None:
        """Offer what was used before; devices count once they are found."""
        self._wanted = {
            key: value[key]
            for key in ("output", "input", "output_channel", "input_channel")
            if isinstance(value.get(key), str | int)
        }
        found = self.rate.findData(value.get("rate"))
        if found >= 0:
            self.rate.setCurrentIndex(found)
        level = value.get("level")
        if isinstance(level, int | float):
            self.level.setValue(float(level))


def _device(name: str) -> QComboBox:
    box = QComboBox()
    box.setAccessibleName(name)
    box.setMinimumHeight(CONTROL_HEIGHT)
    box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    box.setMinimumContentsLength(12)
    box.setEnabled(False)
    return box


def _channel(name: str) -> QSpinBox:
    box = QSpinBox()
    box.setAccessibleName(name)
    box.setRange(1, 1)
    box.setMinimumHeight(CONTROL_HEIGHT)
    box.setFixedWidth(CHANNEL_WIDTH)
    box.lineEdit().setTextMargins(INSET, 0, 0, 0)
    return box


def _row(first: QWidget, second: QWidget | None, third: QWidget) -> QHBoxLayout:
    row = QHBoxLayout()
    row.setSpacing(SPACE)
    row.addWidget(first, 1 if isinstance(first, QComboBox) and second is not None else 0)
    if second is not None:
        row.addWidget(second)
    row.addWidget(third)
    if second is None:
        row.addStretch(1)
    return row
