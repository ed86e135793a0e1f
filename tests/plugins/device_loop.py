"""A device on the cable: what the sound server plays goes through an effect and comes back.

The effect is a process of its own (``python device_loop.py FOLDER EFFECT DELAY``): ``parec`` from
the sink's monitor, the effect, and a pipe that the server's input reads. No clock is between them,
so that not a sample is lost or added however busy the machine is.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from sound_server import CHANNELS, RATE, SoundServer

Float = NDArray[np.float64]
PIPE = "back.pipe"
BLOCK = 480
"""Samples that the effect takes at a time."""


class Effect:
    """What the device on the cable does: a delay in samples, then a curve, then a low-pass."""

    def __init__(self, name: str, delay: int) -> None:
        self.name = name
        self._kept = np.zeros(delay)
        self._state = 0.0

    def __call__(self, x: Float) -> Float:
        """The next samples."""
        together = np.concatenate([self._kept, x])
        self._kept = together[len(x) :]
        y = together[: len(x)]
        if self.name == "wire":
            return y
        if self.name == "unplugged":
            return np.zeros(len(x))
        if self.name == "inverted":
            return -0.5 * y
        y = np.tanh(4.0 * y) * 0.5
        if self.name == "dark":
            from scipy.signal import lfilter

            pole = 0.6
            y, state = lfilter([1 - pole], [1, -pole], y, zi=[self._state])
            self._state = float(state[0])
        return y


class DeviceLoop:
    """The sound server with a device on its cable."""

    def __init__(self, server: SoundServer) -> None:
        self.server = server
        self._process: subprocess.Popen[bytes] | None = None
        self._errors = (server.folder / "effect.log").open("ab")
        self.pactl(
            "load-module", "module-pipe-source", "source_name=back", f"file={server.folder / PIPE}",
            f"rate={RATE}", f"channels={CHANNELS}", "format=float32le",
        )  # fmt: skip
        self.pactl("set-default-sink", "out")
        self.pactl("set-default-source", "back")

    def pactl(self, *words: str) -> None:
        """Tell the server something."""
        subprocess.run(
            ["pactl", *words],
            env=self.server.full_environment,
            check=True,
            capture_output=True,
            timeout=10,
        )

    def connect(self, effect: str, delay: int = 0) -> None:
        """Put a device on the cable, and wait until it listens."""
        self.disconnect()
        ready = self.server.folder / "effect.ready"
        ready.unlink(missing_ok=True)
        self._process = subprocess.Popen(
            [sys.executable, __file__, str(self.server.folder), effect, str(delay)],
            env=self.server.full_environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=self._errors,
        )
        deadline = time.monotonic() + 15
        while not ready.exists():
            assert time.monotonic() < deadline, "the effect did not start"
            assert self._process.poll() is None, "the effect has died"
            time.sleep(0.02)
        time.sleep(0.3)  # what its buffers held before has gone through

    def disconnect(self) -> None:
        """Take the device off the cable: nothing comes back."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(10)
            self._process = None

    def close(self) -> None:
        """End the effect."""
        self.disconnect()
        self._errors.close()


@pytest.fixture
def device_loop(sound_server: SoundServer) -> Iterator[DeviceLoop]:
    """A sound server with a device that is not connected yet."""
    if shutil.which("pacat") is None:
        pytest.skip("there is no pacat to play a device's output with")
    loop = DeviceLoop(sound_server)
    yield loop
    loop.close()


def run_effect(folder: Path, effect: Callable[[Float], Float]) -> None:
    """The effect's process: from the first sink to the second until it is ended."""
    form = ["--format=float32le", f"--rate={RATE}", f"--channels={CHANNELS}", "--raw"]
    heard = subprocess.Popen(
        ["parec", "--device=out.monitor", "--latency-msec=20", *form], stdout=subprocess.PIPE
    )
    played = (folder / PIPE).open("wb", buffering=0)
    # While nobody records, the server reads no pipe, and what waits there would be heard later.
    awake = subprocess.Popen(["parec", "--device=back", *form], stdout=subprocess.DEVNULL)
    assert heard.stdout is not None
    wanted = 4 * CHANNELS * BLOCK
    first = True
    try:
        while len(data := heard.stdout.read(wanted)) == wanted:
            frames = np.frombuffer(data, "<f4").reshape(-1, CHANNELS)
            made = effect(frames[:, 0].astype(np.float64)).astype("<f4")
            played.write(np.repeat(made[:, None], CHANNELS, axis=1).tobytes())
            if first:
                (folder / "effect.ready").touch()
                first = False
    finally:
        played.close()
        for process in (heard, awake):
            process.kill()
            process.wait()


def main() -> None:
    """Run the effect that the arguments name."""
    import signal

    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(0))
    run_effect(Path(sys.argv[1]), Effect(sys.argv[2], int(sys.argv[3])))


if __name__ == "__main__":
    main()
