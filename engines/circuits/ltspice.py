"""Simulation by LTspice, behind the contract that ngspice has."""

from __future__ import annotations

from functools import partial

from engines.circuits.crew import ProgramSimulator, Start
from engines.circuits.ltspice_program import find_ltspice
from engines.circuits.ltspice_run import LTspiceRun


class LTspice(ProgramSimulator):
    """LTspice of Windows, of macOS, or under wine: IV and later.

    Parameters
    ----------
    processes : int
        How many run side by side.
    """

    name = "ltspice"

    def version(self) -> str:
        """``LTspice 24.0.12``, as the program's file says; see the base class."""
        return find_ltspice().version()

    def ready(self) -> Start:
        """Find LTspice; see the base class."""
        return partial(LTspiceRun, find_ltspice())
