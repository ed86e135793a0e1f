"""Keeping a device open for the graph: the first try, the bridge, the watch, the tries after."""

from __future__ import annotations

import time
from collections.abc import Callable

from engines.audition.bridge import Bridge
from engines.audition.device import (
    NoDeviceError,
    Output,
    RateRefusedError,
    SoundError,
    choose,
    find_outputs,
    look_again,
)
from engines.audition.graph import Graph
from engines.audition.protocol import Devices, Event, NoDevice, Opened, SetOutput

STALL_SECONDS = 1.0
"""A device that has not asked for audio for so long has gone."""
RETRY_SECONDS = 2.0


class Sound:
    """The output device, as far as there is one.

    Parameters
    ----------
    emit : callable
        Takes the events ``device-list``, ``no-device`` and ``opened``.
    """

    def __init__(self, emit: Callable[[Event], None]) -> None:
        self.wanted = SetOutput()
        self.output: Output | None = None
        self._emit = emit
        self._bridge: Bridge | None = None
        self._trouble = ""
        self._seen = (0, 0.0)
        self._watched_at = 0.0
        self._retry_at = 0.0

    @property
    def is_open(self) -> bool:
        """Whether a device is open."""
        return self.output is not None

    @property
    def latency_ms(self) -> float:
        """From computing a sample to hearing it, as far as the device knows."""
        if self.output is None:
            return 0.0
        return self.output.latency_ms + (self._bridge.latency_ms if self._bridge else 0.0)

    @property
    def dropouts(self) -> int:
        """Gaps since the device was opened."""
        if self.output is None:
            return 0
        return self.output.dropouts + (self._bridge.underruns if self._bridge else 0)

    def list_devices(self, *, again: bool = False) -> None:
        """Say which devices there are, or that there is none; ``again``: look anew."""
        try:
            if again and self.output is None:
                look_again()
            self._emit(Devices(devices=find_outputs()))
        except SoundError as error:
            self._say_trouble(error, always=again)

    def open(self, graph: Graph, *, quietly: bool = False) -> bool:
        """Open the wanted device for a graph, where none is open yet; whether one is.

        A failure is said once (``quietly``: not again while it is the same), and tried again.
        """
        if self.output is not None:
            return True
        try:
            self._open(graph)
        except SoundError as error:
            self._drop_bridge()
            self._say_trouble(error, always=not quietly)
            self._retry_at = time.monotonic() + RETRY_SECONDS
            return False
        self._trouble = ""
        self._say_opened(graph)
        return True

    def close(self) -> None:
        """Close the device.

        Raises
        ------
        HangingDeviceError
            Its driver does not come back.
        """
        output, self.output = self.output, None
        try:
            if output is not None:
                output.close()
        finally:
            self._drop_bridge()

    def watch(self) -> str | None:
        """Why the device has to be given up, if it has; call it often."""
        output = self.output
        if output is None:
            return None
        fault = output.fault or (self._bridge.fault if self._bridge else None)
        if fault is not None:
            return f"Playing stopped by a fault in Trimpot ({type(fault).__name__}: {fault})."
        now = time.monotonic()
        late, self._watched_at = now - self._watched_at, now
        # Where this thread could not run either, the device is not to blame.
        if output.callbacks != self._seen[0] or late > STALL_SECONDS / 4:
            self._seen = (output.callbacks, now)
        silent_for = now - self._seen[1]
        if silent_for > STALL_SECONDS or (not output.active and silent_for > STALL_SECONDS / 4):
            return (
                f"The sound device “{output.device.name}” has stopped: it may have been unplugged, "
                "or the sound server ended. Playing is paused; it is tried again by itself."
            )
        return None

    def lost(self, text: str) -> None:
        """Say that the device had to be given up, and try again soon."""
        self._trouble = text
        self._emit(NoDevice(text=text))
        self._retry_at = time.monotonic() + RETRY_SECONDS

    def retry(self, graph: Graph) -> bool:
        """Try once more if it is time to; whether the device has been opened by that."""
        if self.output is not None or not self._trouble or time.monotonic() < self._retry_at:
            return False
        self._retry_at = time.monotonic() + RETRY_SECONDS
        try:
            look_again()
        except SoundError as error:
            self._say_trouble(error)
            return False
        if not self.open(graph, quietly=True):
            return False
        self.list_devices()
        return True

    # -- inside ----------------------------------------------------------------------------

    def _open(self, graph: Graph) -> None:
        rate = self.wanted.rate or graph.rate
        if rate == graph.rate:
            try:
                self.output = Output(self.wanted, rate, graph.process)
            except RateRefusedError:
                rate = choose(self.wanted.device)[1].rate
                if rate == graph.rate:
                    raise
        if self.output is None:
            self._bridge = Bridge(graph.process, graph.rate, rate, self.wanted.block)
            self.output = Output(self.wanted, rate, self._bridge.pull)
        self._seen = (0, time.monotonic())

    def _drop_bridge(self) -> None:
        bridge, self._bridge = self._bridge, None
        if bridge is not None:
            bridge.stop()

    def _say_opened(self, graph: Graph) -> None:
        output = self.output
        assert output is not None
        text = ""
        if self._bridge is not None:
            text = (
                f"The device plays at {output.rate} Hz, the audio is at {graph.rate} Hz: it is "
                "resampled on its way out."
            )
        self._emit(
            Opened(
                device=output.device.id,
                name=output.device.name,
                rate=output.rate,
                graph_rate=graph.rate,
                block=output.block,
                latency_ms=self.latency_ms,
                resampled=self._bridge is not None,
                text=text,
            )
        )

    def _say_trouble(self, error: SoundError, *, always: bool = False) -> None:
        if always or error.sentence != self._trouble:
            self._emit(NoDevice(text=error.sentence, details=error.details))
        self._trouble = error.sentence


__all__ = ["NoDeviceError", "Sound"]
