"""How many settings of a circuit's knobs are worth simulating, on the command line."""

from __future__ import annotations

import dataclasses
import tempfile
from pathlib import Path

from app.cli.actions import Figures
from app.cli.console import ConsoleReporter
from engines.circuits.described import DescribedCircuit
from engines.worker.protocol import Progress


def advice_on(
    circuit: DescribedCircuit, drive: float | None, reporter: ConsoleReporter
) -> tuple[Figures, list[tuple[str, object]]]:
    """Advice in plain values, and its rows of a table.

    Raises
    ------
    SimulatorError
        The circuit has no knobs, or cannot be simulated at all.
    """
    from engines.circuits.advice import advise

    def progress(share: float, text: str) -> None:
        reporter(Progress(fraction=share, text=text))

    reporter.line("Looking at its knobs: ends, middles, and what lies between.")
    with tempfile.TemporaryDirectory(prefix="trimpot-advice-") as scratch:
        advice = advise(circuit, Path(scratch), progress=progress, drive=drive)
    reporter.clear()
    rows: list[tuple[str, object]] = [
        (knob.name, " ".join(f"{value:g}" for value in knob.settings)) for knob in advice.knobs
    ]
    rows += [("Settings", line) for line in advice.text.splitlines()]
    return dataclasses.asdict(advice) | {"chosen": advice.chosen}, rows
