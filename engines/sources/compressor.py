"""A feed-forward compressor that Trimpot computes, its knobs swept into captures."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from engines.effects.compressor import Compressor, CompressorSettings
from engines.sources.base import SourceConfig
from engines.sources.played import PlayedConfig
from engines.sources.sweep import Knob, Settings, SweepConfig, SweepSource

THRESHOLD = Knob("threshold", "Threshold", -60.0, 0.0, -24.0, "dB")
RATIO = Knob("ratio", "Ratio", 1.0, 100.0, 4.0, "", "log")
KNEE = Knob("knee", "Knee", 0.0, 40.0, 6.0, "dB")
ATTACK = Knob("attack", "Attack", 0.05, 500.0, 5.0, "ms", "log")
RELEASE = Knob("release", "Release", 1.0, 5000.0, 100.0, "ms", "log")
MAKE_UP = Knob("make_up", "Make-up", -24.0, 36.0, 0.0, "dB")


class CompressorKnobs(SweepConfig):
    """The compressor's knobs, each a list of settings, and what has no knob."""

    knobs: ClassVar[tuple[Knob, ...]] = (THRESHOLD, RATIO, KNEE, ATTACK, RELEASE, MAKE_UP)

    threshold: tuple[float, ...] = THRESHOLD.list_field(
        -36.0, -24.0, -12.0, description="One capture for each; several with commas"
    )
    ratio: tuple[float, ...] = RATIO.list_field(2.0, 4.0, 8.0)
    knee: tuple[float, ...] = KNEE.list_field(6.0)
    attack: tuple[float, ...] = ATTACK.list_field(5.0, description="63 % of the way")
    release: tuple[float, ...] = RELEASE.list_field(100.0, description="63 % of the way back")
    make_up: tuple[float, ...] = MAKE_UP.list_field(0.0)
    averaging: float = Field(
        0.0,
        ge=0.0,
        le=500.0,
        title="Averaging",
        description="Of the level's reading; 0 reads peaks",
        json_schema_extra={"unit": "ms"},
    )
    ballistics: Literal["decoupled", "branching"] = Field(
        "decoupled",
        title="Ballistics",
        description="Release and then attack, or one or the other",
        json_schema_extra={
            "labels": {"decoupled": "Release, then attack", "branching": "Attack or release"}
        },
    )


class CompressorConfig(PlayedConfig, CompressorKnobs):
    """The knobs' settings, and what is played."""


class CompressorSource(SweepSource):
    """Threshold, ratio, knee, attack, release and make-up."""

    name: ClassVar[str] = "compressor"
    label: ClassVar[str] = "Compressor"
    summary: ClassVar[str] = "A feed-forward compressor that Trimpot computes; its knobs are swept"
    Config: ClassVar[type[SourceConfig]] = CompressorConfig

    def effect(self, config: CompressorConfig, settings: Settings, rate: int) -> Compressor:
        """The compressor at one setting; times in the config are in ms."""
        return Compressor(
            CompressorSettings(
                threshold=settings["threshold"],
                ratio=settings["ratio"],
                knee=settings["knee"],
                attack=1e-3 * settings["attack"],
                release=1e-3 * settings["release"],
                make_up=settings["make_up"],
                averaging=1e-3 * config.averaging,
                ballistics=config.ballistics,
            ),
            rate,
        )


SOURCE = CompressorSource()
