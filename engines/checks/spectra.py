"""The response between dry and wet, with the device's own causal colour taken out.

Whoever looks for latency by cross-correlation finds the device's low-pass instead. Here both
signals are whitened by *causal* filters first, the inverses of the minimum-phase filters that have
their spectra (as Box and Jenkins prewhiten both series: Time Series Analysis, 1970, section 11.2;
minimum phase from the folded cepstrum: Oppenheim and Schafer, Discrete-Time Signal Processing,
section 12.4). If wet is dry through a causal minimum-phase filter, however steep, what is left
between the whitened signals is a single spike where the filter's impulse response begins; a pure
delay moves it by exactly itself. A causal nonlinear device adds to the right of it alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from engines.checks.windows import Window

Float64 = NDArray[np.float64]
Complex = NDArray[np.complex128]

FLOORS = (1e-5, 1e-7, 1e-9)
"""Of a spectrum's largest value: below that its colour is not taken out. The best is taken."""
FINER = 8
"""Responses are interpolated to this many points a sample."""
LOWEST_HZ = 30.0


def segment_length(sample_rate: int, window: int) -> int:
    """Samples of one transform: some 0.1 s, less where the windows are short."""
    length = 4096
    while length * 13 < sample_rate and length < 1 << 15:
        length *= 2
    while length > 256 and length * 2 > window:
        length //= 2
    return length


@dataclass(frozen=True)
class Cross:
    """Sums over segments: power spectra of dry and wet, float64[bins], and the cross-spectrum.

    The cross-spectrum of a device that does nothing is real; wet late by d turns it by
    exp(-1j w d).
    """

    dry: Float64
    wet: Float64
    cross: Complex
    segments: int
    offset: float = 0.0
    """By how many samples wet was read later, on average."""

    @property
    def length(self) -> int:
        """Samples of a segment."""
        return 2 * (len(self.dry) - 1)


def cross_spectra(window: Window, length: int, offsets: Any) -> Cross:
    """Sums over a window's half-overlapping segments (Welch's method with a Hann window).

    Parameters
    ----------
    window : Window
        Dry and wet.
    length : int
        Samples of a segment.
    offsets : callable
        Says for places (float64[k], on the time axis of dry) by how many whole samples wet is read
        later there.
    """
    starts = np.arange(0, len(window.dry) - length + 1, length // 2)
    shifts = np.asarray(offsets(window.start + starts + length / 2.0), np.int64)
    shifts = shifts - window.base + window.reach
    inside = window.free(starts, length)
    inside &= (starts + shifts >= 0) & (starts + shifts + length <= len(window.wet))
    starts, shifts = starts[inside], shifts[inside]
    x = np.stack([window.dry[s : s + length] for s in starts]) if len(starts) else None
    bins = length // 2 + 1
    if x is None:
        return Cross(np.zeros(bins), np.zeros(bins), np.zeros(bins, complex), 0)
    y = np.stack([window.wet[s + d : s + d + length] for s, d in zip(starts, shifts, strict=True)])
    alive = (np.abs(x).max(axis=1) > 0) & (np.abs(y).max(axis=1) > 0)
    hann = np.hanning(length + 1)[:length].astype(np.float32)
    X = scipy.fft.rfft(x[alive] * hann, axis=1)
    Y = scipy.fft.rfft(y[alive] * hann, axis=1)
    return Cross(
        np.einsum("ij,ij->j", X.real, X.real, dtype=np.float64)
        + np.einsum("ij,ij->j", X.imag, X.imag, dtype=np.float64),
        np.einsum("ij,ij->j", Y.real, Y.real, dtype=np.float64)
        + np.einsum("ij,ij->j", Y.imag, Y.imag, dtype=np.float64),
        np.einsum("ij,ij->j", X.conj(), Y, dtype=np.complex128),
        int(alive.sum()),
        float((shifts + window.base - window.reach)[alive].mean()) if alive.any() else 0.0,
    )


def total(parts: Sequence[Cross], turns: Sequence[float] | None = None) -> Cross:
    """The sum of several windows' spectra, each moved earlier by ``turns`` samples."""
    length = parts[0].length
    omega = np.pi * np.arange(len(parts[0].dry)) / (length / 2)
    cross = np.zeros(len(omega), complex)
    for part, turn in zip(parts, turns or [0.0] * len(parts), strict=True):
        cross += part.cross * np.exp(1j * omega * turn) if turn else part.cross
    return Cross(
        np.sum([part.dry for part in parts], axis=0),
        np.sum([part.wet for part in parts], axis=0),
        cross,
        sum(part.segments for part in parts),
    )


def minimum_phase(power: Float64) -> Complex:
    """The minimum-phase response, complex[bins], whose squared magnitude is ``power`` (> 0)."""
    length = 2 * (len(power) - 1)
    cepstrum = scipy.fft.irfft(0.5 * np.log(power))
    cepstrum[1 : length // 2] *= 2.0
    cepstrum[length // 2 + 1 :] = 0.0
    response: Complex = np.exp(scipy.fft.rfft(cepstrum))
    return response


def floored(power: Float64, floor: float) -> Float64:
    """A power spectrum on a floor, relative to its largest value; smoothed by a bin or two."""
    smooth = np.convolve(np.pad(power, 1, mode="edge"), [0.25, 0.5, 0.25], "valid")
    result: Float64 = smooth + max(floor * float(smooth.max()), 1e-30)
    return result


@dataclass(frozen=True)
class Whitening:
    """Minimum-phase responses, complex[bins], that have dry's and wet's spectra."""

    dry: Complex
    wet: Complex

    def between(self, cross: Cross) -> Complex:
        """The response between the whitened signals, complex[bins]; magnitudes 0..1."""
        return self.apply(cross.cross)

    def apply(self, cross: Complex) -> Complex:
        """As :meth:`between`, of a cross-spectrum."""
        result: Complex = cross / (np.conj(self.dry) * self.wet)
        return result


def whitening(sums: Cross, floor: float) -> Whitening:
    """The whitening filters that belong to spectra."""
    return Whitening(
        minimum_phase(floored(sums.dry, floor)), minimum_phase(floored(sums.wet, floor))
    )


def best_whitening(sums: Cross) -> Whitening:
    """The one of :data:`FLOORS` that leaves the sharpest spike."""
    options = [whitening(sums, floor) for floor in FLOORS]
    peaks = [float(np.abs(scipy.fft.irfft(option.between(sums))).max()) for option in options]
    return options[int(np.argmax(peaks))]


def finer(response: Complex) -> Float64:
    """A response in time, :data:`FINER` points a sample; times before zero are at its end."""
    length = 2 * (len(response) - 1)
    padded = np.zeros(length * FINER // 2 + 1, complex)
    padded[: len(response)] = response
    padded[len(response) - 1] *= 0.5
    time: Float64 = scipy.fft.irfft(padded) * FINER
    return time


def parabola(before: float, peak: float, after: float) -> float:
    """Where the peak of a parabola through three points lies, -0.5..0.5 of their distance."""
    bend = before - 2 * peak + after
    if bend == 0.0:
        return 0.0
    return float(np.clip(0.5 * (before - after) / bend, -0.5, 0.5))
