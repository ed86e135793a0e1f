"""A run's signals on the grid of the samples, and what of them the samples cannot hold."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from engines.circuits.base import Float64, SimulatorError
from engines.circuits.columns import Columns
from engines.circuits.netlist import Plan
from engines.circuits.rawfile import rising
from engines.circuits.resample import NEARLY_ON, resample

if TYPE_CHECKING:
    from engines.circuits.rawfile import RawResult

GRID_BLOCK = 1 << 16
"""Samples that are brought on to the grid at once."""
MARGIN = 8
"""Solver points beside a block, for the interpolation at its ends."""
FINEST = 8
"""Points a sample at which an output is looked at between its samples, at most."""
SPECTRUM_POINTS = 4096
FILTER_SAMPLES = 32
"""Of the low-pass, to each side: 100 dB down from 0.55 of the sample rate on, flat to 0.45 of it,
so that nothing folds back to below that."""
FILTER_BETA = 10.06
"""Kaiser's window for 100 dB (Oppenheim and Schafer, Discrete-Time Signal Processing, 7.5)."""


@dataclass(frozen=True)
class Gridded:
    """Output and states at the samples.

    Attributes
    ----------
    values : float64[n, 1 + S]
        Output and states.
    error : float64[1 + S]
        See :class:`engines.circuits.resample.Resampled`.
    on_points : float
        Share of the samples at which the solver has a point of its own.
    energy, beyond : float
        Of the output's changing part between the samples too (its mean of each stretch of
        4096 points left out), and what of it lies above half the sample rate.
    """

    values: Float64
    error: Float64
    on_points: float
    energy: float
    beyond: float


def on_grid(
    raw: RawResult, times: Float64, columns: Columns, plan: Plan, *, band_limited: bool = False
) -> Gridded:
    """Bring a run's result on to the samples, a block at a time.

    Parameters
    ----------
    raw : RawResult
        What the simulator computed.
    times : float64[m]
        The solver's time points.
    columns : Columns
        Which vectors output and states are made of.
    plan : Plan
        When the samples stand.
    band_limited : bool
        Low-pass the output at half the sample rate before it is sampled; states stay as they are.

    Raises
    ------
    SimulatorError
        The result is damaged, or too coarse to be band-limited.
    """
    if band_limited and plan.steps_per_sample < 2:
        raise SimulatorError(
            "With one step a sample there is nothing between the samples to be filtered. Use more "
            "steps a sample, or do not band-limit the output."
        )
    saved = raw.columns(columns.saved)
    wanted = plan.sample_times
    factor = min(plan.steps_per_sample, FINEST)
    parts, spectra = [], []
    for start in range(0, len(wanted), GRID_BLOCK):
        here = wanted[start : start + GRID_BLOCK]
        aside = FILTER_SAMPLES / plan.sample_rate if band_limited else 0.0
        low = max(0, int(np.searchsorted(times, here[0] - aside)) - MARGIN)
        high = min(len(times), int(np.searchsorted(times, here[-1] + aside)) + MARGIN)
        keep = rising(times[low:high])
        signals = columns.signals(raw.rows(low, high, saved))[keep]
        solver = times[low:high][keep]
        part = resample(solver, signals, here, 1 / plan.sample_rate)
        more = FILTER_SAMPLES if band_limited else 0
        fine = _finely(solver, signals[:, 0], plan, start - more, start + len(here) + more, factor)
        spectra.append(spectrum_split(fine[more * factor : len(fine) - more * factor], factor))
        if band_limited:
            part.values[:, 0] = low_passed(fine, factor)
        parts.append(part)
    share = np.array([len(part.values) for part in parts]) / len(wanted)
    energy, beyond = np.sum(spectra, axis=0)
    return Gridded(
        values=np.concatenate([part.values for part in parts]),
        error=np.max([part.error for part in parts], axis=0),
        on_points=float(np.array([part.on_points for part in parts]) @ share),
        energy=float(energy),
        beyond=float(beyond),
    )


def _finely(
    solver: Float64, output: Float64, plan: Plan, first: int, stop: int, factor: int
) -> Float64:
    """The output ``factor`` times a sample, from sample ``first`` to ``stop``."""
    wanted = plan.time(np.arange(first * factor, stop * factor, dtype=np.float64) / factor)
    # Before and after what was simulated, the circuit stands where it began and ended.
    wanted = np.clip(wanted, solver[0], solver[-1])
    near = int(np.searchsorted(solver, wanted[0] - 0.5 * plan.step))
    same = solver[near : near + len(wanted)]
    if len(same) == len(wanted) and (
        np.abs(same - wanted).max() <= NEARLY_ON / plan.sample_rate
    ):  # the solver's own grid, as nearly always
        return output[near : near + len(wanted)]
    found = resample(solver, output[:, None], wanted, 1 / plan.sample_rate)
    return found.values[:, 0]


def spectrum_split(fine: Float64, factor: int) -> tuple[float, float]:
    """Energy of a signal at ``factor`` points a sample, and of what is above Nyquist of it.

    Parameters
    ----------
    fine : float64[m]
        In volts.
    factor : int
        Points a sample.

    Returns
    -------
    float, float
        In V^2 times points; the mean of each stretch of the spectrum is left out.
    """
    size = min(SPECTRUM_POINTS, len(fine))
    if factor < 2 or size < 4 * factor:
        return 0.0, 0.0
    pieces = fine[: len(fine) // size * size].reshape(-1, size)
    window = np.hanning(size)
    power = np.abs(np.fft.rfft((pieces - pieces.mean(axis=1, keepdims=True)) * window)) ** 2
    spectrum = power.sum(axis=0) / (size * np.mean(window**2))
    spectrum[1:] *= 2.0
    return float(spectrum.sum()), float(spectrum[size // (2 * factor) + 1 :].sum())


def low_passed(fine: Float64, factor: int) -> Float64:
    """Low-pass a signal at half the sample rate, linear-phase, and keep the samples.

    Parameters
    ----------
    fine : float64[(n + 2 * FILTER_SAMPLES) * factor]
        At ``factor`` points a sample.

    Returns
    -------
    float64[n]
        At the samples, with no delay.
    """
    from scipy.signal import upfirdn

    found = upfirdn(_low_pass(factor), fine, down=factor)
    n = len(fine) // factor - 2 * FILTER_SAMPLES
    return np.ascontiguousarray(found[2 * FILTER_SAMPLES : 2 * FILTER_SAMPLES + n])


@cache
def _low_pass(factor: int) -> Float64:
    from scipy.signal import firwin

    taps = 2 * FILTER_SAMPLES * factor + 1
    made = firwin(taps, 0.5, window=("kaiser", FILTER_BETA), fs=float(factor))
    return np.asarray(made, np.float64)
