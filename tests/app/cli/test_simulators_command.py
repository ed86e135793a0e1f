"""``trimpot simulators``."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from app.cli.main import run_command


@pytest.mark.skipif(os.name == "nt", reason="needs a shell script")
def test_it_says_what_is_there_and_what_is_not(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    program = tmp_path / "my-ngspice"
    program.write_text("#!/bin/sh\necho '** ngspice-99 : Circuit level simulation program'\n")
    program.chmod(0o755)
    monkeypatch.setenv("TRIMPOT_NGSPICE", str(program))
    monkeypatch.setenv("TRIMPOT_LTSPICE", str(tmp_path / "none"))
    assert run_command(["simulators", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["simulators"]
    assert found["ngspice"] == {
        "found": True, "version": "ngspice-99", "place": str(program), "why_not": "",
    }  # fmt: skip
    assert found["ltspice"]["found"] is False
    assert "There is no LTspice at" in found["ltspice"]["why_not"]
    assert run_command(["simulators"]) == 0
    said = capsys.readouterr().out
    assert "ngspice-99" in said
    assert "There is no LTspice at" in said
