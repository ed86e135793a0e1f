"""What stands at the ticks of a plot."""

from __future__ import annotations

import numpy as np
import pytest

from widgets.axes import TIME_STEPS, FrequencyAxis, TimeAxis, multiples, time_steps
from widgets.theme import Theme
from widgets.wave_head import length_text


@pytest.mark.parametrize("span", np.geomspace(1e-4, 40_000, 60).tolist())
@pytest.mark.parametrize("pixels", [300, 900, 1900])
def test_written_ticks_have_room_and_are_whole(span: float, pixels: int) -> None:
    major, minor = time_steps(span, pixels)
    assert major * pixels / span >= 89.9
    assert major / minor == pytest.approx(round(major / minor))
    if major < 1:
        assert f"{major:.0e}"[0] in "125"
    elif major <= TIME_STEPS[-1]:
        assert major in TIME_STEPS
    assert len(multiples(7.0, 7.0 + span, major)) <= pixels / 89 + 1


def test_hours_are_written_as_hours(theme: Theme) -> None:
    axis = TimeAxis()
    levels = axis.tickValues(0.0, 10_800.0, 900)
    assert axis.tickStrings(levels[0][1], 1.0, levels[0][0])[:2] == ["0:00", "30:00"]
    assert axis.tickStrings([7200.0], 1.0, 3600.0) == ["2:00:00"]


def test_frequencies_are_written_on_both_axes(theme: Theme) -> None:
    axis = FrequencyAxis("left")
    (spacing, major), _ = axis.tickValues(np.log10(20), np.log10(20_000), 300)
    words = axis.tickStrings(major, 1.0, spacing)
    assert words[:3] == ["20", "50", "100"]
    assert words[-1] == "20k"
    axis.set_logarithmic(False)
    assert axis.tickStrings([0.0, 5000.0, 22_050.0], 1.0, 5000.0) == ["0", "5k", "22.05k"]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(2e-5, "20 µs"), (0.0125, "12.5 ms"), (2.5, "2.500 s"), (62.5, "1:02.5")],
)
def test_lengths(seconds: float, text: str) -> None:
    assert length_text(seconds) == text
