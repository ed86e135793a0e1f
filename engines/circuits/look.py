"""A quick look at a circuit before a long run: operating point, frequency response, transfer."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engines.circuits.base import Circuit, Float64, SimulatorError
from engines.circuits.netlist import NETLIST_FILE, RAW_FILE, parameters
from engines.circuits.ngspice import find_ngspice
from engines.circuits.ngspice_run import TOLERANCES, not_starting, own_words
from engines.circuits.process import BoundedProcess
from engines.circuits.rawfile import RawFile
from engines.worker.context import CancelledError
from projects.files import write_atomic

DRIVE = "trimpot.drive"
"""What the source at the input is called, after its letter: no netlist has a point in a name."""
LOOK_SECONDS = 20.0
POLL_SECONDS = 0.01


@dataclass(frozen=True)
class FrequencyResponse:
    """Small-signal response from the input: ``gain`` complex[n, k] of k vectors (1 is 0 dB)."""

    frequency: Float64
    gain: NDArray[np.complex128]

    def decibels(self, column: int = 0) -> Float64:
        """Magnitude of one vector in dB."""
        size: Float64 = 20 * np.log10(np.maximum(np.abs(self.gain[:, column]), 1e-15))
        return size


def frequency_response(
    circuit: Circuit,
    folder: Path,
    *,
    vectors: Sequence[str] = (),
    start: float = 10.0,
    stop: float = 20_000.0,
    per_decade: int = 40,
    cancel: threading.Event | None = None,
) -> FrequencyResponse:
    """How small signals pass, around the operating point.

    Parameters
    ----------
    circuit : Circuit
        What to look at.
    folder : Path
        Scratch folder; emptied.
    vectors : sequence of str
        What to look at in it; its output where nothing is named.
    start, stop : float
        In Hz.
    per_decade : int
        How many frequencies, equally far apart on a logarithmic axis.
    cancel : threading.Event, optional
        Breaks the look off when it is set.

    Raises
    ------
    SimulatorError
        The simulator failed, with its own words.
    CancelledError
        ``cancel`` was set.
    """
    names = list(vectors) or [f"v({circuit.output})"]
    analysis = [f".save {' '.join(names)}", f".ac dec {per_decade} {start!r} {stop!r}"]
    _, table = _analyse(circuit, folder, analysis, ["frequency", *names], cancel)
    return FrequencyResponse(table[:, 0].real.astype(np.float64), table[:, 1:])


def operating_point(
    circuit: Circuit,
    folder: Path,
    vectors: Sequence[str] = (),
    *,
    cancel: threading.Event | None = None,
) -> dict[str, float]:
    """Voltages (``v(node)``) and currents (``i(l1)``) at rest, 0 V at the input.

    All that the simulator names are given where none is asked for, but those inside of devices.
    See :func:`frequency_response` for ``cancel`` and errors.
    """
    asked = " ".join(vectors) or "all"
    names, table = _analyse(circuit, folder, [f".save {asked}", ".op"], vectors, cancel)
    found = dict(zip(names, map(float, table[0].real), strict=True))
    return {name: value for name, value in found.items() if vectors or _is_outside(name)}


def _is_outside(name: str) -> bool:
    return "#" not in name and DRIVE not in name


def transfer_curve(
    circuit: Circuit,
    folder: Path,
    *,
    lowest: float,
    highest: float,
    points: int = 201,
    cancel: threading.Event | None = None,
) -> tuple[Float64, Float64]:
    """Output against input where both stand still (volts): what slow signals meet.

    A circuit whose input or output is coupled by a capacitor lets nothing through.

    Returns
    -------
    float64[points], float64[points]
        Input and output in volts.

    Raises
    ------
    SimulatorError
        The simulator failed, with its own words.
    """
    step = (highest - lowest) / (points - 1)
    analysis = [
        f".save v({circuit.output})",
        f".dc V{DRIVE} {lowest!r} {highest + step / 2!r} {step!r}",
    ]
    _, table = _analyse(circuit, folder, analysis, [f"v({circuit.output})"], cancel)
    x: Float64 = lowest + step * np.arange(len(table), dtype=np.float64)
    return x, np.ascontiguousarray(table[:, 0].real)


def _analyse(
    circuit: Circuit,
    folder: Path,
    analysis: list[str],
    names: Sequence[str],
    cancel: threading.Event | None,
) -> tuple[Sequence[str], NDArray[np.complex128]]:
    """The vectors that were asked for (all, where none was), and complex128[points, vectors]."""
    lines = [
        f"* {circuit.title}",
        f"V{DRIVE} {circuit.input} {circuit.against} DC 0 AC 1",
        *parameters(circuit),
        *circuit.elements,
        f".options {TOLERANCES}",
        *analysis,
        ".end",
        "",
    ]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_atomic(folder / NETLIST_FILE, "\n".join(lines).encode(), action="write the netlist")
        command = [find_ngspice(), "-n", "-b", "-r", RAW_FILE, NETLIST_FILE]
        output = _run(command, folder, cancel or threading.Event())
        try:
            raw = RawFile(folder / RAW_FILE)
        except SimulatorError as error:  # none, or one without a point
            raise SimulatorError(
                f"ngspice could not look at the circuit: {own_words(output) or 'it says nothing'}.",
                details=output,
            ) from error
        names = names or raw.names
        found = np.concatenate(list(raw.blocks(raw.columns(names))))
        return names, found.astype(np.complex128)
    finally:
        for name in (NETLIST_FILE, RAW_FILE):
            (folder / name).unlink(missing_ok=True)


def _run(command: list[str], folder: Path, cancel: threading.Event) -> str:
    try:
        process = BoundedProcess(command, folder)
    except OSError as error:
        raise not_starting(error) from error
    try:
        deadline = time.monotonic() + LOOK_SECONDS
        while process.poll() is None:
            if time.monotonic() > deadline:
                raise SimulatorError(
                    f"ngspice found no operating point of the circuit within {LOOK_SECONDS:.0f} s.",
                    details=process.output,
                )
            if cancel.wait(POLL_SECONDS):
                raise CancelledError
        return process.output
    finally:
        process.close()
