"""Playing audio through a model's streaming kernel, and measuring how quick it is."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engines.models import registry
from engines.models.base import Kernel, Model

BLOCK = 4096
STRETCHES = 10
"""Parts of a measurement of speed; the best one counts."""


@dataclass(frozen=True)
class Speed:
    """How quick a kernel is on one core: nanoseconds a sample, and times real time."""

    ns_per_sample: float
    real_time_factor: float


def make_kernel(model: Model) -> Kernel:
    """The model's compiled kernel."""
    return registry()[model.architecture].kernel(model)


def render(
    model: Model,
    x: NDArray[np.float32],
    knobs: NDArray[np.float32] | None = None,
    block: int = BLOCK,
) -> NDArray[np.float32]:
    """Play audio through a model, from rest.

    Parameters
    ----------
    model : Model
        The model.
    x : float32[n]
        Dry samples.
    knobs : float32[K] or float32[n, K]
        Knob positions 0..1, held or for every sample; needless for a model without knobs.
    block : int
        Samples a call; the result does not depend on it.

    Returns
    -------
    float32[n]
        The output.
    """
    return run_kernel(make_kernel(model), x, knobs, block)


def run_kernel(
    kernel: Kernel,
    x: NDArray[np.float32],
    knobs: NDArray[np.float32] | None = None,
    block: int = BLOCK,
) -> NDArray[np.float32]:
    """As :func:`render`, through a kernel at hand (which goes on from where it stands)."""
    x = np.ascontiguousarray(x, np.float32)
    held = np.zeros(0, np.float32) if knobs is None else np.asarray(knobs, np.float32)
    if held.shape[-1] != kernel.n_knobs:
        raise ValueError(f"the model has {kernel.n_knobs} knobs, not {held.shape[-1]}")
    y = np.empty_like(x)
    if held.ndim == 1:
        for start in range(0, x.size, block):
            part = slice(start, start + block)
            kernel.process(x[part], held, y[part])
        return y
    for start, stop in _steady_stretches(held, block):
        kernel.process(x[start:stop], held[start], y[start:stop])
    return y


def _steady_stretches(knobs: NDArray[np.float32], block: int) -> list[tuple[int, int]]:
    """Stretches over which no knob moves, none longer than ``block``."""
    moved = np.flatnonzero((np.diff(knobs, axis=0) != 0).any(axis=1)) + 1
    edges = np.unique(np.concatenate([moved, np.arange(0, len(knobs), block), [len(knobs)]]))
    return list(zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True))


def measure_speed(model: Model, seconds: float = 0.5, block: int = 1024) -> Speed:
    """Time the kernel on noise at full scale for about ``seconds``.

    The time is split into :data:`STRETCHES` parts. Of each the median block counts, which a short
    interruption does not move; of these medians the least, since a process that takes the core or
    its clock for a while only ever adds to what the kernel needs.
    """
    kernel = make_kernel(model)
    rng = np.random.default_rng(0)
    x = rng.uniform(-1, 1, block).astype(np.float32)
    y = np.empty_like(x)
    knobs = np.full(kernel.n_knobs, 0.5, np.float32)
    medians = []
    for _ in range(STRETCHES):
        times: list[float] = []
        end = time.perf_counter() + seconds / STRETCHES
        while not times or time.perf_counter() < end:
            begin = time.perf_counter()
            kernel.process(x, knobs, y)
            times.append(time.perf_counter() - begin)
        medians.append(float(np.median(times)))
    per_sample = min(medians) / block
    return Speed(1e9 * per_sample, 1.0 / (per_sample * model.info.sample_rate))
