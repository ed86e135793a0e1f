"""Any described circuit simulated at many settings, or with its knobs moving: one capture a run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, overload

from engines.audio.files import dry_id
from engines.circuits.base import Float64, Simulation, Simulator, SimulatorError
from engines.circuits.cache import MAX_BYTES, Question, SimulationCache
from engines.circuits.described import DescribedCircuit
from engines.circuits.simulators import simulator_named
from engines.sources.circuit_captures import CaptureWriter
from engines.sources.circuit_choice import PlayedSweep, SweepChoice
from engines.sources.circuit_runs import (
    check_choice,
    check_motion,
    expected,
    moving_of,
    settings_of,
    wanted_runs,
)
from engines.sources.circuit_start import start_up
from engines.sources.circuit_wanted import Sent, Wanted
from engines.sources.played import BUILTIN, played
from engines.worker.context import JobContext
from projects.capture import Capture

CACHE = ".trimpot/cache/simulations"
"""In the project's folder; whatever lies there may be deleted."""
MAX_SAMPLES = 5_000_000_000
"""Of wet, states and knobs of all captures together: 20 GB."""
MAX_VALUES = 200_000_000
"""Of wet, states and knobs of one capture: what a simulation holds in memory, several times
over."""

ROOM_BESIDE = 20_000
"""Bytes that a simulation that is kept takes beside its samples: names, verdicts, figures."""


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
    chosen = simulator or simulator_named(config.simulator)
    version = chosen.version()  # before anything takes time
    check_choice(described, config)
    table = check_motion(described, config)
    dry, rate, sections = played(config, context)
    context.check()
    sent = Sent(
        dry=dry,
        sample_rate=rate,
        sections=sections,
        drive=config.drive or described.drive,
        steps=config.steps_per_sample or described.steps,
        simulator=version,
        band_limited=config.band_limited,
    )
    wanted = wanted_runs(described, config, sent, table)
    signals = 1 + len(wanted[0].circuit.states) + len(wanted[0].moving)
    _refuse_too_much(len(wanted), len(dry), signals)
    title = config.name.strip()[:100] or f"{described.title}, {sent.drive:g} V"
    told = {"source": source, "config": config.model_dump(mode="json"), **record}
    writer = CaptureWriter(
        described, sent, title, told, folder, context, clipped=config.dry != BUILTIN
    )
    captures: dict[int, Capture] = {}
    failures: list[SimulatorError] = []
    # However large a sweep is: taken up again, it finds all that it has done.
    room = max(MAX_BYTES, len(wanted) * (4 * signals * len(dry) + ROOM_BESIDE))
    cache = SimulationCache(context.project / CACHE, room)
    for number, result in _simulated(chosen, wanted, sent, cache, context):
        if isinstance(result, SimulatorError):
            failures.append(described.explained(result))
            name = writer.name(wanted[number])
            context.refuse(name, f"{name}: {failures[-1].sentence}")
            continue
        start = start_up(chosen, wanted[number], result, sent, cache, context)
        captures[number] = writer.write(number, wanted[number], result, start)
    if not captures:
        raise failures[0]
    return [captures[number] for number in sorted(captures)]


def _simulated(
    simulator: Simulator,
    wanted: list[Wanted],
    sent: Sent,
    cache: SimulationCache,
    context: JobContext,
) -> Iterator[tuple[int, Simulation | SimulatorError]]:
    """Each run's simulation: those done before first, the others as they are done.

    Runs that ask the simulator the very same are simulated once.
    """
    question = Question(
        dry_id(sent.dry), sent.drive, sent.sample_rate, sent.steps, sent.simulator,
        band_limited=sent.band_limited,
    )  # fmt: skip
    todo: dict[str, list[int]] = {}
    for number, one in enumerate(wanted):
        context.check()
        key = question.key(one.circuit, one.driven)
        found = cache.find(key)
        if found is not None and found.states.shape == (len(sent.dry), len(one.circuit.states)):
            context.log(f"setting {number + 1} was simulated before")
            yield number, found
        else:
            todo.setdefault(key, []).append(number)
    if not todo:
        return
    runs = [wanted[numbers[0]] for numbers in todo.values()]
    results = simulator.sweep(
        [one.circuit for one in runs],
        sent.volts,
        sent.sample_rate,
        steps_per_sample=sent.steps,
        folder=context.folder / "simulator",
        context=context,
        motions=_Motions(runs),
        band_limited=sent.band_limited,
    )
    asked = list(todo.items())
    for place, result in results:
        key, numbers = asked[place]
        if isinstance(result, Simulation):
            cache.keep(key, result)
        for number in numbers:
            yield number, result


class _Motions(Sequence[Float64 | None]):
    """What drives the knobs of each run, made when it is asked for: all at once would be large."""

    def __init__(self, wanted: Sequence[Wanted]) -> None:
        self._wanted = wanted

    def __len__(self) -> int:
        return len(self._wanted)

    @overload
    def __getitem__(self, place: int) -> Float64 | None: ...
    @overload
    def __getitem__(self, place: slice) -> _Motions: ...
    def __getitem__(self, place: int | slice) -> Float64 | _Motions | None:
        if isinstance(place, slice):
            return _Motions(self._wanted[place])
        return self._wanted[place].driven


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


__all__ = [
    "CACHE",
    "PlayedSweep",
    "SweepChoice",
    "check_choice",
    "check_motion",
    "expected",
    "moving_of",
    "produce_sweep",
    "settings_of",
]
