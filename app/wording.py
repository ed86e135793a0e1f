"""Lengths, rates and times as people read them."""

from __future__ import annotations

from datetime import UTC, datetime

STATE_WORDS = {
    "waiting": "Waiting",
    "running": "Running",
    "paused": "Paused",
    "done": "Finished",
    "cancelled": "Stopped, kept",
    "failed": "Failed",
    "interrupted": "Interrupted",
}
"""A job's state in a word or two."""

STATE_ICONS = {
    "waiting": ("waiting", "soft"),
    "running": ("play", "accent"),
    "paused": ("pause", "warn"),
    "done": ("ok", "good"),
    "cancelled": ("stop", "soft"),
    "failed": ("error", "bad"),
    "interrupted": ("warning", "warn"),
}
"""A job's state as an icon and its colour."""


def duration(seconds: float) -> str:
    """``"0.8 s"``, ``"35 s"``, ``"2:05 min"``, ``"1:02 h"``."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60}:{whole % 60:02d} min"
    return f"{whole // 3600}:{whole % 3600 // 60:02d} h"


def rate(hertz: int) -> str:
    """``"44.1 kHz"``, ``"48 kHz"``."""
    return f"{hertz / 1000:g} kHz"


def when(moment: datetime) -> str:
    """``"14:05"`` today, ``"3 May, 14:05"`` this year, ``"3 May 2026"`` before."""
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    local, now = moment.astimezone(), datetime.now().astimezone()
    if local.date() == now.date():
        return f"{local:%H:%M}"
    if local.year == now.year:
        return f"{local.day} {local:%b, %H:%M}"
    return f"{local.day} {local:%b %Y}"


def esr(value: float) -> str:
    """An ESR with two significant digits: ``"0.0031"``, ``"1.7e-07"``."""
    return f"{value:.2g}" if value >= 1e-4 else f"{value:.1e}"
