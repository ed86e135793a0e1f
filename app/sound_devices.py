"""Which sound devices there are, asked from a process of its own: PortAudio may hang, or crash."""

from __future__ import annotations

from PySide6.QtCore import QObject, QProcess, QTimer, Signal

from app.jobs import process_environment, program_arguments
from engines.recording.devices import DeviceList, read_devices

ANSWER_MS = 10_000
SILENT = (
    "The system's sound does not answer, so no device can be listed. Restart the sound server, or "
    "unplug and reconnect the interface, and look again."
)


class DeviceFinder(QObject):
    """Looks for sound devices when asked to.

    Signals
    -------
    found(object)
        The :class:`~engines.recording.devices.DeviceList`; with its ``trouble`` where there are
        none.
    """

    found = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._process: QProcess | None = None
        self._patience = QTimer(self, singleShot=True, interval=ANSWER_MS)
        self._patience.timeout.connect(self._give_up)

    @property
    def looking(self) -> bool:
        """Whether an answer is still to come."""
        return self._process is not None

    def look(self) -> None:
        """Ask; :attr:`found` follows."""
        if self._process is not None:
            return
        process = QProcess(self)
        process.setProcessEnvironment(process_environment())
        process.finished.connect(self._answered)
        process.errorOccurred.connect(self._failed)
        self._process = process
        program, arguments = program_arguments("--sound-devices")
        process.start(program, arguments)
        self._patience.start()

    def stop(self) -> None:
        """Ask no more; waits a moment for the process to go."""
        process, self._process = self._process, None
        self._patience.stop()
        if process is not None:
            process.kill()
            process.waitForFinished(1000)
            process.deleteLater()

    def _failed(self, error: QProcess.ProcessError) -> None:
        if error == QProcess.ProcessError.FailedToStart:
            self._tell(DeviceList(trouble="Sound devices could not be looked for."))

    def _give_up(self) -> None:
        process = self._process
        self._tell(DeviceList(trouble=SILENT))
        if process is not None:
            process.kill()

    def _answered(self) -> None:
        process = self._process
        if process is None:
            return
        said = bytes(process.readAllStandardOutput().data())
        errors = bytes(process.readAllStandardError().data()).decode(errors="replace")
        for line in said.splitlines():
            try:
                self._tell(read_devices(line))
            except ValueError:
                continue
            return
        self._tell(DeviceList(trouble=SILENT, details=errors[-4000:]))

    def _tell(self, devices: DeviceList) -> None:
        process, self._process = self._process, None
        self._patience.stop()
        if process is not None:
            process.deleteLater()
        self.found.emit(devices)
