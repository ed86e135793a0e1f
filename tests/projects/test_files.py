from __future__ import annotations

import errno
import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from projects.errors import FileFormatError, StorageError, UnsafePathError
from projects.files import check_depth, inside, read_json, write_atomic, write_json_atomic

json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**9), 10**9) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(value=json_values)
def test_json_round_trip(value: object, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("json") / "value.json"
    write_json_atomic(path, value)
    assert read_json(path, what="file") == value
    assert [child.name for child in path.parent.iterdir()] == ["value.json"]


def test_full_disk_keeps_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "project.json"
    write_atomic(path, b"old")

    def refuse(handle: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(StorageError, match="disk is full"):
        write_atomic(path, b"new", action="save the project")
    assert path.read_bytes() == b"old"
    assert len(list(tmp_path.iterdir())) == 1


def test_a_really_full_disk_is_a_sentence() -> None:
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("no /dev/full on this system")
    with pytest.raises(OSError, match="No space left") as caught:
        full.write_bytes(b"x" * 100)
    from projects.errors import storage_error

    assert "the disk is full" in storage_error("save", full, caught.value).sentence


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "not valid JSON"),
        (b'{"a": 1', "not valid JSON"),
        (b"\xff\xfe\x00", "not a text file"),
        (b'{"a": NaN}', "NaN is not a number"),
        (b'{"a": 1e999}', "out of range"),
        (b"[" * 100_000, "nested"),
        (b'{"a": Infinity}', "Infinity is not a number"),
    ],
)
def test_damaged_json_is_one_sentence(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "project.json"
    path.write_bytes(content)
    with pytest.raises(FileFormatError, match=words) as caught:
        read_json(path, what="project file")
    assert "\n" not in caught.value.sentence
    assert str(path) in caught.value.sentence


def test_a_huge_file_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "huge.json"
    with path.open("wb") as stream:
        stream.truncate(10**9)
    with pytest.raises(FileFormatError, match="more than the 64 MB"):
        read_json(path, what="model file", max_bytes=64_000_000)


def test_depth_ignores_brackets_in_strings() -> None:
    check_depth(json.dumps({"text": "[" * 1000 + '"' + "{" * 1000}), limit=2)
    with pytest.raises(ValueError, match="nested"):
        check_depth("[[[]]]", limit=2)


@pytest.mark.parametrize("path", ["../x", "/etc/passwd", "a/../../x", "a\x00b"])
def test_paths_stay_inside(tmp_path: Path, path: str) -> None:
    with pytest.raises(UnsafePathError):
        inside(tmp_path, path)


def test_a_link_that_leads_out_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "out").symlink_to(tmp_path)
    with pytest.raises(UnsafePathError):
        inside(folder, "out/x")
    assert inside(folder, "captures/a") == folder.resolve() / "captures" / "a"


def test_the_depth_of_hostile_text_is_told_in_linear_time(tmp_path: Path) -> None:
    # Looked at from every quote anew, this text took hours.
    path = tmp_path / "project.json"
    path.write_text('{"a": "' + '\\"' * 4_000_000)
    with pytest.raises(FileFormatError, match="not valid JSON"):
        read_json(path, what="project file")
    check_depth('["' + "[" * 100 + '\\"' + "[" * 100 + '"]')
    with pytest.raises(ValueError, match="nested"):
        check_depth('["\\\\"' + "[" * 100)
