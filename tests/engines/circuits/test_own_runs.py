"""One's own netlist in the simulator: as the library's, its source replaced, failures explained."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from engines.circuits.base import Circuit, Simulation, SimulatorError
from engines.circuits.library import circuit_named
from engines.circuits.ngspice import NgSpice
from engines.circuits.own import OwnCircuit, import_library, open_circuit, propose
from engines.circuits.reading.reader import read_netlist
from engines.worker.context import JobContext

RATE = 48_000
MakeContext = Callable[..., JobContext]
pytestmark = pytest.mark.usefixtures("ngspice")


def sine(hertz: float, seconds: float, volts: float = 1.0) -> np.ndarray:
    return volts * np.sin(2 * np.pi * hertz * np.arange(round(seconds * RATE)) / RATE)


def run(context: JobContext, circuit: Circuit, x: np.ndarray, steps: int = 4) -> Simulation:
    return NgSpice().simulate(
        circuit, x, RATE, steps_per_sample=steps, folder=context.folder / "simulator",
        context=context,
    )  # fmt: skip


def own(text: str) -> OwnCircuit:
    netlist = read_netlist(text, None)
    return OwnCircuit.of(propose(netlist, "own", "Own"), netlist)


@pytest.mark.parametrize("name", ["overdrive", "fuzz"])
def test_a_copy_of_a_library_circuit_gives_the_same(
    name: str, tmp_path: Path, make_context: MakeContext
) -> None:
    library = circuit_named(name)
    copy = open_circuit(tmp_path, import_library(tmp_path, library).id)
    x = (sine(196, 0.05) + 0.2 * sine(1310, 0.05)) * library.drive
    chosen = {knob.param: 0.3 for knob in library.knobs}
    first = run(make_context(), library.circuit(chosen), x, library.steps)
    second = run(make_context(), copy.circuit(chosen), x, copy.steps)
    off = np.sum((first.output - second.output) ** 2) / np.sum(first.output**2)
    assert off < 1e-12
    for name_, vector in library.states.items():
        mine = list(copy.states.values()).index(vector)
        theirs = list(library.states).index(name_)
        spread = np.ptp(first.states[:, theirs])
        np.testing.assert_allclose(
            second.states[:, mine], first.states[:, theirs], atol=1e-5 * spread + 1e-12
        )


DIVIDER = """A divider behind a source
V1 in 0 SINE(0 2 440) Rser=1k
R1 in out 1k
R2 out 0 2k
.end
"""


def test_the_source_is_replaced_and_its_resistance_stays(make_context: MakeContext) -> None:
    x = sine(1000, 0.01)
    found = run(make_context(), own(DIVIDER).circuit(), x)
    np.testing.assert_allclose(found.output, x / 2, atol=1e-9)


def test_a_current_through_the_source_is_still_measured(make_context: MakeContext) -> None:
    text = DIVIDER.replace("Rser=1k", "").replace("R2", "H1 out2 0 V1 -1k\nR3 out2 0 1k\nR2")
    circuit = own(text)
    sheet = circuit.sheet.model_copy(update={"output": "out2"})
    x = sine(1000, 0.01)
    found = run(make_context(), OwnCircuit.of(sheet, circuit.netlist).circuit(), x)
    # 1 V drives 1/3 mA out of the source's positive end, which SPICE counts as -1/3 mA.
    np.testing.assert_allclose(found.output, x / 3, atol=1e-9)


def test_a_source_that_stands_upside_down(make_context: MakeContext) -> None:
    x = sine(1000, 0.01)
    found = run(make_context(), own(DIVIDER.replace("V1 in 0", "V1 0 in")).circuit(), x)
    np.testing.assert_allclose(found.output, -x / 2, atol=1e-9)


def test_a_model_that_is_called_as_the_simulators_source_is(make_context: MakeContext) -> None:
    text = DIVIDER.replace(".end", "D1 out 0 drive\nD2 0 out drive\n.model drive D(Is=1e-9)\n.end")
    found = run(make_context(), own(text).circuit(), sine(1000, 0.01, 20.0))
    assert 0.3 < np.abs(found.output).max() < 0.6


def test_a_state_in_a_subcircuit_is_kept(make_context: MakeContext) -> None:
    text = """Two poles
Vin in 0 0
X1 in out pole
X2 out end pole
.subckt pole a b
R1 a b 1k
C1 b 0 100n
L1 b m 10m
Rm m 0 1Meg
.ends
.end
"""
    circuit = own(text)
    sheet = circuit.sheet.model_copy(update={"output": "end"})
    made = OwnCircuit.of(sheet, circuit.netlist).circuit()
    assert [state.name for state in made.states] == ["vC1_X1", "iL1_X1", "vC1_X2", "iL1_X2"]
    found = run(make_context(), made, sine(1000, 0.02))
    np.testing.assert_allclose(found.states[:, 2], found.output, atol=1e-12)
    # 1 MOhm in series with the coil takes the capacitor's voltage.
    np.testing.assert_allclose(found.states[:, 1] * 1e6, found.states[:, 0], atol=1e-3)


def test_a_failure_names_the_users_own_line(make_context: MakeContext) -> None:
    text = DIVIDER.replace("R2", "V2 loop 0 5\nV3 loop 0 6\nR5 loop out 1k\nR2")
    circuit = own(text)
    with pytest.raises(SimulatorError) as error:
        run(make_context(), circuit.circuit(), sine(1000, 0.01))
    said = circuit.explained(error.value)
    assert said.sentence.startswith(("Line 4 (v2): ", "Line 5 (v3): "))
    assert "ngspice says" in said.sentence
    assert said.details
    nothing = SimulatorError("The disk is full.")
    assert circuit.explained(nothing) is nothing
