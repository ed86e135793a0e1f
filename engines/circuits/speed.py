"""How fast circuits are simulated: all of it, and ngspice alone on the same netlist."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from engines.circuits.base import Circuit, Float64, SimulatorError
from engines.circuits.netlist import RAW_FILE, SIGNAL_FILE, Plan, write_run
from engines.circuits.ngspice import NgSpice, find_ngspice
from engines.circuits.ngspice_run import command_of, options_of, own_words
from engines.circuits.process import BoundedProcess
from engines.worker.context import JobContext

POLL_SECONDS = 0.02


@dataclass(frozen=True)
class Speed:
    """What a simulation cost, in processor seconds of one core, user and system.

    Attributes
    ----------
    circuit : str
        Its name.
    audio : float
        Seconds of signal.
    seconds : float
        Of everything: signal and netlist written, simulated, read, brought on to the samples and
        checked.
    alone : float
        Of ngspice alone on the same netlist.
    warnings : tuple of str
        Verdicts that are not "ok".
    """

    circuit: str
    audio: float
    seconds: float
    alone: float
    warnings: tuple[str, ...] = ()

    @property
    def times_real_time(self) -> float:
        """Seconds of audio a second of one core."""
        return self.audio / self.seconds

    @property
    def share(self) -> float:
        """The speed of everything, of ngspice's own."""
        return self.alone / self.seconds


def loudest(signal: Float64, count: int) -> Float64:
    """The ``count`` samples of ``signal`` with the most energy, full scale 1."""
    count = min(count, len(signal))
    energy = np.concatenate([[0.0], np.cumsum(np.asarray(signal, np.float64) ** 2)])
    start = int(np.argmax(energy[count:] - energy[:-count]))
    found = np.asarray(signal[start : start + count], np.float64)
    return found / max(float(np.abs(found).max()), 1e-12)


def speed_of(circuit: Circuit, x: Float64, rate: int, steps: int, context: JobContext) -> Speed:
    """Simulate ``x`` (volts) once in full and once by ngspice alone, one right after the other.

    In one piece and one process, without the look at a finer step.

    Raises
    ------
    SimulatorError
        It failed, in its own words.
    SimulatorMissingError
        ngspice is not there.
    CancelledError
        The user cancelled.
    """
    folder = context.folder / "simulator"
    before = _processor_seconds()
    found = NgSpice(1).simulate(
        _in_one_piece(circuit), x, rate, steps_per_sample=steps, folder=folder, context=context
    )
    seconds = _processor_seconds() - before
    alone = _alone(circuit, x, rate, steps, folder / "alone", context)
    warnings = tuple(check.text for check in found.checks if check.level != "ok")
    return Speed(circuit.name, len(x) / rate, seconds, alone, warnings)


def _in_one_piece(circuit: Circuit) -> Circuit:
    """The circuit without overlaps, and without a look at a finer step."""
    return replace(
        circuit, settle_seconds=None, advance=circuit.advance or (lambda states, *_: states)
    )


def _alone(
    circuit: Circuit, x: Float64, rate: int, steps: int, folder: Path, context: JobContext
) -> float:
    folder.mkdir(parents=True, exist_ok=True)
    plan = Plan(len(x), rate, steps)
    times, values = plan.corners(x[:, None], np.zeros(1))
    write_run(folder, circuit, plan, times, values, options_of(circuit))
    before = _processor_seconds()
    process = BoundedProcess(command_of(find_ngspice()), folder)
    try:
        while process.poll() is None:
            context.wait(POLL_SECONDS)
        if process.poll() != 0:
            raise SimulatorError(
                f"ngspice could not simulate the circuit: {own_words(process.output)}.",
                details=process.output,
            )
    finally:
        process.close()
        for name in (SIGNAL_FILE, RAW_FILE):
            (folder / name).unlink(missing_ok=True)
    return _processor_seconds() - before


def _processor_seconds() -> float:
    """Of this process and of those that it waited for."""
    spent = os.times()
    return spent.user + spent.system + spent.children_user + spent.children_system
