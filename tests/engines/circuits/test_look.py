"""A quick look before the long run: operating point, frequency response, transfer curve."""

from __future__ import annotations

import shutil
import stat
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from engines.circuits import look
from engines.circuits.base import Circuit, SimulatorError, SimulatorMissingError
from engines.circuits.diode_clipper import CIRCUIT
from engines.circuits.look import frequency_response, operating_point, transfer_curve
from engines.circuits.ngspice import ENVIRONMENT

needs_ngspice = pytest.mark.skipif(
    shutil.which("ngspice") is None, reason="ngspice is not installed"
)
DIVIDER = Circuit(
    name="divider",
    title="Divider",
    elements=("R1 in out {top}", "R2 out 0 1k", "V1 n 0 5", "R3 n 0 1k", "C1 out 0 1u"),
    input="in",
    output="out",
    states=(),
    settle_seconds=None,
    params=(("top", 3000.0),),
)


@needs_ngspice
def test_operating_point(tmp_path: Path) -> None:
    found = operating_point(DIVIDER, tmp_path, ["v(n)", "v(out)", "i(V1)"])
    assert found == pytest.approx({"v(n)": 5.0, "v(out)": 0.0, "i(V1)": -5e-3})
    assert not list(tmp_path.iterdir())


@needs_ngspice
def test_frequency_response(tmp_path: Path) -> None:
    found = frequency_response(DIVIDER, tmp_path, start=1.0, stop=10_000.0, per_decade=10)
    expected = 0.25 / (1 + 2j * np.pi * found.frequency * 750 * 1e-6)
    np.testing.assert_allclose(found.gain[:, 0], expected, rtol=1e-6)
    np.testing.assert_allclose(found.decibels(), 20 * np.log10(np.abs(expected)), atol=1e-5)
    assert found.frequency[0] == pytest.approx(1.0)
    assert found.frequency[-1] == pytest.approx(10_000.0)


@needs_ngspice
def test_transfer_curve(tmp_path: Path) -> None:
    x, y = transfer_curve(CIRCUIT, tmp_path, lowest=-4.5, highest=4.5, points=91)
    assert len(x) == 91
    np.testing.assert_allclose(x, np.linspace(-4.5, 4.5, 91), atol=1e-9)
    np.testing.assert_allclose(y, -y[::-1], atol=1e-6)
    assert y[-1] == pytest.approx(0.61, abs=0.01)
    assert np.gradient(y, x)[45] > 0.9


@needs_ngspice
def test_its_own_words(tmp_path: Path) -> None:
    faulty = replace(DIVIDER, elements=(*DIVIDER.elements, "Q1 out b"))
    with pytest.raises(SimulatorError, match=r"could not look at the circuit.*q1 out b"):
        operating_point(faulty, tmp_path, ["v(out)"])
    with pytest.raises(SimulatorError):
        operating_point(DIVIDER, tmp_path, ["v(nowhere)"])


def test_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ENVIRONMENT, str(tmp_path / "nothing"))
    with pytest.raises(SimulatorMissingError):
        operating_point(DIVIDER, tmp_path, ["v(out)"])


def test_stands_still(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    impostor = tmp_path / "impostor"
    impostor.write_text("#!/bin/sh\nexec sleep 100\n")
    impostor.chmod(impostor.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv(ENVIRONMENT, str(impostor))
    monkeypatch.setattr(look, "LOOK_SECONDS", 0.3)
    with pytest.raises(SimulatorError, match="no operating point"):
        operating_point(DIVIDER, tmp_path / "work", ["v(out)"])
