"""A quick look at a circuit before a long run: operating point, frequency response, transfer."""

from __future__ import annotations

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
from projects.files import write_atomic

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

    Raises
    ------
    SimulatorError
        The simulator failed, with its own words.
    """
    names = list(vectors) or [f"v({circuit.output})"]
    analysis = [f".save {' '.join(names)}", f".ac dec {per_decade} {start!r} {stop!r}"]
    table = _analyse(circuit, folder, analysis, ["frequency", *names])
    return FrequencyResponse(table[:, 0].real.astype(np.float64), table[:, 1:])


def operating_point(circuit: Circuit, folder: Path, vectors: Sequence[str]) -> dict[str, float]:
    """Voltages (``v(node)``) and currents at rest, 0 V at the input; see above for errors."""
    table = _analyse(circuit, folder, [f".save {' '.join(vectors)}", ".op"], vectors)
    return dict(zip(vectors, map(float, table[0].real), strict=True))


def transfer_curve(
    circuit: Circuit, folder: Path, *, lowest: float, highest: float, points: int = 201
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
    names = [f"v({circuit.input})", f"v({circuit.output})"]
    analysis = [
        f".save {' '.join(names)}",
        f".dc Vdrive {lowest!r} {highest + step / 2!r} {step!r}",
    ]
    table = _analyse(circuit, folder, analysis, names).real
    return np.ascontiguousarray(table[:, 0]), np.ascontiguousarray(table[:, 1])


def _analyse(
    circuit: Circuit, folder: Path, analysis: list[str], names: Sequence[str]
) -> NDArray[np.complex128]:
    lines = [
        f"* {circuit.title}",
        f"Vdrive {circuit.input} 0 DC 0 AC 1",
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
        output = _run(command, folder)
        path = folder / RAW_FILE
        if not path.exists():
            raise SimulatorError(
                f"ngspice could not look at the circuit: {own_words(output) or 'it says nothing'}.",
                details=output,
            )
        raw = RawFile(path)
        found = np.concatenate(list(raw.blocks(raw.columns(names))))
        return found.astype(np.complex128)
    finally:
        for name in (NETLIST_FILE, RAW_FILE):
            (folder / name).unlink(missing_ok=True)


def _run(command: list[str], folder: Path) -> str:
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
            time.sleep(POLL_SECONDS)
        return process.output
    finally:
        process.close()
