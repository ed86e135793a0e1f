"""Seconds of work off the window's thread, its result handed back on it."""

from __future__ import annotations

from widgets.background import fetch_workers, in_background

__all__ = ["fetch_workers", "in_background"]
