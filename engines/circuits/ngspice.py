"""Simulation by ngspice: found, run in bounded processes, read back and checked."""

from __future__ import annotations

import math
import os
import re
import shutil
import subprocess
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np

from engines.circuits.base import (
    Circuit,
    Float64,
    Simulation,
    Simulator,
    SimulatorError,
    SimulatorMissingError,
)
from engines.circuits.netlist import NETLIST_FILE, RAW_FILE, SIGNAL_FILE, Plan, write_run
from engines.circuits.process import BoundedProcess
from engines.circuits.rawfile import read_raw
from engines.circuits.resample import Resampled, resample
from engines.circuits.verdicts import Evidence, checks_of, refuse_wrong_input
from engines.worker.context import JobContext
from engines.worker.slots import CORES_PER_JOB
from projects.errors import storage_error

ENVIRONMENT = "TRIMPOT_NGSPICE"
"""The environment variable (a setting) that says where ngspice is."""
OPTIONS = "method=trap reltol=1e-6 abstol=1e-13 vntol=1e-9 trtol=1e6 xtrtol=1e6 temp=27 tnom=27"
"""Trapezoidal rule at equal steps. Measured on a diode clipper at 4.5 V with guitar, against the
same rule at 1/64 sample: ESR 4e-9 to 1e-8, 6e-8 by Gear's method. trtol keeps ngspice from cutting
steps by its estimate of the truncation error, which would move the grid off the samples; the tight
reltol costs nothing, since every step takes two Newton iterations anyway."""
CHUNK_SECONDS = 10.0
"""Longer signals are simulated in overlapping stretches: side by side on a job's cores, each with a
result of bounded size, and a step that the solver had to cut disturbs the grid of one only."""
SHORTEST_CHUNK_SECONDS = 1.0
POLL_SECONDS = 0.05
STALL_SECONDS = 60.0

_TROUBLE = re.compile(r"error|timestep too small|aborted|failed|singular|cannot|can't", re.I)
_HARMLESS = re.compile(r"no compatibility mode|no resource usage|Reference value", re.I)


@dataclass(frozen=True)
class _Stretch:
    """One run: samples ``start - overlap`` to ``stop`` are simulated, ``start`` on are kept."""

    number: int
    start: int
    stop: int
    overlap: int
    folder: Path
    plan: Plan


@dataclass
class _Result:
    kept: Resampled
    joint: Float64
    """The last sample before ``start``, as computed in the overlap."""
    input_error: float
    points: int


class NgSpice(Simulator):
    """ngspice 34 or later with the XSPICE code models (every usual build has them).

    Parameters
    ----------
    processes : int
        How many run side by side.
    """

    name = "ngspice"

    def __init__(self, processes: int = CORES_PER_JOB) -> None:
        self.processes = max(1, min(processes, os.cpu_count() or 1))
        self._version: str | None = None

    def version(self) -> str:
        """``ngspice-39``, as the program says; see the base class."""
        if self._version is None:
            try:
                found = subprocess.run(
                    [find_ngspice(), "--version"],
                    capture_output=True, text=True, timeout=30, check=False,
                    stdin=subprocess.DEVNULL,
                )  # fmt: skip
            except (OSError, subprocess.TimeoutExpired) as error:
                raise SimulatorMissingError(
                    f"ngspice does not start ({error}). Install it again, or choose another one "
                    "in the settings.", details=repr(error)
                ) from error  # fmt: skip
            match = re.search(r"ngspice-[\w.+]+", found.stdout + found.stderr)
            self._version = match[0] if match else "ngspice"
        return self._version

    def simulate(
        self,
        circuit: Circuit,
        x: Float64,
        sample_rate: int,
        *,
        steps_per_sample: int,
        folder: Path,
        context: JobContext,
    ) -> Simulation:
        """Run the signal through the circuit; see the base class."""
        clock = time.monotonic()
        program = find_ngspice()
        if not len(x) or not np.isfinite(x).all():
            raise SimulatorError("The signal to simulate is empty or holds what is not a number.")
        context.log(f"{self.version()} ({program}), {steps_per_sample} steps a sample")
        stretches = _stretches(
            circuit, len(x), sample_rate, steps_per_sample, folder, self.processes
        )
        results = self._run_all(program, circuit, x, stretches, context)
        evidence = _evidence(circuit, x, sample_rate, stretches, results)
        output = np.concatenate([result.kept.values[:, 0] for result in results])
        seconds = time.monotonic() - clock
        context.log(f"simulated {len(x) / sample_rate:.3f} s in {seconds:.3f} s")
        return Simulation(
            output=output,
            states=evidence.states,
            checks=checks_of(circuit, evidence),
            figures={
                "input_error": evidence.input_error,
                "seconds": seconds,
                "points": sum(result.points for result in results) / len(x),
            },
        )

    def _run_all(
        self,
        program: str,
        circuit: Circuit,
        x: Float64,
        stretches: Sequence[_Stretch],
        context: JobContext,
    ) -> list[_Result]:
        """Run every stretch, a few at a time; whatever happens, no process is left."""
        results: dict[int, _Result] = {}
        waiting = list(reversed(stretches))
        running: list[tuple[_Stretch, _Run]] = []
        clock = time.monotonic()
        with ExitStack() as stack:
            while waiting or running:
                while waiting and len(running) < self.processes:
                    stretch = waiting.pop()
                    run = stack.enter_context(_Run(program, circuit, x, stretch))
                    running.append((stretch, run))
                for stretch, run in list(running):
                    if run.finished():
                        running.remove((stretch, run))
                        _keep_log(context, stretch, run)
                        results[stretch.number] = run.result(circuit, x)
                        run.close()
                done = len(results) + sum(run.fraction() for _, run in running)
                _report(context, done / len(stretches), clock)
                if running:
                    context.wait(POLL_SECONDS)
        return [results[stretch.number] for stretch in stretches]


class _Run:
    """ngspice at work on one stretch."""

    def __init__(self, program: str, circuit: Circuit, x: Float64, stretch: _Stretch) -> None:
        self.stretch = stretch
        try:
            stretch.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise storage_error("make the simulator's folder", stretch.folder, error) from error
        first = stretch.start - stretch.overlap
        # Before the very first sample the input is at rest; a later stretch starts in the steady
        # state of its first input, which the overlap forgets.
        before = 0.0 if first == 0 else float(x[first])
        self.times, self.values = stretch.plan.corners(x[first : stretch.stop], before)
        write_run(stretch.folder, circuit, stretch.plan, self.times, self.values, OPTIONS)
        command = [program, "-n", "-b", "-r", RAW_FILE, NETLIST_FILE]
        try:
            self.process = BoundedProcess(command, stretch.folder)
        except OSError as error:
            raise SimulatorMissingError(
                f"ngspice does not start ({error.strerror}). Install it again, or choose another "
                "one in the settings.", details=repr(error)
            ) from error  # fmt: skip
        self._size = 0
        self._grown = time.monotonic()
        names = 3 if circuit.input != circuit.output else 2
        names += len({state.vector for state in circuit.states} - {f"v({circuit.output})"})
        self._expected = stretch.plan.stop / stretch.plan.step * 8 * names

    def finished(self) -> bool:
        """Whether it has ended; raises SimulatorError where it stands still."""
        if self.process.poll() is not None:
            return True
        raw = self.stretch.folder / RAW_FILE
        size = raw.stat().st_size if raw.exists() else 0
        if size > self._size:
            self._size, self._grown = size, time.monotonic()
        if size > 50 * self._expected + 10_000_000:
            raise self._error("it computes far more points than the signal has")
        if time.monotonic() - self._grown > STALL_SECONDS:
            raise self._error(f"it has stood still for {STALL_SECONDS:.0f} s")
        return False

    def fraction(self) -> float:
        """How far it is, 0..1, by the size of its result."""
        return min(1.0, self._size / self._expected)

    def result(self, circuit: Circuit, x: Float64) -> _Result:
        """Read what it computed; raises SimulatorError where it failed or was sent wrongly."""
        code = self.process.poll()
        plan, folder = self.stretch.plan, self.stretch.folder
        if code != 0 or self.process.output_exceeded:
            why = "its output had no end" if self.process.output_exceeded else _ending(code)
            raise self._error(why)
        names = [f"v({circuit.input})", f"v({circuit.output})"]
        names += [state.vector for state in circuit.states]
        columns = read_raw(folder / RAW_FILE, names)
        times, signals = columns[:, 0], columns[:, 1:]
        last = plan.sample_times[-1]
        if times[-1] < last:
            raise self._error(f"it stopped at {times[-1]:.6f} of {last:.6f} s")
        error = refuse_wrong_input(times, signals[:, 0], self.times, self.values)
        kept = resample(times, signals[:, 1:], plan.sample_times, 1 / plan.sample_rate)
        overlap = self.stretch.overlap
        return _Result(
            kept=Resampled(kept.values[overlap:], kept.error, kept.on_points),
            joint=kept.values[overlap - 1] if overlap else np.zeros(0),
            input_error=error,
            points=len(times),
        )

    def _error(self, why: str) -> SimulatorError:
        words = _own_words(self.process.output)
        said = f" ngspice says: {words}." if words else ""
        where = self.stretch.folder / NETLIST_FILE
        return SimulatorError(
            f"ngspice could not simulate the circuit: {why}.{said} The netlist is kept in {where}.",
            details=self.process.output[-20_000:],
        )

    def close(self) -> None:
        """End the process and remove the large files; netlist stays."""
        self.process.close()
        for name in (SIGNAL_FILE, RAW_FILE):
            (self.stretch.folder / name).unlink(missing_ok=True)

    def __enter__(self) -> _Run:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def find_ngspice() -> str:
    """The path of ngspice: as the settings say, else on the PATH.

    Raises
    ------
    SimulatorMissingError
        It is not there; the sentence says how to get it.
    """
    chosen = os.environ.get(ENVIRONMENT, "").strip()
    if chosen:
        found = shutil.which(chosen)
        if found is None:
            raise SimulatorMissingError(
                f"There is no ngspice at {chosen}, where the settings say it is. Correct the path "
                "in the settings, or empty it to search for ngspice."
            )
        return found
    # On Windows, ngspice.exe opens a window of its own; ngspice_con.exe does not.
    found = shutil.which("ngspice_con") or shutil.which("ngspice")
    if found is None:
        raise SimulatorMissingError(
            "ngspice, which simulates circuits, is not installed. On Debian or Ubuntu type 'sudo "
            "apt install ngspice', on macOS 'brew install ngspice'; on Windows unpack it from "
            "ngspice.sourceforge.io and choose its ngspice_con.exe in the settings."
        )
    return found


def _stretches(
    circuit: Circuit,
    n_samples: int,
    sample_rate: int,
    steps_per_sample: int,
    folder: Path,
    processes: int,
) -> list[_Stretch]:
    seconds = n_samples / sample_rate
    rounds = max(1, math.ceil(seconds / (CHUNK_SECONDS * processes)))
    count = rounds * processes if seconds >= SHORTEST_CHUNK_SECONDS * processes else 1
    edges = [round(i * n_samples / count) for i in range(count + 1)]
    overlap = int(np.ceil(circuit.settle_seconds * sample_rate))
    found = []
    for number in range(count):
        start, stop = edges[number], edges[number + 1]
        before = min(overlap, start)
        plan = Plan(stop - start + before, sample_rate, steps_per_sample)
        place = folder / f"part-{number + 1:03d}"
        found.append(_Stretch(number, start, stop, before, place, plan))
    return found


def _evidence(
    circuit: Circuit,
    x: Float64,
    sample_rate: int,
    stretches: Sequence[_Stretch],
    results: Sequence[_Result],
) -> Evidence:
    joints = [
        np.abs(result.joint - previous.kept.values[-1]).max()
        for previous, result in pairwise(results)
    ]
    samples = np.array([stretch.stop - stretch.start for stretch in stretches])
    on_points = np.array([result.kept.on_points for result in results])
    return Evidence(
        x=x,
        sample_rate=sample_rate,
        states=np.concatenate([result.kept.values[:, 1:] for result in results]),
        input_error=max(result.input_error for result in results),
        resampling_error=float(max(result.kept.error.max() for result in results)),
        on_points=float(on_points @ samples / samples.sum()),
        joint_error=float(max(joints)) if joints else None,
    )


def _report(context: JobContext, fraction: float, clock: float) -> None:
    spent = time.monotonic() - clock
    eta = spent / fraction * (1 - fraction) if fraction > 0.02 else None
    context.progress(fraction, "Simulating the circuit", eta)


def _keep_log(context: JobContext, stretch: _Stretch, run: _Run) -> None:
    words = re.sub(r"(\s*Reference value :\s*[\d.e+-]+)+", "", run.process.output)
    context.log(f"ngspice, part {stretch.number + 1}, {run.process.seconds:.2f} s:\n{words}")


def _ending(code: int | None) -> str:
    if code is not None and code < 0:
        return f"it was ended by signal {-code}"
    return f"it gave up (exit code {code})"


def _own_words(output: str) -> str:
    """The simulator's first complaint, with the netlist line that it shows below it."""
    lines = [line.strip() for line in re.split(r"[\r\n]+", output)]
    lines = [line for line in lines if line and not _HARMLESS.search(line)]
    for number, line in enumerate(lines):
        if re.search(r"\berror\b", line, re.I):
            return " / ".join(lines[number : number + 3])[:400].rstrip(".")
    for line in lines:
        if _TROUBLE.search(line):
            return line[:400].rstrip(".")
    return ""
