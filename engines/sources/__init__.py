"""Where captures come from; one module a source."""

from __future__ import annotations

from engines.registry import find
from engines.sources.base import Source


def registry() -> dict[str, Source]:
    """Every source by name: the objects named ``SOURCE`` in this folder's modules."""
    return find("engines.sources", "SOURCE", Source)  # type: ignore[type-abstract]
