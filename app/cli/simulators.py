"""``trimpot simulators``: which simulators are here, and what to do about those that are not."""

from __future__ import annotations

import argparse
from typing import Any

from app.cli.actions import Figures
from app.cli.console import ConsoleReporter


def add_simulators_parser(commands: Any, common: argparse.ArgumentParser) -> None:
    """Add the command to the others'."""
    command = commands.add_parser(
        "simulators", parents=[common], help="say which circuit simulators are found, and where"
    )
    command.set_defaults(action=simulators)


def simulators(_chosen: argparse.Namespace, _reporter: ConsoleReporter) -> Figures:
    """Look for every simulator; one that is missing is no failure."""
    from engines.circuits.simulators import available

    found = available()
    return {
        "text": "Programs that compute circuits:",
        "table": [
            (one.label, f"{one.version}, {one.place}" if one.there else one.why_not)
            for one in found
        ],
        "simulators": {
            one.name: {
                "found": one.there, "version": one.version, "place": one.place,
                "why_not": one.why_not,
            }
            for one in found
        },
    }  # fmt: skip
