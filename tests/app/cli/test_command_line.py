"""The command line keeps its word: one JSON object, an exit code, a sentence for whatever fails."""

from __future__ import annotations

import json
import os
import signal
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from pydantic import BaseModel

from app.cli.actions import Bench, result_place
from app.cli.console import ConsoleReporter, run_in_console
from app.cli.demo import DemoSettings, run_demo
from app.cli.main import run_command, without_nan
from engines.jobs.base import Handler, Outcome
from engines.worker.context import JobContext
from projects.errors import ProjectError
from projects.jobs import Job, read_status
from projects.project import Project

RATE = 44_100
Run = Callable[..., tuple[int, dict[str, Any]]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command with ``--json``; returns its exit code and its one object."""

    def run(*words: object) -> tuple[int, dict[str, Any]]:
        capsys.readouterr()
        code = run_command([*map(str, words), "--json"])
        value = json.loads(capsys.readouterr().out)
        assert isinstance(value, dict)
        return code, value

    return run


@pytest.fixture
def pair(tmp_path: Path) -> tuple[Path, Path]:
    """A dry and a wet file of two seconds."""
    time = np.arange(2 * RATE) / RATE
    dry = 0.5 * np.sin(2 * np.pi * 220 * time) * np.exp(-2 * (time % 0.5))
    files = tmp_path / "dry.wav", tmp_path / "wet.wav"
    for path, samples in zip(files, (dry, np.tanh(3 * dry)), strict=True):
        soundfile.write(path, samples, RATE, subtype="PCM_24")
    return files


def test_import_in_words_of_any_length(run: Run, tmp_path: Path, pair: tuple[Path, Path]) -> None:
    dry, wet = pair
    long = wet.rename(tmp_path / ("w" * 240 + ".wav"))
    code, figures = run("import", tmp_path / ("p" * 240), "--dry", dry, "--wet", long)
    assert (code, figures["state"]) == (0, "done")
    assert figures["text"].startswith("Imported 2.0 s (www")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("train",), "required: project"),
        (("train", "p", "--max-seconds", "nan"), "'nan' is no number above zero"),
        (("train", "p", "--max-seconds", "inf"), "'inf' is no number above zero"),
        (("train", "p", "--seed", "-1"), "'-1' is no whole number"),
        (("train", "p", "--seed", "9" * 25), "is no whole number"),
        (("train", "p", "--set", "rate=NaN"), "NaN is no number to work with"),
        (("render", "p", "--input", "x", "--knob", "drive=x"), "not of the form knob=number"),
        (("import", "p", "--dry", "d", "--wet", "w", "--name", "x" * 500), "at most 200 fit"),
    ],
)
def test_wrong_usage_is_an_object_too(run: Run, words: tuple[str, ...], sentence: str) -> None:
    code, answer = run(*words)
    assert code == 2
    assert sentence in answer["error"]
    assert answer["details"].startswith("usage: trimpot ")


def test_a_setting_of_the_wrong_kind_is_a_sentence(
    run: Run, tmp_path: Path, pair: tuple[Path, Path]
) -> None:
    dry, wet = pair
    code, answer = run("import", tmp_path / "p", "--dry", dry, "--wet", wet, "--set", "name=3")
    assert code == 1
    assert "name: Input should be a valid string" in answer["error"]


def test_a_fault_is_a_sentence_with_details(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(folder: Path) -> Project:
        raise ZeroDivisionError("1/0")

    monkeypatch.setattr("app.cli.work.Project.open", fail)
    code, answer = run("export", "p")
    assert code == 1
    assert "a fault in Trimpot (ZeroDivisionError: 1/0)" in answer["error"]
    assert "Traceback" in answer["details"]


def test_ctrl_c_is_an_object_too(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def press(folder: Path) -> Project:
        raise KeyboardInterrupt

    monkeypatch.setattr("app.cli.work.Project.open", press)
    code, answer = run("export", "p")
    assert code == 130
    assert answer["error"] == "Broken off. What was finished before is kept."


def test_json_has_no_number_for_nan() -> None:
    assert without_nan({"a": [1.0, float("nan")], "b": float("inf")}) == {
        "a": [1.0, None],
        "b": None,
    }


def test_a_result_never_replaces_the_recording(tmp_path: Path, pair: tuple[Path, Path]) -> None:
    dry, _ = pair
    before = dry.read_bytes()
    (tmp_path / "link.wav").symlink_to(dry)
    for target in (dry, tmp_path / "link.wav"):
        with pytest.raises(ProjectError, match="is the recording itself"):
            result_place(target, ".wav", keep=dry)
    with pytest.raises(ProjectError, match="named otherwise"):
        result_place(tmp_path / "result.mp3", ".wav", keep=dry)
    assert result_place(tmp_path, ".wav", keep=dry) == tmp_path / "dry-wet.wav"
    assert dry.read_bytes() == before


class _Config(BaseModel):
    pass


def _stop_when_running(number: signal.Signals) -> Callable[[_Config, JobContext], Outcome]:
    def body(config: _Config, context: JobContext) -> Outcome:
        killer = threading.Timer(0.05, os.kill, (os.getpid(), number))
        killer.start()
        try:
            context.wait(20.0)
        finally:
            killer.join()
        return Outcome("Done.")

    return body


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such signals")
@pytest.mark.parametrize(
    ("number", "state"),
    [("SIGINT", "cancelled"), ("SIGTERM", "interrupted"), ("SIGHUP", "interrupted")],
)
def test_signals_end_a_job_in_words(
    number: str, state: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    handler = Handler(Config=_Config, run=_stop_when_running(signal.Signals[number]), heavy=False)
    monkeypatch.setattr("engines.worker.main.handler", lambda kind: handler)
    before = signal.getsignal(signal.Signals[number])
    with Project.create(tmp_path / "p") as project:
        folder = project.new_job(Job(kind="render", name="job"))
        end = run_in_console(folder, ConsoleReporter())
    assert end.state == state
    assert read_status(folder).state == state
    assert signal.getsignal(signal.Signals[number]) is before


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such signals")
def test_a_stopped_demo_stops(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    handler = Handler(Config=_Config, run=_stop_when_running(signal.SIGINT), heavy=False)
    monkeypatch.setattr("engines.worker.main.handler", lambda kind: handler)
    figures = run_demo(DemoSettings(folder=tmp_path / "demo", recordings=()), ConsoleReporter())
    assert figures["state"] == "cancelled"
    assert str(tmp_path / "demo") in figures["text"]
    with Project.open(tmp_path / "demo") as project:
        assert len(Bench(project, ConsoleReporter()).project.jobs()) == 1


def test_a_circuit_of_the_library_by_its_name(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["simulate", str(tmp_path / "p"), "--circuit", "rc-lowpass", "--seconds", "4", "--json"]
    assert run_command([*words, "--set", "steps_per_sample=1", "--set", "sample_rate=8000"]) == 0
    figures = json.loads(capsys.readouterr().out)
    assert len(figures["captures"]) == 1
    with Project.open(tmp_path / "p", write=False) as project:
        capture = project.read_capture(figures["captures"][0])
    assert capture.source["config"]["circuit"] == "rc-lowpass"
    assert len(capture.states) == 1


def test_the_settings_of_an_effect(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["simulate", str(tmp_path / "p"), "--circuit", "compressor", "--seconds", "4"]
    knobs = ["--knob", "threshold=-30,-20", "--knob", "ratio=4", "--set", "sample_rate=8000"]
    assert run_command([*words, *knobs, "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)["captures"]) == 2
    assert run_command([*words, "--knob", "wobble=1", "--json"]) == 1
    assert "no knob 'wobble'" in json.loads(capsys.readouterr().out)["error"]
    assert run_command([*words[:2], "--circuit", "teapot", "--json"]) == 1
    assert "overdrive" in json.loads(capsys.readouterr().out)["error"]
    assert run_command([*words, "--knob", "ratio=loud", "--json"]) == 2
    assert "knob=number" in json.loads(capsys.readouterr().out)["error"]
