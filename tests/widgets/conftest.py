"""Widgets are tested in our look, each closed again at the end."""

from __future__ import annotations

import os
import sys

import pytest
from PySide6.QtWidgets import QApplication

from widgets.theme import Theme, apply_theme

if sys.platform == "linux" and not {"DISPLAY", "WAYLAND_DISPLAY"} & os.environ.keys():
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")


@pytest.fixture(autouse=True)
def theme(qapp: QApplication) -> Theme:
    """The dark theme, applied."""
    return apply_theme(qapp, "dark")
