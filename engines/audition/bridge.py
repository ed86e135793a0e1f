"""Between a graph and a device that plays at another sample rate: resampling, ahead of time.

soxr's stream resampler may allocate, so it runs in a thread of its own that stays a little ahead
of the device; the callback only copies from a ring. One side moves the write position, the other
the read position, each a plain integer, so neither needs a lock.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

AHEAD_SECONDS = 0.06
"""How far the resampler stays ahead of the device, at least; two blocks where that is more."""
CHUNK = 256

Samples = NDArray[np.float32]


class Bridge:
    """Runs ``fill`` at ``graph_rate`` and hands its sound out at ``device_rate``.

    Parameters
    ----------
    fill : callable
        ``fill(block)`` fills float32[n, 1].
    graph_rate, device_rate : int
        In Hz.
    block : int
        The device's block.
    """

    def __init__(
        self, fill: Callable[[Samples], None], graph_rate: int, device_rate: int, block: int
    ) -> None:
        import soxr

        self.underruns = 0
        self.fault: BaseException | None = None
        self._fill = fill
        self._resampler = soxr.ResampleStream(
            graph_rate, device_rate, 1, dtype="float32", quality="HQ"
        )
        self._ahead = max(round(AHEAD_SECONDS * device_rate), 2 * block)
        self._rate = device_rate
        self._pause = CHUNK / graph_rate / 2
        self._ring = np.zeros(4 * self._ahead + 16384, dtype=np.float32)
        self._written = 0
        self._read = 0
        self._primed = False
        self._block = np.zeros((CHUNK, 1), dtype=np.float32)
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._feed, name="resampler", daemon=True)
        self._thread.start()

    @property
    def latency_ms(self) -> float:
        """What the ring adds, in milliseconds."""
        return 1000.0 * self._ahead / self._rate

    def stop(self) -> None:
        """End the thread."""
        self._stopped.set()
        self._thread.join()

    def pull(self, out: Samples) -> None:
        """Fill a device's block, float32[n, channels]; for the audio callback."""
        n = out.shape[0]
        there = self._written - self._read
        if not self._primed:
            if there < self._ahead:
                out.fill(0.0)
                return
            self._primed = True
        take = min(n, there)
        start = self._read % len(self._ring)
        first = min(take, len(self._ring) - start)
        out[:first] = self._ring[start : start + first, None]
        if take > first:
            out[first:take] = self._ring[: take - first, None]
        if take < n:
            out[take:] = 0.0
            self.underruns += 1
        self._read += take

    def _feed(self) -> None:
        try:
            while not self._stopped.is_set():
                if self._written - self._read >= self._ahead:
                    self._stopped.wait(self._pause)
                    continue
                self._fill(self._block)
                self._put(self._resampler.resample_chunk(self._block[:, 0]))
        except Exception as error:  # noqa: BLE001 - the control thread says it in words
            self.fault = error

    def _put(self, samples: Samples) -> None:
        start = self._written % len(self._ring)
        first = min(len(samples), len(self._ring) - start)
        self._ring[start : start + first] = samples[:first]
        self._ring[: len(samples) - first] = samples[first:]
        self._written += len(samples)
