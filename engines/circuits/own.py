"""One's own netlist as a circuit: what its sheet says of it, made ready for a simulator."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path, PurePath, PureWindowsPath

from engines.circuits.base import Circuit, SimulatorError
from engines.circuits.described import DescribedCircuit
from engines.circuits.own_faults import explained
from engines.circuits.own_files import (
    add_file,
    copy_circuit,
    import_library,
    import_netlist,
    read_file,
    read_own,
)
from engines.circuits.own_input import Entry, entry_of, free_inputs, nodes_of, source_named
from engines.circuits.own_sheets import propose, refit
from engines.circuits.own_states import OwnState, states_in
from engines.circuits.reading.expressions import Number
from engines.circuits.reading.model import Netlist, NetlistError
from engines.circuits.resolved import elements_of
from projects.circuits import CircuitKnob, CircuitSheet
from projects.errors import TrimpotError


class OwnCircuit(DescribedCircuit):
    """A netlist that somebody brought, and the sheet that says what is simulated of it.

    Made whatever the sheet says; what doesn't fit is refused by :meth:`circuit`, and listed by
    :meth:`problems`.

    Attributes
    ----------
    sheet : CircuitSheet
        Input, output, knobs, states that are left out, drive and how it is solved.
    netlist : Netlist
        As it was read.
    """

    def __init__(self, sheet: CircuitSheet, netlist: Netlist) -> None:
        self.sheet, self.netlist = sheet, netlist
        self.name = sheet.id
        self.title = sheet.name
        self.reference = _reference(sheet, netlist)
        self.drive = sheet.drive
        self.method = sheet.method
        self.steps = sheet.steps
        self.knobs: tuple[CircuitKnob, ...] = tuple(
            knob.model_copy(update={"param": knob.param.lower()}) for knob in sheet.knobs
        )

    @classmethod
    def of(cls, sheet: CircuitSheet, netlist: Netlist) -> OwnCircuit:
        """The circuit of a sheet and a netlist."""
        return cls(sheet, netlist)

    @cached_property
    def all_states(self) -> tuple[OwnState, ...]:
        """Every state that may be kept, in the netlist's order."""
        return states_in(self.netlist)

    @cached_property
    def kept_states(self) -> tuple[OwnState, ...]:
        """The states that are kept: all but those that the sheet leaves out."""
        return tuple(one for one in self.all_states if one.name not in self.sheet.left_out)

    @cached_property
    def states(self) -> dict[str, str]:  # type: ignore[override]
        """Names of the states that are kept, and the simulator's vectors."""
        return {state.name: state.vector for state in self.kept_states}

    def problems(self) -> tuple[str, ...]:
        """What keeps the circuit from being simulated, each in a sentence; none: nothing known."""
        found: list[str] = []
        for look in (self._entry, self._output, self._check_knobs, self._check_left_out):
            try:
                look()
            except TrimpotError as error:
                found.append(error.sentence)
        return tuple(found)

    def circuit(self, chosen: Mapping[str, float] = {}, moving: Sequence[str] = ()) -> Circuit:
        """The circuit for a simulator, its knobs set; see the base class.

        Raises
        ------
        SimulatorError
            The sheet doesn't fit the netlist: no input, no such output, a knob whose parameter is
            gone; or a setting is out of a knob's range.
        NetlistError
            A formula has no value at these settings, or a knob that moves reaches what cannot
            move; the line is named.
        """
        settings = self.settings(chosen)
        for param in moving:
            self.knob(param)
        self._check_knobs()
        self._check_left_out()
        entry, output = self._entry(), self._output()
        try:
            elements, nodes = elements_of(_without_ac(entry.netlist), settings, moving)
        except NetlistError as error:
            raise _with_settings(error, chosen) from error
        return Circuit(
            name=self.name,
            title=self.title,
            elements=elements,
            input=entry.node,
            output=output,
            states=tuple(state.variable for state in self.kept_states),
            settle_seconds=self.sheet.settle_seconds,
            reference=self.reference,
            method=self.method,
            against=entry.against,
            moving=nodes,
        )

    def explained(self, error: SimulatorError) -> SimulatorError:
        """The simulator's complaint, led to the line of the netlist that it is about.

        The same error where it names nothing of the netlist.
        """
        return explained(self.netlist, error)

    def _entry(self) -> Entry:
        return entry_of(self.netlist, self.sheet.input)

    def _output(self) -> str:
        output = self.sheet.output.lower()
        if not output:
            raise SimulatorError("The circuit's output is not chosen yet. Choose a node.")
        if output not in nodes_of(self.netlist):
            raise SimulatorError(
                f"The netlist has no node {self.sheet.output[:60]}, which should be the output. "
                "Choose another node."
            )
        return output

    def _check_knobs(self) -> None:
        params = {param.name: param for param in self.netlist.params}
        for knob in self.knobs:
            param = params.get(knob.param)
            if param is None:
                raise SimulatorError(
                    f"The knob {knob.name} turns the parameter {knob.param}, which the netlist "
                    "doesn't have. Remove the knob, or add the .param line."
                )
            if not isinstance(param.value, Number):
                raise NetlistError(
                    param.line,
                    f"the knob {knob.name} turns {knob.param}, which is computed by a formula. Give"
                    " it a plain number, or make a knob of what the formula is made of.",
                    file=param.file,
                )

    def _check_left_out(self) -> None:
        known = {state.name for state in self.all_states}
        for name in self.sheet.left_out:
            if name not in known:
                raise SimulatorError(
                    f"The netlist has no state {name[:60]} that could be left out. It has: "
                    f"{', '.join(sorted(known)[:12]) or 'none'}."
                )


def open_circuit(project: Path, circuit_id: str) -> OwnCircuit:
    """A circuit of a project.

    Raises
    ------
    FileFormatError
        There is none of that id, or its files are damaged.
    NetlistError
        Its netlist cannot be run; the line is named.
    """
    return OwnCircuit.of(*read_own(project, circuit_id))


def _with_settings(error: NetlistError, chosen: Mapping[str, float]) -> NetlistError:
    """The error with the settings at which it came, where some were chosen."""
    if not chosen:
        return error
    at = ", ".join(f"{param} at {value:g}" for param, value in chosen.items())
    return NetlistError(error.line, f"{error.reason} This is with {at}.", file=error.file)


def _without_ac(netlist: Netlist) -> Netlist:
    """No source but the input takes part in a frequency response."""
    elements = tuple(
        replace(one, source=replace(one.source, ac=())) if one.source and one.source.ac else one
        for one in netlist.elements
    )
    return replace(netlist, elements=elements)


def _reference(sheet: CircuitSheet, netlist: Netlist) -> str:
    """The file it came from, without the folders of somebody's disk; else the netlist's title."""
    path = PureWindowsPath(sheet.origin) if "\\" in sheet.origin else PurePath(sheet.origin)
    return path.name or netlist.title


__all__ = [
    "OwnCircuit",
    "OwnState",
    "add_file",
    "copy_circuit",
    "free_inputs",
    "import_library",
    "import_netlist",
    "nodes_of",
    "open_circuit",
    "propose",
    "read_file",
    "read_own",
    "refit",
    "source_named",
    "states_in",
]
