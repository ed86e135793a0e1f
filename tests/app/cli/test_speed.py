"""``trimpot bench circuits`` measures what it says."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from app.cli.main import run_command

needs_ngspice = pytest.mark.skipif(
    shutil.which("ngspice") is None, reason="ngspice is not installed"
)


@needs_ngspice
def test_seconds_of_audio_by_circuit(capsys: pytest.CaptureFixture[str]) -> None:
    names = ["diode-clipper", "rc-lowpass"]
    words = [word for name in names for word in ("--circuit", name)]
    assert run_command(["bench", "circuits", *words, "--seconds", "0.2", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert list(found["times_real_time"]) == names
    for name in names:
        assert found["times_real_time"][name] > 0
        assert found["share_of_ngspice"][name] > 0
    assert "one core" in found["text"]
    assert run_command(["bench", "circuits", "--circuit", "rc-lowpass", "--seconds", "0.1"]) == 0
    shown = capsys.readouterr().out
    assert "rc-lowpass" in shown
    assert "%" in shown


def test_what_is_not_there(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert run_command(["bench", "circuits", "--circuit", "nonesuch"]) == 1
    assert "nonesuch" in capsys.readouterr().err
    missing = str(tmp_path / "none.wav")
    words = ["bench", "circuits", "--circuit", "rc-lowpass", "--dry", missing]
    assert run_command(words) == 1
    assert "none.wav" in capsys.readouterr().err
    assert run_command(["bench"]) == 2
