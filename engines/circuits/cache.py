"""Simulations that were done once, found again: a sweep that was broken off goes on where it was.

Disposable: whatever is missing or damaged is simulated again.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import TypeAdapter, ValidationError

from engines.circuits.base import Circuit, Simulation
from engines.circuits.ngspice_run import options_of
from projects.capture import Check
from projects.errors import StorageError
from projects.files import write_atomic

FORMAT = 3
"""Goes into the key: a simulation by older rules is not found again."""
MAX_BYTES = 4_000_000_000
SUFFIX = ".safetensors"

_CHECKS = TypeAdapter(tuple[Check, ...])
_FIGURES = TypeAdapter(dict[str, float])


@dataclass(frozen=True)
class Question:
    """All that a simulation's result depends on beside the circuit.

    ``dry_id`` is the dry signal's SHA-256, ``drive`` what its full scale is sent as (volts).
    """

    dry_id: str
    drive: float
    sample_rate: int
    steps_per_sample: int
    simulator: str
    band_limited: bool = False

    def key(self, circuit: Circuit, motion: NDArray[np.float64] | None = None) -> str:
        """SHA-256 (hex) of everything that the result depends on.

        ``motion`` float64[n, M] is what drives the circuit's moving knobs.
        """
        told: dict[str, Any] = {
            "format": FORMAT,
            "simulator": self.simulator,
            "options": options_of(circuit),
            "elements": circuit.elements,
            "params": circuit.params,
            "nodes": [circuit.input, circuit.against, circuit.output, *circuit.moving],
            "motion": "" if motion is None else _digest(motion),
            "states": [state.vector for state in circuit.states],
            "settle": circuit.settle_seconds,
            "dry": self.dry_id,
            "drive": self.drive,
            "rate": self.sample_rate,
            "steps": self.steps_per_sample,
            "band_limited": self.band_limited,
        }
        return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


class SimulationCache:
    """Simulations in one folder, the least recently used ones deleted beyond a bound.

    Parameters
    ----------
    folder : Path
        Where they lie; made when the first one is kept.
    max_bytes : int
        All of them together.
    """

    def __init__(self, folder: Path, max_bytes: int = MAX_BYTES) -> None:
        self.folder = folder
        self.max_bytes = max_bytes

    def find(self, key: str) -> Simulation | None:
        """A simulation that was kept, or None; its signals are as precise as float32."""
        from safetensors import SafetensorError, safe_open

        path = self.folder / f"{key}{SUFFIX}"
        try:
            with safe_open(path, "numpy") as stored:
                told = stored.metadata() or {}
                output, states = stored.get_tensor("output"), stored.get_tensor("states")
            checks = _CHECKS.validate_json(told.get("checks", ""))
            figures = _FIGURES.validate_json(told.get("figures", ""))
        except FileNotFoundError:
            return None
        except (OSError, SafetensorError, ValidationError, ValueError):
            with contextlib.suppress(OSError):
                path.unlink()
            return None
        with contextlib.suppress(OSError):
            os.utime(path)
        return Simulation(
            output=output.astype(np.float64),
            states=states.astype(np.float64),
            checks=checks,
            figures=figures,
        )

    def keep(self, key: str, simulation: Simulation) -> None:
        """Keep a simulation; a disk that refuses only means that it will be done again."""
        from safetensors.numpy import save

        content = save(
            {"output": _single(simulation.output), "states": _single(simulation.states)},
            metadata={
                "checks": _CHECKS.dump_json(simulation.checks).decode(),
                "figures": _FIGURES.dump_json(simulation.figures).decode(),
            },
        )
        if len(content) > self.max_bytes:
            return
        with contextlib.suppress(OSError, StorageError):
            self.folder.mkdir(parents=True, exist_ok=True)
            self._make_room(len(content))
            write_atomic(self.folder / f"{key}{SUFFIX}", content, action="keep the simulation")

    def _make_room(self, size: int) -> None:
        kept = [(entry.stat(), entry) for entry in self.folder.glob(f"*{SUFFIX}")]
        total = size + sum(stat.st_size for stat, _ in kept)
        for stat, entry in sorted(kept, key=lambda item: item[0].st_mtime):
            if total <= self.max_bytes:
                return
            entry.unlink(missing_ok=True)
            total -= stat.st_size


def _digest(values: NDArray[np.float64]) -> str:
    return hashlib.sha256(np.ascontiguousarray(values, "<f8").tobytes()).hexdigest()


def _single(signal: NDArray[np.float64]) -> NDArray[np.float32]:
    return np.ascontiguousarray(signal, np.float32)
