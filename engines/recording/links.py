"""One file under two names."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from projects.errors import storage_error


def link_or_copy(source: Path, target: Path) -> None:
    """Have the same file under another name: on the disk once, where the disk can do that.

    Raises
    ------
    StorageError
        The disk refused the copy, too.
    """
    try:
        target.unlink(missing_ok=True)
        try:
            os.link(source, target)
        except OSError:
            shutil.copyfile(source, target)
    except OSError as error:
        raise storage_error("save the test signal", target, error) from error
