"""What a model file from outside can be refused for."""

from __future__ import annotations

from projects.errors import FileFormatError


class ModelFileError(FileFormatError):
    """A model file is not what it claims to be, or asks for what its format does not have."""
