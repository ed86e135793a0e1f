"""Which samples a step looks at: rare ones as often as common ones, so that the net covers all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engines.models.base import Segment, TrainingError

Float64 = NDArray[np.float64]
CELLS = 14_000
"""Into about so many cells the inputs' range is divided to see what is rare."""
MAX_AXES = 6


@dataclass(frozen=True)
class Samples:
    """All transitions of the training: raw inputs and targets, and from where each comes.

    ``inputs`` float64[n, 2 + K + S] are x[n], x[n-1], knobs, states[n-1]; ``targets``
    float64[n, S (+ 1)] are the states' increments and, where the output is not a state, y[n].
    """

    inputs: Float64
    targets: Float64
    ahead: NDArray[np.int64]
    """How many transitions follow without a break, this one included."""
    chance: Float64
    """Cumulative probability by which a transition is drawn."""
    n_states: int

    def draw(self, rng: np.random.Generator, size: int) -> NDArray[np.int64]:
        """Indices of ``size`` transitions, rare ones preferred."""
        found = np.searchsorted(self.chance, rng.random(size))
        return np.minimum(found, len(self.inputs) - 1).astype(np.int64)

    def draw_stretches(
        self, rng: np.random.Generator, count: int, length: int
    ) -> NDArray[np.int64]:
        """First indices of ``count`` stretches of ``length`` transitions that belong together."""
        length = min(length, int(self.ahead.max()))
        found: list[NDArray[np.int64]] = []
        missing = count
        while missing > 0:
            drawn = self.draw(rng, 2 * missing + 16)
            fitting = drawn[self.ahead[drawn] >= length][:missing]
            if fitting.size == 0:
                fitting = rng.choice(np.flatnonzero(self.ahead >= length), missing)
            found.append(fitting)
            missing -= fitting.size
        return np.concatenate(found)


def collect(segments: Sequence[Segment], n_states: int, output_state: int | None) -> Samples:
    """Line up the transitions of all segments.

    Raises
    ------
    TrainingError
        There is too little audio, or the wet and the states do not move at all.
    """
    inputs, targets, ahead = [], [], []
    for segment in segments:
        n = len(segment.x) - 1
        if n < 1:
            continue
        knobs = segment.knob_rows(1, n + 1)
        x, states = segment.x, segment.states
        inputs.append(np.column_stack([x[1:], x[:-1], knobs, states[:-1]]))
        moved = np.diff(states, axis=0)
        targets.append(
            moved if output_state is not None else np.column_stack([moved, segment.y[1:]])
        )
        ahead.append(np.arange(n, 0, -1))
    if sum(map(len, inputs)) < 1000:
        raise TrainingError("There is too little audio to train on. Use at least a second.")
    rows, wanted = np.concatenate(inputs), np.concatenate(targets)
    if not np.any(wanted):
        raise TrainingError(
            "The states of this data never move: the circuit was silent. Check the simulation."
        )
    chance = np.cumsum(rarity(rows, n_states))
    return Samples(rows, wanted, np.concatenate(ahead), chance / chance[-1], n_states)


def rarity(inputs: Float64, n_states: int) -> Float64:
    """One over the root of how many transitions share the cell, for each transition.

    Cells divide the input, its step and the first states, finer near zero (by a signed root).
    """
    states = [inputs[:, -n_states + k] for k in range(min(n_states, MAX_AXES - 2))]
    axes = [inputs[:, 0], inputs[:, 0] - inputs[:, 1], *states]
    divisions = max(3, round(CELLS ** (1 / len(axes))))
    cell = np.zeros(len(inputs), np.int64)
    for axis in axes:
        centred = axis - np.median(axis)
        reach = np.abs(centred).max() or 1.0
        root = np.sign(centred) * np.sqrt(np.abs(centred) / reach)
        cell = cell * divisions + np.minimum((root + 1) * 0.5 * divisions, divisions - 1).astype(
            np.int64
        )
    _, which, count = np.unique(cell, return_inverse=True, return_counts=True)
    return np.asarray(1.0 / np.sqrt(count[which]), np.float64)
