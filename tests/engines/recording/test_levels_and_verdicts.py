"""What to turn before a take, and what a take tells about itself."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from engines.recording.latency import RoundTrip
from engines.recording.layout import Layout
from engines.recording.levels import judge_levels
from engines.recording.session import Lost, TakeFacts, read_facts, write_facts
from engines.recording.signal import SignalConfig, level_signal, make_signal
from engines.recording.verdicts import take_checks
from projects.capture import Check
from projects.errors import FileFormatError

RATE = 48_000
Float = NDArray[np.float32]


def heard(gain_db: float, noise_db: float = -90.0, level: float = -6.0) -> tuple[Float, Layout]:
    """A level check that came back a little later, louder or fainter, over noise."""
    samples, layout = level_signal(RATE, level)
    noise = 10 ** (noise_db / 20) * np.random.default_rng(0).standard_normal(len(samples) + 5000)
    noise[300 : 300 + len(samples)] += 10 ** (gain_db / 20) * samples
    return np.clip(noise, -1.0, 1.0).astype(np.float32), layout


def test_a_good_level_is_good() -> None:
    report = judge_levels(*heard(0.0))
    assert report.level == "ok"
    assert report.peak_in_db == pytest.approx(-6.0, abs=0.1)
    assert report.noise_floor_db == pytest.approx(-90.0, abs=0.5)
    assert report.trip is not None
    assert report.trip.whole == 300
    assert "good" in report.advice


@pytest.mark.parametrize(
    ("gain", "noise", "level", "words"),
    [
        (12.0, -90.0, "problem", "The input clips"),
        (5.5, -90.0, "warning", "it may clip"),
        (-34.0, -100.0, "warning", "Turn the input's gain up by some 34 dB"),
        (-10.0, -40.0, "warning", "above the noise"),
    ],
)
def test_advice_says_what_to_turn(gain: float, noise: float, level: str, words: str) -> None:
    report = judge_levels(*heard(gain, noise))
    assert report.level == level
    assert words in report.advice


def test_nothing_and_something_else_are_told_apart() -> None:
    samples, layout = level_signal(RATE, -6.0)
    silent = judge_levels(np.zeros(len(samples), np.float32), layout)
    assert silent.trip is None
    assert silent.level == "problem"
    assert "Check the cable" in silent.advice
    other = 0.1 * np.random.default_rng(1).standard_normal(len(samples)).astype(np.float32)
    assert "does not hold the test signal" in judge_levels(other, layout).advice


def a_trip(**told: object) -> RoundTrip:
    facts = {
        "samples": 1000.02, "whole": 1000, "sure": 0.99, "inverted": False, "polarity_sure": 1.0,
        "drift_ppm": 0.0, "lost": 0, "lost_between": None, "heard": 15, "sent": 15,
        "snr_db": 60.0, "wide": True,
    }  # fmt: skip
    return RoundTrip(**(facts | told))  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def layout() -> Layout:
    return make_signal(SignalConfig(seconds=4, test_seconds=2), RATE, -6.0)[1]


def facts(**told: object) -> TakeFacts:
    return TakeFacts(output="out", input="in", **({"ending": "whole"} | told))  # type: ignore[arg-type]


def by_name(checks: tuple[Check, ...], name: str) -> Check:
    return next(check for check in checks if check.name == name)


def test_a_clean_take_has_nothing_to_look_at(layout: Layout) -> None:
    checks = take_checks(a_trip(), layout, facts(), layout.n_samples)
    assert {check.level for check in checks} == {"ok"}
    assert "1000.0 samples (20.83 ms)" in by_name(checks, "round trip").text


def test_lost_audio_is_cut_out_where_it_was(layout: Layout) -> None:
    early = Lost(at=50, side="output")
    lost = (early, Lost(at=101_000, side="input"), Lost(at=300_000, side="output"))
    checks = take_checks(a_trip(), layout, facts(lost=lost), layout.n_samples)
    check = by_name(checks, "dropouts")
    assert check.value == 2.0  # what is lost in the silence at the start harms nothing
    assert [place.start for place in check.where] == [100_000 - 4800, 300_000 - 4800]
    assert check.fixes[0].kind == "cut"
    assert check.fixes[0].cuts == check.where


def test_samples_that_were_lost_leave_the_take_out(layout: Layout) -> None:
    trip = a_trip(lost=480, lost_between=(24_000, 240_000))
    check = by_name(take_checks(trip, layout, facts(), layout.n_samples), "samples lost")
    assert check.level == "problem"
    assert "Between 0.5 s and 5.0 s 480 samples were lost" in check.text
    assert check.fixes[0].kind == "leave-out"


@pytest.mark.parametrize(("ppm", "level"), [(0.3, "ok"), (-1.5, "warning"), (40.0, "problem")])
def test_two_clocks_are_told(layout: Layout, ppm: float, level: str) -> None:
    checks = take_checks(a_trip(drift_ppm=ppm), layout, facts(), layout.n_samples)
    check = by_name(checks, "clocks")
    assert check.level == level
    if level != "ok":
        assert ("faster" in check.text) == (ppm > 0)
        assert "one interface" in check.advice


def test_a_short_take_says_what_is_missing(layout: Layout) -> None:
    n = layout.playing.start + 30_000
    check = by_name(take_checks(a_trip(), layout, facts(ending="gone"), n), "take cut short")
    assert "the sound device went away" in check.text
    assert "nothing for validation and test" in check.advice


def test_the_facts_of_a_take_survive_the_disk(tmp_path: Path) -> None:
    told = facts(lost=(Lost(at=5, side="input"),), clipped=7)
    write_facts(tmp_path, told)
    assert read_facts(tmp_path) == told
    (tmp_path / "take.json").write_text('{"output": 3}')
    with pytest.raises(FileFormatError, match="damaged"):
        read_facts(tmp_path)
