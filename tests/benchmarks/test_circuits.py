"""Circuits with real playing: how fast, how exactly, and at each end of each knob.

    pytest -m benchmark -s tests/benchmarks/test_circuits.py [-k clipper]

Speeds are printed beside ngspice's own on the same netlist, right after: what a machine that others
use as well gives is no figure by itself. Asserted is their ratio.
"""

from __future__ import annotations

import os
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from engines.audio.files import read_audio
from engines.circuits.base import Simulation
from engines.circuits.diode_clipper import CIRCUIT
from engines.circuits.library import LibraryCircuit, circuits
from engines.circuits.ngspice import NgSpice
from engines.circuits.speed import loudest, speed_of
from engines.worker.context import JobContext
from projects.jobs import Job

DI = Path(__file__).parents[2] / "../shared/data/di"
GUITARS = ("power-guitar", "fear-guitar", "jazz-trot-guitar")
SECONDS = 2.0
MOST_SECONDS = 60.0
"""Of one core, for two seconds of audio at one setting."""

pytestmark = [
    pytest.mark.benchmark,
    pytest.mark.timeout(3600),
    pytest.mark.skipif(shutil.which("ngspice") is None, reason="ngspice is not installed"),
    pytest.mark.skipif(not DI.exists(), reason=f"there is no {DI}"),
]


@pytest.fixture
def context(tmp_path: Path) -> JobContext:
    return JobContext(
        tmp_path, tmp_path, Job(kind="simulate", name="benchmark"), lambda message: None
    )


def guitar(name: str, seconds: float) -> tuple[np.ndarray, int]:
    """The loudest part of a recording, full scale 1."""
    audio = read_audio(DI / f"{name}.flac")
    return loudest(audio.samples[:, 0], round(seconds * audio.sample_rate)), audio.sample_rate


@pytest.mark.parametrize("name", GUITARS)
def test_the_diode_clipper_is_as_fast_as_ngspice_alone(context: JobContext, name: str) -> None:
    """Ten seconds; everything beside ngspice costs less than an eighth more."""
    x, rate = guitar(name, 10.0)
    speed = speed_of(CIRCUIT, 4.5 * x, rate, 4, context)
    print(
        f"\ndiode clipper, {name}, {rate} Hz: {speed.times_real_time:.2f} s of audio a second of "
        f"one core, {speed.share:.2f} of ngspice alone ({speed.audio / speed.alone:.2f})"
    )
    assert speed.share > 0.85
    assert not speed.warnings


@pytest.mark.parametrize("name", GUITARS)
def test_the_diode_clipper_is_exact(context: JobContext, name: str) -> None:
    """Against the same simulator with 64 steps a sample; two seconds are enough for it."""
    x, rate = guitar(name, SECONDS)
    told = {"folder": context.folder / "simulator", "context": context}
    found, finest = (
        NgSpice(1).simulate(CIRCUIT, 4.5 * x, rate, steps_per_sample=steps, **told)
        for steps in (4, 64)
    )
    error = np.sum((found.output - finest.output) ** 2) / np.sum(finest.output**2)
    states = np.sum((found.states - finest.states) ** 2) / np.sum(finest.states**2)
    print(f"\ndiode clipper, {name}: ESR against 64 steps {error:.1e}, of the state {states:.1e}")
    assert error < 1e-6
    assert states < 1e-6


@pytest.mark.parametrize("circuit", [pytest.param(c, id=n) for n, c in circuits().items()])
def test_speed(circuit: LibraryCircuit, context: JobContext) -> None:
    x, rate = guitar(GUITARS[0], SECONDS)
    speed = speed_of(circuit.circuit(), circuit.drive * x, rate, circuit.steps, context)
    print(
        f"\n{circuit.name:20s} {speed.times_real_time:6.3f} s of audio a second of one core, "
        f"{speed.share:.2f} of ngspice alone"
    )
    assert speed.share > 0.7


@pytest.mark.parametrize("hot", [1.0, 4.0])
@pytest.mark.parametrize("circuit", [pytest.param(c, id=n) for n, c in circuits().items()])
def test_two_seconds_at_each_end_of_each_knob(
    circuit: LibraryCircuit, hot: float, context: JobContext
) -> None:
    x, rate = guitar(GUITARS[0], SECONDS)
    ends: list[dict[str, float]] = [{}]
    ends += [{k.param: end} for k in circuit.knobs for end in (k.minimum, k.maximum)]
    print()
    for end in ends:
        found, cpu = _one(circuit, end, hot * circuit.drive * x, rate, context)
        said = ", ".join(f"{name} {value:g}" for name, value in end.items()) or "at rest"
        warnings = [check.text for check in found.checks if check.level != "ok"]
        print(
            f"{circuit.name:20s} {hot:g} x, {said:20s} {cpu:5.1f} s of one core, aliasing "
            f"{found.figures.get('folded_db', 0.0):4.0f} dB"
            + "".join(f"\n    {text}" for text in warnings)
        )
        assert cpu < MOST_SECONDS
        assert "resampling" not in {check.name for check in found.checks if check.level != "ok"}
        assert np.isfinite(found.output).all()
        assert np.ptp(found.output) > 0


def _one(
    circuit: LibraryCircuit, end: dict[str, float], x: np.ndarray, rate: int, context: JobContext
) -> tuple[Simulation, float]:
    """The simulation in one piece with its look at a finer step, and what it took of one core."""
    before = _cpu_seconds()
    found = NgSpice(1).simulate(
        replace(circuit.circuit(end), settle_seconds=None),
        x,
        rate,
        steps_per_sample=circuit.steps,
        folder=context.folder / "simulator",
        context=context,
    )
    return found, _cpu_seconds() - before


def _cpu_seconds() -> float:
    spent = os.times()
    return spent.user + spent.system + spent.children_user + spent.children_system
