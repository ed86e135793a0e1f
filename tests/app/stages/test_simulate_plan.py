"""What a sweep's plan asks for, how it is remembered, and how it is said."""

from __future__ import annotations

from dataclasses import replace

import pytest
from pydantic import ValidationError

from app.stages.simulate_advice import advised
from app.stages.simulate_estimate import (
    about,
    effort,
    guessed_speed,
    keep_speed,
    known_speed,
    sentence,
)
from app.stages.simulate_plan import MAX_SETTINGS, Design, KnobPlan, Plan, evenly
from engines.circuits.advice import Advice, KnobAdvice
from engines.circuits.library import circuit_named
from engines.sources.circuit import CircuitConfig
from projects.circuits import CircuitKnob

POT = CircuitKnob(param="drive", name="Drive", default=0.5)
CUTOFF = CircuitKnob(
    param="cutoff", name="Cutoff", minimum=50, maximum=10_000, default=1000, unit="Hz", taper="log"
)
SWITCH = CircuitKnob(param="bright", name="Bright", default=0.0, taper="switch")


def varied(design: Design, *names: str, circuit: str = "overdrive") -> Plan:
    """A plan of a circuit of the library in which these knobs vary over their whole range."""
    plan = Plan.of(circuit_named(circuit).knobs)
    knobs = tuple(replace(one, varies=one.knob.param in names) for one in plan.knobs)
    return replace(plan, knobs=knobs, design=design)


def test_even_settings_follow_the_taper_and_reach_both_ends() -> None:
    assert evenly(POT, 0.0, 1.0, 5) == (0.0, 0.25, 0.5, 0.75, 1.0)
    assert evenly(CUTOFF, 50, 5000, 3) == (50, 500, 5000)
    assert evenly(SWITCH, 0, 1, 9) == (0.0, 1.0)
    assert evenly(POT, 0.3, 0.3, 4) == (0.3,)


def test_a_grid_is_counted_as_its_source_counts_it() -> None:
    plan = varied("grid", "drive", "tone")
    plan = replace(plan, knobs=(replace(plan.knobs[0], listed=(0.2, 0.4, 0.8)), *plan.knobs[1:]))
    assert plan.captures() == 15
    config = CircuitConfig.model_validate({"circuit": "overdrive", **plan.config()})
    settings = config.settings()
    assert settings == plan.settings()
    assert {one["level"] for one in settings if one} == {0.7}
    said = sentence(plan, 45.0, 0.5, measured=True)
    assert said == "3 × 5 = 15 captures, 11 min of audio, about 22 min on this machine."


@pytest.mark.parametrize("motion", ["turned", "stepped"])
def test_moving_knobs_go_to_the_source_as_it_names_them(motion: str) -> None:
    plan = replace(varied("moving", "drive"), motion=motion, hold=0.5, takes=2)  # type: ignore[arg-type]
    config = CircuitConfig.model_validate({"circuit": "overdrive", **plan.config()})
    assert config.motion == {"turned": "moving", "stepped": "stepped"}[motion]
    assert config.move == ("drive",)
    assert config.knobs == {"drive": (0.0, 1.0), "tone": (0.5,), "level": (0.7,)}
    assert (config.hold_seconds, len(config.settings())) == (0.5, 2)
    assert "2 captures in which drive moves, 20 s of audio" in sentence(
        plan, 10.0, 1.0, measured=False
    )


def test_a_file_moves_the_knobs_that_are_not_set() -> None:
    plan = replace(varied("moving", "drive"), motion="file", path="/tmp/turns.csv", takes=7)
    found = plan.config()
    assert found["motion_file"] == "/tmp/turns.csv"
    assert "drive" not in found["knobs"]
    assert plan.captures() == 1
    CircuitConfig.model_validate({"circuit": "overdrive", **found})


def test_a_spread_says_what_it_is_spread_over() -> None:
    plan = replace(varied("spread", "drive", "tone"), count=25)
    config = CircuitConfig.model_validate({"circuit": "overdrive", **plan.config()})
    assert (config.design, config.count) == ("spread", 25)
    assert config.knobs["level"] == (0.7,)
    said = sentence(plan, 45.0, 2.0, measured=False)
    assert said.startswith("25 captures, spread over drive and tone, 19 min of audio, roughly ")


def test_what_the_page_refuses_its_source_refuses_too() -> None:
    plan = varied("grid", "drive")
    outside = replace(plan.knobs[0], listed=(0.0, 1.5))
    assert "1.5 is outside" in outside.problem("grid")
    asked = replace(plan, knobs=(outside, *plan.knobs[1:]))
    with pytest.raises(ValidationError, match=r"1\.5 is outside"):
        CircuitConfig.model_validate({"circuit": "overdrive", **asked.config()})
    many = tuple(
        replace(one, varies=True, listed=evenly(one.knob, 0.0, 1.0, 8)) for one in plan.knobs
    )
    assert "512 captures" in replace(plan, knobs=many).problem()
    wanted = replace(plan, knobs=many).config()
    with pytest.raises(ValidationError, match="512 captures"):
        CircuitConfig.model_validate({"circuit": "overdrive", **wanted})
    nothing = replace(varied("moving"), design="moving")
    assert nothing.problem() == "No knob moves: let at least one."
    assert KnobPlan(POT, True, 0.5, (), 0.7, 0.7).problem("spread").startswith("The range is empty")


def test_a_plan_is_remembered_and_what_makes_no_sense_is_not() -> None:
    plan = replace(varied("moving", "tone"), motion="stepped", hold=2.5, count=9, takes=3)
    fresh = Plan.of(circuit_named("overdrive").knobs)
    assert fresh.with_kept(plan.kept()) == plan
    damaged = {
        "design": "sideways",
        "count": -4,
        "takes": 10_000,
        "hold": float("nan"),
        "knobs": {"drive": {"listed": ["x", True, None], "value": "high"}, "tone": 7, "gone": {}},
    }
    found = fresh.with_kept(damaged)
    assert (found.design, found.count, found.takes, found.hold) == ("one", 1, MAX_SETTINGS, 1.0)
    assert found.knobs == fresh.knobs
    assert fresh.with_kept("nonsense") == fresh


def test_advice_fills_the_table() -> None:
    plan = varied("one")
    drive = KnobAdvice("drive", "Drive", (0.0, 0.1, 0.4, 1.0), 5e-4, "")
    level = KnobAdvice("level", "Level", (0.0, 1.0), 5e-4, "", "scales")
    found = advised(plan, Advice((drive, level), 4, "", "grid"))
    assert found.design == "grid"
    assert found.captures() == 4
    assert found.lists() == {"drive": [0.0, 0.1, 0.4, 1.0], "tone": [0.5], "level": [0.7]}
    spread = advised(plan, Advice((drive,), 24, "", "spread"))
    assert (spread.design, spread.captures(), spread.lists()["drive"]) == ("spread", 24, [0.0, 1.0])


def test_measured_speeds_are_kept_and_the_odd_one_out_does_not_count() -> None:
    forms: dict[str, dict[str, object]] = {}
    assert known_speed(forms, "circuit-overdrive") is None
    for speed in (0.5, 0.52, 40.0, 0.48, 0.5, 0.51):
        keep_speed(forms, "circuit-overdrive", speed)
    assert known_speed(forms, "circuit-overdrive") == pytest.approx(0.51)
    assert guessed_speed(13, 1) < guessed_speed(1, 1) < guessed_speed(None, 1, circuit=False)
    assert (effort(96_000, 8), effort(24_000, None)) == (4.0, 0.5)
    assert (about(0.2), about(45), about(840), about(9000)) == ("1 s", "45 s", "14 min", "2.5 h")
