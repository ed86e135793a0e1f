"""The commands that look at circuits: list them, read one, bring one into a project."""

from __future__ import annotations

import argparse
import tempfile
import threading
from pathlib import Path

from app.cli.actions import Figures
from app.cli.circuits_advice import advice_on
from app.cli.circuits_netlist import knobs_for, opened, refuse_netlist_words
from app.cli.console import ConsoleReporter
from app.cli.work import open_or_create
from engines.circuits.described import DescribedCircuit
from engines.circuits.own import (
    OwnCircuit,
    import_library,
    import_netlist,
    open_circuit,
    propose,
    read_file,
)
from engines.circuits.own_files import SCHEMATICS
from engines.circuits.own_sheets import chosen_sheet, guess_knobs
from engines.circuits.quick import QuickLook
from engines.circuits.reading import guesses
from engines.circuits.reading.model import Change, Netlist
from engines.circuits.reading.reader import read_netlist
from projects.circuits import CircuitSheet, circuits_of
from projects.errors import ProjectError, TrimpotError
from projects.manifest import MAX_NAME
from projects.project import is_project

SHOWN = 40
"""Nodes, parameters and changes that a table for a person lists."""


def listed(chosen: argparse.Namespace, reporter: ConsoleReporter) -> Figures:
    """The library's circuits, and a project's own."""
    from engines.circuits.library import circuits

    library = [described(circuit) for circuit in circuits().values()]
    own: list[Figures] = []
    broken: list[Figures] = []
    if chosen.project is not None:
        if not is_project(chosen.project):
            raise ProjectError(f"There is no project in {chosen.project}.")
        for circuit_id in circuits_of(chosen.project):
            try:
                own.append(described(open_circuit(chosen.project, circuit_id)))
            except TrimpotError as error:
                broken.append({"name": circuit_id, "error": error.sentence})
    table: list[tuple[str, object]] = []
    for one in [*library, *own]:
        states = f"{len(one['states'])} state(s)"
        said = [one["title"], f"{one['drive']:g} V", states, one["reference"]]
        table.append((one["name"], "; ".join(filter(None, said))))
        table += [("", _range(knob)) for knob in one["knobs"]]
    table += [(one["name"], one["error"]) for one in broken]
    text = f"{len(library)} circuit(s) in the library"
    if chosen.project is not None:
        text += f", {len(own) + len(broken)} of the project's own"
    return {"text": text + ".", "library": library, "own": own, "broken": broken, "table": table}


def described(circuit: DescribedCircuit) -> Figures:
    """A circuit in plain values."""
    return {
        "name": circuit.name,
        "title": circuit.title,
        "drive": circuit.drive,
        "steps": circuit.steps,
        "knobs": [knob.model_dump(mode="json") for knob in circuit.knobs],
        "states": dict(circuit.states),
        "reference": circuit.reference,
    }


def _range(knob: Figures) -> str:
    unit = f" {knob['unit']}" if knob["unit"] else ""
    return (
        f"{knob['param']}: {knob['minimum']:g} to {knob['maximum']:g}{unit}, {knob['taper']}, "
        f"at rest {knob['default']:g}"
    )


def looked_at(chosen: argparse.Namespace, reporter: ConsoleReporter) -> Figures:
    """Read a netlist or a circuit, say what it is, look at it quickly; perhaps bring it in."""
    imported = _imported(chosen, reporter) if chosen.into is not None else ""
    if imported and Path(chosen.circuit).suffix.lower() in SCHEMATICS:
        # LTspice made a netlist of it, which lies in the project alone.
        chosen.project, chosen.circuit = chosen.into, imported
    circuit, netlist = _circuit(chosen)
    figures = {**described(circuit), **_read(circuit, netlist)}
    table = _reading_rows(figures)
    if imported:
        figures["imported"] = imported
        table.append(("Imported as", imported))
    if chosen.look:
        found = _look(circuit, chosen, reporter)
        figures["look"] = _looked(found)
        table += _look_rows(figures["look"])
    if chosen.advise:
        figures["advice"], rows = advice_on(circuit, chosen.drive, reporter)
        table += rows
    title = f"{circuit.title}: {len(circuit.states)} state(s), {len(circuit.knobs)} knob(s)"
    return {"text": f"{title}.", **figures, "table": table}


def _circuit(chosen: argparse.Namespace) -> tuple[DescribedCircuit, Netlist]:
    """What is named: a file, an own circuit of a project, or one of the library."""
    from engines.circuits.library import circuits

    word = str(chosen.circuit)
    if chosen.project is not None:
        own = opened(chosen.project, word)
        if own is None:
            raise ProjectError(f"The project {chosen.project} has no circuit {word!r}.")
        return _chosen(chosen, own.sheet, own.netlist)
    library = circuits().get(word)
    if library is not None and not Path(word).is_file():
        refuse_netlist_words(chosen)
        return library, read_netlist(library.full_netlist, None)
    path = Path(word).expanduser()
    if not path.is_file():
        raise ProjectError(_unknown(word))
    netlist = read_file(path, dialect=chosen.dialect)
    sheet = propose(netlist, "netlist", (path.stem or path.name)[:MAX_NAME], str(path))
    return _chosen(chosen, sheet, netlist)


def _chosen(
    chosen: argparse.Namespace, sheet: CircuitSheet, netlist: Netlist
) -> tuple[OwnCircuit, Netlist]:
    """The circuit of a sheet, as the command's words choose it."""
    ranges = knobs_for(netlist, sheet.knobs, {n.lower(): [v] for n, v in chosen.knobs}, ())
    sheet = chosen_sheet(sheet, netlist, entry=chosen.input, output=chosen.output, knobs=ranges)
    return OwnCircuit.of(sheet, netlist), netlist


def _read(circuit: DescribedCircuit, netlist: Netlist) -> Figures:
    """What reading found: changes, guesses, parameters."""
    own = circuit if isinstance(circuit, OwnCircuit) else None
    turned = {knob.param for knob in circuit.knobs}
    return {
        "dialect": netlist.dialect,
        "input": own.sheet.input if own else "",
        "output": own.sheet.output if own else "",
        "inputs": [{"source": g.source, "why": g.why} for g in guesses.inputs(netlist)],
        "outputs": list(guesses.outputs(netlist))[:SHOWN],
        "problems": list(own.problems()) if own else [],
        "parameters": [
            knob.model_dump(mode="json")
            for knob in guess_knobs(netlist, unlikely=True)
            if knob.param not in turned
        ],
        "changes": [_change(change) for change in netlist.changes],
        "includes": list(netlist.files),
    }


def _change(change: Change) -> Figures:
    return {
        "line": change.line,
        "file": change.file,
        "before": change.before,
        "after": change.after,
        "why": change.why,
    }


def _reading_rows(figures: Figures) -> list[tuple[str, object]]:
    rows: list[tuple[str, object]] = [("Dialect", figures["dialect"])]
    for change in figures["changes"][:SHOWN]:
        line = f"Line {change['line']}" if change["line"] else "The netlist"
        place = line + (f" of {change['file']}" if change["file"] else "")
        after = f" -> {change['after']}" if change["after"] else " left out"
        rows.append((place, f"{change['before']}{after}: {change['why']}"))
    if len(figures["changes"]) > SHOWN:
        rows.append(("", f"and {len(figures['changes']) - SHOWN} more changes"))
    if figures["input"]:
        why = [one["why"] for one in figures["inputs"] if one["source"] == figures["input"]]
        rows.append(("Input", "; ".join([figures["input"], *why])))
    if figures["output"]:
        others = [node for node in figures["outputs"] if node != figures["output"]][:6]
        rows.append(("Output", f"{figures['output']} (others: {', '.join(others)})"))
    rows += [("Knob", _range(knob)) for knob in figures["knobs"]]
    rows += [("Could be a knob", _range(knob)) for knob in figures["parameters"][:SHOWN]]
    rows += [(f"State {name}", vector) for name, vector in figures["states"].items()]
    rows += [("Problem", problem) for problem in figures["problems"]]
    return rows


def _imported(chosen: argparse.Namespace, reporter: ConsoleReporter) -> str:
    """The id of the circuit that a project has from now on."""
    from engines.circuits.library import circuits

    if chosen.project is not None:
        raise ProjectError("The circuit is in a project already; name a file, or the library's.")
    path = Path(chosen.circuit).expanduser()
    library = None if path.is_file() else circuits().get(chosen.circuit)
    if library is None and not path.is_file():
        raise ProjectError(_unknown(chosen.circuit))
    with open_or_create(chosen.into, reporter) as project:
        if library is not None:
            return import_library(project.folder, library, chosen.name).id
        return import_netlist(project.folder, path, chosen.name, dialect=chosen.dialect).id


def _unknown(word: str) -> str:
    from engines.circuits.library import circuits

    return (
        f"There is no file {word}, and no circuit of the library is called so. There is: "
        f"{', '.join(circuits())}."
    )


def _look(
    circuit: DescribedCircuit, chosen: argparse.Namespace, reporter: ConsoleReporter
) -> QuickLook:
    from engines.circuits.quick import quick_look

    reporter.line("Looking at it: at rest, by frequency, by level, and one second of sound.")
    settings = {name.lower(): value for name, value in chosen.knobs}
    with tempfile.TemporaryDirectory(prefix="trimpot-look-") as scratch:
        return quick_look(
            circuit, settings, Path(scratch), stop=threading.Event(), drive=chosen.drive
        )


def _looked(look: QuickLook) -> Figures:
    """A look in plain values."""
    response = look.response
    return {
        "settings": look.settings,
        "drive": look.drive,
        "figures": look.figures,
        "operating_point": look.operating_point,
        "states": look.states,
        "response": []
        if response is None
        else [
            [float(hertz), float(decibels)]
            for hertz, decibels in zip(response.frequency, response.decibels(), strict=True)
        ],
        "warnings": list(look.warnings),
        "problems": dict(look.problems),
    }


_SAID = (
    ("gain_100", "Gain at 100 Hz", "dB"),
    ("gain_1000", "Gain at 1 kHz", "dB"),
    ("gain_10000", "Gain at 10 kHz", "dB"),
    ("low_corner", "-3 dB below", "Hz"),
    ("high_corner", "-3 dB above", "Hz"),
    ("rest", "Output at rest", "V"),
    ("clips_low", "Clips downwards at", "V"),
    ("clips_high", "Clips upwards at", "V"),
    ("peak", "A chord's peak", "V"),
)


def _look_rows(look: Figures) -> list[tuple[str, object]]:
    rows: list[tuple[str, object]] = [
        (label, f"{look['figures'][key]:.4g} {unit}")
        for key, label, unit in _SAID
        if key in look["figures"]
    ]
    at_rest = [(node, volts) for node, volts in look["operating_point"].items() if "." not in node]
    rows += [(f"v({node}) at rest", f"{volts:.4g} V") for node, volts in at_rest[:SHOWN]]
    if len(at_rest) > SHOWN:
        rows.append(("", f"and {len(at_rest) - SHOWN} more nodes"))
    rows += [("Look at this", warning) for warning in look["warnings"]]
    rows += [(f"No {part}", why) for part, why in look["problems"].items()]
    return rows
