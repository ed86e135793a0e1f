"""The short runs behind :mod:`engines.circuits.advice`: a knob's ends, its middle, and between."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from pathlib import Path
from typing import Literal

import numpy as np

from engines.circuits.base import Circuit, Float64, Simulator, SimulatorError
from engines.circuits.described import DescribedCircuit, Settings
from engines.worker.context import CancelledError, JobContext
from engines.worker.protocol import Message
from projects.circuits import CircuitKnob
from projects.jobs import Job

RATE = 48_000
DEEPEST = 5
"""How often a knob's range is halved: 32 intervals at most."""
NEARLY = 0.95
"""What is said of the progress where the time is up but the work not done."""
BATCH = 4
"""Settings simulated at once, between two looks at the clock."""
QUIET = 0.01
"""A setting quieter than the loudest by more than 20 dB is measured against what is 20 dB quieter:
what is hardly heard need not be exact to the same share."""
SOFT = 10 ** (-18 / 20)
"""Of the second half of what is sent."""
ORDER = 4.0
"""The ESR of linear interpolation goes with this power of the distance, the curve being smooth."""

UNSEEN = 4.0
"""How much smaller the error of half an interval is taken to be until it is simulated: 16 where the
curve is smooth, but one half usually bends more than the other."""
UNHEARD = 1e-8
"""ESR between a knob's settings below which it does nothing to this circuit at this level."""
SAME_SOUND = 1e-5
"""ESR that is left once levels are matched, below which a knob only changes the level."""
SLACK = 0.05
"""Settings saved rather than counted up for this share of one."""

Kind = Literal["shapes", "scales", "switch", "nothing"]
VARIED: tuple[Kind, ...] = ("shapes", "switch")
"""Kinds of knobs that a model needs settings of."""
Key = tuple[tuple[str, float], ...]


def stretch(seconds: float) -> Float64:
    """A chord of plucked strings, loud, and the same again 18 dB softer: float64[n], peak 1.

    Four strings of 24 partials each, 1 / k, the high ones gone sooner. Each half counts the same
    (see :func:`esr`): a clipper hides its knobs where it is driven hard.
    """
    n = max(64, round(seconds * RATE) // 2)
    t = np.arange(n) / RATE
    half = np.zeros(n)
    partials = np.arange(1, 25)[:, None]
    plucked = [(82.41, 0.0, 1.0), (123.47, 0.004, 0.9), (164.81, 0.008, 0.8), (659.26, 0.04, 0.4)]
    for pitch, start, level in plucked:
        since = np.maximum(t - start, 0.0)
        fade = np.exp(-since * (2.0 + 1.5 * partials)) * (1 - np.exp(-since / 5e-4))
        phase = 2 * np.pi * pitch * partials * since + partials**2
        half += level * (np.sin(phase) * fade * (pitch * partials < 8000) / partials).sum(axis=0)
    half /= np.abs(half).max()
    return np.concatenate([half, SOFT * half])


class Runs:
    """Simulates the stretch at settings, each once, and compares what comes out.

    Parameters
    ----------
    described : DescribedCircuit
        The circuit; see :func:`engines.circuits.advice.advise` for the others.
    """

    def __init__(
        self,
        described: DescribedCircuit,
        folder: Path,
        *,
        stop: threading.Event | None,
        progress: Callable[[float, str], None] | None,
        seconds: float,
        budget: float,
        drive: float | None,
        params: Sequence[str],
        simulator: Simulator | None,
    ) -> None:
        if not described.knobs:
            raise SimulatorError(f"{described.title} has no knobs, so one setting is all there is.")
        from engines.circuits.ngspice import NgSpice

        wanted = [described.knob(param).param for param in params]
        self.knobs = tuple(k for k in described.knobs if not wanted or k.param in wanted)
        folder.mkdir(parents=True, exist_ok=True)
        self.described, self.folder = described, folder
        self.simulator = simulator or NgSpice()
        self.x = stretch(seconds) * (drive or described.drive)
        self.found: dict[Key, Float64] = {}
        self.refused: dict[str, str] = {}
        self._stop, self._progress = stop, progress
        self._began, self._budget = time.monotonic(), budget
        self._spent, self._done = 0.0, 0
        self._fraction = 0.0
        job = Job(kind="simulate", name=described.title)
        self._context = JobContext(folder, folder, job, self._take)

    @property
    def hurried(self) -> bool:
        """Whether the time is nearly over: another batch would take longer than there is."""
        each = self._spent / max(1, self._done)
        return time.monotonic() + BATCH * each > self._began + self._budget

    def report(self, fraction: float, text: str) -> None:
        """Say how far the work is; never backwards."""
        self._fraction = max(self._fraction, fraction)
        if self._progress is not None:
            self._progress(self._fraction, text)

    def at(self, chosen: Mapping[str, float]) -> Float64 | None:
        """The output at a setting that was simulated; None where that failed, or was not."""
        return self.found.get(self._key(chosen))

    def simulate(self, wanted: Sequence[Mapping[str, float]], *, hurry: bool = True) -> None:
        """Simulate what was not yet, until time is up where ``hurry`` says so.

        Raises
        ------
        SimulatorError
            Nothing at all could be simulated.
        CancelledError
            The user cancelled.
        """
        keys = {self._key(chosen): dict(chosen) for chosen in wanted}
        left = [item for item in keys.items() if item[0] not in self.found]
        while left and not (hurry and self.hurried):
            batch, left = left[:BATCH], left[BATCH:]
            self._batch(batch)

    def _batch(self, batch: list[tuple[Key, Settings]]) -> None:
        if self._stop is not None and self._stop.is_set():
            raise CancelledError
        began = time.monotonic()
        circuits = [_quickly(self.described.circuit(chosen)) for _, chosen in batch]
        failure: SimulatorError | None = None
        results = self.simulator.sweep(
            circuits,
            self.x,
            RATE,
            steps_per_sample=self.described.steps,
            folder=self.folder / "simulator",
            context=self._context,
        )
        for number, result in results:
            if isinstance(result, SimulatorError):
                failure = result
                chosen = ", ".join(f"{name} {value:g}" for name, value in batch[number][0])
                self.refused[f"{chosen}: {result.sentence}"] = chosen
            else:
                self.found[batch[number][0]] = result.output
        self._spent += time.monotonic() - began
        self._done += len(batch)
        share = (time.monotonic() - self._began) / max(self._budget, 1e-3)
        self.report(min(NEARLY, share), f"{self._done} settings simulated")
        if failure is not None and not self.found:
            raise failure

    def _take(self, message: Message) -> None:
        """Every report of the simulator is a look at whether to stop."""
        if self._stop is not None and self._stop.is_set():
            self._context.command("cancel")

    def _key(self, chosen: Mapping[str, float]) -> Key:
        return tuple(self.described.settings(chosen).items())

    # -- what they say ---------------------------------------------------------------------

    def of_knob(self, param: str) -> dict[float, Float64]:
        """The outputs of one knob's settings, the others at rest, by its value."""
        rest = self.described.settings()
        return {
            dict(key)[param]: y
            for key, y in self.found.items()
            if all(value == rest[name] for name, value in key if name != param)
        }

    def kind(self, knob: CircuitKnob) -> Kind:
        """What a knob does, as far as its settings were simulated."""
        if knob.taper == "switch":
            return "switch"
        change = self.sound_change(knob.param)
        if max(change, self.level_change(knob.param)) < UNHEARD:
            return "nothing"
        return "shapes" if change > SAME_SOUND else "scales"

    def level_change(self, param: str) -> float:
        """The largest ESR of a knob's settings against rest, levels as they are."""
        rest = self.at({})
        if rest is None:
            return 1.0
        return max((esr(y - rest, rest) for y in self.of_knob(param).values()), default=1.0)

    def sound_change(self, param: str) -> float:
        """The same against the loudest setting or rest, each setting's level matched (0 to 1)."""
        outputs = list(self.of_knob(param).values())
        if not outputs:
            return 1.0
        loudest = max(outputs, key=energy)
        return max(
            (unlike(y, loudest) for y in outputs if energy(y) > QUIET**2 * energy(loudest)),
            default=0.0,
        )

    def together(self, pairs: Sequence[tuple[str, str]]) -> dict[tuple[str, str], float]:
        """For pairs of knobs at their far ends: ESR of what each does alone, added up."""
        rest = self.at({})
        if rest is None:
            return {}
        far = {param: self._far_end(param, rest) for pair in pairs for param in pair}
        self.simulate([{a: far[a], b: far[b]} for a, b in pairs])
        found = {}
        for a, b in pairs:
            both = self.at({a: far[a], b: far[b]})
            of_a, of_b = self.at({a: far[a]}), self.at({b: far[b]})
            if both is not None and of_a is not None and of_b is not None:
                loudest = np.max([energies(y) for y in (both, of_a, of_b, rest)], axis=0)
                found[a, b] = esr(of_a + of_b - rest - both, both, loudest)
        return found

    def _far_end(self, param: str, rest: Float64) -> float:
        knob = self.described.knob(param)
        ends = {end: self.at({param: end}) for end in (knob.minimum, knob.maximum)}
        far = {end: energy(y - rest) for end, y in ends.items() if y is not None}
        return max(far, key=far.__getitem__, default=knob.maximum)


def _quickly(circuit: Circuit) -> Circuit:
    """The circuit, its law taken for granted.

    A look at a finer step, which gives a verdict to those who keep a simulation, would take as much
    time again as such a short one.
    """
    return replace(circuit, advance=lambda states, *_: states)


def energies(y: Float64) -> Float64:
    """Sums of squares of an output's loud and soft half, the mean taken away: float64[2]."""
    halves = (y - y.mean())[: len(y) // 2 * 2].reshape(2, -1)
    return np.asarray((halves**2).sum(axis=1))


def energy(y: Float64) -> float:
    """Of both halves together."""
    return float(energies(y).sum())


def esr(error: Float64, y: Float64, loudest: Float64 | float = 0.0) -> float:
    """Error to signal ratio, the mean of the loud half's and the soft one's.

    A half that is more than 20 dB quieter than ``loudest`` (energies float64[2]) is measured
    against what is 20 dB quieter.
    """
    floor = np.maximum(QUIET * np.asarray(loudest), 1e-30)
    return float(np.mean(energies(error) / np.maximum(energies(y), floor)))


def unlike(y: Float64, other: Float64) -> float:
    """ESR that is left once levels (and polarity) are matched: 0 the same sound, 1 another."""
    a, b = y - y.mean(), other - other.mean()
    product = float(a @ a) * float(b @ b)
    return max(0.0, 1.0 - float(a @ b) ** 2 / product) if product > 0 else 0.0


@dataclass(frozen=True)
class Leaf:
    """An interval of a knob's way (0 to 1) and the ESR of its middle by its ends.

    ``measured`` is False where the middle was not simulated, and the error follows from that of the
    interval around it.
    """

    start: float
    stop: float
    error: float
    measured: bool

    def spacing(self, target: float) -> float:
        """How far apart settings may be here."""
        room = (target / self.error) ** (1 / ORDER) if self.error > 0 else np.inf
        return float((self.stop - self.start) * room)


@dataclass(frozen=True)
class Placed:
    """Settings by their place 0..1, and the largest error between them."""

    places: tuple[float, ...]
    error: float
    even: bool
    measured: bool
    where: str


@dataclass(frozen=True)
class Bends:
    """How strongly the output bends along a knob's way."""

    knob: CircuitKnob
    leaves: tuple[Leaf, ...]

    @property
    def by_ratio(self) -> bool:
        """Whether equal ways are equal factors."""
        return self.knob.taper == "log" and self.knob.minimum > 0

    def value(self, place: float) -> float:
        """The setting at a place 0..1."""
        return value_at(self.knob, place)

    def placed(self, target: float, least: int = 1) -> Placed:
        """As few settings as hold the error below the target, evenly if that costs one at most.

        There are at least ``least`` intervals between them.
        """
        # Settings lie where equal parts of this are used up: a distance over what is allowed there.
        needed = np.array([(x.stop - x.start) / x.spacing(target) for x in self.leaves])
        edges = np.array([0.0, *(leaf.stop for leaf in self.leaves)])
        used = np.concatenate([[0.0], np.cumsum(needed)])
        count = max(least, int(np.ceil(used[-1] - SLACK)))
        places = np.interp(np.linspace(0, used[-1], count + 1), used, edges)
        even = False
        for more in range(count, count + 2):
            evenly = np.linspace(0, 1, more + 1)
            if not even and np.diff(np.interp(evenly, edges, used)).max() <= 1 + SLACK:
                places, even = evenly, True
        largest = float(np.diff(np.interp(places, edges, used)).max())
        measured = all(leaf.measured for leaf in self.leaves if leaf.error > 0.1 * target)
        low = places[len(places) // 2] < 0.5
        where = ", closer together at the " + ("lower end" if low else "upper end")
        return Placed(tuple(map(float, places)), target * largest**ORDER, even, measured, where)


def value_at(knob: CircuitKnob, place: float) -> float:
    """A knob's setting at a place 0..1 of its way, by its taper."""
    low, high = knob.minimum, knob.maximum
    value = low * (high / low) ** place if knob.taper == "log" and low > 0 else (
        low + (high - low) * place
    )  # fmt: skip
    return min(high, max(low, value))


def bends_of(runs: Runs, target: float) -> dict[str, Bends]:
    """Look at every knob, all equally deep, halving where the error is above the target."""
    knobs = runs.knobs
    pots = [knob for knob in knobs if knob.taper != "switch"]
    ends = [{knob.param: end} for knob in knobs for end in (knob.minimum, knob.maximum)]
    runs.report(0.0, "Simulating the knobs' ends")
    runs.simulate([{}, *ends], hurry=False)
    runs.simulate([{knob.param: value_at(knob, 0.5)} for knob in pots], hurry=False)
    varied = [knob for knob in knobs if runs.kind(knob) in VARIED]
    pots = [knob for knob in pots if runs.kind(knob) != "nothing"]
    for depth in range(1, DEEPEST + 1):
        if depth == 2:  # before time runs out
            runs.together(list(combinations([knob.param for knob in varied], 2)))
        wanted = [
            {knob.param: value_at(knob, (leaf.start + leaf.stop) / 2)}
            for knob in (pots if depth == 1 else [knob for knob in pots if knob in varied])
            for leaf in _leaves(runs, knob, target)
            if not leaf.measured
        ]
        if not wanted or runs.hurried:
            break
        runs.simulate(wanted)
    return {knob.param: Bends(knob, tuple(_leaves(runs, knob, target))) for knob in knobs}


def _leaves(runs: Runs, knob: CircuitKnob, target: float) -> list[Leaf]:
    """Intervals from 0 to 1, halved as far as it was needed and simulated."""
    outputs = runs.of_knob(knob.param).values()
    loudest = np.max([energies(y) for y in outputs], axis=0) if outputs else 0.0

    def halve(start: float, stop: float, guess: float) -> list[Leaf]:
        low, middle, high = (
            runs.at({knob.param: value_at(knob, u)}) for u in (start, (start + stop) / 2, stop)
        )
        if low is None or middle is None or high is None:
            return [Leaf(start, stop, guess, measured=False)]
        error = esr((low + high) / 2 - middle, middle, loudest)
        if error <= target or stop - start < 1.5 / 2**DEEPEST:
            return [Leaf(start, stop, error, measured=True)]
        centre = (start + stop) / 2
        guess = error / UNSEEN
        return halve(start, centre, guess) + halve(centre, stop, guess)

    return halve(0.0, 1.0, 1.0)
