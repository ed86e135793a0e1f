"""What a drop means, by names alone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from app.drops import MAX_LISTED, guess_pair, read_drop


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
    assert read_drop([text]).kind == "refused"
    assert read_drop([]).kind == "refused"
    assert read_drop([tmp_path / "gone.wav"]).kind == "refused"


def test_a_folder_of_recordings_goes_to_the_import_by_name(tmp_path: Path) -> None:
    folder = tmp_path / "cl1b"
    (folder / "wet").mkdir(parents=True)
    touch(folder, "Input.wav", "notes.txt")
    touch(folder / "wet", "at_0.ogg", "at_1.mp3", ".hidden.wav")
    drop = read_drop([folder])
    assert (drop.kind, drop.folder) == ("folder", folder)
    assert drop.text == "Import 3 recordings from cl1b by name"


def test_many_files_of_one_folder_go_there_as_well(tmp_path: Path) -> None:
    three = touch(tmp_path, "a.wav", "b.wav", "c.wav")
    drop = read_drop(three)
    assert (drop.kind, drop.folder) == ("folder", tmp_path)
    (tmp_path / "other").mkdir()
    (far,) = touch(tmp_path / "other", "d.wav")
    scattered = read_drop([*three, far])
    assert scattered.kind == "refused"
    assert "one folder" in scattered.text


def test_the_signaltrain_layout_is_known_by_its_names(tmp_path: Path) -> None:
    for part in ("Train", "Test"):
        (tmp_path / part).mkdir()
        touch(tmp_path / part, "input_008_.wav", "target_008_LA2A_3c__0__65.wav")
    drop = read_drop([tmp_path])
    assert (drop.kind, drop.folder) == ("signaltrain", tmp_path)
    assert "4 recordings" in drop.text


def test_a_folder_that_holds_itself_or_too_much_ends(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to(tmp_path, target_is_directory=True)
    for number in range(MAX_LISTED + 5):
        (tmp_path / f"{number}.wav").touch()
    assert f"{MAX_LISTED} or more" in read_drop([tmp_path]).text


@pytest.mark.parametrize("name", ["pedal.cir", "Pedal.NET", "amp.sp", "drawing.asc"])
def test_a_netlist_becomes_a_circuit(tmp_path: Path, name: str) -> None:
    (file,) = touch(tmp_path, name)
    drop = read_drop([file])
    assert (drop.kind, drop.netlist) == ("netlist", file)
    assert drop.text == f"Open {name} as a circuit"


def test_several_netlists_at_once_are_refused(tmp_path: Path) -> None:
    drop = read_drop(touch(tmp_path, "a.cir", "b.cir"))
    assert drop.kind == "refused"
    assert "one" in drop.text


def test_a_folder_called_like_a_netlist_is_none(tmp_path: Path) -> None:
    folder = tmp_path / "recordings.net"
    folder.mkdir()
    assert read_drop([folder]).kind == "refused"
