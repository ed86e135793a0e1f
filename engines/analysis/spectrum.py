"""Averaged spectra in decibels."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engines.analysis.null import FLOOR_DB


def spectrum(
    signal: NDArray[np.float32] | NDArray[np.float64],
    sample_rate: int,
    *,
    window: int = 8192,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The averaged power spectrum (Welch 1967: Hann windows, half overlapping).

    Parameters
    ----------
    signal : float[n]
        Mono.
    sample_rate : int
        Hz.
    window : int
        Window length (samples); shorter signals are taken in one window.

    Returns
    -------
    float64[m], float64[m]
        Frequencies (Hz) and levels (dB); a sine of amplitude 1.0 at a bin's centre reads 0 dB.

    Raises
    ------
    ValueError
        The signal is shorter than two samples.
    """
    if len(signal) < 2:
        raise ValueError("The signal is too short for a spectrum.")
    from scipy.signal import welch

    samples = np.asarray(signal, dtype=np.float64)
    frequencies, power = welch(
        samples,
        fs=sample_rate,
        window="hann",
        nperseg=min(window, len(samples)),
        detrend=False,
        scaling="spectrum",
    )
    # A sine of amplitude 1 has the power 1/2.
    levels = 10.0 * np.log10(np.maximum(2.0 * power, 10.0 ** (FLOOR_DB / 10.0)))
    return np.asarray(frequencies), np.asarray(levels)
