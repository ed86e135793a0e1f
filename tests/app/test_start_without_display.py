"""A machine without a screen gets a sentence, not Qt's abort."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="other systems have no DISPLAY")
def test_no_display_is_one_sentence() -> None:
    displays = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    environment = {name: value for name, value in os.environ.items() if name not in displays}
    done = subprocess.run(
        [sys.executable, "-m", "app"],
        env=environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 1
    assert done.stderr.startswith("There is no display")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("platform", ["no such platform", "xcb"])
def test_a_screen_that_qt_cannot_use_is_a_sentence(platform: str) -> None:
    environment = {**os.environ, "QT_QPA_PLATFORM": platform, "DISPLAY": ":5999"}
    done = subprocess.run(
        [sys.executable, "-m", "app"],
        env=environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith("Trimpot cannot open its window")
