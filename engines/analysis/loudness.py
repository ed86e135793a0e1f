"""Loudness as broadcasters measure it (ITU-R BS.1770-4), by pyloudnorm."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

GATE_SECONDS = 0.4
"""The standard's block: anything shorter has no loudness."""


def loudness(signal: NDArray[np.float32] | NDArray[np.float64], sample_rate: int) -> float | None:
    """Integrated loudness (LUFS) of a mono signal, or None where it is silent or under 0.4 s."""
    if len(signal) < GATE_SECONDS * sample_rate + 1:
        return None
    from pyloudnorm import Meter

    with np.errstate(divide="ignore"):
        value = float(Meter(sample_rate).integrated_loudness(np.asarray(signal, np.float64)))
    return value if np.isfinite(value) else None
