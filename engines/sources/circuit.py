"""A circuit of the library, simulated: dry, wet and every state, its knobs set or moving."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar, Literal, Self

from pydantic import Field, field_validator, model_validator

from engines.circuits.base import SimulatorError
from engines.circuits.described import Settings
from engines.circuits.library import circuit_named, circuits
from engines.sources.base import Source, SourceConfig
from engines.sources.circuit_sweep import (
    PlayedSweep,
    SweepChoice,
    check_choice,
    expected,
    produce_sweep,
)
from engines.worker.context import JobContext
from projects.capture import Capture


class LibraryChoice(SourceConfig):
    """Which circuit."""

    circuit: str = Field(
        "overdrive",
        title="Circuit",
        description="Of the library",
        json_schema_extra={
            "enum": list(circuits()),
            "labels": {circuit.name: circuit.title for circuit in circuits().values()},
        },
    )

    @field_validator("circuit")
    @classmethod
    def _known(cls, name: str) -> str:
        try:
            circuit_named(name)
        except SimulatorError as error:
            raise ValueError(error.sentence.rstrip(".")) from error
        return name


class CircuitChoice(SweepChoice, LibraryChoice):
    """Which circuit, how its knobs are set or moved, how hot and how finely it is simulated."""

    @model_validator(mode="after")
    def _fits(self) -> Self:
        try:
            check_choice(circuit_named(self.circuit), self)
        except SimulatorError as error:
            raise ValueError(error.sentence.rstrip(".")) from error
        return self

    def settings(self) -> list[Settings | None]:
        """One entry a capture, as far as they are known before the work: a spread is drawn then."""
        return expected(circuit_named(self.circuit), self)


class CircuitConfig(PlayedSweep, CircuitChoice):
    """The circuit and its settings, and what is played through it."""


class CircuitSource(Source):
    """Well-known circuits with their knobs swept, every state saved on the grid of the samples."""

    name: ClassVar[str] = "circuit"
    label: ClassVar[str] = "Circuit of the library"
    summary: ClassVar[str] = "Pedals, a tube stage, a filter, a compressor: simulated by ngspice"
    kind: ClassVar[Literal["import", "simulate"]] = "simulate"
    Config: ClassVar[type[SourceConfig]] = CircuitConfig

    def produce(self, config: CircuitConfig, folder: Path, context: JobContext) -> list[Capture]:
        """One capture a setting; see :func:`engines.sources.circuit_sweep.produce_sweep`."""
        return produce_sweep(
            circuit_named(config.circuit), config, folder, context, source=self.name
        )


SOURCE = CircuitSource()
