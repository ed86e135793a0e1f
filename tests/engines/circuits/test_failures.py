"""Whatever goes wrong with a simulator is said in its own words, and the others go on."""

from __future__ import annotations

import os
import shutil
import signal
import stat
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import engines.circuits.ngspice as ngspice_module
import engines.circuits.ngspice_run as run_module
from engines.circuits.base import (
    Circuit,
    Float64,
    Simulation,
    SimulatorError,
    SimulatorMissingError,
)
from engines.circuits.complaints import own_words
from engines.circuits.diode_clipper import CIRCUIT
from engines.circuits.ngspice import ENVIRONMENT, NgSpice
from engines.circuits.process import BoundedProcess
from engines.worker.context import JobContext
from engines.worker.protocol import Message, Progress
from projects.errors import StorageError

RATE = 48000
MakeContext = Callable[..., JobContext]
LAWLESS = replace(CIRCUIT, advance=None)
needs_shell = pytest.mark.skipif(os.name == "nt", reason="needs a shell script")


def sine(seconds: float) -> Float64:
    return 3.0 * np.sin(2 * np.pi * 440 * np.arange(round(seconds * RATE)) / RATE)


def with_elements(*more: str) -> Circuit:
    return replace(LAWLESS, elements=(*CIRCUIT.elements, *more))


def sweep(
    context: JobContext, circuits: list[Circuit], x: Float64, processes: int = 2
) -> dict[int, Simulation | SimulatorError]:
    return dict(
        NgSpice(processes).sweep(
            circuits, x, RATE,
            steps_per_sample=4, folder=context.folder / "simulator", context=context,
        )
    )  # fmt: skip


def failure(context: JobContext, circuit: Circuit, x: Float64) -> SimulatorError:
    found = sweep(context, [circuit], x)[0]
    assert isinstance(found, SimulatorError)
    return found


@pytest.mark.usefixtures("ngspice")
@pytest.mark.parametrize(
    ("element", "words"),
    [
        ("V1 out 0 1\nV2 out 0 2", "singular matrix:  check node v1#branch"),
        ("V1 a a 1", "instance v1 is a shorted VSRC"),
        ("D9 out 0 none", "d9 out 0 none / could not find a valid modelname"),
        ("X9 out 0 none", "unknown subckt: x9 out 0 none"),
        ("R9 out 0 {nope}", "Undefined parameter [nope]"),
        ("B9 z 0 V=log(v(in)-10)\nR9 z 0 1k", "-10 out of range for log / in line b9"),
        ("K1 L1 L2 1", "k1: coupling to non-existant inductor l1"),
    ],
)
def test_the_most_telling_words(make_context: MakeContext, element: str, words: str) -> None:
    context = make_context()
    found = failure(context, with_elements(*element.split("\n")), sine(0.01))
    assert f"ngspice says: {words}" in found.sentence.replace("Error: ", "").replace(
        "Fatal error: ", ""
    ).replace("Fatal ", "").replace("Warning: ", "").replace(
        "Error on line 9 or its substitute: / ", ""
    )
    assert "did not help" not in found.sentence  # no other method would
    assert found.details
    assert words.split(" / ")[0].split(": ")[-1] in (context.folder / "log.txt").read_text()


@pytest.mark.usefixtures("ngspice")
@pytest.mark.parametrize(
    "elements",
    [
        ("C9 out nowhere 1n",),
        ("C9 a b 1n", "R9 a b 1k"),
        ("R9 out 0 1e-30",),
        ("R9 out 0 1e300",),
        ("C9 out 0 1e30",),
    ],
)
def test_odd_circuits_that_have_a_solution(
    make_context: MakeContext, elements: tuple[str, ...]
) -> None:
    found = sweep(make_context(), [with_elements(*elements)], sine(0.01))[0]
    assert isinstance(found, Simulation)
    assert np.isfinite(found.output).all()


def test_words_of_a_run_that_went_on_after_a_hard_start() -> None:
    said = (
        "Warning: singular matrix:  check node a\nNote: Starting dynamic gmin stepping\n"
        "doAnalyses: TRAN:  Timestep too small; time = 0.5, timestep = 1e-18: trouble with d1\n"
        "run simulation(s) aborted\n"
    )
    assert own_words(said).startswith("doAnalyses: TRAN:  Timestep too small; time = 0.5")
    assert own_words("Note: fine\nCircuit: * error-free\n Reference value : 1e-3\r") == ""
    assert own_words("Circuit: x\nError: one\nNote: two\nthree\n") == "Error: one / three"


def stand_in(tmp_path: Path, body: str) -> str:
    """A program that says that it is ngspice, and then does something else (or the real thing)."""
    path = tmp_path / "stand-in"
    real = shutil.which("ngspice")
    path.write_text(
        f'#!/bin/sh\nNGSPICE={real}\nif [ "$1" = --version ]; then echo ngspice-99; exit 0; fi\n'
        f"{body}\n"
    )
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


TRAP_FAILS = """if grep -q method=trap circuit.cir
then echo 'doAnalyses: TRAN:  Timestep too small; time = 0.001, timestep = 1e-19: trouble with d1'
exit 1
fi
"""


@needs_shell
@pytest.mark.usefixtures("ngspice")
def test_gears_method_takes_over_and_is_said(
    make_context: MakeContext, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    x = sine(0.05)
    gear = sweep(make_context(), [replace(LAWLESS, method="gear")], x)[0]
    monkeypatch.setenv(ENVIRONMENT, stand_in(tmp_path, f'{TRAP_FAILS}exec $NGSPICE "$@"'))
    context = make_context()
    found = sweep(context, [LAWLESS], x)[0]
    assert isinstance(found, Simulation)
    assert isinstance(gear, Simulation)
    np.testing.assert_array_equal(found.output, gear.output)
    said = {check.name: check for check in found.checks}["method"]
    assert said.level == "warning"
    assert "Simulated by Gear's method and 4 steps a sample, since the trapezoidal" in said.text
    assert "method" not in {check.name for check in gear.checks}
    assert "simulated again by Gear's method" in (context.folder / "log.txt").read_text()


@needs_shell
@pytest.mark.usefixtures("ngspice")
def test_smaller_steps_take_over_where_gears_method_fails_too(
    make_context: MakeContext, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    x = sine(0.05)
    coarse = "grep -q '.tran 5.20833' circuit.cir"  # a quarter of a sample
    body = TRAP_FAILS.replace("grep -q method=trap circuit.cir", coarse)
    monkeypatch.setenv(ENVIRONMENT, stand_in(tmp_path, f'{body}exec $NGSPICE "$@"'))
    found = sweep(make_context(), [CIRCUIT], x)[0]
    assert isinstance(found, Simulation)
    said = {check.name: check for check in found.checks}["method"]
    assert "and 8 steps a sample" in said.text
    assert found.figures["points"] > 7.9


@needs_shell
@pytest.mark.usefixtures("ngspice")
def test_coarser_tolerances_take_over_first_and_are_said(
    make_context: MakeContext, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    x = sine(0.05)
    usual = sweep(make_context(), [LAWLESS], x)[0]
    body = TRAP_FAILS.replace("if grep -q method=trap", "if ! grep -q vntol=1e-6")
    monkeypatch.setenv(ENVIRONMENT, stand_in(tmp_path, f'{body}exec $NGSPICE "$@"'))
    found = sweep(make_context(), [LAWLESS], x)[0]
    assert isinstance(usual, Simulation)
    assert isinstance(found, Simulation)
    said = {check.name: check for check in found.checks}["method"]
    assert "trapezoidal rule with coarse tolerances (1 nA, 1 µV) and 4 steps" in said.text
    np.testing.assert_allclose(found.output, usual.output, atol=1e-5)


@pytest.mark.usefixtures("ngspice")
def test_what_no_method_solves(make_context: MakeContext) -> None:
    """Where the input passes half a volt, no voltage solves v = v^2 + x^2 any more."""
    unsolvable = replace(LAWLESS, elements=("R1 in 0 1k", "B1 out 0 V=v(out)*v(out)+v(in)*v(in)"))
    found = sweep(make_context(), [LAWLESS, unsolvable, LAWLESS], sine(0.05))
    assert isinstance(found[0], Simulation)
    assert isinstance(found[2], Simulation)
    error = found[1]
    assert isinstance(error, SimulatorError)
    assert "Timestep too small; time = 0.000" in error.sentence
    assert error.sentence.endswith("Gear's method and smaller steps did not help.")
    assert "trouble with" in error.details


@needs_shell
@pytest.mark.usefixtures("ngspice")
def test_one_of_a_sweep_is_killed_and_the_others_go_on(
    make_context: MakeContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[BoundedProcess] = []

    class Noted(BoundedProcess):
        def __init__(self, *arguments: Any) -> None:
            super().__init__(*arguments)
            started.append(self)

    def sink(message: Message) -> None:
        if isinstance(message, Progress) and (message.fraction or 0) > 0.02 and len(killed) < 1:
            killed.append(started[0].pid)
            os.kill(started[0].pid, signal.SIGKILL)

    killed: list[int] = []
    monkeypatch.setattr(run_module, "BoundedProcess", Noted)
    one_piece = replace(CIRCUIT, settle_seconds=None)
    context = make_context(sink)
    found = sweep(context, [one_piece] * 4, sine(1.0))
    assert killed
    failed = [error for error in found.values() if isinstance(error, SimulatorError)]
    assert len(failed) == 1
    assert "ended by signal 9" in failed[0].sentence
    whole = [done.output for done in found.values() if isinstance(done, Simulation)]
    assert len(whole) == 3
    np.testing.assert_array_equal(whole[0], whole[2])
    assert all(process.poll() is not None for process in started)


@needs_shell
def test_what_is_not_ngspice(
    make_context: MakeContext, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    folder = tmp_path / "a folder"
    folder.mkdir()
    text = tmp_path / "notes.txt"
    text.write_text("remember the milk")
    for place in (folder, text):
        monkeypatch.setenv(ENVIRONMENT, str(place))
        with pytest.raises(SimulatorMissingError, match=place.name):
            sweep(make_context(), [CIRCUIT], sine(0.01))
    text.chmod(0o755)
    with pytest.raises(SimulatorMissingError, match=r"not ngspice|does not start"):
        sweep(make_context(), [CIRCUIT], sine(0.01))
    monkeypatch.setenv(ENVIRONMENT, shutil.which("true") or "")
    with pytest.raises(SimulatorMissingError, match="is not ngspice"):
        sweep(make_context(), [CIRCUIT], sine(0.01))


@needs_shell
@pytest.mark.parametrize(
    ("body", "words"), [("exec sleep 100", "does not start"), ("exec yes", "is not ngspice")]
)
def test_a_program_that_never_says_its_version(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, body: str, words: str
) -> None:
    path = tmp_path / "endless"
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)
    monkeypatch.setenv(ENVIRONMENT, str(path))
    monkeypatch.setattr(ngspice_module, "VERSION_SECONDS", 0.5 if "sleep" in body else 30.0)
    with pytest.raises(SimulatorMissingError, match=words):
        NgSpice().version()


@needs_shell
@pytest.mark.usefixtures("ngspice")
@pytest.mark.parametrize(
    ("body", "words"), [("trap '' XFSZ", "the disk is full. Free some space"), ("", "too large")]
)
def test_a_disk_that_fills_up_while_it_simulates(
    make_context: MakeContext,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    body: str,
    words: str,
) -> None:
    """A process that may write half a megabyte and no more stands for the disk."""
    program = stand_in(tmp_path, f'{body}\nulimit -f 1000\nexec $NGSPICE "$@"')
    monkeypatch.setenv(ENVIRONMENT, program)
    with pytest.raises(StorageError) as error:
        sweep(make_context(), [CIRCUIT], sine(0.5))
    assert error.value.sentence.startswith("Could not let ngspice write its result")
    assert words in error.value.sentence
    assert list(tmp_path.rglob("result.raw")) == []
