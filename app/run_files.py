"""What a run has left in its folder: its figures over time and its newest preview."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from projects.errors import FileFormatError
from projects.jobs import METRICS_FILE, PREVIEW_FILE

MAX_METRICS_BYTES = 64_000_000
MAX_LINE = 20_000
MAX_PREVIEW_BYTES = 16_000_000
MAX_PREVIEW_SAMPLES = 65_536


@dataclass
class Metrics:
    """Figures of a run, step by step: for each name, seconds, steps and values."""

    seconds: dict[str, list[float]] = field(default_factory=dict)
    steps: dict[str, list[int]] = field(default_factory=dict)
    values: dict[str, list[float]] = field(default_factory=dict)

    def add(self, step: int, seconds: float, values: dict[str, float]) -> None:
        """Append the figures of a step; what is not finite is left out."""
        for name, value in values.items():
            if math.isfinite(value):
                self.seconds.setdefault(name, []).append(seconds)
                self.steps.setdefault(name, []).append(step)
                self.values.setdefault(name, []).append(float(value))

    def best(self, name: str) -> float | None:
        """The smallest value of a figure so far."""
        return min(self.values.get(name, ()), default=None)


def read_metrics(folder: Path) -> Metrics:
    """Read ``metrics.jsonl``; a last line cut off by a crash, or any damaged one, is passed over.

    Raises
    ------
    FileFormatError
        The file is larger than any run writes, or cannot be read.
    """
    path = folder / METRICS_FILE
    metrics = Metrics()
    if not path.is_file():
        return metrics
    try:
        if path.stat().st_size > MAX_METRICS_BYTES:
            raise FileFormatError(f"The figures of a run ({path}) are larger than 64 MB; not read.")
        with path.open(encoding="utf-8", errors="replace") as stream:
            while line := stream.readline(MAX_LINE):
                _add_line(metrics, line)
    except OSError as error:
        raise FileFormatError(f"The figures of a run cannot be read: {error}.") from error
    return metrics


def _add_line(metrics: Metrics, line: str) -> None:
    try:
        row = json.loads(line)
        step, seconds = int(row.pop("step")), float(row.pop("seconds"))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return
    numbers = {
        str(name): float(value)
        for name, value in row.items()
        if isinstance(value, int | float) and not isinstance(value, bool)
    }
    metrics.add(step, seconds, numbers)


@dataclass(frozen=True)
class Moment:
    """A short stretch of signals, equally long: ``dry``, ``wet``, ``predicted``, states.

    ``sample_rate`` (Hz) and ``start_seconds`` are told by its ``time`` (seconds).
    """

    signals: dict[str, NDArray[np.float32]]
    start_seconds: float = 0.0
    sample_rate: float = 1.0


def read_preview(folder: Path) -> dict[str, Moment]:
    """Read ``preview.safetensors``: the moments by name (``worst``, ``median``); empty if none.

    Raises
    ------
    FileFormatError
        Damaged, too large, or not of one length.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load

    path = folder / PREVIEW_FILE
    if not path.is_file():
        return {}
    try:
        if path.stat().st_size > MAX_PREVIEW_BYTES:
            raise FileFormatError(f"The preview {path} is larger than 16 MB; not read.")
        tensors = load(path.read_bytes())
    except (OSError, SafetensorError, ValueError, KeyError) as error:
        raise FileFormatError(f"The preview {path} cannot be read: {error}.") from error
    groups: dict[str, dict[str, NDArray[Any]]] = {}
    for name, array in tensors.items():
        moment, _, signal = name.partition(".")
        groups.setdefault(moment, {})[signal] = array
    return {name: _moment(path, signals) for name, signals in groups.items()}


def _moment(path: Path, signals: dict[str, NDArray[Any]]) -> Moment:
    time = signals.pop("time", None)
    sizes = {array.shape for array in signals.values()}
    for shape in sizes:
        if len(sizes) != 1 or len(shape) != 1 or shape[0] > MAX_PREVIEW_SAMPLES:
            raise FileFormatError(f"The preview {path} is damaged: its signals differ in length.")
    if any(not np.isfinite(array).all() for array in signals.values()):
        raise FileFormatError(f"The preview {path} holds values that are not finite.")
    start, rate = 0.0, 1.0
    if time is not None and time.size >= 2:
        span = float(time.flat[-1]) - float(time.flat[0])
        start = float(time.flat[0])
        rate = (time.size - 1) / span if span > 0 else 1.0
    drawn = {name: np.asarray(array, dtype=np.float32) for name, array in signals.items()}
    return Moment(drawn, start, rate)
