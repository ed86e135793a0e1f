"""Recordings that are used where they lie, outside the project."""

from __future__ import annotations

import hashlib
import stat
from pathlib import Path

from projects.errors import FileFormatError, storage_error

EDGE_BYTES = 1 << 18


def file_digest(path: Path) -> str:
    """SHA-256 (hex) of a file's size, its first and its last 256 KiB: quick, however long it is.

    Raises
    ------
    StorageError
        The file cannot be read.
    """
    digest = hashlib.sha256()
    try:
        with path.open("rb") as stream:
            size = path.stat().st_size
            digest.update(f"{size} ".encode())
            digest.update(stream.read(EDGE_BYTES))
            if size > 2 * EDGE_BYTES:
                stream.seek(size - EDGE_BYTES)
            digest.update(stream.read(EDGE_BYTES))
    except OSError as error:
        raise storage_error("read the recording", path, error) from error
    return digest.hexdigest()


def check_reference(name: str, size: int, digest: str) -> Path:
    """The path of a recording that a capture refers to, made sure of.

    A project may come from a stranger: only absolute paths of plain files are followed, and no
    network shares, whose mere mention would send the user's name to another machine.

    Parameters
    ----------
    name : str
        The absolute path.
    size : int
        Its size in bytes when it was imported.
    digest : str
        Its :func:`file_digest` then.

    Raises
    ------
    FileFormatError
        It is not there, is no plain file, or is not what was imported.
    """
    if name.startswith(("\\\\", "//")) or "\0" in name or not Path(name).is_absolute():
        raise FileFormatError(
            f"The capture refers to {name!r}, which is not a file on this computer's disks. Import "
            "the recording again."
        )
    path = Path(name)
    try:
        status = path.stat()
    except OSError as error:
        raise FileFormatError(
            f"The recording {path}, which is used where it lies, is not there any more "
            f"({error.strerror or error}). Put it back or connect its disk, or import it again."
        ) from error
    if not stat.S_ISREG(status.st_mode):
        raise FileFormatError(f"{path}, which the capture refers to, is not a plain file.")
    if status.st_size != size or file_digest(path) != digest:
        raise FileFormatError(
            f"The recording {path} has changed since it was imported. Import it again."
        )
    return path
