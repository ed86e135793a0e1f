"""What the library says of a circuit beside its netlist: knobs, states, drive, source, figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from importlib.resources import files
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from engines.circuits.base import Circuit, StateVariable
from engines.circuits.described import DescribedCircuit
from engines.circuits.reading.reader import read_netlist
from engines.circuits.resolved import elements_of
from projects.circuits import CircuitKnob

INK = "#123456"
"""What drawings are drawn in."""
Word = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,63}$")]


class Described(BaseModel):
    """Base of what the library's JSON files hold: frozen, exact, finite."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


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


class LibraryCircuit(Described, DescribedCircuit):
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
    knobs: tuple[CircuitKnob, ...] = ()
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

    @property
    def drawing(self) -> str:
        """Its schematic; see :func:`drawing_of`."""
        return drawing_of(self.name)

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

    def circuit(self, chosen: Mapping[str, float] = {}, moving: Sequence[str] = ()) -> Circuit:
        """The circuit for a simulator, its knobs set; see the base class."""
        settings = self.settings(chosen)
        nodes: tuple[str, ...] = ()
        elements, params = self.elements, tuple(settings.items())
        if moving:
            for param in moving:
                self.knob(param)
            elements, nodes = elements_of(read_netlist(self.full_netlist, None), settings, moving)
            params = ()
        return Circuit(
            name=self.name,
            title=self.title,
            elements=elements,
            input=self.input,
            output=self.output,
            states=tuple(
                StateVariable(name=name, vector=vector, unit="A" if vector[0] == "i" else "V")
                for name, vector in self.states.items()
            ),
            settle_seconds=self.settle_seconds,
            reference=self.reference,
            params=params,
            method=self.method,
            moving=nodes,
        )


def drawing_of(name: str) -> str:
    """A circuit's schematic as SVG (also the first-order diode clipper's), drawn in one colour.

    Whoever shows it puts a colour of their own in the place of :data:`INK`; the ground is clear.
    """
    return _text(f"drawings/{name}.svg")


def _part(name: str) -> str:
    return _text(f"parts/{name}.cir").rstrip()


def _text(name: str) -> str:
    folder = files("engines.circuits.library")
    return folder.joinpath(*name.split("/")).read_text(encoding="utf-8")
