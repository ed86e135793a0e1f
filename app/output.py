"""Where the sound goes: device, block size, volume; what to do when there is no device."""

from __future__ import annotations

import math

from PySide6.QtCore import QObject, Signal

from app.audition import AuditionClient
from app.settings import SettingsStore
from engines.audition.protocol import SILENCE_DB, Device, Devices, Opened, SetOutput

BLOCKS = (32, 64, 128, 256, 512, 1024, 2048)
"""Block sizes offered, in samples."""


def volume_db(volume: float) -> float:
    """The output gain in dB of a volume in 0..1."""
    return max(SILENCE_DB, 20.0 * math.log10(volume)) if volume > 0 else SILENCE_DB


class SoundOutput(QObject):
    """The audio engine's device as the window sees it; its choices last in the settings.

    While there is no device the engine itself looks again every few seconds; :meth:`retry` looks
    at once, and starts an engine that has been given up.

    Signals
    -------
    changed()
        Devices, the open device or the trouble are other than before.
    """

    changed = Signal()

    def __init__(
        self, client: AuditionClient, settings: SettingsStore, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._client = client
        self._settings = settings
        self.devices: tuple[Device, ...] = ()
        self.opened: Opened | None = None
        self.trouble = ""
        """Why nothing can be heard, as a sentence; empty while all is well."""
        self.details = ""
        client.devices_found.connect(self._on_devices)
        client.opened.connect(self._on_opened)
        client.no_device.connect(self._on_no_device)

    def apply(self) -> None:
        """Send the settings' device, block and volume to the engine."""
        values = self._settings.values
        self._client.set_output(
            SetOutput(device=values.audio_device or None, block=values.block_size)
        )
        self._client.set_gain(volume_db(values.volume))
        self.changed.emit()

    def choose(self, device: str | None = None, block: int | None = None) -> None:
        """Play through another device (its id; empty: the system's) or in other blocks."""
        if device is not None:
            self._settings.values.audio_device = device
        if block is not None:
            self._settings.values.block_size = block
        self._settings.try_save()
        self.apply()

    def set_volume(self, volume: float) -> None:
        """Set the volume, 0..1 of full scale; kept when :meth:`keep_volume` is called."""
        self._settings.values.volume = min(max(volume, 0.0), 1.0)
        self._client.set_gain(volume_db(self._settings.values.volume))

    def keep_volume(self) -> None:
        """Save the volume for the next start."""
        self._settings.try_save()

    @property
    def volume(self) -> float:
        """The volume in 0..1."""
        return self._settings.values.volume

    def retry(self) -> None:
        """Look for devices now; the user asked for it."""
        self._client.refresh_devices()

    def lost(self, text: str, details: str) -> None:
        """The engine is off: say so; only :meth:`retry` starts it again."""
        self.opened = None
        self._set_trouble(text, details)

    def _on_devices(self, event: Devices) -> None:
        self.devices = event.devices
        self.changed.emit()

    def _on_opened(self, event: Opened) -> None:
        self.opened = event
        self._set_trouble("", "")

    def _on_no_device(self, text: str, details: str) -> None:
        self.opened = None
        self._set_trouble(text, details)

    def _set_trouble(self, text: str, details: str) -> None:
        self.trouble, self.details = text, details
        self.changed.emit()
