"""The transport's logic: what is selected is what plays, in any stage."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal

from app.audition import AuditionClient
from app.background import in_background
from app.heard_models import HeardModels
from app.models import find_model
from app.output import SoundOutput
from app.programme import (
    Programme,
    Stretch,
    capture_of_run,
    capture_programme,
    file_programme,
)
from app.session import ProjectSession
from app.transport_link import TransportLink
from app.workbench import Workbench
from engines.audition.protocol import Loaded, Source, Status
from projects.errors import TrimpotError
from widgets.transport import TransportBar

SETTLE_MS = 60
"""Selections that follow each other within this time are loaded once."""
SOURCES: tuple[Source, ...] = ("dry", "wet", "model", "second")
NOTHING = "nothing is loaded"


@dataclass(frozen=True)
class Comparison:
    """What the Compare stage plays in place of the selection."""

    programme: Programme
    model_id: str = ""
    second_id: str = ""


class Player(QObject):
    """Plays what is selected through the audio engine, which it starts in the background.

    Signals
    -------
    programme_changed()
        Another audio, or another stretch of it, is what would play.
    sources_changed()
        What can be heard, or what is heard, is new.
    status_changed(object)
        The engine's :class:`~engines.audition.protocol.Status`, some 20 times a second.
    playing_changed(bool)
        It plays, or no longer does.
    """

    programme_changed = Signal()
    sources_changed = Signal()
    status_changed = Signal(object)
    playing_changed = Signal(bool)

    def __init__(self, workbench: Workbench, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.workbench = workbench
        self.client = AuditionClient(self)
        self.output = SoundOutput(self.client, workbench.settings, self)
        self.models = HeardModels(self.client, workbench, self)
        self.programme: Programme | None = None
        self.file: Path | None = None
        """An audio file to hear the model with, in place of a capture."""
        self.source: Source = "dry"
        """What is heard: what was wished for, or else what can be."""
        self._wish: Source = "model"
        self.playing = False
        self.position = 0.0
        """Seconds of the file."""
        self._stretch: Stretch = "whole"
        self._selection: tuple[float, float] | None = None
        self._comparison: Comparison | None = None
        self._loaded: Loaded | None = None
        self._session: ProjectSession | None = None
        self._settle = QTimer(self, singleShot=True, interval=SETTLE_MS)
        self._settle.timeout.connect(self.refresh)
        self._connect()

    def _connect(self) -> None:
        workbench, client = self.workbench, self.client
        workbench.session_changed.connect(self._session_changed)
        workbench.capture_selected.connect(self._capture_selected)
        workbench.run_selected.connect(self._settle.start)
        client.status.connect(self._on_status)
        client.loaded.connect(self._on_loaded)
        client.failed.connect(self._on_failed)
        client.restarted.connect(self._on_restarted)
        self.models.changed.connect(self._check_source)

    # -- life ------------------------------------------------------------------------------

    def start(self) -> None:
        """Start the audio engine; call it once the window has been painted."""
        self.output.apply()
        self._send_loop()
        self.client.set_source(self.source)
        self.client.start()
        self._session_changed()

    def attach(self, bar: TransportBar) -> None:
        """Connect a transport bar: its buttons to the engine, the engine's status to it."""
        TransportLink(self, bar)

    def close(self) -> None:
        """Stop the audio engine."""
        self._settle.stop()
        self.client.close()

    # -- what plays ------------------------------------------------------------------------

    @property
    def stretch(self) -> Stretch:
        """Which stretch of a capture plays: its test part, or all of it."""
        return self._stretch

    def set_stretch(self, stretch: Stretch) -> None:
        """Play a capture's test part alone, or all of it."""
        if stretch != self._stretch or self._selection is not None:
            self._stretch = stretch
            self._selection = None
            self.refresh()

    def play_stretch(self, start: float, stop: float) -> None:
        """Play these seconds of the selected capture, and them alone, from their start."""
        self._selection = (start, stop)
        self.refresh()
        self.seek(start)
        self.play()

    def set_file(self, path: Path | None) -> None:
        """Hear the model with a file of the user's; None: with the captures again."""
        self.file = path
        self.refresh()

    def compare(self, comparison: Comparison | None) -> None:
        """Play a comparison's audio and models in place of the selection, until None is given."""
        if comparison != self._comparison:
            self._comparison = comparison
            self.refresh()

    def set_second(self, run_id: str) -> None:
        """Hear a second model beside the selected one; an empty id: none."""
        self.models.choose_second(run_id)
        self.refresh()

    def refresh(self) -> None:
        """Load what is selected, where it is not loaded already."""
        self._settle.stop()
        session = self.workbench.session
        if self._comparison is not None:
            self.models.show(self._comparison.model_id, self._comparison.second_id)
            self._take(self._comparison.programme)
            return
        self.models.show(self.workbench.run_id, self.models.second_id)
        if self.file is not None:
            in_background(self, partial(file_programme, self.file), self._take_file, self._refused)
            return
        try:
            self._take(self._selected(session) if session is not None else None)
        except TrimpotError as error:
            self._refused(error)

    def _selected(self, session: ProjectSession) -> Programme | None:
        capture_id = self.workbench.capture_id
        model = find_model(session, self.workbench.run_id)
        if model is not None:
            capture_id = capture_of_run(session, model.run, capture_id)
        elif session.manifest.capture(capture_id) is None and session.manifest.captures:
            capture_id = session.manifest.captures[0].id
        programme = capture_programme(session, capture_id, self._stretch)
        if programme is None or self._selection is None:
            return programme
        start, stop = self._selection
        return replace(programme, start=max(0.0, start), stop=min(stop, programme.seconds))

    def _take_file(self, programme: Programme) -> None:
        if self.file == programme.dry and self._comparison is None:
            self._take(programme)

    def _refused(self, error: Exception) -> None:
        self.file = None
        self.workbench.notices.error(error)
        self._take(None)

    def _take(self, programme: Programme | None) -> None:
        if programme == self.programme:
            return
        same_files = (
            programme is not None
            and self.programme is not None
            and programme.source == self.programme.source
        )
        self.programme = programme
        if not same_files:
            self._loaded = None
        if programme is None:
            self.client.stop()
        else:
            self._load(programme)
            self.models.set_capture(programme.capture_id)
        self.position = programme.start if programme is not None else 0.0
        self._send_loop()
        if programme is not None and self.playing:
            self.client.play()
        self.programme_changed.emit()
        self._check_source()

    def _load(self, programme: Programme) -> None:
        start, stop = programme.start, None if programme.is_whole else programme.stop
        if programme.folder is None:
            self.client.load(programme.dry, programme.wet, start=start, stop=stop)
            return
        replaced = programme.replaced
        self.client.load_capture(
            programme.folder,
            programme.edits,
            dry=programme.dry if "dry" in replaced else None,
            wet=programme.wet if "wet" in replaced else None,
            start=start,
            stop=stop,
        )

    def _capture_selected(self) -> None:
        if self.workbench.capture_id:
            self.file = None
        self._selection = None
        self._settle.start()

    def _session_changed(self) -> None:
        session = self.workbench.session
        self.file = None
        self._selection = None
        self._comparison = None
        self.models.forget()
        if session is not None and session is not self._session:
            session.manifest_changed.connect(self._settle.start)
        self._session = session
        self.refresh()

    # -- the transport ---------------------------------------------------------------------

    def toggle(self) -> None:
        """Space: play what is selected, or pause."""
        if self.playing:
            self.client.pause()
        else:
            self.play()

    def play(self) -> None:
        """Play what is selected; says so where there is nothing or no device."""
        self.refresh()
        if self.programme is None and self.file is None:
            self.workbench.notices.info(
                "There is nothing to play yet: select a capture, or open a project."
            )
            return
        if self.output.trouble:
            self.workbench.notices.warning(self.output.trouble, self.output.details)
            self.output.retry()
        self.client.play()

    def pause(self) -> None:
        """Fade out and stay there."""
        self.client.pause()

    def stop(self) -> None:
        """Fade out and go back to the start."""
        self.client.stop()

    def seek(self, seconds: float) -> None:
        """Go to a time of the file; outside the stretch, the whole file plays from now on."""
        programme = self.programme
        if programme is None:
            return
        if not programme.start <= seconds <= programme.stop and self._comparison is None:
            self.set_stretch("whole")
        self.client.seek(seconds)
        self.position = seconds

    @property
    def loop(self) -> bool:
        """Whether the stretch repeats; lasts in the settings."""
        return self.workbench.settings.values.loop

    def set_loop(self, on: bool) -> None:
        """Repeat the stretch, or not."""
        self.workbench.settings.values.loop = on
        self.workbench.settings.try_save()
        self._send_loop()
        self.sources_changed.emit()

    def _send_loop(self) -> None:
        if self.loop and self.programme is not None:
            self.client.set_loop(self.programme.start, self.programme.stop)
        else:
            self.client.set_loop(None, None)

    # -- what is heard ---------------------------------------------------------------------

    def reasons(self) -> dict[str, str | None]:
        """For each source None where it can be heard, else why not."""
        programme = self.programme
        wet = None if programme is not None and programme.wet is not None else "this file has none"
        return {
            "dry": None if programme is not None else NOTHING,
            "wet": wet if programme is not None else NOTHING,
            "model": self.models.reason("model") if programme is not None else NOTHING,
            "second": self.models.reason("second") if programme is not None else NOTHING,
        }

    def choose_source(self, source: str) -> None:
        """Hear ``dry``, ``wet``, ``model`` or ``second``, where it can be heard."""
        wanted = next((known for known in SOURCES if known == source), None)
        if wanted is None or self.reasons()[wanted] is not None:
            return
        self._wish = wanted
        self._check_source()

    def _check_source(self) -> None:
        """Hear what was wished for, or what can be heard until it comes; announce what can."""
        reasons = self.reasons()
        order: tuple[Source, ...] = (self._wish, "wet", "dry")
        heard = next((source for source in order if reasons[source] is None), self.source)
        if heard != self.source:
            self.source = heard
            self.client.set_source(heard)
        self.sources_changed.emit()

    # -- the engine's events ---------------------------------------------------------------

    def _on_status(self, status: Status) -> None:
        self.position = status.position
        if status.playing != self.playing:
            self.playing = status.playing
            self.playing_changed.emit(self.playing)
        self.status_changed.emit(status)

    def _on_loaded(self, event: Loaded) -> None:
        if event != self._loaded:
            for warning in event.warnings:
                self.workbench.notices.warning(warning)
        self._loaded = event

    def _on_failed(self, text: str, details: str, slot: str) -> None:
        if not slot:
            self.workbench.notices.warning(text, details)
            if not self.client.running:
                self._not_playing()
                self.output.lost(text, details)

    def _on_restarted(self, text: str) -> None:
        self._not_playing()
        self.models.engine_restarted()
        self.workbench.notices.warning(text)

    def _not_playing(self) -> None:
        if self.playing:
            self.playing = False
            self.playing_changed.emit(False)
