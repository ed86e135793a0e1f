"""Circuits that bring no law: knobs, differences, coils, start at rest, sweeps, failures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engines.circuits import stretches
from engines.circuits.base import Circuit, Simulation, SimulatorError, StateVariable
from engines.circuits.columns import Columns
from engines.circuits.diode_clipper import CIRCUIT as CLIPPER
from engines.circuits.library import circuit_named, circuits
from engines.circuits.ngspice import NgSpice
from engines.circuits.rawfile import RawFile
from engines.circuits.verdicts import STEP_GOOD, FinerStep
from engines.signals.builtin import builtin_dry
from engines.worker.context import JobContext

RATE = 48000
MakeContext = Callable[..., JobContext]

COUPLED = Circuit(
    name="coupled",
    title="Coupled, biased, with a coil",
    elements=(
        "V1 vcc 0 9",
        "R1 vcc b 10k",
        "R2 b 0 10k",
        "C1 in b 1u",
        "X1 b out follower",
        ".subckt follower a z",
        "E1 m 0 a 0 1",
        "R1 m z 1k",
        "L1 z 0 {henry}",
        ".ends",
    ),
    input="in",
    output="out",
    states=(
        StateVariable("vC1", "v(in,b)"),
        StateVariable("iL1", "i(l.x1.l1)", "A"),
        StateVariable("m", "v(x1.m)"),
    ),
    settle_seconds=None,
    params=(("henry", 0.1),),
)


def run(context: JobContext, circuit: Circuit, x: np.ndarray, **changes: Any) -> Simulation:
    told = {"steps_per_sample": 4, "folder": context.folder / "simulator", **changes}
    return NgSpice().simulate(circuit, x, RATE, context=context, **told)


def sine(frequency: float, seconds: float) -> np.ndarray:
    return np.sin(2 * np.pi * frequency * np.arange(round(seconds * RATE)) / RATE)


@pytest.mark.usefixtures("ngspice")
def test_starts_at_rest_and_saves_every_kind_of_state(make_context: MakeContext) -> None:
    x = sine(1000.0, 0.05)
    found = run(make_context(), COUPLED, x)
    capacitor, coil, follower = found.states.T
    assert capacitor[0] == pytest.approx(-4.5, abs=1e-3)
    assert coil[0] == pytest.approx(4.5e-3, abs=1e-6)
    # 1 uF against 5 kOhm passes 1 kHz; the follower's node is what stands at the divider.
    np.testing.assert_allclose(follower, x - capacitor, atol=1e-9)
    # R and L make a high-pass at 1 kOhm / (2 pi 0.1 H) = 1592 Hz around the coil's steady current.
    late = slice(len(x) // 2, None)
    gain = np.ptp(found.output[late]) / np.ptp(follower[late])
    s = 2j * np.pi * 1000 * 0.1
    assert gain == pytest.approx(abs(s / (s + 1000)), rel=2e-3)


@pytest.mark.usefixtures("ngspice")
def test_a_parameter_is_a_knob(make_context: MakeContext) -> None:
    x = sine(1000.0, 0.02)
    small = run(make_context(), replace(COUPLED, params=(("henry", 0.01),)), x)
    large = run(make_context(), replace(COUPLED, params=(("henry", 1.0),)), x)
    assert np.std(small.output) < 0.2 * np.std(large.output)


@pytest.mark.usefixtures("ngspice")
def test_a_finer_step_judges_a_circuit_without_a_law(make_context: MakeContext) -> None:
    x = builtin_dry(8).samples[RATE : RATE + RATE // 10] * 4.5
    lawless = replace(CLIPPER, advance=None)
    context = make_context()
    values = {}
    for steps in (1, 4):
        found = run(context, lawless, x, steps_per_sample=steps)
        checks = {check.name: check for check in found.checks}
        assert "states" not in checks
        assert checks["solver step"].level == "ok"
        assert f"With {2 * steps} steps a sample instead of {steps}" in checks["solver step"].text
        values[steps] = checks["solver step"].value
    assert values[1] > 4 * values[4] > 0
    # It is of the real error's size: the loudest stretch is where the error is.
    exact = run(context, CLIPPER, x, steps_per_sample=32)
    coarse = run(context, CLIPPER, x, steps_per_sample=1)
    real = np.sqrt(np.mean((coarse.output - exact.output) ** 2) / np.mean(exact.output**2))
    assert real / 5 < values[1] < 5 * real


def test_a_large_change_at_a_finer_step_is_a_warning() -> None:
    fine = np.stack([np.sin(np.arange(100.0)), 5 + np.cos(np.arange(100.0))], axis=1)
    finer = FinerStep(4, 16, fine * [1.0, 1.0] + [0.0, 0.1], fine, 0.1)
    output, state = finer.change
    assert output == 0.0
    assert state == pytest.approx(0.1 / np.std(fine[:, 1]))
    assert FinerStep(4, 16, 1.1 * fine, fine, 0.1).change[0] > STEP_GOOD


@pytest.mark.usefixtures("ngspice")
def test_the_other_method_agrees(make_context: MakeContext) -> None:
    x = 4.5 * sine(500.0, 0.05)
    trap = run(make_context(), CLIPPER, x)
    gear = run(make_context(), replace(CLIPPER, method="gear"), x)
    off = np.sum((trap.output - gear.output) ** 2) / np.sum(trap.output**2)
    assert 0 < off < 1e-6
    assert gear.figures["points"] < 4.2
    assert {check.level for check in gear.checks} == {"ok"}


@pytest.mark.usefixtures("ngspice")
@pytest.mark.parametrize(
    "name", [name for name, circuit in circuits().items() if circuit.settle_seconds]
)
def test_what_is_forgotten_after_settling(
    make_context: MakeContext, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Two stretches that overlap by the circuit's own settling meet."""
    described = circuit_named(name)
    settle = described.settle_seconds
    assert settle is not None
    monkeypatch.setattr(stretches, "SHORTEST_CHUNK_SECONDS", 0.01)
    monkeypatch.setattr(stretches, "LARGEST_OVERLAP", 1.0)
    # What takes long to settle is slow, and loses nothing at a coarser step.
    rate = RATE if settle < 0.5 else RATE // 6
    x = builtin_dry(8, rate).samples[: round(2.2 * settle * rate)] * described.drive
    slow = {"resistance": 1e5} if name == "rc-lowpass" else {}
    context = make_context()
    found = NgSpice().simulate(
        described.circuit(slow), x, rate,
        steps_per_sample=4, folder=context.folder / "simulator", context=context,
    )  # fmt: skip
    joints = [check for check in found.checks if check.name == "joints"]
    assert [check.level for check in joints] == ["ok"], joints


@pytest.mark.usefixtures("ngspice")
def test_a_circuit_with_a_long_memory_stays_in_one_piece(
    make_context: MakeContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stretches, "CHUNK_SECONDS", 0.05)
    monkeypatch.setattr(stretches, "SHORTEST_CHUNK_SECONDS", 0.01)
    found = run(make_context(), COUPLED, sine(100.0, 0.2))
    assert "joints" not in {check.name for check in found.checks}


@pytest.mark.usefixtures("ngspice")
def test_a_sweep_goes_on_after_a_failure(make_context: MakeContext) -> None:
    x = sine(1000.0, 0.05)
    without_solution = replace(CLIPPER, elements=(*CLIPPER.elements, "B1 out 0 V=v(out)^2+1"))
    unparsed = replace(CLIPPER, elements=(*CLIPPER.elements, "Q1 out b"))
    wanted = [CLIPPER, without_solution, COUPLED, unparsed, CLIPPER]
    context = make_context()
    folder = context.folder / "simulator"
    found = dict(
        NgSpice().sweep(wanted, x, RATE, steps_per_sample=4, folder=folder, context=context)
    )
    assert sorted(found) == [0, 1, 2, 3, 4]
    assert [isinstance(found[n], SimulatorError) for n in range(5)] == [False, True, False, True,
                                                                       False]  # fmt: skip
    first, last = found[0], found[4]
    assert isinstance(first, Simulation)
    assert isinstance(last, Simulation)
    np.testing.assert_array_equal(first.output, last.output)
    failed = found[1]
    assert isinstance(failed, SimulatorError)
    assert "ngspice says:" in failed.sentence
    log = (context.folder / "log.txt").read_text()
    assert "coupled, henry=0.1, part 1" in log


@pytest.mark.usefixtures("ngspice")
def test_failing_to_converge_in_the_middle(make_context: MakeContext) -> None:
    """Where the input passes a quarter of a volt, no voltage solves v = v^2 + x any more."""
    unsolvable = replace(CLIPPER, elements=("R1 in 0 1k", "B1 out 0 V=v(out)*v(out)+v(in)"))
    context = make_context()
    with pytest.raises(SimulatorError) as error:
        run(context, unsolvable, sine(20.0, 0.1))
    assert "ngspice could not simulate the circuit: it gave up" in error.value.sentence
    assert "Timestep too small; time = 0.00" in error.value.sentence
    assert "trouble with" in error.value.sentence
    assert "The netlist is kept in" in error.value.sentence
    assert "imestep too small" in (context.folder / "log.txt").read_text()


@pytest.mark.usefixtures("ngspice")
def test_a_result_too_large_for_the_disk(
    make_context: MakeContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engines.circuits.ngspice_run.MAX_RAW_BYTES", 1e5)
    with pytest.raises(SimulatorError, match="GB on the disk while it works"):
        run(make_context(), CLIPPER, sine(100.0, 0.1))


def test_columns() -> None:
    columns = Columns.of(COUPLED)
    assert columns.saved == ("v(in)", "v(out)", "v(b)", "i(l.x1.l1)", "v(x1.m)")
    table = np.array([[1.0, 2.0, 1e9, 4.0, 5.0]])
    np.testing.assert_array_equal(columns.inputs(table[:, :1]), [[1.0]])
    np.testing.assert_array_equal(columns.signals(table), [[2.0, 1.0 - 1e9, 4.0, 5.0]])
    grounded = replace(COUPLED, states=(StateVariable("x", "V( A , 0 )"),))
    assert Columns.of(grounded).saved == ("v(in)", "v(out)", "v(a)")
    with pytest.raises(SimulatorError, match="is no voltage"):
        Columns.of(replace(COUPLED, states=(StateVariable("x", "out; quit"),)))


def test_a_raw_file_is_read_in_blocks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    table = np.arange(30.0).reshape(10, 3)
    head = (
        "Title: t\nPlotname: x\nFlags: real\nNo. Variables: 3\nNo. Points: 10\nVariables:\n"
        "\t0\ttime\ttime\n\t1\tV(A)\tvoltage\n\t2\ti(l.x1.l1)\tcurrent\nBinary:\n"
    )
    path = tmp_path / "a.raw"
    path.write_bytes(head.encode() + table.tobytes())
    monkeypatch.setattr("engines.circuits.rawfile.BLOCK_ROWS", 4)
    raw = RawFile(path)
    assert (raw.names, raw.n_points) == (("time", "v(a)", "i(l.x1.l1)"), 10)
    blocks = list(raw.blocks(raw.columns(["I(L.X1.L1)", "time"])))
    assert [len(block) for block in blocks] == [4, 4, 2]
    np.testing.assert_array_equal(np.concatenate(blocks), table[:, [2, 0]])
    np.testing.assert_array_equal(raw.rows(3, 5, [1]), table[3:5, [1]])


@pytest.mark.parametrize(
    "head", ["", "Flags: real\nBinary:\n", "No. Variables: 1\nNo. Points: x\nBinary:\n",
             "No. Variables: 9999\nNo. Points: 5\nBinary:\n",
             "No. Variables: 1\nNo. Points: -5\nVariables:\n\t0\ttime\ttime\nBinary:\n"],
)  # fmt: skip
def test_a_raw_file_that_is_none(tmp_path: Path, head: str) -> None:
    path = tmp_path / "a.raw"
    path.write_bytes(head.encode() + bytes(100))
    with pytest.raises(SimulatorError, match="missing or damaged"):
        RawFile(path)
