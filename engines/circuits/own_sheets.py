"""What is proposed of a netlist, and what stays of a sheet when the netlist is edited."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from pydantic import ValidationError

from engines.circuits.base import SimulatorError
from engines.circuits.own_input import free_inputs, nodes_of, source_named
from engines.circuits.own_states import states_in
from engines.circuits.reading.expressions import Number
from engines.circuits.reading.guesses import KnobGuess, inputs, knobs, outputs
from engines.circuits.reading.model import Netlist
from projects.capture import first_problem
from projects.circuits import MAX_KNOBS, CircuitKnob, CircuitSheet

LOG_RATIO = 20.0
"""From this ratio of its ends on, a range above zero is proposed to be turned by ratio."""
DRIVE = 1.0
"""Volts that full scale is sent as: what a guitar's pickup gives when it is hit hard, and what a
recording stands for in LTspice's wavefile sources."""

_INPUT_NODE = re.compile(r"(?:in|input|vin|sig|signal|guitar|gtr|audio_?in)_?\d?", re.I)
_INPUT_SOURCE = re.compile(r"v_?(?:in|input|sig|signal|gen|guitar|source)\w*", re.I)
_SWITCH = re.compile(r"(?:.*_)?(?:sw|switch|mode)\d*(?:_.*)?", re.I)


def propose(netlist: Netlist, circuit_id: str, name: str, origin: str = "") -> CircuitSheet:
    """A sheet with guesses: input, output, likely knobs with their ranges; 1 V of drive.

    Parameters
    ----------
    netlist : Netlist
        As it was read.
    circuit_id, name, origin : str
        See :class:`projects.circuits.CircuitSheet`.
    """
    entry = guess_input(netlist)
    return CircuitSheet(
        id=circuit_id,
        name=name,
        origin=origin,
        input=entry,
        output=guess_output(netlist, entry),
        knobs=guess_knobs(netlist),
        drive=DRIVE,
    )


def guess_input(netlist: Netlist) -> str:
    """The likeliest input: a source, or a node called so that nothing drives; empty: none."""
    sources = inputs(netlist)
    open_ = [node for node in free_inputs(netlist) if _INPUT_NODE.fullmatch(node)]
    if sources and not (open_ and _gives_nothing(netlist, sources[0].source)):
        return sources[0].source
    return open_[0] if open_ else ""


def _gives_nothing(netlist: Netlist, name: str) -> bool:
    """Whether a source is there for its 0 V alone, as one that measures a current is."""
    element = source_named(netlist, name)
    source = element.source if element is not None else None
    if element is None or source is None or _INPUT_SOURCE.fullmatch(element.name):
        return False
    return not (source.recording or source.shape or source.ac)


def guess_output(netlist: Netlist, entry: str = "") -> str:
    """The likeliest output, never a node that the input drives; empty: none."""
    element = source_named(netlist, entry)
    driven = {entry.lower()} if element is None else set(element.nodes)
    return next((node for node in outputs(netlist) if node not in driven), "")


def guess_knobs(netlist: Netlist, *, unlikely: bool = False) -> tuple[CircuitKnob, ...]:
    """Parameters that look like knobs; with ``unlikely``, every one that could be."""
    found: list[CircuitKnob] = []
    for guess in knobs(netlist):
        knob = _knob(guess, found) if guess.likely or unlikely else None
        if knob is not None:
            found.append(knob)
    return tuple(found[:MAX_KNOBS])


def _knob(guess: KnobGuess, others: Iterable[CircuitKnob]) -> CircuitKnob | None:
    """The guess as a knob; None where it makes none (a range without extent)."""
    low, high = min(guess.low, guess.value), max(guess.high, guess.value)
    taper = "log" if low > 0 and high / low >= LOG_RATIO else "linear"
    if _SWITCH.fullmatch(guess.parameter) and guess.value in (low, high):
        taper = "switch"
    name = guess.parameter.replace("_", " ").strip().capitalize()[:60] or guess.parameter
    if any(other.name == name for other in others):
        name = guess.parameter
    try:
        return CircuitKnob.model_validate(
            {
                "param": guess.parameter,
                "name": name,
                "minimum": low,
                "maximum": high,
                "default": guess.value,
                "taper": taper,
            }
        )
    except (ValidationError, ArithmeticError):
        return None


def refit(
    sheet: CircuitSheet, netlist: Netlist, before: Netlist | None = None
) -> tuple[CircuitSheet, tuple[str, ...]]:
    """The sheet as far as it still fits a netlist that was edited.

    What is gone is replaced by a guess where there is one; what was chosen and still fits stays.

    Parameters
    ----------
    sheet : CircuitSheet
        Before the edit.
    netlist : Netlist
        After it.
    before : Netlist, optional
        The netlist before the edit: a knob then rests where its parameter was edited to.

    Returns
    -------
    CircuitSheet
        Equal to ``sheet`` where all fits.
    tuple of str
        What no longer fitted, a sentence each.
    """
    said: list[str] = []
    entry = _refit_input(sheet, netlist, said)
    output = sheet.output
    if output.lower() not in nodes_of(netlist):
        output = guess_output(netlist, entry)
        if sheet.output:
            said.append(_gone(f"The output {sheet.output}", output))
    known = {state.name for state in states_in(netlist)}
    left_out = tuple(name for name in sheet.left_out if name in known)
    found = sheet.model_copy(
        update={
            "input": entry,
            "output": output,
            "left_out": left_out,
            "knobs": _refit_knobs(sheet, netlist, before, said),
        }
    )
    return found, tuple(said)


def _refit_input(sheet: CircuitSheet, netlist: Netlist, said: list[str]) -> str:
    if source_named(netlist, sheet.input) is not None:
        return sheet.input
    if sheet.input.lower() in free_inputs(netlist):
        return sheet.input
    entry = guess_input(netlist)
    if sheet.input:
        said.append(_gone(f"The input {sheet.input}", entry))
    return entry


def _gone(what: str, instead: str) -> str:
    return f"{what} is gone; " + (f"{instead} is proposed instead." if instead else "choose one.")


def _refit_knobs(
    sheet: CircuitSheet, netlist: Netlist, before: Netlist | None, said: list[str]
) -> tuple[CircuitKnob, ...]:
    values = _plain(netlist)
    earlier = _plain(before) if before is not None else values
    kept = []
    for knob in sheet.knobs:
        param = knob.param.lower()
        if param not in values:
            there = any(one.name == param for one in netlist.params)
            why = "is computed by a formula now" if there else "is gone"
            said.append(f"The parameter {knob.param} of the knob {knob.name} {why}.")
            continue
        value = values[param]
        if value != earlier.get(param, value) and value != knob.default:
            knob = knob.model_copy(
                update={
                    "default": value,
                    "minimum": min(knob.minimum, value),
                    "maximum": max(knob.maximum, value),
                }
            )
        kept.append(knob)
    return tuple(kept)


def _plain(netlist: Netlist) -> dict[str, float]:
    return {
        param.name: param.value.value for param in netlist.params if isinstance(param.value, Number)
    }


def chosen_sheet(
    sheet: CircuitSheet,
    netlist: Netlist,
    *,
    entry: str | None = None,
    output: str | None = None,
    knobs: Sequence[CircuitKnob] = (),
    left_out: Sequence[str] = (),
) -> CircuitSheet:
    """A sheet with some of it chosen otherwise, for one run.

    Parameters
    ----------
    sheet : CircuitSheet
        Of the project, or proposed.
    netlist : Netlist
        For a new guess of the output where the input is chosen.
    entry, output : str, optional
        Source and node; None: as the sheet says.
    knobs : sequence of CircuitKnob
        Beside the sheet's, or instead of those of the same parameter.
    left_out : sequence of str
        States that are not kept, beside those of the sheet.

    Raises
    ------
    SimulatorError
        Two knobs have the same name, or there are too many.
    """
    given = {knob.param.lower(): knob for knob in knobs}
    kept = [given.pop(knob.param.lower(), knob) for knob in sheet.knobs]
    update: dict[str, object] = {
        "knobs": (*kept, *given.values()),
        "left_out": tuple(dict.fromkeys((*sheet.left_out, *left_out))),
    }
    if entry is not None:
        update["input"] = entry
        element = source_named(netlist, entry)
        if element is not None and sheet.output in element.nodes:
            update["output"] = guess_output(netlist, entry)
    if output is not None:
        update["output"] = output
    try:
        return CircuitSheet.model_validate({**dict(sheet), **update})
    except ValidationError as error:
        raise SimulatorError(
            f"What is chosen of {sheet.name} does not fit: {first_problem(error)}.",
            details=str(error),
        ) from error
