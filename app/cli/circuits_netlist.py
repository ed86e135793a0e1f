"""What the words of ``trimpot simulate`` say of one's own netlist."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from app.cli.actions import Figures
from app.cli.arguments import UsageError, knob_range
from engines.circuits.own import OwnCircuit, open_circuit, read_file, read_own
from engines.circuits.own_sheets import guess_knobs
from engines.circuits.reading.model import Netlist
from projects.circuits import CircuitKnob, circuit_folder, circuits_of, read_circuit
from projects.errors import ProjectError, TrimpotError
from projects.manifest import Control

DIALECTS = ("ngspice", "ltspice")
OF_NETLISTS = {
    "--dialect": "dialect",
    "--input": "input",
    "--output": "output",
    "--knob-range": "ranges",
    "--leave-out-state": "left_out",
    "--method": "method",
}
"""Words that make sense for one's own netlists alone, and what they are kept as."""


def add_netlist_arguments(simulate: argparse.ArgumentParser) -> None:
    """The words that say what of a netlist is simulated."""
    own = simulate.add_argument_group("one's own netlist")
    own.add_argument(
        "--netlist", type=Path, metavar="FILE", help="a netlist of ngspice's or LTspice's dialect"
    )
    own.add_argument("--dialect", choices=DIALECTS, help="where its text doesn't tell")
    own.add_argument("--input", metavar="V1", help="the source that the dry signal stands for")
    own.add_argument("--output", metavar="NODE", help="the node that is listened to")
    own.add_argument(
        "--knob-range",
        dest="ranges",
        type=knob_range,
        action="append",
        default=[],
        metavar="NAME=LO:HI[:UNIT[:TAPER]]",
        help="a parameter of the netlist that is a knob; taper: linear, log or switch",
    )
    own.add_argument(
        "--leave-out-state",
        dest="left_out",
        action="append",
        default=[],
        metavar="STATE",
        help="a state that is not kept, by its name (repeatable)",
    )
    own.add_argument("--method", choices=("trap", "gear"), help="how the solver integrates")


def refuse_netlist_words(chosen: argparse.Namespace) -> None:
    """Refuse what is said of a netlist where none is meant.

    Raises
    ------
    UsageError
        A word makes no sense here.
    """
    for word, key in OF_NETLISTS.items():
        if getattr(chosen, key, None):
            raise UsageError(f"{word} is for a netlist of one's own, and {chosen.circuit} is none.")


def netlist_config(
    chosen: argparse.Namespace, knobs: Mapping[str, Sequence[float]], sweep: Figures
) -> Figures | None:
    """The configuration of the source ``netlist``; None where no own netlist is meant.

    Parameters
    ----------
    chosen : argparse.Namespace
        The command's words; ``circuit`` may be an own circuit's name or id.
    knobs : mapping
        Settings by parameter, in any case.
    sweep : dict
        Fields of a sweep; the knobs that move among them.

    Raises
    ------
    NetlistError
        The file cannot be run; the line is named.
    SimulatorError
        What is chosen doesn't fit the netlist.
    ProjectError
        A knob is no parameter of the netlist.
    """
    config: Figures = {}
    if chosen.netlist is not None:
        path = chosen.netlist.expanduser().resolve()
        config |= {"netlist": str(path), "dialect": chosen.dialect or ""}
        netlist = read_file(path, dialect=chosen.dialect)
        known = guess_knobs(netlist)
    else:
        own = own_circuit(chosen.project, str(chosen.circuit))
        if own is None:
            return None
        if chosen.dialect:
            raise UsageError("--dialect is for a netlist's file; a project's circuit has its own.")
        config["circuit"] = own
        sheet, netlist = read_own(chosen.project, own)
        known = sheet.knobs
    settings = {name.lower(): list(values) for name, values in knobs.items()}
    moving = [name.lower() for name in sweep.get("move", ())]
    turned = {name: settings.get(name, []) for name in dict.fromkeys([*settings, *moving])}
    ranges = knobs_for(netlist, known, turned, chosen.ranges)
    config |= {key: getattr(chosen, key) for key in ("input", "output") if getattr(chosen, key)}
    config |= {
        "left_out": list(chosen.left_out),
        "ranges": [knob.model_dump(mode="json") for knob in ranges],
        "knobs": settings,
        **sweep,
    }
    if moving:
        config["move"] = moving
    if chosen.method:
        config["method"] = chosen.method
    _refuse_misfits(config, chosen.project)
    return config


def _refuse_misfits(config: Figures, project: Path) -> None:
    """Say what does not fit before a project or a job is made for it."""
    from engines.sources.circuit_sweep import check_choice, check_motion
    from engines.sources.netlist import NetlistConfig, circuit_of

    whole = NetlistConfig.model_validate(config)
    circuit = circuit_of(whole, project)
    check_choice(circuit, whole)
    check_motion(circuit, whole)


def knobs_for(
    netlist: Netlist,
    known: Iterable[CircuitKnob],
    turned: Mapping[str, Sequence[float]],
    ranges: Iterable[Control],
) -> list[CircuitKnob]:
    """Knobs that a run needs beside those that are known: with a range of their own, or turned.

    Raises
    ------
    ProjectError
        One is no parameter of the netlist that could be turned.
    """
    could = {knob.param: knob for knob in guess_knobs(netlist, unlikely=True)}
    there = {knob.param.lower() for knob in known}
    found: dict[str, CircuitKnob] = {}
    for control in ranges:
        base = _could_be(could, control.name)
        inside = control.minimum <= base.default <= control.maximum
        update: dict[str, Any] = {"name": base.name, "param": base.param}
        if inside:
            update["default"] = base.default
        found[base.param] = CircuitKnob.model_validate({**dict(control), **update})
    for name, values in turned.items():
        if name in there or name in found:
            continue
        base = _could_be(could, name)
        found[name] = base.model_copy(
            update={
                "minimum": min([base.minimum, *values]),
                "maximum": max([base.maximum, *values]),
            }
        )
    return list(found.values())


def _could_be(could: Mapping[str, CircuitKnob], name: str) -> CircuitKnob:
    knob = could.get(name.lower())
    if knob is None:
        raise ProjectError(
            f"{name} is no parameter of the netlist that could be a knob. It has: "
            f"{', '.join(could) or 'none; write .param lines for what is to be turned'}."
        )
    return knob


def own_circuit(project: Path, word: str) -> str | None:
    """The id of the project's circuit of that id or name; None where there is none.

    Raises
    ------
    ProjectError
        Several circuits have that name.
    """
    ids = circuits_of(project)
    if word in ids:
        return word
    named = []
    for one in ids:
        try:
            sheet = read_circuit(circuit_folder(project, one))
        except TrimpotError:
            continue  # damaged: it has no name to be found by
        if sheet.name.lower() == word.lower():
            named.append(one)
    if len(named) > 1:
        raise ProjectError(
            f"More than one circuit is called {word!r}: {', '.join(named)}. Use the id."
        )
    return named[0] if named else None


def opened(project: Path, word: str) -> OwnCircuit | None:
    """The project's circuit of that id or name, read; None where there is none."""
    found = own_circuit(project, word)
    return None if found is None else open_circuit(project, found)
