"""A circuit looked at before a long run: at rest, by frequency, by level, and one second of sound.

Works in the window's process, on a thread of its own: nothing compiled is imported, every part is
bounded in time, and one that fails leaves the others.
"""

from __future__ import annotations

import re
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from engines.circuits.base import Circuit, Float64, Simulation, Simulator, SimulatorError
from engines.circuits.columns import Columns
from engines.circuits.described import DescribedCircuit, Settings
from engines.circuits.look import (
    FrequencyResponse,
    frequency_response,
    operating_point,
    transfer_curve,
)
from engines.circuits.quick_figures import figures_of, warnings_of
from engines.signals.chord import struck_chord
from engines.worker.context import CancelledError, JobContext
from engines.worker.protocol import Message
from projects.capture import Check
from projects.errors import TrimpotError, storage_error
from projects.jobs import Job

RATE = 48_000
SINE_HZ = 100.0
SINE_SECONDS = 0.25
"""Of which the last cycle is shown: what is coupled by capacitors has settled by then."""
SINE_LIMIT = 20.0
AUDIO_LIMIT = 60.0
"""Seconds of work after which a part is given up."""
MAX_SECONDS = 10.0
MAX_NODES = 2000
PER_DECADE = 24

Part = Literal["operating point", "response", "transfer", "dynamic", "audio"]


@dataclass(frozen=True)
class Curve:
    """Output against input, both float64[n] in volts."""

    x: Float64
    y: Float64


@dataclass(frozen=True)
class Sound:
    """A stretch of audio through the circuit.

    ``dry`` float32[n], 1.0 is full scale, which is sent as the drive's volts; ``wet`` float64[n] in
    volts; ``checks`` say how far the simulation can be trusted.
    """

    sample_rate: int
    dry: NDArray[np.float32]
    wet: Float64
    checks: tuple[Check, ...]


@dataclass(frozen=True)
class QuickLook:
    """What a look found; a part that failed is None, and ``problems`` says why.

    Attributes
    ----------
    settings : dict
        Where the knobs stand, by parameter.
    drive : float
        What full scale is sent as (volts).
    operating_point : dict of str to float
        Volts at rest by node, inner ones of subcircuits with their path (``x1.m``).
    rest : float, optional
        The output's volts there.
    states : dict of str to float
        Each kept state at rest, in volts or amperes.
    response : FrequencyResponse, optional
        Of small signals around rest, input to output.
    transfer : Curve, optional
        Where both stand still: flat, where a capacitor is in the way.
    dynamic : Curve, optional
        One cycle of a 100 Hz sine at full scale, after it has settled.
    sound : Sound, optional
        One second of a struck chord, or what was given.
    figures : dict of str to float
        ``gain_100``, ``gain_1000``, ``gain_10000`` (dB); ``low_corner``, ``high_corner`` (Hz, at
        -3 dB, where there is one); ``rest`` (V); ``clips_low``, ``clips_high`` (V from rest, where
        the output flattens at full scale); ``peak`` and ``rms`` of the sound (V).
    warnings : tuple[str, ...]
        What to look at, in sentences.
    problems : dict of str to str
        Parts that failed, and why.
    """

    settings: Settings
    drive: float
    operating_point: dict[str, float] = field(default_factory=dict)
    rest: float | None = None
    states: dict[str, float] = field(default_factory=dict)
    response: FrequencyResponse | None = None
    transfer: Curve | None = None
    dynamic: Curve | None = None
    sound: Sound | None = None
    figures: dict[str, float] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    problems: dict[Part, str] = field(default_factory=dict)


def quick_look(
    circuit: DescribedCircuit,
    settings: Mapping[str, float],
    folder: Path,
    *,
    stop: threading.Event,
    seconds: float = 1.0,
    dry: NDArray[np.float32] | None = None,
    sample_rate: int = RATE,
    drive: float | None = None,
    simulator: Simulator | None = None,
    tell: Callable[[QuickLook], None] | None = None,
) -> QuickLook:
    """Look at a circuit at one setting of its knobs.

    Parameters
    ----------
    circuit : DescribedCircuit
        Of the library, or one's own.
    settings : mapping
        Knobs by parameter that do not stand at rest.
    folder : Path
        Where scratch files may go; what is made there is gone afterwards.
    stop : threading.Event
        Breaks the look off when it is set.
    seconds : float
        How much of the sound, at most 10 s.
    dry : float32[n], optional
        What is sent, 1.0 is full scale; a chord of Trimpot's own where nothing is given.
    sample_rate : int
        Of ``dry``, in Hz.
    drive : float, optional
        Volts that full scale is sent as, instead of the circuit's own.
    simulator : Simulator, optional
        For sine and sound; ngspice where nothing is given. The rest is always ngspice's.
    tell : callable, optional
        Called on this thread with what is there so far, after each part.

    Raises
    ------
    SimulatorError, NetlistError
        The circuit cannot be made at these settings.
    SimulatorMissingError
        The simulator is not there.
    CancelledError
        ``stop`` was set.
    """
    made = circuit.circuit(settings)
    if simulator is None:
        from engines.circuits.ngspice import NgSpice

        simulator = NgSpice()
    simulator.version()  # says at once where it is missing
    try:
        folder.mkdir(parents=True, exist_ok=True)
        scratch = Path(tempfile.mkdtemp(prefix="look-", dir=folder))
    except OSError as error:
        raise storage_error("make a folder for the quick look", folder, error) from error
    try:
        look = _Look(circuit, made, circuit.settings(settings), drive or circuit.drive, scratch)
        return look.run(stop, simulator, _played(dry, seconds, sample_rate), sample_rate, tell)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _played(
    dry: NDArray[np.float32] | None, seconds: float, sample_rate: int
) -> NDArray[np.float32]:
    length = min(max(seconds, 0.01), MAX_SECONDS)
    if dry is None:
        return struck_chord(length, sample_rate)
    return np.ascontiguousarray(dry[: round(length * sample_rate)], np.float32)


class _Look:
    """The parts of a look, one after the other."""

    def __init__(
        self,
        described: DescribedCircuit,
        circuit: Circuit,
        settings: Settings,
        drive: float,
        folder: Path,
    ) -> None:
        self.described, self.circuit, self.folder = described, circuit, folder
        self.found = QuickLook(settings, drive)

    def run(
        self,
        stop: threading.Event,
        simulator: Simulator,
        dry: NDArray[np.float32],
        rate: int,
        tell: Callable[[QuickLook], None] | None,
    ) -> QuickLook:
        """All parts; what each finds is told as it comes."""
        parts: dict[Part, Callable[[], QuickLook]] = {
            "operating point": lambda: self._rest(stop),
            "response": lambda: self._response(stop),
            "transfer": lambda: self._transfer(stop),
            "dynamic": lambda: self._dynamic(stop, simulator),
            "audio": lambda: self._sound(stop, simulator, dry, rate),
        }
        for part, do in parts.items():
            if stop.is_set():
                raise CancelledError
            try:
                self.found = do()
            except TrimpotError as error:
                problems = {**self.found.problems, part: self._words(error)}
                self.found = replace(self.found, problems=problems)
            self.found = replace(
                self.found,
                figures=figures_of(self.found),
                warnings=warnings_of(self.found, self.described),
            )
            if tell is not None:
                tell(self.found)
        return self.found

    def _words(self, error: TrimpotError) -> str:
        explained = error
        if isinstance(error, SimulatorError):
            explained = self.described.explained(error)
        return explained.sentence.partition(" The netlist is kept in ")[0]

    def _rest(self, stop: threading.Event) -> QuickLook:
        named = operating_point(self.circuit, self.folder, cancel=stop)
        columns = Columns.of(self.circuit)
        missing = [name for name in columns.saved if name not in named]
        if missing:  # a current that "all" doesn't hold
            named |= operating_point(self.circuit, self.folder, missing, cancel=stop)
        table = np.array([[named[name] for name in columns.saved]])
        values = columns.signals(table)[0]
        nodes = {name[2:-1]: value for name, value in named.items() if name.startswith("v(")}
        written = set(re.findall(r"\w+", " ".join(self.circuit.elements).lower()))
        # What stands in no line is the simulator's own, as the inner nodes of a POLY source.
        nodes = {node: v for node, v in nodes.items() if node.rpartition(".")[2] in written}
        return replace(
            self.found,
            operating_point=dict(sorted(nodes.items(), key=_depth)[:MAX_NODES]),
            rest=float(values[0]),
            states={
                state.name: float(value)
                for state, value in zip(self.circuit.states, values[1:], strict=True)
            },
        )

    def _response(self, stop: threading.Event) -> QuickLook:
        response = frequency_response(self.circuit, self.folder, per_decade=PER_DECADE, cancel=stop)
        return replace(self.found, response=response)

    def _transfer(self, stop: threading.Event) -> QuickLook:
        drive = self.found.drive
        x, y = transfer_curve(self.circuit, self.folder, lowest=-drive, highest=drive, cancel=stop)
        return replace(self.found, transfer=Curve(x, y))

    def _dynamic(self, stop: threading.Event, simulator: Simulator) -> QuickLook:
        cycle = round(RATE / SINE_HZ)
        time_ = np.arange(round(SINE_SECONDS * RATE)) / RATE
        x = self.found.drive * np.sin(2 * np.pi * SINE_HZ * time_)
        quiet = self.circuit.without_states()
        output = self._simulated(stop, simulator, quiet, x, RATE, SINE_LIMIT).output
        last = slice(len(x) - cycle - 1, len(x))
        return replace(self.found, dynamic=Curve(x[last], output[last]))

    def _sound(
        self, stop: threading.Event, simulator: Simulator, dry: NDArray[np.float32], rate: int
    ) -> QuickLook:
        x = dry.astype(np.float64) * self.found.drive
        quiet = self.circuit.without_states()
        simulation = self._simulated(stop, simulator, quiet, x, rate, AUDIO_LIMIT)
        return replace(self.found, sound=Sound(rate, dry, simulation.output, simulation.checks))

    def _simulated(
        self,
        stop: threading.Event,
        simulator: Simulator,
        circuit: Circuit,
        x: Float64,
        rate: int,
        limit: float,
    ) -> Simulation:
        return simulator.simulate(
            circuit,
            x,
            rate,
            steps_per_sample=self.described.steps,
            folder=self.folder,
            context=_Bounded(self.folder, stop, limit),
        )


def _depth(named: tuple[str, float]) -> int:
    return named[0].count(".")


class _Bounded(JobContext):
    """What a simulator sees instead of a job: it is stopped by an event, or by the clock."""

    def __init__(self, folder: Path, stop: threading.Event, limit: float) -> None:
        super().__init__(folder, folder, Job(kind="simulate", name="quick look"), _unheard)
        self._event, self._limit = stop, limit
        self._deadline = time.monotonic() + limit

    @property
    def stopping(self) -> bool:
        return self._event.is_set()

    def check(self) -> None:
        if self._event.is_set():
            raise CancelledError
        if time.monotonic() > self._deadline:
            raise SimulatorError(
                f"This part of the look took longer than {self._limit:.0f} s and was given up. A "
                "simulation of the circuit may still run, slowly."
            )

    def wait(self, seconds: float) -> None:
        self._event.wait(max(0.0, seconds))
        self.check()

    def log(self, text: str) -> None:
        """Nothing is kept of a look."""


def _unheard(message: Message) -> None:
    """Nobody listens to a look's progress."""
