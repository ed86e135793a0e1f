"""The command line: ``trimpot demo | simulate | import | train | render | export``."""

from __future__ import annotations

import argparse
import json
import math
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from app.cli.actions import Bench, Figures, result_place
from app.cli.arguments import (
    CommandParser,
    UsageError,
    knob,
    name_of,
    positive,
    seed,
    setting,
)
from app.cli.console import ConsoleReporter
from projects.capture import first_problem
from projects.errors import JobError, ProjectError, TrimpotError
from projects.manifest import MAX_NAME
from projects.project import MANIFEST_FILE, Project, is_project

Action = Callable[[argparse.Namespace, ConsoleReporter], Figures]
BROKEN_OFF = TrimpotError("Broken off. What was finished before is kept.")


def run_command(words: Sequence[str]) -> int:
    """Run one command; returns the exit code (0 done, 1 failed, 2 wrong usage, 3 cancelled)."""
    try:
        chosen = parser().parse_args(words)
    except UsageError as error:
        _refuse(error, as_json="--json" in words, with_details=True)
        return 2
    reporter = ConsoleReporter()
    started = time.monotonic()
    action: Action = chosen.action
    try:
        figures = action(chosen, reporter)
    except KeyboardInterrupt:
        reporter.clear()
        _refuse(BROKEN_OFF, as_json=chosen.json, with_details=False)
        return 130
    except Exception as error:  # noqa: BLE001 - the one place where a command's bug becomes words
        reporter.clear()
        _refuse(_in_words(error), as_json=chosen.json, with_details=chosen.details)
        return 1
    figures.setdefault("seconds", round(time.monotonic() - started, 2))
    if chosen.json:
        figures.pop("table", None)  # the same figures, laid out for a person
        print(json.dumps(without_nan(figures), allow_nan=False))
    else:
        print_figures(figures)
    return 3 if figures.get("state") in ("cancelled", "interrupted") else 0


def _refuse(error: TrimpotError, *, as_json: bool, with_details: bool) -> None:
    """Say why nothing came of it: one JSON object on stdout, or a sentence on stderr."""
    if as_json:
        print(json.dumps({"error": error.sentence, "details": error.details}))
        return
    if error.details and with_details:
        print(error.details.rstrip(), file=sys.stderr)
    print(error.sentence, file=sys.stderr)


def _in_words(error: Exception) -> TrimpotError:
    if isinstance(error, TrimpotError):
        return error
    details = "".join(traceback.format_exception(error))
    if isinstance(error, ValidationError):
        return JobError(f"These settings do not fit: {first_problem(error)}.", details=details)
    return TrimpotError(
        f"The command stopped by a fault in Trimpot ({type(error).__name__}: {error}). What was "
        "finished is kept; the details (--details) help to report it.",
        details=details,
    )


def without_nan(value: Any) -> Any:
    """The same with None for what JSON has no number for."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {name: without_nan(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [without_nan(item) for item in value]
    return value


def print_figures(figures: Figures) -> None:
    """The figures for a person: the sentence, a table, the files made."""
    rows = [
        (name, value)
        for name, value in figures.items()
        if name not in ("text", "state", "files", "table") and isinstance(value, int | float | str)
    ]
    if figures.get("text"):
        print(figures["text"])
    width = max((len(name) for name, _ in rows), default=0)
    for name, value in figures.get("table", rows):
        shown = f"{value:.4g}" if isinstance(value, float) else str(value)
        print(f"  {name:<{max(width, 30)}}  {shown}")
    if figures.get("files"):
        print("Files:")
        for name in figures["files"]:
            print(f"  {name}")


# -- the actions -------------------------------------------------------------------------------


def open_or_create(folder: Path, reporter: ConsoleReporter) -> Project:
    """Open the project in ``folder``, or make one there."""
    if folder.name == MANIFEST_FILE or is_project(folder):
        return Project.open(folder)
    project = Project.create(folder)
    reporter.line(f"Made the project {project.folder}.")
    return project


def _demo(chosen: argparse.Namespace, reporter: ConsoleReporter) -> Figures:
    from app.cli.demo import DemoSettings, run_demo

    settings = DemoSettings(
        folder=chosen.folder,
        seconds=chosen.seconds,
        train_seconds=chosen.train_seconds,
        recordings=chosen.recordings,
        seed=chosen.seed,
    )
    return run_demo(settings, reporter)


def _simulate(chosen: argparse.Namespace, reporter: ConsoleReporter) -> Figures:
    config: Figures = {"dry": str(chosen.dry)}
    if chosen.dry != "builtin":
        config["dry"] = str(Path(chosen.dry).expanduser().resolve())
    for key in ("drive", "seed"):
        if getattr(chosen, key) is not None:
            config[key] = getattr(chosen, key)
    if chosen.seconds is not None:
        config["seconds" if chosen.dry == "builtin" else "limit"] = chosen.seconds
    config["name"] = chosen.name or default_name(chosen.circuit, chosen.dry)
    config |= dict(chosen.settings)
    with open_or_create(chosen.project, reporter) as project:
        bench = Bench(project, reporter)
        return bench.data("simulate", str(config["name"])[:MAX_NAME], chosen.circuit, config)


def _import(chosen: argparse.Namespace, reporter: ConsoleReporter) -> Figures:
    config: Figures = {
        "dry": str(chosen.dry.expanduser().resolve()),
        "wet": str(chosen.wet.expanduser().resolve()),
        "name": chosen.name or chosen.wet.stem[:MAX_NAME],
        **dict(chosen.settings),
    }
    with open_or_create(chosen.project, reporter) as project:
        name = str(config["name"])[:MAX_NAME] or "Recording"
        return Bench(project, reporter).data("import", name, "wav-pair", config)


def _train(chosen: argparse.Namespace, reporter: ConsoleReporter) -> Figures:
    with Project.open(chosen.project) as project:
        bench = Bench(project, reporter)
        if chosen.resume:
            return bench.resume(project.find_job(chosen.resume).folder).figures()
        config = training_config(chosen)
        name = chosen.name or f"{chosen.model.upper()} {chosen.preset}"
        return bench.train(name, config, seed=chosen.seed)


def training_config(chosen: argparse.Namespace) -> Figures:
    """The train job's configuration from the command's options."""
    from engines.models import registry

    architectures = registry()
    if chosen.model not in architectures:
        known = ", ".join(sorted(architectures))
        raise ProjectError(f"There is no architecture {chosen.model!r}. There are: {known}.")
    presets = {preset.name: preset for preset in architectures[chosen.model].presets}
    if chosen.preset not in presets:
        known = ", ".join(presets)
        raise ProjectError(f"{chosen.model} has no preset {chosen.preset!r}. It has: {known}.")
    model = presets[chosen.preset].config.model_dump(mode="json") | dict(chosen.settings)
    config: Figures = {"architecture": chosen.model, "model": model}
    for key in ("max_seconds", "target_esr", "captures"):
        value = getattr(chosen, key)
        if value:
            config[key] = value
    return config


def _render(chosen: argparse.Namespace, reporter: ConsoleReporter) -> Figures:
    target = chosen.output and result_place(chosen.output, ".wav", keep=chosen.input)
    with Project.open(chosen.project) as project:
        bench = Bench(project, reporter)
        config: Figures = {
            "run": bench.newest_run(chosen.run),
            "input": str(chosen.input.expanduser().resolve()),
            "knobs": dict(chosen.knobs),
        }
        done = bench.run("render", f"Render {chosen.input.name}"[:MAX_NAME], config)
        figures = done.figures()
        if target is not None and done.end.state == "done":
            figures["files"] = [str(bench.copy_result(done, ".wav", target))]
        return figures


def _export(chosen: argparse.Namespace, reporter: ConsoleReporter) -> Figures:
    with Project.open(chosen.project) as project:
        bench = Bench(project, reporter)
        config: Figures = {"run": bench.newest_run(chosen.run), "format": chosen.format}
        done = bench.run("export", f"Export {chosen.format}", config)
        figures = done.figures()
        if chosen.output is not None and done.end.state == "done":
            suffix = next(
                (Path(n).suffix for n in done.end.files if not n.endswith("parity.json")), ""
            )
            figures["files"].append(str(bench.copy_result(done, suffix, chosen.output)))
        return figures


def default_name(circuit: str, dry: str) -> str:
    """A capture's name where the user gave none."""
    what = "built-in signals" if dry == "builtin" else Path(dry).stem
    return f"{circuit.replace('-', ' ').capitalize()}, {what}"[:MAX_NAME]


# -- the parser --------------------------------------------------------------------------------


def parser() -> argparse.ArgumentParser:
    """The parser of all commands."""
    root = CommandParser(
        prog="trimpot",
        description="A workbench for neural models of analog audio effects. Without a command it "
        "opens the window (trimpot [PROJECT]).",
    )
    root.add_argument("--version", action="version", version=f"trimpot {version('trimpot')}")
    common = CommandParser(add_help=False)
    common.add_argument("--json", action="store_true", help="print the figures as one JSON object")
    common.add_argument("--details", action="store_true", help="on an error, print its details too")
    commands = root.add_subparsers(dest="command", required=True, metavar="COMMAND")

    demo = commands.add_parser(
        "demo", parents=[common], help="simulate, train, render and export, end to end"
    )
    demo.add_argument("--folder", type=Path, help="where the project goes (default: trimpot-demo)")
    demo.add_argument("--seconds", type=positive, default=60.0, help="built-in audio to simulate")
    demo.add_argument("--train-seconds", type=positive, default=75.0, help="time for training")
    demo.add_argument(
        "--recordings",
        type=Path,
        action="append",
        help="dry recording to test on, too (repeatable; default: those beside the checkout)",
    )
    demo.add_argument("--seed", type=seed, default=0)
    demo.set_defaults(action=_demo)

    simulate = commands.add_parser(
        "simulate", parents=[common], help="simulate a circuit by SPICE into a capture"
    )
    simulate.add_argument("project", type=Path, help="project folder (made if it is not there)")
    simulate.add_argument("--circuit", default="diode-clipper")
    simulate.add_argument("--dry", default="builtin", help="'builtin' or a dry recording")
    simulate.add_argument(
        "--seconds",
        type=float,
        help="length of the built-in signal; of a recording, at most so much",
    )
    simulate.add_argument("--drive", type=positive, help="volts that full scale stands for")
    simulate.add_argument("--seed", type=seed)
    simulate.add_argument("--name", type=name_of, default="")
    _add_settings(simulate, "setting of the circuit")
    simulate.set_defaults(action=_simulate)

    importer = commands.add_parser(
        "import", parents=[common], help="import a dry and a wet recording"
    )
    importer.add_argument("project", type=Path, help="project folder (made if it is not there)")
    importer.add_argument("--dry", type=Path, required=True, help="what went into the device")
    importer.add_argument("--wet", type=Path, required=True, help="what came out")
    importer.add_argument("--name", type=name_of, default="")
    _add_settings(importer, "setting of the import")
    importer.set_defaults(action=_import)

    train = commands.add_parser("train", parents=[common], help="train a model on the captures")
    train.add_argument("project", type=Path)
    train.add_argument("--model", default="stn", help="architecture: stn or lstm")
    train.add_argument("--preset", default="standard")
    train.add_argument("--capture", dest="captures", action="append", help="only these captures")
    train.add_argument("--max-seconds", type=positive, help="time limit of the training")
    train.add_argument("--target-esr", type=positive, help="stop at this validation ESR")
    train.add_argument("--seed", type=seed, default=0)
    train.add_argument("--name", type=name_of, default="")
    train.add_argument("--resume", default="", metavar="RUN", help="go on with a stopped run")
    _add_settings(train, "setting of the architecture")
    train.set_defaults(action=_train)

    render = commands.add_parser("render", parents=[common], help="play a file through a model")
    render.add_argument("project", type=Path)
    render.add_argument("--run", default="", help="which run (default: the newest)")
    render.add_argument("--input", type=Path, required=True, help="dry audio file")
    render.add_argument("--output", type=Path, help="where to write the result (wav)")
    render.add_argument("--knob", dest="knobs", type=knob, action="append", default=[])
    render.set_defaults(action=_render)

    export = commands.add_parser("export", parents=[common], help="export a model, proven equal")
    export.add_argument("project", type=Path)
    export.add_argument("--run", default="", help="which run (default: the newest)")
    export.add_argument("--format", default="rtneural")
    export.add_argument("--output", type=Path, help="copy the exported file here too")
    export.set_defaults(action=_export)
    return root


def _add_settings(target: argparse.ArgumentParser, what: str) -> None:
    target.add_argument(
        "--set",
        dest="settings",
        type=setting,
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help=f"any other {what}",
    )
