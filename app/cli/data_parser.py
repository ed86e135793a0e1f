"""What the words of the data commands may be: scan, import, check and fix."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, TypeAlias

from app.cli import data
from app.cli.arguments import CommandParser, add_settings, knob, knob_range, name_of, rate, stretch
from app.cli.arguments import path_of as path

if TYPE_CHECKING:
    Commands: TypeAlias = "argparse._SubParsersAction[CommandParser]"


def add_data_parsers(commands: Commands, common: CommandParser) -> None:
    """Add the data commands."""
    _add_scan(commands, common)
    _add_import(commands, common)
    _add_check(commands, common)
    _add_fix(commands, common)


def _add_scan(commands: Commands, common: CommandParser) -> None:
    scan = commands.add_parser(
        "scan", parents=[common], help="show which recordings a folder's names make"
    )
    scan.add_argument("folder", type=path)
    _add_names(scan)
    scan.set_defaults(action=data.scan)


def _add_names(target: argparse.ArgumentParser) -> None:
    target.add_argument(
        "--pattern",
        default="",
        help="how the wet files are named: {knob} is a number, * any text "
        "(default: guessed from the names)",
    )
    target.add_argument(
        "--signaltrain", action="store_true", help="the folder is laid out as SignalTrain's"
    )
    target.add_argument("--dry", default="", help="what went in: one file, or a pattern with *")


def _add_import(commands: Commands, common: CommandParser) -> None:
    importer = commands.add_parser(
        "import",
        parents=[common],
        help="import a dry and a wet recording, or a folder of recordings",
    )
    importer.add_argument("project", type=path, help="project folder (made if it is not there)")
    importer.add_argument("--wet", type=path, help="what came out, of a single pair")
    importer.add_argument("--folder", type=path, help="a folder of recordings")
    _add_names(importer)
    importer.add_argument(
        "--reference", action="store_true", help="use the files where they lie, without a copy"
    )
    importer.add_argument("--copy", action="store_true", help="copy them into the project")
    importer.add_argument("--rate", type=rate, help="resample everything to this rate (Hz)")
    importer.add_argument("--channel", choices=["first", "second", "mix"], default="first")
    importer.add_argument(
        "--join", choices=["auto", "always", "never"], default="auto", help="join short clips"
    )
    importer.add_argument(
        "--shifted",
        choices=["leave-out", "align", "keep"],
        default="leave-out",
        help="what becomes of shifted SignalTrain pairs",
    )
    importer.add_argument(
        "--fixes", choices=["safe", "none"], default="safe", help="decide what is sure at once"
    )
    importer.add_argument(
        "--knob", dest="knobs", type=knob, action="append", default=[], metavar="NAME=VALUE",
        help="where a knob stood, of a single pair",
    )  # fmt: skip
    importer.add_argument(
        "--knob-range", dest="ranges", type=knob_range, action="append", default=[],
        metavar="NAME=LO:HI[:UNIT[:TAPER]]", help="a knob's range; taper: linear, log or switch",
    )  # fmt: skip
    importer.add_argument("--name", type=name_of, default="")
    add_settings(importer, "setting of the import")
    importer.set_defaults(action=data.import_recordings)


def _add_check(commands: Commands, common: CommandParser) -> None:
    check = commands.add_parser(
        "check", parents=[common], help="say what the checks found, and which settings are there"
    )
    check.add_argument("project", type=path)
    check.add_argument("capture", nargs="?", default="", help="only this one (its name or id)")
    check.add_argument("--all", action="store_true", help="also what is in order")
    check.set_defaults(action=data.check)


def _add_fix(commands: Commands, common: CommandParser) -> None:
    fix = commands.add_parser(
        "fix", parents=[common], help="decide about captures; the recordings stay as they are"
    )
    fix.add_argument("project", type=path)
    fix.add_argument("capture", nargs="?", default="", help="its name or id")
    fix.add_argument("--safe", action="store_true", help="everything that the checks are sure of")
    fix.add_argument("--shift", type=int, metavar="N", help="wet is N samples late (or early: -N)")
    fix.add_argument("--flip", action="store_true", help="wet is inverted")
    fix.add_argument("--no-flip", action="store_true", help="wet is not inverted")
    fix.add_argument(
        "--cut", dest="cuts", type=stretch, action="append", default=[], metavar="A:B",
        help="neither train on nor score A to B, in seconds",
    )  # fmt: skip
    fix.add_argument("--exclude", action="store_true", help="leave it out of training")
    fix.add_argument("--include", action="store_true", help="use it for training")
    fix.add_argument("--reset", action="store_true", help="take every decision back, first")
    fix.set_defaults(action=data.fix)
