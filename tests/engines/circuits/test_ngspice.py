"""ngspice for real: it agrees with theory and with an independent solver, and fails in words."""

from __future__ import annotations

import contextlib
import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.optimize import brentq

import engines.circuits.ngspice_run as module
from engines.circuits import stretches
from engines.circuits.base import SimulatorError, SimulatorMissingError
from engines.circuits.diode_clipper import CAPACITANCE, CIRCUIT, RESISTANCE
from engines.circuits.ngspice import ENVIRONMENT, NgSpice, find_ngspice
from engines.circuits.process import BoundedProcess
from engines.signals.builtin import builtin_dry
from engines.worker.context import CancelledError, JobContext
from engines.worker.protocol import Message, Progress

RATE = 48000
MakeContext = Callable[..., JobContext]


def reference(x: np.ndarray, steps: int) -> np.ndarray:
    spec = spec_from_file_location("clipper_reference", Path(__file__).parent / "reference.py")
    assert spec is not None
    assert spec.loader is not None
    found = module_from_spec(spec)
    spec.loader.exec_module(found)
    result: np.ndarray = found.clipper(x, float(RATE), steps)
    return result


def simulate(context: JobContext, x: np.ndarray, **changes: Any) -> Any:
    options = {"sample_rate": RATE, "steps_per_sample": 4, "folder": context.folder / "simulator"}
    options.update(changes)
    circuit = options.pop("circuit", CIRCUIT)
    rate = options.pop("sample_rate")
    return NgSpice().simulate(circuit, x, rate, context=context, **options)


def esr(y: np.ndarray, truth: np.ndarray) -> float:
    return float(np.sum((y - truth) ** 2) / np.sum(truth**2))


def volts(seconds: float, start: float = 1.0) -> np.ndarray:
    first = round(start * RATE)
    made = builtin_dry(8).samples[first : first + round(seconds * RATE)]
    return made.astype(np.float64) * 4.5


@pytest.mark.usefixtures("ngspice")
def test_agrees_with_an_independent_solver(make_context: MakeContext) -> None:
    x = volts(1.0)
    assert np.abs(x).max() > 2.0
    found = simulate(make_context(), x)
    assert esr(found.output, reference(x, 4)) < 1e-11
    assert esr(found.output, reference(x, 64)) < 1e-6
    np.testing.assert_array_equal(found.states[:, 0], found.output)
    assert {check.level for check in found.checks} == {"ok"}
    assert found.figures["input_error"] < 1e-12
    assert found.figures["points"] < 4.2


@pytest.mark.usefixtures("ngspice")
def test_pieces_meet_exactly(make_context: MakeContext, monkeypatch: pytest.MonkeyPatch) -> None:
    x = volts(0.5)
    whole = simulate(make_context(), x)
    assert "joints" not in {check.name for check in whole.checks}
    monkeypatch.setattr(stretches, "CHUNK_SECONDS", 0.1)
    monkeypatch.setattr(stretches, "SHORTEST_CHUNK_SECONDS", 0.05)
    pieces = simulate(make_context(), x)
    assert np.abs(pieces.output - whole.output).max() < 1e-6
    joints = next(check for check in pieces.checks if check.name == "joints")
    assert joints.level == "ok"
    assert joints.value is not None
    assert joints.value < 1e-6


@pytest.mark.usefixtures("ngspice")
@pytest.mark.parametrize("n", [1, 2, 7])
def test_shortest_signals(make_context: MakeContext, n: int) -> None:
    x = np.linspace(1.0, 2.0, n)
    found = simulate(make_context(), x)
    assert found.output.shape == (n,)
    assert np.abs(found.output - reference(x, 4)).max() < 1e-5


@pytest.mark.usefixtures("ngspice")
@pytest.mark.parametrize("steps", [1, 16])
def test_other_steps(make_context: MakeContext, steps: int) -> None:
    x = volts(0.1)
    found = simulate(make_context(), x, steps_per_sample=steps)
    assert esr(found.output, reference(x, steps)) < 1e-10


@pytest.mark.usefixtures("ngspice")
def test_small_signals_fall_at_the_corner_of_r_and_c(make_context: MakeContext) -> None:
    """At 1 / (2 pi R C) the gain is 1 / sqrt(2); linear interpolation of the input is sinc^2."""
    corner = 1 / (2 * np.pi * RESISTANCE * CAPACITANCE)
    rate, n = 192_000, 19_200
    t = np.arange(n) / rate
    found = simulate(
        make_context(), 1e-3 * np.sin(2 * np.pi * corner * t), sample_rate=rate, steps_per_sample=8
    )
    basis = np.stack([np.sin(2 * np.pi * corner * t), np.cos(2 * np.pi * corner * t)], axis=1)
    late = slice(n // 10, None)
    parts, *_ = np.linalg.lstsq(basis[late], found.output[late], rcond=None)
    expected = 1e-3 / np.sqrt(2) * np.sinc(corner / rate) ** 2
    assert np.hypot(*parts) == pytest.approx(expected, rel=1e-3)
    assert np.degrees(np.arctan2(parts[1], parts[0])) == pytest.approx(-45.0, abs=0.2)


@pytest.mark.usefixtures("ngspice")
@pytest.mark.parametrize("level", [4.5, -4.5, 0.3])
def test_clips_where_the_diodes_hold_the_current(make_context: MakeContext, level: float) -> None:
    found = simulate(make_context(), np.full(1000, level))
    nvt = 1.752 * 0.0258649
    expected = brentq(
        lambda v: (level - v) / RESISTANCE - 2 * 2.52e-9 * np.sinh(v / nvt), -5, 5, xtol=1e-12
    )
    assert found.output[-1] == pytest.approx(expected, abs=2e-5)


@pytest.mark.usefixtures("ngspice")
def test_nothing_large_is_left_behind(make_context: MakeContext) -> None:
    context = make_context()
    simulate(context, volts(0.05))
    left = [path.name for path in (context.folder / "simulator").rglob("*") if path.is_file()]
    assert left == ["circuit.cir"]
    assert "ngspice" in (context.folder / "log.txt").read_text()


def test_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv(ENVIRONMENT, raising=False)
    with pytest.raises(SimulatorMissingError) as error:
        find_ngspice()
    for word in ("not installed", "apt install ngspice", "brew install ngspice", "Windows"):
        assert word in error.value.sentence


def test_says_where_it_was_looked_for(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(ENVIRONMENT, str(tmp_path / "no-such-ngspice"))
    with pytest.raises(SimulatorMissingError, match="no-such-ngspice"):
        find_ngspice()


@pytest.mark.usefixtures("ngspice")
def test_without_its_code_models(
    make_context: MakeContext, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SPICE_SCRIPTS", str(tmp_path))
    with pytest.raises(SimulatorError) as error:
        simulate(make_context(), volts(0.05))
    assert "unable to find definition of model trimpot.drive" in error.value.sentence
    assert "circuit not parsed" in error.value.details


@pytest.mark.usefixtures("ngspice")
def test_a_circuit_without_a_solution(make_context: MakeContext) -> None:
    elements = ("V1 out 0 1", "V2 out 0 2", "R1 in out 1k")
    with pytest.raises(SimulatorError) as error:
        simulate(make_context(), volts(0.05), circuit=replace(CIRCUIT, elements=elements))
    assert "ngspice could not simulate the circuit" in error.value.sentence
    assert "singular matrix" in error.value.details


@pytest.mark.usefixtures("ngspice")
def test_a_faulty_line_is_named(make_context: MakeContext) -> None:
    elements = (*CIRCUIT.elements, "Q1 out b")
    with pytest.raises(SimulatorError) as error:
        simulate(make_context(), volts(0.05), circuit=replace(CIRCUIT, elements=elements))
    assert "q1 out b" in error.value.sentence


@pytest.mark.usefixtures("ngspice")
def test_another_input_than_was_sent_is_refused(
    make_context: MakeContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = module.write_run

    def louder(folder: Path, circuit: Any, plan: Any, times: Any, values: Any, o: str) -> None:
        write(folder, circuit, plan, times, values * 1.001, o)

    monkeypatch.setattr(module, "write_run", louder)
    with pytest.raises(SimulatorError, match="differs from the signal that was sent"):
        simulate(make_context(), volts(0.05))


@pytest.mark.parametrize("x", [np.zeros(0), np.array([0.0, np.nan])])
@pytest.mark.usefixtures("ngspice")
def test_refuses_what_is_no_signal(make_context: MakeContext, x: np.ndarray) -> None:
    with pytest.raises(SimulatorError, match="empty or holds what is not a number"):
        simulate(make_context(), x)


@pytest.fixture
def processes(monkeypatch: pytest.MonkeyPatch) -> list[BoundedProcess]:
    """Every process that is started."""
    started: list[BoundedProcess] = []

    class Noted(BoundedProcess):
        def __init__(self, *arguments: Any) -> None:
            super().__init__(*arguments)
            started.append(self)

    monkeypatch.setattr(module, "BoundedProcess", Noted)
    return started


@pytest.mark.usefixtures("ngspice")
def test_cancel_ends_the_simulator(
    make_context: MakeContext, processes: list[BoundedProcess]
) -> None:
    def sink(message: Message) -> None:
        if isinstance(message, Progress) and message.fraction and message.fraction > 0.01:
            context.command("cancel")

    context = make_context(sink)
    with pytest.raises(CancelledError):
        simulate(context, np.tile(volts(2.0), 10))
    assert processes
    assert all(process.poll() is not None for process in processes)
    left = [path.name for path in (context.folder / "simulator").rglob("*") if path.is_file()]
    assert set(left) == {"circuit.cir"}


@pytest.mark.usefixtures("ngspice")
@pytest.mark.skipif(os.name == "nt", reason="Windows has no signals to kill by")
def test_a_killed_simulator(make_context: MakeContext, processes: list[BoundedProcess]) -> None:
    def sink(message: Message) -> None:
        if isinstance(message, Progress) and message.fraction and message.fraction > 0.01:
            with contextlib.suppress(ProcessLookupError):
                os.kill(processes[0].pid, signal.SIGKILL)

    with pytest.raises(SimulatorError, match="ended by signal 9"):
        simulate(make_context(sink), np.tile(volts(2.0), 10))
    assert all(process.poll() is not None for process in processes)


@pytest.mark.usefixtures("ngspice")
@pytest.mark.skipif(os.name == "nt", reason="relies on a closed pipe ending a POSIX process")
def test_the_simulator_does_not_outlive_its_worker(tmp_path: Path) -> None:
    code = f"""
import sys, numpy as np
from pathlib import Path
import engines.circuits.ngspice_run as module
from engines.circuits.diode_clipper import CIRCUIT
from engines.circuits.ngspice import NgSpice
from engines.circuits.process import BoundedProcess
from engines.worker.context import JobContext
from projects.jobs import Job
class Noted(BoundedProcess):
    def __init__(self, *arguments):
        super().__init__(*arguments)
        print(self.pid, flush=True)
module.BoundedProcess = Noted
folder = Path({str(tmp_path)!r})
context = JobContext(folder, folder, Job(kind="simulate", name="x"), lambda message: None)
x = np.sin(np.arange(48000 * 60) * 0.01)
NgSpice(1).simulate(CIRCUIT, x, 48000, steps_per_sample=64, folder=folder, context=context)
"""
    root = Path(__file__).parents[3]
    worker = subprocess.Popen(
        [sys.executable, "-c", code], cwd=root, stdout=subprocess.PIPE, text=True
    )
    assert worker.stdout is not None
    try:
        simulator = int(worker.stdout.readline())
        os.kill(simulator, 0)
        time.sleep(1.0)
    finally:
        worker.kill()
        worker.wait()
        worker.stdout.close()
    deadline = time.monotonic() + 30
    while _runs(simulator) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not _runs(simulator)


def _runs(pid: int) -> bool:
    status = Path(f"/proc/{pid}/stat")
    if status.exists():
        return status.read_text().rpartition(")")[2].split()[0] != "Z"
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return not Path("/proc/self").exists()


def impostor(tmp_path: Path, body: str) -> str:
    """A program in ngspice's place, for ways to fail that the real one cannot be brought to."""
    path = tmp_path / "impostor"
    path.write_text(
        f'#!/bin/sh\nif [ "$1" = --version ]; then echo ngspice-99; exit 0; fi\n{body}\n'
    )
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


@pytest.mark.skipif(os.name == "nt", reason="needs a shell script")
def test_a_simulator_that_stands_still(
    make_context: MakeContext, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv(ENVIRONMENT, impostor(tmp_path, "echo thinking; exec sleep 100"))
    monkeypatch.setattr(module, "STALL_SECONDS", 0.5)
    context = make_context()
    with pytest.raises(SimulatorError, match="stood still"):
        simulate(context, volts(0.05))
    assert "thinking" in (context.folder / "log.txt").read_text()


@pytest.mark.skipif(os.name == "nt", reason="needs a shell script")
def test_a_simulator_that_talks_without_end(
    make_context: MakeContext, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv(ENVIRONMENT, impostor(tmp_path, "exec yes error: on and on"))
    with pytest.raises(SimulatorError, match="its output had no end"):
        simulate(make_context(), volts(0.05))


@pytest.mark.skipif(os.name == "nt", reason="needs a shell script")
def test_a_simulator_that_returns_nothing(
    make_context: MakeContext, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv(ENVIRONMENT, impostor(tmp_path, "exit 0"))
    with pytest.raises(SimulatorError, match="missing or damaged"):
        simulate(make_context(), volts(0.05))
