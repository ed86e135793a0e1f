"""Seconds of work off the window's thread, its result handed back on it."""

from __future__ import annotations

from widgets.background import in_background

__all__ = ["in_background"]
