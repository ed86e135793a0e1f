"""A real sound server for tests: PulseAudio with a sink that plays into nothing and can be heard.

The sink's monitor gives back what was truly played, bit for bit: float32, 48 kHz, two channels.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

RATE = 48_000
CHANNELS = 2
START_SECONDS = 10.0

# The null sink must not rewind (norewinds, PulseAudio 16): after a rewind ALSA's pulse plugin
# stops asking for audio, as measured here with PortAudio, as soon as a second stream is opened.
SINK = (
    f"module-null-sink sink_name=out rate={RATE} channels={CHANNELS} format=float32le norewinds=1"
)

ASOUND = """\
pcm.!default { type pulse }
ctl.!default { type pulse }
"""


class SoundServer:
    """A private PulseAudio in a folder; :attr:`environment` leads programs to it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.socket = folder / "native"
        self._process: subprocess.Popen[bytes] | None = None
        asound = folder / "asound.conf"
        asound.write_text(ASOUND)
        (folder / "home").mkdir()
        self.environment = {
            "HOME": str(folder / "home"),
            "XDG_RUNTIME_DIR": str(folder),
            "XDG_CONFIG_HOME": str(folder / "home"),
            "PULSE_RUNTIME_PATH": str(folder / "pulse"),
            "PULSE_SERVER": f"unix:{self.socket}",
            "ALSA_CONFIG_PATH": f"/usr/share/alsa/alsa.conf:{asound}",
        }

    @property
    def full_environment(self) -> dict[str, str]:
        """This process's environment, but for the sound server."""
        kept = {
            name: value
            for name, value in os.environ.items()
            if name not in ("DISPLAY", "DBUS_SESSION_BUS_ADDRESS")
        }
        return {**kept, **self.environment}

    def start(self) -> None:
        """Start the server and wait until it answers."""
        with (self.folder / "pulseaudio.log").open("ab") as log:
            self._process = subprocess.Popen(
                [
                    "pulseaudio",
                    "-n",
                    "--daemonize=no",
                    "--use-pid-file=no",
                    "--exit-idle-time=-1",
                    "--disable-shm=yes",
                    "-L",
                    SINK,
                    "-L",
                    f"module-native-protocol-unix socket={self.socket} auth-anonymous=1",
                ],
                env=self.full_environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                break
            if self.socket.exists() and self._answers():
                return
            time.sleep(0.05)
        self.kill()
        log_text = (self.folder / "pulseaudio.log").read_text(errors="replace")
        pytest.fail(f"PulseAudio did not start:\n{log_text[-2000:]}")

    def _answers(self) -> bool:
        asked = subprocess.run(
            ["pactl", "info"], env=self.full_environment, capture_output=True, timeout=5
        )
        return asked.returncode == 0

    def freeze(self) -> None:
        """Let the server hang: it is there, and does not answer."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def kill(self) -> None:
        """End the server at once, as if it had crashed."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None
        self.socket.unlink(missing_ok=True)

    @contextmanager
    def recording(self) -> Iterator[Recording]:
        """Record what is played, for as long as the block lasts."""
        path = self.folder / "recorded.f32"
        path.unlink(missing_ok=True)
        with path.open("wb") as file:
            recorder = subprocess.Popen(
                [
                    "parec",
                    "--device=out.monitor",
                    "--format=float32le",
                    f"--rate={RATE}",
                    f"--channels={CHANNELS}",
                    "--latency-msec=50",
                ],
                env=self.full_environment,
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.DEVNULL,
            )
        try:
            _wait_until(lambda: path.stat().st_size > 0, "the recorder did not start")
            yield Recording(path)
            time.sleep(0.6)  # what is still on its way: the sink's and the recorder's buffers
        finally:
            recorder.terminate()
            recorder.wait()


class Recording:
    """What the monitor gave back; whole once the ``recording`` block is over."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def samples(self) -> NDArray[np.float32]:
        """float32[n, channels]."""
        flat = np.fromfile(self._path, dtype="<f4")
        whole = len(flat) // CHANNELS * CHANNELS
        return flat[:whole].reshape(-1, CHANNELS)

    def mono(self) -> NDArray[np.float32]:
        """float32[n]; both channels must be the same."""
        both = self.samples()
        np.testing.assert_array_equal(both[:, 0], both[:, 1])
        return both[:, 0].copy()


def _wait_until(condition: object, complaint: str) -> None:
    assert callable(condition)
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if condition():
            return
        time.sleep(0.02)
    pytest.fail(complaint)


@pytest.fixture
def sound_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SoundServer]:
    """A running sound server of the test's own.

    Its ``environment`` is not set here: pass it to the processes that shall play.
    """
    missing = [name for name in ("pulseaudio", "parec", "pactl") if shutil.which(name) is None]
    if missing:
        pytest.skip(f"there is no sound server to test with ({', '.join(missing)} not installed)")
    folder = tmp_path_factory.mktemp("sound")
    folder.chmod(0o700)
    server = SoundServer(folder)
    server.start()
    yield server
    server.kill()
