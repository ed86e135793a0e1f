"""The waveform of what plays, with the play cursor; a click seeks."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.background import in_background
from app.player import Player
from app.programme import Programme
from engines.audition.protocol import Status
from projects.capture import Capture
from projects.errors import TrimpotError
from widgets.parts import Part
from widgets.waveform import WaveformView, WaveSignal

MAX_FILE_SECONDS = 900.0
"""Longer files of the user's are heard, but not drawn."""


class ProgrammeView(QWidget):
    """Dry and wet of the capture that plays, or the user's own file."""

    def __init__(self, player: Player, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._player = player
        self._shown: tuple[Path, Path | None] | None = None
        self.waves = WaveformView()
        self.waves.setMinimumHeight(160)
        self.waves.seek.connect(player.seek)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.waves)
        player.programme_changed.connect(self.refresh)
        player.status_changed.connect(self._show_status)
        self.refresh()

    def refresh(self) -> None:
        """Show what would play; its audio is opened off the window's thread."""
        programme = self._player.programme
        files = (programme.dry, programme.wet) if programme is not None else None
        if files != self._shown:
            self._shown = files
            self.waves.set_signals([])
            self.waves.set_parts([])
            if programme is not None:
                self._open(programme)
        self._show_cursor()

    def _open(self, programme: Programme) -> None:
        session = self._player.workbench.session
        capture = None
        if programme.capture_id and session is not None:
            capture = session.capture(programme.capture_id)
        if capture is not None and session is not None:
            self._show_parts(capture)
            folder = session.project.capture_folder(capture.id)
            work = partial(_open_capture, session.folder, folder, capture)
        else:
            work = partial(_open_file, programme.dry)
        files = (programme.dry, programme.wet)
        in_background(self, work, partial(self._opened, files), self._failed)

    def _opened(self, files: tuple[Path, Path | None], signals: list[WaveSignal]) -> None:
        if files == self._shown:
            self.waves.set_signals(signals)

    def _failed(self, error: Exception) -> None:
        if not isinstance(error, TrimpotError):
            raise error
        self._player.workbench.notices.error(error)

    def _show_parts(self, capture: Capture) -> None:
        session = self._player.workbench.session
        entry = session.manifest.capture(capture.id) if session is not None else None
        split = session.split_of(entry) if session is not None and entry is not None else None
        rate = capture.sample_rate
        self.waves.set_parts(
            [
                Part(section.part, section.start / rate, section.stop / rate)
                for section in (split.sections if split is not None else ())
            ]
        )

    def _show_cursor(self) -> None:
        has = self._player.programme is not None
        self.waves.set_play_position(self._player.position if has else None)

    def _show_status(self, status: Status) -> None:
        if self.isVisible() and self._player.programme is not None:
            self.waves.set_play_position(status.position)


def _open_capture(project: Path, folder: Path, capture: Capture) -> list[WaveSignal]:
    from app.peak_files import open_signals

    heard = capture.model_copy(
        update={"signals": tuple(s for s in capture.signals if s.role in ("dry", "wet"))}
    )
    return [
        WaveSignal(
            drawn.signal.name,
            drawn.signal.role,
            drawn.signal.role,
            drawn.source,
            drawn.signal.unit,
            drawn.signal.full_scale,
        )
        for drawn in open_signals(project, folder, heard)
    ]


def _open_file(path: Path) -> list[WaveSignal]:
    import numpy as np

    from app.peak_files import map_wav
    from engines.audio.files import describe, read_audio
    from widgets.peaks import ArraySource

    mono = map_wav(path)
    if mono is None:
        samples = read_audio(path, max_seconds=MAX_FILE_SECONDS).samples
        mono = samples.mean(axis=1).astype(np.float32)
    rate = describe(path).sample_rate
    return [WaveSignal("dry", path.name, "dry", ArraySource(mono, rate))]
