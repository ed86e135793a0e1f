"""Scan, import, check and fix in the terminal: what a user would type, and what comes back."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from app.cli.main import run_command
from projects.capture import Check, Fix, write_capture
from projects.manifest import Stretch
from projects.project import Project

RATE = 16_000
Run = Callable[..., tuple[int, dict[str, Any]]]
ROOT = Path(__file__).parents[3]


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
def takes(tmp_path: Path) -> Path:
    """One dry file and three settings."""
    folder = tmp_path / "takes"
    folder.mkdir()
    rng = np.random.default_rng(0)
    dry = np.convolve(rng.uniform(-0.5, 0.5, 3 * RATE), np.ones(4) / 4, "same")
    soundfile.write(folder / "dry.wav", dry, RATE)
    for gain in (1, 2, 8):
        soundfile.write(folder / f"amp gain {gain}.wav", 0.5 * np.tanh(gain * dry), RATE)
    return folder


@pytest.fixture
def project(run: Run, takes: Path, tmp_path: Path) -> Path:
    """The three takes imported."""
    code, figures = run("import", tmp_path / "P", "--folder", takes)
    assert (code, figures["state"], len(figures["captures"])) == (0, "done", 3)
    return tmp_path / "P"


def test_scan_guesses(run: Run, takes: Path) -> None:
    code, found = run("scan", takes)
    assert code == 0
    assert (found["kind"], found["pattern"], found["dry"]) == (
        "pattern", "amp gain {gain}", "dry.wav",
    )  # fmt: skip
    assert found["pairs"] == 3
    assert [item["knobs"]["gain"] for item in found["items"]] == [1.0, 2.0, 8.0]
    assert found["unmatched"] == []


def test_scan_with_a_pattern(run: Run, takes: Path) -> None:
    code, found = run("scan", takes, "--pattern", "amp gain {g", "--dry", "dry")
    assert code == 1
    assert "not closed" in found["error"]
    code, found = run("scan", takes, "--pattern", "amp {g}", "--dry", "dry")
    assert code == 0
    assert found["pairs"] == 0
    assert "The names there are like" in found["problems"][0]
    assert len(found["unmatched"]) == 4


def test_scan_of_what_cannot_be_guessed(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_bytes(b"")
    code, found = run("scan", tmp_path)
    assert code == 1
    assert "like a.wav" in found["error"]
    assert "--pattern" in found["error"]
    assert run("scan", tmp_path / "gone")[0] == 1


def test_import_a_folder_with_everything_said(run: Run, takes: Path, tmp_path: Path) -> None:
    code, figures = run(
        "import", tmp_path / "P", "--folder", takes, "--pattern", "amp gain {gain}", "--dry",
        "dry.wav", "--reference", "--knob-range", "gain=0:10:dB:log", "--fixes", "none",
    )  # fmt: skip
    assert (code, figures["refused"]) == (0, [])
    with Project.open(tmp_path / "P", write=False) as opened:
        (control,) = opened.manifest.controls
        assert (control.maximum, control.unit, control.taper) == (10.0, "dB", "log")
        capture = opened.read_capture(figures["captures"][0])
        assert capture.signal("dry").reference is not None


def test_import_a_pair_with_a_knob_and_another_rate(run: Run, takes: Path, tmp_path: Path) -> None:
    code, _ = run(
        "import", tmp_path / "P", "--dry", takes / "dry.wav", "--wet", takes / "amp gain 2.wav",
        "--knob", "gain=2", "--knob-range", "gain=0:20", "--rate", "32000",
    )  # fmt: skip
    assert code == 0
    with Project.open(tmp_path / "P", write=False) as opened:
        (entry,) = opened.manifest.captures
        assert entry.knobs == {"gain": 2.0}
        assert opened.manifest.controls[0].maximum == 20.0
        assert opened.read_capture(entry.id).sample_rate == 32_000


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--wet", "a.wav"), "--dry and --wet"),
        (("--folder", "f", "--wet", "a.wav"), "leave --wet out"),
        (("--folder", "f", "--reference", "--copy"), "not both"),
        (("--folder", "f"), "is not there"),
    ],
)
def test_import_says_what_is_missing(
    run: Run, tmp_path: Path, words: tuple[str, ...], sentence: str
) -> None:
    code, answer = run("import", tmp_path / "P", *words)
    assert code == 1
    assert sentence in answer["error"]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("import", "P", "--rate", "1"), "no sample rate"),
        (("import", "P", "--knob-range", "gain=5"), "name=lo:hi"),
        (("import", "P", "--knob-range", "gain=5:1"), "range"),
        (("import", "P", "--knob-range", "gain=0:1:x:curved"), "taper"),
        (("fix", "P", "c", "--cut", "3:1"), "A:B, in seconds"),
        (("fix", "P", "c", "--shift", "1.5"), "invalid int"),
    ],
)
def test_wrong_words(run: Run, words: tuple[str, ...], sentence: str) -> None:
    code, answer = run(*words)
    assert code == 2
    assert sentence in answer["error"]


def test_check_lists_every_verdict(run: Run, project: Path, capsys: Any) -> None:
    code, found = run("check", project)
    assert code == 0
    assert len(found["captures"]) == 3
    assert [row["knobs"]["gain"] for row in found["coverage"]] == [1.0, 2.0, 8.0]
    for capture in found["captures"]:
        assert capture["error"] is None
        for check in capture["checks"]:
            assert set(check) == {
                "name", "level", "text", "value", "sure", "advice", "where", "fixes", "settled",
            }  # fmt: skip
    name = found["captures"][0]["name"]
    assert len(run("check", project, name)[1]["captures"]) == 1
    assert run_command(["check", str(project), name]) == 0
    shown = capsys.readouterr().out
    assert name in shown
    assert found["captures"][0]["checks"][0]["text"][:40] in shown


def test_check_of_a_capture_that_is_not_there(run: Run, project: Path) -> None:
    code, answer = run("check", project, "nothing")
    assert code == 1
    assert "no capture 'nothing'" in answer["error"]
    code, answer = run("check", project, "amp")
    assert code == 1
    assert "More than one capture" in answer["error"]


def test_a_damaged_capture_is_said_among_the_others(run: Run, project: Path) -> None:
    _, before = run("check", project)
    victim = project / "captures" / before["captures"][1]["id"] / "capture.json"
    victim.write_text("{")
    _, found = run("check", project)
    assert [bool(one["error"]) for one in found["captures"]] == [False, True, False]


def test_decisions(run: Run, project: Path) -> None:
    audio = {path: path.read_bytes() for path in project.rglob("*.wav")}
    name = "amp gain 2"
    code, done = run("fix", project, name, "--shift", "7", "--flip", "--cut", "0:0.5", "--exclude")
    assert code == 0
    assert (done["shift"], done["flip"], done["included"]) == (7, True, False)
    assert done["cuts"] == [[0, 8000]]
    _, found = run("check", project, name)
    (one,) = found["captures"]
    assert (one["shift"], one["flip"], one["included"], one["cuts"]) == (
        7, True, False, [[0, 8000]],
    )  # fmt: skip
    _, done = run("fix", project, name, "--include", "--no-flip", "--cut", "2.5:99")
    assert (done["flip"], done["included"]) == (False, True)
    assert done["cuts"] == [[0, 8000], [40_000, 48_000]]
    _, done = run("fix", project, name, "--reset")
    assert (done["shift"], done["flip"], done["included"], done["cuts"]) == (0, False, True, [])
    assert {path: path.read_bytes() for path in project.rglob("*.wav")} == audio


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ((), "Name a capture"),
        (("amp gain 2",), "Say what to decide"),
        (("amp gain 2", "--cut", "5:6"), "nothing to cut"),
        (("amp gain 2", "--include", "--exclude"), "not both"),
        (("amp gain 2", "--flip", "--no-flip"), "not both"),
        (("amp gain 2", "--shift", "99999999"), "at most"),
    ],
)
def test_decisions_that_make_no_sense(
    run: Run, project: Path, words: tuple[str, ...], sentence: str
) -> None:
    code, answer = run("fix", project, *words)
    assert code == 1
    assert sentence in answer["error"]


def test_safe_fixes(run: Run, project: Path) -> None:
    with Project.open(project) as opened:
        entry = opened.manifest.captures[0]
        capture = opened.read_capture(entry.id)
        cut = Fix(kind="cut", cuts=(Stretch(start=0, stop=500),), safe=True)
        flip = Fix(kind="flip", safe=False)
        checks = (
            Check(name="start-up", level="warning", text="It starts.", fixes=(cut,)),
            Check(name="polarity", level="warning", text="Inverted.", fixes=(flip,)),
        )
        changed = capture.model_copy(update={"checks": checks})
        write_capture(opened.capture_folder(entry.id), changed)
    code, done = run("fix", project, entry.id, "--safe")
    assert (code, done.get("fixes")) == (0, {"cut": 1}), done
    _, found = run("check", project, entry.id)
    assert found["captures"][0]["cuts"][0][:2] == [0, 500]
    assert [check["settled"] for check in found["captures"][0]["checks"]] == [True, False]
    _, done = run("fix", project, entry.id, "--safe")
    assert done["fixes"] == {}


@pytest.mark.skipif(os.name == "nt", reason="Windows has other pipes")
def test_a_reader_that_has_seen_enough(takes: Path) -> None:
    """As ``trimpot scan ... | head -1``."""
    words = [sys.executable, "-m", "app", "scan", str(takes)]
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write, "wb") as pipe:
        done = subprocess.run(words, cwd=ROOT, stdout=pipe, stderr=subprocess.PIPE, text=True)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.skipif(os.name == "nt", reason="limits the size of a process's files")
def test_a_disk_that_fills_up_in_the_middle(tmp_path: Path) -> None:
    """For real: files of this process may not grow beyond 1 MB, and one of four must."""
    folder = tmp_path / "takes"
    folder.mkdir()
    rng = np.random.default_rng(0)
    for number, seconds in ((1, 3), (2, 3), (3, 3), (4, 30)):
        dry = rng.uniform(-0.5, 0.5, seconds * RATE)
        soundfile.write(folder / f"in_{number}.flac", dry, RATE)
        soundfile.write(folder / f"out_{number}.flac", np.tanh(2 * dry), RATE)
    code = (
        "import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (10**6, 10**6));"
        "from app.__main__ import main; sys.exit(main(sys.argv[1:]))"
    )
    words = ["import", str(tmp_path / "P"), "--folder", str(folder), "--pattern", "out_{n}",
             "--dry", "in_{n}", "--json"]  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-c", code, *words], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 1
    assert "Could not write the audio file" in json.loads(done.stdout)["error"]
    assert "of 4 captures were finished; these stay." in done.stderr
    with Project.open(tmp_path / "P", write=False) as opened:
        assert 1 <= len(opened.manifest.captures) <= 3
        for entry in opened.manifest.captures:
            assert opened.read_capture(entry.id).n_samples == 3 * RATE
    assert not list((tmp_path / "P").rglob("*.tmp"))
