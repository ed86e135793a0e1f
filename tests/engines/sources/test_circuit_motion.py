"""Knobs that move during a run, by the real simulator: what is heard, what is written, refusals."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from pydantic import ValidationError

from engines.audio.files import read_signal, write_wav
from engines.circuits.base import SimulatorError
from engines.circuits.library import LibraryCircuit, circuit_named
from engines.sources.circuit import SOURCE, CircuitConfig
from engines.sources.circuit_runs import check_motion, settings_of
from engines.sources.circuit_sweep import produce_sweep
from engines.worker.context import JobContext
from engines.worker.protocol import Message, Warn
from projects.capture import Capture, read_capture
from projects.errors import FileFormatError

MakeContext = Callable[..., JobContext]
needs_ngspice = pytest.mark.skipif(
    shutil.which("ngspice") is None, reason="ngspice is not installed"
)
RATE = 8000
SECONDS = 1.4
MOVES = 0.6
"""When the knob is turned; for 20 ms."""
REST = 0.3
"""After a turn, until the circuit's own memory has settled."""


@pytest.fixture
def tune(tmp_path: Path) -> Path:
    """A chord with harmonics that never falls silent, so that every stretch can be compared."""
    time = np.arange(round(SECONDS * RATE)) / RATE
    x = sum(np.sin(2 * np.pi * f * time) / (k + 1) for k, f in enumerate((110, 277, 659, 1760)))
    write_wav(tmp_path / "tune.wav", 0.2 * np.asarray(x), RATE)
    return tmp_path / "tune.wav"


def config(tune: Path, **changes: Any) -> CircuitConfig:
    told = {"circuit": "rc-lowpass", "dry": str(tune), "states": False, **changes}
    return CircuitConfig.model_validate(told)


def heard(folder: Path, capture: Capture) -> NDArray[np.float64]:
    place = folder / capture.id
    return read_signal(place, capture, capture.signal("wet")).astype(np.float64)


def knob_of(folder: Path, capture: Capture) -> NDArray[np.float32]:
    (signal,) = capture.motions
    return read_signal(folder / capture.id, capture, signal)


def esr(found: NDArray[np.float64], wanted: NDArray[np.float64]) -> float:
    return float(np.sum((found - wanted) ** 2) / np.sum(wanted**2))


@needs_ngspice
@pytest.mark.parametrize(
    ("name", "param", "low", "high"),
    [
        ("overdrive", "drive", 0.2, 0.9),
        ("tone-stack", "bass", 0.1, 0.9),
        ("ladder", "cutoff", 300.0, 4000.0),
    ],
)
def test_where_a_knob_rests_it_sounds_as_at_rest(
    tmp_path: Path, tune: Path, make_context: MakeContext, name: str, param: str, low: float,
    high: float,
) -> None:  # fmt: skip
    table = tmp_path / "turn.csv"
    table.write_text(f"time,{param}\n{MOVES},{low}\n{MOVES + 0.02},{high}\n")
    context = make_context()
    moved = config(tune, circuit=name, motion="file", motion_file=str(table))
    (turned,) = SOURCE.produce(moved, tmp_path / "turned", context)
    track = knob_of(tmp_path / "turned", turned)
    starts, ends = float(track[0]), float(track[-1])
    still = config(tune, circuit=name, knobs={param: [starts, ends]})
    at_rest = SOURCE.produce(still, tmp_path / "still", context)
    wet = heard(tmp_path / "turned", turned)
    before, after = (heard(tmp_path / "still", capture) for capture in at_rest)
    assert len(wet) == len(track) == round(SECONDS * RATE)
    first = int(np.flatnonzero(track != track[0])[0])
    assert first == round(MOVES * RATE) + 1
    settled = round((MOVES + 0.02 + REST) * RATE)
    assert esr(wet[:first], before[:first]) < 1e-12
    assert esr(wet[settled:], after[settled:]) < 1e-5
    assert esr(after[settled:], before[settled:]) > 1e-3
    # One grid: what is heard changes at the very sample at which the knob does.
    off = np.abs(wet - before) > 1e-7 * np.abs(before).max()
    assert first <= int(np.flatnonzero(off)[0]) <= first + 1


@needs_ngspice
def test_the_knobs_signal_beside_the_audio(
    tmp_path: Path, tune: Path, make_context: MakeContext
) -> None:
    chosen = config(
        tune, circuit="tone-stack", motion="stepped", hold_seconds=0.3, steps_per_sample=2,
        knobs={"treble": [0.2, 0.8], "bass": [0.1, 0.6], "middle": 0.3},
    )  # fmt: skip
    (made,) = SOURCE.produce(chosen, tmp_path / "made", make_context())
    assert made.name == "Tone stack, 1 V, treble and bass stepped, middle 0.3"
    assert made == read_capture(tmp_path / "made" / made.id)
    treble, bass = made.motions
    assert (treble.name, treble.file, treble.unit) == ("Treble", "knob-treble.wav", "")
    assert (bass.name, bass.file) == ("Bass", "knob-bass.wav")
    place = tmp_path / "made" / made.id
    for signal, low, high in ((treble, 0.2, 0.8), (bass, 0.1, 0.6)):
        track = read_signal(place, made, signal)
        assert len(track) == made.n_samples
        assert made.knobs[signal.name] == float(track[0])
        assert (float(track.min()), float(track.max())) == pytest.approx((low, high), rel=1e-6)
    assert made.knobs["Middle"] == 0.3
    told = made.source["motion"]
    assert told["kind"] == "stepped"
    assert told["knobs"] == {"treble": [0.2, 0.8], "bass": [0.1, 0.6]}
    assert made.source["settings"]["treble"] == made.knobs["Treble"]
    (said,) = [check for check in made.checks if check.name == "knob motion"]
    assert "Treble between 0.2 and 0.8, Bass between 0.1 and 0.6" in said.text


@needs_ngspice
def test_several_runs_each_with_its_own_motion_are_found_again(
    tmp_path: Path, tune: Path, make_context: MakeContext
) -> None:
    chosen = config(
        tune, motion="moving", design="spread", count=2, hold_seconds=0.2, steps_per_sample=1
    )
    context = make_context()
    first = SOURCE.produce(chosen, tmp_path / "first", context)
    assert [capture.name[-5:] for capture in first] == ["run 1", "run 2"]
    one, other = (knob_of(tmp_path / "first", capture) for capture in first)
    assert np.abs(np.log(one / other)).max() > 0.5
    again = SOURCE.produce(chosen, tmp_path / "again", context)
    assert "setting 2 was simulated before" in (context.folder / "log.txt").read_text()
    for before, after in zip(first, again, strict=True):
        assert before == after
        for name in ("wet.wav", "knob-resistance.wav", "capture.json"):
            here, there = (tmp_path / run / before.id / name for run in ("first", "again"))
            assert here.read_bytes() == there.read_bytes()
    table = tmp_path / "turn.csv"
    table.write_text("time,resistance\n0,1000\n1,2000\n")
    same = config(tune, motion="file", motion_file=str(table), design="spread", count=5)
    assert len(SOURCE.produce(same, tmp_path / "same", context)) == 1


@needs_ngspice
def test_a_motion_that_no_part_meets_whole_is_warned_of(
    tmp_path: Path, tune: Path, make_context: MakeContext
) -> None:
    table = tmp_path / "turn.csv"
    table.write_text("time,Resistance\n0,1000\n0.2,1e5\n")
    messages: list[Message] = []
    chosen = config(tune, motion="file", motion_file=str(table), steps_per_sample=1)
    SOURCE.produce(chosen, tmp_path / "made", make_context(messages.append))
    said = [message.text for message in messages if isinstance(message, Warn)]
    assert any("meets only 0 %" in text for text in said)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"move": ["resistance"]}, "Resistance is to move, and nothing says how"),
        ({"motion": "moving", "move": ["drive"]}, "has no knob 'drive'"),
        ({"motion": "moving", "move": ["resistance"] * 2}, "named twice"),
        ({"motion": "stepped", "knobs": {"resistance": 2e3}, "move": ["resistance"]}, "two settin"),
        ({"motion": "stepped", "knobs": {"resistance": 2e3}}, "no knob that could move"),
        ({"motion": "moving", "circuit": "diode-clipper-2"}, "no knob that could move"),
        ({"motion": "file"}, "no motion file is named"),
        ({"motion_file": "x.csv"}, "a motion file is named, and"),
        ({"motion": "file", "motion_file": "x.csv", "move": ["resistance"]}, "first line"),
        ({"motion": "moving", "hold_seconds": 0.01}, "greater than or equal to 0.1"),
    ],
)
def test_refuses_what_does_not_fit(tune: Path, changes: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        config(tune, **changes)


def test_which_knobs_move_and_where_the_others_stand(tune: Path) -> None:
    overdrive = circuit_named("overdrive")

    def standing(moving: list[str], **changes: Any) -> list[dict[str, float]]:
        chosen = config(tune, circuit="overdrive", motion="moving", move=moving, **changes)
        assert len(chosen.settings()) == len(settings_of(overdrive, chosen, moving))
        return settings_of(overdrive, chosen, moving)

    (one,) = standing(["drive"])
    assert one == overdrive.settings()
    two = standing(["drive"], knobs={"tone": [0.1, 0.9], "level": 0.2, "drive": [0.0, 0.5]})
    assert [(each["tone"], each["level"]) for each in two] == [(0.1, 0.2), (0.9, 0.2)]
    three = standing(["drive", "tone", "level"], design="spread", count=3)
    assert three == [overdrive.settings()] * 3
    four = standing(["drive"], design="spread", count=4, knobs={"tone": [0.1, 0.9], "level": 0.2})
    assert len({each["tone"] for each in four}) == 4
    assert {each["level"] for each in four} == {0.2}


def test_a_file_does_not_move_a_knob_that_is_set(tmp_path: Path, tune: Path) -> None:
    table = tmp_path / "turn.csv"
    table.write_text("time,drive\n0,0\n1,1\n")
    chosen = config(
        tune, circuit="overdrive", motion="file", motion_file=str(table), knobs={"drive": 0.5}
    )
    with pytest.raises(SimulatorError, match="Drive has settings of its own"):
        check_motion(circuit_named("overdrive"), chosen)
    table.write_text("time,gain\n0,0\n1,1\n")
    with pytest.raises(FileFormatError, match="Overdrive has no knob 'gain'"):
        check_motion(circuit_named("overdrive"), chosen)


class Capacitor(LibraryCircuit):
    """An RC low-pass whose knob is the capacitance, which cannot move."""

    @property
    def netlist(self) -> str:
        """Its own netlist."""
        return "Low-pass\n.param resistance=10k\nR1 in out 10k\nC1 out 0 {resistance*1p}\n"


def test_a_knob_that_cannot_move_is_said_before_any_work(
    tmp_path: Path, tune: Path, make_context: MakeContext
) -> None:
    fixed = Capacitor.model_validate(circuit_named("rc-lowpass").model_dump())
    messages: list[Message] = []
    chosen = config(tune, motion="moving")
    with pytest.raises(SimulatorError, match=r"Resistance of RC low-pass cannot move .* C1") as no:
        produce_sweep(
            fixed, chosen, tmp_path / "made", make_context(messages.append), source="circuit"
        )
    assert no.value.sentence.endswith("Let it stand, at several settings.")
    assert not messages
