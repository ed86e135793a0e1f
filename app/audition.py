"""The window's end of the audio engine: its events as signals, its crashes in words."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, QProcess, QTimer, Signal

from app.jobs import outcome_words, process_environment, program_arguments
from engines.audition.protocol import (
    Command,
    Devices,
    Event,
    Fault,
    Finished,
    Gain,
    Knobs,
    Load,
    Loaded,
    LoadModel,
    Loop,
    ModelLoaded,
    ModelProgress,
    ModelUnloaded,
    NoDevice,
    Opened,
    Pause,
    Play,
    Quit,
    Ready,
    Refresh,
    Seek,
    SetOutput,
    SetSource,
    Slot,
    Source,
    Status,
    Stop,
    UnloadModel,
    decode_event,
    encode,
)
from projects.manifest import Edits

KEEP_STDERR = 16_000
MAX_RESTARTS = 3
"""Crashes in a row, each soon after the start, after which the engine is left alone."""
HEALTHY_MS = 10_000
"""How long an engine must have run for its crash to count as the first again."""
QUIT_GRACE_MS = 1500
SILENT_MS = 8000
"""An engine that has not said anything for so long waits for a sound system that hangs."""


class AuditionClient(QObject):
    """The audio engine, started by :meth:`start`, started again after a crash.

    Every method returns at once. What has been asked for (audio, models, source, knobs, gain,
    device) is remembered, so that an engine which had to be started again plays the same.

    Signals
    -------
    ready()
        The engine listens.
    devices_found(object)
        :class:`~engines.audition.protocol.Devices`.
    no_device(str, str)
        Nothing can play now: the sentence, details.
    opened(object), loaded(object), model_loaded(object), status(object)
        The events of these names.
    model_progress(str, str)
        The slot and what is being done.
    model_unloaded(str)
        The slot.
    finished()
        The audio has come to its end.
    failed(str, str, str)
        A sentence, details, and the slot concerned (or "").
    restarted(str)
        The engine crashed and has been started again: the sentence.
    """

    ready = Signal()
    devices_found = Signal(object)
    no_device = Signal(str, str)
    opened = Signal(object)
    loaded = Signal(object)
    model_progress = Signal(str, str)
    model_loaded = Signal(object)
    model_unloaded = Signal(str)
    status = Signal(object)
    finished = Signal()
    failed = Signal(str, str, str)
    restarted = Signal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.last_status: Status | None = None
        self._wanted: dict[str, Command] = {}
        self._knobs: dict[str, float] = {}
        self._process: QProcess | None = None
        self._buffer = b""
        self._stderr = b""
        self._closing = False
        self._restarts = 0
        self._healthy = QTimer(self, singleShot=True, interval=HEALTHY_MS)
        self._healthy.timeout.connect(self._forget_crashes)
        self._silent = QTimer(self, singleShot=True, interval=SILENT_MS)
        self._silent.timeout.connect(self._say_silent)

    # -- the process -----------------------------------------------------------------------

    @property
    def running(self) -> bool:
        """Whether the engine's process is there."""
        return self._process is not None

    @property
    def pid(self) -> int:
        """The engine's process number (0 where there is none)."""
        return self._process.processId() if self._process is not None else 0

    def start(self) -> None:
        """Start the engine, where it does not run yet; :attr:`ready` follows."""
        if self._process is not None:
            return
        self._closing = False
        self._buffer = b""
        self._stderr = b""
        process = QProcess(self)
        process.setProcessEnvironment(process_environment())
        process.readyReadStandardOutput.connect(self._read)
        process.readyReadStandardError.connect(self._read_stderr)
        process.finished.connect(self._on_finished)
        process.errorOccurred.connect(self._on_error)
        self._process = process
        program, arguments = program_arguments("--audio-engine")
        process.start(program, arguments)
        for command in self._wanted.values():
            self._write(command)
        if self._knobs:
            self._write(Knobs(positions=self._knobs))

    def close(self) -> None:
        """End the engine; waits a moment for it, at the window's close only."""
        self._closing = True
        self._healthy.stop()
        self._silent.stop()
        process = self._process
        if process is None:
            return
        self._write(Quit())
        process.closeWriteChannel()
        if not process.waitForFinished(QUIT_GRACE_MS):
            process.kill()
            process.waitForFinished(QUIT_GRACE_MS)
        self._process = None

    # -- commands --------------------------------------------------------------------------

    def load(
        self, dry: Path, wet: Path | None = None, *, start: float = 0.0, stop: float | None = None
    ) -> None:
        """Load a dry file and, where there is one, its wet; plays from ``start`` to ``stop`` s."""
        self._want(
            "audio",
            Load(dry=str(dry), wet=str(wet) if wet else None, start=start, stop=stop),
        )

    def load_capture(
        self,
        folder: Path,
        edits: Edits,
        *,
        dry: Path | None = None,
        wet: Path | None = None,
        start: float = 0.0,
        stop: float | None = None,
    ) -> None:
        """Load a capture's audio, its wet as decided; ``dry`` and ``wet`` replace its own."""
        self._want(
            "audio",
            Load(
                capture=str(folder),
                dry=str(dry) if dry else None,
                wet=str(wet) if wet else None,
                shift=edits.shift,
                flip=edits.flip,
                start=start,
                stop=stop,
            ),
        )

    def load_model(self, path: Path, slot: Slot = "model") -> None:
        """Load a model file into a slot, also again after it has been written anew."""
        self._want(slot, LoadModel(slot=slot, path=str(path)))

    def unload_model(self, slot: Slot = "model") -> None:
        """Empty a slot."""
        self._wanted.pop(slot, None)
        self._write(UnloadModel(slot=slot))

    def set_source(self, source: Source) -> None:
        """Choose what is heard."""
        self._want("source", SetSource(source=source))

    def play(self) -> None:
        """Play on."""
        self._write(Play())

    def pause(self) -> None:
        """Fade out and stay."""
        self._write(Pause())

    def stop(self) -> None:
        """Fade out and go back to the start."""
        self._write(Stop())

    def seek(self, seconds: float) -> None:
        """Go to a time of the file."""
        self._write(Seek(seconds=max(0.0, seconds)))

    def set_loop(self, start: float | None, stop: float | None) -> None:
        """Repeat a stretch (seconds), or None, None for no loop."""
        self._want("loop", Loop(start=start, stop=stop))

    def set_knobs(self, positions: dict[str, float]) -> None:
        """Turn knobs, by name, to positions 0..1."""
        self._knobs.update(positions)
        self._write(Knobs(positions=positions))

    def set_gain(self, db: float) -> None:
        """Set the output level in dB."""
        self._want("gain", Gain(db=db))

    def set_output(self, output: SetOutput) -> None:
        """Choose device, block, rate and latency."""
        self._want("output", output)

    def refresh_devices(self) -> None:
        """Look again which devices there are; starts the engine again if it had been given up."""
        self._restarts = 0
        if self._process is None:
            self.start()
        self._write(Refresh())

    def _want(self, key: str, command: Command) -> None:
        self._wanted.pop(key, None)
        self._wanted[key] = command
        self._write(command)

    def _write(self, command: Command) -> None:
        if self._process is not None:
            self._process.write(encode(command))

    # -- events ----------------------------------------------------------------------------

    def _read(self) -> None:
        if self._process is None:
            return
        self._buffer += bytes(self._process.readAllStandardOutput().data())
        *lines, self._buffer = self._buffer.split(b"\n")
        for line in lines:
            event = decode_event(line)
            if event is not None:
                self._pass_on(event)

    def _pass_on(self, event: Event) -> None:
        self._silent.start()
        match event:
            case Status():
                self.last_status = event
                self.status.emit(event)
            case Ready():
                self._healthy.start()
                self.ready.emit()
            case Devices():
                self.devices_found.emit(event)
            case NoDevice():
                self.no_device.emit(event.text, event.details)
            case Opened():
                self.opened.emit(event)
            case Loaded():
                self.loaded.emit(event)
            case ModelProgress():
                self.model_progress.emit(event.slot, event.text)
            case ModelLoaded():
                self.model_loaded.emit(event)
            case ModelUnloaded():
                self.model_unloaded.emit(event.slot)
            case Finished():
                self.finished.emit()
            case Fault():
                self.failed.emit(event.text, event.details, event.slot or "")

    def _read_stderr(self) -> None:
        if self._process is not None:
            self._stderr += bytes(self._process.readAllStandardError().data())
            self._stderr = self._stderr[-KEEP_STDERR:]

    def _on_error(self, error: QProcess.ProcessError) -> None:
        if error == QProcess.ProcessError.FailedToStart and self._process is not None:
            self._process.deleteLater()
            self._process = None
            self.failed.emit("The audio engine could not be started.", "", "")

    def _on_finished(self, code: int, status: QProcess.ExitStatus) -> None:
        if self._process is None:
            return
        self._read()
        self._read_stderr()
        self._process.deleteLater()
        self._process = None
        self._healthy.stop()
        self._silent.stop()
        self.last_status = None
        if self._closing:
            return
        how = outcome_words(code, status == QProcess.ExitStatus.CrashExit)
        details = self._stderr.decode(errors="replace")
        self._restarts += 1
        if self._restarts > MAX_RESTARTS:
            self.failed.emit(
                f"The audio engine {how} {self._restarts} times in a row, so it stays off. Choose "
                "another sound device, or look for devices again to start it once more.",
                details,
                "",
            )
            return
        self.start()
        self.restarted.emit(f"The audio engine {how} and has been started again. Press play.")

    def _forget_crashes(self) -> None:
        self._restarts = 0

    def _say_silent(self) -> None:
        self.no_device.emit(
            "The system's sound does not answer, so nothing can be played. Restart the sound "
            "server, or unplug and reconnect the sound device.",
            self._stderr.decode(errors="replace"),
        )
