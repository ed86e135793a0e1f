"""Which runs of a circuit a configuration asks for: at rest at many settings, or knobs moving."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engines.audio.files import dry_id
from engines.circuits.base import Circuit, SimulatorError
from engines.circuits.described import DescribedCircuit, Settings
from engines.circuits.designs import grid, ranges_of, spread
from engines.circuits.motion import Travel, coverage_check, in_float32, stepped, turned
from engines.circuits.motion_file import MotionFile, read_motion
from engines.circuits.reading.model import NetlistError
from engines.sources.circuit_choice import PlayedSweep, SweepChoice
from engines.sources.circuit_wanted import Sent, Wanted
from projects.manifest import Section
from projects.splits import split_by_time

MOTION_SEED = 7
"""Beside the configuration's seed, which the built-in signal and the spread are drawn by."""


def check_choice(described: DescribedCircuit, config: SweepChoice) -> None:
    """Refuse settings that do not fit the circuit; quick enough for every key that is typed.

    Whether a knob can move and what a motion file says is asked by :func:`check_motion`.

    Raises
    ------
    SimulatorError
        A knob is unknown or does not go that far, there are too many combinations, nothing varies,
        or nothing moves.
    """
    for param, values in config.knobs.items():
        for value in values:
            described.settings({param: value})
    moving = moving_of(described, config)
    for param in moving:
        travel = _travel(described, config, param)
        if travel.low == travel.high:
            raise SimulatorError(
                f"{travel.knob.name} is to move, and is set to {travel.low:g}. Give it two "
                "settings to move between, or none for its whole range."
            )
    _designed(described, config, moving, seed=None)


def check_motion(described: DescribedCircuit, config: SweepChoice) -> MotionFile | None:
    """Refuse knobs that cannot move, and a motion file that says nothing sensible.

    Reads the netlist and the file: nothing for the window's thread.

    Returns
    -------
    MotionFile or None
        The file that moves the knobs, where one does.

    Raises
    ------
    SimulatorError
        A knob cannot move, or the file moves one whose settings are listed.
    FileFormatError
        The file is no table of times and settings.
    StorageError
        It cannot be read.
    """
    table = None
    if config.motion == "file":
        table = read_motion(Path(config.motion_file).expanduser(), described)
        for knob in table.knobs:
            if knob.param in config.knobs:
                raise SimulatorError(
                    f"{knob.name} has settings of its own, and {config.motion_file} moves it. Take "
                    "one of them away."
                )
    moving = [k.param for k in table.knobs] if table else moving_of(described, config)
    if moving:
        described.circuit()  # what is wrong without motion is said in its own words
    for param in moving:
        try:
            described.circuit({}, [param])
        except (NetlistError, SimulatorError) as error:
            raise SimulatorError(
                f"{described.knob(param).name} of {described.title} cannot move while the circuit "
                f"runs. {error.sentence} Let it stand, at several settings.",
                details=error.details,
            ) from error
    return table


def moving_of(described: DescribedCircuit, config: SweepChoice) -> list[str]:
    """Parameters of the knobs that move during a run, as far as no file says which.

    Those that :attr:`SweepChoice.move` names; where it names none, those with several settings;
    where there are none of these, all that are not set.

    Raises
    ------
    SimulatorError
        A knob is unknown, is named twice, or there is nothing that could move.
    """
    if config.motion not in ("stepped", "moving"):
        if config.move:
            raise SimulatorError(
                f"{described.knob(config.move[0]).name} is to move, and nothing says how: from "
                "setting to setting (stepped), or as a player turns it (moving)."
                if config.motion == "none"
                else "Which knobs move is said by the motion file's first line, not beside it."
            )
        return []
    for param in config.move:
        described.knob(param)
    if len(set(config.move)) < len(config.move):
        raise SimulatorError("A knob is named twice among those that move.")
    several = [param for param, values in config.knobs.items() if len(set(values)) > 1]
    free = [knob.param for knob in described.knobs if knob.param not in config.knobs]
    found = list(config.move) or several or free
    if not found:
        raise SimulatorError(f"{described.title} has no knob that could move.")
    return [knob.param for knob in described.knobs if knob.param in found]


def expected(described: DescribedCircuit, config: SweepChoice) -> list[Settings | None]:
    """One entry a capture, as far as they are known before the work: a spread is drawn then."""
    return _designed(described, config, moving_of(described, config), seed=None)


def settings_of(
    described: DescribedCircuit, config: PlayedSweep, moving: Sequence[str] = ()
) -> list[Settings]:
    """The settings that a configuration asks for, by the knobs' parameters; one a run.

    Without knobs that move, each stands once. With them, it is said where the others stand, and
    every run has a motion of its own.

    Raises
    ------
    SimulatorError
        They do not fit the circuit, or are too many.
    """
    found = _designed(described, config, moving, seed=config.seed)
    return [settings for settings in found if settings is not None]


def wanted_runs(
    described: DescribedCircuit, config: PlayedSweep, sent: Sent, table: MotionFile | None
) -> list[Wanted]:
    """Every run that a configuration asks for, each once.

    Parameters
    ----------
    described, config
        What is simulated, and how.
    sent : Sent
        What is sent through it.
    table : MotionFile, optional
        What :func:`check_motion` returned.

    Raises
    ------
    SimulatorError
        The settings do not fit the circuit.
    """
    moving = [k.param for k in table.knobs] if table else moving_of(described, config)
    settings = settings_of(described, config, moving)
    if table is not None:  # the same motion at the same settings is the same run
        settings = list({tuple(one.items()): one for one in settings}.values())
    runs = []
    for number, one in enumerate(settings):
        parts = _parts(described, config, one, moving)
        if not moving:
            circuit = _kept(described.circuit(one), config)
            runs.append(Wanted(settings=one, circuit=circuit, label=", ".join(parts)))
            continue
        motion = _Motion(described, config, sent, table, moving, number)
        track = motion.track()
        starts = dict(zip(moving, track[0].tolist(), strict=True))
        again = f"run {number + 1}" if len(settings) > 1 else ""
        runs.append(
            Wanted(
                settings=one | starts,
                circuit=_kept(described.circuit(one, moving), config),
                label=", ".join(filter(None, [motion.label, *parts, again])),
                moving=tuple(moving),
                motion=motion.track,
                told=motion.told,
                checks=(coverage_check(motion.travels, track, motion.sections),),
            )
        )
    return runs


class _Motion:
    """What moves the knobs of one run; made anew each time it is asked for, it takes no memory."""

    def __init__(
        self,
        described: DescribedCircuit,
        config: PlayedSweep,
        sent: Sent,
        table: MotionFile | None,
        moving: Sequence[str],
        number: int,
    ) -> None:
        self.config, self.sent, self.table = config, sent, table
        self.seed = (config.seed, number, MOTION_SEED)
        self.travels = [_travel(described, config, param) for param in moving]
        self.sections: tuple[Section, ...] = (
            sent.sections
            or split_by_time(dry_id(sent.dry), len(sent.dry), sent.sample_rate).sections
        )

    def track(self) -> NDArray[np.float32]:
        """Where the knobs stand: float32[n, M]."""
        n, rate = len(self.sent.dry), self.sent.sample_rate
        if self.table is not None:
            return in_float32(self.travels, self.table.track(n, rate))
        make = stepped if self.config.motion == "stepped" else turned
        hold = self.config.hold_seconds
        made = make(self.travels, self.sections, n, rate, hold_seconds=hold, seed=self.seed)
        return in_float32(self.travels, made)

    @property
    def label(self) -> str:
        """``drive and tone moving``."""
        names = [travel.knob.name.lower() for travel in self.travels]
        knobs = names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
        if self.table is not None:
            return f"{knobs} as in {Path(self.config.motion_file).name}"
        return f"{knobs} {self.config.motion}"

    @property
    def told(self) -> dict[str, Any]:
        """For the capture's record."""
        told: dict[str, Any] = {
            "kind": self.config.motion,
            "knobs": {travel.knob.param: [travel.low, travel.high] for travel in self.travels},
        }
        if self.table is not None:
            name = Path(self.config.motion_file).name
            return {"kind": "file", "knobs": list(told["knobs"]), "file": name,
                    "sha256": self.table.digest}  # fmt: skip
        return told | {"hold_seconds": self.config.hold_seconds, "seed": list(self.seed)}


def _designed(
    described: DescribedCircuit, config: SweepChoice, moving: Sequence[str], *, seed: int | None
) -> list[Settings | None]:
    """The settings of all runs; without a seed, None for each that a spread would draw."""
    still = {param: values for param, values in config.knobs.items() if param not in moving}
    if config.design == "grid":
        return list(grid(described, still))
    pinned = still | {param: (described.knob(param).default,) for param in moving}
    if config.motion != "none" and not _varies(described, pinned):
        return [described.settings({p: v[0] for p, v in still.items()})] * config.count
    ranges_of(described, pinned)
    if seed is None:
        return [None] * config.count
    drawn = spread(described, pinned, config.count, seed)
    if config.motion == "none":
        return list(drawn)
    return [drawn[number % len(drawn)] for number in range(config.count)]  # switches repeat


def _varies(described: DescribedCircuit, pinned: Mapping[str, Sequence[float]]) -> bool:
    return any(len(set(pinned.get(knob.param, (0.0, 1.0)))) > 1 for knob in described.knobs)


def _travel(described: DescribedCircuit, config: SweepChoice, param: str) -> Travel:
    knob = described.knob(param)
    listed = config.knobs.get(param) or (knob.minimum, knob.maximum)
    return Travel(knob, min(listed), max(listed))


def _kept(circuit: Circuit, config: SweepChoice) -> Circuit:
    return circuit if config.states else circuit.without_states()


def _parts(
    described: DescribedCircuit, config: PlayedSweep, settings: Settings, moving: Sequence[str]
) -> list[str]:
    """The settings of the knobs that vary between runs, or that stand elsewhere than at rest."""
    parts = []
    for knob in described.knobs:
        if knob.param in moving:
            continue
        listed = config.knobs.get(knob.param, ())
        varies = len(set(listed)) > 1 or (config.design == "spread" and not listed)
        if varies or (listed and settings[knob.param] != knob.default):
            unit = f" {knob.unit}" if knob.unit else ""
            parts.append(f"{knob.name.lower()} {settings[knob.param]:g}{unit}")
    return parts
