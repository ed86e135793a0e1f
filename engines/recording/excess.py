"""The delay that a device's own filters do not explain: what is left of its phase."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Float64 = NDArray[np.float64]
Complex128 = NDArray[np.complex128]

LOW, HIGH = 150.0, 17_500.0
"""Hz within which blips tell a phase."""
TOP = 0.4
"""The same as a share of the sample rate."""
CLEAR = 30.0
"""Power by which a frequency must stand out of the noise."""
SMOOTH = 25
"""Bins over which magnitudes are averaged."""
STRONGEST = 1e4
LEAST_OCTAVES = 2.0
STRAIGHT = 0.6
"""Radians by which a phase may stray from a line and still tell a delay."""


@dataclass(frozen=True)
class ExcessDelay:
    """A delay in samples, and how far (radians, RMS) the phase strays from it."""

    samples: float
    stray: float


def excess_delay(spectra: Complex128, sent: Complex128, rate: int) -> ExcessDelay | None:
    """The pure delay behind a filter: the measured phase less the least that its magnitude needs.

    A causal filter of a given magnitude has at least the phase that follows from it (its minimum
    phase, by the cepstrum: A. V. Oppenheim, R. W. Schafer, Discrete-Time Signal Processing, 3rd
    ed., ch. 13); most analog circuits have exactly that. What the phase falls beyond it is delay.
    Above the frequencies that stand out of the noise the magnitude is continued as a straight
    line over the logarithm of frequency.

    Parameters
    ----------
    spectra : complex128[k, n/2 + 1]
        Of the same signal as it came back k times.
    sent : complex128[n/2 + 1]
        Of what was sent.
    rate : int
        Sample rate in Hz.

    Returns
    -------
    ExcessDelay or None
        None where too little stands out of the noise, or the phase is no line: a device that
        distorts before it filters.
    """
    n = 2 * (spectra.shape[1] - 1)
    frequency: Float64 = np.fft.rfftfreq(n, 1.0 / rate).astype(np.float64)
    power = np.abs(sent) ** 2
    power += 1e-9 * power.max()
    transfer = spectra.mean(axis=0) * np.conj(sent) / power
    noise = _smooth(spectra.var(axis=0) / max(1, len(spectra) - 1) / power)
    square = _smooth(np.abs(transfer) ** 2)
    clear = square > CLEAR * noise
    band = _clear_band(square, clear, frequency, rate)
    if band is None:
        return None
    low, top = band
    least = _least_phase(0.5 * np.log(np.maximum(square - noise, 1e-30)), frequency, low, top)
    phase = np.unwrap(np.angle(transfer[low:top] * np.exp(-1j * least[low:top])))
    omega = 2 * np.pi * frequency[low:top] / rate
    trust = np.sqrt(np.minimum(square[low:top] / np.maximum(noise[low:top], 1e-30), STRONGEST))
    slope, start = np.polyfit(omega, phase, 1, w=trust)
    left = trust * (phase - slope * omega - start)
    stray = float(np.sqrt(np.sum(left**2) / np.sum(trust**2)))
    return ExcessDelay(-float(slope), stray) if stray < STRAIGHT else None


def _smooth(values: NDArray[np.floating]) -> Float64:
    return np.convolve(values, np.ones(SMOOTH) / SMOOTH, mode="same").astype(np.float64)


def _clear_band(
    square: Float64, clear: NDArray[np.bool_], frequency: Float64, rate: int
) -> tuple[int, int] | None:
    """The bins around the strongest that stand out of the noise, if they are enough."""
    low, high = (int(np.searchsorted(frequency, f)) for f in (LOW, min(HIGH, TOP * rate)))
    usable = clear[low:high]
    if not usable.any():
        return None
    top = bottom = low + int(np.argmax(square[low:high] * usable))
    while top < high and clear[top]:
        top += 1
    while bottom > low and clear[bottom - 1]:
        bottom -= 1
    if np.log2(frequency[top - 1] / frequency[bottom]) < LEAST_OCTAVES:
        return None
    return bottom, top


def _least_phase(logarithm: Float64, frequency: Float64, low: int, top: int) -> Float64:
    """The minimum phase (radians) of a log magnitude that is known between two bins."""
    known = logarithm.copy()
    known[:low] = logarithm[low]
    first = max(low, int(top / 1.5))
    slope = np.polyfit(np.log(frequency[first:top]), logarithm[first:top], 1)[0]
    falling = min(float(slope), 0.0)
    known[top:] = logarithm[top - 1] + falling * np.log(frequency[top:] / frequency[top - 1])
    cepstrum = np.fft.irfft(known)
    n = len(cepstrum)
    fold = np.zeros(n)
    fold[0] = fold[n // 2] = 1.0
    fold[1 : n // 2] = 2.0
    phase: Float64 = np.imag(np.fft.rfft(cepstrum * fold))
    return phase
