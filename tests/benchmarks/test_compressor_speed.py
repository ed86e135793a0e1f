"""What a step of the compressor's fit costs beside playing the same audio.

python -m pytest tests/benchmarks/test_compressor_speed.py -s -m benchmark
"""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from engines.effects.compressor import Compressor, CompressorSettings
from engines.models.compressor.fitting import Fit, Stretch
from engines.models.compressor.parameters import rows_of

pytestmark = pytest.mark.benchmark
RATE = 48_000
SECONDS = 4


def test_sensitivities_cost_a_few_times_the_loop(capsys: pytest.CaptureFixture[str]) -> None:
    """Eleven derivatives and their products for less than eight times the samples alone."""
    rng = np.random.default_rng(0)
    x = 0.3 * rng.normal(size=SECONDS * RATE)
    chosen = CompressorSettings(averaging=0.002)
    effect = Compressor(chosen, RATE)
    table = rows_of(chosen, 11)[:, None]
    with ThreadPoolExecutor(1) as pool:
        stretch = Stretch(x, 0.5 * x, np.zeros(0), 0)
        fit = Fit([stretch], (11, 1), RATE, order=1, branching=False, inverted=False, pool=pool)
        work = {
            "playing": lambda: effect.process(x),
            "loss": lambda: fit.loss(table.ravel()),
            "normal equations": lambda: fit.normal_equations(table.ravel()),
        }
        found = {}
        for name, act in work.items():
            act()
            times = []
            for _ in range(7):
                begin = time.perf_counter()
                act()
                times.append(time.perf_counter() - begin)
            found[name] = 1e9 * min(times) / len(x)
    with capsys.disabled():
        print()
        for name, cost in found.items():
            print(f"{name:18s} {cost:6.1f} ns a sample, {cost / found['playing']:4.1f} x playing")
    assert found["normal equations"] < 8 * found["playing"]
