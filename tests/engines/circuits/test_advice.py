"""How many settings are needed: what is advised holds where it is really interpolated."""

from __future__ import annotations

import shutil
import subprocess
import sys
import threading
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from engines.circuits.advice import Advice, advise
from engines.circuits.advice_runs import (
    QUIET,
    Bends,
    Leaf,
    Runs,
    energies,
    esr,
    stretch,
    unlike,
    value_at,
)
from engines.circuits.base import SimulatorError
from engines.circuits.library import LibraryCircuit, circuit_named
from engines.worker.context import CancelledError
from projects.circuits import CircuitKnob

SHORT = 0.06
TARGET = 1e-3
needs_ngspice = pytest.mark.skipif(
    shutil.which("ngspice") is None, reason="ngspice is not installed"
)


def knob(taper: str = "linear", low: float = 0.0, high: float = 1.0) -> CircuitKnob:
    return CircuitKnob.model_validate(
        {"param": "k", "name": "K", "minimum": low, "maximum": high, "default": high,
         "taper": taper}
    )  # fmt: skip


def leaves(*errors: float) -> tuple[Leaf, ...]:
    """Equally long intervals with these errors at their middles."""
    edges = np.linspace(0, 1, len(errors) + 1)
    return tuple(
        Leaf(float(a), float(b), error, measured=True)
        for (a, b), error in zip(pairwise(edges), errors, strict=True)
    )


def test_what_bends_everywhere_alike_gets_even_settings() -> None:
    """Twice as many intervals: a sixteenth of the error."""
    placed = Bends(knob(), leaves(16e-3)).placed(1e-3)
    assert placed.places == (0.0, 0.5, 1.0)
    assert placed.even
    assert placed.error == pytest.approx(1e-3)
    assert Bends(knob(), leaves(1e-4, 1e-4)).placed(1e-3).places == (0.0, 0.5, 1.0)
    assert Bends(knob(), leaves(0.0)).placed(1e-3).places == (0.0, 1.0)
    assert Bends(knob(), leaves(0.0)).placed(1e-3, least=2).places == (0.0, 0.5, 1.0)


def test_where_it_bends_most_settings_lie_closest() -> None:
    placed = Bends(knob(), leaves(4e-2, 1e-6, 1e-6, 1e-6)).placed(1e-3)
    assert not placed.even
    gaps = np.diff(placed.places)
    assert gaps[0] < 0.15 < gaps[-1]
    assert "lower end" in placed.where
    mirrored = Bends(knob(), leaves(1e-6, 1e-6, 1e-6, 4e-2)).placed(1e-3)
    assert "upper end" in mirrored.where
    assert len(mirrored.places) == len(placed.places)


def test_a_square_law_is_interpolated_as_well_as_advised() -> None:
    """y = u^2 x: the middle of an interval h is off by h^2 / 4, an ESR of h^4 / 16 u^4."""
    x = np.sin(np.arange(4096) * 0.1)

    def error(a: float, b: float) -> float:
        middle = ((a + b) / 2) ** 2
        return esr((a**2 + b**2) / 2 * x - middle * x, middle * x, energies(x))

    found = tuple(
        Leaf(a, b, error(a, b), measured=True) for a, b in pairwise(np.linspace(0, 1, 17))
    )
    for target in (1e-2, 1e-3, 1e-4):
        placed = Bends(knob(), found).placed(target)
        worst = max(error(a, b) for a, b in pairwise(placed.places))
        assert target / 8 < worst < 2 * target
        assert placed.error == pytest.approx(target, rel=0.3)


def test_quiet_settings_are_measured_against_what_is_heard() -> None:
    x = np.sin(np.arange(1000) * 0.1)
    assert esr(1e-3 * x, 1e-3 * x) == pytest.approx(1.0)
    assert esr(1e-3 * x, 1e-3 * x, energies(x)) == pytest.approx(1e-6 / QUIET, rel=1e-3)
    assert unlike(2 * x + 1, x) == pytest.approx(0, abs=1e-12)
    assert unlike(np.roll(x, 16), x) > 0.9


def test_settings_by_taper() -> None:
    assert value_at(knob("log", 50, 10_000), 0.5) == pytest.approx(np.sqrt(500_000))
    assert value_at(knob("linear", 50, 10_000), 0.5) == pytest.approx(5025)
    assert value_at(knob("log", 0, 1), 0.5) == 0.5


def test_what_is_sent_is_loud_then_soft() -> None:
    x = stretch(0.2)
    assert len(x) == 9600
    loud, soft = np.abs(x).reshape(2, -1).max(axis=1)
    assert loud == 1.0
    assert 20 * np.log10(loud / soft) == pytest.approx(18)


def test_nothing_heavy_is_imported() -> None:
    """The window asks for advice in its own process."""
    code = (
        "import sys; from engines.circuits.advice import advise; import engines.circuits.ngspice; "
        "print(sorted({'scipy', 'numba', 'torch', 'PySide6'} & set(sys.modules)))"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def test_a_circuit_without_knobs_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SimulatorError, match="Second-order diode clipper has no knobs"):
        advise(circuit_named("diode-clipper-2"), tmp_path)


def asked(circuit: LibraryCircuit, folder: Path, *params: str, budget: float = 60.0) -> Advice:
    return advise(circuit, folder, params=params, seconds=SHORT, target=TARGET, budget=budget)


def interpolated(circuit: LibraryCircuit, param: str, values: list[float], folder: Path) -> float:
    """The largest ESR of settings half way between others, by really simulating them all."""
    runs = Runs(circuit, folder, stop=None, progress=None, seconds=SHORT, budget=60, drive=None,
                params=(param,), simulator=None)  # fmt: skip
    middles = [(a + b) / 2 for a, b in pairwise(values)]
    runs.simulate([{param: value} for value in [*values, *middles]], hurry=False)
    y = {value: runs.at({param: value}) for value in [*values, *middles]}
    loudest = np.max([energies(one) for one in y.values()], axis=0)
    return max(
        esr((y[a] + y[b]) / 2 - y[middle], y[middle], loudest)
        for (a, b), middle in zip(pairwise(values), middles, strict=True)
    )


@needs_ngspice
@pytest.mark.parametrize("param", ["drive", "tone"])
def test_advice_holds_where_it_is_really_interpolated(param: str, tmp_path: Path) -> None:
    circuit = circuit_named("overdrive")
    (found,) = asked(circuit, tmp_path / "asked", param).knobs
    assert found.kind == "shapes"
    assert found.measured
    assert found.error <= 1.3 * TARGET
    assert (found.settings[0], found.settings[-1]) == (0.0, 1.0)
    assert list(found.settings) == sorted(set(found.settings))
    name = param.capitalize()
    assert found.text.startswith(f"{name}: {len(found.settings)} settings")
    assert "interpolated from its neighbours" in found.text
    worst = interpolated(circuit, param, list(found.settings), tmp_path / "checked")
    assert worst < 3 * TARGET
    half = [*found.settings[:-1:2], 1.0]
    if param == "drive":
        assert interpolated(circuit, param, half, tmp_path / "half") > TARGET


@needs_ngspice
def test_what_only_changes_the_level_is_said_to(tmp_path: Path) -> None:
    advice = asked(circuit_named("overdrive"), tmp_path, "level")
    (level,) = advice.knobs
    assert level.kind == "scales"
    assert level.change < 1e-6
    assert "only changes how loud it is" in level.text
    assert advice.chosen == {}
    assert advice.total == 1
    assert "One capture is enough" in advice.text


@needs_ngspice
def test_two_knobs_together(tmp_path: Path) -> None:
    """A switch, a knob, what they do to each other, and which matters more."""
    circuit = circuit_named("compressor-optical")
    said: list[tuple[float, str]] = []
    advice = advise(
        circuit, tmp_path, params=("reduction", "limit_on"), seconds=SHORT, budget=60,
        progress=lambda fraction, text: said.append((fraction, text)),
    )  # fmt: skip
    reduction, limit = advice.knobs
    assert limit.kind == "switch"
    assert limit.settings == (0.0, 1.0)
    assert reduction.kind == "shapes"
    assert advice.order == ("reduction", "limit_on")
    assert [pair.params for pair in advice.interactions] == [("reduction", "limit_on")]
    assert advice.design == "grid"
    assert advice.total == 2 * len(reduction.settings)
    assert f"{len(reduction.settings)} × 2 = {advice.total} captures" in advice.text
    fractions = [fraction for fraction, _ in said]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0


@needs_ngspice
def test_a_short_time_leaves_an_estimate_that_says_so(tmp_path: Path) -> None:
    (found,) = asked(circuit_named("rc-lowpass"), tmp_path, budget=0.0).knobs
    assert not found.measured
    assert "extrapolated" in found.text
    assert found.settings[0] == 1000.0
    assert found.settings[-1] == 100_000.0


@needs_ngspice
@pytest.mark.parametrize("at", [0, 2])
def test_cancel(at: int, tmp_path: Path) -> None:
    stop = threading.Event()
    told: list[str] = []

    def progress(fraction: float, text: str) -> None:
        told.append(text)
        if len(told) >= at:
            stop.set()

    if at == 0:
        stop.set()
    with pytest.raises(CancelledError):
        advise(circuit_named("rc-lowpass"), tmp_path, stop=stop, progress=progress)
    assert len(told) <= max(1, at)
