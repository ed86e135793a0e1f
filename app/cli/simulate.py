"""The command that simulates a circuit, at many settings of its knobs or with its knobs moving."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from app.cli.actions import Bench, Figures
from app.cli.arguments import (
    UsageError,
    add_settings,
    count,
    knob_settings,
    name_of,
    positive,
    seed,
)
from app.cli.circuits_netlist import add_netlist_arguments, netlist_config, refuse_netlist_words
from app.cli.console import ConsoleReporter
from app.cli.work import open_or_create
from projects.errors import ProjectError
from projects.manifest import MAX_NAME
from projects.project import Project

OF_CIRCUITS = ("spread", "move", "motion", "motion_file", "hold", "simulator")
"""Words that make sense for circuits alone, which SPICE computes."""


def add_simulate_parser(commands: Any, common: argparse.ArgumentParser) -> None:
    """Add the command to the others'."""
    simulate = commands.add_parser(
        "simulate", parents=[common], help="simulate a circuit by SPICE into captures"
    )
    simulate.add_argument("project", type=Path, help="project folder (made if it is not there)")
    simulate.add_argument(
        "--circuit",
        default="diode-clipper",
        help="a circuit of the library, one of the project's own, or a computed effect",
    )
    simulate.add_argument(
        "--resume", default="", metavar="JOB", help="go on with a simulation that was stopped"
    )
    _add_knobs(simulate)
    add_netlist_arguments(simulate)
    simulate.add_argument("--dry", default="builtin", help="'builtin' or a dry recording")
    simulate.add_argument(
        "--seconds",
        type=float,
        help="length of the built-in signal; of a recording, at most so much",
    )
    simulate.add_argument("--drive", type=positive, help="volts that full scale stands for")
    simulate.add_argument("--seed", type=seed)
    simulate.add_argument("--name", type=name_of, default="")
    simulate.add_argument(
        "--simulator", choices=("ngspice", "ltspice"), help="what computes it (default: ngspice)"
    )
    add_settings(simulate, "setting of the circuit")
    simulate.set_defaults(action=simulate_circuit)


def _add_knobs(simulate: argparse.ArgumentParser) -> None:
    knobs = simulate.add_argument_group("knobs")
    knobs.add_argument(
        "--knob",
        dest="knobs",
        type=knob_settings,
        action="append",
        default=[],
        metavar="NAME=VALUE,VALUE",
        help="settings of a knob; every combination is simulated",
    )
    knobs.add_argument(
        "--spread",
        type=count,
        metavar="N",
        help="so many settings that fill the knobs' ranges, instead of every combination; with "
        "knobs that move, so many runs",
    )
    knobs.add_argument(
        "--move",
        action="append",
        default=[],
        metavar="NAME",
        help="a knob that moves during the run (repeatable), between its settings or over its "
        "whole range",
    )
    knobs.add_argument(
        "--motion",
        choices=("stepped", "moving"),
        help="how: from setting to setting, or as a player turns it (default with --move)",
    )
    knobs.add_argument(
        "--motion-file",
        type=Path,
        metavar="CSV",
        help="a table that moves the knobs; its first line is time,knob,knob...",
    )
    knobs.add_argument(
        "--hold", type=positive, metavar="SECONDS", help="how long a knob rests, about (default: 1)"
    )


def simulate_circuit(chosen: argparse.Namespace, reporter: ConsoleReporter) -> Figures:
    """Simulate a circuit into captures, or go on with a simulation that was stopped."""
    from engines.sources import registry

    if chosen.resume:
        with Project.open(chosen.project) as project:
            folder = project.find_job(chosen.resume).folder
            return Bench(project, reporter).data_of(folder)
    source, config = simulation_config(chosen)
    registry()[source].Config.model_validate(config)  # refused before a project is made for it
    with open_or_create(chosen.project, reporter) as project:
        bench = Bench(project, reporter)
        return bench.data("simulate", str(config["name"])[:MAX_NAME], source, config)


def simulation_config(chosen: argparse.Namespace) -> tuple[str, Figures]:
    """The source that simulates what is asked for, and its configuration.

    Raises
    ------
    ProjectError
        There is no such circuit or knob.
    UsageError
        The words contradict each other.
    """
    config: Figures = {"dry": str(chosen.dry)}
    if chosen.dry != "builtin":
        config["dry"] = str(Path(chosen.dry).expanduser().resolve())
    for key in ("drive", "seed"):
        if getattr(chosen, key) is not None:
            config[key] = getattr(chosen, key)
    if chosen.seconds is not None:
        config["seconds" if chosen.dry == "builtin" else "limit"] = chosen.seconds
    device = chosen.circuit if chosen.netlist is None else chosen.netlist.stem
    config["name"] = chosen.name or default_name(device, chosen.dry)
    source = _device(chosen, dict(chosen.knobs), config)
    config |= dict(chosen.settings)
    return source, config


def _device(chosen: argparse.Namespace, knobs: dict[str, list[float]], config: Figures) -> str:
    """The source that simulates the device; its own settings go into ``config``."""
    from engines.circuits.library import circuits
    from engines.sources import registry

    name = str(chosen.circuit)
    sources = {key: item for key, item in registry().items() if item.kind == "simulate"}
    if chosen.netlist is None and name in circuits():
        refuse_netlist_words(chosen)
        config |= {"circuit": name, "knobs": knobs, **sweep_config(chosen)}
        return "circuit"
    if chosen.netlist is not None or name not in sources:
        own = netlist_config(chosen, knobs, sweep_config(chosen))
        if own is not None:
            config |= own
            return "netlist"
    if name not in sources or "circuit" in sources[name].Config.model_fields:
        known = [key for key, item in sources.items() if "circuit" not in item.Config.model_fields]
        raise ProjectError(
            f"There is no circuit or effect {name!r}. There is: {', '.join([*known, *circuits()])}."
        )
    refuse_netlist_words(chosen)
    told = [word for word in OF_CIRCUITS if getattr(chosen, word)]
    if told:
        raise UsageError(
            f"--{told[0].replace('_', '-')} is for circuits with knobs, and {name} is none of "
            f"them. There is: {', '.join(circuits())}."
        )
    unknown = [knob for knob in knobs if knob not in sources[name].Config.model_fields]
    if unknown:
        raise ProjectError(f"{name} has no knob {unknown[0]!r}.")
    config |= knobs
    return name


def sweep_config(chosen: argparse.Namespace) -> Figures:
    """What the words say of settings and motion: fields of ``SweepChoice``.

    Raises
    ------
    UsageError
        They contradict each other.
    """
    config: Figures = {}
    if chosen.spread is not None:
        config |= {"design": "spread", "count": chosen.spread}
    if chosen.simulator:
        config["simulator"] = chosen.simulator
    if chosen.motion_file is not None:
        if chosen.motion or chosen.move:
            raise UsageError(
                "--motion-file says which knobs move, and how; --move and --motion do not go with "
                "it."
            )
        path = chosen.motion_file.expanduser().resolve()
        config |= {"motion": "file", "motion_file": str(path)}
    elif chosen.motion or chosen.move:
        config |= {"motion": chosen.motion or "moving", "move": list(chosen.move)}
    if chosen.hold is not None:
        if config.get("motion") not in ("stepped", "moving"):
            raise UsageError("--hold says how long a knob that moves rests; add --move KNOB.")
        config["hold_seconds"] = chosen.hold
    return config


def default_name(circuit: str, dry: str) -> str:
    """A capture's name where the user gave none."""
    what = "built-in signals" if dry == "builtin" else Path(dry).stem
    return f"{circuit.replace('-', ' ').capitalize()}, {what}"[:MAX_NAME]
