"""The engine as a process: what it does with nonsense, with no PortAudio, with no window."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

from audio_engine import EngineProcess, sine

from engines.audition.protocol import Load, LoadModel, Play, Quit

Start = Callable[..., EngineProcess]

NO_PORTAUDIO = """
import ctypes.util, sys
find = ctypes.util.find_library
ctypes.util.find_library = lambda name: None if name == "portaudio" else find(name)
from app.__main__ import main
sys.exit(main(["--audio-engine"]))
"""


def silent() -> dict[str, str]:
    """An environment without a sound server."""
    return {**os.environ, "PULSE_SERVER": "unix:/nowhere"}


def test_without_portaudio_it_says_what_to_install_and_lives(
    start_engine: Start, make_wav: Callable[..., Path]
) -> None:
    engine = start_engine(silent(), python=[sys.executable, "-c", NO_PORTAUDIO])
    engine.wait("ready")
    assert "libportaudio2" in engine.wait("no-device").text
    engine.send(Load(dry=str(make_wav("dry", sine(0.2)))))
    engine.wait("loaded")
    engine.send(Play())
    engine.wait("status", since=engine.mark(), where=lambda event: not event.open)
    engine.send(Quit())
    assert engine.end() == 0


def test_what_cannot_be_done_is_a_sentence_each(
    start_engine: Start, make_wav: Callable[..., Path], tmp_path: Path
) -> None:
    engine = start_engine(silent())
    engine.wait("ready")
    truncated = make_wav("cut", sine(1.0))
    truncated.write_bytes(truncated.read_bytes()[:5000])
    (tmp_path / "bad.safetensors").write_bytes(b"no model")
    for act, words in (
        (lambda: engine.send_raw(b'{"type": "explode"}'), "nonsense"),
        (lambda: engine.send(Play()), "nothing to play"),
        (lambda: engine.send(Load()), "no audio to load"),
        (lambda: engine.send(Load(dry=str(tmp_path / "none.wav"))), "no audio file"),
        (lambda: engine.send(Load(dry=str(truncated))), "truncated"),
        (lambda: engine.send(Load(capture=str(tmp_path))), "capture"),
        (lambda: engine.send(LoadModel(path=str(tmp_path / "bad.safetensors"))), "bad"),
    ):
        mark = engine.mark()
        act()
        assert words in engine.wait("error", since=mark).text
    assert engine.end() == 0
    assert engine.strays == []


def test_it_ends_with_its_input(start_engine: Start) -> None:
    engine = start_engine(silent())
    engine.wait("ready")
    assert engine.end() == 0
