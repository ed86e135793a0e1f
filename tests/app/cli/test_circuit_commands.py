"""Circuits in the terminal: listed, read, brought in and simulated, as a user would type it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app.cli.circuits_netlist import own_circuit
from app.cli.main import run_command
from engines.audio.files import write_wav
from projects.capture import Capture, read_capture
from projects.circuits import circuit_folder, circuits_of, read_circuit, write_circuit
from projects.project import Project

RATE = 8000
Run = Callable[..., tuple[int, dict[str, Any]]]
needs_ngspice = pytest.mark.skipif(
    shutil.which("ngspice") is None, reason="ngspice is not installed"
)
AMP = """* Z:\\amps\\bright.asc
V1 in 0 SINE(0 1 440) Rser=1k AC 1
V2 out2 0 0
R1 in out {10k*drive+1}
C1 out 0 {part}
R2 out out2 1Meg
.param drive=0.5 part=10n
.step param drive 0 1 .5
.backanno
.end
"""


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
def amp(tmp_path: Path) -> Path:
    path = tmp_path / "Bright amp.net"
    path.write_text(AMP)
    return path


@pytest.fixture
def riff(tmp_path: Path) -> Path:
    rng = np.random.default_rng(1)
    x = 0.4 * np.convolve(rng.uniform(-1, 1, 2 * RATE), np.ones(8) / 8, "same")
    write_wav(tmp_path / "riff.wav", x, RATE)
    return tmp_path / "riff.wav"


def captures(project: Path, figures: dict[str, Any]) -> list[Capture]:
    return [read_capture(project / "captures" / name) for name in figures["captures"]]


def test_the_library_and_a_projects_own(run: Run, amp: Path, tmp_path: Path) -> None:
    code, figures = run("circuits")
    assert code == 0
    names = [one["name"] for one in figures["library"]]
    assert "overdrive" in names
    overdrive = figures["library"][names.index("overdrive")]
    assert [knob["param"] for knob in overdrive["knobs"]] == ["drive", "tone", "level"]
    assert overdrive["states"]["vC2"] == "v(b,d)"
    assert overdrive["reference"]
    code, figures = run("circuits", tmp_path)
    assert code == 1
    assert "no project" in figures["error"]
    project = tmp_path / "P"
    _, imported = run("circuit", amp, "--import", project, "--no-look", "--name", "My amp")
    (project / "circuits" / "broken").mkdir()
    (project / "circuits" / "broken" / "circuit.json").write_text("{")
    code, figures = run("circuits", project)
    assert code == 0
    (own,) = figures["own"]
    assert (own["name"], own["title"]) == (imported["imported"], "My amp")
    (broken,) = figures["broken"]
    assert broken["name"] == "broken"
    assert "damaged" in broken["error"]


def test_what_a_netlist_holds(run: Run, amp: Path) -> None:
    code, figures = run("circuit", amp, "--no-look")
    assert code == 0
    assert (figures["dialect"], figures["input"], figures["output"]) == ("ltspice", "V1", "out")
    assert figures["inputs"][0]["source"] == "V1"
    assert [knob["param"] for knob in figures["knobs"]] == ["drive"]
    assert [knob["param"] for knob in figures["parameters"]] == ["part"]
    assert figures["states"] == {"vC1": "v(out)"}
    assert figures["problems"] == []
    lines = {change["line"]: change["why"] for change in figures["changes"]}
    assert "Trimpot chooses the settings itself" in lines[8]
    assert "look" not in figures


def test_a_netlist_in_words(amp: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["circuit", str(amp), "--no-look"]) == 0
    said = capsys.readouterr().out
    for words in (
        "Bright amp: 1 state(s), 1 knob(s).",
        "Line 8",
        "V1; V1 gives a signal (SIN)",
        "drive: 0 to 1, linear, at rest 0.5",
        "Could be a knob",
        "v(out)",
    ):
        assert words in said


@needs_ngspice
def test_a_quick_look(run: Run, amp: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, figures = run("circuit", amp, "--knob", "DRIVE=1", "--drive", "0.5")
    assert code == 0
    look = figures["look"]
    assert look["settings"] == {"drive": 1.0}
    corner = 1 / (2 * np.pi * 11_001 * 10e-9)
    assert look["figures"]["high_corner"] == pytest.approx(corner, rel=0.02)
    assert look["operating_point"]["out"] == pytest.approx(0.0, abs=1e-9)
    assert len(look["response"]) > 50
    assert look["problems"] == {}
    assert run_command(["circuit", str(amp), "--output", "out2", "--input", "v1"]) == 0
    said = capsys.readouterr().out
    assert "Small signals do not reach the output" in said
    assert "Gain at 1 kHz" in said


def test_words_that_name_nothing(run: Run, amp: Path, tmp_path: Path) -> None:
    code, figures = run("circuit", tmp_path / "nothing.cir")
    assert code == 1
    assert "There is no file" in figures["error"]
    code, figures = run("circuit", "overdriv")
    assert "overdrive" in figures["error"]
    code, figures = run("circuit", amp, "--no-look", "--knob", "tone=1")
    assert code == 1
    assert (
        "no parameter of the netlist that could be a knob. It has: drive, part" in figures["error"]
    )
    amp.write_text(AMP.replace("R2 out out2 1Meg", "R2 out out2 1Meg\n.include /etc/passwd"))
    code, figures = run("circuit", amp)
    assert code == 1
    assert figures["error"].startswith("Line 7: it includes /etc/passwd")


def test_a_dialect_that_nothing_tells(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "plain.cir"
    path.write_text("Plain\nVin in 0 0\nL1 in out 1m\nR1 out 0 1k\n.end\n")
    assert run("circuit", path, "--no-look")[1]["dialect"] == "ngspice"
    assert run("circuit", path, "--no-look", "--dialect", "ltspice")[1]["dialect"] == "ltspice"


def test_brought_into_a_project(run: Run, amp: Path, tmp_path: Path) -> None:
    project = tmp_path / "P"
    code, figures = run("circuit", amp, "--import", project, "--no-look")
    assert code == 0
    assert circuits_of(project) == [figures["imported"]]
    amp.unlink()
    code, again = run("circuit", figures["imported"], "--project", project, "--no-look")
    assert code == 0
    assert again["states"] == figures["states"]
    code, named = run("circuit", "bright AMP", "--project", project, "--no-look")
    assert (code, named["name"]) == (0, figures["imported"])
    code, copied = run("circuit", "fuzz", "--import", project, "--no-look", "--name", "My fuzz")
    assert code == 0
    assert read_circuit(circuit_folder(project, copied["imported"])).name == "My fuzz"
    code, figures = run("circuit", "fizz", "--import", project, "--no-look")
    assert code == 1
    assert "There is no file fizz" in figures["error"]


def test_an_open_project_is_not_written_to(run: Run, amp: Path, tmp_path: Path) -> None:
    with Project.create(tmp_path / "P"):
        code, figures = run("circuit", amp, "--import", tmp_path / "P", "--no-look")
    assert code == 1
    assert "open" in figures["error"]
    assert circuits_of(tmp_path / "P") == []


def test_two_circuits_of_one_name(run: Run, amp: Path, tmp_path: Path) -> None:
    project = tmp_path / "P"
    for _ in range(2):
        run("circuit", amp, "--import", project, "--no-look")
    code, figures = run("simulate", project, "--circuit", "Bright amp")
    assert code == 1
    assert "More than one circuit" in figures["error"]
    first = circuits_of(project)[0]
    assert own_circuit(project, first) == first
    assert own_circuit(project, "other") is None


@needs_ngspice
def test_a_file_simulated_as_it_lies(run: Run, amp: Path, riff: Path, tmp_path: Path) -> None:
    project = tmp_path / "P"
    code, figures = run(
        "simulate", project, "--netlist", amp, "--dry", riff, "--knob", "drive=0,1",
        "--knob", "part=1e-8,1e-7", "--knob-range", "drive=0:2",
        "--leave-out-state", "vC1", "--drive", "2", "--set", "steps_per_sample=1",
    )  # fmt: skip
    assert code == 0, figures
    made = captures(project, figures)
    assert [tuple(capture.knobs.values()) for capture in made] == [
        (0.0, 1e-8), (0.0, 1e-7), (1.0, 1e-8), (1.0, 1e-7),
    ]  # fmt: skip
    assert [control.maximum for control in made[0].controls] == [2.0, 1e-7]
    assert [signal.name for signal in made[0].signals] == ["dry", "wet"]
    assert made[0].signals[0].full_scale == 2.0
    assert made[0].name == "Bright amp, riff, drive 0, part 1e-08"
    with Project.open(project, write=False) as opened:
        (found,) = opened.jobs("simulate")
    assert list(found.job.hashes) == [str(amp)]


@needs_ngspice
def test_ones_own_circuit_by_its_name(run: Run, amp: Path, riff: Path, tmp_path: Path) -> None:
    project = tmp_path / "P"
    _, imported = run("circuit", amp, "--import", project, "--no-look")
    code, figures = run(
        "simulate", project, "--circuit", "Bright amp", "--dry", riff, "--move", "Drive",
        "--motion", "stepped", "--hold", "0.3", "--set", "steps_per_sample=1",
    )  # fmt: skip
    assert code == 0, figures
    (capture,) = captures(project, figures)
    assert [signal.name for signal in capture.motions] == ["Drive"]
    assert capture.source["config"]["circuit"] == imported["imported"]
    folder = circuit_folder(project, imported["imported"])
    write_circuit(folder, read_circuit(folder).model_copy(update={"output": "nowhere"}))
    code, figures = run("simulate", project, "--circuit", "Bright amp", "--dry", riff)
    assert code == 1
    assert "no node nowhere" in figures["error"]


def test_a_netlist_that_is_refused_makes_no_project(run: Run, amp: Path, tmp_path: Path) -> None:
    amp.write_text(AMP.replace("R2 out", "A1 out 0 0 gate\nR2 out"))
    code, figures = run("simulate", tmp_path / "P", "--netlist", amp)
    assert code == 1
    assert "Line 6" in figures["error"]
    assert not (tmp_path / "P").exists()
    code, figures = run("simulate", tmp_path / "P", "--netlist", tmp_path / "none.net")
    assert "There is no netlist" in figures["error"]
    amp.write_text(AMP)
    code, figures = run("simulate", tmp_path / "P", "--netlist", amp, "--input", "V9")
    assert code == 1
    assert "no voltage source and no node V9" in figures["error"]
    code, figures = run("simulate", tmp_path / "P", "--netlist", amp, "--move", "part")
    assert code == 1
    assert "C1" in figures["error"]
    assert not (tmp_path / "P").exists()


@pytest.mark.parametrize(
    "words",
    [
        ("simulate", "P", "--circuit", "overdrive", "--input", "V1"),
        ("simulate", "P", "--circuit", "overdrive", "--leave-out-state", "vC1"),
        ("simulate", "P", "--circuit", "diode-clipper", "--output", "out"),
        ("simulate", "P", "--circuit", "waveshaper", "--knob-range", "drive=0:1"),
        ("circuit", "overdrive", "--output", "a", "--no-look"),
    ],
)
def test_words_of_netlists_where_there_is_none(
    run: Run, words: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    code, figures = run(*words)
    assert code == 1
    assert "is for a netlist of one's own" in figures["error"]
    assert not (tmp_path / "P").exists()
