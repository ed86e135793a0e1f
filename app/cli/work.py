"""The commands that make things: simulate, train, render and export, each one job."""

from __future__ import annotations

import argparse
from pathlib import Path

from app.cli.actions import Bench, Figures, result_place
from app.cli.console import ConsoleReporter
from projects.errors import ProjectError
from projects.manifest import MAX_NAME
from projects.project import MANIFEST_FILE, Project, is_project


def open_or_create(folder: Path, reporter: ConsoleReporter) -> Project:
    """Open the project in ``folder``, or make one there."""
    if folder.name == MANIFEST_FILE or is_project(folder):
        return Project.open(folder)
    project = Project.create(folder)
    reporter.line(f"Made the project {project.folder}.")
    return project


def demo(chosen: argparse.Namespace, reporter: ConsoleReporter) -> Figures:
    """Run the demo."""
    from app.cli.demo import DemoSettings, run_demo

    settings = DemoSettings(
        folder=chosen.folder,
        seconds=chosen.seconds,
        train_seconds=chosen.train_seconds,
        recordings=chosen.recordings,
        seed=chosen.seed,
    )
    return run_demo(settings, reporter)


def simulate(chosen: argparse.Namespace, reporter: ConsoleReporter) -> Figures:
    """Simulate a circuit into a capture."""
    config: Figures = {"dry": str(chosen.dry)}
    if chosen.dry != "builtin":
        config["dry"] = str(Path(chosen.dry).expanduser().resolve())
    for key in ("drive", "seed"):
        if getattr(chosen, key) is not None:
            config[key] = getattr(chosen, key)
    if chosen.seconds is not None:
        config["seconds" if chosen.dry == "builtin" else "limit"] = chosen.seconds
    config["name"] = chosen.name or default_name(chosen.circuit, chosen.dry)
    source = _device(chosen.circuit, dict(chosen.knobs), config)
    config |= dict(chosen.settings)
    with open_or_create(chosen.project, reporter) as project:
        bench = Bench(project, reporter)
        return bench.data("simulate", str(config["name"])[:MAX_NAME], source, config)


def _device(name: str, knobs: dict[str, list[float]], config: Figures) -> str:
    """The source that simulates a device of that name; its own settings go into ``config``."""
    from engines.circuits.library import circuits
    from engines.sources import registry

    sources = {key: item for key, item in registry().items() if item.kind == "simulate"}
    if name in circuits():
        config |= {"circuit": name, "knobs": knobs}
        return "circuit"
    if name not in sources or name == "circuit":
        known = ", ".join([*(key for key in sources if key != "circuit"), *circuits()])
        raise ProjectError(f"There is no circuit or effect {name!r}. There is: {known}.")
    unknown = [knob for knob in knobs if knob not in sources[name].Config.model_fields]
    if unknown:
        raise ProjectError(f"{name} has no knob {unknown[0]!r}.")
    config |= knobs
    return name


def train(chosen: argparse.Namespace, reporter: ConsoleReporter) -> Figures:
    """Train a model, or go on with a stopped run."""
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


def render(chosen: argparse.Namespace, reporter: ConsoleReporter) -> Figures:
    """Play a file through a model."""
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


def export(chosen: argparse.Namespace, reporter: ConsoleReporter) -> Figures:
    """Export a model, proven equal."""
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
