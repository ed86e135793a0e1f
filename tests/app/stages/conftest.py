"""A project with a capture and trained models, made without training: real files, real kernels."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QThreadPool
from pytestqt.qtbot import QtBot

from app.player import Player
from app.stages.base import Stage
from app.workbench import Workbench
from engines.audio.files import dry_id, read_signal, write_wav
from engines.models.base import Model, ModelInfo
from engines.models.lstm import LstmConfig
from engines.models.storage import load_model, save_model
from engines.models.streaming import render
from projects.capture import Capture, Signal, write_capture
from projects.jobs import BEST_FILE, Job, Status, write_status
from projects.manifest import Control
from projects.project import Project, with_capture

RATE = 48_000
SECONDS = 4.0


def lstm_model(
    name: str, seed: int, *, controls: tuple[Control, ...] = (), spread: float = 0.0
) -> Model:
    """A small LSTM with weights from a seed, moved by ``spread``; it was never trained."""
    rng = np.random.default_rng(seed)
    hidden, inputs = 8, 1 + len(controls)
    shapes = {
        "rec.weight_ih_l0": (4 * hidden, inputs),
        "rec.weight_hh_l0": (4 * hidden, hidden),
        "rec.bias_ih_l0": (4 * hidden,),
        "rec.bias_hh_l0": (4 * hidden,),
        "lin.weight": (1, hidden),
        "lin.bias": (1,),
    }
    tensors = {key: rng.normal(0, 0.25, shape).astype(np.float32) for key, shape in shapes.items()}
    tensors["rec.weight_ih_l0"][:, 0] *= 6
    tensors["lin.bias"][:] = 0
    if spread:
        moved = np.random.default_rng(seed + 1)
        for tensor in tensors.values():
            tensor += moved.normal(0, spread, tensor.shape).astype(np.float32)
    info = ModelInfo(name=name, sample_rate=RATE, controls=controls)
    return Model("lstm", LstmConfig(hidden=hidden), tensors, info)


def plucks(seconds: float = SECONDS) -> np.ndarray:
    """Something like a guitar: decaying harmonic tones, four a second."""
    t = np.arange(round(seconds * RATE)) / RATE
    out = np.zeros_like(t)
    for index in range(int(seconds * 4)):
        since = np.clip(t - index / 4, 0, None)
        tone = 110 * 2 ** ((index * 5 % 12) / 12)
        for harmonic in range(1, 6):
            out += np.where(
                t >= index / 4,
                np.exp(-since * 4 * harmonic**0.5)
                * np.sin(2 * np.pi * tone * harmonic * since)
                / harmonic,
                0,
            )
    return (0.5 * out / np.max(np.abs(out))).astype(np.float32)


def make_project(
    folder: Path, *, controls: tuple[Control, ...] = (), runs: tuple[str, ...] = ("LSTM 8",)
) -> Project:
    """A project with one capture of ``SECONDS`` and a finished run for every name."""
    project = Project.create(folder)
    if controls:
        project.save(project.manifest.model_copy(update={"controls": controls}))
    dry = plucks()
    device = lstm_model("device", 1, controls=controls)
    knobs = {control.name: control.default for control in controls}
    positions = np.full(len(controls), 0.5, np.float32)
    wet = render(device, dry, positions)
    capture_folder = project.capture_folder("take-1")
    capture_folder.mkdir(parents=True)
    write_wav(capture_folder / "dry.wav", dry, RATE)
    write_wav(capture_folder / "wet.wav", wet, RATE)
    capture = Capture(
        id="take-1",
        name="Take 1",
        sample_rate=RATE,
        n_samples=len(dry),
        dry_id=dry_id(dry),
        signals=(
            Signal(name="dry", role="dry", file="dry.wav"),
            Signal(name="wet", role="wet", file="wet.wav"),
        ),
        knobs=knobs,
    )
    write_capture(capture_folder, capture)
    project.save(with_capture(project.manifest, capture))
    for index, name in enumerate(runs):
        add_run(project, name, controls=controls, spread=0.01 * (index + 1), n=index)
    return project


def add_run(
    project: Project,
    name: str,
    *,
    controls: tuple[Control, ...] = (),
    spread: float = 0.01,
    n: int = 0,
) -> Path:
    """A finished run whose model is the device's, a little moved."""
    job = Job(
        id=f"2026010{n + 1}-000000-aaaaaa",
        kind="train",
        name=name,
        config={"architecture": "lstm", "captures": ["take-1"]},
    )
    run = project.new_job(job)
    save_model(run / BEST_FILE, lstm_model(name, 1, controls=controls, spread=spread))
    write_status(run, Status(state="done", text="Done.", figures={"esr_test": 0.0042 * (n + 1)}))
    return run


def write_render(project: Project, run_id: str, capture_id: str = "take-1") -> Path:
    """What a finished render of a run over a whole capture leaves behind."""
    capture = project.read_capture(capture_id)
    folder = project.capture_folder(capture_id)
    dry = read_signal(folder, capture, capture.signal("dry"))
    model = load_model(project.folder / "runs" / run_id / BEST_FILE)
    positions = np.full(len(model.info.controls), 0.5, np.float32)
    config = {"run": run_id, "capture": capture_id, "part": "all"}
    hashes = project.capture_hashes([capture_id])
    job = project.new_job(Job(kind="render", name="Render", config=config, hashes=hashes))
    write_wav(job / "rendered.wav", render(model, dry, positions), RATE)
    write_status(job, Status(state="done", text="Rendered.", files=("rendered.wav",)))
    return job


DRIVE = Control(name="drive", minimum=0.0, maximum=10.0, default=5.0)


@pytest.fixture
def open_studio(bench: Workbench, tmp_path: Path) -> Callable[..., Workbench]:
    """Makes a project as :func:`make_project` does, and opens it in the workbench."""

    def make(**wanted: object) -> Workbench:
        make_project(tmp_path / "Studio", **wanted).close()  # type: ignore[arg-type]
        assert bench.open_project(tmp_path / "Studio")
        return bench

    return make


@pytest.fixture
def player(bench: Workbench) -> Iterator[Player]:
    """A player whose audio engine has not been started; it ends with the test."""
    made = Player(bench)
    yield made
    made.close()
    QThreadPool.globalInstance().waitForDone(10_000)
    made.deleteLater()


@pytest.fixture
def show(player: Player, qtbot: QtBot) -> Iterator[Callable[[type[Stage]], Stage]]:
    """Shows a stage as the window does; it is gone before its workbench is."""
    shown: list[Stage] = []

    def make(kind: type[Stage]) -> Stage:
        stage = kind(player.workbench, player)  # type: ignore[call-arg]
        shown.append(stage)
        stage.resize(1280, 560)
        with qtbot.waitExposed(stage):
            stage.show()
        stage.entered()
        return stage

    yield make
    for stage in shown:
        QThreadPool.globalInstance().waitForDone(10_000)
        stage.close()
        stage.deleteLater()


@pytest.fixture
def add_render() -> Callable[..., Path]:
    """Puts a finished render into a project, as :func:`write_render` does."""
    return write_render
