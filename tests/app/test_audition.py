"""The window's end of the audio engine: signals, crashes, the end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from audio_engine import sine
from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot
from sound_server import SoundServer

from app.audition import MAX_RESTARTS, AuditionClient
from engines.audition.protocol import SetOutput, Status

pytestmark = pytest.mark.sound
TIMEOUT = 30_000


@pytest.fixture
def client(
    qtbot: QtBot, sound_server: SoundServer, monkeypatch: pytest.MonkeyPatch
) -> Iterator[AuditionClient]:
    for name, value in sound_server.environment.items():
        monkeypatch.setenv(name, value)
    parent = QObject()
    made = AuditionClient(parent)
    yield made
    made.close()


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def plays(status: Status) -> bool:
    return status.playing and status.position > 0.1 and status.output.peak > -60


def test_it_plays_pauses_and_seeks(
    qtbot: QtBot,
    client: AuditionClient,
    make_wav: Callable[..., Path],
    make_model: Callable[..., Path],
) -> None:
    x = sine(2.0)
    client.set_output(SetOutput(block=256, latency=0.1))
    client.load(make_wav("dry", x), make_wav("wet", (0.5 * x)))
    client.load_model(make_model("one", knobs=("Drive",)))
    client.set_source("model")
    with qtbot.waitSignals(
        [client.ready, client.devices_found, client.loaded, client.opened, client.model_loaded],
        timeout=TIMEOUT,
    ):
        client.start()
    with qtbot.waitSignal(client.status, timeout=TIMEOUT, check_params_cb=plays):
        client.play()
    client.set_knobs({"Drive": 1.0})
    client.set_gain(-6.0)
    with qtbot.waitSignal(
        client.status, timeout=TIMEOUT, check_params_cb=lambda status: not status.playing
    ):
        client.pause()
    with qtbot.waitSignal(
        client.status, timeout=TIMEOUT, check_params_cb=lambda status: status.position == 1.5
    ):
        client.seek(1.5)
    with qtbot.waitSignal(client.finished, timeout=TIMEOUT):
        client.play()
    with qtbot.waitSignal(client.model_unloaded, timeout=TIMEOUT):
        client.unload_model()
    with qtbot.waitSignal(client.failed, timeout=TIMEOUT) as failed:
        client.load(make_wav("dry", x).with_name("none.wav"))
    assert "no audio file" in failed.args[0]


def test_a_killed_engine_is_started_again_and_knows_what_to_play(
    qtbot: QtBot, client: AuditionClient, make_wav: Callable[..., Path]
) -> None:
    client.load(make_wav("dry", sine(2.0)))
    client.set_gain(-3.0)
    with qtbot.waitSignals([client.ready, client.opened], timeout=TIMEOUT):
        client.start()
    client.play()
    qtbot.waitUntil(
        lambda: client.last_status is not None and plays(client.last_status), timeout=TIMEOUT
    )
    first = client.pid
    told: list[str] = []
    client.restarted.connect(told.append)
    with qtbot.waitSignals([client.restarted, client.loaded], timeout=TIMEOUT):
        os.kill(first, signal.SIGKILL)
    assert len(told) == 1
    assert "SIGKILL" in told[0]
    assert client.pid not in (0, first)
    with qtbot.waitSignal(client.status, timeout=TIMEOUT, check_params_cb=plays):
        client.play()


def test_an_engine_that_always_crashes_is_left_alone(
    qtbot: QtBot, client: AuditionClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    crash = "import os, signal; os.kill(os.getpid(), signal.SIGABRT)"
    monkeypatch.setattr(
        "app.audition.program_arguments", lambda *_: (sys.executable, ["-c", crash])
    )
    told: list[str] = []
    client.restarted.connect(told.append)
    with qtbot.waitSignal(client.failed, timeout=TIMEOUT) as failed:
        client.start()
    assert len(told) == MAX_RESTARTS
    assert "SIGABRT" in failed.args[0]
    assert "stays off" in failed.args[0]
    assert not client.running


def test_a_program_that_is_not_there_is_a_sentence(
    qtbot: QtBot, client: AuditionClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.audition.program_arguments", lambda *_: ("/no/such/program", []))
    with qtbot.waitSignal(client.failed, timeout=TIMEOUT) as failed:
        client.start()
    assert failed.args[0] == "The audio engine could not be started."


def test_a_sound_system_that_does_not_answer_is_a_sentence(
    qtbot: QtBot,
    client: AuditionClient,
    sound_server: SoundServer,
    make_wav: Callable[..., Path],
) -> None:
    client._silent.setInterval(2000)
    sound_server.freeze()
    client.load(make_wav("dry", sine(0.5)))
    with qtbot.waitSignal(client.no_device, timeout=TIMEOUT) as told:
        client.start()
    assert "does not answer" in told.args[0]
    pid = client.pid
    client.close()
    assert not is_alive(pid)


def test_closing_ends_the_process(qtbot: QtBot, client: AuditionClient) -> None:
    with qtbot.waitSignal(client.ready, timeout=TIMEOUT):
        client.start()
    pid = client.pid
    told: list[str] = []
    client.restarted.connect(told.append)
    client.close()
    assert not is_alive(pid)
    assert not client.running
    assert told == []


def test_the_client_needs_neither_numba_nor_torch_nor_portaudio() -> None:
    code = (
        "import sys, app.audition;"
        "heavy = ('torch', 'numba', 'sounddevice', 'scipy', 'numpy');"
        "print([name for name in heavy if name in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
