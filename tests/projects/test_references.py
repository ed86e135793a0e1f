"""Recordings used where they lie: followed with care, changes noticed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from projects.errors import FileFormatError
from projects.references import EDGE_BYTES, check_reference, file_digest


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    path = tmp_path / "recording.wav"
    path.write_bytes(bytes(range(256)) * (3 * EDGE_BYTES // 256))
    return path


def test_what_was_imported_is_found_again(recording: Path) -> None:
    size = recording.stat().st_size
    assert check_reference(str(recording), size, file_digest(recording)) == recording


@pytest.mark.parametrize("place", [0, -1])
def test_a_changed_file_is_noticed(recording: Path, place: int) -> None:
    digest, data = file_digest(recording), bytearray(recording.read_bytes())
    data[place] ^= 1
    recording.write_bytes(bytes(data))
    with pytest.raises(FileFormatError, match="has changed since"):
        check_reference(str(recording), len(data), digest)
    recording.write_bytes(bytes(data) + b"more")
    with pytest.raises(FileFormatError, match="has changed since"):
        check_reference(str(recording), len(data), file_digest(recording))


@pytest.mark.parametrize(
    "name", ["recording.wav", "../recording.wav", "\\\\host\\share\\x.wav", "//host/x.wav", "/a\0b"]
)
def test_only_plain_absolute_paths_are_followed(name: str) -> None:
    with pytest.raises(FileFormatError, match="not a file on this computer"):
        check_reference(name, 1, "0" * 64)


def test_what_is_gone_or_no_file_is_a_sentence(tmp_path: Path, recording: Path) -> None:
    with pytest.raises(FileFormatError, match="not there any more"):
        check_reference(str(tmp_path / "gone.wav"), 1, "0" * 64)
    with pytest.raises(FileFormatError, match="not a plain file"):
        check_reference(str(tmp_path), 1, "0" * 64)
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe")
        with pytest.raises(FileFormatError, match="not a plain file"):
            check_reference(str(tmp_path / "pipe"), 1, "0" * 64)
