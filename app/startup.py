"""How the window starts: what refuses it, in words, and how long it took."""

from __future__ import annotations

import logging
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PySide6.QtCore import QMessageLogContext, QtMsgType, qInstallMessageHandler

log = logging.getLogger(__name__)
_IMPORTED = time.monotonic()
NO_WINDOW = (
    "Trimpot cannot open its window: Qt says why above. Start it from a desktop session, install "
    "what Qt misses, or use the commands, which need no window: trimpot --help."
)
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


@contextmanager
def qt_refuses_in_words() -> Iterator[None]:
    """While Qt starts: where it finds no screen it can use, it ends the program by a sentence.

    Qt calls abort() for a display that does not answer or a system library that its platform
    plugin lacks; its message handler is the last to be asked.
    """

    def handle(kind: QtMsgType, _context: QMessageLogContext, text: str) -> None:
        heard.append(text.strip())
        if kind == QtMsgType.QtFatalMsg:
            sys.stderr.write("\n".join([*heard, NO_WINDOW, ""]))
            sys.stderr.flush()
            os._exit(1)

    heard: list[str] = []
    previous = qInstallMessageHandler(handle)
    try:
        yield
    finally:
        qInstallMessageHandler(previous)
        for text in heard:
            log.warning("Qt: %s", text)


def report_first_paint() -> None:
    """Print the seconds until the first paint and which heavy modules have been imported."""
    heavy = " ".join(name for name in HEAVY if name in sys.modules) or "none"
    sys.stdout.write(f"first paint: {seconds_since_start():.3f} s, heavy modules: {heavy}\n")
    sys.stdout.flush()
