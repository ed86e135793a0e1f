"""Where a source puts a capture."""

from __future__ import annotations

from pathlib import Path

from projects.errors import storage_error


def new_capture_folder(folder: Path, capture_id: str) -> Path:
    """Make ``folder/<capture id>/`` and return it.

    Raises
    ------
    StorageError
        The disk refused.
    """
    place = folder / capture_id
    try:
        place.mkdir(parents=True)
    except OSError as error:
        raise storage_error("make the capture's folder", place, error) from error
    return place
