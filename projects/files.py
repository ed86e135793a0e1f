"""Reading and writing files so that nothing is lost and nothing from outside is trusted."""

from __future__ import annotations

import json
import math
import os
import re
import uuid
from pathlib import Path
from typing import Any

from projects.errors import FileFormatError, UnsafePathError, storage_error

MAX_JSON_BYTES = 64 * 1024 * 1024
MAX_JSON_DEPTH = 32
_BINARY = getattr(os, "O_BINARY", 0)


def write_atomic(path: Path, data: bytes, *, action: str = "save") -> None:
    """Replace ``path`` by ``data`` so that a crash leaves the old file or the new one, whole.

    Parameters
    ----------
    path : Path
        The file to replace; its folder must exist.
    data : bytes
        The new content.
    action : str
        What the user asked for, for the error's sentence.

    Raises
    ------
    StorageError
        The disk is full, read-only or not permitted; the old file is untouched.
    """
    # Not tempfile.mkstemp: its files are private (0600), and a project may be shared.
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex[:12]}.tmp")
    try:
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _BINARY, 0o666)
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        temporary.replace(path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise storage_error(action, path, error) from error


def write_json_atomic(path: Path, value: Any, *, action: str = "save") -> None:
    """Write JSON (two-space indent, no NaN) atomically; see :func:`write_atomic`."""
    text = json.dumps(value, indent=2, allow_nan=False, ensure_ascii=False)
    write_atomic(path, (text + "\n").encode(), action=action)


def read_json(path: Path, *, what: str, max_bytes: int = MAX_JSON_BYTES) -> Any:
    """Read a JSON file from outside with bounded size and depth, refusing NaN and infinity.

    Parameters
    ----------
    path : Path
        The file.
    what : str
        What it should be, for the error's sentence: ``"project file"``.
    max_bytes : int
        Larger files are refused unread.

    Raises
    ------
    FileFormatError
        Missing, too large, truncated, too deeply nested, or holding numbers that are not finite.
    """
    try:
        size = path.stat().st_size
        if size > max_bytes:
            raise FileFormatError(
                f"The {what} {path} is {size / 1e6:.0f} MB, more than the "
                f"{max_bytes / 1e6:.0f} MB that such a file may have."
            )
        text = path.read_bytes().decode("utf-8")
    except OSError as error:
        reason = error.strerror or str(error)
        raise FileFormatError(f"The {what} {path} cannot be read: {reason}.") from error
    except UnicodeDecodeError as error:
        raise FileFormatError(
            f"The {what} {path} is not a text file.", details=str(error)
        ) from error
    try:
        check_depth(text)
        return json.loads(text, parse_constant=_refuse_constant, parse_float=_finite)
    except (ValueError, RecursionError) as error:
        raise FileFormatError(
            f"The {what} {path} is damaged: it is not valid JSON ({error}).", details=repr(error)
        ) from error


_TOKEN = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"?|[\[{]|[\]}]', re.DOTALL)


def check_depth(text: str, limit: int = MAX_JSON_DEPTH) -> None:
    """Refuse JSON nested deeper than ``limit`` before a parser recurses into it (ValueError)."""
    depth = 0
    for token in _TOKEN.finditer(text):
        character = text[token.start()]
        if character in "[{":
            depth += 1
            if depth > limit:
                raise ValueError(f"nested more than {limit} deep")
        elif character in "]}":
            depth -= 1


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is not a number")


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"{text} is out of range")
    return value


def inside(folder: Path, relative: str) -> Path:
    """Resolve a relative path from a file so that it stays inside ``folder``.

    Raises
    ------
    UnsafePathError
        The path is absolute, climbs out with ``..``, or leads out through a link.
    """
    root = folder.resolve()
    candidate = Path(relative)
    if candidate.is_absolute() or "\x00" in relative or candidate.drive:
        raise UnsafePathError(f"The path {relative!r} in {folder} is not inside the project.")
    resolved = (root / candidate).resolve()
    if resolved != root and root not in resolved.parents:
        raise UnsafePathError(f"The path {relative!r} in {folder} leads out of the project.")
    return resolved
