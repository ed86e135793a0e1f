"""The choice of simulators, and where a bundled one is looked for."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from engines.circuits.base import SimulatorError
from engines.circuits.ltspice import LTspice
from engines.circuits.ltspice_program import ENVIRONMENT as LTSPICE
from engines.circuits.ngspice import ENVIRONMENT, NgSpice, find_ngspice
from engines.circuits.simulators import SIMULATORS, look_for, simulator_named


def test_by_name() -> None:
    assert isinstance(simulator_named(), NgSpice)
    assert isinstance(simulator_named("ltspice"), LTspice)
    assert [simulator_named(name).name for name in SIMULATORS] == list(SIMULATORS)
    assert [kind.variable for kind in SIMULATORS.values()] == [ENVIRONMENT, LTSPICE]
    with pytest.raises(SimulatorError, match="there is: ngspice, ltspice"):
        simulator_named("spectre")


@pytest.mark.usefixtures("ngspice")
def test_what_is_found_of_ngspice() -> None:
    found = look_for("ngspice")
    assert found.there
    assert found.version.startswith("ngspice-")
    assert Path(found.place).is_file()


def test_what_is_not_found(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(ENVIRONMENT, str(tmp_path / "none"))
    found = look_for("ngspice")
    assert not found.there
    assert "none" in found.why_not


@pytest.mark.skipif(os.name == "nt", reason="programs end in .exe there")
def test_one_in_the_bundle_comes_before_that_of_the_system(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv(ENVIRONMENT, raising=False)
    own = tmp_path / "_internal" / "ngspice" / "bin" / "ngspice"
    other = tmp_path / "bin" / "ngspice"
    for path in (own, other):
        path.parent.mkdir(parents=True)
        path.write_text("#!/bin/sh\n")
        path.chmod(0o755)
    monkeypatch.setenv("PATH", str(other.parent))
    assert find_ngspice() == str(other)
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "Trimpot"))
    assert find_ngspice() == str(own)
    monkeypatch.setenv(ENVIRONMENT, str(other))
    assert find_ngspice() == str(other)
    monkeypatch.delenv(ENVIRONMENT)
    own.unlink()
    assert find_ngspice() == str(other)


def test_the_choice_loads_nothing() -> None:
    """The settings dialog asks for it: neither spicelib nor anything heavy may come with it."""
    code = (
        "import sys, engines.circuits.simulators, engines.circuits.ltspice_program; "
        "print([m for m in ('torch', 'numba', 'scipy', 'spicelib') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=Path(__file__).parents[3],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout.strip() == "[]"
