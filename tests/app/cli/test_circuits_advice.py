"""``trimpot circuit NAME --advise``."""

from __future__ import annotations

import json
import shutil

import pytest

from app.cli.main import run_command


@pytest.mark.skipif(shutil.which("ngspice") is None, reason="ngspice is not installed")
def test_advice_on_a_circuits_knobs(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["circuit", "rc-lowpass", "--no-look", "--advise", "--json"]) == 0
    advice = json.loads(capsys.readouterr().out)["advice"]
    (knob,) = advice["knobs"]
    assert advice["chosen"] == {"resistance": knob["settings"]}
    assert knob["settings"][0] == 1000.0
    assert knob["settings"][-1] == 100_000.0
    assert advice["total"] == len(knob["settings"]) > 2
    assert knob["text"] in advice["text"]


def test_nothing_to_advise_without_knobs(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["circuit", "diode-clipper-2", "--no-look", "--advise"]) != 0
    assert "has no knobs, so one setting is all there is" in capsys.readouterr().err
