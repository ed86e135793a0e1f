"""One migrator a bump of ``project.json``'s schema, each with its reason.

A migrator takes the decoded manifest of one version and returns that of the next. A frozen sample
of every version lies under ``tests/formats``.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from projects.errors import FileFormatError, NewerSchemaError
from projects.manifest import SCHEMA_VERSION

Migrator = Callable[[dict[str, Any]], dict[str, Any]]


def _to_2(value: dict[str, Any]) -> dict[str, Any]:
    """Version 2: a capture may carry edits (shift, flip, cuts); without them it is as before.

    The version moves all the same, so that a Trimpot that knows no edits refuses the project
    instead of training on audio that was decided to be shifted.
    """
    return value


MIGRATORS: dict[int, Migrator] = {1: _to_2}
"""From version N to N + 1."""


def schema_version(value: Any, path: Path) -> int:
    """The version that a decoded manifest claims.

    Raises
    ------
    FileFormatError
        It is no manifest at all.
    NewerSchemaError
        It was written by a newer Trimpot.
    """
    version = value.get("schema_version") if isinstance(value, dict) else None
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        raise FileFormatError(f"{path} is not a Trimpot project: it has no schema version.")
    if version > SCHEMA_VERSION:
        raise NewerSchemaError(
            f"The project {path.parent.name} was saved by a newer Trimpot (its format is version "
            f"{version}, this one reads up to {SCHEMA_VERSION}). Update Trimpot to open it; the "
            "project has not been touched."
        )
    return version


def migrate(
    value: dict[str, Any],
    *,
    migrators: dict[int, Migrator] | None = None,
    target: int = SCHEMA_VERSION,
) -> dict[str, Any]:
    """Bring a decoded manifest to version ``target``, one step at a time."""
    steps = MIGRATORS if migrators is None else migrators
    while value["schema_version"] < target:
        version = value["schema_version"]
        value = steps[version](dict(value))
        value["schema_version"] = version + 1
    return value
