"""A tone control that Trimpot computes, its knobs swept into captures."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from engines.effects.tone import Tone, ToneSettings
from engines.sources.base import SourceConfig
from engines.sources.played import PlayedConfig
from engines.sources.sweep import Knob, Settings, SweepConfig, SweepSource

BASS = Knob("bass", "Bass", -24.0, 24.0, 0.0, "dB")
TREBLE = Knob("treble", "Treble", -24.0, 24.0, 0.0, "dB")


class ToneKnobs(SweepConfig):
    """The tone control's knobs, each a list of settings, and what has no knob."""

    knobs: ClassVar[tuple[Knob, ...]] = (BASS, TREBLE)

    bass: tuple[float, ...] = BASS.list_field(
        -12.0, 0.0, 12.0, description="One capture for each; several with commas"
    )
    treble: tuple[float, ...] = TREBLE.list_field(-12.0, 0.0, 12.0)
    bass_hz: float = Field(
        150.0,
        ge=10.0,
        le=20_000.0,
        title="Bass shelf at",
        description="The middle of its slope",
        json_schema_extra={"unit": "Hz"},
    )
    treble_hz: float = Field(
        3000.0,
        ge=10.0,
        le=20_000.0,
        title="Treble shelf at",
        description="The middle of its slope",
        json_schema_extra={"unit": "Hz"},
    )


class ToneConfig(PlayedConfig, ToneKnobs):
    """The knobs' settings, and what is played."""


class ToneSource(SweepSource):
    """Bass and treble shelves."""

    name: ClassVar[str] = "tone"
    label: ClassVar[str] = "Tone control"
    summary: ClassVar[str] = "A bass and a treble shelf that Trimpot computes; its knobs are swept"
    Config: ClassVar[type[SourceConfig]] = ToneConfig

    def effect(self, config: ToneConfig, settings: Settings, rate: int) -> Tone:
        """The tone control at one setting."""
        return Tone(
            ToneSettings(
                bass=settings["bass"],
                treble=settings["treble"],
                bass_hz=config.bass_hz,
                treble_hz=config.treble_hz,
            ),
            rate,
        )


SOURCE = ToneSource()
