"""Whether a run begins at rest; where a netlist sets its own start, how long that is heard.

Every run starts at the circuit's operating point, with 0 V at its input and each knob where it
begins: nothing has to settle. A netlist's ``.ic`` says otherwise: what follows is a start-up that
the dry signal does not tell of, and no model could learn.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from engines.audio.files import dry_id
from engines.circuits.base import Circuit, Simulation, Simulator, SimulatorError
from engines.circuits.cache import Question, SimulationCache
from engines.sources.circuit_wanted import Sent, Wanted
from engines.worker.context import JobContext
from projects.capture import Check
from projects.manifest import Edits, Stretch

START_SECONDS = 5.0
"""How long a netlist's own start is followed."""
BLOCK_SECONDS = 0.01
FORGOTTEN = 1e-5
"""Difference from the run that starts at rest, RMS over RMS of each signal's variation."""
NAME = "start-up"


@dataclass(frozen=True)
class StartUp:
    """What is said of a run's beginning, and what of it is cut."""

    check: Check
    edits: Edits = field(default_factory=Edits)


AT_REST = StartUp(
    Check(
        name=NAME,
        level="ok",
        text="The run starts at the circuit's operating point, so that nothing has to settle.",
    )
)


def sets_its_start(circuit: Circuit) -> bool:
    """Whether the netlist sets voltages at the start."""
    return any(line.lstrip().lower().startswith(".ic") for line in circuit.elements)


def start_up(
    simulator: Simulator,
    wanted: Wanted,
    simulation: Simulation,
    sent: Sent,
    cache: SimulationCache,
    context: JobContext,
) -> StartUp:
    """Look at the beginning of a run; one that sets its own start is compared with one at rest.

    Parameters
    ----------
    simulator : Simulator
        What simulated it.
    wanted : Wanted
        The run.
    simulation : Simulation
        What it gave.
    sent : Sent
        What was sent through it.
    cache : SimulationCache
        Where the run at rest is looked for, and kept.
    context : JobContext
        For progress and cancel.

    Raises
    ------
    CancelledError
        The user cancelled.
    """
    if not sets_its_start(wanted.circuit):
        return AT_REST
    try:
        other = _from_rest(simulator, wanted, sent, cache, context)
    except SimulatorError as error:
        context.log(f"not simulated without .ic: {error.sentence}")
        return _said(
            "The netlist sets voltages at the start (.ic), and without them it could not be "
            "simulated, so that nobody knows how long they are heard."
        )
    n = len(other.output)
    count = forgotten_after(simulation, other, round(BLOCK_SECONDS * sent.sample_rate))
    if count is None:
        return _said(
            "The netlist sets voltages at the start (.ic), and these are still heard after "
            f"{n / sent.sample_rate:.2g} s."
        )
    if count == 0:
        text = "The netlist sets voltages at the start (.ic) as they are at rest."
        return StartUp(Check(name=NAME, level="ok", text=text, value=0.0))
    seconds = count / sent.sample_rate
    gap = Stretch(start=0, stop=count)
    check = Check(
        name=NAME,
        level="ok",
        text="The netlist sets voltages at the start (.ic). They are heard for "
        f"{seconds:.2f} s, which are cut.",
        value=seconds,
        where=(gap,),
    )
    return StartUp(check, Edits(cuts=(gap,)))


def forgotten_after(one: Simulation, other: Simulation, block: int) -> int | None:
    """From which sample on two simulations are the same; None where they never are.

    Parameters
    ----------
    one, other : Simulation
        The second may be shorter.
    block : int
        Samples that are looked at together.
    """
    n = len(other.output)
    # As precise as what a simulation that is found again has left, whether or not this one is.
    found = _single(np.column_stack([one.output[:n], one.states[:n]]))
    wanted = _single(np.column_stack([other.output, other.states]))
    size = np.maximum(wanted.std(axis=0), 1e-12)
    block = max(1, min(block, n))
    count = n // block
    off: NDArray[np.float64] = ((found - wanted) / size)[: count * block]
    rms = np.sqrt(np.mean(off.reshape(count, block, -1) ** 2, axis=1)).max(axis=1)
    heard = np.flatnonzero(rms > FORGOTTEN)
    if not len(heard):
        return 0
    last = int(heard[-1]) + 1
    return None if last == count else last * block


def _from_rest(
    simulator: Simulator, wanted: Wanted, sent: Sent, cache: SimulationCache, context: JobContext
) -> Simulation:
    """The run's beginning without what the netlist sets."""
    n = min(len(sent.dry), round(START_SECONDS * sent.sample_rate))
    dry = sent.dry[:n]
    elements = tuple(
        line for line in wanted.circuit.elements if not line.lstrip().lower().startswith(".ic")
    )
    circuit = replace(wanted.circuit, elements=elements)
    driven = wanted.driven
    motion = None if driven is None else driven[:n]
    question = Question(
        dry_id(dry), sent.drive, sent.sample_rate, sent.steps, sent.simulator,
        band_limited=sent.band_limited,
    )  # fmt: skip
    key = question.key(circuit, motion)
    found = cache.find(key)
    if found is None or found.states.shape != (n, len(circuit.states)):
        found = simulator.simulate(
            circuit, sent.volts[:n], sent.sample_rate, steps_per_sample=sent.steps,
            folder=context.folder / "simulator" / "from-rest", context=context, motion=motion,
            band_limited=sent.band_limited,
        )  # fmt: skip
        cache.keep(key, found)
    return found


def _single(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return values.astype(np.float32).astype(np.float64)


def _said(text: str) -> StartUp:
    advice = "Take the line with .ic out of the netlist, or cut the beginning yourself."
    return StartUp(Check(name=NAME, level="warning", text=text, advice=advice))
