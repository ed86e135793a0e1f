"""What captures say of each other: who is out of line, and what stands twice."""

from __future__ import annotations

import numpy as np
import pytest
from made_pairs import coloured_noise, late, mild

from engines.audio.blocks import ArrayAudio
from engines.checks import PairReport, SetItem, examine, examine_set
from engines.checks.fingerprints import Marking, fingerprints
from projects.manifest import Section

RATE = 44100
LONG = coloured_noise(12.0, RATE, 5).astype(np.float32)


def look(x: np.ndarray, lag: float = 0.0, sign: float = 1.0) -> PairReport:
    wet = sign * late(mild(x.astype(float), RATE), lag)
    return examine(ArrayAudio(x, RATE), ArrayAudio(wet, RATE))


@pytest.fixture(scope="module")
def reports() -> dict[tuple[float, float], PairReport]:
    short = LONG[: 4 * RATE]
    return {
        (lag, sign): look(short, lag, sign)
        for lag, sign in [(0.0, 1.0), (67.0, 1.0), (0.0, -1.0), (67.0, -1.0), (-3.0, 1.0)]
    }


def of_set(*reports: PairReport) -> list[PairReport]:
    return examine_set(
        [SetItem(f"take {k}", report, "train", {"k": float(k)}) for k, report in enumerate(reports)]
    )


def test_who_is_out_of_line_is_named_and_left_out(
    reports: dict[tuple[float, float], PairReport],
) -> None:
    fine, shifted = reports[0.0, 1.0], reports[67.0, 1.0]
    found = of_set(fine, fine, shifted, fine)
    assert [report.included for report in found] == [True, True, False, True]
    check = found[2].check("latency")
    assert check is not None
    assert "67.0 samples" in check.text
    assert "the 3 others" in check.text
    assert [(fix.kind, fix.shift) for fix in check.fixes] == [("leave-out", 0), ("shift", 67)]
    assert found[2].edits.shift == 0


def test_where_all_are_late_alike_none_is_left_out(
    reports: dict[tuple[float, float], PairReport],
) -> None:
    for report in of_set(*[reports[67.0, 1.0]] * 3):
        check = report.check("latency")
        assert check is not None
        assert report.included
        assert check.fixes[0].shift == 67
        assert check.fixes[0].safe


def test_where_all_are_early_alike_the_shift_is_offered(
    reports: dict[tuple[float, float], PairReport],
) -> None:
    for report in of_set(*[reports[-3.0, 1.0]] * 3):
        check = report.check("latency")
        assert check is not None
        assert report.included
        assert check.level == "problem"
        assert check.fixes[0].shift == -3


def test_an_inverting_device_is_told_from_an_inverted_take(
    reports: dict[tuple[float, float], PairReport],
) -> None:
    fine, turned = reports[0.0, 1.0], reports[0.0, -1.0]
    found = of_set(fine, turned, fine)
    assert [report.included for report in found] == [True, False, True]
    check = found[1].check("polarity")
    assert check is not None
    assert "unlike in the 2 others" in check.text
    for report in of_set(turned, turned, turned):
        check = report.check("polarity")
        assert check is not None
        assert report.included
        assert "the device itself inverts" in check.text


def test_the_same_settings_twice(reports: dict[tuple[float, float], PairReport]) -> None:
    report = reports[0.0, 1.0]
    items = [("one", report, None, {"gain": 1.0}), ("two", report, None, {"gain": 1.0})]
    first, second = examine_set(items)
    assert first.check("duplicate") is not None
    assert second.check("duplicate") is not None
    assert all(
        one.check("duplicate") is None
        for one in examine_set([items[0], ("two", report, None, {"gain": 0.5})])
    )


def test_the_same_input_on_both_sides_of_the_split_at_another_offset() -> None:
    excerpt = LONG[3 * RATE + 1234 : 9 * RATE]
    other = coloured_noise(6.0, RATE, 77).astype(np.float32)
    first, second, third = look(LONG), look(excerpt), look(other)
    found = examine_set(
        [
            SetItem("long", first, "train", {}),
            SetItem("excerpt", second, "test", {}),
            SetItem("other", third, "test", {}),
        ]
    )
    check = found[1].check("same input")
    assert check is not None
    assert check.level == "warning"
    assert " stand in long at 3." in check.text or " stand in long at 4." in check.text
    covered = sum(one.stop - one.start for one in check.where)
    assert covered > 0.5 * len(excerpt)
    assert found[0].check("same input") is not None
    assert found[2].check("same input") is None
    same_part = examine_set([SetItem("a", first, "train", {}), SetItem("b", second, "train", {})])
    assert all(report.check("same input") is None for report in same_part)


def test_the_same_input_within_one_recording() -> None:
    x = np.concatenate([LONG[: 5 * RATE], LONG[: 5 * RATE]])
    sections = (
        Section(start=0, stop=5 * RATE, part="train"),
        Section(start=5 * RATE, stop=10 * RATE, part="test"),
    )
    (report,) = examine_set([SetItem("loop", look(x), sections, {})])
    check = report.check("same input")
    assert check is not None
    assert "this very recording" in check.text


def test_marks_depend_on_the_audio_alone() -> None:
    whole = fingerprints(LONG)
    assert len(whole.hashes) > len(LONG) / 40000
    marking = Marking()
    rng = np.random.default_rng(2)
    at = 0
    while at < len(LONG):
        size = int(rng.integers(1, 60000))
        marking.take(LONG[at : at + size])
        at += size
    pieces = marking.result()
    np.testing.assert_array_equal(pieces.hashes, whole.hashes)
    np.testing.assert_array_equal(pieces.places, whole.places)
    offset = 33_333
    part = fingerprints(LONG[offset:])
    later = {(h, p) for h, p in zip(whole.hashes, whole.places - offset, strict=True) if p >= 4096}
    assert later == set(zip(part.hashes, part.places, strict=True))
