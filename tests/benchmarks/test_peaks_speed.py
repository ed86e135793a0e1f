"""How much a pyramid spares: a screen of an hour of audio against reading it all."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
import pytest

from widgets.peaks import ArraySource, PeakPyramid

RATE = 48_000
COLUMNS = 1600


def best_of(runs: int, action: Callable[[], object]) -> float:
    taken = []
    for _ in range(runs):
        start = time.process_time()
        action()
        taken.append(time.process_time() - start)
    return min(taken)


@pytest.mark.benchmark
@pytest.mark.parametrize("seconds", [3600.0, 60.0, 16.0, 1.0])
def test_a_screen_of_an_hour(seconds: float) -> None:
    array = np.random.default_rng(0).standard_normal(3600 * RATE, dtype=np.float32)
    source = ArraySource(array, RATE, PeakPyramid.build(array))
    stop = int(seconds * RATE)
    whole = best_of(3, lambda: (array.min(), array.max()))
    screen = best_of(20, lambda: source.peaks(0, stop, COLUMNS))
    print(f"{seconds:g} s on screen: {1e3 * screen:.2f} ms, {whole / screen:.0f} times less")
    assert screen < whole / 20
