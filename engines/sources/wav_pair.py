"""A recording of a device: what went in and what came out, as two audio files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, StringConstraints

from engines.audio.channels import Channel, one_channel
from engines.audio.checks import level_checks, pair_checks
from engines.audio.files import Audio, AudioFileError, dry_id, read_audio, write_wav
from engines.sources.base import Source, SourceConfig
from engines.sources.folders import new_capture_folder
from engines.worker.context import JobContext
from projects.capture import Capture, Check, Signal, write_capture
from projects.jobs import new_id
from projects.splits import split_by_time

KnobName = Annotated[str, StringConstraints(min_length=1, max_length=64)]

KnobSetting = Annotated[float, Field(ge=-1e9, le=1e9)]
"""In the knob's own unit; a wider range would leave nothing of its positions 0..1."""


class WavPairConfig(SourceConfig):
    """Two audio files of the same rate, started at the same moment."""

    dry: Path = Field(title="Dry", description="What was sent into the device")
    wet: Path = Field(title="Wet", description="What came out of it")
    name: str = Field("", max_length=200, title="Name", description="Empty: the wet file's name")
    knobs: dict[KnobName, KnobSetting] = Field(
        default_factory=dict, title="Knobs", description="Where the device's knobs stood"
    )
    channel: Channel = Field(
        "first", title="Channel", description="Of files with more than one: first, second or mix"
    )


class WavPairSource(Source):
    """Copies the pair into the project as float32 WAV and says what it found."""

    name: ClassVar[str] = "wav-pair"
    label: ClassVar[str] = "Recordings"
    summary: ClassVar[str] = "A dry and a wet audio file of the same device"
    kind: ClassVar[Literal["import", "simulate"]] = "import"
    Config: ClassVar[type[SourceConfig]] = WavPairConfig

    def produce(self, config: WavPairConfig, folder: Path, context: JobContext) -> list[Capture]:
        """One capture; see the base class for errors."""
        context.progress(0.0, f"Reading {config.dry.name}")
        dry_file = read_audio(config.dry.expanduser())
        context.check()
        context.progress(0.3, f"Reading {config.wet.name}")
        wet_file = read_audio(config.wet.expanduser())
        if dry_file.sample_rate != wet_file.sample_rate:
            raise AudioFileError(
                f"The dry file {dry_file.path} has {dry_file.sample_rate} Hz and the wet file "
                f"{wet_file.path} {wet_file.sample_rate} Hz. Export both at the same sample rate."
            )
        rate = dry_file.sample_rate
        dry, wet, found = _trimmed(dry_file, wet_file, config.channel)
        identity = dry_id(dry)
        split_by_time(identity, len(dry), rate)  # refuses what is too short to divide
        context.check()
        context.progress(0.6, "Checking the recording")
        found += _looked_at(dry, wet, rate)
        for check in found:
            if check.level != "ok":
                context.warn(check.text)
        capture = Capture(
            id=new_id(),
            name=config.name.strip() or config.wet.stem[:200] or "Recording",
            sample_rate=rate,
            n_samples=len(dry),
            dry_id=identity,
            signals=(
                Signal(name="dry", role="dry", file="dry.wav"),
                Signal(name="wet", role="wet", file="wet.wav"),
            ),
            knobs=config.knobs,
            checks=tuple(found),
            source={"source": self.name, "config": config.model_dump(mode="json")},
        )
        place = new_capture_folder(folder, capture.id)
        context.progress(0.8, "Writing the capture")
        write_wav(place / "dry.wav", dry, rate)
        context.check()
        write_wav(place / "wet.wav", wet, rate)
        write_capture(place, capture)
        return [capture]


def _trimmed(
    dry_file: Audio, wet_file: Audio, channel: Channel
) -> tuple[NDArray[np.float32], NDArray[np.float32], list[Check]]:
    """One channel of each, as long as the shorter, and what had to be left out for that."""
    found: list[Check] = []
    dry, wet = one_channel(dry_file, channel), one_channel(wet_file, channel)
    for audio in (dry_file, wet_file):
        if audio.channels > 1:
            what = "the mean of all" if channel == "mix" else f"the {channel}"
            text = f"{audio.path.name} has {audio.channels} channels; {what} is used."
            found.append(Check(name=f"channels of {audio.path.name}"[:64], level="ok", text=text))
    rate = dry_file.sample_rate
    n = min(len(dry), len(wet))
    if len(dry) != len(wet):
        longer = "dry" if len(dry) > len(wet) else "wet"
        extra = abs(len(dry) - len(wet))
        text = (
            f"The {longer} file is {extra / rate:.3f} s longer; what is beyond the end of the "
            "other is left out. Check that both start at the same moment."
        )
        found.append(Check(name="lengths", level="warning", text=text, value=extra / rate))
    return dry[:n], wet[:n], found


def _looked_at(dry: NDArray[np.float32], wet: NDArray[np.float32], rate: int) -> list[Check]:
    x, y = dry.astype(np.float64), wet.astype(np.float64)
    return [*level_checks("dry", x), *level_checks("wet", y), *pair_checks(x, y, rate)]


SOURCE = WavPairSource()
