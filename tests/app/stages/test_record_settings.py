"""Knobs and values as typed, the grid of settings, what is done."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.stages.record_settings import (
    KnobValues,
    controls_of,
    grid,
    instruction,
    is_done,
    parse_values,
    setting_words,
    suggested,
    turned,
)
from projects.manifest import CaptureEntry, Control


def entry(**knobs: float) -> CaptureEntry:
    return CaptureEntry(id="one", name="One", dry_id="0" * 64, knobs=knobs)


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("0, 0.5, 1", (0.0, 0.5, 1.0)),
        ("0 5;10", (0.0, 5.0, 10.0)),
        (" -3.5 ,, 2 ", (-3.5, 2.0)),
        ("1, 1, 1", (1.0,)),
        ("", ()),
    ],
)
def test_values_are_read(text: str, values: tuple[float, ...]) -> None:
    assert parse_values(text) == values


@pytest.mark.parametrize("text", ["a", "0, loud", "nan", "1e999"])
def test_what_is_no_value_is_said(text: str) -> None:
    said = parse_values(text)
    assert isinstance(said, str)
    assert "not a number" in said


@given(st.text(max_size=40))
def test_any_text_is_values_or_a_sentence(text: str) -> None:
    assert isinstance(parse_values(text), str | tuple)


@given(st.lists(st.integers(1, 4), min_size=1, max_size=4))
def test_a_single_knob_is_turned_at_a_time(counts: list[int]) -> None:
    knobs = [
        KnobValues(f"k{number}", tuple(float(value) for value in range(count)))
        for number, count in enumerate(counts)
    ]
    settings = grid(knobs)
    assert len({tuple(sorted(setting.items())) for setting in settings}) == len(settings)
    assert turned(settings) == len(settings) - 1


def test_without_knobs_there_is_one_take() -> None:
    assert grid(()) == ({},)
    assert instruction({}) == "Press Record."


def test_too_many_settings_are_refused() -> None:
    values = tuple(float(value) for value in range(40))
    with pytest.raises(ValueError, match="1600 settings; at most 1000"):
        grid([KnobValues("a", values), KnobValues("b", values)])


def test_words() -> None:
    setting = {"gain": 0.5, "tone": 1.0, "bright": 0.0}
    assert setting_words(setting) == "gain 0.5, tone 1, bright 0"
    assert instruction(setting) == (
        "Set gain to 0.5, tone to 1 and bright to 0, then press Record."
    )


def test_what_the_project_has_is_done() -> None:
    entries = [entry(gain=0.3), entry(gain=0.1 + 0.2, tone=1.0)]
    assert is_done({"gain": 0.3}, entries)
    assert is_done({"tone": 1.0, "gain": 0.3}, entries)
    assert not is_done({"gain": 0.31}, entries)
    assert not is_done({"gain": 0.3, "tone": 0.5}, entries)


def test_ranges_come_from_the_project_or_from_what_is_recorded() -> None:
    known = Control(name="gain", minimum=0, maximum=10, default=5)
    assert suggested(known).values == (0.0, 5.0, 10.0)
    assert suggested(Control(name="bright", taper="switch")).values == (0.0, 1.0)
    knobs = [KnobValues("gain", (0.0, 1.0)), KnobValues("tone", (2.0, 8.0, 5.0))]
    (made,) = controls_of([*knobs, KnobValues("fixed", (3.0,))], [known])
    assert (made.name, made.minimum, made.maximum, made.default) == ("tone", 2.0, 8.0, 5.0)
