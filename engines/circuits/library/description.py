"""What the library says of a circuit beside its netlist: knobs, states, drive, source, figures."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from importlib.resources import files
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from engines.circuits.base import Circuit, SimulatorError, StateVariable
from projects.manifest import Control

Word = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,63}$")]
Parameter = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,31}$")]


class Described(BaseModel):
    """Base of what the library's JSON files hold: frozen, exact, finite."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class LibraryKnob(Described):
    """A pot or switch: a ``.param`` of the netlist, and how the project shows it.

    A pot without a unit is its rotation, 0 to 1; the netlist holds its own taper.
    """

    param: Parameter
    name: str
    minimum: float = 0.0
    maximum: float = 1.0
    default: float = 0.5
    unit: str = ""
    taper: Literal["linear", "log", "switch"] = "linear"

    @property
    def control(self) -> Control:
        """The knob as a project has it."""
        return Control(
            name=self.name,
            minimum=self.minimum,
            maximum=self.maximum,
            default=self.default,
            unit=self.unit,
            taper=self.taper,
        )

    @model_validator(mode="after")
    def _fits_a_project(self) -> Self:
        _ = self.control
        return self


class Figure(Described):
    """A figure that the circuit is known to have, and where it is known from."""

    name: str
    value: float
    unit: str = ""
    tolerance: float
    """Largest difference that is allowed, in the same unit."""
    settings: dict[str, float] = Field(default_factory=dict)
    """Knobs (by parameter) that do not stand at their default."""
    source: str


class LibraryCircuit(Described):
    """A circuit of the library.

    Attributes
    ----------
    name, title, summary : str
        For files; for people; in a sentence.
    order : int
        Where it stands in a list, simple ones first.
    parts : tuple[str, ...]
        Models and subcircuits that the netlist uses: files of the folder ``parts``.
    drive : float
        What digital full scale is sent as where nobody says otherwise (volts).
    method, settle_seconds
        See :class:`engines.circuits.base.Circuit`.
    steps : int
        Solver steps a sample at which it is simulated well.
    states : dict[str, str]
        Names of the states, and the simulator's vectors.
    reference : str
        Where the circuit is described.
    figures : tuple[Figure, ...]
        What it is tested against.
    """

    name: Word
    title: str
    summary: str
    order: int = 0
    parts: tuple[Word, ...] = ()
    input: str = "in"
    output: str = "out"
    drive: Annotated[float, Field(gt=0)]
    method: Literal["trap", "gear"] = "trap"
    steps: Annotated[int, Field(ge=1, le=64)] = 4
    settle_seconds: Annotated[float, Field(gt=0)] | None = None
    knobs: tuple[LibraryKnob, ...] = ()
    states: dict[str, str]
    reference: str
    figures: tuple[Figure, ...] = ()

    @property
    def netlist(self) -> str:
        """The netlist's text, as it stands in the library."""
        return _text(f"{self.name}.cir")

    @property
    def full_netlist(self) -> str:
        """The netlist with the parts that it uses, and its knobs at their defaults."""
        return "\n".join([self.netlist.rstrip(), *map(_part, self.parts), ".end", ""])

    @cached_property
    def elements(self) -> tuple[str, ...]:
        """Its lines without the title, the comments and the knobs' parameters."""
        lines = self.netlist.splitlines()[1:]
        for part in self.parts:
            lines += _part(part).splitlines()
        return tuple(
            line.rstrip()
            for line in lines
            if line.strip() and not line.startswith("*") and not line.lower().startswith(".param")
        )

    def knob(self, param: str) -> LibraryKnob:
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

    def settings(self, chosen: Mapping[str, float] = {}) -> dict[str, float]:
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

    def circuit(self, chosen: Mapping[str, float] = {}) -> Circuit:
        """The circuit for a simulator, its knobs set; see :meth:`settings` for errors."""
        return Circuit(
            name=self.name,
            title=self.title,
            elements=self.elements,
            input=self.input,
            output=self.output,
            states=tuple(
                StateVariable(name=name, vector=vector, unit="A" if vector[0] == "i" else "V")
                for name, vector in self.states.items()
            ),
            settle_seconds=self.settle_seconds,
            reference=self.reference,
            params=tuple(self.settings(chosen).items()),
            method=self.method,
        )


def _part(name: str) -> str:
    return _text(f"parts/{name}.cir").rstrip()


def _text(name: str) -> str:
    folder = files("engines.circuits.library")
    return folder.joinpath(*name.split("/")).read_text(encoding="utf-8")
