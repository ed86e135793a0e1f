"""Every circuit of the library against theory or a published figure, by real runs of ngspice."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.optimize import brentq

from engines.circuits.library import LibraryCircuit, circuits
from engines.circuits.library.description import Figure
from engines.circuits.look import frequency_response, operating_point, transfer_curve
from engines.circuits.ngspice import NgSpice
from engines.worker.context import JobContext
from projects.jobs import Job

pytestmark = pytest.mark.skipif(shutil.which("ngspice") is None, reason="ngspice is not installed")
HALF_POWER = 10 * np.log10(0.5)
VT = 0.02586493
FIGURES = [
    pytest.param(circuit, figure, id=f"{circuit.name}: {figure.name} {number}")
    for circuit in circuits().values()
    for number, figure in enumerate(circuit.figures)
]


@dataclass(frozen=True)
class Look:
    """One circuit at a figure's settings, and ways to look at it."""

    described: LibraryCircuit
    settings: dict[str, float]
    folder: Path

    def response(self, *vectors: str, **span: float) -> tuple[np.ndarray, NDArray[np.complex128]]:
        found = frequency_response(
            self.described.circuit(self.settings), self.folder, vectors=vectors, per_decade=200,
            **span,
        )  # fmt: skip
        return found.frequency, found.gain

    def at_rest(self, vector: str) -> float:
        circuit = self.described.circuit(self.settings)
        return operating_point(circuit, self.folder, [vector])[vector]

    def played(self, x: np.ndarray, rate: int = 48000, steps: int = 4) -> dict[str, np.ndarray]:
        context = JobContext(
            self.folder, self.folder, Job(kind="simulate", name="test"), lambda message: None
        )
        circuit = self.described.circuit(self.settings)
        found = NgSpice().simulate(
            circuit, x, rate, steps_per_sample=steps, folder=self.folder / "run", context=context
        )
        signals = {state.name: found.states[:, i] for i, state in enumerate(circuit.states)}
        return {"out": found.output, **signals}


def test_every_circuit_has_a_figure() -> None:
    assert len(circuits()) >= 12
    for circuit in circuits().values():
        assert circuit.figures, circuit.name
        assert circuit.reference, circuit.name
    wanted = {(circuit.name, figure.name) for circuit in circuits().values()
              for figure in circuit.figures}  # fmt: skip
    assert wanted == set(MEASURES)


@pytest.mark.parametrize(("circuit", "figure"), FIGURES)
def test_figure(circuit: LibraryCircuit, figure: Figure, tmp_path: Path) -> None:
    look = Look(circuit, figure.settings, tmp_path)
    measured = MEASURES[circuit.name, figure.name](look)
    assert measured == pytest.approx(figure.value, abs=figure.tolerance)


def corner(frequency: np.ndarray, gain: np.ndarray, *, upper: bool = True) -> float:
    """Where the gain is 3 dB below its greatest, above that or below it."""
    level = 20 * np.log10(np.abs(gain))
    peak = int(level.argmax())
    target = level[peak] + HALF_POWER
    part = slice(peak, None) if upper else slice(peak, None, -1)
    x, y = np.log(frequency[part]), level[part]
    return float(np.exp(np.interp(-target, -y, x)))


def decibels(gain: complex) -> float:
    return float(20 * np.log10(abs(gain)))


def sine(frequency: float, peak: float, seconds: float = 0.1, rate: int = 48000) -> np.ndarray:
    return peak * np.sin(2 * np.pi * frequency * np.arange(round(seconds * rate)) / rate)


def swing(signal: np.ndarray) -> float:
    """Half of the distance from the lowest to the highest value of the second half."""
    late = signal[len(signal) // 2 :]
    return float(np.ptp(late) / 2)


def at(look: Look, vector: str, frequency: float) -> complex:
    f, gain = look.response(vector, start=frequency / 2, stop=frequency * 2)
    return complex(gain[np.abs(np.log(f / frequency)).argmin(), 0])


def output_corner(look: Look, *, upper: bool = True, start: float = 0.1) -> float:
    f, gain = look.response(start=start, stop=500_000.0)
    return corner(f, gain[:, 0], upper=upper)


def transfer_at(look: Look, volts: float) -> float:
    circuit = look.described.circuit(look.settings)
    x, y = transfer_curve(circuit, look.folder, lowest=-4.5, highest=4.5)
    return float(np.interp(volts, x, y))


def overdrive_corner(look: Look) -> float:
    """Non-inverting gain is 1 + Zf / (R2 + 1 / s C2)."""
    f, gain = look.response("v(b)", "v(c)", stop=10_000.0)
    return corner(f, gain[:, 1] / gain[:, 0] - 1, upper=False)


def ratio_corner(look: Look, below: str, above: str, start: float = 10.0) -> float:
    f, gain = look.response(below, above, start=start, stop=100_000.0)
    return corner(f, gain[:, 1] / gain[:, 0])


def scoop(look: Look) -> float:
    f, gain = look.response("v(c3)", "v(t)", start=300.0, stop=4000.0)
    return float(f[np.abs(gain[:, 1] / gain[:, 0]).argmin()])


def distortion_gain(look: Look) -> float:
    """Measured, once it has been seen to be what feedback around the op amp gives."""
    s = 2j * np.pi * 1000.0
    top = 1 / (1 / (100e3 + 1) + s * 100e-12)
    bottom = 1 / (1 / (47 + 1 / (s * 2.2e-6)) + 1 / (560 + 1 / (s * 4.7e-6)))
    opamp = 1 / (1 / 3e5 + s / (2 * np.pi * 1e6))
    expected = 1 / (1 / opamp + bottom / (bottom + top))
    measured = at(look, "v(c)", 1000.0) / at(look, "v(a)", 1000.0)
    assert decibels(measured) == pytest.approx(decibels(expected), abs=0.1)
    return decibels(measured)


def tone_stack(look: Look) -> float:
    """Largest difference from Yeh and Smith's equations, in dB, at many settings."""
    worst = 0.0
    rng = np.random.default_rng(0)
    for t, m, b in [(0.5, 0.5, 0.5), (0, 0, 0), (1, 1, 1), *rng.uniform(size=(3, 3))]:
        look = Look(look.described, {"treble": t, "middle": m, "bass": b}, look.folder)
        f, gain = look.response(stop=20_000.0)
        # The netlist's pots end 1 Ohm above their stops, and the bass pot is logarithmic.
        bass = b * 10 ** (2 * (b - 1))
        expected = yeh_and_smith(2j * np.pi * f, t, m, bass)
        off = 20 * np.log10(np.abs(gain[:, 0]) / np.abs(expected))
        worst = max(worst, float(np.abs(off).max()))
    return worst


def yeh_and_smith(s: NDArray[np.complex128], t: float, m: float, b: float) -> np.ndarray:
    """Equations 1 and 2 of the DAFx-06 paper; the three pots have 1 Ohm more at either end."""
    C1, C2, C3 = 250e-12, 20e-9, 20e-9
    R1, R2, R3, R4 = 250e3, 1e6, 25e3, 56e3
    b1 = t * C1 * R1 + m * C3 * R3 + b * (C1 * R2 + C2 * R2) + (C1 * R3 + C2 * R3)
    b2 = (
        t * (C1 * C2 * R1 * R4 + C1 * C3 * R1 * R4)
        - m**2 * (C1 * C3 * R3**2 + C2 * C3 * R3**2)
        + m * (C1 * C3 * R1 * R3 + C1 * C3 * R3**2 + C2 * C3 * R3**2)
        + b * (C1 * C2 * R1 * R2 + C1 * C2 * R2 * R4 + C1 * C3 * R2 * R4)
        + b * m * (C1 * C3 * R2 * R3 + C2 * C3 * R2 * R3)
        + (C1 * C2 * R1 * R3 + C1 * C2 * R3 * R4 + C1 * C3 * R3 * R4)
    )
    b3 = (
        C1
        * C2
        * C3
        * (
            b * m * (R1 * R2 * R3 + R2 * R3 * R4)
            - m**2 * (R1 * R3**2 + R3**2 * R4)
            + m * (R1 * R3**2 + R3**2 * R4)
            + t * R1 * R3 * R4
            - t * m * R1 * R3 * R4
            + t * b * R1 * R2 * R4
        )
    )
    a1 = (C1 * R1 + C1 * R3 + C2 * R3 + C2 * R4 + C3 * R4) + m * C3 * R3 + b * (C1 * R2 + C2 * R2)
    a2 = (
        m * (C1 * C3 * R1 * R3 - C2 * C3 * R3 * R4 + C1 * C3 * R3**2 + C2 * C3 * R3**2)
        + b * m * (C1 * C3 * R2 * R3 + C2 * C3 * R2 * R3)
        - m**2 * (C1 * C3 * R3**2 + C2 * C3 * R3**2)
        + b * (C1 * C2 * R2 * R4 + C1 * C2 * R1 * R2 + C1 * C3 * R2 * R4 + C2 * C3 * R2 * R4)
        + (C1 * C2 * R1 * R4 + C1 * C3 * R1 * R4 + C1 * C2 * R3 * R4)
        + (C1 * C2 * R1 * R3 + C1 * C3 * R3 * R4 + C2 * C3 * R3 * R4)
    )
    a3 = (
        C1
        * C2
        * C3
        * (
            b * m * (R1 * R2 * R3 + R2 * R3 * R4)
            - m**2 * (R1 * R3**2 + R3**2 * R4)
            + m * (R3**2 * R4 + R1 * R3**2 - R1 * R3 * R4)
            + b * R1 * R2 * R4
            + R1 * R3 * R4
        )
    )
    found: np.ndarray = (b1 * s + b2 * s**2 + b3 * s**3) / (1 + a1 * s + a2 * s**2 + a3 * s**3)
    return found


def koren(plate: float, grid: float) -> float:
    """Plate current of a 12AX7 in ampere."""
    e = plate / 600 * np.log1p(np.exp(600 * (0.01 + grid / np.sqrt(300 + plate**2))))
    return float(2 * e**1.4 / 1060)


def triode_cathode(look: Look) -> float:
    """Measured, once Koren's equation, solved apart, has given the same."""
    current = brentq(lambda i: i - koren(300 - i * 101.5e3, -i * 1.5e3), 1e-6, 2.9e-3, xtol=1e-12)
    measured = look.at_rest("v(k)")
    assert measured == pytest.approx(1.5e3 * current, abs=1e-3)
    return measured


def triode_gain(look: Look) -> float:
    """Measured, once the slopes of Koren's equation have given the same."""
    i = brentq(lambda i: i - koren(300 - i * 101.5e3, -i * 1.5e3), 1e-6, 2.9e-3, xtol=1e-12)
    vp, vg, d = 300 - i * 101.5e3, -i * 1.5e3, 1e-3
    gm = (koren(vp, vg + d) - koren(vp, vg - d)) / (2 * d)
    rp = 2 * d / (koren(vp + d, vg) - koren(vp - d, vg))
    load = 1 / (1 / 100e3 + 1 / 1.000002e6)
    unbypassed = 1 / (1 / 1.5e3 + 1 / 100e3) * (1 - look.settings["bypass"])
    expected = gm * rp * load / (load + rp + (1 + gm * rp) * unbypassed)
    measured = abs(at(look, "v(out)", 1000.0))
    assert decibels(measured) == pytest.approx(decibels(expected), abs=0.1)
    return decibels(measured)


def ladder(look: Look) -> float:
    """Largest difference in dB from 1 / ((1 + s)^4 + k)."""
    worst = 0.0
    for cutoff, resonance in [(1000.0, 0.0), (1000.0, 0.5), (200.0, 0.9), (5000.0, 0.7)]:
        settings = {"cutoff": cutoff, "resonance": resonance}
        f, gain = Look(look.described, settings, look.folder).response(start=20.0, stop=4 * cutoff)
        expected = 1 / ((1 + 1j * f / cutoff) ** 4 + 4 * resonance)
        off = 20 * np.log10(np.abs(gain[:, 0] / expected))
        worst = max(worst, float(np.abs(off).max()))
    return worst


def optical_ratio(look: Look) -> float:
    """dB at the input for one dB at the output, a volt above the threshold."""
    circuit = look.described.circuit(look.settings)
    x, y = transfer_curve(circuit, look.folder, lowest=0.5, highest=2.0, points=61)
    return float(np.log(x[-1] / x[0]) / np.log(y[-1] / y[0]))


def optical_gain(look: Look, loud: float, quiet: float) -> tuple[np.ndarray, slice, slice]:
    """Gain in dB while 0.05 V turn to 0.7 V for ``loud`` seconds and back for ``quiet``."""
    rate = 8000
    low, high = np.full(round(0.2 * rate), 0.05), np.full(round(loud * rate), 0.7)
    x = np.concatenate([low, high, np.full(round(quiet * rate), 0.05)])
    gain = 20 * np.log10(look.played(x, rate, 1)["out"] / x)
    start, stop = len(low), len(low) + len(high)
    return gain, slice(start, stop), slice(stop, None)


def optical_attack(look: Look) -> float:
    """Until 63 % of the gain reduction."""
    gain, loud, _ = optical_gain(look, 1.0, 0.0)
    before, after = gain[loud.start - 1], gain[loud.stop - 1]
    return float(np.argmax(gain[loud] <= before + 0.63 * (after - before)) / 8000)


def optical_release(look: Look, loud: float, quiet: float, share: float) -> float:
    """Until ``share`` of the gain reduction has gone."""
    gain, there, after = optical_gain(look, loud, quiet)
    before, least = gain[there.start - 1], gain[there.stop - 1]
    gone = gain[after] >= least + share * (before - least)
    assert gone.any()
    return float(np.argmax(gone) / 8000)


def test_optical_compressor_remembers_how_long_it_was_lit(tmp_path: Path) -> None:
    """LA-610 manual, page 11: the cell recovers the later the longer the light had been on."""
    look = Look(circuits()["compressor-optical"], {}, tmp_path)
    short, long = optical_release(look, 0.1, 3.0, 0.85), optical_release(look, 3.0, 6.0, 0.85)
    assert long > 2 * short


MEASURES: dict[tuple[str, str], Callable[[Look], float]] = {
    ("rc-lowpass", "corner frequency"): output_corner,
    ("diode-clipper-2", "corner frequency"): output_corner,
    ("diode-clipper-2", "low corner frequency"): lambda look: output_corner(look, upper=False),
    ("diode-clipper-2", "clipping level"): lambda look: swing(look.played(sine(200, 4.5))["out"]),
    ("asymmetric-clipper", "upper clipping level"): lambda look: transfer_at(look, 4.5),
    ("asymmetric-clipper", "lower clipping level"): lambda look: transfer_at(look, -4.5),
    ("asymmetric-clipper", "corner frequency"): output_corner,
    ("overdrive", "least gain"): lambda look: decibels(at(look, "v(c)", 6000.0)),
    ("overdrive", "clipping stage's corner frequency"): overdrive_corner,
    ("overdrive", "tone low-pass corner frequency"): lambda look: ratio_corner(
        look, "v(c)", "v(f)"
    ),
    ("overdrive", "clipping level"): lambda look: swing(look.played(sine(1000, 1.0))["vC3"]),
    ("sustainer", "scoop of the tone control"): scoop,
    ("sustainer", "collector at rest"): lambda look: look.at_rest("v(c1)"),
    ("sustainer", "clipping level"): lambda look: swing(
        look.played(sine(1000, 0.5), steps=6)["vC8"]
    ),
    ("distortion", "filter's corner frequency"): lambda look: ratio_corner(
        look, "v(g)", "v(h)", 1.0
    ),
    ("distortion", "gain at 1 kHz"): distortion_gain,
    ("distortion", "clipping level"): lambda look: swing(look.played(sine(100, 1.0, 0.2))["vC7"]),
    ("fuzz", "second collector at rest"): lambda look: look.at_rest("v(c2)"),
    ("fuzz", "first collector at rest"): lambda look: look.at_rest("v(c1)"),
    ("fuzz", "gain of the first stage"): lambda look: decibels(at(look, "v(c1)", 10_000.0)),
    ("treble-booster", "collector at rest"): lambda look: look.at_rest("v(c)"),
    ("treble-booster", "gain at 20 kHz"): lambda look: decibels(at(look, "v(out)", 20_000.0)),
    ("treble-booster", "corner frequency"): lambda look: output_corner(
        look, upper=False, start=100.0
    ),
    ("tone-stack", "response"): tone_stack,
    ("triode", "cathode at rest"): triode_cathode,
    ("triode", "gain at 1 kHz"): triode_gain,
    ("triode", "gain at 1 kHz unbypassed"): triode_gain,
    ("ladder", "response"): ladder,
    ("compressor-optical", "ratio"): optical_ratio,
    ("compressor-optical", "attack"): optical_attack,
    ("compressor-optical", "half release"): lambda look: optical_release(look, 0.1, 1.0, 0.5),
    ("compressor-optical", "rest of the release"): lambda look: optical_release(
        look, 3.0, 6.0, 0.85
    ),
}
