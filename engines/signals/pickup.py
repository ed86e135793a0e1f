"""From a string or a drum to a cable: the pickup's resonance, no DC, a level."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Float64 = NDArray[np.float64]


def pickup(
    signal: Float64, sample_rate: int, resonance: float, quality: float, rumble: float = 25.0
) -> Float64:
    """A magnetic pickup with its cable: a resonant second-order low-pass, and no DC.

    Parameters
    ----------
    signal : float64[n]
        The string's movement.
    sample_rate : int
        In Hz.
    resonance, quality : float
        Resonance in Hz (2,000 to 6,000 for guitars) and its Q.
    rumble : float
        Corner of the first-order high-pass, in Hz.
    """
    from scipy.signal import butter, lfilter

    corner = min(resonance, 0.45 * sample_rate)
    w = 2 * np.pi * corner / sample_rate
    alpha = np.sin(w) / (2 * quality)
    # R. Bristow-Johnson, "Cookbook formulae for audio EQ biquad filter coefficients": low-pass.
    b = np.array([1 - np.cos(w), 2 * (1 - np.cos(w)), 1 - np.cos(w)]) / 2
    a = np.array([1 + alpha, -2 * np.cos(w), 1 - alpha])
    low: Float64 = lfilter(b, a, signal)
    b, a = butter(1, rumble, "highpass", fs=sample_rate)
    high: Float64 = lfilter(b, a, low)
    return high


def to_level(signal: Float64, level: float) -> Float64:
    """The signal with its peak at ``level`` dBFS; silence stays silence."""
    peak = float(np.abs(signal).max(initial=0.0))
    return signal if peak == 0.0 else signal * (10.0 ** (level / 20.0) / peak)


def faded(
    signal: Float64, sample_rate: int, attack: float = 1e-3, release: float = 8e-3
) -> Float64:
    """The signal with raised-cosine ends (seconds), so that pieces join without a click."""
    shaped = signal.copy()
    for seconds, end in ((attack, slice(None)), (release, slice(None, None, -1))):
        count = min(len(shaped) // 2, round(seconds * sample_rate))
        ramp = 0.5 - 0.5 * np.cos(np.pi * (np.arange(count) + 0.5) / max(1, count))
        shaped[end][:count] *= ramp
    return shaped
