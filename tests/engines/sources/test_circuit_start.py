"""The beginning of a run: at rest, or started by the netlist and then cut."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from engines.audio.files import write_wav
from engines.circuits.base import Simulation
from engines.circuits.own import OwnCircuit
from engines.circuits.own_sheets import propose
from engines.circuits.reading.reader import read_netlist
from engines.sources.circuit_start import forgotten_after
from engines.sources.circuit_sweep import PlayedSweep, produce_sweep
from engines.worker.context import JobContext
from projects.capture import Capture, Check

MakeContext = Callable[..., JobContext]
needs_ngspice = pytest.mark.skipif(
    shutil.which("ngspice") is None, reason="ngspice is not installed"
)
RATE = 8000
RC = "RC\nVin in 0 0\nR1 in out 10k\nC1 out 0 1u\n{start}.end\n"
LATCH = """Two states of rest
Vin in 0 0
Vcc vcc 0 5
R1 vcc a 1k
R2 vcc b 1k
Q1 a x 0 npn
Q2 b y 0 npn
R3 b x 10k
R4 a y 10k
R5 in x 1meg
C1 a 0 1n
R6 a out 1k
C2 out 0 1n
.model npn npn(is=1e-14 bf=100)
{start}.end
"""


@pytest.fixture
def tune(tmp_path: Path) -> Path:
    time = np.arange(round(1.2 * RATE)) / RATE
    write_wav(tmp_path / "tune.wav", 0.3 * np.sin(2 * np.pi * 220 * time), RATE)
    return tmp_path / "tune.wav"


def capture_of(
    text: str, start: str, tune: Path, tmp_path: Path, make_context: MakeContext
) -> Capture:
    netlist = read_netlist(text.format(start=start), None)
    own = OwnCircuit(propose(netlist, "rc", "RC").model_copy(update={"output": "out"}), netlist)
    config = PlayedSweep(dry=str(tune), steps_per_sample=2)
    (made,) = produce_sweep(own, config, tmp_path / "made", make_context(), source="netlist")
    return made


def start_of(capture: Capture) -> Check:
    (check,) = [check for check in capture.checks if check.name == "start-up"]
    return check


@needs_ngspice
def test_a_run_starts_at_rest(tmp_path: Path, tune: Path, make_context: MakeContext) -> None:
    made = capture_of(RC, "", tune, tmp_path, make_context)
    assert start_of(made).level == "ok"
    assert "nothing has to settle" in start_of(made).text
    assert not made.edits.any


@needs_ngspice
def test_what_a_netlist_starts_with_is_cut_until_it_is_forgotten(
    tmp_path: Path, tune: Path, make_context: MakeContext
) -> None:
    made = capture_of(RC, ".ic v(out)=1\n", tune, tmp_path, make_context)
    (gap,) = made.edits.cuts
    assert gap.start == 0
    # 1 V that falls by R C = 10 ms, to 1e-5 of some 15 mV RMS.
    assert gap.stop / RATE == pytest.approx(0.01 * np.log(1.0 / (1e-5 * 0.0153)), abs=0.012)
    check = start_of(made)
    assert check.where == (gap,)
    assert "which are cut" in check.text


@needs_ngspice
def test_a_netlists_start_that_changes_nothing(
    tmp_path: Path, tune: Path, make_context: MakeContext
) -> None:
    made = capture_of(RC, ".ic v(out)=0\n", tune, tmp_path, make_context)
    assert "as they are at rest" in start_of(made).text
    assert not made.edits.any


@needs_ngspice
def test_a_start_that_is_never_forgotten_is_said(
    tmp_path: Path, tune: Path, make_context: MakeContext
) -> None:
    made = capture_of(LATCH, ".ic v(a)=0 v(b)=5\n", tune, tmp_path, make_context)
    check = start_of(made)
    assert check.level == "warning"
    assert "still heard after 1.2 s" in check.text
    assert check.advice
    assert not made.edits.any


def test_when_two_runs_are_the_same() -> None:
    rng = np.random.default_rng(0)
    output, states = rng.normal(size=1000), rng.normal(size=(1000, 2))

    def run(off: np.ndarray) -> Simulation:
        moved = states.copy()
        moved[: len(off), 1] += off
        return Simulation(output=output, states=moved, checks=())

    rest = Simulation(output=output[:800], states=states[:800], checks=())
    assert forgotten_after(run(np.zeros(0)), rest, 80) == 0
    assert forgotten_after(run(np.full(100, 1e-3)), rest, 80) == 160
    assert forgotten_after(run(np.full(800, 1e-3)), rest, 80) is None
    assert forgotten_after(run(np.full(800, 1e-7)), rest, 80) == 0
