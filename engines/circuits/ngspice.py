"""Simulation by ngspice: found on the path or where the settings say, and run by a crew."""

from __future__ import annotations

import os
import re
import shutil
import sys
import time
from functools import partial
from pathlib import Path

from engines.circuits.base import SimulatorMissingError
from engines.circuits.crew import ProgramSimulator, Start
from engines.circuits.ngspice_run import Run, not_starting
from engines.circuits.process import BoundedProcess
from engines.worker.slots import CORES_PER_JOB

ENVIRONMENT = "TRIMPOT_NGSPICE"
"""The environment variable (a setting) that says where ngspice is."""
VERSION_SECONDS = 30.0
POLL_SECONDS = 0.01


class NgSpice(ProgramSimulator):
    """ngspice 34 or later with the XSPICE code models (every usual build has them).

    Parameters
    ----------
    processes : int
        How many run side by side.
    """

    name = "ngspice"

    def __init__(self, processes: int = CORES_PER_JOB) -> None:
        super().__init__(processes)
        self._version: str | None = None

    def version(self) -> str:
        """``ngspice-39``, as the program says; see the base class."""
        if self._version is None:
            self._version = _version(find_ngspice())
        return self._version

    def ready(self) -> Start:
        """Find ngspice; see the base class."""
        return partial(Run, find_ngspice())


def find_ngspice() -> str:
    """The path of ngspice: as the settings say, else in Trimpot's own bundle, else on the PATH.

    Raises
    ------
    SimulatorMissingError
        It is not there; the sentence says how to get it.
    """
    chosen = os.environ.get(ENVIRONMENT, "").strip()
    if chosen:
        found = shutil.which(chosen)
        if found is None:
            raise SimulatorMissingError(
                f"There is no ngspice at {chosen}, where the settings say it is. Correct the path "
                "in the settings, or empty it to search for ngspice."
            )
        return found
    # On Windows, ngspice.exe opens a window of its own; ngspice_con.exe does not.
    for places in (*bundled(), None):
        found = shutil.which("ngspice_con", path=places) or shutil.which("ngspice", path=places)
        if found is not None:
            return found
    raise SimulatorMissingError(
        "ngspice, which simulates circuits, is not installed. On Debian or Ubuntu type 'sudo "
        "apt install ngspice', on macOS 'brew install ngspice'; on Windows unpack it from "
        "ngspice.sourceforge.io and choose its ngspice_con.exe in the settings."
    )


def bundled() -> tuple[str, ...]:
    """Folders in which ngspice lies where Trimpot was installed as a program, not as a package."""
    if not getattr(sys, "frozen", False):
        return ()
    program = Path(sys.executable).parent
    bases = (Path(getattr(sys, "_MEIPASS", program)), program / "_internal", program)
    return tuple(dict.fromkeys(str(base / "ngspice" / "bin") for base in bases))


def _version(program: str) -> str:
    """What a program calls itself; it may be anything that somebody chose."""
    try:
        process = BoundedProcess([program, "--version"], Path.cwd())
    except OSError as error:
        raise not_starting(error) from error
    try:
        deadline = time.monotonic() + VERSION_SECONDS
        while process.poll() is None:
            if time.monotonic() > deadline:
                late = TimeoutError(f"{program} does not say its version")
                raise not_starting(late)
            time.sleep(POLL_SECONDS)
        said = process.output
    finally:
        process.close()
    match = re.search(r"ngspice-[\w.+]+", said)
    if match is None or process.output_exceeded:
        raise SimulatorMissingError(
            f"{program} is not ngspice: asked for its version, it does not say one. Choose another "
            "program in the settings.",
            details=said[:2000],
        )
    return match[0]
