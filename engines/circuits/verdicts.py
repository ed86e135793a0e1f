"""Whether a simulation can be believed: refusals, and verdicts with figures."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engines.circuits.base import Circuit, Float64, Law, SimulatorError
from projects.capture import Check

INPUT_TOLERANCE = 1e-9
"""Largest difference between sent and simulated input: of the largest one, and in volts."""
KNOB_FLOOR = 1e-6
"""A moving knob is compared to its own size, of whatever unit it is, down to this one."""
RESAMPLING_GOOD = 1e-5
JOINT_GOOD = 1e-6
LAW_GOOD = 2e-3
"""Error of one sample against the circuit's own law, RMS over RMS of the states, that passes
without a warning. The trapezoidal rule at a quarter sample leaves 4e-4 to 9e-4 on the built-in
signal at 4.5 V and 48 kHz (an ESR of 2e-7 to 9e-7), at a whole sample 0.007 to 0.016; states on a
grid that is one sample off leave 0.12 and more."""
LAW_SAMPLES = 4096
FOLDED_GOOD = -25.0
"""What folds back (in dB of the output's energy) without a warning: the sustainer fuzz, whose edges
are the steepest of the library, leaves -29 at 48 kHz with all its sustain."""
STEP_GOOD = 5e-3
"""Change of the output at a finer step, RMS over RMS, that passes without a warning: an error to
signal ratio of 2.5e-5, below what any model of such a circuit has reached."""


@dataclass(frozen=True)
class FinerStep:
    """The same short stretch at the simulation's step and at a finer one.

    ``coarse`` and ``fine`` float64[n, 1 + S]: output and states.
    """

    steps: int
    finer_steps: int
    coarse: Float64
    fine: Float64
    seconds: float

    @property
    def change(self) -> tuple[float, float]:
        """How much the output changes, and the state that changes most (RMS over RMS)."""
        moving = self.fine - self.fine.mean(axis=0)
        size = np.sqrt(np.mean(moving**2, axis=0))
        off = np.sqrt(np.mean((self.coarse - self.fine) ** 2, axis=0))
        floor = 1e-6 * max(1e-6, float(np.sqrt(np.mean(moving[:, 0] ** 2))))
        found = off / np.maximum(size, floor)
        return float(found[0]), float(found[1:].max(initial=0.0))


@dataclass(frozen=True)
class Evidence:
    """What a simulation left to judge it by. Voltages in volts.

    ``states`` float64[n, S]; ``joint_error`` None where the signal was simulated in one piece;
    ``finer`` None where the circuit has a law of its own to be checked by. ``folded`` is what of
    the output's energy lies above half the sample rate (dB), where that can be seen.
    """

    x: Float64
    sample_rate: int
    states: Float64
    input_error: float
    resampling_error: float
    on_points: float
    joint_error: float | None
    finer: FinerStep | None = None
    folded: float | None = None
    band_limited: bool = False


def refuse_wrong_input(
    solver_times: Float64,
    simulated: Float64,
    times: Float64,
    values: Float64,
    floor: float = 1.0,
) -> float:
    """Compare the simulated input with what was sent, at the solver's own points.

    Parameters
    ----------
    solver_times, simulated : float64[m]
        The solver's time points and the voltage it had at the input.
    times, values : float64[k]
        The signal that was sent, linear between these corners.
    floor : float
        What the tolerance is of, beside the largest value.

    Returns
    -------
    float
        The largest difference in volts.

    Raises
    ------
    SimulatorError
        The simulator simulated another signal than it was sent.
    """
    error = float(np.abs(simulated - np.interp(solver_times, times, values)).max())
    largest = float(np.abs(values).max())
    if error > INPUT_TOLERANCE * (floor + largest):
        raise SimulatorError(
            f"The simulator's input differs from the signal that was sent by up to {error:.3g} V, "
            "so its result is of no use. Another version of the simulator may do better."
        )
    return error


def checks_of(circuit: Circuit, evidence: Evidence) -> tuple[Check, ...]:
    """The verdicts that are kept with the capture."""
    found = [
        Check(
            name="simulated input",
            level="ok",
            text="The simulated input equals the signal that was sent, at every point the solver "
            f"computed, within {evidence.input_error:.2g} V.",
            value=evidence.input_error,
        ),
        Check(
            name="resampling",
            level="ok" if evidence.resampling_error <= RESAMPLING_GOOD else "warning",
            text=f"The solver has a point of its own at {100 * evidence.on_points:.2f} % of the "
            f"samples; interpolating the others adds an error of at most about "
            f"{evidence.resampling_error:.2g} V.",
            value=evidence.resampling_error,
        ),
    ]
    if evidence.folded is not None:
        found.append(_aliasing(evidence.folded, evidence.band_limited))
    if circuit.advance is not None:
        found.append(_law(circuit.advance, evidence))
    if evidence.finer is not None:
        found.append(_step(evidence.finer))
    if evidence.joint_error is not None:
        found.append(
            Check(
                name="joints",
                level="ok" if evidence.joint_error <= JOINT_GOOD else "warning",
                text="The stretches that were simulated side by side meet within "
                f"{evidence.joint_error:.2g} V.",
                value=evidence.joint_error,
            )
        )
    return tuple(found)


def _aliasing(folded: float, band_limited: bool) -> Check:
    """What of the output the sample rate cannot hold."""
    if band_limited:
        return Check(
            name="aliasing",
            level="ok",
            text=f"Of the output's energy {folded:.0f} dB lay above half the sample rate and was "
            "filtered out before it was sampled. A state network wants an output that is not.",
            value=folded,
        )
    good = folded <= FOLDED_GOOD
    return Check(
        name="aliasing",
        level="ok" if good else "warning",
        text=f"Of the output's energy {folded:.0f} dB lies above half the sample rate and folds "
        "back into its samples, as in any model that is computed at this rate.",
        value=folded,
        advice="" if good else "Simulate at a higher sample rate, to hear it less.",
    )


def _step(finer: FinerStep) -> Check:
    """How much a finer step would change."""
    output, state = finer.change
    good = output <= STEP_GOOD
    text = (
        f"With {finer.finer_steps} steps a sample instead of {finer.steps} the output changes by "
        f"{100 * output:.2g} % (RMS, over the loudest {finer.seconds:.2g} s) and no state by more "
        f"than {100 * state:.2g} %."
    )
    return Check(
        name="solver step",
        level="ok" if good else "warning",
        text=text,
        value=output,
        advice="" if good else "Simulate with more steps a sample to come closer.",
    )


def _law(advance: Law, evidence: Evidence) -> Check:
    """The states against the circuit's own equation, one sample ahead, at many places."""
    n = len(evidence.x)
    count = min(LAW_SAMPLES, n - 1)
    here = np.unique(np.linspace(0, max(0, n - 2), max(0, count)).round().astype(np.intp))
    error = 0.0
    if n > 1:
        x, states = evidence.x, evidence.states
        seconds = 1 / evidence.sample_rate
        expected = advance(states[here], x[here], x[here + 1], seconds)
        off = np.sqrt(np.mean((expected - states[here + 1]) ** 2, axis=0))
        size = np.sqrt(np.mean(states[here + 1] ** 2, axis=0))
        error = float(np.max(off / np.maximum(size, 1e-12)))
    good = error <= LAW_GOOD
    text = (
        f"Each state follows from the one a sample before by the circuit's own equation within "
        f"{100 * error:.2g} % (RMS, at {len(here)} places)."
    )
    return Check(
        name="states",
        level="ok" if good else "warning",
        text=text if good else f"{text} Simulate with more steps a sample to come closer.",
        value=error,
    )
