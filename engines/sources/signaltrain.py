"""The SignalTrain LA-2A set: its layout, its knobs, its parts, and its shifted pairs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import ClassVar, Literal

from pydantic import Field

from engines.sources.base import Source, SourceConfig
from engines.sources.found import Found
from engines.sources.intake import Intake
from engines.sources.items import Item, Keep, Shifted, missing_parts
from engines.sources.recordings import named, paired
from engines.sources.scanning import scan_signaltrain
from engines.sources.signaltrain_names import REDUCTION, SWITCH, WHOLE_FILES
from engines.sources.wav_pair import TakingConfig, terms_of
from engines.worker.context import JobContext
from projects.capture import Capture
from projects.manifest import Part


class SignalTrainConfig(TakingConfig):
    """The folder, and what becomes of the pairs that are shifted."""

    folder: Path = Field(title="Folder", description="That holds Train, Val and Test, or one part")
    keep: Keep = Field(
        "reference",
        title="Keep",
        description="Use the audio where it lies (reference), or copy it into the project",
    )
    shifted: Shifted = Field(
        "leave-out",
        title="Shifted pairs",
        description="leave-out, align (the files stay as they are), or keep as they are",
    )


class SignalTrainSource(Source):
    """Takes every pair of the set, at its knobs, into its part."""

    name: ClassVar[str] = "signaltrain"
    label: ClassVar[str] = "SignalTrain LA-2A"
    summary: ClassVar[str] = "The public set of LA-2A recordings, or one laid out like it"
    kind: ClassVar[Literal["import", "simulate"]] = "import"
    Config: ClassVar[type[SourceConfig]] = SignalTrainConfig

    def produce(
        self, config: SignalTrainConfig, folder: Path, context: JobContext
    ) -> list[Capture]:
        """A capture a pair; see the base class for errors."""
        context.check()
        scan = scan_signaltrain(config.folder)
        pairs = paired(scan, context)
        held = _held(pairs)
        terms = replace(terms_of(self.name, config), shifted=config.shifted, controls=scan.controls)
        return Intake(terms, folder, context).run([_item(found, held) for found in pairs])


def _held(pairs: list[Found]) -> tuple[Part, ...]:
    """The parts that come from the end of each Train pair, where whole pairs are too few."""
    inputs = {found.dry for found in pairs if found.part == "train"}
    if len(inputs) >= WHOLE_FILES:
        return ()
    return missing_parts(found.part for found in pairs)


def _item(found: Found, held: tuple[Part, ...]) -> Item:
    assert found.dry is not None
    assert found.part is not None
    switch, reduction = found.knobs[SWITCH], found.knobs[REDUCTION]
    word = {0.0: "compress", 1.0: "limit"}.get(switch, f"switch {switch:g}")
    return Item(
        name=named(f"{found.clip} {word} {reduction:g}"),
        dry=(found.dry,),
        wet=(found.wet,),
        knobs=dict(found.knobs),
        parts=(found.part,),
        held=held if found.part == "train" else (),
    )


SOURCE = SignalTrainSource()
