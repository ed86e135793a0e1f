"""Any described circuit simulated at many settings, or with its knobs moving: one capture a run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from engines.audio.files import dry_id
from engines.circuits.base import Simulation, Simulator, SimulatorError
from engines.circuits.described import DescribedCircuit, Settings
from engines.circuits.designs import MAX_SETTINGS, grid, ranges_of, spread
from engines.sources.base import SourceConfig
from engines.sources.circuit_captures import CaptureWriter, Sent, Wanted
from engines.sources.played import BUILTIN, PlayedConfig, played
from engines.worker.context import JobContext
from projects.capture import Capture

CACHE = ".trimpot/cache/simulations"
"""In the project's folder; whatever lies there may be deleted."""
MAX_SAMPLES = 5_000_000_000
"""Of wet, states and knobs of all captures together: 20 GB."""
MAX_VALUES = 200_000_000
"""Of wet, states and knobs of one capture: what a simulation holds in memory, several times
over."""


def _listed(value: Any) -> Any:
    """A single setting where a list of them is asked for."""
    return [value] if isinstance(value, int | float) and not isinstance(value, bool) else value


KnobSettings = Annotated[
    tuple[float, ...], Field(min_length=1, max_length=MAX_SETTINGS), BeforeValidator(_listed)
]


class SweepChoice(SourceConfig):
    """How a circuit's knobs are set or moved, how hot and how finely it is simulated."""

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
    simulator: Literal["ngspice", "ltspice"] = Field(
        "ngspice",
        title="Simulator",
        description="Which program computes it",
        json_schema_extra={"labels": {"ngspice": "ngspice", "ltspice": "LTspice"}},
    )


class PlayedSweep(PlayedConfig, SweepChoice):
    """What is played through a circuit, and at which settings."""


def check_choice(described: DescribedCircuit, config: SweepChoice) -> None:
    """Refuse settings that do not fit the circuit; quick enough for every key that is typed.

    Raises
    ------
    SimulatorError
        A knob is unknown or does not go that far, there are too many combinations, or nothing
        varies.
    """
    for param, values in config.knobs.items():
        for value in values:
            described.settings({param: value})
    if config.design == "grid":
        grid(described, config.knobs)
    else:
        ranges_of(described, config.knobs)


def expected(described: DescribedCircuit, config: SweepChoice) -> list[Settings | None]:
    """One entry a capture, as far as they are known before the work: a spread is drawn then."""
    if config.design == "spread":
        return [None] * config.count
    return list(grid(described, config.knobs))


def settings_of(described: DescribedCircuit, config: PlayedSweep) -> list[Settings]:
    """The settings that a configuration asks for, by the knobs' parameters, each once.

    Raises
    ------
    SimulatorError
        They do not fit the circuit, or are too many.
    """
    if config.design == "grid":
        return grid(described, config.knobs)
    return spread(described, config.knobs, config.count, config.seed)


def produce_sweep(
    described: DescribedCircuit,
    config: PlayedSweep,
    folder: Path,
    context: JobContext,
    *,
    source: str,
    record: Mapping[str, Any] = {},
    simulator: Simulator | None = None,
) -> list[Capture]:
    """Simulate a circuit at every setting that is asked for: one capture each.

    What was simulated before, by this job or another of the project, is found again. A setting that
    the simulator cannot compute is said, and the others go on.

    Parameters
    ----------
    described : DescribedCircuit
        Of the library, or one's own.
    config : PlayedSweep
        What is played, and at which settings.
    folder : Path
        Where the captures' folders go; inside the job's folder.
    context : JobContext
        For progress, warnings and cancel.
    source : str
        The name of the source that asks, for the captures' record.
    record : mapping
        What else the captures' record says; its ``circuit`` extends what is said of the circuit.
    simulator : Simulator, optional
        Instead of the one that the configuration names.

    Raises
    ------
    SimulatorError
        The settings do not fit the circuit, or none of them could be computed.
    SimulatorMissingError
        The simulator is not there.
    CancelledError
        The user cancelled; captures that are whole stay.
    """
    chosen = simulator or _simulator(config.simulator)
    version = chosen.version()  # before anything takes time
    settings = settings_of(described, config)
    dry, rate, sections = played(config, context)
    context.check()
    sent = Sent(
        dry=dry,
        sample_rate=rate,
        sections=sections,
        drive=config.drive or described.drive,
        steps=config.steps_per_sample or described.steps,
        simulator=version,
    )
    wanted = [_at_rest(described, config, one) for one in settings]
    _refuse_too_much(len(wanted), len(dry), 1 + len(wanted[0].circuit.states))
    title = config.name.strip()[:100] or f"{described.title}, {sent.drive:g} V"
    told = {"source": source, "config": config.model_dump(mode="json"), **record}
    writer = CaptureWriter(
        described, sent, title, told, folder, context, clipped=config.dry != BUILTIN
    )
    captures: dict[int, Capture] = {}
    failures: list[SimulatorError] = []
    for number, result in _simulated(chosen, wanted, sent, context):
        if isinstance(result, SimulatorError):
            failures.append(result)
            name = writer.name(wanted[number])
            context.refuse(name, f"{name}: {result.sentence}")
            continue
        captures[number] = writer.write(number, wanted[number], result)
    if not captures:
        raise failures[0]
    return [captures[number] for number in sorted(captures)]


def _simulator(name: str) -> Simulator:
    from engines.circuits.ngspice import NgSpice

    if name != "ngspice":
        raise SimulatorError(f"There is no simulator {name!r} here. Choose ngspice.")
    return NgSpice()


def _at_rest(described: DescribedCircuit, config: PlayedSweep, settings: Settings) -> Wanted:
    made = described.circuit(settings)
    return Wanted(
        settings=settings,
        circuit=made if config.states else made.without_states(),
        label=_label(described, config, settings),
    )


def _label(described: DescribedCircuit, config: PlayedSweep, settings: Settings) -> str:
    """The settings of the knobs that vary, or that stand elsewhere than at rest."""
    parts = []
    for knob in described.knobs:
        listed = config.knobs.get(knob.param, ())
        varies = len(set(listed)) > 1 or (config.design == "spread" and not listed)
        if varies or (listed and settings[knob.param] != knob.default):
            unit = f" {knob.unit}" if knob.unit else ""
            parts.append(f"{knob.name.lower()} {settings[knob.param]:g}{unit}")
    return ", ".join(parts)


def _simulated(
    simulator: Simulator, wanted: list[Wanted], sent: Sent, context: JobContext
) -> Iterator[tuple[int, Simulation | SimulatorError]]:
    """Each run's simulation: those done before first, the others as they are done."""
    from engines.circuits.cache import Question, SimulationCache

    cache = SimulationCache(context.project / CACHE)
    question = Question(dry_id(sent.dry), sent.drive, sent.sample_rate, sent.steps, sent.simulator)
    todo = []
    for number, one in enumerate(wanted):
        context.check()
        key = question.key(one.circuit, one.driven)
        found = cache.find(key)
        if found is not None and found.states.shape == (len(sent.dry), len(one.circuit.states)):
            context.log(f"setting {number + 1} was simulated before")
            yield number, found
        else:
            todo.append((number, key, one))
    if not todo:
        return
    results = simulator.sweep(
        [one.circuit for _, _, one in todo],
        sent.volts,
        sent.sample_rate,
        steps_per_sample=sent.steps,
        folder=context.folder / "simulator",
        context=context,
        motions=[one.driven for _, _, one in todo],
    )
    for place, result in results:
        number, key, _ = todo[place]
        if isinstance(result, Simulation):
            cache.keep(key, result)
        yield number, result


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
