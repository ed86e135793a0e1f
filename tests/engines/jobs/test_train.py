"""The job that trains, from job.json to its outcome."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from small_circuit import RATE, add_capture, small_project

from engines.jobs.hashes import file_hash
from engines.models.storage import load_model
from engines.models.streaming import render
from engines.training.dataset import LEAD_SECONDS, load_captures
from engines.worker.main import JobRunner, run_job
from engines.worker.protocol import Checkpoint, End, Message, Preview, Progress
from projects.jobs import BEST_FILE, LAST_FILE, METRICS_FILE, PREVIEW_FILE, Job
from projects.manifest import Edits
from projects.project import Project

QUICK = {
    "hidden": [8],
    "starts": 2,
    "batch": 4000,
    "regression_steps": 30,
    "through_time_steps": 10,
}
SMALL_LSTM = {
    "hidden": 6,
    "batch": 8,
    "truncation": 128,
    "burn_in": 64,
    "updates_per_stretch": 4,
    "steps": 120,
}


def job_folder(project: Project, config: dict[str, Any], **more: Any) -> Path:
    return project.new_job(Job(kind="train", name="A run", config=config, **more))


def train(folder: Path, sink: Callable[[Message], None] = lambda message: None) -> End:
    return run_job(folder, sink)


def test_trains_and_scores_the_locked_part_once(tmp_path: Path) -> None:
    with small_project(tmp_path / "p") as project:
        folder = job_folder(project, {"architecture": "stn", "model": QUICK}, seed=3)
        said: list[Message] = []
        end = train(folder, said.append)
        loaded = load_captures(project)
    assert end.state == "done", end
    assert end.files == (BEST_FILE, LAST_FILE)
    figures = end.figures
    assert figures["esr_test"] < 1e-3
    assert figures["n_weights"] == 41
    assert figures["captures"] == [loaded[0].entry.id]
    assert figures["steps"] == 2 * 20 + 2 * 40 + 30 + 10
    assert figures["seconds"] > 0
    assert f"{figures['esr_test']:.2g} on the test part" in end.text
    model = load_model(folder / BEST_FILE)
    assert model.info.name == "A run"
    assert model.info.figures["esr_test"] == figures["esr_test"]
    # The figure is what anyone gets who plays the test part through the model.
    (section,) = loaded[0].split.of("test")
    lead = min(section.start, round(LEAD_SECONDS * RATE))
    x = loaded[0].dry[section.start - lead : section.stop].astype(np.float32)
    y = loaded[0].wet[section.start : section.stop]
    heard = render(model, x)[lead:].astype(np.float64)
    assert np.sum((y - heard) ** 2) / np.sum(y**2) == pytest.approx(figures["esr_test"], rel=1e-6)
    for kind in (Progress, Preview, Checkpoint):
        assert any(isinstance(message, kind) for message in said)
    assert (folder / METRICS_FILE).is_file()
    assert (folder / PREVIEW_FILE).is_file()


def test_an_lstm_learns_from_recordings(tmp_path: Path) -> None:
    with small_project(tmp_path / "p", states=False) as project:
        folder = job_folder(project, {"architecture": "lstm", "model": SMALL_LSTM})
    end = train(folder)
    assert end.state == "done", end
    assert end.figures["esr_test"] < 0.2


def test_knobs_are_learned(tmp_path: Path) -> None:
    with small_project(tmp_path / "p", knobs=(1.0, 3.0, 10.0)) as project:
        folder = job_folder(project, {"architecture": "stn", "model": QUICK})
    end = train(folder)
    assert end.state == "done", end
    model = load_model(folder / BEST_FILE)
    assert [control.name for control in model.info.controls] == ["drive"]
    assert end.figures["esr_test"] < 0.01


def test_a_network_of_states_needs_states(tmp_path: Path) -> None:
    with small_project(tmp_path / "p", states=False) as project:
        end = train(job_folder(project, {"architecture": "stn", "model": QUICK}))
    assert end.state == "failed"
    assert "needs a circuit's states" in end.text


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ({"architecture": "unheard-of"}, "no architecture 'unheard-of'"),
        ({"architecture": "stn", "model": {"hidden": [9999]}}, "settings do not fit"),
        ({"architecture": "stn", "model": {"surprise": 1}}, "settings do not fit"),
        ({"architecture": "stn", "max_seconds": -1}, "settings do not fit"),
        ({"architecture": "stn", "captures": ["nowhere"]}, "no capture nowhere"),
    ],
)
def test_settings_that_do_not_fit(tmp_path: Path, config: dict[str, Any], words: str) -> None:
    with small_project(tmp_path / "p") as project:
        end = train(job_folder(project, config))
    assert end.state == "failed"
    assert words in end.text


def test_inputs_that_changed_are_refused(tmp_path: Path) -> None:
    with small_project(tmp_path / "p") as project:
        capture_id = project.manifest.captures[0].id
        path = project.capture_folder(capture_id) / "wet.wav"
        hashes = {f"captures/{capture_id}/wet.wav": file_hash(path)}
        config = {"architecture": "stn", "model": {**QUICK, "starts": 1}, "max_steps": 5}
        good = job_folder(project, config, hashes=hashes)
        assert train(good).state == "done"
        data = bytearray(path.read_bytes())
        data[-4:] = b"\x00\x00\x80\x3e"
        path.write_bytes(bytes(data))
        end = train(job_folder(project, config, hashes=hashes))
        assert end.state == "failed"
        assert "has changed since the job was made" in end.text
        decided = {f"captures/{capture_id}#decisions": project.manifest.decisions(capture_id)}
        assert train(job_folder(project, config, hashes=decided)).state == "done"
        (entry,) = project.manifest.captures
        flipped = entry.model_copy(update={"edits": Edits(flip=True)})
        project.save(project.manifest.model_copy(update={"captures": (flipped,)}))
        other = train(job_folder(project, config, hashes=decided))
        assert other.state == "failed"
        assert "edits or parts" in other.text
        path.unlink()
        gone = train(job_folder(project, config, hashes=hashes))
        assert gone.state == "failed"
        assert "cannot be read" in gone.text


def stop_at_first_checkpoint(folder: Path, word: str) -> End:
    runner: list[JobRunner] = []
    stopped = threading.Event()

    def sink(message: Message) -> None:
        if isinstance(message, Checkpoint) and not stopped.is_set():
            stopped.set()
            runner[0].command(word)

    runner.append(JobRunner(folder, sink))
    return runner[0].run()


@pytest.mark.parametrize(
    ("architecture", "model"),
    [
        ("stn", {**QUICK, "regression_steps": 100_000}),
        ("lstm", {**SMALL_LSTM, "steps": 1_000_000}),
    ],
)
def test_cancel_keeps_the_best_and_scores_it(
    tmp_path: Path, architecture: str, model: dict[str, Any]
) -> None:
    with small_project(tmp_path / "p") as project:
        folder = job_folder(project, {"architecture": architecture, "model": model})
    end = stop_at_first_checkpoint(folder, "cancel")
    assert end.state == "cancelled"
    assert end.figures["esr_test"] > 0
    assert load_model(folder / BEST_FILE).info.figures["esr_test"] == end.figures["esr_test"]


def test_interrupted_goes_on(tmp_path: Path) -> None:
    with small_project(tmp_path / "p") as project:
        folder = job_folder(project, {"architecture": "stn", "model": QUICK})
    first = stop_at_first_checkpoint(folder, "orphaned")
    assert first.state == "interrupted"
    assert (folder / LAST_FILE).is_file()
    before = (folder / METRICS_FILE).read_text().splitlines()
    end = train(folder)
    assert end.state == "done"
    after = (folder / METRICS_FILE).read_text().splitlines()
    assert after[: len(before)] == before
    steps = [int(line.split('"step": ')[1].split(",")[0]) for line in after]
    assert steps == sorted(steps)


def test_captures_left_out_by_the_job(tmp_path: Path) -> None:
    with small_project(tmp_path / "p") as project:
        second = add_capture(project, seed=4)
        config = {"architecture": "stn", "model": QUICK, "captures": [second], "max_steps": 10}
        end = train(job_folder(project, config))
    assert end.figures["captures"] == [second]
    assert "after 10 steps" in end.text


@pytest.mark.parametrize(("name", "model"), [("stn", QUICK), ("lstm", SMALL_LSTM)])
def test_a_limit_before_the_first_model_is_named(
    tmp_path: Path, name: str, model: dict[str, Any]
) -> None:
    config = {"architecture": name, "model": model, "max_seconds": 1e-9}
    with small_project(tmp_path / "p") as project:
        end = train(job_folder(project, config))
    assert end.state == "failed"
    assert end.text.startswith("Stopped at its time limit of 1e-09 s, before there was any model.")
