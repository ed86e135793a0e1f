"""What a simulation is divided into: stretches run side by side, and a look at a finer step."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Literal

import numpy as np

from engines.circuits.base import Circuit, Float64
from engines.circuits.grid import FILTER_SAMPLES
from engines.circuits.netlist import Plan

CHUNK_SECONDS = 10.0
"""Longer signals are simulated in overlapping stretches: side by side on a job's cores, each with a
result of bounded size, and a step that the solver had to cut disturbs the grid of one only."""
SHORTEST_CHUNK_SECONDS = 1.0
LARGEST_OVERLAP = 0.25
"""Of a stretch; a circuit that forgets more slowly is simulated in one piece."""
PROBE_SECONDS = 0.1
PROBE_SHARE = 0.1
"""How much is simulated again at a finer step: the loudest tenth of a second, or a tenth of what
is shorter."""
FINER = 2

Role = Literal["part", "coarse", "fine"]


@dataclass(frozen=True)
class Stretch:
    """One run: samples ``start - overlap`` to ``stop`` are simulated, ``start`` on are kept.

    ``number`` counts a simulation's parts; a probe (``coarse`` and ``fine``: the same stretch at
    the simulation's step and at a finer one) stands beside them. Where the output is band-limited,
    ``after`` samples behind the stretch are simulated too, for the filter.
    """

    number: int
    start: int
    stop: int
    overlap: int
    folder: Path
    plan: Plan
    role: Role = "part"
    band_limited: bool = False
    after: int = 0

    @property
    def first(self) -> int:
        """The first sample that is simulated."""
        return self.start - self.overlap

    @property
    def work(self) -> float:
        """Solver steps."""
        return float((self.stop + self.after - self.first) * self.plan.steps_per_sample)

    @property
    def label(self) -> str:
        """For the log."""
        return f"part {self.number + 1}" if self.role == "part" else f"{self.role} step"


def stretches_of(
    circuit: Circuit,
    x: Float64,
    sample_rate: int,
    steps_per_sample: int,
    folder: Path,
    processes: int,
    *,
    band_limited: bool = False,
) -> list[Stretch]:
    """The stretches of a simulation of ``x``; for a circuit without a law also the probes."""
    edges = _edges(circuit, len(x), sample_rate, processes)
    overlap = math.ceil((circuit.settle_seconds or 0.0) * sample_rate)
    after = FILTER_SAMPLES if band_limited else 0
    found = []
    for number, (start, stop) in enumerate(pairwise(edges)):
        before = min(max(overlap, after), start)
        plan = Plan(stop + after - start + before, sample_rate, steps_per_sample)
        place = folder / f"part-{number + 1:03d}"
        found.append(
            Stretch(
                number, start, stop, before, place, plan, band_limited=band_limited, after=after
            )
        )
    if circuit.advance is None and len(x) > 1:
        found += _probes(x, sample_rate, steps_per_sample, folder)
    return found


def _edges(circuit: Circuit, n: int, sample_rate: int, processes: int) -> list[int]:
    seconds = n / sample_rate
    rounds = max(1, math.ceil(seconds / (CHUNK_SECONDS * processes)))
    count = rounds * processes if seconds >= SHORTEST_CHUNK_SECONDS * processes else 1
    settle = circuit.settle_seconds
    if settle is None:
        count = 1
    elif settle > 0:
        count = max(1, min(count, int(seconds * LARGEST_OVERLAP / settle)))
    return [round(i * n / count) for i in range(count + 1)]


def _probes(x: Float64, sample_rate: int, steps_per_sample: int, folder: Path) -> list[Stretch]:
    """The loudest stretch, at the simulation's own step and at a finer one."""
    count = max(2, min(round(PROBE_SECONDS * sample_rate), round(PROBE_SHARE * len(x))))
    energy = np.concatenate([[0.0], np.cumsum((x - x.mean()) ** 2)])
    start = int(np.argmax(energy[count:] - energy[:-count]))
    roles: tuple[tuple[Role, int], ...] = (("coarse", 1), ("fine", FINER))
    return [
        Stretch(
            number,
            start,
            start + count,
            0,
            folder / f"{role}-step",
            Plan(count, sample_rate, steps_per_sample * factor),
            role,
        )
        for number, (role, factor) in enumerate(roles)
    ]
