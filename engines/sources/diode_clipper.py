"""The diode clipper simulated by ngspice: dry, wet and the capacitor's voltage."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from engines.audio.files import dry_id, write_wav
from engines.circuits.base import Simulation
from engines.circuits.diode_clipper import CIRCUIT
from engines.circuits.ngspice import NgSpice
from engines.sources.base import Source, SourceConfig
from engines.sources.folders import new_capture_folder
from engines.sources.played import BUILTIN, PlayedConfig, played
from engines.worker.context import JobContext
from projects.capture import Capture, Signal, write_capture
from projects.jobs import new_id


class DiodeClipperConfig(PlayedConfig):
    """What is sent through the clipper, how hot, and how finely it is simulated."""

    drive: float = Field(
        4.5,
        gt=0.0,
        le=100.0,
        title="Drive",
        description="What full scale is sent as",
        json_schema_extra={"unit": "V"},
    )
    steps_per_sample: int = Field(
        4, ge=1, le=64, title="Steps a sample", description="Of the solver; more is more exact"
    )


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
        """One capture; see the base class for errors."""
        simulator = NgSpice()
        version = simulator.version()  # before anything takes time
        dry, rate, sections = played(config, context)
        context.check()
        simulation = simulator.simulate(
            CIRCUIT,
            dry.astype(np.float64) * config.drive,
            rate,
            steps_per_sample=config.steps_per_sample,
            folder=context.folder / "simulator",
            context=context,
        )
        from engines.checks import level_checks  # compiles: nothing for the window's process

        looked_at = level_checks("dry", dry)
        if config.dry == BUILTIN:
            looked_at = looked_at[:1]  # flat tops and offsets are part of what it plays
        checks = [*looked_at, *simulation.checks]
        for check in checks:
            if check.level != "ok":
                context.warn(check.text)
        capture = Capture(
            id=new_id(),
            name=config.name.strip() or f"{CIRCUIT.title}, {config.drive:g} V",
            sample_rate=rate,
            n_samples=len(dry),
            dry_id=dry_id(dry),
            signals=_signals(config.drive),
            sections=sections,
            checks=tuple(checks),
            source={
                "source": self.name,
                "config": config.model_dump(mode="json"),
                "simulator": version,
                "circuit": {"name": CIRCUIT.name, "elements": list(CIRCUIT.elements)},
                "figures": simulation.figures,
            },
        )
        _write(folder, capture, dry, simulation)
        return [capture]


def _signals(drive: float) -> tuple[Signal, ...]:
    states = tuple(
        Signal(name=state.name, role="state", file=f"state-{state.name}.wav", unit="V")
        for state in CIRCUIT.states
    )
    return (
        Signal(name="dry", role="dry", file="dry.wav", unit="V", full_scale=drive),
        Signal(name="wet", role="wet", file="wet.wav", unit="V"),
        *states,
    )


def _write(
    folder: Path, capture: Capture, dry: NDArray[np.float32], simulation: Simulation
) -> None:
    place = new_capture_folder(folder, capture.id)
    rate = capture.sample_rate
    write_wav(place / "dry.wav", dry, rate)
    write_wav(place / "wet.wav", simulation.output, rate)
    for column, signal in enumerate(capture.states):
        write_wav(place / signal.file, simulation.states[:, column], rate)
    write_capture(place, capture)


SOURCE = DiodeClipperSource()
