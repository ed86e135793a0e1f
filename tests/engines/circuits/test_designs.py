"""Grids of settings, and settings that fill the knobs' ranges."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engines.circuits.base import SimulatorError
from engines.circuits.designs import MAX_SETTINGS, grid, spread
from engines.circuits.library import circuit_named, circuits

OVERDRIVE = circuit_named("overdrive")


def test_a_grid_is_every_combination() -> None:
    found = grid(OVERDRIVE, {"drive": [0.0, 1.0, 0.0], "tone": [0.2, 0.4, 0.6]})
    assert len(found) == 6
    assert {one["level"] for one in found} == {0.7}
    assert found[0] == {"drive": 0.0, "tone": 0.2, "level": 0.7}
    assert grid(OVERDRIVE, {}) == [OVERDRIVE.settings()]
    assert grid(circuit_named("diode-clipper-2"), {}) == [{}]


def test_too_large_a_grid() -> None:
    many = list(np.linspace(0, 1, 30))
    with pytest.raises(SimulatorError, match="make 900 captures"):
        grid(OVERDRIVE, {"drive": many, "tone": many})


@settings(max_examples=30, deadline=None)
@given(
    name=st.sampled_from([name for name, c in circuits().items() if c.knobs]),
    count=st.integers(1, 60),
    seed=st.integers(0, 9),
)
def test_a_spread_stays_in_range_and_repeats(name: str, count: int, seed: int) -> None:
    circuit = circuit_named(name)
    found = spread(circuit, {}, count, seed)
    assert found == spread(circuit, {}, count, seed)
    assert 1 <= len(found) <= count
    for one in found:
        assert circuit.settings(one) == one
        for knob in circuit.knobs:
            if knob.taper == "switch":
                assert one[knob.param] in (knob.minimum, knob.maximum)


def test_a_spread_fills_the_space() -> None:
    """Every eighth of every knob's range is met by 64 settings, every sixteenth of each pair's."""
    found = np.array([list(one.values()) for one in spread(OVERDRIVE, {}, 64, 0)])
    assert found.shape == (64, 3)
    for knob in found.T:
        assert (np.histogram(knob, 8, (0, 1))[0] == 8).all()
    for one, other in ((0, 1), (0, 2), (1, 2)):
        cells = np.histogram2d(found[:, one], found[:, other], 4, ((0, 1), (0, 1)))[0]
        assert cells.min() >= 2


def test_a_logarithmic_knob_is_spread_by_ratio() -> None:
    ladder = circuit_named("ladder")
    found = np.array([one["cutoff"] for one in spread(ladder, {"resonance": [0.5]}, 64, 0)])
    middle = np.sqrt(50 * 10_000)
    assert np.count_nonzero(found < middle) == 32
    chosen = spread(ladder, {"cutoff": [100.0, 400.0, 200.0]}, 16, 0)
    assert all(100 <= one["cutoff"] <= 400 for one in chosen)
    assert all(one["resonance"] == 0.5 for one in spread(ladder, {"resonance": [0.5]}, 4, 0))


def test_what_cannot_be_spread() -> None:
    with pytest.raises(SimulatorError, match="nothing to spread"):
        spread(circuit_named("asymmetric-clipper"), {}, 4, 0)
    with pytest.raises(SimulatorError, match="nothing to spread"):
        spread(circuit_named("rc-lowpass"), {"resistance": [5000.0]}, 4, 0)
    with pytest.raises(SimulatorError, match="no knob 'volume'"):
        spread(OVERDRIVE, {"volume": [0.1, 0.2]}, 4, 0)
    with pytest.raises(SimulatorError, match="goes from 0 to 1"):
        spread(OVERDRIVE, {"drive": [0.1, 2.0]}, 4, 0)
    assert len(spread(OVERDRIVE, {}, MAX_SETTINGS, 0)) == MAX_SETTINGS
