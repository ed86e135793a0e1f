"""What a drop means, by names alone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from app.drops import guess_pair, read_drop


def touch(folder: Path, *names: str) -> list[Path]:
    paths = [folder / name for name in names]
    for path in paths:
        path.write_bytes(b"")
    return paths


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("guitar_dry.wav", "guitar_wet.wav"),
        ("Input.wav", "target_at_025.wav"),
        ("take 3 DI.flac", "take 3 amp.flac"),
        ("aaa-clean.wav", "take.wav"),
        ("take.wav", "aaa-output.wav"),
    ],
)
def test_dry_and_wet_are_told_by_their_names(first: str, second: str) -> None:
    pair = (Path(first), Path(second))
    assert guess_pair(pair) == pair
    assert guess_pair(pair[::-1]) == pair


def test_names_that_say_nothing_keep_their_order() -> None:
    pair = (Path("b.wav"), Path("a.wav"))
    assert guess_pair(pair) == pair


def test_a_pair_is_imported(tmp_path: Path) -> None:
    dry, wet = touch(tmp_path, "x_in.wav", "x_out.wav")
    drop = read_drop([wet, dry])
    assert (drop.kind, drop.dry, drop.wet) == ("recordings", dry, wet)
    assert drop.text == "Import x_in.wav as dry and x_out.wav as wet"
    assert read_drop([tmp_path]).dry == dry


def test_one_recording_goes_where_its_name_says(tmp_path: Path) -> None:
    (wet,) = touch(tmp_path, "amp-output.wav")
    drop = read_drop([wet])
    assert (drop.dry, drop.wet) == (None, wet)


def test_a_project_is_opened(make_project: Callable[..., Path]) -> None:
    folder = make_project()
    for dropped in (folder, folder / "project.json"):
        drop = read_drop([dropped])
        assert (drop.kind, drop.folder) == ("project", folder)
        assert "Fuzz" in drop.text


def test_anything_else_is_refused_in_words(tmp_path: Path) -> None:
    (text,) = touch(tmp_path, "notes.txt")
    three = touch(tmp_path, "a.wav", "b.wav", "c.wav")
    assert read_drop([text]).kind == "refused"
    assert "one pair at a time" in read_drop(three).text
    assert read_drop([]).kind == "refused"
    assert read_drop([tmp_path / "gone.wav"]).kind == "refused"
