"""How long the start took, for the benchmark."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

_IMPORTED = time.monotonic()
HEAVY = ("torch", "numba", "scipy", "pyqtgraph", "soundfile", "sounddevice")


def seconds_since_start() -> float:
    """Seconds since this process began; where the system does not say, since its first import."""
    try:
        fields = Path("/proc/self/stat").read_text().rpartition(")")[2].split()
        ticks = int(fields[19])
        uptime = float(Path("/proc/uptime").read_text().split()[0])
        return uptime - ticks / os.sysconf("SC_CLK_TCK")
    except (OSError, ValueError, IndexError, AttributeError):
        return time.monotonic() - _IMPORTED


def no_display() -> str:
    """Why no window can be shown, as a sentence; empty where one can (Qt itself would abort)."""
    wanted = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    if not sys.platform.startswith("linux") or any(os.environ.get(name) for name in wanted):
        return ""
    return (
        "There is no display to open the window on. Start Trimpot from a desktop session, or use "
        "its commands, which need none: trimpot --help."
    )


def report_first_paint() -> None:
    """Print the seconds until the first paint and which heavy modules have been imported."""
    heavy = " ".join(name for name in HEAVY if name in sys.modules) or "none"
    sys.stdout.write(f"first paint: {seconds_since_start():.3f} s, heavy modules: {heavy}\n")
    sys.stdout.flush()
