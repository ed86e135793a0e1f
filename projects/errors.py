"""Errors whose text is the sentence the user reads.

Every error that can reach a person is a :class:`TrimpotError`. Its text says what happened, to
which file, and what to do; ``details`` holds what an expert may unfold (a simulator's own words, a
traceback).
"""

from __future__ import annotations

import errno
from pathlib import Path


class TrimpotError(Exception):
    """An error with a sentence for the user and, unfolded, details for an expert.

    Parameters
    ----------
    sentence : str
        What happened, to which file, and what to do.
    details : str
        Anything longer: a log's last lines, another program's message.
    """

    def __init__(self, sentence: str, *, details: str = "") -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.details = details


class ProjectError(TrimpotError):
    """The project folder or its manifest cannot be used as asked."""


class NewerSchemaError(ProjectError):
    """The file was written by a newer Trimpot; reading it could lose data."""


class ProjectLockedError(ProjectError):
    """Another window or command has the project open."""


class UnsafePathError(ProjectError):
    """A path in a file from outside points out of the folder it belongs to."""


class FileFormatError(TrimpotError):
    """A file from outside is not what it claims to be (truncated, too large, wrong types)."""


class StorageError(TrimpotError):
    """The disk refused: full, read-only, or not permitted."""


class JobError(TrimpotError):
    """A job cannot be started, read or resumed."""


def storage_error(action: str, path: Path, error: OSError) -> StorageError:
    """Turn an operating system's refusal into a sentence.

    Parameters
    ----------
    action : str
        What was tried, as an infinitive: ``"save the project"``.
    path : Path
        The file or folder concerned.
    error : OSError
        The refusal.
    """
    reasons = {
        errno.ENOSPC: "the disk is full. Free some space and try again",
        errno.EDQUOT: "your disk quota is used up. Free some space and try again",
        errno.EACCES: "you may not write there. Choose another folder or change its permissions",
        errno.EPERM: "the system does not permit it. Choose another folder",
        errno.EROFS: "that disk is read-only. Choose another folder",
        errno.ENOENT: "that folder is no longer there",
        errno.ENOTDIR: "there is a file where a folder is needed. Move that file away",
        errno.EEXIST: "there is a file where a folder is needed. Move that file away",
        errno.ENAMETOOLONG: "the name is too long. Choose a shorter one",
    }
    reason = reasons.get(error.errno or 0, error.strerror or str(error))
    return StorageError(f"Could not {action} ({path}): {reason}.", details=repr(error))
