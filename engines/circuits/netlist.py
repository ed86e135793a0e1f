"""Writing the netlist of one run, and the signal file that drives it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from engines.circuits.base import Circuit, Float64
from engines.circuits.columns import Columns
from engines.circuits.signal_file import SIGNAL_BLOCK as SIGNAL_BLOCK
from engines.circuits.signal_file import as_written, write_signal
from projects.files import write_atomic

SIGNAL_FILE = "input.txt"
NETLIST_FILE = "circuit.cir"
RAW_FILE = "result.raw"
LEAD_SAMPLES = 16
"""Samples before the first one, in which the solver's step grows to its full length."""
TAIL_SAMPLES = 64
FIRST_STEPS = 1.28
"""Where ngspice's first full step begins, in full steps: it starts with two steps of a hundredth
and doubles up to the maximum (0.01 + 0.01 + 0.02 + 0.04 + ... + 0.64)."""
SHORTEST_RUN = 256
"""Full steps below which that beginning would be another."""


@dataclass(frozen=True)
class Plan:
    """When the samples of one run stand on the solver's clock.

    The solver walks in equal steps from :data:`FIRST_STEPS` on. The samples are laid on to that
    grid, so that every sample is a point which the solver computes itself, and every kink of the
    input (linear between samples) falls between two steps and not into one: four times less error
    than on a grid that lies anywhere, and nothing to interpolate.
    """

    n_samples: int
    sample_rate: int
    steps_per_sample: int

    @property
    def step(self) -> float:
        """The solver's longest step, in seconds."""
        return 1.0 / (self.sample_rate * self.steps_per_sample)

    def time(self, sample: Float64) -> Float64:
        """Solver times of sample numbers, in seconds."""
        phase = (FIRST_STEPS % 1.0) / self.steps_per_sample
        return (sample + (LEAD_SAMPLES + phase)) / self.sample_rate

    @property
    def sample_times(self) -> Float64:
        """Solver times of the samples 0..n-1."""
        return self.time(np.arange(self.n_samples, dtype=np.float64))

    @property
    def stop(self) -> float:
        """When the run ends: one and a half steps after the last sample.

        The half keeps the end off the grid. On it, rounding would leave a last step of 1e-17
        seconds, at which circuits with small capacitances do not converge.
        """
        last = float(self.sample_times[-1])
        return max(last + 1.5 * self.step, SHORTEST_RUN * self.step)

    def corners(self, x: Float64, before: Float64) -> tuple[Float64, Float64]:
        """Times and values between which the inputs are linear: lead, samples, a tail to hold.

        Parameters
        ----------
        x : float64[n, k]
            The inputs at the samples.
        before : float64[k]
            Where they stand before the first one.

        Returns
        -------
        float64[m], float64[m, k]
        """
        tail = TAIL_SAMPLES + int(SHORTEST_RUN / self.steps_per_sample)
        numbers = np.concatenate([[-1.0], np.arange(self.n_samples + tail, dtype=np.float64)])
        times = as_written(np.concatenate([[0.0], self.time(numbers)]))
        values = np.concatenate([[before, before], x, np.repeat(x[-1:], tail, axis=0)])
        return times, values.astype(np.float64, copy=False)


def write_run(
    folder: Path, circuit: Circuit, plan: Plan, times: Float64, values: Float64, options: str
) -> None:
    """Write the netlist and the signal it reads into ``folder``.

    The signal comes from a file by the XSPICE ``filesource``: an inline PWL is searched from its
    start at every step, so that its cost grows with the square of the length.

    Raises
    ------
    StorageError
        The disk refused.
    """
    write_signal(folder / SIGNAL_FILE, times, values)
    text = netlist(circuit, plan, options)
    write_atomic(folder / NETLIST_FILE, text.encode(), action="write the netlist")


def netlist(circuit: Circuit, plan: Plan, options: str) -> str:
    """The whole netlist of a run, as text."""
    step = repr(plan.step)
    ports = " ".join([f"{circuit.input} {circuit.against}", *(f"{k} 0" for k in circuit.moving)])
    offsets, scales = (" ".join([one] * (1 + len(circuit.moving))) for one in "01")
    return "\n".join(
        [
            f"* {circuit.title}",
            # A model's name with a point in it is one that no netlist which was read can have.
            f"Adrive %vd([{ports}]) trimpot.drive",
            f'.model trimpot.drive filesource (file="{SIGNAL_FILE}" amploffset=[{offsets}] '
            f"amplscale=[{scales}] timeoffset=0 timescale=1 timerelative=false amplstep=false)",
            *parameters(circuit),
            *circuit.elements,
            f".options {options}",
            f".save {' '.join(Columns.of(circuit).saved)}",
            f".tran {step} {plan.stop!r} 0 {step}",
            ".end",
            "",
        ]
    )


def parameters(circuit: Circuit) -> list[str]:
    """The lines that set the circuit's parameters."""
    return [f".param {name}={value!r}" for name, value in circuit.params]
