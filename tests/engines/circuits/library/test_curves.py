"""Whole curves of the library's circuits against closed forms and implicit equations."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.optimize import brentq

from engines.circuits.base import Circuit
from engines.circuits.diode_clipper import CIRCUIT as DIODE_CLIPPER
from engines.circuits.library import circuit_named
from engines.circuits.look import frequency_response, transfer_curve

pytestmark = pytest.mark.skipif(shutil.which("ngspice") is None, reason="ngspice is not installed")
SATURATION = 2.52e-9
N_VT = 1.752 * 1.380649e-23 * 300.15 / 1.602176634e-19
"""Yeh, Abel, Smith, DAFx-07: of a 1N4148."""
Complex = NDArray[np.complex128]


def made(name: str, **settings: float) -> Circuit:
    return circuit_named(name).circuit(settings)


def response(circuit: Circuit, folder: Path, *vectors: str, stop: float = 20_000.0):  # type: ignore[no-untyped-def]
    """s = j 2 pi f, and the gain of each vector."""
    found = frequency_response(circuit, folder, vectors=vectors, stop=stop, per_decade=20)
    return 2j * np.pi * found.frequency, found.gain


def off(measured: Complex, expected: Complex) -> float:
    """The largest distance of two responses as a share of the expected one: level and phase."""
    return float(np.abs(measured / expected - 1).max())


def solved(equation: Callable[[float, float], float], x: np.ndarray, reach: float) -> np.ndarray:
    """For each x the v between -reach and reach at which equation(x, v) is zero."""
    return np.array([brentq(lambda v: equation(float(u), v), -reach, reach, xtol=1e-13)  # noqa: B023
                     for u in x])  # fmt: skip


@pytest.mark.parametrize("resistance", [1000.0, 10_000.0, 100_000.0])
def test_low_pass(resistance: float, tmp_path: Path) -> None:
    s, gain = response(made("rc-lowpass", resistance=resistance), tmp_path)
    assert off(gain[:, 0], 1 / (1 + s * resistance * 10e-9)) < 1e-6


def test_diode_clipper_stands_still_where_its_equation_says(tmp_path: Path) -> None:
    x, y = transfer_curve(DIODE_CLIPPER, tmp_path, lowest=-4.5, highest=4.5, points=91)
    expected = solved(
        lambda u, v: (u - v) / 2200 - 2 * SATURATION * np.sinh(v / N_VT), x, reach=4.6
    )
    # ngspice's simple law for reverse voltage beyond 3 n Vt leaves out 2.5 nA of 2 mA.
    assert np.abs(y - expected).max() < 2e-5


def test_diode_clipper_lets_small_signals_through_as_its_slope_says(tmp_path: Path) -> None:
    s, gain = response(DIODE_CLIPPER, tmp_path)
    diodes = 2 * SATURATION / N_VT
    assert off(gain[:, 0], 1 / (1 + 2200 * (diodes + s * 10e-9))) < 1e-6


def test_asymmetric_clipper_stands_still_where_its_equation_says(tmp_path: Path) -> None:
    x, y = transfer_curve(made("asymmetric-clipper"), tmp_path, lowest=-4.5, highest=4.5, points=91)

    def currents(u: float, v: float) -> float:
        series = SATURATION * np.expm1(v / (2 * N_VT))
        single = -SATURATION * np.expm1(-v / N_VT)
        return (u - v) / 2200 - series - single

    assert np.abs(y - solved(currents, x, reach=4.6)).max() < 2e-5


def test_second_order_clipper(tmp_path: Path) -> None:
    s, gain = response(made("diode-clipper-2"), tmp_path)
    load = 1 / (1 / 100e3 + 2 * SATURATION / N_VT + s * 10e-9)
    assert off(gain[:, 0], load / (load + 2200 + 1 / (s * 0.47e-6))) < 1e-6


def fed_back(
    s: Complex, above: Complex, below: Complex, load: Complex, beyond: Complex, gbw: float,
    gain: float,
) -> Complex:  # fmt: skip
    """What a non-inverting op amp gives for 1 V, by Kirchhoff at its inverting input and output.

    ``above`` leads from output to inverting input, ``below`` from there to ground, ``load`` (all
    conductances) from the output to a node at ``beyond`` volts. One pole, 75 Ohm at the output.
    """
    amplified = 1 / (1 / gain + s / (2 * np.pi * gbw)) / 75
    share = above / (above + below)
    return (amplified + load * beyond) / (1 / 75 + above + load + (amplified - above) * share)


@pytest.mark.parametrize("drive", [0.0, 0.5, 1.0])
def test_overdrive_amplifies_as_feedback_theory_says(drive: float, tmp_path: Path) -> None:
    """Small signals; the diodes are their slope at rest (Yeh, Abel, Smith, DAFx-07, with it)."""
    s, gain = response(made("overdrive", drive=drive), tmp_path, "v(a)", "v(c)", "v(f)")
    above = 1 / (51e3 + 500e3 * drive**2 + 1) + s * 51e-12 + 2 * SATURATION / N_VT
    below = 1 / (4.7e3 + 1 / (s * 47e-9))
    beyond = gain[:, 2] / gain[:, 0]
    expected = fed_back(s, above, below, np.full_like(s, 1e-3), beyond, 3e6, 1e5)
    assert off(gain[:, 1] / gain[:, 0], expected) < 2e-3


@pytest.mark.parametrize("tone", [0.0, 0.3, 0.5, 1.0])
def test_overdrive_tone_control(tone: float, tmp_path: Path) -> None:
    """Kirchhoff at the wiper and the op amp's inputs: what leaves the second comes through R6."""
    s, gain = response(made("overdrive", tone=tone), tmp_path, "v(c)", "v(f)", "v(g)", "v(h)")
    c, f, g, h = gain.T
    above, below = 1 / (20e3 * tone + 1), 1 / (20e3 * (1 - tone) + 1)
    branch = 1 / (220 + 1 / (s * 0.22e-6))
    wiper = (f * above + g * below) / (above + below + branch)
    low_pass = (c / 1e3 + wiper * above) / (1 / 1e3 + s * 0.22e-6 + 1 / 10e3 + above)
    assert off(f, low_pass) < 1e-3
    assert off(h, g + 1e3 * (g - wiper) * below) < 1e-3
    assert off(g, f) < 0.05


@pytest.mark.parametrize("drive", [0.0, 0.6, 1.0])
def test_distortion_amplifies_as_feedback_theory_says(drive: float, tmp_path: Path) -> None:
    """67 dB of resistors, held down by 1 MHz of the LM308 ("Pro Co Rat Analysis")."""
    s, gain = response(made("distortion", drive=drive), tmp_path, "v(a)", "v(c)", "v(g)")
    above = 1 / (100e3 * drive**2 + 1) + s * 100e-12
    below = 1 / (47 + 1 / (s * 2.2e-6)) + 1 / (560 + 1 / (s * 4.7e-6))
    load = 1 / (1e3 + 1 / (s * 4.7e-6))
    expected = fed_back(s, above, below, load, gain[:, 2] / gain[:, 0], 1e6, 3e5)
    assert off(gain[:, 1] / gain[:, 0], expected) < 2e-3
    if drive == 1.0:
        resistors = 20 * np.log10(1 + 100e3 * (1 / 47 + 1 / 560))
        assert resistors == pytest.approx(67, abs=0.5)


@pytest.mark.parametrize("setting", [0.0, 0.5, 1.0])
def test_distortion_filter(setting: float, tmp_path: Path) -> None:
    s, gain = response(made("distortion", filter=setting), tmp_path, "v(g)", "v(h)")
    expected = 1 / (1 + s * 3.3e-9 * (100e3 * setting**2 + 1.5e3))
    assert off(gain[:, 1] / gain[:, 0], expected) < 1e-4


@pytest.mark.parametrize("tone", [0.0, 0.5, 1.0])
def test_sustainer_tone_control(tone: float, tmp_path: Path) -> None:
    """Kirchhoff at its three nodes, between the voltages that the stages around it have."""
    s, gain = response(made("sustainer", tone=tone), tmp_path, "v(c3)", "v(t)", "v(b4)")
    top, bottom = 1 / (100e3 * tone + 1), 1 / (100e3 * (1 - tone) + 1)
    low, high, on = 1 / 39e3, s * 4e-9, s * 100e-9
    t1, t2 = low + s * 10e-9 + top, high + 1 / 22e3 + bottom
    own = top + bottom + on - top**2 / t1 - bottom**2 / t2
    pushed = top * low / t1 + bottom * high / t2
    expected = (pushed * gain[:, 0] + on * gain[:, 2]) / own
    assert off(gain[:, 1], expected) < 1e-5


@pytest.mark.parametrize("bypass", [0.0, 1.0])
def test_triode_stands_still_where_koren_says(bypass: float, tmp_path: Path) -> None:
    """The plate, from cut-off to where the grid begins to draw current."""
    circuit = replace(made("triode", bypass=bypass), output="p")
    x, y = transfer_curve(circuit, tmp_path, lowest=-6.0, highest=0.4, points=65)

    def plate_current(plate: float, grid: float) -> float:
        """Koren, Glass Audio 8(5), 1996: mu 100, ex 1.4, kg1 1060, kp 600, kvb 300."""
        e = plate / 600 * np.log1p(np.exp(600 * (0.01 + grid / np.sqrt(300 + plate**2))))
        return float(2 * e**1.4 / 1060)

    def current(u: float) -> float:
        return float(
            brentq(
                lambda i: i - plate_current(300 - 101.5e3 * i, u - 1.5e3 * i), 0, 2.95e-3,
                xtol=1e-15,
            )
        )  # fmt: skip

    expected = 300 - 100e3 * np.array([current(u) for u in x])
    assert np.abs(y - expected).max() < 0.02
    assert np.ptp(expected) > 100


@pytest.mark.parametrize(("reduction", "limit"), [(0.5, 0.0), (1.0, 0.0), (0.7, 1.0)])
def test_optical_compressor_settles_where_its_equation_says(
    reduction: float, limit: float, tmp_path: Path
) -> None:
    """Lit for long: both memories full, the cell's conductance with the square of what it hears."""
    circuit = replace(
        made("compressor-optical", reduction=reduction, limit_on=limit, gain=0.0), output="a"
    )
    x, y = transfer_curve(circuit, tmp_path, lowest=0.01, highest=2.0, points=100)

    def currents(u: float, v: float) -> float:
        heard = 12 * reduction**3 * (v + 0.04 * limit * u)
        return (u - v) / 68e3 - v * (0.1e-6 + 1e-3 * heard**2)

    assert np.abs(y / solved(currents, x, reach=2.1) - 1).max() < 1e-4
