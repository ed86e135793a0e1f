"""One run of ngspice: started, watched, read back and checked."""

from __future__ import annotations

import errno
import os
import signal
import time
from dataclasses import dataclass, replace

import numpy as np

from engines.circuits.base import (
    Circuit,
    Float64,
    NotConvergedError,
    SimulatorError,
    SimulatorMissingError,
)
from engines.circuits.columns import Columns
from engines.circuits.complaints import disk_refused, diverged
from engines.circuits.complaints import own_words as own_words
from engines.circuits.grid import Gridded, on_grid
from engines.circuits.netlist import NETLIST_FILE, RAW_FILE, SIGNAL_FILE, write_run
from engines.circuits.process import BoundedProcess
from engines.circuits.rawfile import RawFile, RawResult
from engines.circuits.stretches import Stretch
from engines.circuits.verdicts import KNOB_FLOOR, refuse_wrong_input
from projects.errors import storage_error

FINE, COARSE = "abstol=1e-12 vntol=1e-8", "abstol=1e-9 vntol=1e-6"
"""How near two iterations must come, in amperes and volts."""
COMMON = "reltol=1e-6 trtol=1e6 xtrtol=1e6 bypass=1 temp=27 tnom=27"
TOLERANCES = f"{COMMON} {FINE}"
"""Equal steps. Measured on a diode clipper at 4.5 V with guitar, against the same rule at 1/64
sample: ESR 4e-9 to 1e-8 by the trapezoidal rule, 6e-8 by Gear's method. trtol keeps ngspice from
cutting steps by its estimate of the truncation error, which would move the grid off the samples.
The tolerances of Newton's method, and not computing again a device whose voltages stand within them
(bypass), change that by an ESR of 3e-16 and save a fifth of the time; every step takes two
iterations at least."""
QUIET = ("-D", "norefvalue")
"""Keeps ngspice from asking for its processor time at every point, a twelfth of all its time, to
say how far it is."""
STALL_SECONDS = 60.0
MAX_RAW_BYTES = 16_000_000_000


@dataclass
class RunResult:
    """What one run gave: output and states float64[n, 1 + S] at the samples that are kept.

    ``joint`` is the last sample before those, as computed in the overlap; ``seconds`` the time
    that the process took.
    """

    kept: Gridded
    joint: Float64
    input_error: float
    points: int
    seconds: float


def options_of(circuit: Circuit) -> str:
    """ngspice's options for a circuit."""
    wanted = COARSE if circuit.tolerances == "coarse" else FINE
    return f"method={circuit.method} {COMMON} {wanted}"


def command_of(program: str) -> list[str]:
    """What simulates the netlist in the working folder."""
    return [program, "-n", *QUIET, "-b", "-r", RAW_FILE, NETLIST_FILE]


class Run:
    """ngspice at work on one stretch; closing it ends the process and removes its large files.

    ``sent`` float64[n, 1 + M] is the whole signal and beside it what drives the moving knobs.

    Raises
    ------
    SimulatorError
        Its result would be too large.
    SimulatorMissingError
        ngspice does not start.
    StorageError
        The disk refused.
    """

    program = "ngspice"
    raw_file = RAW_FILE

    def __init__(self, program: str, circuit: Circuit, sent: Float64, stretch: Stretch) -> None:
        self.stretch = stretch
        self._columns = Columns.of(circuit)
        plan = stretch.plan
        self._expected = plan.stop / plan.step * 8 * (1 + len(self._columns.saved))
        if self._expected > MAX_RAW_BYTES:
            raise SimulatorError(
                f"The simulator's result would take {self._expected / 1e9:.0f} GB on the disk "
                "while it works. Use a shorter signal or fewer steps a sample."
            )
        try:
            stretch.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise storage_error("make the simulator's folder", stretch.folder, error) from error
        # Before the very first sample the input is at rest; a later stretch starts in the steady
        # state of its first input, which the overlap forgets.
        before = sent[stretch.first].copy()
        if stretch.first == 0:
            before[0] = 0.0
        self._times, self._values = plan.corners(self._sent_here(sent), before)
        try:
            self.process = BoundedProcess(self._written(program, circuit), stretch.folder)
        except OSError as error:
            raise self._not_starting(error) from error
        self._size = 0
        self._grown = time.monotonic()

    def _sent_here(self, sent: Float64) -> Float64:
        """What this stretch is sent; after the signal's end, its last value holds."""
        stop = self.stretch.stop + self.stretch.after
        part = sent[self.stretch.first : stop]
        missing = stop - max(len(sent), self.stretch.first)
        return (
            np.concatenate([part, np.repeat(part[-1:], missing, axis=0)]) if missing > 0 else part
        )

    def _written(self, program: str, circuit: Circuit) -> list[str]:
        """Write the netlist and what it reads; the command that simulates it."""
        folder, plan = self.stretch.folder, self.stretch.plan
        write_run(folder, circuit, plan, self._times, self._values, options_of(circuit))
        return command_of(program)

    @property
    def words(self) -> str:
        """What the program has said so far."""
        return self.process.output

    @property
    def seconds(self) -> float:
        """How long it has been running, or ran."""
        return self.process.seconds

    def _not_starting(self, error: Exception) -> SimulatorError:
        return not_starting(error)

    def _read(self) -> RawResult:
        """The result."""
        return RawFile(self.stretch.folder / self.raw_file)

    def _patience(self) -> float:
        """How long it may stand still, in seconds."""
        return STALL_SECONDS

    def _complaint(self) -> str:
        """What the program says of its failure."""
        return own_words(self.words)

    def finished(self) -> bool:
        """Whether it has ended; raises SimulatorError where it stands still."""
        if self.process.poll() is not None:
            return True
        raw = self.stretch.folder / self.raw_file
        size = raw.stat().st_size if raw.exists() else 0
        if size > self._size:
            self._size, self._grown = size, time.monotonic()
        if size > 50 * self._expected + 10_000_000:
            raise self._error("it computes far more points than the signal has")
        patience = self._patience()
        if time.monotonic() - self._grown > patience:
            raise self._error(f"it has stood still for {patience:.0f} s")
        return False

    def fraction(self) -> float:
        """How far it is, 0..1, by the size of its result."""
        return min(1.0, self._size / self._expected)

    def result(self) -> RunResult:
        """Read what it computed; raises SimulatorError where it failed or was sent wrongly."""
        code = self.process.poll()
        plan, overlap = self.stretch.plan, self.stretch.overlap
        seconds = self.process.seconds
        self._refuse_full_disk(code)
        if code != 0 or self.process.output_exceeded:
            why = "its output had no end" if self.process.output_exceeded else _ending(code)
            raise self._error(why)
        raw = self._read()
        times, error = self._check_input(raw)
        last = plan.sample_times[-1]
        if times[-1] < last:
            raise self._error(f"it stopped at {times[-1]:.6f} of {last:.6f} s")
        kept = on_grid(raw, times, self._columns, plan, band_limited=self.stretch.band_limited)
        stop = len(kept.values) - self.stretch.after
        return RunResult(
            kept=replace(kept, values=kept.values[overlap:stop]),
            joint=kept.values[overlap - 1] if overlap else np.zeros(0),
            input_error=error,
            points=raw.n_points,
            seconds=seconds,
        )

    def _refuse_full_disk(self, code: int | None) -> None:
        """Raise StorageError where that is why the result is not whole."""
        too_large = code is not None and code == -getattr(signal, "SIGXFSZ", 0) != 0
        if too_large or disk_refused(self.words):
            number = errno.EFBIG if too_large else errno.ENOSPC
            place = self.stretch.folder / self.raw_file
            why = OSError(number, os.strerror(number))
            raise storage_error(f"let {self.program} write its result", place, why)

    def _check_input(self, raw: RawResult) -> tuple[Float64, float]:
        """All time points, and how far the input is from what was sent."""
        columns = raw.columns(["time", *self._columns.of_inputs])
        times, error = [], 0.0
        for block in raw.blocks(columns):
            simulated = self._columns.inputs(block[:, 1:])
            for column in range(simulated.shape[1]):
                found = refuse_wrong_input(
                    block[:, 0],
                    simulated[:, column],
                    self._times,
                    self._values[:, column],
                    floor=KNOB_FLOOR if column else 1.0,
                )
                error = max(error, found if column == 0 else 0.0)
            times.append(block[:, 0])
        return np.concatenate(times), error

    def _error(self, why: str) -> SimulatorError:
        words = self._complaint()
        said = f" {self.program} says: {words}." if words else ""
        where = self.stretch.folder / NETLIST_FILE
        kind = NotConvergedError if diverged(self.words) else SimulatorError
        return kind(
            f"{self.program} could not simulate the circuit: {why}.{said} The netlist is kept in "
            f"{where}.",
            details=self.words[-20_000:],
        )

    def close(self) -> None:
        """End the process and remove the large files; the netlist stays."""
        self.process.close()
        for name in (SIGNAL_FILE, self.raw_file):
            (self.stretch.folder / name).unlink(missing_ok=True)

    def __enter__(self) -> Run:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def not_starting(error: Exception) -> SimulatorMissingError:
    """The sentence for a program that is there and does not start."""
    words = getattr(error, "strerror", None) or error
    return SimulatorMissingError(
        f"ngspice does not start ({words}). Install it again, or choose another one in the "
        "settings.",
        details=repr(error),
    )


def _ending(code: int | None) -> str:
    if code is not None and code < 0:
        return f"it was ended by signal {-code}"
    return f"it gave up (exit code {code})"
