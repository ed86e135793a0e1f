"""A circuit of the library simulated by ngspice: dry, wet and every state, at many settings."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import BeforeValidator, Field, field_validator, model_validator

from engines.audio.files import dry_id, write_wav
from engines.circuits.base import Simulation, SimulatorError, StateVariable
from engines.circuits.described import Settings
from engines.circuits.designs import MAX_SETTINGS, grid, ranges_of, spread
from engines.circuits.library import LibraryCircuit, circuit_named, circuits
from engines.sources.base import Source, SourceConfig
from engines.sources.dry_shelf import link_or_copy
from engines.sources.folders import new_capture_folder
from engines.sources.played import BUILTIN, PlayedConfig, played
from engines.worker.context import JobContext
from projects.capture import Capture, Signal, write_capture
from projects.manifest import MAX_NAME, Section

CACHE = ".trimpot/cache/simulations"
"""In the project's folder; whatever lies there may be deleted."""
MAX_SAMPLES = 5_000_000_000
"""Of wet and states of all captures together: 20 GB."""
MAX_VALUES = 200_000_000
"""Of wet and states of one capture: what a simulation holds in memory, several times over."""


def _listed(value: Any) -> Any:
    """A single setting where a list of them is asked for."""
    return [value] if isinstance(value, int | float) and not isinstance(value, bool) else value


KnobSettings = Annotated[
    tuple[float, ...], Field(min_length=1, max_length=MAX_SETTINGS), BeforeValidator(_listed)
]


class CircuitChoice(SourceConfig):
    """Which circuit, how its knobs are set, how hot and how finely it is simulated."""

    circuit: str = Field(
        "overdrive",
        title="Circuit",
        description="Of the library",
        json_schema_extra={
            "enum": list(circuits()),
            "labels": {circuit.name: circuit.title for circuit in circuits().values()},
        },
    )
    design: Literal["grid", "spread"] = Field(
        "grid",
        title="Settings",
        description="Every combination of the knobs' settings, or so many spread over their ranges",
        json_schema_extra={
            "labels": {"grid": "At rest, or as listed", "spread": "Spread over the ranges"}
        },
    )
    count: int = Field(
        16, ge=1, le=MAX_SETTINGS, title="How many", description="Settings that are spread"
    )
    knobs: dict[str, KnobSettings] = Field(
        default_factory=dict,
        title="Knobs",
        description="Settings by knob; a knob that is not named stands at rest, or is spread",
        json_schema_extra={"hidden": True},
    )
    drive: float | None = Field(
        None,
        gt=0.0,
        le=100.0,
        title="Drive",
        description="What full scale is sent as; empty: what suits the circuit",
        json_schema_extra={"unit": "V"},
    )
    steps_per_sample: int | None = Field(
        None,
        ge=1,
        le=64,
        title="Steps a sample",
        description="Of the solver; more is more exact; empty: what suits the circuit",
    )
    states: bool = Field(
        True, title="Keep the states", description="Each capacitor's voltage, for a state network"
    )

    @field_validator("circuit")
    @classmethod
    def _known(cls, name: str) -> str:
        try:
            circuit_named(name)
        except SimulatorError as error:
            raise ValueError(error.sentence) from error
        return name

    @model_validator(mode="after")
    def _in_range(self) -> Self:
        circuit = circuit_named(self.circuit)
        try:
            for param, values in self.knobs.items():
                for value in values:
                    circuit.settings({param: value})
            if self.design == "grid":
                grid(circuit, self.knobs)
            else:
                ranges_of(circuit, self.knobs)
        except SimulatorError as error:
            raise ValueError(error.sentence) from error
        return self

    def settings(self) -> list[Settings | None]:
        """One entry a capture, as far as they are known before the work: a spread is drawn then."""
        if self.design == "spread":
            return [None] * self.count
        return list(grid(circuit_named(self.circuit), self.knobs))


class CircuitConfig(PlayedConfig, CircuitChoice):
    """The circuit and its settings, and what is played through it."""


@dataclass(frozen=True)
class _Sent:
    """What is sent through every setting, and how."""

    dry: NDArray[np.float32]
    sample_rate: int
    sections: tuple[Section, ...]
    drive: float
    steps: int
    simulator: str

    @property
    def volts(self) -> NDArray[np.float64]:
        return self.dry.astype(np.float64) * self.drive


class CircuitSource(Source):
    """Well-known circuits with their knobs swept, every state saved on the grid of the samples."""

    name: ClassVar[str] = "circuit"
    label: ClassVar[str] = "Circuit of the library"
    summary: ClassVar[str] = "Pedals, a tube stage, a filter, a compressor: simulated by ngspice"
    kind: ClassVar[Literal["import", "simulate"]] = "simulate"
    Config: ClassVar[type[SourceConfig]] = CircuitConfig

    def produce(self, config: CircuitConfig, folder: Path, context: JobContext) -> list[Capture]:
        """One capture a setting; see the base class for errors.

        A setting that the simulator cannot compute is said, and the others go on.
        """
        from engines.circuits.ngspice import NgSpice

        simulator = NgSpice()
        version = simulator.version()  # before anything takes time
        circuit = circuit_named(config.circuit)
        wanted = settings_of(config, circuit)
        dry, rate, sections = played(config, context)
        context.check()
        sent = _Sent(
            dry=dry,
            sample_rate=rate,
            sections=sections,
            drive=config.drive or circuit.drive,
            steps=config.steps_per_sample or circuit.steps,
            simulator=version,
        )
        kept = circuit.states if config.states else {}
        _refuse_too_much(len(wanted), len(dry), 1 + len(kept))
        writer = _Writer(config, circuit, sent, folder, context)
        captures: dict[int, Capture] = {}
        failures: list[SimulatorError] = []
        for number, result in _simulated(simulator, config, circuit, wanted, sent, context):
            name = writer.name(wanted[number])
            if isinstance(result, SimulatorError):
                failures.append(result)
                context.refuse(name, f"{name}: {result.sentence}")
                continue
            captures[number] = writer.write(number, name, wanted[number], result)
        if not captures:
            raise failures[0]
        return [captures[number] for number in sorted(captures)]


def settings_of(config: CircuitConfig, circuit: LibraryCircuit) -> list[Settings]:
    """The settings that a configuration asks for, by the knobs' parameters.

    Raises
    ------
    SimulatorError
        They do not fit the circuit, or are too many.
    """
    if config.design == "grid":
        return grid(circuit, config.knobs)
    return spread(circuit, config.knobs, config.count, config.seed)


def _simulated(
    simulator: Any,
    config: CircuitConfig,
    circuit: LibraryCircuit,
    wanted: list[Settings],
    sent: _Sent,
    context: JobContext,
) -> Iterator[tuple[int, Simulation | SimulatorError]]:
    """Each setting's simulation: those done before first, the others as they are done."""
    from engines.circuits.cache import Question, SimulationCache

    cache = SimulationCache(context.project / CACHE)
    question = Question(dry_id(sent.dry), sent.drive, sent.sample_rate, sent.steps, sent.simulator)
    todo = []
    for number, settings in enumerate(wanted):
        context.check()
        made = circuit.circuit(settings)
        if not config.states:
            made = made.without_states()
        key = question.key(made)
        found = cache.find(key)
        if found is not None and found.states.shape == (len(sent.dry), len(made.states)):
            context.log(f"setting {number + 1} was simulated before")
            yield number, found
        else:
            todo.append((number, key, made))
    if not todo:
        return
    results = simulator.sweep(
        [made for _, _, made in todo],
        sent.volts,
        sent.sample_rate,
        steps_per_sample=sent.steps,
        folder=context.folder / "simulator",
        context=context,
    )
    for place, result in results:
        number, key, _ = todo[place]
        if isinstance(result, Simulation):
            cache.keep(key, result)
        yield number, result


class _Writer:
    """Writes captures; all have the same dry file where the disk allows it."""

    def __init__(
        self,
        config: CircuitConfig,
        circuit: LibraryCircuit,
        sent: _Sent,
        folder: Path,
        context: JobContext,
    ) -> None:
        self.config, self.circuit, self.sent = config, circuit, sent
        self.folder, self.context = folder, context
        self._first_dry: Path | None = None
        self._dry_id = dry_id(sent.dry)
        from engines.checks import level_checks  # compiles: nothing for the window's process

        checks = level_checks("dry", sent.dry)
        # Flat tops and offsets are part of what the built-in signal plays.
        self._dry_checks = checks[:1] if config.dry == BUILTIN else checks

    def name(self, settings: Settings) -> str:
        """The circuit's name, and the settings of the knobs that vary."""
        config, circuit = self.config, self.circuit
        parts = []
        for knob in circuit.knobs:
            listed = config.knobs.get(knob.param, ())
            varies = len(set(listed)) > 1 or (config.design == "spread" and not listed)
            if varies or (listed and settings[knob.param] != knob.default):
                unit = f" {knob.unit}" if knob.unit else ""
                parts.append(f"{knob.name.lower()} {settings[knob.param]:g}{unit}")
        title = config.name.strip()[:100] or f"{circuit.title}, {self.sent.drive:g} V"
        return ", ".join([title, *parts])[:MAX_NAME]

    def write(self, number: int, name: str, settings: Settings, simulation: Simulation) -> Capture:
        """Write the capture of one setting and return it."""
        checks = [*self._dry_checks, *simulation.checks]
        for check in checks:
            if check.level != "ok":
                self.context.warn(f"{name}: {check.text}")
        sent, circuit = self.sent, self.circuit
        made = circuit.circuit(settings)
        states = made.states if self.config.states else ()
        capture = Capture(
            # The same at every attempt: a sweep that is taken up again brings nothing twice.
            id=f"{self.context.job.id}-{number + 1:03d}",
            name=name,
            sample_rate=sent.sample_rate,
            n_samples=len(sent.dry),
            dry_id=self._dry_id,
            signals=_signals(sent.drive, states),
            knobs={knob.name: settings[knob.param] for knob in circuit.knobs},
            controls=tuple(knob.control for knob in circuit.knobs),
            sections=sent.sections,
            checks=tuple(checks),
            source={
                "source": CircuitSource.name,
                "config": self.config.model_dump(mode="json"),
                "settings": settings,
                "simulator": sent.simulator,
                "steps_per_sample": sent.steps,
                "circuit": {
                    "name": circuit.name,
                    "elements": list(made.elements),
                    "params": dict(made.params),
                    "states": {state.name: state.vector for state in states},
                    "reference": circuit.reference,
                },
                "figures": simulation.figures,
            },
        )
        place = new_capture_folder(self.folder, capture.id)
        self._put_dry(place)
        write_wav(place / "wet.wav", simulation.output, sent.sample_rate)
        for column, signal in enumerate(capture.states):
            write_wav(place / signal.file, simulation.states[:, column], sent.sample_rate)
        write_capture(place, capture)
        return capture

    def _put_dry(self, place: Path) -> None:
        path = place / "dry.wav"
        if self._first_dry is None:
            write_wav(path, self.sent.dry, self.sent.sample_rate)
            self._first_dry = path
        else:
            link_or_copy(self._first_dry, path)


def _signals(drive: float, states: tuple[StateVariable, ...]) -> tuple[Signal, ...]:
    return (
        Signal(name="dry", role="dry", file="dry.wav", unit="V", full_scale=drive),
        Signal(name="wet", role="wet", file="wet.wav", unit="V"),
        *(
            Signal(
                name=state.name,
                role="state",
                file=f"state-{state.name}.wav",
                unit="A" if state.unit == "A" else "V",
            )
            for state in states
        ),
    )


def _refuse_too_much(count: int, n_samples: int, n_signals: int) -> None:
    if n_samples * n_signals > MAX_VALUES:
        raise SimulatorError(
            "The signal is too long to be simulated in one piece: at most "
            f"{MAX_VALUES // n_signals} samples fit, and it has {n_samples}. Use a part "
            "of it, or leave the states out."
        )
    if count * n_samples * n_signals > MAX_SAMPLES:
        raise SimulatorError(
            f"{count} captures of this length, with their states, would take "
            f"{4e-9 * count * n_samples * n_signals:.0f} GB. Use fewer settings, a shorter signal, "
            "or leave the states out."
        )


SOURCE = CircuitSource()
