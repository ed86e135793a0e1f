"""The settings: not modal, every change takes hold at once and lasts."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, cast

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QApplication,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QFormLayout,
    QLineEdit,
    QVBoxLayout,
    QWidget,
)

from app.dialogs.simulator_rows import SimulatorRow, chooser
from app.settings import SettingsStore, apply_simulators
from app.stages.pane import align_captions, plain_buttons
from engines.circuits.simulators import SIMULATORS
from widgets.theme import apply_theme, label
from widgets.tokens import CONTROL_HEIGHT, SPACE

THEMES: tuple[tuple[str, str], ...] = (
    ("system", "As the system"),
    ("dark", "Dark"),
    ("light", "Light"),
)
BLOCK_SIZES = (64, 128, 256, 512, 1024)


class SettingsDialog(QDialog):
    """Theme, folders, sound, simulators.

    Signals
    -------
    changed(str)
        The name of the setting that has changed.
    """

    changed = Signal(str)

    def __init__(
        self, store: SettingsStore, devices: list[str] | None = None, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.store = store
        self.setWindowTitle("Settings")
        self.setModal(False)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setMinimumWidth(560)
        self._form = QFormLayout()
        self._form.setHorizontalSpacing(2 * SPACE)
        self._form.setVerticalSpacing(SPACE)
        self._add_theme()
        self._add_folder()
        self._add_sound(devices or [])
        self._add_simulators()
        self._trouble = label(store.trouble, "small", "soft", self, wrap=True)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, self)
        buttons.rejected.connect(self.close)
        plain_buttons(buttons)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(2 * SPACE, 2 * SPACE, 2 * SPACE, 2 * SPACE)
        layout.setSpacing(2 * SPACE)
        align_captions([self._form])
        layout.addLayout(self._form)
        layout.addWidget(self._trouble)
        layout.addStretch(1)
        layout.addWidget(buttons)

    def _add_theme(self) -> None:
        self.theme = _choice(self)
        for key, text in THEMES:
            self.theme.addItem(text, key)
        self.theme.setCurrentIndex(self.theme.findData(self.store.values.theme))
        self.theme.currentIndexChanged.connect(lambda _index: self._theme_chosen())
        self._form.addRow("Theme", self.theme)

    def _add_folder(self) -> None:
        self.folder = QLineEdit(str(self.store.projects_folder), self)
        self.folder.editingFinished.connect(self._folder_chosen)
        self._form.addRow("Projects folder", chooser(self.folder, self._choose_folder, self))

    def _add_sound(self, devices: list[str]) -> None:
        self.device = _choice(self)
        self.device.addItem("The system's output", "")
        current = self.store.values.audio_device
        for name in dict.fromkeys([*devices, *([current] if current else [])]):
            self.device.addItem(name, name)
        self.device.setCurrentIndex(max(0, self.device.findData(current)))
        self.device.currentIndexChanged.connect(
            lambda _index: self._set("audio_device", self.device.currentData())
        )
        self._form.addRow("Audio output", self.device)
        self.block = _choice(self)
        for size in sorted({*BLOCK_SIZES, self.store.values.block_size}):
            self.block.addItem(f"{size} samples ({size / 48:.1f} ms at 48 kHz)", size)
        self.block.setCurrentIndex(self.block.findData(self.store.values.block_size))
        self.block.currentIndexChanged.connect(
            lambda _index: self._set("block_size", self.block.currentData())
        )
        self._form.addRow("Audio block", self.block)

    def _add_simulators(self) -> None:
        self.simulator = _choice(self)
        for name, kind in SIMULATORS.items():
            self.simulator.addItem(kind.label, name)
        self.simulator.setCurrentIndex(self.simulator.findData(self.store.values.simulator))
        self.simulator.setAccessibleName("Simulate circuits with")
        self.simulator.currentIndexChanged.connect(
            lambda _index: self._set("simulator", self.simulator.currentData())
        )
        self._form.addRow("Circuits with", self.simulator)
        self.simulators: dict[str, SimulatorRow] = {}
        for name, kind in SIMULATORS.items():
            row = SimulatorRow(name, getattr(self.store.values, name), self)
            row.changed.connect(self._simulator_chosen)
            self.simulators[name] = row
            row.told.connect(self._make_room)
            self._form.addRow(kind.label, row)
            self._form.setWidget(self._form.rowCount(), QFormLayout.ItemRole.FieldRole, row.note)
            row.look()

    def _make_room(self) -> None:
        """Grow where words got longer: a window does not by itself."""
        layout = self.layout()
        if layout is not None and self.isVisible():
            layout.activate()
            self.resize(self.width(), max(self.height(), layout.totalHeightForWidth(self.width())))

    # -- changes ---------------------------------------------------------------------------

    def _set(self, name: str, value: object) -> None:
        setattr(self.store.values, name, value)
        self.store.try_save()
        self._trouble.setText(self.store.trouble)
        self.changed.emit(name)

    def _theme_chosen(self) -> None:
        mode = cast("Literal['system', 'dark', 'light']", self.theme.currentData())
        self._set("theme", mode)
        app = QApplication.instance()
        if isinstance(app, QApplication):
            apply_theme(app, mode)

    def _folder_chosen(self) -> None:
        text = self.folder.text().strip()
        if text and text != str(self.store.projects_folder):
            self._set("projects_folder", str(Path(text).expanduser()))

    def _choose_folder(self) -> None:
        found = QFileDialog.getExistingDirectory(self, "Projects folder", self.folder.text())
        if found:
            self.folder.setText(found)
            self._folder_chosen()

    def _simulator_chosen(self, name: str, path: str) -> None:
        self._set(name, path)
        apply_simulators(self.store)


def _choice(parent: QWidget) -> QComboBox:
    box = QComboBox(parent)
    box.setMinimumHeight(CONTROL_HEIGHT)
    return box
