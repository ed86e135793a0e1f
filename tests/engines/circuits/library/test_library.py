"""The library holds together, and every circuit plays at each end of each of its knobs."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from importlib.resources import files

import numpy as np
import pytest

from engines.circuits.base import SimulatorError
from engines.circuits.library import LibraryCircuit, circuit_named, circuits
from engines.circuits.ngspice import NgSpice
from engines.circuits.reading.reader import read_netlist
from engines.circuits.reading.states import states_of
from engines.signals.builtin import builtin_dry
from engines.worker.context import JobContext

MakeContext = Callable[..., JobContext]
RATE = 48000
EVERY = [pytest.param(circuit, id=name) for name, circuit in circuits().items()]
SILENT = {("overdrive", "level", 0.0), ("treble-booster", "boost", 0.0)} | {
    (name, "volume", 0.0) for name in ("sustainer", "distortion", "fuzz", "triode")
}
"""Settings at which a circuit passes less than a hundredth of a volt."""


def test_every_netlist_is_described() -> None:
    folder = files("engines.circuits.library")
    names = {entry.name.removesuffix(".cir") for entry in folder.iterdir()
             if entry.name.endswith(".cir")}  # fmt: skip
    assert names == set(circuits())
    parts = {entry.name.removesuffix(".cir") for entry in folder.joinpath("parts").iterdir()}
    assert parts == {part for circuit in circuits().values() for part in circuit.parts}


@pytest.mark.parametrize("circuit", EVERY)
def test_knobs_are_the_netlists_parameters(circuit: LibraryCircuit) -> None:
    found = dict(re.findall(r"^\.param (\w+)=(\S+)$", circuit.netlist, re.M))
    values = {name: float(text.replace("k", "e3")) for name, text in found.items()}
    assert values == {knob.param: knob.default for knob in circuit.knobs}
    assert len({knob.name for knob in circuit.knobs}) == len(circuit.knobs)
    for line in circuit.elements:
        assert not line.startswith((".control", ".include", ".lib"))


@pytest.mark.parametrize("circuit", EVERY)
def test_states_are_all_of_the_netlists(circuit: LibraryCircuit) -> None:
    """By the reader of netlists, which knows nothing of the description."""
    netlist = read_netlist(circuit.full_netlist, None)
    found = {}
    for state in states_of(netlist):
        assert not state.same_as
        nodes = ",".join(vector.removeprefix("v(").removesuffix(")") for vector in state.vectors)
        found[state.name] = f"v({nodes})"
    assert found == circuit.states


def test_settings() -> None:
    circuit = circuit_named("overdrive")
    assert circuit.settings({"drive": 1.0}) == {"drive": 1.0, "tone": 0.5, "level": 0.7}
    with pytest.raises(SimulatorError, match="no knob 'cutoff'; it has: drive, tone, level"):
        circuit.settings({"cutoff": 1.0})
    with pytest.raises(SimulatorError, match=r"Drive of Overdrive goes from 0 to 1, and 1\.5 is"):
        circuit.settings({"drive": 1.5})
    with pytest.raises(SimulatorError, match=r"no circuit 'clone'.*rc-lowpass"):
        circuit_named("clone")


@pytest.fixture(scope="module")
def guitar() -> np.ndarray:
    """A fifth of a second of built-in guitar."""
    dry = builtin_dry(4.0).samples[: RATE // 5].astype(np.float64)
    assert np.abs(dry).max() > 0.5
    return dry


@pytest.mark.skipif(shutil.which("ngspice") is None, reason="ngspice is not installed")
@pytest.mark.parametrize("circuit", EVERY)
def test_plays_at_each_end_of_each_knob(
    circuit: LibraryCircuit, guitar: np.ndarray, make_context: MakeContext
) -> None:
    ends = [{}] + [
        {knob.param: end} for knob in circuit.knobs for end in (knob.minimum, knob.maximum)
    ]
    context = make_context()
    results = NgSpice().sweep(
        [circuit.circuit(end) for end in ends],
        guitar * circuit.drive,
        RATE,
        steps_per_sample=circuit.steps,
        folder=context.folder / "simulator",
        context=context,
    )
    for number, result in results:
        assert not isinstance(result, SimulatorError), (ends[number], result)
        checks = {check.name: check for check in result.checks}
        assert checks["simulated input"].level == "ok"
        assert checks["resampling"].level == "ok"
        step = checks["solver step"].value
        assert step is not None
        assert step < 0.01, ends[number]
        (end,) = ends[number].items() or [("", 0.0)]
        quiet = (circuit.name, *end) in SILENT
        assert (np.abs(result.output).max() < 0.01) == quiet, ends[number]
        assert abs(result.output[0]) < 0.05
        assert np.isfinite(result.states).all()
        assert result.states.shape == (len(guitar), len(circuit.states))
        if not quiet and end != ("reduction", 0.0):  # whose light stays dark
            assert result.states.std(axis=0).min() > 0
