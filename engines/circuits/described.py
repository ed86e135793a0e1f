"""What a circuit with knobs is to everything that sets them: of the library, or one's own."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Literal

from engines.circuits.base import Circuit, SimulatorError
from projects.circuits import CircuitKnob

Settings = dict[str, float]
"""Where every knob of a circuit stands, by its parameter."""


class DescribedCircuit:
    """A circuit that can be made at any setting of its knobs.

    Attributes
    ----------
    name, title, reference : str
        For files; for people; where it is described.
    drive : float
        What digital full scale is sent as where nobody says otherwise (volts).
    steps : int
        Solver steps a sample at which it is simulated well.
    knobs : tuple[CircuitKnob, ...]
        Parameters of its netlist that people turn.
    states : mapping of str to str
        Names of its states, and the simulator's vectors.
    """

    name: str
    title: str
    reference: str
    drive: float
    method: Literal["trap", "gear"]
    steps: int
    knobs: tuple[CircuitKnob, ...]
    states: Mapping[str, str]

    def knob(self, param: str) -> CircuitKnob:
        """One knob by its parameter.

        Raises
        ------
        SimulatorError
            There is none of that name.
        """
        for knob in self.knobs:
            if knob.param == param:
                return knob
        known = ", ".join(knob.param for knob in self.knobs) or "none"
        raise SimulatorError(f"{self.title} has no knob {param!r}; it has: {known}.")

    def settings(self, chosen: Mapping[str, float] = {}) -> Settings:
        """Every knob's setting by its parameter: as chosen, else at rest.

        Raises
        ------
        SimulatorError
            There is no such knob, or it does not go that far.
        """
        for param, value in chosen.items():
            knob = self.knob(param)
            if not knob.minimum <= value <= knob.maximum:
                unit = f" {knob.unit}" if knob.unit else ""
                raise SimulatorError(
                    f"{knob.name} of {self.title} goes from {knob.minimum:g} to "
                    f"{knob.maximum:g}{unit}, and {value:g} is outside."
                )
        return {knob.param: float(chosen.get(knob.param, knob.default)) for knob in self.knobs}

    def explained(self, error: SimulatorError) -> SimulatorError:
        """A simulator's complaint, led to the line that somebody wrote; here as it came."""
        return error

    @abstractmethod
    def circuit(self, chosen: Mapping[str, float] = {}, moving: Sequence[str] = ()) -> Circuit:
        """The circuit for a simulator, its knobs set.

        Parameters
        ----------
        chosen : mapping
            Settings by parameter; a knob that is not named stands at rest.
        moving : sequence of str
            Parameters of knobs that move during the run: each becomes a node of
            :attr:`Circuit.moving`, in this order.

        Raises
        ------
        SimulatorError
            See :meth:`settings`; or a knob cannot move (it sets a capacitance, say).
        """
