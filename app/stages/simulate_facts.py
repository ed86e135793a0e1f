"""What is known of a circuit once its netlist has been read: read in the background."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from app.stages.simulate_devices import Device, described
from projects.errors import TrimpotError

if TYPE_CHECKING:
    from engines.circuits.described import DescribedCircuit


@dataclass(frozen=True)
class Facts:
    """A circuit as it was read.

    Attributes
    ----------
    circuit : DescribedCircuit, optional
        None where it cannot be read.
    problem : str
        Why it cannot be simulated as it stands, in a sentence.
    states : tuple[str, ...]
        Names of the states that are kept.
    stuck : dict of str to str
        Parameters of knobs that cannot move during a run, and why not.
    """

    circuit: DescribedCircuit | None = None
    problem: str = ""
    states: tuple[str, ...] = ()
    stuck: dict[str, str] = field(default_factory=dict)


def facts_of(device: Device, project: Path | None) -> Facts:
    """Read a circuit. Takes a while: not for the window's thread."""
    try:
        circuit = described(device, project)
    except TrimpotError as error:
        return Facts(problem=error.sentence)
    problems: Sequence[str] = getattr(circuit, "problems", tuple)()
    states = tuple(circuit.states)
    if problems:
        return Facts(circuit, problems[0], states)
    stuck = {}
    for knob in circuit.knobs:
        try:
            circuit.circuit({}, [knob.param])
        except TrimpotError as error:
            stuck[knob.param] = (
                f"It cannot move while the circuit runs. {error.sentence} Let it stand, or list "
                "several settings."
            )
    return Facts(circuit, "", states, stuck)
