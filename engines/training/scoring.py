"""Scoring a model free-running on segments, by its own streaming kernel."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engines.models.base import Kernel, Segment
from engines.training.metrics import esr

BLOCK = 16_384


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
        knobs = segment.knobs.astype(np.float32)
        y = np.empty_like(x)
        for start in range(0, x.size, BLOCK):
            part = slice(start, start + BLOCK)
            kernel.process(x[part], knobs, y[part])
            if check is not None:
                check()
        outputs.append(y)
    wet = np.concatenate([segment.y[segment.lead :] for segment in segments])
    heard = np.concatenate(
        [output[segment.lead :] for segment, output in zip(segments, outputs, strict=True)]
    )
    return Score(esr(wet, heard), tuple(outputs))
