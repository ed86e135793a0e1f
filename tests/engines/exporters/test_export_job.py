"""The export job on a project folder, as the window's worker and the command line run it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engines.audio.files import dry_id, write_wav
from engines.models.base import Model
from engines.models.storage import save_model
from engines.worker.main import JobRunner, run_job
from engines.worker.protocol import End
from projects.capture import Capture, Signal, write_capture
from projects.jobs import BEST_FILE, PARITY_FILE, Job, read_status
from projects.project import Project, with_capture

RATE = 48_000
SECONDS = 4


@pytest.fixture
def project(tmp_path: Path, make_stn: Callable[..., Model]) -> Path:
    """A project with a capture of four seconds and a run that has a trained model."""
    folder = tmp_path / "MyFuzz"
    with Project.create(folder) as opened:
        add_capture(opened)
        run = opened.new_job(Job(id="run-1", kind="train", name="STN", config={}))
        save_model(run / BEST_FILE, make_stn())
    return folder


def add_capture(project: Project, capture_id: str = "capture-1") -> None:
    rng = np.random.default_rng(2)
    dry = np.asarray(rng.uniform(-0.9, 0.9, SECONDS * RATE), np.float32)
    folder = project.capture_folder(capture_id)
    folder.mkdir(parents=True)
    write_wav(folder / "dry.wav", dry, RATE)
    write_wav(folder / "wet.wav", dry * 0.5, RATE)
    capture = Capture(
        id=capture_id,
        name="Noise",
        sample_rate=RATE,
        n_samples=len(dry),
        dry_id=dry_id(dry),
        signals=(
            Signal(name="dry", role="dry", file="dry.wav"),
            Signal(name="wet", role="wet", file="wet.wav"),
        ),
    )
    write_capture(folder, capture)
    project.save(with_capture(project.manifest, capture))


def export(project: Path, **changes: Any) -> tuple[End, Path]:
    hashes = changes.pop("hashes", {})
    config = {"run": "run-1", "format": "rtneural", "seconds": 0.25, **changes}
    with Project.open(project) as opened:
        job = Job(kind="export", name="RTNeural JSON", config=config, hashes=hashes)
        folder = opened.new_job(job)
    return run_job(folder, lambda message: None), folder


def test_exports_and_proves(project: Path) -> None:
    end, folder = export(project)
    assert end.state == "done", end
    assert end.files == ("My-Fuzz.json", PARITY_FILE)
    parity = json.loads((folder / PARITY_FILE).read_text())
    data = (folder / "My-Fuzz.json").read_bytes()
    assert parity["sha256"] == hashlib.sha256(data).hexdigest()
    assert parity["file"] == "My-Fuzz.json"
    assert parity["n_samples"] == RATE // 4
    assert parity["compared"] == "0.2 s of the test part of Noise"
    assert end.figures["parity_max_abs"] == parity["max_abs"] <= 1e-5
    assert end.figures["bytes"] == len(data)
    assert end.figures["n_weights"] == 113
    assert end.figures["esr"] == 1e-6
    assert end.figures["rtf"] * end.figures["ns_per_sample"] == pytest.approx(1e9 / RATE)
    assert "states back" in end.text
    assert read_status(folder).state == "done"


def test_a_damaged_capture_is_replaced_by_built_in_signals_and_said(project: Path) -> None:
    (project / "captures" / "capture-1" / "dry.wav").write_bytes(b"")
    end, folder = export(project)
    assert end.state == "done", end
    parity = json.loads((folder / PARITY_FILE).read_text())
    assert parity["compared"] == "0.2 s of built-in dry signals"


def test_several_captures_fill_the_time(project: Path) -> None:
    with Project.open(project) as opened:
        add_capture(opened, "capture-2")
    end, folder = export(project, seconds=1.0)
    assert end.state == "done", end
    parity = json.loads((folder / PARITY_FILE).read_text())
    assert parity["n_samples"] == RATE
    assert parity["compared"] == "1.0 s of the test part of Noise, Noise"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"run": "run-2"}, "has no trained model yet"),
        ({"format": "mp3"}, "There is no export format 'mp3'. Choose one of: rtneural"),
        ({"seconds": 0}, "settings do not fit: seconds"),
        ({"run": "../../etc"}, "settings do not fit: run"),
        ({"hashes": {f"runs/run-1/{BEST_FILE}": "0" * 64}}, "has changed since"),
        ({"hashes": {"captures/gone.wav": "0" * 64}}, "gone.wav cannot be read"),
    ],
)
def test_fails_in_a_sentence(project: Path, changes: dict[str, Any], expected: str) -> None:
    end, folder = export(project, **changes)
    assert end.state == "failed"
    assert expected in end.text
    assert not list(folder.glob("*.failed"))
    assert not (folder / PARITY_FILE).exists()


def test_accepts_the_right_hash(project: Path) -> None:
    weights = project / "runs" / "run-1" / BEST_FILE
    digest = hashlib.sha256(weights.read_bytes()).hexdigest()
    end, _ = export(project, hashes={f"runs/run-1/{BEST_FILE}": digest})
    assert end.state == "done", end


def test_a_damaged_model_is_a_sentence(project: Path) -> None:
    weights = project / "runs" / "run-1" / BEST_FILE
    weights.write_bytes(weights.read_bytes()[:100])
    end, _ = export(project)
    assert end.state == "failed"
    assert "best.safetensors" in end.text
    assert "fault in Trimpot" not in end.text


def test_can_be_cancelled(project: Path) -> None:
    with Project.open(project) as opened:
        folder = opened.new_job(Job(kind="export", name="x", config={"run": "run-1"}))
    runner = JobRunner(folder, lambda message: None)
    runner.command("cancel")
    assert runner.run().state == "cancelled"
    assert not (folder / PARITY_FILE).exists()
