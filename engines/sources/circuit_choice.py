"""How any circuit is simulated: its knobs, the drive, the solver. The form is made of this."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from engines.circuits.designs import MAX_SETTINGS
from engines.sources.base import SourceConfig
from engines.sources.played import PlayedConfig
from projects.circuits import MAX_KNOBS


def _listed(value: Any) -> Any:
    """A single setting where a list of them is asked for."""
    return [value] if isinstance(value, int | float) and not isinstance(value, bool) else value


KnobSettings = Annotated[
    tuple[float, ...], Field(min_length=1, max_length=MAX_SETTINGS), BeforeValidator(_listed)
]


class SweepChoice(SourceConfig):
    """How a circuit's knobs are set or moved, how hot and how finely it is simulated."""

    design: Literal["grid", "spread"] = Field(
        "grid",
        title="Settings",
        description="Every combination of the knobs' settings, or so many spread over their ranges",
        json_schema_extra={
            "labels": {"grid": "At rest, or as listed", "spread": "Spread over the ranges"}
        },
    )
    count: int = Field(
        16, ge=1, le=MAX_SETTINGS, title="How many", description="Settings that are spread"
    )
    knobs: dict[str, KnobSettings] = Field(
        default_factory=dict,
        title="Knobs",
        description="Settings by knob; a knob that is not named stands at rest, or is spread",
        json_schema_extra={"hidden": True},
    )
    drive: float | None = Field(
        None,
        gt=0.0,
        le=100.0,
        title="Drive",
        description="What full scale is sent as; empty: what suits the circuit",
        json_schema_extra={"unit": "V"},
    )
    steps_per_sample: int | None = Field(
        None,
        ge=1,
        le=64,
        title="Steps a sample",
        description="Of the solver; more is more exact; empty: what suits the circuit",
    )
    states: bool = Field(
        True, title="Keep the states", description="Each capacitor's voltage, for a state network"
    )
    band_limited: bool = Field(
        False,
        title="Band-limit the output",
        description="Low-pass it at half the sample rate before it is sampled: less aliasing to "
        "learn. Not for a state network, which follows the circuit from sample to sample",
    )
    motion: Literal["none", "stepped", "moving", "file"] = Field(
        "none",
        title="Knobs during a run",
        description="At rest, or moving while the signal plays: one capture has it all",
        json_schema_extra={
            "labels": {
                "none": "At rest",
                "stepped": "From setting to setting",
                "moving": "Turned as a player turns them",
                "file": "As a file says",
            }
        },
    )
    move: tuple[str, ...] = Field(
        (),
        max_length=MAX_KNOBS,
        title="Knobs that move",
        description="Empty: those with several settings, else all that are not set",
        json_schema_extra={"hidden": True},
    )
    hold_seconds: float = Field(
        1.0,
        ge=0.1,
        le=60.0,
        title="Rest",
        description="How long a knob that moves rests at a setting, about",
        json_schema_extra={"unit": "s"},
    )
    motion_file: str = Field(
        "",
        max_length=4096,
        title="Motion file",
        description="A table (CSV) whose first line is time,knob,knob…; seconds, and settings",
    )
    simulator: Literal["ngspice", "ltspice"] = Field(
        "ngspice",
        title="Simulator",
        description="Which program computes it",
        json_schema_extra={"labels": {"ngspice": "ngspice", "ltspice": "LTspice"}},
    )

    @model_validator(mode="after")
    def _file_and_motion(self) -> Self:
        if (self.motion == "file") != bool(self.motion_file.strip()):
            raise ValueError(
                "the knobs are to move as a file says, and no motion file is named"
                if self.motion == "file"
                else "a motion file is named, and the knobs are not to move as a file says"
            )
        return self


class PlayedSweep(PlayedConfig, SweepChoice):
    """What is played through a circuit, and at which settings."""
