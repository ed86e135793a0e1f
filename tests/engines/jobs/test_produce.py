"""Import and simulate as jobs: from job.json to captures that a project takes in."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engines.audio.files import write_wav
from engines.audio.writing import WavWriter
from engines.circuits.ngspice import ENVIRONMENT
from engines.jobs import handler
from engines.sources.examining import examine_pair
from engines.worker.main import JobRunner, run_job
from engines.worker.protocol import End
from projects.errors import StorageError
from projects.jobs import Job, JobKind
from projects.manifest import Manifest
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
        ("import", "no-such", {}, "there is: recordings, signaltrain, wav-pair"),
        ("import", "diode-clipper", {}, "there is: recordings, signaltrain, wav-pair"),
        ("simulate", "wav-pair", {}, "to simulate; there is: "),
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
    def write_until_full(writer: WavWriter, samples: Any) -> None:
        if writer.path.name == "wet.wav":
            raise StorageError("The disk is full.")
        whole(writer, samples)

    whole = WavWriter.write
    monkeypatch.setattr(WavWriter, "write", write_until_full)
    with Project.create(tmp_path / "P") as project:
        end, folder = run(project, "import", "wav-pair", pair)
        assert (end.state, end.text) == ("failed", "The disk is full.")
        assert list((folder / "captures").iterdir()) == []
        assert not (folder / "inputs").exists()


def folder_of_pairs(folder: Path, count: int) -> dict[str, str]:
    """``count`` takes at different settings, and what imports them."""
    folder.mkdir()
    rng = np.random.default_rng(0)
    for index in range(count):
        dry = rng.uniform(-0.5, 0.5, 3 * RATE)
        write_wav(folder / f"in_{index}.wav", dry, RATE)
        write_wav(folder / f"out_{index}.wav", np.tanh((1 + index) * dry), RATE)
    return {"folder": str(folder), "pattern": "out_{gain}", "dry": "in_{gain}"}


def test_one_bad_file_of_many_is_named_and_the_rest_goes_on(tmp_path: Path) -> None:
    config = folder_of_pairs(tmp_path / "takes", 5)
    (tmp_path / "takes" / "out_2.wav").write_text("no audio")
    (tmp_path / "takes" / "in_3.wav").unlink()
    with Project.create(tmp_path / "P") as project:
        end, _ = run(project, "import", "recordings", config)
        assert end.state == "done", end
        assert "Imported" in end.text
        refused = end.figures["refused"]
        assert len(refused) == 2
        assert any("out_2.wav" in text and "damaged" in text for text in refused)
        assert any("out_3.wav" in text and "no dry file" in text for text in refused)
        assert [entry.knobs["gain"] for entry in project.adopt()] == [0.0, 1.0, 4.0]


def test_nothing_left_is_an_error(tmp_path: Path) -> None:
    config = folder_of_pairs(tmp_path / "takes", 2)
    for path in (tmp_path / "takes").glob("out*"):
        path.write_bytes(b"")
    with Project.create(tmp_path / "P") as project:
        end, _ = run(project, "import", "recordings", config)
        assert end.state == "failed"
        assert "None of the 2 recordings could be imported" in end.text
        assert "out_0.wav is empty" in end.text


def test_names_that_match_nothing_show_what_is_there(tmp_path: Path) -> None:
    config = folder_of_pairs(tmp_path / "takes", 2) | {"pattern": "wet_{gain}"}
    with Project.create(tmp_path / "P") as project:
        end, _ = run(project, "import", "recordings", config)
        assert end.state == "failed"
        assert "No name fits 'wet_{gain}'" in end.text
        assert "in_0.wav" in end.text


def test_cancelling_keeps_what_was_finished(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = folder_of_pairs(tmp_path / "takes", 6)
    with Project.create(tmp_path / "P") as project:
        job = Job(kind="import", name="x", config={"source": "recordings", "config": config})
        folder = project.new_job(job)
        said: list[str] = []
        runner = JobRunner(folder, lambda message: said.append(getattr(message, "text", "")))
        put = WavWriter.write
        written: list[Path] = []

        def write(writer: WavWriter, samples: Any) -> None:
            if writer.path.name == "wet.wav":
                written.append(writer.path)
                if len(written) == 4:
                    runner.command("cancel")
            put(writer, samples)

        monkeypatch.setattr(WavWriter, "write", write)
        end = runner.run()
        assert end.state == "cancelled"
        entries = project.adopt()
        assert 1 <= len(entries) <= 4
        assert f"{len(entries)} of 6 captures were finished; these stay." in said
        assert {path.name for path in (project.folder / "captures").iterdir()} == {
            entry.id for entry in entries
        }
        assert not list((folder / "captures").iterdir())


def test_an_interrupted_import_begins_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When its window goes, nothing is kept: resumed, every capture would come in twice."""
    config = folder_of_pairs(tmp_path / "takes", 4)
    with Project.create(tmp_path / "P") as project:
        job = Job(kind="import", name="x", config={"source": "recordings", "config": config})
        folder = project.new_job(job)
        runner = JobRunner(folder, lambda message: None)
        put = WavWriter.write

        def write(writer: WavWriter, samples: Any) -> None:
            if "3" in writer.path.parent.name[-1]:
                runner.command("orphaned")
            put(writer, samples)

        monkeypatch.setattr(WavWriter, "write", write)
        assert runner.run().state == "interrupted"
        assert project.adopt() == []
        monkeypatch.undo()
        assert run_job(folder, lambda message: None).state == "done"
        assert len(project.adopt()) == 4


def test_a_fault_with_one_pair_does_not_cost_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = folder_of_pairs(tmp_path / "takes", 3)

    def stumble(dry: Any, wet: Any, **more: Any) -> Any:
        if wet.path.parent.name.endswith("2"):
            raise ZeroDivisionError("1/0")
        return examine_pair(dry, wet, **more)

    monkeypatch.setattr("engines.sources.intake.examine_pair", stumble)
    with Project.create(tmp_path / "P") as project:
        end, folder = run(project, "import", "recordings", config)
        assert end.state == "done"
        assert "out_1.wav could not be taken by a fault in Trimpot" in end.figures["refused"][0]
        assert "Traceback" in (folder / "log.txt").read_text()
        assert [entry.knobs["gain"] for entry in project.adopt()] == [0.0, 2.0]


def test_thousands_come_into_the_manifest_by_one_save(
    tmp_path: Path, pair: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    config = folder_of_pairs(tmp_path / "takes", 5)
    with Project.create(tmp_path / "P") as project:
        run(project, "import", "recordings", config)
        save, saved = Project.save, []

        def counted(self: Project, manifest: Manifest) -> None:
            saved.append(len(manifest.captures))
            save(self, manifest)

        monkeypatch.setattr(Project, "save", counted)
        assert len(project.adopt()) == 5
        assert saved == [5]


def test_what_was_left_out_is_said_by_its_verdict(tmp_path: Path) -> None:
    config = folder_of_pairs(tmp_path / "takes", 4)
    write_wav(tmp_path / "takes" / "out_3.wav", np.zeros(3 * RATE), RATE)
    with Project.create(tmp_path / "P") as project:
        end, _ = run(project, "import", "recordings", config)
        assert "Imported 4 captures" in end.text
        assert "1 left out, for their wet level (the first: The wet audio is silent" in end.text
        assert end.figures["left_out"] == ["out_3"]
