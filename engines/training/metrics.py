"""Figures of how close a model is, in float64."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray


def _pair(wet: ArrayLike, predicted: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    y, estimate = np.asarray(wet, np.float64), np.asarray(predicted, np.float64)
    if y.shape != estimate.shape or y.size == 0:
        raise ValueError(f"signals of shapes {y.shape} and {estimate.shape} cannot be compared")
    return y, estimate


def esr(wet: ArrayLike, predicted: ArrayLike) -> float:
    """Plain error-to-signal ratio: sum((y - yhat)^2) / sum(y^2).

    Wright, Damskägg and Välimäki, DAFx 2019, without pre-emphasis. Infinite where the wet signal
    is silent and the prediction is not.
    """
    y, estimate = _pair(wet, predicted)
    error = float(np.sum((y - estimate) ** 2))
    return _ratio(error, float(np.sum(y**2)))


def _ratio(error: float, power: float) -> float:
    if not math.isfinite(error):
        return math.inf
    if power > 0.0:
        return error / power
    return 0.0 if error == 0.0 else math.inf


def mae(wet: ArrayLike, predicted: ArrayLike) -> float:
    """Mean absolute error, in the wet file's samples."""
    y, estimate = _pair(wet, predicted)
    return float(np.mean(np.abs(y - estimate)))


def dc_error(wet: ArrayLike, predicted: ArrayLike) -> float:
    """Squared difference of the means over the wet signal's mean square (DAFx 2019, eq. 9)."""
    y, estimate = _pair(wet, predicted)
    return _ratio(float(np.mean(y - estimate)) ** 2, float(np.mean(y**2)))


def null_depth(wet: ArrayLike, predicted: ArrayLike) -> float:
    """What is left after subtracting, in dB relative to the wet signal: 10 log10(ESR)."""
    ratio = esr(wet, predicted)
    return 10.0 * math.log10(ratio) if ratio > 0.0 else -math.inf
