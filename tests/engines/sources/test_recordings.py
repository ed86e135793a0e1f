"""Folders of recordings: clips joined, dry audio shared, hostile files named, real sets."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from engines.audio.files import read_signal, write_wav
from engines.sources import dry_shelf
from engines.sources.items import spread
from engines.sources.recordings import SOURCE, RecordingsConfig, spread_missing
from engines.sources.signaltrain import SOURCE as SIGNALTRAIN
from engines.sources.signaltrain import SignalTrainConfig
from engines.worker.context import JobContext
from projects.capture import Capture, Check, read_capture
from projects.errors import JobError, StorageError, TrimpotError
from projects.manifest import Part
from projects.project import Project

RATE = 16_000
RNG = np.random.default_rng(3)
MakeContext = Callable[..., JobContext]


def noise(seconds: float) -> np.ndarray:
    samples = RNG.uniform(-0.4, 0.4, round(seconds * RATE))
    return np.convolve(samples, np.ones(4) / 4, "same").astype(np.float32)


def taken(context: JobContext, folder: Path, pattern: str, dry: str, **more: Any) -> list[Capture]:
    made = context.folder / "captures"
    made.mkdir(exist_ok=True)
    config = {"folder": folder, "pattern": pattern, "dry": dry, **more}
    return SOURCE.produce(RecordingsConfig.model_validate(config), made, context)


def place(context: JobContext, capture: Capture) -> Path:
    return context.folder / "captures" / capture.id


@pytest.fixture
def one_dry(tmp_path: Path) -> Path:
    """One dry file and the same three settings of a device."""
    folder = tmp_path / "takes"
    folder.mkdir()
    dry = noise(3)
    write_wav(folder / "in.wav", dry, RATE)
    for name, gain in (("1", 1), ("25", 2.5), ("100", 10)):
        write_wav(folder / f"out_{name}.wav", np.tanh(gain * dry), RATE)
    return folder


@pytest.fixture
def clips(tmp_path: Path) -> Path:
    """Twenty short clips at two settings."""
    folder = tmp_path / "clips"
    for name in ("in", "gain1", "gain5"):
        (folder / name).mkdir(parents=True)
    for index in range(20):
        dry = noise(0.4)
        soundfile.write(folder / "in" / f"c{index}.flac", dry, RATE)
        for gain in (1, 5):
            soundfile.write(folder / f"gain{gain}" / f"c{index}.flac", np.tanh(gain * dry), RATE)
    return folder


def test_one_dry_is_stored_once(one_dry: Path, make_context: MakeContext) -> None:
    context = make_context()
    captures = taken(context, one_dry, "out_{gain}", "in.wav")
    assert [capture.knobs["gain"] for capture in captures] == [1.0, 25.0, 100.0]
    assert [capture.name for capture in captures] == ["out_1", "out_25", "out_100"]
    assert len({capture.dry_id for capture in captures}) == 1
    assert sorted(captures, key=lambda capture: capture.id) == captures
    files = [place(context, capture) / "dry.wav" for capture in captures]
    assert len({path.stat().st_ino for path in files}) == 1
    assert files[0].stat().st_nlink == 3
    assert not (context.folder / "inputs").exists()
    assert [control.maximum for control in captures[0].controls] == [100.0]


def test_a_disk_without_links_gets_copies(
    one_dry: Path, make_context: MakeContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(source: Path, target: Path) -> None:
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(os, "link", refuse)
    context = make_context()
    captures = taken(context, one_dry, "out_{gain}", "in.wav")
    contents = {(place(context, capture) / "dry.wav").read_bytes() for capture in captures}
    assert len(contents) == 1


def test_ranges_that_the_user_gives_come_first(one_dry: Path, make_context: MakeContext) -> None:
    given = {"name": "gain", "minimum": 1, "maximum": 200, "default": 20, "taper": "log"}
    captures = taken(make_context(), one_dry, "out_{gain}", "in.wav", controls=[given])
    assert [(c.maximum, c.taper) for c in captures[0].controls] == [(200.0, "log")]


def test_clips_are_joined(clips: Path, make_context: MakeContext) -> None:
    context = make_context()
    captures = taken(context, clips, "gain{gain}/*", "in/*")
    assert [capture.name for capture in captures] == ["gain 1", "gain 5"]
    first, second = captures
    assert first.dry_id == second.dry_id
    assert first.sections == second.sections
    assert [clip.name for clip in first.clips] == [f"c{index}" for index in range(20)]
    assert {section.part for section in first.sections} == {"train", "validation", "test"}
    for capture, gain in zip(captures, (1, 5), strict=True):
        wet = read_signal(place(context, capture), capture, capture.signal("wet"))
        for clip in capture.clips:
            expected = soundfile.read(clips / f"gain{gain}" / f"{clip.name}.flac")[0]
            np.testing.assert_array_equal(wet[clip.start : clip.stop], expected.astype(np.float32))


def test_clips_alone_where_they_are_not_to_be_joined(
    clips: Path, make_context: MakeContext
) -> None:
    for path in clips.rglob("*.flac"):
        audio = soundfile.read(path)[0]
        soundfile.write(path, np.tile(audio, 5), RATE)
        if int(path.stem[1:]) >= 3:
            path.unlink()
    assert len(taken(make_context(), clips, "gain{gain}/*", "in/*", join="never")) == 6


def test_a_short_clip_is_left_out_where_it_lacks(clips: Path, make_context: MakeContext) -> None:
    path = clips / "gain5" / "c3.flac"
    soundfile.write(path, soundfile.read(path)[0][:1000], RATE)
    first, second = taken(make_context(), clips, "gain{gain}/*", "in/*")
    assert first.dry_id == second.dry_id
    clip = second.clips[3]
    (cut,) = [cut for cut in second.edits.cuts if cut.start == clip.start + 1000]
    assert cut.stop == clip.stop
    check = next(check for check in second.checks if check.name == "short clips")
    assert check.where[0] == cut


def test_a_bad_clip_takes_its_setting_with_it_and_is_named(
    clips: Path, make_context: MakeContext
) -> None:
    (clips / "gain5" / "c7.flac").write_bytes(b"fLaC" + bytes(100))
    context = make_context()
    captures = taken(context, clips, "gain{gain}/*", "in/*")
    assert [capture.name for capture in captures] == ["gain 1"]
    assert "gain5/c7.flac" in context.refused[0]


@pytest.mark.parametrize("count", [3, 4, 6, 7, 20, 200])
def test_clips_are_spread_over_the_parts(count: int) -> None:
    names = [str(index) for index in range(count)]
    parts = spread(names)
    held = max(1, round(0.15 * count))
    assert list(parts) == names
    assert [list(parts.values()).count(part) for part in ("validation", "test")] == [held, held]


def test_two_clips_cannot_be_spread() -> None:
    assert spread(["a", "b"]) == {}


def test_folders_that_divide_the_set(tmp_path: Path, make_context: MakeContext) -> None:
    """Train and Test are kept; what validates comes from the end of Train."""
    for part, seconds in (("Train", 4), ("Test", 3)):
        (tmp_path / part).mkdir()
        dry = noise(seconds)
        write_wav(tmp_path / part / "in.wav", dry, RATE)
        write_wav(tmp_path / part / "out_1.wav", np.tanh(dry), RATE)
    test, train = taken(make_context(), tmp_path, "*/out_{g}", "*/in", join="never")
    assert [section.part for section in test.sections] == ["test"]
    assert [section.part for section in train.sections] == ["train", "validation"]
    assert train.sections[1].stop == train.n_samples


def test_clips_that_lack_a_part() -> None:
    given: dict[str, Part] = dict.fromkeys([f"c{index}" for index in range(20)], "train")
    given |= dict.fromkeys(["t1", "t2"], "test")
    chosen = spread_missing(given)
    assert len(chosen) == 3
    assert set(chosen.values()) == {"validation"}
    assert spread_missing(given | chosen) == {}


def hostile(folder: Path) -> dict[str, str]:
    """Files that are not what they say, and a word of the sentence about each."""
    good = (folder / "out_1.wav").read_bytes()
    files = {
        "out_2.wav": (b"", "empty"),
        "out_3.wav": (b"Dear reader, this is a letter.\n" * 50, "damaged or of a kind"),
        "out_4.wav": (good[: len(good) // 2], "truncated"),
        "out_5.wav": (good[:20] + b"\xff" * 60 + good[80:], "out_5.wav"),
        "out_6.wav": (good[:40] + b"\xff\xff\xff\xff" * 4, "out_6.wav"),
        "out_8.mp3": (b"ID3" + bytes(500), "damaged or of a kind"),
    }
    for name, (content, _) in files.items():
        (folder / name).write_bytes(content)
    nan = np.full(RATE, np.nan, np.float32)
    soundfile.write(folder / "out_7.wav", nan, RATE, subtype="FLOAT")
    (folder / "out_9.wav").mkdir()
    if hasattr(os, "mkfifo"):
        os.mkfifo(folder / "out_10.wav")
    (folder / "out_11.wav").symlink_to(folder / "gone.wav")
    soundfile.write(folder / "out_12.wav", noise(0.2), RATE)
    soundfile.write(folder / "out_13.wav", noise(3), 4000)
    return {name: word for name, (_, word) in files.items()} | {
        "out_7.wav": "not numbers",
        "out_12.wav": "too short",
        "out_13.wav": "4000 Hz",
    }


@pytest.mark.parametrize("keep", ["copy", "reference"])
def test_hostile_files_are_each_one_sentence(
    one_dry: Path, make_context: MakeContext, keep: str
) -> None:
    expected = hostile(one_dry)
    context = make_context()
    captures = taken(context, one_dry, "out_{gain}", "in.wav", keep=keep)
    assert [capture.name for capture in captures] == ["out_1", "out_25", "out_100"]
    assert len(context.refused) == len(expected)
    for name, word in expected.items():
        (sentence,) = [text for text in context.refused if name in text]
        assert word in sentence
        assert "\n" not in sentence
    folders = {path.name for path in (context.folder / "captures").iterdir()}
    assert folders == {capture.id for capture in captures}


def test_a_bad_dry_refuses_all_that_need_it(one_dry: Path, make_context: MakeContext) -> None:
    path = one_dry / "in.wav"
    samples = soundfile.read(path)[0]
    samples[100] = np.inf
    soundfile.write(path, samples, RATE, subtype="FLOAT")
    with pytest.raises(JobError, match=r"None of the 3 .* not numbers"):
        taken(make_context(), one_dry, "out_{gain}", "in.wav")


def test_a_disk_that_has_no_room_is_said_before_anything_is_copied(
    one_dry: Path, make_context: MakeContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = type("Usage", (), {"free": 10_000_000})
    monkeypatch.setattr("engines.sources.intake.shutil.disk_usage", lambda path: usage)
    context = make_context()
    with pytest.raises(StorageError, match=r"need 0\.00 GB .* 0\.01 GB free"):
        taken(context, one_dry, "out_{gain}", "in.wav")
    assert not list((context.folder / "captures").iterdir())
    assert taken(context, one_dry, "out_{gain}", "in.wav", keep="reference")


def test_a_disk_that_fills_up_keeps_what_was_finished(
    one_dry: Path, make_context: MakeContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(source: Path, target: Path) -> None:
        if len(list(target.parent.parent.iterdir())) > 2 and not time.sleep(0.5):
            raise StorageError("Could not write the audio file: the disk is full.")
        link(source, target)

    link = dry_shelf.link_or_copy
    monkeypatch.setattr("engines.sources.dry_shelf.link_or_copy", refuse)
    context = make_context()
    with pytest.raises(StorageError, match="the disk is full"):
        taken(context, one_dry, "out_{gain}", "in.wav")
    kept = list((context.folder / "captures").iterdir())
    assert 1 <= len(kept) <= 2
    for folder in kept:
        assert read_capture(folder).checks
    assert not (context.folder / "inputs").exists()


# -- real sets ---------------------------------------------------------------------------------


def unchanged(folder: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()


def check_of(capture: Capture, name: str) -> Check:
    return next(check for check in capture.checks if check.name == name)


def test_cl1b(development_data: Path, make_context: MakeContext) -> None:
    folder = development_data / "cl1b"
    before = unchanged(folder)
    pattern = "target_at_{attack}_re_{release}_ra_{ratio}_th_{threshold}"
    captures = taken(make_context(), folder, pattern, "Input.wav")
    assert len(captures) == 12
    assert len({capture.dry_id for capture in captures}) == 1
    assert {name for capture in captures for name in capture.knobs} == {
        "attack", "release", "ratio", "threshold",
    }  # fmt: skip
    longer = [c for c in captures if any(check.name == "lengths" for check in c.checks)]
    assert {(c.knobs["release"], c.knobs["threshold"]) for c in longer} == {
        (0.5, 0.25),
        (0.75, 0.5),
    }
    assert unchanged(folder) == before


def test_klon(development_data: Path, make_context: MakeContext) -> None:
    captures = taken(make_context(), development_data / "klon", "gain{gain}/*", "in/*")
    assert [capture.knobs["gain"] for capture in captures] == [0.0, 25.0, 50.0, 100.0]
    assert {capture.n_samples for capture in captures} == {200 * 22050}
    assert len({capture.dry_id for capture in captures}) == 1
    for capture in captures:
        assert len(capture.clips) == 200
        assert "inverted" in check_of(capture, "polarity").text
        assert capture.included
        assert capture.edits.shift == 0
        assert not any(fix.kind == "shift" for check in capture.checks for fix in check.fixes)
        assert {cut.start for cut in capture.edits.cuts} == {clip.start for clip in capture.clips}


def test_la2a_pairs(development_data: Path, make_context: MakeContext) -> None:
    context = make_context()
    folder = development_data / "la2a_pairs"
    captures = taken(context, folder, "LA2A_*_target", "LA2A_*_inp", keep="reference")
    assert len(captures) == 5
    assert len({capture.dry_id for capture in captures}) == 5
    for capture in captures:
        assert capture.signal("wet").reference is not None
        (fix, *_) = check_of(capture, "latency").fixes
        assert (fix.kind, fix.shift) == ("shift", -1)


def test_signaltrain_mini(development_data: Path, make_context: MakeContext) -> None:
    context = make_context()
    config = SignalTrainConfig(folder=development_data / "signaltrain_mini")
    made = context.folder / "captures"
    made.mkdir()
    captures = SIGNALTRAIN.produce(config, made, context)
    found = {capture.name: capture for capture in captures}
    assert found["008 compress 65"].knobs == {"switch": 0.0, "peak reduction": 65.0}
    assert found["094 limit 65"].knobs == {"switch": 1.0, "peak reduction": 65.0}
    assert {s.part for s in found["094 limit 65"].sections} == {"test"}
    assert {s.part for s in found["008 compress 65"].sections} == {"train", "validation"}
    assert all(capture.included and not capture.edits.any for capture in captures)
    assert all(check.level == "ok" for capture in captures for check in capture.checks)


def test_a_set_comes_into_a_project(one_dry: Path, tmp_path: Path) -> None:
    from engines.worker.main import run_job
    from projects.jobs import Job

    with Project.create(tmp_path / "P") as project:
        settings = {"folder": str(one_dry), "pattern": "out_{gain}", "dry": "in.wav"}
        job = Job(kind="import", name="x", config={"source": "recordings", "config": settings})
        end = run_job(project.new_job(job), lambda message: None)
        assert end.state == "done"
        entries = project.adopt()
        (control,) = project.manifest.controls
        assert (control.minimum, control.maximum) == (0.0, 100.0)
        assert len(project.manifest.splits) == 1
        for entry in entries:
            capture = project.read_capture(entry.id)
            folder = project.capture_folder(entry.id)
            assert len(read_signal(folder, capture, capture.signal("dry"))) == 3 * RATE
            assert entry.included == capture.included


def test_nothing_is_left_when_the_folder_is_wrong(
    tmp_path: Path, make_context: MakeContext
) -> None:
    with pytest.raises(TrimpotError, match="is not there"):
        taken(make_context(), tmp_path / "gone", "*", "in")
