"""The commands that make things of captures: train, render and export, each one job."""

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
