"""What the commands' words may be."""

from __future__ import annotations

import argparse
from importlib.metadata import version
from pathlib import Path

from app.cli import work
from app.cli.arguments import (
    CommandParser,
    add_settings,
    knob,
    name_of,
    positive,
    seed,
)
from app.cli.circuits_parser import add_circuit_parsers
from app.cli.data_parser import add_data_parsers
from app.cli.record import add_record_parser
from app.cli.simulate import add_simulate_parser
from app.cli.simulators import add_simulators_parser
from app.cli.speed import add_bench_parser


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
    demo.set_defaults(action=work.demo)

    add_circuit_parsers(commands, common)
    add_simulate_parser(commands, common)
    add_data_parsers(commands, common)
    add_record_parser(commands, common)

    train = commands.add_parser("train", parents=[common], help="train a model on the captures")
    train.add_argument("project", type=Path)
    train.add_argument("--model", default="stn", help="architecture: stn, lstm or compressor")
    train.add_argument("--preset", default="standard")
    train.add_argument("--capture", dest="captures", action="append", help="only these captures")
    train.add_argument("--max-seconds", type=positive, help="time limit of the training")
    train.add_argument("--target-esr", type=positive, help="stop at this validation ESR")
    train.add_argument("--seed", type=seed, default=0)
    train.add_argument("--name", type=name_of, default="")
    train.add_argument("--resume", default="", metavar="RUN", help="go on with a stopped run")
    add_settings(train, "setting of the architecture")
    train.set_defaults(action=work.train)

    render = commands.add_parser("render", parents=[common], help="play a file through a model")
    render.add_argument("project", type=Path)
    render.add_argument("--run", default="", help="which run (default: the newest)")
    render.add_argument("--input", type=Path, required=True, help="dry audio file")
    render.add_argument("--output", type=Path, help="where to write the result (wav)")
    render.add_argument("--knob", dest="knobs", type=knob, action="append", default=[])
    render.set_defaults(action=work.render)

    export = commands.add_parser("export", parents=[common], help="export a model, proven equal")
    export.add_argument("project", type=Path)
    export.add_argument("--run", default="", help="which run (default: the newest)")
    export.add_argument("--format", default="rtneural")
    export.add_argument("--output", type=Path, help="copy the exported file here too")
    export.set_defaults(action=work.export)

    add_simulators_parser(commands, common)
    add_bench_parser(commands, common)
    return root
