"""A recording of a device: what went in and what came out, as two audio files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, ClassVar, Literal

from pydantic import Field, StringConstraints

from engines.audio.channels import Channel
from engines.sources.base import Source, SourceConfig
from engines.sources.intake import Intake
from engines.sources.items import Fixes, Item, Keep, Terms
from engines.worker.context import JobContext
from projects.capture import Capture
from projects.manifest import MAX_NAME

KnobName = Annotated[str, StringConstraints(min_length=1, max_length=64)]

KnobSetting = Annotated[float, Field(ge=-1e9, le=1e9)]
"""In the knob's own unit; a wider range would leave nothing of its positions 0..1."""


class TakingConfig(SourceConfig):
    """What every import of recordings may be told."""

    sample_rate: Annotated[int, Field(ge=8000, le=768_000)] | None = Field(
        None,
        title="Sample rate",
        description="What everything is resampled to; empty: the dry file's",
        json_schema_extra={"unit": "Hz"},
    )
    channel: Channel = Field(
        "first", title="Channel", description="Of files with more than one: first, second or mix"
    )
    keep: Keep = Field(
        "copy",
        title="Keep",
        description="Copy the audio into the project, or use it where it lies (reference)",
    )
    fixes: Fixes = Field(
        "safe",
        title="Fixes",
        description="Whether what the checks are sure of is decided at once (safe) or not (none)",
    )


class WavPairConfig(TakingConfig):
    """Two audio files, started at the same moment."""

    dry: Path = Field(title="Dry", description="What was sent into the device")
    wet: Path = Field(title="Wet", description="What came out of it")
    name: str = Field("", max_length=200, title="Name", description="Empty: the wet file's name")
    knobs: dict[KnobName, KnobSetting] = Field(
        default_factory=dict, title="Knobs", description="Where the device's knobs stood"
    )


class WavPairSource(Source):
    """Takes one pair into the project and says what it found."""

    name: ClassVar[str] = "wav-pair"
    label: ClassVar[str] = "Recordings"
    summary: ClassVar[str] = "A dry and a wet audio file of the same device"
    kind: ClassVar[Literal["import", "simulate"]] = "import"
    Config: ClassVar[type[SourceConfig]] = WavPairConfig

    def produce(self, config: WavPairConfig, folder: Path, context: JobContext) -> list[Capture]:
        """One capture; see the base class for errors."""
        item = Item(
            name=config.name.strip() or config.wet.stem[:MAX_NAME] or "Recording",
            dry=(config.dry.expanduser(),),
            wet=(config.wet.expanduser(),),
            knobs=dict(config.knobs),
        )
        return Intake(terms_of(self.name, config), folder, context).run([item])


def terms_of(source: str, config: TakingConfig) -> Terms:
    """How a configuration wants recordings to be taken."""
    return Terms(
        source=source,
        config=config.model_dump(mode="json"),
        sample_rate=config.sample_rate,
        channel=config.channel,
        keep=config.keep,
        fixes=config.fixes,
    )


SOURCE = WavPairSource()
