"""Reading a simulator's binary result."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from engines.circuits.base import Float64, SimulatorError


def read_raw(path: Path, names: Sequence[str]) -> Float64:
    """Time and the named vectors of a transient run.

    Parameters
    ----------
    path : Path
        ngspice's binary raw file.
    names : sequence of str
        Vectors, as ``v(out)``; one may be asked for twice.

    Returns
    -------
    float64[m, 1 + len(names)]
        First column the solver's own time points (seconds), strictly rising.

    Raises
    ------
    SimulatorError
        There is no result, it lacks a vector, or it holds what is not a number.
    """
    from spicelib import RawRead

    try:
        raw = RawRead(path, traces_to_read=["time", *dict.fromkeys(names)], dialect="ngspice")
        columns = [np.asarray(raw.get_wave(name), dtype=np.float64) for name in ("time", *names)]
    except Exception as error:  # spicelib has no common base for what it raises
        raise SimulatorError(
            f"The simulator's result {path} is missing or damaged. Simulate again; if it happens "
            "again, the disk may be full.",
            details=repr(error),
        ) from error
    table = np.stack(columns, axis=1)
    if len(table) < 2 or not np.isfinite(table).all():
        raise SimulatorError(
            "The simulator computed values that are not numbers: the circuit has no solution "
            "there. Check the circuit, or use a smaller step."
        )
    # The solver repeats a point where it restarts; the later value holds.
    keep = np.append(np.diff(table[:, 0]) > 0, True)
    return np.ascontiguousarray(table[keep])
