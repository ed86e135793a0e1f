"""One run of LTspice: its netlist and signals written, its log and result read."""

from __future__ import annotations

import contextlib
from pathlib import Path

from engines.circuits.base import Circuit, Float64, SimulatorError, SimulatorMissingError
from engines.circuits.columns import Columns
from engines.circuits.ltspice_dialect import TEMPERATURE, in_ltspice
from engines.circuits.ltspice_program import NAME, LTspiceProgram
from engines.circuits.ltspice_raw import LTspiceRaw
from engines.circuits.netlist import NETLIST_FILE, SIGNAL_BLOCK, SIGNAL_FILE, Plan
from engines.circuits.ngspice_run import COARSE, FINE, Run, own_words
from engines.circuits.rawfile import RawResult
from engines.circuits.reading.lines import MAX_BYTES, decode, plain_title
from engines.circuits.reading.model import NetlistError
from engines.circuits.stretches import Stretch
from projects.errors import storage_error
from projects.files import write_atomic

STALL_SECONDS = 600.0
"""A first start of wine takes minutes, and LTspice may hold much back before it writes."""
OPTIONS = f"plotwinsize=0 numdgt=15 reltol=1e-6 trtol=1e6 temp={TEMPERATURE:g} tnom={TEMPERATURE:g}"
"""No compression of the result, and doubles in it (``numdgt`` above 6); the tolerances ngspice is
given too. As there, ``trtol`` leaves the length of the steps to their bound."""
LEFT_BEHIND = (".raw", ".op.raw", ".log", ".fail")
"""What LTspice puts beside a netlist."""


class LTspiceRun(Run):
    """LTspice at work on one stretch; see :class:`~engines.circuits.ngspice_run.Run`.

    The circuit is written in LTspice's dialect; input and moving knobs come from text files of
    times and volts (``PWL file=``): exact to the last digit, between samples linear, while a
    recording (``wavefile=``) holds whole numbers, clips at 1 V and begins at time 0.
    """

    program = NAME
    raw_file = Path(NETLIST_FILE).with_suffix(".raw").name

    def __init__(
        self, program: LTspiceProgram, circuit: Circuit, sent: Float64, stretch: Stretch
    ) -> None:
        self._program = program
        self._log = stretch.folder.absolute() / Path(NETLIST_FILE).with_suffix(".log").name
        for name in (self.raw_file, self._log.name):
            with contextlib.suppress(OSError):
                (stretch.folder / name).unlink(missing_ok=True)
        plan = stretch.plan
        super().__init__(
            str(program.path), in_ltspice(circuit, plan.step, plan.stop)[0], sent, stretch
        )

    def _written(self, program: str, circuit: Circuit) -> list[str]:
        folder = self.stretch.folder.absolute()
        for number in range(self._values.shape[1]):
            path = folder / signal_file(number)
            write_pwl(path, self._times, self._values[:, number])
        text = ltspice_netlist(circuit, self.stretch.plan)
        write_atomic(folder / NETLIST_FILE, text.encode("ascii"), action="write the netlist")
        return self._program.run_command(folder / NETLIST_FILE)

    @property
    def words(self) -> str:
        """What the program has said so far: mostly in its log file."""
        return "\n".join(filter(None, [self.process.output.strip(), read_log(self._log)]))

    def _not_starting(self, error: Exception) -> SimulatorError:
        return not_starting(error)

    def _patience(self) -> float:
        return STALL_SECONDS

    def _complaint(self) -> str:
        return own_words(self.words)

    def _read(self) -> RawResult:
        path = self.stretch.folder / self.raw_file
        if not path.exists():
            raise self._error("it left no result")
        raw = LTspiceRaw(path)
        if not raw.double:
            raise self._error(
                "its result is in single precision, too coarse for states; LTspice XVII and later "
                "give more"
            )
        return raw

    def close(self) -> None:
        """End the process and remove the files but the netlist."""
        super().close()
        folder, stem = self.stretch.folder, Path(NETLIST_FILE).stem
        made = [signal_file(number) for number in range(self._values.shape[1])]
        for name in [*made, *(f"{stem}{ending}" for ending in LEFT_BEHIND)]:
            with contextlib.suppress(OSError):
                (folder / name).unlink(missing_ok=True)


def signal_file(number: int) -> str:
    """The file of the input (0) or of a moving knob."""
    return SIGNAL_FILE if number == 0 else f"knob-{number}.txt"


def ltspice_netlist(circuit: Circuit, plan: Plan) -> str:
    """The whole netlist of a run, as text; ``circuit`` is in LTspice's dialect already."""
    driven = [(circuit.input, circuit.against), *((node, "0") for node in circuit.moving)]
    saved = [f"{name[0].upper()}{name[1:]}" for name in Columns.of(circuit).saved]
    return "\n".join(
        [
            f"* {plain_title(circuit.title)}",
            *(
                f"V_trimpot_{number} {plus} {minus} PWL file={signal_file(number)}"
                for number, (plus, minus) in enumerate(driven)
            ),
            *circuit.elements,
            f".options method={circuit.method} {OPTIONS} {_tolerances(circuit)}",
            f".save {' '.join(saved)}",
            f".tran 0 {plan.stop!r} 0 {plan.step!r}",
            ".end",
            "",
        ]
    )


def write_pwl(path: Path, times: Float64, values: Float64) -> None:
    """Corners of a signal for ``PWL file=``: seconds and volts, a line each.

    Raises
    ------
    StorageError
        The disk refused.
    """
    try:
        with path.open("w", encoding="ascii", newline="\n") as stream:
            for start in range(0, len(times), SIGNAL_BLOCK):
                part = slice(start, start + SIGNAL_BLOCK)
                pairs = zip(times[part].tolist(), values[part].tolist(), strict=True)
                stream.writelines(map("%.17g %.17g\n".__mod__, pairs))
    except OSError as error:
        raise storage_error("write the simulator's input", path, error) from error


def read_log(path: Path) -> str:
    """LTspice's log: in UTF-16, UTF-8 or Latin-1, by its version; empty where there is none."""
    try:
        with path.open("rb") as stream:
            data = stream.read(MAX_BYTES)
        return decode(data[: len(data) // 2 * 2]).replace("\r\n", "\n").strip("\ufeff\n ")
    except (OSError, NetlistError):
        return ""


def not_starting(error: Exception) -> SimulatorMissingError:
    """The sentence for a program that is there and does not start."""
    words = getattr(error, "strerror", None) or error
    return SimulatorMissingError(
        f"LTspice does not start ({words}). Install it again, or choose another one in the "
        "settings.",
        details=repr(error),
    )


def _tolerances(circuit: Circuit) -> str:
    return COARSE if circuit.tolerances == "coarse" else FINE
