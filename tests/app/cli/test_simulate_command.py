"""``trimpot simulate``: what its words make of knobs that are spread or move."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from app.cli.main import run_command
from app.cli.parser import parser
from app.cli.simulate import simulation_config
from projects.project import Project


def configured(*words: str) -> tuple[str, dict[str, Any]]:
    return simulation_config(parser().parse_args(["simulate", "P", *words]))


def test_settings_that_are_spread() -> None:
    source, config = configured("--circuit", "overdrive", "--spread", "16", "--knob", "drive=0,1")
    assert source == "circuit"
    assert (config["design"], config["count"]) == ("spread", 16)
    assert config["knobs"] == {"drive": [0.0, 1.0]}
    assert "motion" not in config


@pytest.mark.parametrize(
    ("words", "motion", "hold"),
    [
        ((), "moving", None),
        (("--motion", "stepped", "--hold", "0.5"), "stepped", 0.5),
    ],
)
def test_knobs_that_move(words: tuple[str, ...], motion: str, hold: float | None) -> None:
    _, config = configured(
        "--circuit", "overdrive", "--move", "drive", "--move", "tone", "--knob", "level=0.3", *words
    )
    assert config["motion"] == motion
    assert config["move"] == ["drive", "tone"]
    assert config["knobs"] == {"level": [0.3]}
    assert config.get("hold_seconds") == hold


def test_every_knob_that_can_moves_where_none_is_named() -> None:
    _, config = configured("--circuit", "overdrive", "--motion", "stepped")
    assert (config["motion"], config["move"]) == ("stepped", [])


def test_a_motion_file(tmp_path: Path) -> None:
    _, config = configured("--circuit", "ladder", "--motion-file", str(tmp_path / "m.csv"))
    assert (config["motion"], config["motion_file"]) == ("file", str(tmp_path / "m.csv"))


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["--hold", "2"], 1, "--hold says how long a knob that moves rests"),
        (["--motion-file", "m.csv", "--move", "drive"], 1, "do not go with it"),
        (["--motion", "quickly"], 2, "invalid choice"),
        (["--spread", "none"], 2, "no whole number from 1"),
        (["--spread", "0"], 2, "no whole number from 1"),
        (["--move", "volume"], 1, "Overdrive has no knob 'volume'; it has: drive, tone, level"),
        (["--move", "drive", "--knob", "drive=0.5"], 1, "Give it two settings to move between"),
        (["--move", "drive", "--circuit", "waveshaper"], 1, "--move is for circuits with knobs"),
        (["--spread", "4", "--circuit", "compressor"], 1, "--spread is for circuits with knobs"),
        (["--spread", "500"], 1, "count: Input should be less than or equal to 400"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_words_that_make_no_sense(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str], code: int, said: str
) -> None:
    place = tmp_path / "p"
    assert run_command(["simulate", str(place), "--circuit", "overdrive", *words, "--json"]) == code
    assert said in json.loads(capsys.readouterr().out)["error"]
    assert not place.exists()


def test_only_what_was_stopped_goes_on(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["simulate", str(tmp_path / "p"), "--circuit", "waveshaper", "--seconds", "4"]
    assert run_command([*words, "--json"]) == 0
    with Project.open(tmp_path / "p", write=False) as project:
        (job,) = project.jobs()
    capsys.readouterr()
    assert run_command(["simulate", str(tmp_path / "p"), "--resume", job.job.id, "--json"]) == 1
    assert "its captures are in the project" in json.loads(capsys.readouterr().out)["error"]
    assert run_command(["simulate", str(tmp_path / "p"), "--resume", "nothing", "--json"]) == 1
    assert "There is no job 'nothing'" in json.loads(capsys.readouterr().out)["error"]
    assert run_command(["simulate", str(tmp_path / "none"), "--resume", "x", "--json"]) == 1
    assert not (tmp_path / "none").exists()
