"""LTspice's whole path with a stand-in in its place: command lines, netlists, results, failures."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import engines.circuits.ltspice_run as module
import engines.circuits.ngspice_run as base
from engines.circuits import stretches
from engines.circuits.base import Simulation, SimulatorError
from engines.circuits.diode_clipper import CIRCUIT
from engines.circuits.library import circuit_named
from engines.circuits.ltspice import LTspice
from engines.circuits.ngspice import NgSpice
from engines.circuits.process import BoundedProcess
from engines.worker.context import CancelledError, JobContext
from engines.worker.protocol import Message, Progress

RATE = 48000
MakeContext = Callable[..., JobContext]
Install = Callable[..., Path]


def tone(seconds: float = 0.05, level: float = 2.0) -> np.ndarray:
    t = np.arange(round(seconds * RATE)) / RATE
    return level * np.sin(2 * np.pi * 330 * t) * np.minimum(1.0, 200 * t)


def run(
    context: JobContext, circuit: Any = CIRCUIT, x: np.ndarray | None = None, **more: Any
) -> Any:
    return LTspice().simulate(
        circuit, tone() if x is None else x, RATE, steps_per_sample=4,
        folder=context.folder / "simulator", context=context, **more,
    )  # fmt: skip


def left(context: JobContext) -> set[str]:
    return {path.name for path in (context.folder / "simulator").rglob("*") if path.is_file()}


@pytest.mark.parametrize("kind", ["windows", "wine", "mac"])
def test_gives_what_ngspice_gives(make_context: MakeContext, install: Install, kind: str) -> None:
    install(kind)
    context = make_context()
    found = run(context)
    same = NgSpice().simulate(
        CIRCUIT, tone(), RATE, steps_per_sample=4, folder=context.folder / "n", context=context
    )
    np.testing.assert_allclose(found.output, same.output, atol=2e-6)
    np.testing.assert_array_equal(found.states[:, 0], found.output)
    assert {check.level for check in found.checks} == {"ok"}
    assert found.figures["input_error"] < 1e-12
    assert left(context) == {"circuit.cir"}
    log = (context.folder / "log.txt").read_text()
    assert "LTspice, diode-clipper" in log
    assert "method = trap" in log


def test_a_knob_that_moves(make_context: MakeContext, install: Install) -> None:
    install()
    described = circuit_named("overdrive")
    circuit = described.circuit({}, moving=["drive", "level"])
    x = tone(0.03, 0.2)
    motion = np.column_stack([np.linspace(0, 1, len(x)), np.linspace(1, 0.2, len(x))])
    context = make_context()
    found = run(context, circuit, x, motion=motion)
    same = NgSpice().simulate(
        circuit, x, RATE, steps_per_sample=4, folder=context.folder / "n", context=context,
        motion=motion,
    )  # fmt: skip
    np.testing.assert_allclose(found.output, same.output, atol=2e-6)
    assert left(context) == {"circuit.cir"}


def test_pieces_side_by_side(
    make_context: MakeContext, install: Install, monkeypatch: pytest.MonkeyPatch
) -> None:
    install()
    whole = run(make_context(), x=tone(0.2))
    monkeypatch.setattr(stretches, "CHUNK_SECONDS", 0.1)
    monkeypatch.setattr(stretches, "SHORTEST_CHUNK_SECONDS", 0.05)
    pieces = run(make_context(), x=tone(0.2))
    assert "joints" in {check.name for check in pieces.checks}
    np.testing.assert_allclose(pieces.output, whole.output, atol=1e-6)


def test_fast_access_files(make_context: MakeContext, install: Install) -> None:
    install(does="fastaccess")
    context = make_context()
    found = run(context)
    same = NgSpice().simulate(
        CIRCUIT, tone(), RATE, steps_per_sample=4, folder=context.folder / "n", context=context
    )
    np.testing.assert_allclose(found.output, same.output, atol=2e-6)


def test_a_sweep_goes_on_where_one_setting_fails(
    make_context: MakeContext, install: Install
) -> None:
    install()
    good = CIRCUIT
    faulty = replace(good, elements=("V1 in 0 5", "V2 in 0 6", "R1 in out 1"))
    context = make_context()
    results = dict(
        LTspice().sweep(
            [good, faulty, good], tone(0.02), RATE, steps_per_sample=4,
            folder=context.folder / "simulator", context=context,
        )
    )  # fmt: skip
    assert isinstance(results[0], Simulation)
    assert isinstance(results[2], Simulation)
    assert isinstance(results[1], SimulatorError)
    assert "LTspice could not simulate the circuit" in results[1].sentence


def test_a_circuit_that_cannot_be_written(make_context: MakeContext, install: Install) -> None:
    install()
    odd = replace(CIRCUIT, elements=("A1 in out gain", "R1 out 0 1k"))
    with pytest.raises(SimulatorError, match="cannot be written for another simulator"):
        run(make_context(), odd)


WORDS = 'Fatal Error: Port(pin) count mismatch between the subcircuit and node "µ1"'


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8", "latin-1"])
@pytest.mark.parametrize("code", ["", " exit 0"])
def test_its_own_words(
    make_context: MakeContext, install: Install, encoding: str, code: str
) -> None:
    """LTspice ends with 0 whatever happened, in its older versions; the log says what did."""
    install(does=f"says {encoding} {WORDS}{code}")
    context = make_context()
    with pytest.raises(SimulatorError) as error:
        run(context)
    assert "LTspice says: Fatal Error: Port(pin) count mismatch" in error.value.sentence
    assert 'node "µ1"' in error.value.sentence
    assert ("exit code 1" in error.value.sentence) == (not code)
    assert "µ1" in error.value.details
    assert "count mismatch" in (context.folder / "log.txt").read_text(encoding="utf-8")
    assert left(context) == {"circuit.cir"}


def test_one_that_does_not_converge(make_context: MakeContext, install: Install) -> None:
    """LTspice's words for it are understood: it is tried again in other ways."""
    trouble = "Analysis: Time step too small; time = 0.0012, timestep = 1e-019"
    install(does=f"says utf-16 Fatal Error: {trouble}: trouble with node out")
    context = make_context()
    with pytest.raises(SimulatorError, match=r"Time step too small; time = 0\.0012"):
        run(context)
    netlist = (context.folder / "simulator" / "part-001" / "circuit.cir").read_text()
    assert ".options method=gear" in netlist


@pytest.mark.parametrize(
    ("does", "words"),
    [
        ("short", "it stopped at"),
        ("single", "single precision"),
        ("louder", "differs from the signal that was sent"),
    ],
)
def test_results_of_no_use(
    make_context: MakeContext, install: Install, does: str, words: str
) -> None:
    install(does=does)
    with pytest.raises(SimulatorError, match=words):
        run(make_context())


def test_one_that_stands_still(
    make_context: MakeContext, install: Install, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A first start asks questions in a window, which nobody sees."""
    install(does="stall")
    monkeypatch.setattr(module, "STALL_SECONDS", 3.0)
    with pytest.raises(SimulatorError, match="stood still for 3 s"):
        run(make_context())


def test_an_old_result_is_not_taken_for_a_new_one(
    make_context: MakeContext, install: Install
) -> None:
    install()
    context = make_context()
    folder = context.folder / "simulator" / "part-001"
    folder.mkdir(parents=True)
    (folder / "circuit.raw").write_bytes(b"old")
    (folder / "circuit.log").write_bytes(b"Fatal Error: old")
    install(does="says utf-8 nothing exit 0")
    with pytest.raises(SimulatorError, match="left no result") as error:
        run(context)
    assert "Fatal Error" not in error.value.sentence


@pytest.fixture
def processes(monkeypatch: pytest.MonkeyPatch) -> list[BoundedProcess]:
    started: list[BoundedProcess] = []

    class Noted(BoundedProcess):
        def __init__(self, *arguments: Any) -> None:
            super().__init__(*arguments)
            started.append(self)

    monkeypatch.setattr(base, "BoundedProcess", Noted)
    return started


def test_cancel_ends_it(
    make_context: MakeContext, install: Install, processes: list[BoundedProcess]
) -> None:
    install(does="slow")

    def sink(message: Message) -> None:
        if isinstance(message, Progress) and message.fraction:
            context.command("cancel")

    context = make_context(sink)
    with pytest.raises(CancelledError):
        run(context)
    assert processes
    assert all(process.poll() is not None for process in processes)
    assert left(context) == {"circuit.cir"}


def test_one_that_is_killed(
    make_context: MakeContext, install: Install, processes: list[BoundedProcess]
) -> None:
    install(does="slow")

    def sink(message: Message) -> None:
        if isinstance(message, Progress) and message.fraction:
            os.kill(processes[0].pid, signal.SIGKILL)

    with pytest.raises(SimulatorError, match=r"LTspice could not .* ended by signal 9"):
        run(make_context(sink))


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere it ends at its next word")
def test_it_does_not_outlive_its_worker(install: Install, tmp_path: Path) -> None:
    install(does="slow")
    code = f"""
from pathlib import Path
import numpy as np
import engines.circuits.ngspice_run as module
from engines.circuits.diode_clipper import CIRCUIT
from engines.circuits.ltspice import LTspice
from engines.worker.context import JobContext
from projects.jobs import Job
class Noted(module.BoundedProcess):
    def __init__(self, *arguments):
        super().__init__(*arguments)
        print(self.pid, flush=True)
module.BoundedProcess = Noted
folder = Path({str(tmp_path)!r})
context = JobContext(folder, folder, Job(kind="simulate", name="x"), lambda message: None)
LTspice(1).simulate(CIRCUIT, np.zeros(480), 48000, steps_per_sample=4, folder=folder / "s",
                    context=context)
"""
    root = Path(__file__).parents[4]
    worker = subprocess.Popen(
        [sys.executable, "-c", code], cwd=root, stdout=subprocess.PIPE, text=True
    )
    assert worker.stdout is not None
    try:
        number = int(worker.stdout.readline())
        os.kill(number, 0)
        deadline = time.monotonic() + 60
        while not list(tmp_path.glob("s/*/circuit.raw")) and time.monotonic() < deadline:
            time.sleep(0.05)
    finally:
        worker.kill()
        worker.wait()
        worker.stdout.close()
    status = Path(f"/proc/{number}/stat")
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        if not status.exists() or status.read_text().rpartition(")")[2].split()[0] == "Z":
            return
        time.sleep(0.05)
    raise AssertionError("it still runs")
