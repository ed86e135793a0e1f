"""A waveshaper that Trimpot computes, its knobs swept into captures."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from engines.effects.waveshaper import Oversampling, Waveshaper, WaveshaperSettings
from engines.sources.base import SourceConfig
from engines.sources.played import PlayedConfig
from engines.sources.sweep import Knob, Settings, SweepConfig, SweepSource

DRIVE = Knob("drive", "Drive", -20.0, 60.0, 20.0, "dB")
BIAS = Knob("bias", "Bias", -1.0, 1.0, 0.0)
ASYMMETRY = Knob("asymmetry", "Asymmetry", -4.0, 4.0, 0.0)
LEVEL = Knob("level", "Level", -40.0, 20.0, -6.0, "dB")


class WaveshaperKnobs(SweepConfig):
    """The waveshaper's knobs, each a list of settings, and what has no knob."""

    knobs: ClassVar[tuple[Knob, ...]] = (DRIVE, BIAS, ASYMMETRY, LEVEL)

    drive: tuple[float, ...] = DRIVE.list_field(
        0.0, 15.0, 30.0, description="One capture for each; several with commas"
    )
    bias: tuple[float, ...] = BIAS.list_field(0.0, 0.3, description="Shifts the curve's middle")
    asymmetry: tuple[float, ...] = ASYMMETRY.list_field(
        0.5, description="0: both halves alike; above: the lower saturates earlier"
    )
    level: tuple[float, ...] = LEVEL.list_field(-6.0)
    oversampling: Oversampling = Field(
        4,
        title="Oversampling",
        description="1: none, and overtones fold back; more: fewer of them, some samples later",
    )


class WaveshaperConfig(PlayedConfig, WaveshaperKnobs):
    """The knobs' settings, and what is played."""


class WaveshaperSource(SweepSource):
    """Drive, bias, asymmetry and level."""

    name: ClassVar[str] = "waveshaper"
    label: ClassVar[str] = "Waveshaper"
    summary: ClassVar[str] = "An asymmetric tanh curve that Trimpot computes; its knobs are swept"
    Config: ClassVar[type[SourceConfig]] = WaveshaperConfig

    def effect(self, config: WaveshaperConfig, settings: Settings, rate: int) -> Waveshaper:
        """The waveshaper at one setting."""
        return Waveshaper(
            WaveshaperSettings(
                drive=settings["drive"],
                bias=settings["bias"],
                asymmetry=settings["asymmetry"],
                level=settings["level"],
                oversampling=config.oversampling,
            ),
            rate,
        )


SOURCE = WaveshaperSource()
