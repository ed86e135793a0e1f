"""A small circuit that is quick to compute, and projects and training data made of it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engines.audio.files import dry_id, write_wav
from engines.models.base import ModelInfo, Segment, TrainingData
from projects.capture import Capture, Signal, write_capture
from projects.jobs import new_id
from projects.manifest import Control, Section
from projects.project import Project, with_capture

RATE = 8000
Float64 = NDArray[np.float64]


def playing(n: int, seed: int = 0) -> Float64:
    """float64[n]: smooth noise in bursts of many levels, rounded to float32."""
    rng = np.random.default_rng(seed)
    noise = np.convolve(rng.normal(size=n + 16), np.hanning(9) / 3.0, "same")[:n]
    levels = np.repeat(rng.uniform(0.02, 1.0, n // 200 + 1), 200)[:n]
    return (0.5 * levels * noise).clip(-1, 1).astype(np.float32).astype(np.float64)


def clipper(x: Float64, drive: float | Float64 = 3.0) -> Float64:
    """float64[n]: one state that runs after the clipped input; zero at rest."""
    v, out, previous = 0.0, np.zeros_like(x), 0.0
    for n, (now, gain) in enumerate(zip(x, np.broadcast_to(drive, x.shape), strict=True)):
        middle = 0.5 * (now + previous)
        v += 0.35 * (np.tanh(gain * middle) - v) - 0.1 * v**3
        out[n], previous = v, now
    return out.astype(np.float32).astype(np.float64)


def two_states(x: Float64) -> tuple[Float64, Float64]:
    """Wet float64[n] and states float64[n, 2]: a slow state behind a quick one."""
    quick = clipper(x)
    slow, wet = np.zeros_like(x), np.zeros_like(x)
    s = 0.0
    for n, now in enumerate(quick):
        wet[n] = np.tanh(1.5 * (now - s))
        s += 0.02 * (now - s)
        slow[n] = s
    return wet.astype(np.float32).astype(np.float64), np.stack([quick, slow], axis=1)


def segment(x: Float64, y: Float64, states: Float64, lead: int = 0) -> Segment:
    """A segment without knobs."""
    return Segment("c", 0, x, y, states, np.zeros(0), lead)


def clipper_data(seed: int = 0, *, n: int = 16_000) -> TrainingData:
    """One state, which is the output."""
    parts = []
    for number, lead in ((0, 0), (1, 200)):
        x = playing(n if number == 0 else n // 4, 10 * seed + number)
        y = clipper(x)
        parts.append((segment(x, y, y[:, None], lead),))
    info = ModelInfo(name="clipper", sample_rate=RATE, states=("v(out)",))
    return TrainingData(info=info, train=parts[0], validation=parts[1], seed=seed)


def turned_data(seed: int = 0, *, n: int = 16_000) -> TrainingData:
    """As :func:`clipper_data`, while a knob ``drive`` (1 to 10, by ratio) is turned."""
    parts = []
    for number, lead in ((0, 0), (1, 200)):
        count = n if number == 0 else n // 4
        x = playing(count, 10 * seed + number)
        corners = np.random.default_rng((seed, number)).uniform(0, 1, count // 500 + 2)
        track = np.interp(np.arange(count) / 500, np.arange(len(corners)), corners)
        y = clipper(x, 10**track)
        parts.append((Segment("c", 0, x, y, y[:, None], track[:, None], lead),))
    drive = Control(name="drive", minimum=1.0, maximum=10.0, default=3.0, taper="log")
    info = ModelInfo(name="turned", sample_rate=RATE, states=("v(out)",), controls=(drive,))
    return TrainingData(info=info, train=parts[0], validation=parts[1], seed=seed)


def small_project(
    folder: Path, *, seconds: float = 3.0, states: bool = True, knobs: tuple[float, ...] = ()
) -> Project:
    """A new, open project with one capture, or one for each setting of the knob ``drive``."""
    project = Project.create(folder, "Small")
    if knobs:
        control = Control(name="drive", minimum=1.0, maximum=10.0, default=3.0, taper="log")
        project.save(project.manifest.model_copy(update={"controls": (control,)}))
    for setting in knobs or (None,):
        add_capture(project, seconds=seconds, states=states, drive=setting)
    return project


def add_capture(
    project: Project,
    *,
    seconds: float = 3.0,
    states: bool = True,
    drive: float | None = None,
    rate: int = RATE,
    sections: tuple[Section, ...] = (),
    seed: int = 0,
) -> str:
    """Put a capture of the clipper into an open project; returns its id."""
    x = playing(round(seconds * rate), seed)
    y = clipper(x, 3.0 if drive is None else drive)
    capture_id = new_id()
    folder = project.capture_folder(capture_id)
    folder.mkdir(parents=True)
    signals = [
        Signal(name="dry", role="dry", file="dry.wav"),
        Signal(name="wet", role="wet", file="wet.wav"),
    ]
    write_wav(folder / "dry.wav", x, rate)
    write_wav(folder / "wet.wav", y, rate)
    if states:
        signals.append(Signal(name="v(out)", role="state", file="state-out.wav"))
        write_wav(folder / "state-out.wav", y, rate)
    capture = Capture(
        id=capture_id,
        name=f"Capture {capture_id[-6:]}",
        sample_rate=rate,
        n_samples=len(x),
        dry_id=dry_id(x.astype(np.float32)),
        signals=tuple(signals),
        knobs={} if drive is None else {"drive": drive},
        sections=sections,
    )
    write_capture(folder, capture)
    project.save(with_capture(project.manifest, capture))
    return capture_id
