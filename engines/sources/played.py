"""What is played through a simulated device: Trimpot's own signal, or a recording."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from engines.audio.channels import Channel, one_channel
from engines.audio.files import dry_id, read_audio
from engines.sources.base import SourceConfig
from engines.worker.context import JobContext
from projects.manifest import Section
from projects.splits import split_by_time

BUILTIN = "builtin"


class PlayedConfig(SourceConfig):
    """What is played, how long, and what the captures are called."""

    dry: str = Field(
        BUILTIN, min_length=1, title="Dry", description="builtin, or the path of a recording"
    )
    seconds: float = Field(
        45.0,
        ge=4.0,
        le=3600.0,
        title="Length",
        description="Of the built-in signal",
        json_schema_extra={"unit": "s"},
    )
    sample_rate: int = Field(
        48000,
        ge=8000,
        le=192_000,
        title="Sample rate",
        description="Of the built-in signal",
        json_schema_extra={"unit": "Hz"},
    )
    seed: int = Field(0, ge=0, title="Seed", description="Of the built-in signal")
    limit: float | None = Field(
        None,
        gt=0.0,
        title="At most",
        description="How much of a recording is used, from its beginning; empty: all of it",
        json_schema_extra={"unit": "s"},
    )
    channel: Channel = Field("first", title="Channel", description="Of a recording with several")
    name: str = Field("", max_length=200, title="Name")


def played(
    config: PlayedConfig, context: JobContext
) -> tuple[NDArray[np.float32], int, tuple[Section, ...]]:
    """The dry samples float32[n], their rate, and the split they propose.

    A recording proposes no split.

    Raises
    ------
    AudioFileError
        The recording cannot be used.
    ProjectError
        It is too short to be divided.
    """
    if config.dry == BUILTIN:
        from engines.signals.builtin import builtin_dry

        context.progress(0.0, "Playing the built-in strings, drums and sweeps")
        made = builtin_dry(config.seconds, config.sample_rate, config.seed)
        return made.samples, made.sample_rate, made.sections
    path = Path(config.dry).expanduser()
    context.progress(0.0, f"Reading {path.name}")
    audio = read_audio(path)
    dry = one_channel(audio, config.channel)
    if config.limit is not None:
        dry = dry[: max(1, round(config.limit * audio.sample_rate))]
    split_by_time(dry_id(dry), len(dry), audio.sample_rate)  # refuses what is too short to divide
    return dry, audio.sample_rate, ()
