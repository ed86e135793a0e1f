"""Import and simulate as jobs: from job.json to captures that a project takes in."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engines.audio.files import write_wav
from engines.circuits.ngspice import ENVIRONMENT
from engines.jobs import handler
from engines.worker.main import run_job
from engines.worker.protocol import End
from projects.errors import StorageError
from projects.jobs import Job, JobKind
from projects.project import Project

RATE = 16000


@pytest.fixture
def pair(tmp_path: Path) -> dict[str, str]:
    dry = np.random.default_rng(0).uniform(-0.5, 0.5, 3 * RATE)
    write_wav(tmp_path / "in.wav", dry, RATE)
    write_wav(tmp_path / "out.wav", np.tanh(2 * dry), RATE)
    return {"dry": str(tmp_path / "in.wav"), "wet": str(tmp_path / "out.wav")}


def run(
    project: Project, kind: JobKind, source: str, config: dict[str, Any], **more: Any
) -> tuple[End, Path]:
    job = Job(kind=kind, name=source, config={"source": source, "config": config}, **more)
    folder = project.new_job(job)
    return run_job(folder, lambda message: None), folder


def sha256(path: str) -> str:
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()


def test_import_into_a_project(tmp_path: Path, pair: dict[str, str]) -> None:
    hashes = {path: sha256(path) for path in pair.values()}
    with Project.create(tmp_path / "P") as project:
        end, folder = run(project, "import", "wav-pair", pair, hashes=hashes)
        assert end.state == "done", end
        assert "Imported 3.0 s" in end.text
        assert end.figures["seconds_audio"] == 3.0
        assert all((folder / name).is_file() for name in end.files)
        (entry,) = project.adopt()
        assert end.figures["captures"] == [entry.id]
        assert project.read_capture(entry.id).n_samples == 3 * RATE
        assert project.adopt() == []


def test_running_again_leaves_one_capture(tmp_path: Path, pair: dict[str, str]) -> None:
    with Project.create(tmp_path / "P") as project:
        end, folder = run(project, "import", "wav-pair", pair)
        again = run_job(folder, lambda message: None)
        assert (end.state, again.state) == ("done", "done")
        assert len(list((folder / "captures").iterdir())) == 1


def test_a_changed_file_is_noticed(tmp_path: Path, pair: dict[str, str]) -> None:
    with Project.create(tmp_path / "P") as project:
        hashes = {pair["dry"]: sha256(pair["wet"])}
        end, _ = run(project, "import", "wav-pair", pair, hashes=hashes)
        assert end.state == "failed"
        assert "in.wav has changed since" in end.text


def test_hashes_do_not_lead_out_of_the_project(tmp_path: Path, pair: dict[str, str]) -> None:
    with Project.create(tmp_path / "P") as project:
        end, _ = run(project, "import", "wav-pair", pair, hashes={"../in.wav": "0" * 64})
        assert end.state == "failed"
        assert "leads out of the project" in end.text


@pytest.mark.parametrize(
    ("kind", "source", "config", "words"),
    [
        ("import", "no-such", {}, "there is: wav-pair"),
        ("import", "diode-clipper", {}, "there is: wav-pair"),
        ("simulate", "wav-pair", {}, "there is: diode-clipper"),
        ("simulate", "diode-clipper", {"seconds": 1}, "seconds"),
        ("import", "wav-pair", {"dry": "/nowhere/a.wav", "wet": "/nowhere/b.wav"}, "a.wav"),
    ],
)
def test_failing_is_a_sentence(
    tmp_path: Path, kind: JobKind, source: str, config: dict[str, Any], words: str
) -> None:
    with Project.create(tmp_path / "P") as project:
        end, _ = run(project, kind, source, config)
        assert end.state == "failed"
        assert words in end.text
        assert "fault in Trimpot" not in end.text
        assert project.adopt() == []


@pytest.mark.skipif(shutil.which("ngspice") is None, reason="ngspice is not installed")
def test_simulate_into_a_project(tmp_path: Path) -> None:
    with Project.create(tmp_path / "P") as project:
        end, folder = run(
            project, "simulate", "diode-clipper", {"seconds": 4.0, "sample_rate": RATE}
        )
        assert end.state == "done", end
        assert end.figures["input_error"] < 1e-12
        assert end.figures["speed"] > 0
        assert end.figures["seconds_work"] > 0
        (entry,) = project.adopt()
        assert project.split_of(entry).of("test")
        assert "ngspice" in (folder / "log.txt").read_text()


def test_missing_ngspice_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv(ENVIRONMENT, raising=False)
    with Project.create(tmp_path / "P") as project:
        end, _ = run(project, "simulate", "diode-clipper", {})
        assert end.state == "failed"
        assert "ngspice, which simulates circuits, is not installed" in end.text


def test_imports_do_not_wait_behind_trainings() -> None:
    assert not handler("import").heavy
    assert handler("simulate").heavy


def test_a_full_disk_leaves_no_half_capture(
    tmp_path: Path, pair: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def write_until_full(path: Path, samples: Any, sample_rate: int) -> None:
        if path.name == "wet.wav":
            raise StorageError("The disk is full.")
        write_wav(path, samples, sample_rate)

    monkeypatch.setattr("engines.sources.wav_pair.write_wav", write_until_full)
    with Project.create(tmp_path / "P") as project:
        end, folder = run(project, "import", "wav-pair", pair)
        assert (end.state, end.text) == ("failed", "The disk is full.")
        assert list((folder / "captures").iterdir()) == []
