"""The first-order diode clipper: a resistor into a capacitor and two antiparallel diodes.

D. T. Yeh, J. Abel, J. O. Smith, "Simulation of the diode limiter in guitar distortion circuits by
numerical solution of ordinary differential equations", DAFx-07, Bordeaux 2007 (2.2 kOhm, 10 nF, a
pair of 1N4148 with Is = 2.52 nA and n Vt = 45.3 mV):

    C dv/dt = (x - v) / R - 2 Is sinh(v / (n Vt))
"""

from __future__ import annotations

import numpy as np

from engines.circuits.base import Circuit, Float64, StateVariable

RESISTANCE = 2200.0
CAPACITANCE = 10e-9
SATURATION_CURRENT = 2.52e-9
EMISSION = 1.752
THERMAL_VOLTAGE = 1.380649e-23 * 300.15 / 1.602176634e-19
"""At 27 degrees Celsius, SPICE's nominal temperature (volts)."""

SUBSTEPS = 16
NEWTON_STEPS = 40
LARGEST_STEP = 0.1


def advance(states: Float64, x0: Float64, x1: Float64, seconds: float) -> Float64:
    """The clipper's own equation over one sample: trapezoidal rule in 16 steps, Newton's method.

    Parameters
    ----------
    states : float64[n, 1]
        Capacitor voltages at the sample's start.
    x0, x1 : float64[n]
        Input voltage at its start and end, linear in between.
    seconds : float
        Its length.

    Returns
    -------
    float64[n, 1]
        Capacitor voltages at its end.
    """
    v = states[:, 0].copy()
    h = seconds / SUBSTEPS
    slope, _ = _slope(x0, v)
    for step in range(1, SUBSTEPS + 1):
        u = x0 + (x1 - x0) * (step / SUBSTEPS)
        constant = v + 0.5 * h * slope
        for _ in range(NEWTON_STEPS):
            slope, derivative = _slope(u, v)
            change = (v - 0.5 * h * slope - constant) / (1.0 - 0.5 * h * derivative)
            v -= np.clip(change, -LARGEST_STEP, LARGEST_STEP)
            if np.abs(change).max(initial=0.0) < 1e-12:
                break
        slope, _ = _slope(u, v)
    return v[:, None]


def _slope(u: Float64, v: Float64) -> tuple[Float64, Float64]:
    """dv/dt and its derivative by v."""
    scale = EMISSION * THERMAL_VOLTAGE
    current = 2 * SATURATION_CURRENT * np.sinh(v / scale)
    conductance = 2 * SATURATION_CURRENT / scale * np.cosh(v / scale)
    dv: Float64 = ((u - v) / RESISTANCE - current) / CAPACITANCE
    return dv, -(1 / RESISTANCE + conductance) / CAPACITANCE


CIRCUIT = Circuit(
    name="diode-clipper",
    title="First-order diode clipper",
    elements=(
        "R1 in out 2.2k",
        "C1 out 0 10n",
        "D1 out 0 D1N4148",
        "D2 0 out D1N4148",
        ".model D1N4148 D(Is=2.52n N=1.752)",
    ),
    input="in",
    output="out",
    states=(StateVariable(name="vC", vector="v(out)"),),
    # RC is 22 us, and less where the diodes conduct: 300 time constants would do. The trapezoidal
    # rule forgets more slowly (its ringing dies by 0.84 a step at 4.5 V); 20 ms are 3,800 steps.
    settle_seconds=0.02,
    advance=advance,
    reference="Yeh, Abel, Smith, DAFx-07, 2007",
)
