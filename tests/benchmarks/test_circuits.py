"""Every circuit of the library with two seconds of a real guitar at each end of each knob.

    pytest -m benchmark -s tests/benchmarks/test_circuits.py [-k overdrive]

Prints, for each: seconds of audio a second of one core (all of ngspice, writing, reading and
resampling; the look at a finer step apart), and what a finer step would change.
"""

from __future__ import annotations

import os
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from engines.audio.files import read_audio
from engines.circuits.base import SimulatorError
from engines.circuits.library import LibraryCircuit, circuits
from engines.circuits.ngspice import NgSpice
from engines.worker.context import JobContext
from projects.jobs import Job

GUITAR = Path(__file__).parents[2] / "../shared/data/di/power-guitar.flac"
SECONDS = 2.0
MOST_SECONDS = 60.0
"""Of one core, for two seconds of audio at one setting."""

pytestmark = [
    pytest.mark.benchmark,
    pytest.mark.timeout(3600),
    pytest.mark.skipif(shutil.which("ngspice") is None, reason="ngspice is not installed"),
    pytest.mark.skipif(not GUITAR.exists(), reason=f"there is no {GUITAR}"),
]


@pytest.mark.parametrize("circuit", [pytest.param(c, id=n) for n, c in circuits().items()])
def test_two_seconds_of_guitar(circuit: LibraryCircuit, tmp_path: Path) -> None:
    audio = read_audio(GUITAR)
    found = audio.samples[:, 0]
    count = round(SECONDS * audio.sample_rate)
    energy = np.cumsum(found**2)
    start = int(np.argmax(energy[count:] - energy[:-count]))
    x = found[start : start + count]
    x = x / np.abs(x).max() * circuit.drive
    ends: list[dict[str, float]] = [{}]
    ends += [{k.param: end} for k in circuit.knobs for end in (k.minimum, k.maximum)]
    print()
    for end in ends:
        cpu, check = _one(circuit, end, x, audio.sample_rate, tmp_path)
        said = ", ".join(f"{name} {value:g}" for name, value in end.items()) or "at rest"
        print(
            f"{circuit.name:20s} {said:20s} {SECONDS / cpu:6.3f} s of audio a second of one core, "
            f"a finer step changes {check:.1e}"
        )
        assert cpu < MOST_SECONDS


def _one(
    circuit: LibraryCircuit, end: dict[str, float], x: np.ndarray, rate: int, folder: Path
) -> tuple[float, float]:
    """Seconds of one core, and the verdict of the finer step (from a run of its own)."""
    made = circuit.circuit(end)
    told = {"steps_per_sample": circuit.steps, "folder": folder / "simulator"}
    context = JobContext(folder, folder, Job(kind="simulate", name="benchmark"), lambda _: None)
    before = _cpu_seconds()
    # With a law of its own a circuit is not looked at by a finer step.
    lawful = replace(made, advance=lambda states, *_: states)
    first = NgSpice(1).simulate(lawful, x, rate, context=context, **told)
    spent = _cpu_seconds() - before
    assert not isinstance(first, SimulatorError)
    checks = {check.name: check for check in first.checks}
    assert checks["resampling"].level == "ok"
    short = x[len(x) // 2 : len(x) // 2 + rate // 2]
    second = NgSpice(1).simulate(made, short, rate, context=context, **told)
    finer = {check.name: check for check in second.checks}["solver step"]
    assert finer.value is not None
    return spent, finer.value


def _cpu_seconds() -> float:
    spent = os.times()
    return spent.user + spent.system + spent.children_user + spent.children_system
