"""What a netlist says, as plain values: nothing in here is text that a simulator would obey."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from engines.circuits.reading.expressions import Expression
from projects.errors import TrimpotError

Dialect = Literal["ngspice", "ltspice"]


class NetlistError(TrimpotError):
    """A netlist that cannot be run, with the line at fault and the reason.

    Attributes
    ----------
    line : int
        Number of the line, from 1, in ``file``; 0 where no line is at fault.
    file : str
        Name of the included file, empty for the netlist itself.
    reason : str
        The sentence without the place.
    """

    def __init__(self, line: int, reason: str, *, file: str = "") -> None:
        self.line, self.file, self.reason = line, file, reason
        place = f"Line {line}" if line else "The netlist"
        if file:
            place += f" of {file}"
        super().__init__(f"{place}: {reason}")


class UnknownNameError(NetlistError):
    """A model, subcircuit or parameter that the netlist names and does not hold."""


@dataclass(frozen=True)
class Change:
    """Something that stands otherwise in the netlist that is simulated.

    ``before`` is the line as it came (shortened), ``after`` what it became (empty: left out).
    """

    line: int
    before: str
    after: str
    why: str
    file: str = ""


@dataclass(frozen=True)
class Source:
    """What a voltage or current source gives.

    Attributes
    ----------
    dc : Expression
        Volts or amperes at rest.
    ac : tuple of Expression
        Magnitude and phase (degrees) for a small-signal analysis; empty: none.
    shape : str
        ``""`` or one of ``sin pulse pwl exp sffm``, whose ``values`` are SPICE's own, in order.
    recording : str
        The audio file that LTspice's ``wavefile=`` named. It is never read: such a source is an
        input of the circuit.
    """

    dc: Expression
    ac: tuple[Expression, ...] = ()
    shape: str = ""
    values: tuple[Expression, ...] = ()
    recording: str = field(default="", compare=False)


@dataclass(frozen=True)
class Element:
    """One device.

    Attributes
    ----------
    name : str
        ``R1``; its first letter is ``kind``. Compared without case.
    kind : str
        SPICE's letter: one of ``B C D E F G H I J K L M Q R S V W X``.
    nodes : tuple[str, ...]
        In SPICE's order; lower case, ground is ``0``.
    value : Expression or None
        Ohm, farad, henry, gain or coupling; where ``quantity`` is given, a law.
    quantity : str
        What a law gives, which may depend on voltages and currents: ``v`` (a B or E source), ``i``
        (B or G), ``r`` (a resistor).
    model : str
        Name of a device's model, or of the subcircuit of an ``X``.
    params : tuple of (name, Expression)
        Named values, in the order given.
    references : tuple[str, ...]
        Other elements: the source whose current is taken (F, H, W), the coupled inductors (K).
    dimensions, coefficients
        Of a ``POLY`` source; 0 and empty otherwise. Its controlling nodes follow the first two.
    source : Source or None
        What a V or I gives.
    line, file
        Where it was read.
    """

    name: str
    kind: str
    nodes: tuple[str, ...]
    value: Expression | None = None
    quantity: str = ""
    model: str = ""
    params: tuple[tuple[str, Expression], ...] = ()
    references: tuple[str, ...] = ()
    dimensions: int = 0
    coefficients: tuple[Expression, ...] = ()
    source: Source | None = None
    line: int = field(default=0, compare=False)
    file: str = field(default="", compare=False)

    @property
    def key(self) -> str:
        """Its name as a simulator compares it."""
        return self.name.lower()


@dataclass(frozen=True)
class Model:
    """A ``.model``: a device's type (``d``, ``npn``, ``sw``...) and its parameters."""

    name: str
    type: str
    params: tuple[tuple[str, Expression], ...] = ()
    line: int = field(default=0, compare=False)
    file: str = field(default="", compare=False)
    builtin: bool = field(default=False, compare=False)


@dataclass(frozen=True)
class Parameter:
    """A ``.param``, or a subcircuit's parameter with its default."""

    name: str
    value: Expression
    line: int = field(default=0, compare=False)
    file: str = field(default="", compare=False)


@dataclass(frozen=True)
class Subcircuit:
    """A ``.subckt``: ``ports`` are its outer nodes, ``params`` what an instance may set."""

    name: str
    ports: tuple[str, ...]
    elements: tuple[Element, ...] = ()
    models: tuple[Model, ...] = ()
    params: tuple[Parameter, ...] = ()
    local_params: tuple[Parameter, ...] = ()
    line: int = field(default=0, compare=False)
    file: str = field(default="", compare=False)
    builtin: bool = field(default=False, compare=False)


@dataclass(frozen=True)
class Condition:
    """A voltage that is given at the start (``.ic``) or as a first guess (``.nodeset``)."""

    command: Literal["ic", "nodeset"]
    node: str
    value: Expression
    line: int = field(default=0, compare=False)


@dataclass(frozen=True)
class Sweep:
    """The range that a ``.step`` ran a parameter through."""

    parameter: str
    low: float
    high: float


@dataclass(frozen=True)
class Netlist:
    """A whole circuit, read and found safe.

    Attributes
    ----------
    title : str
        Its first line.
    elements, models, subcircuits, params
        What it is made of. Subcircuits are in no other one; all names are unique without case.
    conditions, globals
        ``.ic`` and ``.nodeset``; nodes that subcircuits share.
    sweeps : tuple of Sweep
        Ranges of parameters that its ``.step`` lines tell.
    probed : tuple[str, ...]
        Nodes that its ``.wave``, ``.four``, ``.print`` and ``.plot`` lines look at, in this order.
    changes : tuple of Change
        All that stands otherwise than it came, in the order of its lines.
    source_lines : tuple[str, ...]
        The text as it came, for showing; nothing reads it again.
    files : tuple[str, ...]
        The files that it includes, by their places in the netlist's folder (with ``/``), each once.
    dialect : str
        In which it was read.
    """

    title: str
    elements: tuple[Element, ...]
    models: tuple[Model, ...] = ()
    subcircuits: tuple[Subcircuit, ...] = ()
    params: tuple[Parameter, ...] = ()
    conditions: tuple[Condition, ...] = ()
    globals: tuple[str, ...] = ()
    sweeps: tuple[Sweep, ...] = field(default=(), compare=False)
    probed: tuple[str, ...] = field(default=(), compare=False)
    changes: tuple[Change, ...] = field(default=(), compare=False)
    source_lines: tuple[str, ...] = field(default=(), compare=False)
    files: tuple[str, ...] = field(default=(), compare=False)
    dialect: Dialect = field(default="ngspice", compare=False)

    def element(self, name: str) -> Element:
        """The element of that name (any case) at the top; KeyError where there is none."""
        return _named(self.elements, name)

    def subcircuit(self, name: str) -> Subcircuit:
        """The subcircuit of that name; KeyError where there is none."""
        for found in self.subcircuits:
            if found.name == name.lower():
                return found
        raise KeyError(name)


def _named(elements: Sequence[Element], name: str) -> Element:
    for element in elements:
        if element.key == name.lower():
            return element
    raise KeyError(name)
