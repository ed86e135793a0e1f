"""Ties a transport bar to the player: its buttons to the engine, the engine's status to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from engines.audition.protocol import Status
from widgets.transport import TransportBar

if TYPE_CHECKING:
    from app.player import Player


def amplitude(db: float) -> float:
    """A level in dBFS as an amplitude; 1.0 is full scale."""
    return 0.0 if db <= -120.0 else 10.0 ** (db / 20.0)


class TransportLink(QObject):
    """Keeps a bar and the player in step, for as long as the bar lives."""

    def __init__(self, player: Player, bar: TransportBar) -> None:
        super().__init__(bar)
        self._player = player
        self._bar = bar
        self._stream: tuple[object, ...] = ()
        bar.play_toggled.connect(self._play_toggled)
        bar.stop_requested.connect(player.stop)
        bar.loop_toggled.connect(player.set_loop)
        bar.source_chosen.connect(player.choose_source)
        bar.seek.connect(self._seek)
        bar.knob_changed.connect(player.models.set_knob)
        bar.status_clicked.connect(lambda: player.workbench.command_requested.emit("settings"))
        player.programme_changed.connect(self._show_programme)
        player.sources_changed.connect(self._show_sources)
        player.playing_changed.connect(bar.set_playing)
        player.status_changed.connect(self._show_status)
        player.output.changed.connect(self._show_output)
        player.models.knobs_changed.connect(self._show_knobs)
        self._show_programme()
        self._show_sources()
        self._show_knobs()
        self._show_output()

    def _play_toggled(self, wanted: bool) -> None:
        if wanted:
            self._player.play()
        else:
            self._player.pause()

    def _seek(self, seconds: float) -> None:
        programme = self._player.programme
        if programme is not None:
            self._player.seek(programme.start + seconds)

    def _show_programme(self) -> None:
        programme = self._player.programme
        self._bar.set_duration(programme.stop - programme.start if programme else 0.0)
        self._bar.set_position(0.0)
        self._show_sources()

    def _show_sources(self) -> None:
        player = self._player
        self._bar.set_sources(player.reasons())
        self._bar.set_source(player.source)
        programme = player.programme
        if player.loop and programme is not None:
            self._bar.set_loop(True, 0.0, programme.stop - programme.start)
        else:
            self._bar.set_loop(player.loop)

    def _show_knobs(self) -> None:
        self._bar.set_knobs(self._player.models.knob_specs(), self._player.models.values)

    def _show_output(self) -> None:
        output = self._player.output
        self._stream = ()
        if output.trouble:
            self._bar.set_message(output.trouble, "warning")
        elif output.opened is None:
            self._bar.set_message("Starting the sound", "info")

    def _show_status(self, status: Status) -> None:
        programme = self._player.programme
        start = programme.start if programme is not None else 0.0
        # The engine may still report the last audio's place after its project has been closed.
        place = max(0.0, status.position - start) if programme is not None else 0.0
        self._bar.set_position(place)
        if status.playing:
            self._bar.set_levels(
                amplitude(status.input.peak),
                amplitude(status.input.rms),
                amplitude(status.output.peak),
                amplitude(status.output.rms),
            )
        stream = (
            status.open,
            status.rate,
            status.block,
            round(status.latency_ms, 1),
            status.dropouts,
            round(status.load, 2),
        )
        if stream != self._stream and status.open:
            self._bar.set_status(
                status.rate, status.block, status.latency_ms, status.dropouts, status.load
            )
        self._stream = stream
