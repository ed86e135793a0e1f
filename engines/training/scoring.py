"""Scoring a model free-running on segments, by its own streaming kernel."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engines.models.base import Kernel, Segment
from engines.models.streaming import run_kernel
from engines.training.metrics import esr

BLOCK = 16_384
TURN = 8
"""Samples over which a knob that moves is held: a sixth of a millisecond."""


@dataclass(frozen=True)
class Score:
    """A model's output on each segment, and its plain ESR over all scored samples."""

    esr: float
    outputs: tuple[NDArray[np.float32], ...]


def score(
    kernel: Kernel, segments: Sequence[Segment], check: Callable[[], None] | None = None
) -> Score:
    """Run each segment from rest, its lead-in included; score what comes after.

    Parameters
    ----------
    kernel : Kernel
        The model.
    segments : sequence of Segment
        What to play.
    check : callable, optional
        Called between blocks; may raise to stop.
    """
    outputs: list[NDArray[np.float32]] = []
    for segment in segments:
        kernel.reset()
        x = segment.x.astype(np.float32)
        knobs = held_in_steps(segment.knobs, TURN) if segment.moving else segment.knobs
        held = knobs.astype(np.float32)
        y = np.empty_like(x)
        for start in range(0, x.size, BLOCK):
            part = slice(start, start + BLOCK)
            y[part] = run_kernel(kernel, x[part], held[part] if segment.moving else held, BLOCK)
            if check is not None:
                check()
        outputs.append(y)
    wet = np.concatenate([segment.y[segment.lead :] for segment in segments])
    heard = np.concatenate(
        [output[segment.lead :] for segment, output in zip(segments, outputs, strict=True)]
    )
    return Score(esr(wet, heard), tuple(outputs))


def held_in_steps(knobs: NDArray[np.float64], steps: int) -> NDArray[np.float64]:
    """Knobs float64[n, K] held over ``steps`` samples each, at their mean there."""
    starts = np.arange(0, len(knobs), steps)
    counts = np.diff(np.append(starts, len(knobs)))
    means = np.add.reduceat(knobs, starts, axis=0) / counts[:, None]
    still = (np.maximum.reduceat(knobs, starts, axis=0) == knobs[starts]) & (
        np.minimum.reduceat(knobs, starts, axis=0) == knobs[starts]
    )
    # The mean of equal numbers is not always the same number.
    return np.repeat(np.where(still, knobs[starts], means), counts, axis=0)
