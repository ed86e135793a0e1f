"""Figures in words, the same in every verdict."""

from __future__ import annotations

import math


def decibels(power: float) -> float:
    """A mean square (1.0 is full scale) in dBFS; silence is -200."""
    return 10 * math.log10(power) if power > 1e-20 else -200.0


def said_db(level: float) -> str:
    """A level in dBFS, to a tenth."""
    return f"{level:.1f} dBFS".replace("-0.0 ", "0.0 ")


def percent(share: float) -> str:
    """A share 0..1 in percent, as precise as it deserves."""
    if 0.0 < share < 0.001:
        return "less than 0.1 %"
    return f"{100 * share:.1f} %" if share < 0.1 else f"{100 * share:.0f} %"


def places(count: int) -> str:
    """``"1 place"``, ``"12 places"``."""
    return f"{count} place" if count == 1 else f"{count} places"


def of_places(alike: int, count: int) -> str:
    """``"in 12 of 12 places"``, or that there is only one."""
    return "in the one place looked at" if count == 1 else f"in {alike} of {count} places"


def time_of(sample: float, sample_rate: int) -> str:
    """A moment as ``3.21 s`` or ``12:03.2``."""
    seconds = sample / sample_rate
    if seconds < 100:
        return f"{seconds:.2f} s"
    return f"{int(seconds // 60)}:{seconds % 60:04.1f}"


def samples(count: float, sample_rate: int) -> str:
    """A distance as ``67.0 samples (1.52 ms)``."""
    size = abs(count)
    number = f"{size:.1f}" if size < 1000 else f"{size:.0f}"
    noun = "sample" if number == "1.0" else "samples"
    return f"{number} {noun} ({1000 * size / sample_rate:.2f} ms)"
