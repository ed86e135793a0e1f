"""Captures of a simulated circuit: what is sent through it, and what is written of each run."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from engines.audio.files import dry_id, write_wav
from engines.circuits.base import Simulation, StateVariable
from engines.circuits.described import DescribedCircuit
from engines.sources.circuit_start import StartUp
from engines.sources.circuit_wanted import Sent, Wanted
from engines.sources.dry_shelf import link_or_copy
from engines.sources.folders import new_capture_folder
from engines.worker.context import JobContext
from projects.capture import Capture, Signal, write_capture
from projects.manifest import MAX_NAME

KNOB_FILE = "knob-{param}.wav"
TIMINGS = ("seconds",)
"""Figures that differ each time: they go into the log, so that a capture that is made again is the
same file."""


class CaptureWriter:
    """Writes captures; all have the same dry file where the disk allows it.

    Parameters
    ----------
    described : DescribedCircuit
        What is simulated.
    sent : Sent
        What is sent through it.
    title : str
        How the captures' names begin.
    record : mapping
        What every capture's record says beside what is written here; may extend ``circuit``.
    folder : Path
        Where the captures' folders go.
    context : JobContext
        For warnings; its job's id and time become the captures'.
    clipped : bool
        Whether flat tops and offsets of dry are a fault, and not part of what it plays.
    """

    def __init__(
        self,
        described: DescribedCircuit,
        sent: Sent,
        title: str,
        record: Mapping[str, Any],
        folder: Path,
        context: JobContext,
        *,
        clipped: bool,
    ) -> None:
        self.described, self.sent, self.title = described, sent, title
        self.record, self.folder, self.context = record, folder, context
        self._first_dry: Path | None = None
        self._dry_id = dry_id(sent.dry)
        from engines.checks import level_checks  # compiles: nothing for the window's process

        checks = level_checks("dry", sent.dry)
        self._dry_checks = checks if clipped else checks[:1]

    def name(self, wanted: Wanted) -> str:
        """A capture's name: the title, and what tells its run from the others."""
        return ", ".join(filter(None, [self.title, wanted.label]))[:MAX_NAME]

    def write(self, number: int, wanted: Wanted, simulation: Simulation, start: StartUp) -> Capture:
        """Write the capture of one run (counted from 0) and return it.

        Raises
        ------
        StorageError
            The disk is full or refused.
        """
        name = self.name(wanted)
        checks = [*self._dry_checks, *wanted.checks, start.check, *simulation.checks]
        for check in checks:
            if check.level != "ok":
                self.context.warn(f"{name}: {check.text}")
        sent, described = self.sent, self.described
        capture = Capture(
            # The same at every attempt: a sweep that is taken up again brings nothing twice.
            id=f"{self.context.job.id}-{number + 1:03d}",
            name=name,
            created=self.context.job.created,
            sample_rate=sent.sample_rate,
            n_samples=len(sent.dry),
            dry_id=self._dry_id,
            signals=(*_signals(sent.drive, wanted.circuit.states), *self._motions(wanted)),
            knobs={knob.name: wanted.settings[knob.param] for knob in described.knobs},
            controls=tuple(knob.control for knob in described.knobs),
            sections=sent.sections,
            edits=start.edits,
            checks=tuple(checks),
            source=self._source(wanted, simulation),
        )
        self._put(capture, wanted, simulation)
        return capture

    def _source(self, wanted: Wanted, simulation: Simulation) -> dict[str, Any]:
        described, made = self.described, wanted.circuit
        circuit = {
            "name": described.name,
            "elements": list(made.elements),
            "params": dict(made.params),
            "states": {state.name: state.vector for state in made.states},
            "reference": described.reference,
        }
        told = {
            "settings": wanted.settings,
            "simulator": self.sent.simulator,
            "steps_per_sample": self.sent.steps,
            "figures": {k: v for k, v in simulation.figures.items() if k not in TIMINGS},
            **({"motion": dict(wanted.told)} if wanted.moving else {}),
            **self.record,
        }
        return {**told, "circuit": {**circuit, **told.get("circuit", {})}}

    def _motions(self, wanted: Wanted) -> tuple[Signal, ...]:
        return tuple(
            Signal(
                name=self.described.knob(param).name,
                role="knob",
                file=KNOB_FILE.format(param=param),
                unit="",
            )
            for param in wanted.moving
        )

    def _put(self, capture: Capture, wanted: Wanted, simulation: Simulation) -> None:
        """The capture's folder: its audio first, ``capture.json`` last."""
        place = new_capture_folder(self.folder, capture.id)
        rate = self.sent.sample_rate
        self._put_dry(place)
        write_wav(place / "wet.wav", simulation.output, rate)
        for column, signal in enumerate(capture.states):
            write_wav(place / signal.file, simulation.states[:, column], rate)
        if wanted.motion is not None:
            for signal, column in zip(capture.motions, wanted.motion().T, strict=True):
                write_wav(place / signal.file, column, rate)
        write_capture(place, capture)

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
