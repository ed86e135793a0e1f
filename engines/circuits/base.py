"""The contract between a circuit, a simulator and the signals that come out of it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from engines.worker.context import JobContext
from projects.capture import Check
from projects.errors import TrimpotError

Float64 = NDArray[np.float64]
Law = Callable[[Float64, Float64, Float64, float], Float64]
"""``advance(states, x0, x1, seconds) -> states``; see :class:`Circuit`."""


class SimulatorError(TrimpotError):
    """The simulator failed, or what it computed is not what it was asked."""


class SimulatorMissingError(SimulatorError):
    """The simulator is not installed, or not where the settings say."""


class NotConvergedError(SimulatorError):
    """The simulator found no way on in the middle of the signal."""


@dataclass(frozen=True)
class StateVariable:
    """One state of a circuit: the voltage over a capacitor or the current through an inductor.

    ``name`` goes into file names (``state-vC.wav``); ``vector`` is the simulator's own name for it
    (``v(out)``, between two nodes ``v(a,b)``, in a subcircuit ``v(x1.m)``, of a coil ``i(l1)``).
    """

    name: str
    vector: str
    unit: str = "V"


@dataclass(frozen=True)
class Circuit:
    """A circuit with one input voltage and one output voltage, as SPICE elements.

    Attributes
    ----------
    name, title : str
        For files, and for people.
    elements : tuple[str, ...]
        Netlist lines: devices and models, no sources, no commands.
    input, output : str
        Node names; the simulator drives the first against ``against``, which is ground unless the
        circuit's own source stood between two nodes.
    states : tuple[StateVariable, ...]
        Every state, in the order of a state network's outputs.
    settle_seconds : float, optional
        After this long a wrong start is forgotten to below the rounding of float32: how much two
        stretches simulated apart must overlap. None where that takes longer than stretches are:
        such a circuit is simulated in one piece.
    advance : callable, optional
        The circuit's own law, apart from any simulator: ``advance(states[n, S], x0[n], x1[n],
        seconds) -> states[n, S]`` moves n separate states over one sample of ``seconds`` in which
        the input goes linearly from ``x0`` to ``x1`` (volts). It checks what a simulator returns.
        Without it, a short stretch is simulated a second time at a finer step.
    reference : str
        Where the circuit is described.
    params : tuple of (name, value)
        ``.param`` values that the elements use: the knobs, where they stand.
    method : "trap" or "gear"
        How the simulator integrates: the trapezoidal rule is the more exact one, and rings where
        the circuit is much faster than the step (a fed-back op amp); Gear's second-order formula
        damps that.
    tolerances : "fine" or "coarse"
        How well each step is solved. Coarse is a thousand times coarser in volts and amperes: for
        circuits whose large currents nearly cancel, and that do not converge otherwise.
    moving : tuple[str, ...]
        Nodes that a signal of their own drives against ground: knobs that move during the run, one
        volt for one of the knob's own unit (see ``motions`` of :meth:`Simulator.sweep`).
    """

    name: str
    title: str
    elements: tuple[str, ...]
    input: str
    output: str
    states: tuple[StateVariable, ...]
    settle_seconds: float | None
    advance: Law | None = None
    reference: str = ""
    params: tuple[tuple[str, float], ...] = ()
    method: Literal["trap", "gear"] = "trap"
    against: str = "0"
    moving: tuple[str, ...] = ()
    tolerances: Literal["fine", "coarse"] = "fine"

    def without_states(self) -> Circuit:
        """The same circuit, nothing but its output saved."""
        return replace(self, states=(), advance=None)


@dataclass(frozen=True)
class Simulation:
    """What a simulator returns, on the grid of the samples: sample n stands at n / rate.

    Attributes
    ----------
    output : float64[n]
        Volts at the output node.
    states : float64[n, S]
        Each state in its unit.
    checks : tuple[Check, ...]
        How far it can be trusted, as figures.
    figures : dict[str, float]
        ``input_error`` (volts), ``seconds`` of work (of the processes, added up), ``points`` that
        the solver computed a sample, ``folded_db`` (what of the output lies above half the sample
        rate, in dB of its energy; left out where it cannot be seen).
    """

    output: Float64
    states: Float64
    checks: tuple[Check, ...]
    figures: dict[str, float] = field(default_factory=dict)


class Simulator(ABC):
    """A program that computes a circuit's response to a signal."""

    name: str

    @abstractmethod
    def version(self) -> str:
        """The program's own version, for the capture's record.

        Raises
        ------
        SimulatorMissingError
            It is not installed; the sentence says how to install it.
        """

    def simulate(
        self,
        circuit: Circuit,
        x: Float64,
        sample_rate: int,
        *,
        steps_per_sample: int,
        folder: Path,
        context: JobContext,
        motion: Float64 | None = None,
        band_limited: bool = False,
    ) -> Simulation:
        """Run ``x`` (volts, float64[n], linear between samples) through the circuit, from rest.

        At rest means at the circuit's operating point with 0 V at its input.

        Parameters
        ----------
        circuit : Circuit
            What to simulate.
        x : float64[n]
            Input voltage at the samples.
        sample_rate : int
            In Hz.
        steps_per_sample : int
            Solver steps in one sample, at least.
        folder : Path
            Scratch folder for the simulator's files; left empty but for netlist and log.
        context : JobContext
            For progress and cancel.
        motion : float64[n, M], optional
            What drives the circuit's M moving nodes.
        band_limited : bool
            See :meth:`sweep`.

        Raises
        ------
        SimulatorError
            It failed (with its own words), ran too long, or simulated something else.
        CancelledError
            The user cancelled; the simulator's process is gone.
        """
        found = self.sweep(
            [circuit], x, sample_rate,
            steps_per_sample=steps_per_sample, folder=folder, context=context, motions=[motion],
            band_limited=band_limited,
        )  # fmt: skip
        for _, result in found:
            if isinstance(result, SimulatorError):
                raise result
            return result
        raise SimulatorError("The simulator gave no result.")

    @abstractmethod
    def sweep(
        self,
        circuits: Sequence[Circuit],
        x: Float64,
        sample_rate: int,
        *,
        steps_per_sample: int,
        folder: Path,
        context: JobContext,
        motions: Sequence[Float64 | None] = (),
        band_limited: bool = False,
    ) -> Iterator[tuple[int, Simulation | SimulatorError]]:
        """Run the same signal through several circuits (one at several settings), side by side.

        ``motions`` holds, for each circuit, what drives its moving nodes: float64[n, M], linear
        between samples as the signal is, its first values standing before the first sample too.

        Where ``band_limited``, the output is low-passed at half the sample rate (linear-phase,
        without delay) from the solver's own points before it is sampled, so that nothing folds back
        to below 0.45 of the rate. The states stay samples of the true curve: a network that follows
        the circuit from sample to sample wants its output unfiltered too.

        Yields
        ------
        int
            Which of ``circuits``, as each is done.
        Simulation or SimulatorError
            What it gave, or why it failed; the others go on.

        Raises
        ------
        SimulatorMissingError
            The simulator does not start at all.
        SimulatorError
            The signal cannot be simulated.
        CancelledError
            The user cancelled; no process is left.
        """
