"""Simulations found again: by everything they depend on, and never a wrong or damaged one."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from engines.circuits.base import Simulation, StateVariable
from engines.circuits.cache import SUFFIX, Question, SimulationCache
from engines.circuits.diode_clipper import CIRCUIT
from projects.capture import Check

QUESTION = Question("0" * 64, 4.5, 48000, 4, "ngspice-39")


def simulation(n: int = 100) -> Simulation:
    rng = np.random.default_rng(n)
    return Simulation(
        output=rng.standard_normal(n),
        states=rng.standard_normal((n, 3)),
        checks=(Check(name="joints", level="warning", text="They meet within µV.", value=1e-3),),
        figures={"input_error": 1e-12, "points": 4.01},
    )


def test_found_again(tmp_path: Path) -> None:
    cache = SimulationCache(tmp_path / "deep" / "cache")
    assert cache.find("a") is None
    kept = simulation()
    cache.keep("a", kept)
    found = cache.find("a")
    assert found is not None
    np.testing.assert_array_equal(found.output, kept.output.astype(np.float32))
    np.testing.assert_array_equal(found.states, kept.states.astype(np.float32))
    assert (found.checks, found.figures) == (kept.checks, kept.figures)
    assert cache.find("b") is None


def test_the_key_holds_all_that_matters() -> None:
    circuits = [
        CIRCUIT,
        replace(CIRCUIT, elements=(*CIRCUIT.elements, "R9 out 0 1meg")),
        replace(CIRCUIT, params=(("drive", 0.5),)),
        replace(CIRCUIT, params=(("drive", 0.6),)),
        replace(CIRCUIT, method="gear"),
        replace(CIRCUIT, states=()),
        replace(CIRCUIT, states=(StateVariable("vC", "v(in)"),)),
        replace(CIRCUIT, output="in"),
        replace(CIRCUIT, against="out"),
        replace(CIRCUIT, settle_seconds=None),
    ]
    questions = [
        QUESTION,
        replace(QUESTION, dry_id="1" * 64),
        replace(QUESTION, drive=4.6),
        replace(QUESTION, sample_rate=44100),
        replace(QUESTION, steps_per_sample=8),
        replace(QUESTION, simulator="ngspice-42"),
        replace(QUESTION, band_limited=True),
    ]
    keys = {QUESTION.key(circuit) for circuit in circuits}
    keys |= {question.key(CIRCUIT) for question in questions}
    assert len(keys) == len(circuits) + len(questions) - 1
    moving = replace(CIRCUIT, moving=("knob",))
    tracks = [np.zeros((5, 1)), np.ones((5, 1)), np.zeros((6, 1))]
    moved = {QUESTION.key(moving, track) for track in tracks} | {QUESTION.key(moving)}
    assert len(moved | keys) == len(moved) + len(keys) == 4 + len(keys)
    assert QUESTION.key(moving, tracks[0].copy()) in moved
    same = replace(CIRCUIT, title="Another title", reference="elsewhere")
    assert QUESTION.key(same) == QUESTION.key(CIRCUIT)


@pytest.mark.parametrize("fault", ["short", "garbage", "empty", "checks", "tensors"])
def test_a_damaged_one_is_deleted(tmp_path: Path, fault: str) -> None:
    cache = SimulationCache(tmp_path)
    cache.keep("a", simulation())
    path = tmp_path / f"a{SUFFIX}"
    content = path.read_bytes()
    broken = {
        "short": content[:-10],
        "garbage": os.urandom(1000),
        "empty": b"",
        "checks": content.replace(b"warning", b"terrible", 1)[:-1],
        "tensors": content.replace(b'"output"', b'"outpux"', 1),
    }
    path.write_bytes(broken[fault])
    assert cache.find("a") is None
    assert not path.exists()


def test_the_least_recently_used_ones_go(tmp_path: Path) -> None:
    size = len_of_one(tmp_path)
    cache = SimulationCache(tmp_path / "cache", max_bytes=3 * size + size // 2)
    for age, key in enumerate(["a", "b", "c"]):
        cache.keep(key, simulation())
        os.utime(tmp_path / "cache" / f"{key}{SUFFIX}", (age, age))
    assert cache.find("a") is not None  # used now
    cache.keep("d", simulation())
    there = {path.name.removesuffix(SUFFIX) for path in (tmp_path / "cache").iterdir()}
    assert there == {"a", "c", "d"}
    cache.keep("large", simulation(100_000))
    assert cache.find("large") is None
    assert cache.find("d") is not None


def len_of_one(tmp_path: Path) -> int:
    SimulationCache(tmp_path / "one").keep("x", simulation())
    return (tmp_path / "one" / f"x{SUFFIX}").stat().st_size


def test_a_disk_that_refuses_only_costs_time(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file where the folder should be")
    cache = SimulationCache(tmp_path / "cache")
    cache.keep("a", simulation())
    assert cache.find("a") is None
