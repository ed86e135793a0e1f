"""``trimpot record``: listing devices, and refusals in words."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from app.cli.main import run_command


@pytest.fixture
def silent_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No sound server answers."""
    monkeypatch.setenv("PULSE_SERVER", f"unix:{tmp_path}/nowhere")


def test_listing_never_fails(silent_machine: None, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["record", "--list", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert isinstance(told["devices"], list)
    assert told["text"]


def test_a_project_is_needed(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["record"]) == 1
    assert "Name the project" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--output", "ALSA: no such device"], "sound device"),
        (["--level", "12"], "less than or equal to 0"),
        (["--input-channel", "0"], "greater than or equal to 1"),
        (["--knob", "gain"], "not of the form"),
    ],
)
def test_what_cannot_be_is_said(
    words: list[str],
    said: str,
    silent_machine: None,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run_command(["record", str(tmp_path / "P"), "--json", *words]) in (1, 2)
    told = json.loads(capsys.readouterr().out)
    assert said in told["error"]
