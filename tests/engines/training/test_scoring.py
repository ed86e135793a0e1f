"""Scoring while a knob moves."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engines.models.base import Kernel, Segment
from engines.training.scoring import TURN, held_in_steps, score


class Gain(Kernel):
    """A volume knob."""

    sample_rate = 48_000
    n_knobs = 1

    def reset(self) -> None:
        """It has no memory."""

    def process(
        self, x: NDArray[np.float32], knobs: NDArray[np.float32], y: NDArray[np.float32]
    ) -> None:
        np.multiply(x, knobs[0], out=y)


def test_the_knob_is_heard_where_it_stood() -> None:
    n = 40_000
    x = np.sin(np.arange(n) * 0.05)
    track = 0.5 + 0.5 * np.sin(np.arange(n) * 2 * np.pi / 48_000 * 3)
    segment = Segment("c", 0, x, x * track, np.zeros((n, 0)), track[:, None])
    assert score(Gain(), [segment]).esr < 1e-6
    still = Segment("c", 0, x, x * 0.3, np.zeros((n, 0)), np.full((n, 1), 0.3))
    held = Segment("c", 0, x, x * 0.3, np.zeros((n, 0)), np.array([0.3]))
    for one, other in zip(
        score(Gain(), [still]).outputs, score(Gain(), [held]).outputs, strict=True
    ):
        np.testing.assert_array_equal(one, other)


def test_steps() -> None:
    knobs = np.linspace(0, 1, 3 * TURN + 2)[:, None]
    found = held_in_steps(knobs, TURN)
    assert found.shape == knobs.shape
    assert len(np.unique(found)) == 4
    np.testing.assert_allclose(found[:TURN], knobs[:TURN].mean())
    np.testing.assert_allclose(found[3 * TURN :], knobs[3 * TURN :].mean())
