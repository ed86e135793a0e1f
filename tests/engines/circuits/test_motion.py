"""Tracks of knobs that move: what they cover, where they rest, how they turn."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engines.circuits.base import Float64
from engines.circuits.motion import (
    GLIDE_SECONDS,
    TURN_SECONDS,
    Travel,
    coverage_check,
    in_float32,
    stepped,
    turned,
)
from projects.circuits import CircuitKnob
from projects.manifest import Section
from projects.splits import split_by_time

RATE = 4000
SECONDS = 60
N = RATE * SECONDS
SECTIONS = split_by_time("0" * 64, N, RATE).sections
GLIDE = round(GLIDE_SECONDS * RATE)
Make = Callable[..., Float64]

DRIVE = Travel(CircuitKnob(param="drive", name="Drive"), 0.0, 1.0)
CUTOFF = Travel(
    CircuitKnob(param="cutoff", name="Cutoff", minimum=50.0, maximum=1e4, default=1e3,
                unit="Hz", taper="log"), 50.0, 1e4,
)  # fmt: skip
LIMIT = Travel(CircuitKnob(param="limit", name="Limit", default=0.0, taper="switch"), 0.0, 1.0)
ALL = (DRIVE, CUTOFF, LIMIT)


def made(make: Make, *travels: Travel, seed: int = 1, hold: float = 1.0) -> Float64:
    return make(travels or ALL, SECTIONS, N, RATE, hold_seconds=hold, seed=seed)


def rests(column: Float64) -> list[tuple[int, int]]:
    """First and one after the last sample of every stretch in which a knob stands."""
    moves = np.concatenate([[True], np.diff(column) != 0.0, [True]])
    edges = np.flatnonzero(moves)
    return [(int(a), int(b)) for a, b in pairwise(edges) if b - a > 1]


@pytest.mark.parametrize("make", [stepped, turned])
def test_every_part_meets_the_whole_range_of_every_knob(make: Make) -> None:
    track = made(make)
    assert track.shape == (N, 3)
    for section in SECTIONS:
        here = track[section.start : section.stop]
        np.testing.assert_allclose(here.min(axis=0), [0.0, 50.0, 0.0])
        np.testing.assert_allclose(here.max(axis=0), [1.0, 1e4, 1.0])


@pytest.mark.parametrize("make", [stepped, turned])
def test_the_seed_decides(make: Make) -> None:
    np.testing.assert_array_equal(made(make), made(make))
    assert np.abs(made(make) - made(make, seed=2)).max() > 0.5


@pytest.mark.parametrize("make", [stepped, turned])
def test_a_log_knob_moves_by_ratio(make: Make) -> None:
    middle = np.sqrt(50.0 * 1e4)
    below = np.mean(made(make, CUTOFF) < middle)
    assert 0.35 < below < 0.65
    turns = np.diff(CUTOFF.shares(made(make, CUTOFF)[:, 0]))
    assert np.abs(turns).max() < 2.0 / (min(GLIDE_SECONDS, TURN_SECONDS[0]) * RATE)


@pytest.mark.parametrize("make", [stepped, turned])
def test_a_switch_stands_at_either_end(make: Make) -> None:
    column = made(make, LIMIT)[:, 0]
    between = (column > 0.0) & (column < 1.0)
    assert 0 < between.sum() < 0.05 * N
    for start, stop in rests(column):
        assert column[start] in (0.0, 1.0)
        assert stop - start > GLIDE


def test_stepped_knobs_hold_and_glide_together() -> None:
    track = made(stepped, DRIVE, CUTOFF, hold=0.5)
    standing = [rests(column) for column in track.T]
    assert [stop for _, stop in standing[0]] == [stop for _, stop in standing[1]]
    lengths = np.array([stop - start for start, stop in standing[0]])
    assert abs(len(lengths) - SECONDS / 0.5) < 4
    # The hold that reaches over a gap between two parts is the longer one.
    np.testing.assert_allclose(lengths, 0.5 * RATE - GLIDE, atol=0.3 * RATE)
    glides = [start - stop for (_, stop), (start, _) in pairwise(standing[0])]
    assert max(glides) < GLIDE
    assert min(glides) > GLIDE - 4  # the last steps are below what a double can tell


def test_the_first_setting_of_a_part_is_reached_in_the_gap_before_it() -> None:
    column = made(stepped, DRIVE)[:, 0]
    for section in SECTIONS[1:]:
        assert column[section.start - 1] == column[section.start + RATE // 4]
        assert column[section.start - GLIDE - 1] != column[section.start]


def test_turns_are_of_many_speeds_with_rests_between() -> None:
    column = made(turned, DRIVE)[:, 0]
    standing = rests(column)
    pauses = [(stop - start) / RATE for start, stop in standing[:-1]]
    turns = [(b - a) / RATE for (_, a), (b, _) in pairwise(standing)]
    assert 0.2 < min(pauses) < 0.5 < 1.0 < max(pauses) < 2.1
    assert TURN_SECONDS[0] / 2 < min(turns) < 0.15 < 1.0 < max(turns) <= TURN_SECONDS[1]


def test_knobs_that_are_turned_move_on_their_own() -> None:
    track = made(turned, DRIVE, CUTOFF)
    moving = np.diff(track, axis=0) != 0.0
    both = np.mean(moving[:, 0] & moving[:, 1])
    alone = np.mean(moving[:, 0] ^ moving[:, 1])
    assert 0.02 < both < alone


def test_a_turn_follows_the_path_of_least_jerk() -> None:
    column = made(stepped, DRIVE)[:, 0]
    start = int(np.flatnonzero(np.diff(column))[0])
    way = (column[start : start + GLIDE + 1] - column[start]) / (
        column[start + GLIDE] - column[start]
    )
    share = np.arange(GLIDE + 1) / GLIDE
    np.testing.assert_allclose(way, share**3 * (10 - 15 * share + 6 * share**2), atol=1e-12)


def test_a_short_part_is_held_at_both_ends() -> None:
    sections = (
        Section(start=0, stop=20000, part="train"),
        Section(start=20000, stop=22400, part="test"),
    )
    track = stepped([DRIVE], sections, 22400, RATE, hold_seconds=1.0, seed=0)
    assert (track[20000:].min(), track[20000:].max()) == (0.0, 1.0)
    check = coverage_check([DRIVE], in_float32([DRIVE], track), sections)
    assert check.level == "ok"
    assert check.value == 1.0
    assert "Drive between 0 and 1" in check.text


def test_a_part_that_misses_a_range_is_said() -> None:
    track = np.linspace(0.0, 1.0, N, dtype=np.float32)[:, None]
    check = coverage_check([DRIVE], track, SECTIONS)
    assert check.level == "warning"
    assert check.value == pytest.approx(0.15, abs=0.01)
    assert "the validation part meets only 15 %" in check.text


def test_many_knobs_are_not_all_named() -> None:
    knobs = [CircuitKnob(param=f"k{i}", name=f"Knob {i} " + "n" * 50) for i in range(32)]
    travels = [Travel(knob, 0.0, 1.0) for knob in knobs]
    track = in_float32(travels, stepped(travels, SECTIONS, N, 100, hold_seconds=9.0, seed=0))
    text = coverage_check(travels, track, SECTIONS).text
    assert "Knob 4 n" in text
    assert ", and 27 more. Every part of the audio meets all of that." in text
    assert len(text) < 1000


@given(
    low=st.floats(-1e4, 1e4), width=st.floats(1e-2, 1e6), shares=st.lists(st.floats(0, 1))
)  # fmt: skip
@settings(max_examples=200, deadline=None)
def test_rounded_to_float32_a_track_stays_in_its_range(
    low: float, width: float, shares: list[float]
) -> None:
    knob = CircuitKnob(param="k", name="K", minimum=low, maximum=low + width, default=low)
    travel = Travel(knob, low, low + width)
    track = travel.at(np.array([0.0, 1.0, *shares]))[:, None]
    found = in_float32([travel], track)
    assert found.dtype == np.float32
    wide = found.astype(np.float64)
    assert low <= wide.min()
    assert wide.max() <= low + width
    np.testing.assert_allclose(wide, track, rtol=3e-7, atol=1e-30)
