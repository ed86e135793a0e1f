"""The job that renders audio through a trained model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from small_circuit import RATE, playing, small_project

from engines.audio.files import read_audio, write_wav
from engines.models.base import Model, ModelInfo
from engines.models.lstm import ARCHITECTURE, LstmConfig
from engines.models.storage import save_model
from engines.models.streaming import render
from engines.training.dataset import load_captures
from engines.worker.main import run_job
from engines.worker.protocol import End, Message, Warn
from projects.jobs import BEST_FILE, Job
from projects.manifest import Control
from projects.project import Project

DRIVE = Control(name="drive", minimum=1.0, maximum=10.0, default=3.0, taper="log")


def some_model(*, rate: int = RATE, controls: tuple[Control, ...] = ()) -> Model:
    info = ModelInfo(name="t", sample_rate=rate, controls=controls)
    config = LstmConfig(hidden=8)
    rng = np.random.default_rng(0)
    tensors = {
        name: (0.3 * rng.normal(size=shape)).astype(np.float32)
        for name, shape in ARCHITECTURE.shapes(config, info).items()
    }
    return Model("lstm", config, tensors, info)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    made = small_project(tmp_path / "p")
    made.close()
    return made


def job(project: Project, config: dict[str, Any], said: list[Message] | None = None) -> Any:
    with Project.open(project.folder) as opened:
        folder = opened.new_job(Job(kind="render", name="r", config=config))
    end: End = run_job(folder, (said if said is not None else []).append)
    return folder, end


def saved(project: Project, model: Model) -> str:
    save_model(project.folder / "m.safetensors", model)
    return "m.safetensors"


@pytest.mark.parametrize("part", ["all", "test", "validation"])
def test_a_capture(project: Project, part: str) -> None:
    model = some_model()
    capture = project.manifest.captures[0].id
    config = {"model": saved(project, model), "capture": capture, "part": part}
    folder, end = job(project, config)
    assert end.state == "done", end
    assert end.files == ("render.wav",)
    assert end.figures["rtf"] > 0
    (item,) = load_captures(project)
    heard = read_audio(folder / "render.wav").samples[:, 0]
    if part == "all":
        start, stop, lead = 0, len(item.dry), RATE // 50
    else:
        (section,) = item.split.of(part)  # type: ignore[arg-type]
        start, stop, lead = section.start, section.stop, 0
    before = 0 if part == "all" else RATE // 4
    wanted = render(model, item.dry[start - before : stop].astype(np.float32))[before:]
    np.testing.assert_array_equal(heard, wanted)
    y = item.wet[start + lead : stop]
    error = np.sum((y - heard[lead:]) ** 2) / np.sum(y**2)
    assert end.figures["esr"] == pytest.approx(error, rel=1e-6)


def test_a_file_of_another_rate_and_two_channels(project: Project, tmp_path: Path) -> None:
    x = playing(2 * RATE)
    stereo = np.column_stack([x, np.zeros_like(x)]).astype(np.float32)
    write_wav(tmp_path / "in.wav", stereo, 2 * RATE)
    said: list[Message] = []
    config = {"model": saved(project, some_model()), "input": str(tmp_path / "in.wav")}
    folder, end = job(project, {**config, "output": "out.wav"}, said)
    assert end.state == "done", end
    assert "esr" not in end.figures
    audio = read_audio(folder / "out.wav")
    assert audio.sample_rate == RATE
    assert len(audio.samples) == RATE
    warnings = [message.text for message in said if isinstance(message, Warn)]
    assert any("2 channels" in text for text in warnings)
    assert any("resampled" in text for text in warnings)


def test_knobs_by_name(project: Project, tmp_path: Path) -> None:
    model = some_model(controls=(DRIVE,))
    x = playing(2000).astype(np.float32)
    write_wav(tmp_path / "in.wav", x, RATE)
    config = {"model": saved(project, model), "input": str(tmp_path / "in.wav")}
    for knobs, position in (({"drive": 10.0}, 1.0), ({}, np.log10(3.0))):
        folder, end = job(project, {**config, "knobs": knobs})
        assert end.state == "done", end
        wanted = render(model, x, np.array([position], np.float32))
        heard = read_audio(folder / "render.wav").samples[:, 0]
        np.testing.assert_allclose(heard, wanted, atol=1e-6)
    _, end = job(project, {**config, "knobs": {"drive": 11.0}})
    assert end.state == "failed"
    assert "outside its range" in end.text
    _, end = job(project, {**config, "knobs": {"dirve": 3.0}})
    assert end.state == "failed"
    assert end.text == "The model t has no knob 'dirve'. It has: drive."


def test_a_run(project: Project, tmp_path: Path) -> None:
    write_wav(tmp_path / "in.wav", playing(2000).astype(np.float32), RATE)
    with Project.open(project.folder) as opened:
        training = opened.new_job(Job(kind="train", name="t"))
    config = {"run": training.name, "input": str(tmp_path / "in.wav")}
    _, end = job(project, config)
    assert end.state == "failed"
    assert "has no model yet" in end.text
    save_model(training / BEST_FILE, some_model())
    _, end = job(project, config)
    assert end.state == "done", end


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ({}, "either a run or a model file"),
        ({"model": "m", "run": "r", "input": "x"}, "either a run or a model file"),
        ({"model": "m"}, "either an input file or a capture"),
        ({"model": "m", "input": "x", "output": "../x.wav"}, "settings do not fit"),
        ({"model": "m", "input": "x", "output": "x.exe"}, "end in .wav"),
        ({"model": "../m.safetensors", "input": "x"}, "leads out of the project"),
        ({"model": "none.safetensors", "input": "x"}, "cannot be read"),
    ],
)
def test_what_cannot_be_done(project: Project, config: dict[str, Any], words: str) -> None:
    _, end = job(project, config)
    assert end.state == "failed"
    assert words in end.text


def test_a_capture_of_another_rate(project: Project) -> None:
    model = saved(project, some_model(rate=44_100))
    _, end = job(project, {"model": model, "capture": project.manifest.captures[0].id})
    assert end.state == "failed"
    assert "8000 Hz" in end.text
    assert "44100 Hz" in end.text
