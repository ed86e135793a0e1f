"""How fast and how exactly the diode clipper is simulated; run by hand.

    python tests/benchmarks/bench_simulation.py [seconds] [processes]

Prints, for several steps: seconds of audio a second of wall clock and of one core's time (reading
and resampling included), and the ESR against 64 steps a sample.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from engines.circuits.base import Simulation
from engines.circuits.diode_clipper import CIRCUIT
from engines.circuits.ngspice import NgSpice
from engines.signals.builtin import builtin_dry
from engines.worker.context import JobContext
from projects.jobs import Job

RATE = 48000


def main() -> None:
    """Measure and print."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 8.0
    processes = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    x = builtin_dry(max(4.0, seconds)).samples[: round(seconds * RATE)].astype(np.float64) * 4.5
    print(f"{seconds:g} s of built-in signal at 4.5 V, {processes} process(es)")
    print("steps   x real time   x real time, one core   ESR against 64 steps")
    finest, _, _ = _measure(x, 64, processes)
    for steps in (1, 2, 4, 8, 16):
        found, wall, cpu = _measure(x, steps, processes)
        error = np.sum((found.output - finest.output) ** 2) / np.sum(finest.output**2)
        print(f"{steps:5d} {seconds / wall:13.2f} {seconds / cpu:23.2f} {error:22.2e}")


def _measure(x: np.ndarray, steps: int, processes: int) -> tuple[Simulation, float, float]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        context = JobContext(folder, folder, Job(kind="simulate", name="benchmark"), lambda _: None)
        wall, cpu = time.perf_counter(), _cpu_seconds()
        found = NgSpice(processes).simulate(
            CIRCUIT, x, RATE, steps_per_sample=steps, folder=folder / "sim", context=context
        )
        return found, time.perf_counter() - wall, _cpu_seconds() - cpu


def _cpu_seconds() -> float:
    spent = os.times()
    return spent.user + spent.system + spent.children_user + spent.children_system


if __name__ == "__main__":
    main()
