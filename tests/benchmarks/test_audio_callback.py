"""How much of a block's time the audio callback takes: printed, never asserted."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest
from audio_engine import RATE, lstm, music

from engines.audition.material import material_of
from engines.audition.slots import HeardModel
from engines.audition.transport import Transport

pytestmark = pytest.mark.benchmark
SECONDS = 3.0


@pytest.mark.parametrize("block", [64, 128, 512])
@pytest.mark.parametrize("models", [0, 1, 2])
def test_callback(block: int, models: int, capsys: pytest.CaptureFixture[str]) -> None:
    x = music(SECONDS)
    transport = Transport()
    transport.set_material(material_of("music", x, RATE, np.tanh(3 * x).astype(np.float32)))
    for slot, seed in zip(("model", "second"), range(models), strict=False):
        transport.set_model(slot, HeardModel(Path("none"), lstm("one", seed)))  # type: ignore[arg-type]
    transport.play()
    out = np.zeros((block, 2), dtype=np.float32)
    transport.graph.process(out)
    shares = []
    for _ in range(round(SECONDS * RATE / block) - 2):
        begun = time.perf_counter()
        transport.graph.process(out)
        shares.append((time.perf_counter() - begun) * RATE / block)
    assert np.isfinite(out).all()
    median, worst = np.percentile(shares, [50, 99.9])
    with capsys.disabled():
        print(
            f"\ncallback, block {block}, {models} LSTM-8: {100 * median:.2f} % of its time, "
            f"99.9 % of blocks under {100 * worst:.2f} %"
        )
