"""Export formats. A new module in this folder that has an ``EXPORTER`` is found."""

from __future__ import annotations

from engines.exporters.base import Exporter
from engines.registry import find


def registry() -> dict[str, Exporter]:
    """Every export format, by its name in job files and on the command line."""
    return find("engines.exporters", "EXPORTER", Exporter)  # type: ignore[type-abstract]
