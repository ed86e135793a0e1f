"""Signals as tab-separated text, for other programs to paste."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from widgets.lane import WaveSignal

MOST_ROWS = 100_000


def signals_as_text(signals: Sequence[WaveSignal], start: float, stop: float, columns: int) -> str:
    """Signals between two times, in seconds: a row a sample.

    Where they have more than 100,000 samples there, or rates that differ, minimum and maximum of
    each of ``columns`` stretches are given instead.
    """
    rates = {signal.source.sample_rate for signal in signals}
    rate = signals[0].source.sample_rate
    first = max(int(np.ceil(start * rate)), 0)
    last = min(int(stop * rate) + 1, min(signal.source.n_samples for signal in signals))
    if len(rates) > 1 or not 0 < last - first <= MOST_ROWS:
        return _envelopes(signals, start, stop, columns)
    values: list[NDArray[Any]] = [np.arange(first, last) / rate]
    values += [s.source.samples(first, last) * s.full_scale for s in signals]
    return _as_text(["seconds", *(f"{s.label} ({s.unit})" for s in signals)], values)


def _envelopes(signals: Sequence[WaveSignal], start: float, stop: float, count: int) -> str:
    names = ["seconds"]
    values: list[NDArray[Any]] = [start + np.arange(count) * (stop - start) / count]
    for signal in signals:
        rate = signal.source.sample_rate
        low, high = signal.source.peaks(int(start * rate), int(stop * rate), count)
        names += [f"{signal.label} minimum ({signal.unit})", f"maximum ({signal.unit})"]
        values += [low * signal.full_scale, high * signal.full_scale]
    return _as_text(names, values)


def _as_text(names: Sequence[str], columns: Sequence[NDArray[Any]]) -> str:
    """Columns as tab-separated lines under their names; the shortest sets the length."""
    count = min(len(column) for column in columns)
    rows = zip(*(column[:count].tolist() for column in columns), strict=True)
    lines = ("\t".join(f"{value:.9g}" for value in row) for row in rows)
    return "\n".join(["\t".join(names), *lines])
