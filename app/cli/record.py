"""``trimpot record``: play a test signal through a device and record what comes back."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from app.cli.actions import Bench, Figures
from app.cli.arguments import knob, name_of, positive, seed
from app.cli.console import ConsoleReporter
from app.cli.work import open_or_create
from projects.errors import ProjectError
from projects.manifest import MAX_NAME


def add_record_parser(commands: Any, common: argparse.ArgumentParser) -> None:
    """Add the command to the others'."""
    record = commands.add_parser(
        "record", parents=[common], help="record a device: play a test signal, keep what comes back"
    )
    record.add_argument(
        "project", type=Path, nargs="?", help="project folder (made if it is not there)"
    )
    record.add_argument("--list", action="store_true", help="list the sound devices, and be done")
    record.add_argument("--check", action="store_true", help="check the levels, and be done")
    record.add_argument("--resume", default="", metavar="JOB", help="keep a take that was killed")
    record.add_argument("--output", help="id of the device that plays (default: the system's)")
    record.add_argument("--input", help="id of the device that records (default: the system's)")
    record.add_argument("--output-channel", type=int, default=1)
    record.add_argument("--input-channel", type=int, default=1)
    record.add_argument("--rate", type=int, default=48_000, help="sample rate in Hz")
    record.add_argument("--level", type=float, default=-6.0, help="of the signal, in dBFS")
    record.add_argument("--seconds", type=positive, help="length of the playing")
    record.add_argument("--test-seconds", type=float, help="sweeps and noise before it; 0 for none")
    record.add_argument("--own", type=Path, metavar="FILE", help="dry recording to play")
    record.add_argument("--seed", type=seed, default=0, help="of the built-in playing")
    record.add_argument("--knob", dest="knobs", type=knob, action="append", default=[])
    record.add_argument("--name", type=name_of, default="")
    record.set_defaults(action=record_device)


def record_device(chosen: argparse.Namespace, reporter: ConsoleReporter) -> Figures:
    """Record a take, check levels, or list the devices."""
    if chosen.list:
        return _listed()
    if chosen.project is None:
        raise ProjectError("Name the project that the recording goes into, or --list the devices.")
    with open_or_create(chosen.project, reporter) as project:
        bench = Bench(project, reporter)
        if chosen.resume:
            done = bench.resume(project.find_job(chosen.resume).folder)
        else:
            name = "Level check" if chosen.check else chosen.name or take_name(dict(chosen.knobs))
            done = bench.run("record", name[:MAX_NAME], _config(chosen))
        figures = done.figures()
        folders = [project.capture_folder(entry.id) for entry in done.captures]
        figures["captures"] = [folder.name for folder in folders]
        figures["files"] += [str(path) for folder in folders for path in sorted(folder.iterdir())]
        return figures


def take_name(knobs: dict[str, float]) -> str:
    """What a take is called where nobody said."""
    if not knobs:
        return "Recording"
    return "Recording, " + ", ".join(f"{name} {value:g}" for name, value in knobs.items())


def _config(chosen: argparse.Namespace) -> Figures:
    signal: Figures = {"seed": chosen.seed}
    if chosen.seconds is not None:
        signal["seconds"] = chosen.seconds
    if chosen.test_seconds is not None:
        signal["test_seconds"] = chosen.test_seconds
    if chosen.own is not None:
        signal["own"] = str(chosen.own.expanduser().resolve())
    return {
        "mode": "level" if chosen.check else "take",
        "output": chosen.output,
        "input": chosen.input,
        "output_channel": chosen.output_channel,
        "input_channel": chosen.input_channel,
        "rate": chosen.rate,
        "level": chosen.level,
        "signal": signal,
        "knobs": dict(chosen.knobs),
        "name": chosen.name or take_name(dict(chosen.knobs))[:MAX_NAME],
    }


def _listed() -> Figures:
    from engines.recording.devices import list_devices

    found = list_devices()
    rows = []
    for device in found.devices:
        marks = [
            word
            for word, on in (
                ("the system's input", device.default_input),
                ("the system's output", device.default_output),
            )
            if on
        ]
        facts = f"{device.inputs} in, {device.outputs} out, {device.rate} Hz"
        rows.append((device.id, ", ".join([facts, *marks])))
    return {
        "text": found.trouble or f"{len(found.devices)} sound device(s):",
        "devices": [device.model_dump() for device in found.devices],
        "table": rows,
    }
