"""What the words of the circuit commands may be: circuits and circuit."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, TypeAlias

from app.cli import circuits
from app.cli.arguments import CommandParser, knob, name_of, positive
from app.cli.arguments import path_of as path
from app.cli.circuits_netlist import DIALECTS

if TYPE_CHECKING:
    Commands: TypeAlias = "argparse._SubParsersAction[CommandParser]"


def add_circuit_parsers(commands: Commands, common: CommandParser) -> None:
    """Add the circuit commands."""
    several = commands.add_parser(
        "circuits", parents=[common], help="list the library's circuits, and a project's own"
    )
    several.add_argument("project", nargs="?", type=path)
    several.set_defaults(action=circuits.listed)

    one = commands.add_parser(
        "circuit",
        parents=[common],
        help="read a netlist: what was changed, input, output, knobs, states, and a quick look",
    )
    one.add_argument("circuit", metavar="FILE|NAME", help="a netlist, or a circuit's name")
    one.add_argument("--project", type=path, help="NAME is a circuit of this project")
    one.add_argument(
        "--import", dest="into", type=path, metavar="PROJECT", help="bring the netlist in"
    )
    one.add_argument("--name", type=name_of, default="", help="what it is called there")
    one.add_argument("--dialect", choices=DIALECTS, help="where the text doesn't tell")
    one.add_argument("--input", metavar="V1", help="the source that the dry signal stands for")
    one.add_argument("--output", metavar="NODE", help="the node that is listened to")
    one.add_argument(
        "--knob", dest="knobs", type=knob, action="append", default=[], metavar="NAME=VALUE"
    )
    one.add_argument("--drive", type=positive, help="volts that full scale stands for")
    one.add_argument(
        "--no-look", dest="look", action="store_false", help="read it only, without a simulator"
    )
    one.add_argument(
        "--advise", action="store_true", help="say how many settings of each knob are needed"
    )
    one.set_defaults(action=circuits.looked_at)
