"""``trimpot bench``: how fast this machine simulates, circuit by circuit."""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from typing import Any

from app.cli.actions import Figures
from app.cli.arguments import positive
from app.cli.console import ConsoleReporter

BUILTIN_SECONDS = 8.0
CLIPPER_DRIVE, CLIPPER_STEPS = 4.5, 4


def add_bench_parser(commands: Any, common: argparse.ArgumentParser) -> None:
    """Add the command to the others'."""
    bench = commands.add_parser("bench", help="measure how fast this machine works")
    what = bench.add_subparsers(dest="what", required=True, metavar="WHAT")
    circuits = what.add_parser(
        "circuits",
        parents=[common],
        help="seconds of audio that one core simulates a second, by circuit",
    )
    circuits.add_argument(
        "--circuit",
        dest="circuits",
        action="append",
        metavar="NAME",
        help="only this one of the library (repeatable)",
    )
    circuits.add_argument("--dry", type=Path, help="a dry recording (default: built-in signals)")
    circuits.add_argument(
        "--seconds", type=positive, default=2.0, help="of it, the loudest (default: 2)"
    )
    circuits.set_defaults(action=bench_circuits)


def bench_circuits(chosen: argparse.Namespace, reporter: ConsoleReporter) -> Figures:
    """Simulate the signal through each circuit on one core; see :mod:`engines.circuits.speed`.

    Raises
    ------
    TrimpotError
        There is no such circuit or recording, or ngspice is missing or fails.
    """
    from engines.circuits.diode_clipper import CIRCUIT
    from engines.circuits.library import circuit_named, circuits
    from engines.circuits.speed import loudest, speed_of
    from engines.worker.context import JobContext
    from projects.jobs import Job

    wanted = []
    for name in chosen.circuits or [CIRCUIT.name, *circuits()]:
        if name == CIRCUIT.name:
            wanted.append((CIRCUIT, CLIPPER_DRIVE, CLIPPER_STEPS))
        else:
            described = circuit_named(name)
            wanted.append((described.circuit(), described.drive, described.steps))
    signal, rate = _signal(chosen.dry)
    signal = loudest(signal, max(2, round(chosen.seconds * rate)))
    found = []
    with tempfile.TemporaryDirectory(prefix="trimpot-bench-") as name:
        folder = Path(name)
        context = JobContext(folder, folder, Job(kind="simulate", name="bench"), reporter)
        for circuit, drive, steps in wanted:
            reporter.line(f"{circuit.title} ...")
            found.append(speed_of(circuit, signal * drive, rate, steps, context))
    reporter.clear()
    return {
        "text": f"Seconds of audio that one core simulates a second ({len(signal) / rate:g} s at "
        f"{rate} Hz, each circuit's knobs at rest), and what share of ngspice's own speed that is:",
        "table": [
            (speed.circuit, f"{speed.times_real_time:7.3f}   {100 * speed.share:4.0f} %")
            for speed in found
        ],
        "times_real_time": {speed.circuit: round(speed.times_real_time, 4) for speed in found},
        "share_of_ngspice": {speed.circuit: round(speed.share, 4) for speed in found},
        "warnings": {speed.circuit: list(speed.warnings) for speed in found if speed.warnings},
    }


def _signal(dry: Path | None) -> tuple[Any, int]:
    """The first channel of a recording, or the built-in signals, and the sample rate."""
    if dry is None:
        from engines.signals.builtin import builtin_dry

        made = builtin_dry(BUILTIN_SECONDS)
        return made.samples, made.sample_rate
    from engines.audio.files import read_audio

    audio = read_audio(dry)
    return audio.samples[:, 0], audio.sample_rate
