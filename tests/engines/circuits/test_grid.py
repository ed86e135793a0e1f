"""What lies between the samples: seen, and filtered out where that is asked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from engines.circuits import stretches
from engines.circuits.base import Float64, Simulation, SimulatorError
from engines.circuits.diode_clipper import CIRCUIT
from engines.circuits.grid import FILTER_SAMPLES, low_passed, spectrum_split
from engines.circuits.ngspice import NgSpice
from engines.circuits.verdicts import FOLDED_GOOD
from engines.worker.context import JobContext

RATE = 48000
MakeContext = Callable[..., JobContext]
HARD = replace(
    CIRCUIT,
    # A clipper without a capacitor behind it: steep edges, yet none that the solver's steps miss.
    elements=("R1 in out 2.2k", "B1 m 0 V=tanh(8*v(out))", "R2 m 0 1k", "C1 m x 1n", "R3 x 0 1"),
    output="m",
    states=(),
    advance=None,
    settle_seconds=0.005,
)


def tone(frequency: float, seconds: float) -> Float64:
    return np.sin(2 * np.pi * frequency * np.arange(round(seconds * RATE)) / RATE)


def run(context: JobContext, x: Float64, **told: Any) -> Simulation:
    circuit = told.pop("circuit", HARD)
    told = {"steps_per_sample": 8, "folder": context.folder / "simulator", **told}
    return NgSpice().simulate(circuit, x, RATE, context=context, **told)


@pytest.mark.parametrize("factor", [2, 4, 8])
def test_energy_above_half_the_sample_rate(factor: int) -> None:
    n = 40_000
    t = np.arange(n) / factor
    fine = 5.0 + np.sin(2 * np.pi * 0.1 * t) + 0.1 * np.sin(2 * np.pi * 0.7 * t)
    energy, beyond = spectrum_split(fine, factor)
    assert beyond / energy == pytest.approx(0.01 / 1.01, rel=0.02)
    _, nothing = spectrum_split(5.0 + np.sin(2 * np.pi * 0.1 * t), factor)
    assert nothing < 1e-10 * energy


def test_at_one_step_a_sample_nothing_is_seen() -> None:
    assert spectrum_split(np.arange(10_000.0), 1) == (0.0, 0.0)
    assert spectrum_split(np.ones(5), 4) == (0.0, 0.0)


@pytest.mark.parametrize("factor", [2, 4, 8])
def test_the_low_pass_keeps_time_and_level(factor: int) -> None:
    n = 500
    fine = (np.arange((n + 2 * FILTER_SAMPLES) * factor) / factor) - FILTER_SAMPLES
    kept = np.sin(2 * np.pi * 0.4 * fine + 1.0)
    gone = np.sin(2 * np.pi * 0.57 * fine)
    found = low_passed(kept + gone, factor)
    np.testing.assert_allclose(found, np.sin(2 * np.pi * 0.4 * np.arange(n) + 1.0), atol=2e-5)


@pytest.mark.usefixtures("ngspice")
def test_a_band_limited_output_holds_nothing_that_folded_back(make_context: MakeContext) -> None:
    """A tone of 5 kHz hard clipped has harmonics at 25, 35, 45 ... kHz: at 23, 13, 3 kHz."""
    x = tone(5000.0, 0.12)
    folded = run(make_context(), x)
    clean = run(make_context(), x, band_limited=True)
    bins = np.fft.rfftfreq(4800, 1 / RATE)
    window = np.blackman(4800)

    def level(found: Simulation, frequency: float) -> float:
        spectrum = np.abs(np.fft.rfft(found.output[800:5600] * window))
        fundamental = spectrum[np.argmin(np.abs(bins - 5000))]
        return float(20 * np.log10(spectrum[np.argmin(np.abs(bins - frequency))] / fundamental))

    # What is left is what the straight lines between the input's samples really hold.
    for image in (3000.0, 7000.0, 13_000.0):
        assert level(clean, image) < level(folded, image) - 25
    assert level(folded, 15_000) == pytest.approx(level(clean, 15_000), abs=0.1)
    share = folded.figures["folded_db"]
    assert FOLDED_GOOD < share < -10
    assert clean.figures["folded_db"] == pytest.approx(share, abs=0.1)
    checks = {check.name: check for check in folded.checks}["aliasing"]
    assert checks.level == "warning"
    assert "higher sample rate" in checks.advice
    said = {check.name: check for check in clean.checks}["aliasing"]
    assert said.level == "ok"
    assert "filtered out before it was sampled" in said.text


@pytest.mark.usefixtures("ngspice")
def test_states_stay_samples_of_the_true_curve(make_context: MakeContext) -> None:
    x = 4.5 * tone(3000.0, 0.1)
    plain = run(make_context(), x, circuit=CIRCUIT)
    limited = run(make_context(), x, circuit=CIRCUIT, band_limited=True)
    np.testing.assert_allclose(limited.states, plain.states, atol=1e-12)
    assert np.abs(limited.output - plain.output).max() > 1e-4
    assert len(limited.output) == len(x)
    assert {check.name: check.level for check in limited.checks}["states"] == "ok"


@pytest.mark.usefixtures("ngspice")
def test_band_limited_stretches_meet(
    make_context: MakeContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    x = tone(5000.0, 0.2)
    whole = run(make_context(), x, band_limited=True)
    monkeypatch.setattr(stretches, "CHUNK_SECONDS", 0.1)
    monkeypatch.setattr(stretches, "SHORTEST_CHUNK_SECONDS", 0.05)
    pieces = run(make_context(), x, band_limited=True)
    assert "joints" in {check.name for check in pieces.checks}
    assert np.abs(pieces.output - whole.output).max() < 1e-6


@pytest.mark.usefixtures("ngspice")
def test_one_step_a_sample_cannot_be_band_limited(make_context: MakeContext) -> None:
    with pytest.raises(SimulatorError, match="nothing between the samples to be filtered"):
        run(make_context(), tone(100.0, 0.01), steps_per_sample=1, band_limited=True)
