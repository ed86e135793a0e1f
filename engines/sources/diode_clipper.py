"""The diode clipper simulated by ngspice: dry, wet and the capacitor's voltage."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import ClassVar, Literal

from pydantic import Field

from engines.circuits.base import Circuit, SimulatorError
from engines.circuits.described import DescribedCircuit
from engines.circuits.diode_clipper import CIRCUIT
from engines.sources.base import Source, SourceConfig
from engines.sources.circuit_sweep import PlayedSweep, produce_sweep
from engines.sources.played import PlayedConfig
from engines.worker.context import JobContext
from projects.capture import Capture

DRIVE = 4.5
STEPS = 4


class DiodeClipperConfig(PlayedConfig):
    """What is sent through the clipper, how hot, and how finely it is simulated."""

    drive: float = Field(
        DRIVE,
        gt=0.0,
        le=100.0,
        title="Drive",
        description="What full scale is sent as",
        json_schema_extra={"unit": "V"},
    )
    steps_per_sample: int = Field(
        STEPS, ge=1, le=64, title="Steps a sample", description="Of the solver; more is more exact"
    )


class DiodeClipper(DescribedCircuit):
    """The clipper as a circuit without knobs."""

    name = CIRCUIT.name
    title = CIRCUIT.title
    reference = CIRCUIT.reference
    drive = DRIVE
    method = CIRCUIT.method
    steps = STEPS
    knobs = ()
    states = MappingProxyType({state.name: state.vector for state in CIRCUIT.states})

    def circuit(self, chosen: Mapping[str, float] = {}, moving: Sequence[str] = ()) -> Circuit:
        """The clipper; see the base class."""
        self.settings(chosen)
        if moving:
            raise SimulatorError(f"{self.title} has no knob that could move.")
        return CIRCUIT


class DiodeClipperSource(Source):
    """First-order diode clipper, its one state saved on the grid of the samples."""

    name: ClassVar[str] = "diode-clipper"
    label: ClassVar[str] = "Diode clipper"
    summary: ClassVar[str] = "A resistor, a capacitor and two diodes, simulated by ngspice"
    kind: ClassVar[Literal["import", "simulate"]] = "simulate"
    Config: ClassVar[type[SourceConfig]] = DiodeClipperConfig

    def produce(
        self, config: DiodeClipperConfig, folder: Path, context: JobContext
    ) -> list[Capture]:
        """One capture; see :func:`engines.sources.circuit_sweep.produce_sweep`."""
        told = config.model_dump(mode="json")
        return produce_sweep(
            DiodeClipper(),
            PlayedSweep.model_validate(told),
            folder,
            context,
            source=self.name,
            record={"config": told},
        )


SOURCE = DiodeClipperSource()
