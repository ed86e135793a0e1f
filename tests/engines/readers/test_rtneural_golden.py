"""The reader against vectors that RTNeural itself computed in double precision."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from engines.readers.rtneural import RtneuralNetwork, load

GOLDEN = Path(__file__).parents[2] / "golden" / "rtneural"
NAMES = sorted(path.stem for path in GOLDEN.glob("*.json"))
TOLERANCE = 2e-6


def vectors(name: str) -> tuple[np.ndarray, np.ndarray, bool]:
    with np.load(GOLDEN / f"{name}.npz", allow_pickle=False) as data:
        x = data["x"].astype(np.float64)[:, None]
        knobs = np.tile(data["knobs"].astype(np.float64), (len(x), 1))
        return np.hstack([x, knobs]), data["y"].astype(np.float64), bool(data["feedback"])


def run(network: RtneuralNetwork, x: np.ndarray, fed_back: bool) -> np.ndarray:
    return network.process_fed_back(x) if fed_back else network.process(x)


def test_all_golden_models_are_here() -> None:
    assert len(NAMES) == 14


@pytest.mark.parametrize("name", NAMES)
def test_reproduces_rtneural(name: str) -> None:
    x, y, fed_back = vectors(name)
    found = run(load(GOLDEN / f"{name}.json"), x, fed_back)
    assert found.shape == y.shape
    assert np.abs(found - y).max() < TOLERANCE


@pytest.mark.parametrize("name", NAMES)
def test_comparison_would_notice_one_wrong_weight(name: str) -> None:
    x, y, fed_back = vectors(name)
    network = load(GOLDEN / f"{name}.json")
    network.layers[-1].bias[0] += 1e-4  # type: ignore[attr-defined]
    assert np.abs(run(network, x, fed_back) - y).max() > TOLERANCE


@pytest.mark.parametrize("name", [name for name in NAMES if name != "stn_feedback"])
def test_blocks_give_the_same_samples_as_the_whole(name: str) -> None:
    x, _, _ = vectors(name)
    network = load(GOLDEN / f"{name}.json")
    whole = network.process(x)
    network.reset()
    cuts = [0, 1, 8, 72, 600, 601, len(x)]
    parts = [network.process(x[a:b]) for a, b in pairwise(cuts)]
    np.testing.assert_allclose(np.concatenate(parts), whole, rtol=0, atol=1e-13)


def test_reset_forgets_everything() -> None:
    x, y, _ = vectors("lstm16")
    network = load(GOLDEN / "lstm16.json")
    network.process(x[::-1])
    network.reset()
    assert np.abs(network.process(x) - y).max() < TOLERANCE
