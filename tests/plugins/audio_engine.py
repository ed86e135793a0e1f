"""The audio engine as a process, and small models and audio files for it to play."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from engines.audio.files import write_wav
from engines.audition.protocol import Command, Event, decode_event, encode
from engines.models.base import Model, ModelInfo
from engines.models.lstm import LstmConfig
from engines.models.storage import save_model
from projects.manifest import Control

ROOT = Path(__file__).resolve().parents[2]
RATE = 48_000
HIDDEN = 8


def lstm(name: str, seed: int = 1, *, rate: int = RATE, knobs: tuple[str, ...] = ()) -> Model:
    """A small LSTM with random weights: not a good sound, but one with a memory."""
    rng = np.random.default_rng(seed)
    shapes = {
        "rec.weight_ih_l0": (4 * HIDDEN, 1 + len(knobs)),
        "rec.weight_hh_l0": (4 * HIDDEN, HIDDEN),
        "rec.bias_ih_l0": (4 * HIDDEN,),
        "rec.bias_hh_l0": (4 * HIDDEN,),
        "lin.weight": (1, HIDDEN),
        "lin.bias": (1,),
    }
    tensors = {key: rng.normal(0, 0.4, shape).astype(np.float32) for key, shape in shapes.items()}
    tensors["lin.bias"][:] = 0.0
    info = ModelInfo(
        name=name,
        sample_rate=rate,
        controls=tuple(Control(name=knob) for knob in knobs),
        warm_up=2000,
    )
    return Model("lstm", LstmConfig(hidden=HIDDEN, skip=False), tensors, info)


@pytest.fixture
def make_model(tmp_path: Path) -> Callable[..., Path]:
    """Writes a model file; returns its path."""

    def make(name: str, seed: int = 1, **options: Any) -> Path:
        path = tmp_path / f"{name}.safetensors"
        save_model(path, lstm(name, seed, **options))
        return path

    return make


def sine(seconds: float, frequency: float = 110.0, level: float = 0.5) -> NDArray[np.float32]:
    """A sine at 48 kHz: float32[n]."""
    t = np.arange(round(seconds * RATE)) / RATE
    return (level * np.sin(2 * np.pi * frequency * t)).astype(np.float32)


def music(seconds: float, seed: int = 0) -> NDArray[np.float32]:
    """Decaying bursts of noise and tones, loud and soft: float32[n] at 48 kHz."""
    rng = np.random.default_rng(seed)
    n = round(seconds * RATE)
    t = np.arange(n) / RATE
    x = np.zeros(n)
    for start in np.arange(0.0, seconds, 0.17):
        since = np.maximum(t - start, 0.0)
        note = np.sin(2 * np.pi * rng.uniform(80, 900) * since) + 0.2 * rng.standard_normal(n)
        x += (t >= start) * rng.uniform(0.05, 1.0) * note * np.exp(-9.0 * since)
    return (0.6 * x / np.max(np.abs(x))).astype(np.float32)


@pytest.fixture
def make_wav(tmp_path: Path) -> Callable[..., Path]:
    """Writes a WAV at 48 kHz; returns its path."""

    def make(name: str, samples: NDArray[np.float32], rate: int = RATE) -> Path:
        path = tmp_path / f"{name}.wav"
        write_wav(path, samples, rate)
        return path

    return make


def rms_db(samples: NDArray[Any]) -> float:
    """RMS in dB, silence being -400."""
    return float(20 * np.log10(np.sqrt(np.mean(np.square(samples, dtype=float))) + 1e-20))


class EngineProcess:
    """The audio engine as the window starts it."""

    def __init__(self, environment: dict[str, str], python: list[str] | None = None) -> None:
        self.events: list[Event] = []
        self.strays: list[bytes] = []
        self._lock = threading.Lock()
        self.process = subprocess.Popen(
            python or [sys.executable, "-m", "app", "--audio-engine"],
            cwd=ROOT,
            env={**environment, "PYTHONUNBUFFERED": "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        self.errors = b""
        self._threads = [
            threading.Thread(target=self._read_events),
            threading.Thread(target=self._read_errors),
        ]
        for thread in self._threads:
            thread.start()

    def _read_events(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            event = decode_event(line)
            with self._lock:
                if event is None:
                    self.strays.append(line)
                else:
                    self.events.append(event)

    def _read_errors(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.errors += line

    def send(self, *commands: Command) -> None:
        """Send commands."""
        assert self.process.stdin is not None
        for command in commands:
            self.process.stdin.write(encode(command))
        self.process.stdin.flush()

    def send_raw(self, line: bytes) -> None:
        """Send a line as it is."""
        assert self.process.stdin is not None
        self.process.stdin.write(line + b"\n")
        self.process.stdin.flush()

    def mark(self) -> int:
        """How many events there are so far."""
        with self._lock:
            return len(self.events)

    def wait(
        self,
        kind: str,
        *,
        since: int = 0,
        where: Callable[[Any], bool] = lambda event: True,
        seconds: float = 60.0,
    ) -> Any:
        """The first event of a kind after a mark for which ``where`` holds."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            with self._lock:
                events = self.events[since:]
            for event in events:
                if event.type == kind and where(event):
                    return event
            if self.process.poll() is not None and not self._threads[0].is_alive():
                break
            time.sleep(0.01)
        seen = [event.model_dump() for event in events if event.type != "status"]
        text = json.dumps(seen, indent=1)
        pytest.fail(f"no {kind}; seen: {text}\n{self.errors.decode(errors='replace')[-2000:]}")

    def end(self) -> int:
        """Close its input, as a window that goes away does; returns the exit code."""
        if self.process.stdin is not None and not self.process.stdin.closed:
            self.process.stdin.close()
        try:
            code = self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            code = -1
        for thread in self._threads:
            thread.join()
        for stream in (self.process.stdout, self.process.stderr):
            assert stream is not None
            stream.close()
        return code


@pytest.fixture
def start_engine() -> Iterator[Callable[..., EngineProcess]]:
    """Starts engines; they are ended with the test."""
    started: list[EngineProcess] = []

    def start(environment: dict[str, str] | None = None, **options: Any) -> EngineProcess:
        engine = EngineProcess(dict(os.environ) if environment is None else environment, **options)
        started.append(engine)
        return engine

    yield start
    for engine in started:
        engine.end()
