"""Simulators that are programs: their runs side by side, put together and checked."""

from __future__ import annotations

import os
import re
import time
from abc import abstractmethod
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Literal, Protocol

import numpy as np

from engines.circuits.base import (
    Circuit,
    Float64,
    NotConvergedError,
    Simulation,
    Simulator,
    SimulatorError,
    SimulatorMissingError,
)
from engines.circuits.ngspice_run import RunResult
from engines.circuits.stretches import FINER, Stretch, stretches_of
from engines.circuits.verdicts import Evidence, FinerStep, checks_of
from engines.worker.context import JobContext
from engines.worker.slots import CORES_PER_JOB
from projects.capture import Check

POLL_SECONDS = 0.02


@dataclass(frozen=True)
class Way:
    """How a circuit is solved: the method, how many times the steps asked for, how well each."""

    method: Literal["trap", "gear"]
    times: int
    tolerances: Literal["fine", "coarse"]

    @property
    def words(self) -> str:
        """As a sentence has it."""
        method = "by Gear's method" if self.method == "gear" else "by the trapezoidal rule"
        return f"{method}{' with coarse tolerances' if self.tolerances == 'coarse' else ''}"


def other_ways(method: Literal["trap", "gear"]) -> list[Way]:
    """How a circuit that does not converge is tried again, what changes least first."""
    found = [Way(method, 1, "coarse"), Way("gear", 1, "fine"), Way("gear", 2, "fine")]
    found.append(Way("gear", 2, "coarse"))
    return [way for way in found if way != Way(method, 1, "fine")]


MOST_STEPS = 64
LEAST_SHARE = 1e-20
"""Of energy: -200 dB."""


class StretchRun(Protocol):
    """A simulator at work on one stretch; closing it ends the process and removes large files."""

    program: str
    """The simulator's name, for the log."""
    stretch: Stretch

    @property
    def words(self) -> str:
        """What the program has said so far."""

    @property
    def seconds(self) -> float:
        """How long it has been running, or ran."""

    def finished(self) -> bool:
        """Whether it has ended; raises SimulatorError where it stands still."""

    def fraction(self) -> float:
        """How far it is, 0..1."""

    def result(self) -> RunResult:
        """What it computed; raises SimulatorError where it failed or was sent wrongly."""

    def close(self) -> None:
        """End the process and remove the large files; the netlist stays."""


Start = Callable[[Circuit, Float64, Stretch], StretchRun]


@dataclass
class _Task:
    """The simulation of one circuit: how, its stretches, and what they gave so far.

    ``divide`` makes the stretches for so many steps a sample.
    """

    number: int
    asked: Circuit
    asked_steps: int
    sent: Callable[[], Float64]
    divide: Callable[[int], list[Stretch]]
    results: dict[Stretch, RunResult] = field(default_factory=dict)
    failure: SimulatorError | None = None

    def __post_init__(self) -> None:
        self.circuit, self.steps = self.asked, self.asked_steps
        self.stretches = self.divide(self.steps)
        self.ways = other_ways(self.asked.method)
        self.taken = Way(self.asked.method, 1, "fine")

    @property
    def work(self) -> float:
        return sum(stretch.work for stretch in self.stretches)

    @property
    def done(self) -> bool:
        return len(self.results) == len(self.stretches)

    def otherwise(self, failure: SimulatorError) -> bool:
        """Get ready to be simulated in another way; False where there is none, or no sense in it.

        ``failure`` then holds what is said at the end: the first failure is what the user asked
        about.
        """
        first = self.failure or failure
        self.failure = first
        if not isinstance(failure, NotConvergedError) or not self.ways:
            if failure is not first:
                self.failure = SimulatorError(
                    f"{first.sentence} Coarser tolerances, Gear's method and smaller steps did not "
                    "help.",
                    details=first.details,
                )
            return False
        self.taken = way = self.ways.pop(0)
        self.circuit = replace(self.asked, method=way.method, tolerances=way.tolerances)
        self.steps = min(MOST_STEPS, way.times * self.asked_steps)
        self.results, self.stretches = {}, self.divide(self.steps)
        return True

    @property
    def way(self) -> tuple[Check, ...]:
        """What is said of a way that nobody asked for."""
        if self.failure is None:
            return ()
        asked = "the trapezoidal rule" if self.asked.method == "trap" else "Gear's method"
        known = " (1 nA, 1 µV)" if self.taken.tolerances == "coarse" else ""
        return (
            Check(
                name="method",
                level="warning",
                text=f"Simulated {self.taken.words}{known} and {self.steps} steps a sample, since "
                f"{asked} with {self.asked_steps} did not converge.",
                value=float(self.steps),
            ),
        )


class ProgramSimulator(Simulator):
    """A simulator that is a program, of which several run side by side on stretches of a signal.

    Parameters
    ----------
    processes : int
        How many run side by side.
    """

    def __init__(self, processes: int = CORES_PER_JOB) -> None:
        self.processes = max(1, min(processes, os.cpu_count() or 1))

    @abstractmethod
    def ready(self) -> Start:
        """Find the program, and give what starts it on a stretch.

        Raises
        ------
        SimulatorMissingError
            It is not there; the sentence says how to get it.
        """

    def sweep(
        self,
        circuits: Sequence[Circuit],
        x: Float64,
        sample_rate: int,
        *,
        steps_per_sample: int,
        folder: Path,
        context: JobContext,
        motions: Sequence[Float64 | None] = (),
        band_limited: bool = False,
    ) -> Iterator[tuple[int, Simulation | SimulatorError]]:
        """Run the signal through the circuits; see the base class."""
        start = self.ready()
        if not len(x) or not np.isfinite(x).all():
            raise SimulatorError("The signal to simulate is empty or holds what is not a number.")
        context.log(f"{self.version()}, {steps_per_sample} steps a sample")
        # Divided alike however many others there are: a sweep that is taken up again has fewer, and
        # must end with the same samples as one that ran through.
        side_by_side = self.processes
        tasks = []
        for number, circuit in enumerate(circuits):
            place = folder if len(circuits) == 1 else folder / f"setting-{number + 1:03d}"
            divide = partial(
                stretches_of, circuit, x, sample_rate,
                folder=place, processes=side_by_side, band_limited=band_limited,
            )  # fmt: skip
            sent = partial(_sent, circuit, x, motions, number)
            tasks.append(_Task(number, circuit, steps_per_sample, sent, divide))
        for number, result in _Crew(start, self.processes, tasks, context).run():
            if isinstance(result, SimulatorError):
                yield number, result
                continue
            simulation = _put_together(result, x, sample_rate)
            result.results.clear()  # of a long sweep they would fill the memory
            seconds = simulation.figures["seconds"]
            context.log(f"simulated {len(x) / sample_rate:.3f} s in {seconds:.3f} s of processes")
            yield number, simulation


class _Crew:
    """Runs the stretches of several tasks, a few at a time; whatever happens, no process stays."""

    def __init__(
        self,
        start: Start,
        processes: int,
        tasks: list[_Task],
        context: JobContext,
    ) -> None:
        self.start, self.processes, self.context = start, processes, context
        self.tasks = tasks
        self.waiting = [(task, stretch) for task in tasks for stretch in task.stretches]
        self.running: list[tuple[_Task, StretchRun]] = []
        self.work = sum(task.work for task in tasks)
        self.behind = 0.0
        self.clock = time.monotonic()

    def run(self) -> Iterator[tuple[int, _Task | SimulatorError]]:
        """Each task as its last stretch is done, or as its first one fails."""
        with ExitStack() as stack:
            stack.callback(self._close)
            while self.waiting or self.running:
                task, failure = self._fill()
                for mate, run in [] if failure else list(self.running):
                    task, failure = mate, self._look(mate, run)
                    if failure is not None:
                        break
                    if mate.done:
                        yield mate.number, mate
                if failure is not None and task is not None:
                    self._drop(task)
                    if task.otherwise(failure):
                        self._begin_again(task)
                    else:
                        yield task.number, task.failure or failure
                self._report()
                if self.running:
                    self.context.wait(POLL_SECONDS)
                else:
                    self.context.check()

    def _fill(self) -> tuple[_Task | None, SimulatorError | None]:
        """Start what there is room for; a task and its failure where one cannot be."""
        while self.waiting and len(self.running) < self.processes:
            task, stretch = self.waiting.pop(0)
            try:
                run = self.start(task.circuit, task.sent(), stretch)
            except SimulatorMissingError:
                raise
            except SimulatorError as error:
                return task, error
            self.running.append((task, run))
        return None, None

    def _look(self, task: _Task, run: StretchRun) -> SimulatorError | None:
        """Take a run's result if it has ended; its failure if it has failed."""
        try:
            if not run.finished():
                return None
        except SimulatorError as error:
            _keep_log(self.context, task, run)
            return error
        _keep_log(self.context, task, run)
        try:
            task.results[run.stretch] = run.result()
        except SimulatorError as error:
            return error
        self.running.remove((task, run))
        self.behind += run.stretch.work
        run.close()
        return None

    def _drop(self, task: _Task) -> None:
        """End what a failed task still has running or waiting."""
        for mate, run in list(self.running):
            if mate is task:
                self.running.remove((mate, run))
                run.close()
        self.waiting = [item for item in self.waiting if item[0] is not task]
        self.behind += task.work - sum(stretch.work for stretch in task.results)

    def _begin_again(self, task: _Task) -> None:
        self.context.log(
            f"{task.asked.name} does not converge: simulated again {task.taken.words}, "
            f"{task.steps} steps a sample"
        )
        self.waiting = [(task, stretch) for stretch in task.stretches] + self.waiting
        self.work += task.work

    def _close(self) -> None:
        for _, run in self.running:
            run.close()

    def _report(self) -> None:
        done = self.behind + sum(run.fraction() * run.stretch.work for _, run in self.running)
        fraction = done / self.work
        spent = time.monotonic() - self.clock
        eta = spent / fraction * (1 - fraction) if fraction > 0.02 else None
        self.context.progress(fraction, self._words(), eta)

    def _words(self) -> str:
        if len(self.tasks) == 1:
            return "Simulating the circuit"
        begun = [task for task, _ in self.running] or [task for task, _ in self.waiting]
        number = min((task.number for task in begun), default=len(self.tasks) - 1)
        return f"Simulating setting {number + 1} of {len(self.tasks)}"


def _sent(circuit: Circuit, x: Float64, motions: Sequence[Float64 | None], number: int) -> Float64:
    """The signal, and beside it what drives the moving knobs: float64[n, 1 + M].

    Asked for as a run starts: of many runs, the motions together would be large.
    """
    motion = motions[number] if motions else None
    if motion is None and not circuit.moving:
        return x[:, None]  # the same memory for every setting of a sweep
    told = np.zeros((len(x), 0)) if motion is None else motion
    if told.shape != (len(x), len(circuit.moving)) or not np.isfinite(told).all():
        raise SimulatorError(
            f"{circuit.title} has {len(circuit.moving)} moving knobs, and what should drive them "
            f"has the shape {told.shape} for {len(x)} samples, or holds what is not a number."
        )
    return np.column_stack([x, told])


def _put_together(task: _Task, x: Float64, sample_rate: int) -> Simulation:
    """One simulation from its stretches, with its verdicts."""
    parts = [task.results[stretch] for stretch in task.stretches if stretch.role == "part"]
    joints = [
        np.abs(later.joint - earlier.kept.values[-1]).max() for earlier, later in pairwise(parts)
    ]
    samples = np.array([len(part.kept.values) for part in parts])
    on_points = np.array([part.kept.on_points for part in parts])
    values = np.concatenate([part.kept.values for part in parts])
    evidence = Evidence(
        x=x,
        sample_rate=sample_rate,
        states=values[:, 1:],
        input_error=max(result.input_error for result in task.results.values()),
        resampling_error=float(max(part.kept.error.max() for part in parts)),
        on_points=float(on_points @ samples / samples.sum()),
        joint_error=float(max(joints)) if joints else None,
        finer=_finer(task, task.steps),
        folded=_folded(parts),
        band_limited=task.stretches[0].band_limited,
    )
    return Simulation(
        output=values[:, 0],
        states=evidence.states,
        checks=(*checks_of(task.circuit, evidence), *task.way),
        figures={
            "input_error": evidence.input_error,
            "seconds": sum(result.seconds for result in task.results.values()),
            "points": sum(part.points for part in parts) / len(x),
            **({} if evidence.folded is None else {"folded_db": evidence.folded}),
        },
    )


def _folded(parts: list[RunResult]) -> float | None:
    """What of the output's energy lies above half the sample rate, in dB; None where unseen."""
    energy = sum(part.kept.energy for part in parts)
    beyond = sum(part.kept.beyond for part in parts)
    if energy <= 0.0:
        return None
    return float(10 * np.log10(max(beyond / energy, LEAST_SHARE)))


def _finer(task: _Task, steps: int) -> FinerStep | None:
    """The probes' two results, where the circuit has no law of its own to be checked by."""
    probes = {
        stretch.role: result for stretch, result in task.results.items() if stretch.role != "part"
    }
    if not probes:
        return None
    return FinerStep(
        steps=steps,
        finer_steps=FINER * steps,
        coarse=probes["coarse"].kept.values,
        fine=probes["fine"].kept.values,
        seconds=len(probes["fine"].kept.values)
        / next(s.plan.sample_rate for s in task.results if s.role == "fine"),
    )


def _keep_log(context: JobContext, task: _Task, run: StretchRun) -> None:
    words = re.sub(r"(\s*Reference value :\s*[\d.e+-]+)+", "", run.words)
    settings = ", ".join(f"{name}={value:g}" for name, value in task.circuit.params)
    what = ", ".join(filter(None, [task.circuit.name, settings, run.stretch.label]))
    context.log(f"{run.program}, {what}, {run.seconds:.2f} s:\n{words}")
