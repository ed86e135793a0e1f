"""Architectures: one module each, without torch or numba until asked."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from engines.registry import find

if TYPE_CHECKING:
    from engines.models.base import Architecture


@cache
def registry() -> dict[str, Architecture]:
    """Every architecture, by name."""
    from engines.models.base import Architecture

    return find("engines.models", "ARCHITECTURE", Architecture)  # type: ignore[type-abstract]
