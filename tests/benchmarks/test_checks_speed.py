"""How fast a long pair is looked at, against real time."""

from __future__ import annotations

import time

import numpy as np
import pytest

from engines.audio.blocks import ArrayAudio
from engines.checks import examine
from engines.signals.builtin import builtin_dry

RATE = 44_100


@pytest.mark.benchmark
def test_twenty_minutes() -> None:
    dry = np.tile(builtin_dry(60.0, RATE, 3).samples, 20)
    wet = (0.6 * np.tanh(3.0 * dry)).astype(np.float32)
    examine(ArrayAudio(dry[: 5 * RATE], RATE), ArrayAudio(wet[: 5 * RATE], RATE))
    start = time.process_time()
    examine(ArrayAudio(dry, RATE), ArrayAudio(wet, RATE))
    taken = time.process_time() - start
    speed = len(dry) / RATE / taken
    print(f"20 min of dry and wet in {taken:.2f} s of one core: {speed:.0f} x real time")
    assert speed > 300
