"""The simulators that there are: by name, and whether they are on this computer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from engines.circuits.base import Simulator, SimulatorError

DEFAULT = "ngspice"


@dataclass(frozen=True)
class SimulatorKind:
    """A simulator that can be chosen.

    Attributes
    ----------
    name, label : str
        In job files and on the command line; for people.
    variable : str
        The environment variable that says where its program is.
    make : callable
        The simulator itself; looks for nothing yet.
    place : callable
        Where its program is; raises SimulatorMissingError with a sentence where it is not.
    """

    name: str
    label: str
    variable: str
    make: Callable[[], Simulator]
    place: Callable[[], str]


@dataclass(frozen=True)
class Found:
    """What was found of a simulator: its version and place, or else the sentence why not."""

    name: str
    label: str
    version: str = ""
    place: str = ""
    why_not: str = ""

    @property
    def there(self) -> bool:
        """Whether it can be used."""
        return not self.why_not


def _ngspice() -> Simulator:
    from engines.circuits.ngspice import NgSpice

    return NgSpice()


def _ngspice_place() -> str:
    from engines.circuits.ngspice import find_ngspice

    return find_ngspice()


def _ltspice() -> Simulator:
    from engines.circuits.ltspice import LTspice

    return LTspice()


def _ltspice_place() -> str:
    from engines.circuits.ltspice_program import find_ltspice

    return str(find_ltspice().path)


SIMULATORS: dict[str, SimulatorKind] = {
    kind.name: kind
    for kind in (
        SimulatorKind("ngspice", "ngspice", "TRIMPOT_NGSPICE", _ngspice, _ngspice_place),
        SimulatorKind("ltspice", "LTspice", "TRIMPOT_LTSPICE", _ltspice, _ltspice_place),
    )
}
"""All of them by name, the default first."""


def simulator_named(name: str = DEFAULT) -> Simulator:
    """A simulator by its name; whether it is there shows at its first use.

    Raises
    ------
    SimulatorError
        There is none of that name.
    """
    kind = SIMULATORS.get(name)
    if kind is None:
        raise SimulatorError(f"There is no simulator {name!r}; there is: {', '.join(SIMULATORS)}.")
    return kind.make()


def look_for(name: str) -> Found:
    """Look for a simulator's program and ask it for its version.

    Takes up to seconds: nothing for the window's thread.
    """
    kind = SIMULATORS[name]
    try:
        return Found(name, kind.label, version=kind.make().version(), place=kind.place())
    except SimulatorError as error:
        return Found(name, kind.label, why_not=error.sentence)


def available() -> tuple[Found, ...]:
    """Every simulator, found or not; see :func:`look_for`."""
    return tuple(look_for(name) for name in SIMULATORS)
