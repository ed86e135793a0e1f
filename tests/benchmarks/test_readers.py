"""How quick the independent readers are: seconds of audio a second, printed, never asserted."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest

from engines.readers.rtneural import load

GOLDEN = Path(__file__).parents[1] / "golden" / "rtneural"
RATE = 48_000
SECONDS = 1.0

pytestmark = pytest.mark.benchmark


@pytest.mark.parametrize("name", ["stn_feedback", "lstm16", "lstm32", "gru8", "tcn4x16"])
def test_reader(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    network = load(GOLDEN / f"{name}.json")
    fed_back = name == "stn_feedback"
    width = network.n_in - network.n_out if fed_back else network.n_in
    x = np.random.default_rng(0).uniform(-0.5, 0.5, (round(SECONDS * RATE), width))
    run = network.process_fed_back if fed_back else network.process
    started = time.perf_counter()
    y = run(x)
    factor = SECONDS / (time.perf_counter() - started)
    assert np.isfinite(y).all()
    with capsys.disabled():
        print(f"\nreader, {name}: {factor:.2f} x real time")
