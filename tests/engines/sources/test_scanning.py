"""Which recordings a folder's names make: patterns, SignalTrain's layout, guesses, odd folders."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from engines.sources import found as looking
from engines.sources.found import ScanError, list_audio
from engines.sources.scanning import PatternError, Scan, scan_pattern, scan_signaltrain, suggest


def touch(folder: Path, *names: str) -> Path:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")
    return folder


def knobs(scan: Scan) -> list[dict[str, float]]:
    return [item.knobs for item in scan.items]


def said(scan: Scan) -> str:
    return " ".join(scan.problems)


# -- patterns ----------------------------------------------------------------------------------


def test_one_dry_and_many_wets(tmp_path: Path) -> None:
    touch(tmp_path, "Input.wav", "t_0.wav", "t_025.wav", "t_1.wav", "notes.txt", "other.wav")
    for dry in ("Input.wav", "input", str(tmp_path / "Input.wav")):
        scan = scan_pattern(tmp_path, "t_{gain}", dry)
        assert knobs(scan) == [{"gain": 0.0}, {"gain": 1.0}, {"gain": 0.25}]
        assert {item.dry for item in scan.pairs} == {tmp_path / "Input.wav"}
        assert scan.unmatched == (tmp_path / "other.wav",)
        assert scan.problems == ()
        (control,) = scan.controls
        assert (control.name, control.minimum, control.maximum) == ("gain", 0.0, 1.0)


def test_clips_in_folders(tmp_path: Path) -> None:
    touch(tmp_path, *(f"gain{g}/s{i}.flac" for g in (0, 50) for i in (1, 2, 10)))
    touch(tmp_path, "in/s1.flac", "in/s2.flac", "in/S10.flac")
    scan = scan_pattern(tmp_path, "gain{gain}/*", "in/*")
    assert [item.clip for item in scan.items] == ["s1", "s2", "s10"] * 2
    assert scan.items[5].dry == tmp_path / "in/S10.flac"
    assert knobs(scan)[::3] == [{"gain": 0.0}, {"gain": 50.0}]


def test_the_dry_pattern_may_repeat_a_knob(tmp_path: Path) -> None:
    touch(tmp_path, "in_05.wav", "in_1.wav", "out_05_a.wav", "out_1_b.wav", "out_2_c.wav")
    scan = scan_pattern(tmp_path, "out_{k}_*", "in_{k}")
    assert [item.dry and item.dry.name for item in scan.items] == ["in_1.wav", None, "in_05.wav"]
    assert scan.items[1].note == "no dry file"


def test_what_fits_both_patterns_belongs_to_the_one_that_says_more(tmp_path: Path) -> None:
    touch(tmp_path, "riff.wav", "riff_wet.wav", "solo.wav", "solo_wet.wav")
    scan = scan_pattern(tmp_path, "*_wet", "*")
    assert [(item.wet.name, item.dry and item.dry.name) for item in scan.items] == [
        ("riff_wet.wav", "riff.wav"),
        ("solo_wet.wav", "solo.wav"),
    ]


def test_what_is_not_read_is_said(tmp_path: Path) -> None:
    touch(tmp_path, "in.wav", "out_1_take2.wav", "out_1.wav")
    scan = scan_pattern(tmp_path, "out_{k}", "in.wav")
    assert [item.note for item in scan.items] == ["", "'take2' in its name was not read"]
    assert "out_1.wav and out_1_take2.wav have the same settings" in said(scan)


def test_no_match_shows_what_is_there(tmp_path: Path) -> None:
    touch(tmp_path, "a_1.wav", "a_2.wav")
    scan = scan_pattern(tmp_path, "b_{k}", "in")
    assert scan.items == ()
    assert "No name fits 'b_{k}'. The names there are like a_1.wav, a_2.wav." in said(scan)
    assert "There are no audio files" in said(scan_pattern(touch(tmp_path / "e", "x.txt"), "*", ""))


def test_no_dry_is_said(tmp_path: Path) -> None:
    touch(tmp_path, "a_1.wav")
    assert "There is no dry file 'in.wav'" in said(scan_pattern(tmp_path, "a_{k}", "in.wav"))


def test_padded_numbers_are_said(tmp_path: Path) -> None:
    touch(tmp_path, "in.wav", "o_000.wav", "o_050.wav", "o_100.wav")
    scan = scan_pattern(tmp_path, "o_{k}", "in")
    assert knobs(scan) == [{"k": 0.0}, {"k": 50.0}, {"k": 100.0}]
    assert "050 is 50" in said(scan)


@pytest.mark.parametrize(
    ("wet", "dry", "words"),
    [
        ("a_{k", "in", "not closed"),
        ("a_{k}", "in_{j}", "the wet pattern lacks"),
        ("a_{k}", "in_*", r"more \* than the wet"),
    ],
)
def test_patterns_that_do_not_fit(tmp_path: Path, wet: str, dry: str, words: str) -> None:
    with pytest.raises(PatternError, match=words):
        scan_pattern(touch(tmp_path, "a_1.wav"), wet, dry)


def test_folders_of_parts(tmp_path: Path) -> None:
    touch(tmp_path, "Train/a_1.wav", "Train/in.wav", "Test/a_2.wav", "Test/in.wav")
    scan = scan_pattern(tmp_path, "*/a_{k}", "*/in")
    assert [item.part for item in scan.items] == ["test", "train"]
    alone = touch(tmp_path / "x" / "Test", "a_1.wav", "in.wav")
    assert scan_pattern(alone.parent, "Test/a_{k}", "Test/in").items[0].part is None


# -- folders -----------------------------------------------------------------------------------


def test_no_such_folder(tmp_path: Path) -> None:
    with pytest.raises(ScanError, match="is not there"):
        list_audio(tmp_path / "gone")
    with pytest.raises(ScanError, match="is no folder"):
        list_audio(touch(tmp_path, "a.wav") / "a.wav")


def test_links_in_a_circle_end(tmp_path: Path) -> None:
    touch(tmp_path, "a/x.wav")
    (tmp_path / "a" / "again").symlink_to(tmp_path)
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    (tmp_path / "b.wav").symlink_to(tmp_path / "a" / "x.wav")
    (tmp_path / "gone.wav").symlink_to(tmp_path / "nothing.wav")
    listing = list_audio(tmp_path)
    assert listing.files == ("a/x.wav", "b.wav")
    assert any("a/again is a link" in problem for problem in listing.problems)
    with pytest.raises(ScanError, match=r"leads nowhere|is not there"):
        list_audio(tmp_path / "loop")


@pytest.mark.skipif(os.name == "nt", reason="Windows has other permissions")
def test_a_folder_that_cannot_be_read_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The system's refusal is made here: the superuser, who may run this, is never refused."""
    touch(tmp_path, "a/x.wav", "secret/y.wav")
    scandir = os.scandir

    def refuse(path: Path) -> object:
        if Path(path).name == "secret":
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    listing = list_audio(tmp_path)
    assert listing.files == ("a/x.wav",)
    assert listing.problems == (
        "The folder secret cannot be read (Permission denied); it is left out.",
    )


def test_very_deep_and_very_many(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    touch(tmp_path, "/".join("d" * 20) + "/x.wav", "y.wav")
    listing = list_audio(tmp_path)
    assert listing.files == ("y.wav",)
    assert "more than 12 folders deep" in listing.problems[0]
    monkeypatch.setattr(looking, "MAX_ENTRIES", 10)
    touch(tmp_path, *(f"many/{index}.wav" for index in range(50)))
    listing = list_audio(tmp_path)
    assert len(listing.files) <= 10
    assert "more than 10 files and folders" in listing.problems[-1]


def test_hidden_and_odd_names(tmp_path: Path) -> None:
    touch(tmp_path, ".hidden.wav", "._a.wav", ".git/a.wav", "a\nb.wav", "a.wav", "b.WAV", "c.mid")
    (tmp_path / os.fsdecode(b"\xff.wav")).write_bytes(b"")
    listing = list_audio(tmp_path)
    assert listing.files == ("a.wav", "b.WAV")
    assert len(listing.problems) == 2


def test_many_problems_are_counted(tmp_path: Path) -> None:
    touch(tmp_path, *(f"input_{index:03d}_.wav" for index in range(200)))
    scan = scan_signaltrain(tmp_path)
    assert len(scan.problems) == looking.MAX_PROBLEMS
    assert scan.problems[-1].endswith("more like these.")


# -- SignalTrain -------------------------------------------------------------------------------


def signaltrain(folder: Path, part: str, numbers: range, reduction: int = 65) -> Path:
    for number in numbers:
        touch(
            folder / part,
            f"input_{number:03d}_.wav",
            f"target_{number:03d}_LA2A_{2 + number % 2}c__{number % 2}__{reduction}.wav",
        )
    return folder


def test_the_layout(tmp_path: Path) -> None:
    signaltrain(tmp_path, "Train", range(1, 9))
    signaltrain(tmp_path, "Val", range(20, 22), 0)
    signaltrain(tmp_path, "Test", range(90, 92), 100)
    scan = scan_signaltrain(tmp_path)
    assert len(scan.pairs) == 12
    assert scan.problems == ()
    parts = {item.clip: item.part for item in scan.items}
    assert (parts["001"], parts["020"], parts["091"]) == ("train", "validation", "test")
    first = next(item for item in scan.items if item.clip == "001")
    assert first.knobs == {"switch": 1.0, "peak reduction": 65.0}
    assert first.dry == tmp_path / "Train" / "input_001_.wav"
    assert [(c.name, c.taper, c.maximum) for c in scan.controls] == [
        ("switch", "switch", 1.0),
        ("peak reduction", "linear", 100.0),
    ]


def test_missing_parts_are_taken_from_train_and_said(tmp_path: Path) -> None:
    signaltrain(tmp_path, "Train", range(1, 21))
    scan = scan_signaltrain(tmp_path)
    parts = [item.part for item in scan.items]
    assert parts == ["train"] * 14 + ["validation"] * 3 + ["test"] * 3
    assert "There is no Val folder" in said(scan)
    assert "3 of 20, from number 018" in said(scan)


@pytest.mark.parametrize("name", ["Train", "train"])
def test_a_part_alone(tmp_path: Path, name: str) -> None:
    signaltrain(tmp_path, name, range(1, 11))
    parts = {item.part for item in scan_signaltrain(tmp_path / name).items}
    assert parts == {"train", "validation", "test"}


def test_a_flat_folder(tmp_path: Path) -> None:
    signaltrain(tmp_path, ".", range(1, 11))
    assert {item.part for item in scan_signaltrain(tmp_path).items} == {
        "train",
        "validation",
        "test",
    }


def test_what_is_wrong_in_it_is_said(tmp_path: Path) -> None:
    signaltrain(tmp_path, "Train", range(1, 4))
    signaltrain(tmp_path, "Test", range(4, 5))
    touch(
        tmp_path / "Train",
        "input_050_.wav",
        "target_060_LA2A_3c__0__65.wav",
        "target_001_LA2A_2c__1__65.wav",
        "input_002_b.wav",
        "target_003_LA2A_3c__2__105.wav",
        "odd name.wav",
        "target_004_LA2A_3c__1__10.wav",
    )
    scan = scan_signaltrain(tmp_path)
    words = said(scan)
    assert "Train/input_050_.wav has no target" in words
    assert "target_060_LA2A_3c__0__65.wav has no input of the number 060" in words
    assert "Test/input_004_.wav lies in another folder" in words
    assert "have the same settings" in words
    assert "the input 002 is there twice" in words
    assert "the switch stands at 2" in words
    assert "odd name.wav is named neither" in words
    assert [control.maximum for control in scan.controls] == [2.0, 105.0]
    assert sum(item.dry is None for item in scan.items) == 2


def test_no_pairs_say_what_is_expected(tmp_path: Path) -> None:
    scan = scan_signaltrain(touch(tmp_path, "a.wav"))
    assert scan.items == ()
    assert "input_001_.wav" in said(scan)


# -- guesses -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("names", "kind", "pattern", "dry"),
    [
        (("dry.wav", "wet.wav"), "pair", "wet.wav", "dry.wav"),
        (("my amp.wav", "my amp DI.wav"), "pair", "my amp.wav", "my amp DI.wav"),
        (("x.wav", "x-wet.wav"), "pair", "x-wet.wav", "x.wav"),
        (("in.wav", "g_0.wav", "g_05.wav"), "pattern", "g_{g}", "in.wav"),
        (("in.wav", "a1b2.wav", "a1b3.wav"), "pattern", "a1b{b}", "in.wav"),
        (("in.wav", "gain-0 vol-1.wav", "gain-5 vol-2.wav"), "pattern",
         "gain-{gain} vol-{vol}", "in.wav"),
        (("dry/a.wav", "dry/b.wav", "wet/a.wav", "wet/b.wav"), "pattern", "wet/*", "dry/*"),
        (("in/a.wav", "g0/a.wav", "g5/a.wav"), "pattern", "g{g}/*", "in/*"),
        (("a_dry.wav", "a_wet.wav", "b_dry.wav", "b_wet.wav"), "pattern", "*_wet", "*_dry"),
        (("input_1.wav", "output_1.wav", "input_2.wav", "output_2.wav"), "pattern",
         "output_*", "input_*"),
        (("clean.wav", "marshall.wav", "vox.wav"), "pattern", "*", "clean.wav"),
        (("a.wav", "b.wav", "c.wav"), "none", "", ""),
        (("Train/input_001_.wav", "Train/target_001_LA2A_2c__0__5.wav"), "signaltrain", "", ""),
        ((), "none", "", ""),
    ],
)  # fmt: skip
def test_suggestions(
    tmp_path: Path, names: tuple[str, ...], kind: str, pattern: str, dry: str
) -> None:
    touch(tmp_path, *names)
    guess = suggest(tmp_path)
    assert (guess.kind, guess.pattern, guess.dry) == (kind, pattern, dry)
    if kind in ("pattern", "pair"):
        scan = scan_pattern(tmp_path, pattern, dry)
        assert scan.pairs
        assert not scan.unmatched
        assert len(scan.pairs) == len(scan.items)


def test_real_folders(development_data: Path) -> None:
    guess = suggest(development_data / "cl1b")
    assert guess.pattern == "target_at_{at}_re_{re}_ra_{ra}_th_{th}"
    scan = scan_pattern(development_data / "cl1b", guess.pattern, guess.dry)
    assert len(scan.pairs) == 12
    assert {item.knobs["at"] for item in scan.items} == {0.0, 0.25, 0.5, 0.75, 1.0}
    guess = suggest(development_data / "klon")
    assert (guess.pattern, guess.dry) == ("gain{gain}/*", "in/*")
    assert len(scan_pattern(development_data / "klon", guess.pattern, guess.dry).pairs) == 800
    guess = suggest(development_data / "la2a_pairs")
    assert len(scan_pattern(development_data / "la2a_pairs", guess.pattern, guess.dry).pairs) == 5
    assert suggest(development_data / "signaltrain_mini").kind == "signaltrain"
