"""From captures to training data: the parts, the lead-ins, the knobs, and what is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from small_circuit import RATE, add_capture, small_project

from engines.audio.files import write_wav
from engines.models.base import TrainingError
from engines.training.dataset import (
    LEAD_SECONDS,
    knob_position,
    knob_positions,
    knob_track,
    load_captures,
    model_info,
    segments,
    training_data,
    used_controls,
)
from projects.capture import Clip, Signal, write_capture
from projects.manifest import Control, Edits, Section, Split, Stretch
from projects.project import Project

MARK = 0.7777
"""A sample value that the test part alone holds."""


def mark_test_part(project: Project) -> None:
    """Overwrite the test part of every signal of every capture."""
    for entry in project.manifest.captures:
        folder = project.capture_folder(entry.id)
        split = project.split_of(entry)
        item = next(found for found in load_captures(project) if found.entry.id == entry.id)
        for name, samples in (
            ("dry.wav", item.dry),
            ("wet.wav", item.wet),
            ("state-out.wav", item.states[:, 0]),
        ):
            marked = samples.copy()
            for section in split.of("test"):
                marked[section.start : section.stop] = MARK
            write_wav(folder / name, marked, RATE)


@pytest.mark.parametrize(
    "sections",
    [
        (),
        (
            Section(start=0, stop=3000, part="test"),
            Section(start=3000, stop=6000, part="validation"),
            Section(start=6000, stop=9000, part="test"),
            Section(start=9000, stop=20_000, part="train"),
            Section(start=20_100, stop=23_000, part="validation"),
        ),
    ],
)
def test_the_test_part_never_enters(tmp_path: Path, sections: tuple[Section, ...]) -> None:
    with Project.create(tmp_path / "p") as project:
        add_capture(project, sections=sections)
        mark_test_part(project)
        loaded = load_captures(project)
        assert (loaded[0].dry == np.float32(MARK)).sum() > 1000
        data = training_data(loaded, model_info("m", loaded, ()))
        for part in (*data.train, *data.validation):
            for signal in (part.x, part.y, part.states):
                assert not (signal == np.float32(MARK)).any()
        for part in segments(loaded, data.info, "test"):
            assert (part.x[part.lead :] == np.float32(MARK)).all()


def with_edits(project: Project, edits: Edits) -> None:
    (entry,) = project.manifest.captures
    changed = entry.model_copy(update={"edits": edits})
    project.save(project.manifest.model_copy(update={"captures": (changed,)}))


@pytest.mark.parametrize("shift", [37, -37])
def test_edits_reach_the_training_and_leave_the_files(tmp_path: Path, shift: int) -> None:
    with small_project(tmp_path / "p") as project:
        (entry,) = project.manifest.captures
        file = project.capture_folder(entry.id) / "wet.wav"
        before = file.read_bytes()
        plain = load_captures(project)[0]
        train, n = plain.split.of("train")[0], plain.capture.n_samples
        hole = Stretch(start=train.start + 4000, stop=train.start + 4500)
        with_edits(project, Edits(shift=shift, flip=True, cuts=(hole,)))
        loaded = load_captures(project)
        found = segments(loaded, model_info("m", loaded, ()), "train")
        test = segments(loaded, model_info("m", loaded, ()), "test")
        assert file.read_bytes() == before
    assert [part.start for part in found] == [max(train.start, -shift), hole.stop]
    assert found[0].start + len(found[0].x) == hole.start
    for part in found:
        at = part.start + np.arange(len(part.y))
        np.testing.assert_array_equal(part.y, -plain.wet[at + shift])
        np.testing.assert_array_equal(part.x, plain.dry[at])
    assert test[-1].start + len(test[-1].x) == min(n, n - shift)


def test_a_capture_that_is_cut_whole_cannot_be_trained_on(tmp_path: Path) -> None:
    with small_project(tmp_path / "p") as project:
        n = load_captures(project)[0].capture.n_samples
        with_edits(project, Edits(cuts=(Stretch(start=0, stop=n),)))
        loaded = load_captures(project)
        with pytest.raises(TrainingError, match="no training part"):
            training_data(loaded, model_info("m", loaded, ()))


def test_more_audio_than_memory_is_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engines.training.dataset.total_memory", lambda: 2.0**20)
    with (
        small_project(tmp_path / "p") as project,
        pytest.raises(TrainingError, match="Leave some of the captures out"),
    ):
        load_captures(project)


def test_segments_are_the_files_samples(tmp_path: Path) -> None:
    with small_project(tmp_path / "p") as project:
        loaded = load_captures(project)
        data = training_data(loaded, model_info("m", loaded, ()), seed=7)
    item, split = loaded[0], loaded[0].split
    assert data.seed == 7
    assert data.info.states == ("v(out)",)
    assert data.info.sample_rate == RATE
    (train,) = data.train
    (section,) = split.of("train")
    assert (train.start, train.lead) == (section.start, 0)
    np.testing.assert_array_equal(train.x, item.dry[section.start : section.stop])
    np.testing.assert_array_equal(train.states[:, 0], item.wet[section.start : section.stop])
    (validation,) = data.validation
    (section,) = split.of("validation")
    assert validation.start + validation.lead == section.start
    assert validation.lead == min(section.start, round(LEAD_SECONDS * RATE))
    assert len(validation.x) - validation.lead == section.stop - section.start
    np.testing.assert_array_equal(validation.x, item.dry[validation.start : section.stop])


def test_without_a_lead_in_the_beginning_is_not_scored(tmp_path: Path) -> None:
    sections = (
        Section(start=0, stop=8000, part="validation"),
        Section(start=8000, stop=24_000, part="train"),
    )
    with Project.create(tmp_path / "p") as project:
        add_capture(project, sections=sections)
        loaded = load_captures(project)
        data = training_data(loaded, model_info("m", loaded, ()))
    assert data.validation[0].start == 0
    assert data.validation[0].lead == RATE // 50


def test_a_lead_in_does_not_reach_into_another_recording(tmp_path: Path) -> None:
    sections = (
        Section(start=0, stop=12_000, part="train"),
        Section(start=16_000, stop=24_000, part="validation"),
    )
    with Project.create(tmp_path / "p") as project:
        capture_id = add_capture(project, sections=sections)
        clips = (Clip(start=0, stop=15_000, name="a"), Clip(start=15_000, stop=24_000, name="b"))
        capture = project.read_capture(capture_id).model_copy(update={"clips": clips})
        write_capture(project.capture_folder(capture_id), capture)
        loaded = load_captures(project)
        data = training_data(loaded, model_info("m", loaded, ()))
    assert (data.validation[0].start, data.validation[0].lead) == (15_000, 1000)


def test_knobs_that_were_turned_become_inputs(tmp_path: Path) -> None:
    with small_project(tmp_path / "p", knobs=(1.0, 10.0)) as project:
        still = Control(name="tone")
        manifest = project.manifest
        project.save(manifest.model_copy(update={"controls": (*manifest.controls, still)}))
        loaded = load_captures(project)
        controls = used_controls(project, loaded)
        assert [control.name for control in controls] == ["drive"]
        data = training_data(loaded, model_info("m", loaded, controls))
        assert [float(part.knobs[0]) for part in data.train] == [0.0, 1.0]
        alone = load_captures(project, [project.manifest.captures[0].id])
        assert used_controls(project, alone) == ()


def test_knob_positions_follow_the_taper() -> None:
    linear = Control(name="a", minimum=-10.0, maximum=10.0, default=0.0)
    log = Control(name="b", minimum=1.0, maximum=100.0, default=10.0, taper="log")
    switch = Control(name="c", minimum=0.0, maximum=1.0, default=0.0, taper="switch")
    assert knob_position(linear, 5.0) == 0.75
    assert knob_position(log, 10.0) == pytest.approx(0.5)
    assert knob_position(switch, 1.0) == 1.0
    with pytest.raises(TrainingError, match="knob b is set to 200"):
        knob_position(log, 200.0)


def test_what_is_left_out_stays_out(tmp_path: Path) -> None:
    with small_project(tmp_path / "p") as project:
        other = add_capture(project, seed=5)
        entries = tuple(
            entry.model_copy(update={"included": entry.id != other})
            for entry in project.manifest.captures
        )
        project.save(project.manifest.model_copy(update={"captures": entries}))
        assert other not in [item.entry.id for item in load_captures(project)]
        assert [item.entry.id for item in load_captures(project, [other, other])] == [other]
        with pytest.raises(TrainingError, match="no capture nowhere"):
            load_captures(project, ["nowhere"])


def test_no_captures(tmp_path: Path) -> None:
    with (
        Project.create(tmp_path / "p") as project,
        pytest.raises(TrainingError, match="no captures to train on"),
    ):
        load_captures(project)


def test_different_rates(tmp_path: Path) -> None:
    with small_project(tmp_path / "p") as project:
        add_capture(project, rate=16_000, seed=3)
        with pytest.raises(TrainingError, match=r"8000 Hz.*16000 Hz"):
            load_captures(project)


def test_states_here_but_not_there(tmp_path: Path) -> None:
    with small_project(tmp_path / "p") as project:
        add_capture(project, states=False, seed=3)
        with pytest.raises(TrainingError, match="different states"):
            load_captures(project)


@pytest.mark.parametrize("part", ["train", "validation"])
def test_a_part_is_missing(tmp_path: Path, part: str) -> None:
    with small_project(tmp_path / "p") as project:
        split = project.manifest.splits[0]
        left = tuple(section for section in split.sections if section.part != part)
        changed = Split(dry_id=split.dry_id, sections=left)
        project.save(project.manifest.model_copy(update={"splits": (changed,)}))
        loaded = load_captures(project)
        with pytest.raises(TrainingError, match=f"have no {part}"):
            training_data(loaded, model_info("m", loaded, ()))


def test_a_split_beyond_the_audio(tmp_path: Path) -> None:
    with small_project(tmp_path / "p") as project:
        split = project.manifest.splits[0]
        sections = (Section(start=0, stop=10_000_000, part="train"),)
        changed = Split(dry_id=split.dry_id, sections=sections)
        project.save(project.manifest.model_copy(update={"splits": (changed,)}))
        loaded = load_captures(project)
        with pytest.raises(TrainingError, match="beyond its audio"):
            training_data(loaded, model_info("m", loaded, ()))


def test_silent_validation(tmp_path: Path) -> None:
    with small_project(tmp_path / "p") as project:
        loaded = load_captures(project)
        loaded[0].wet[:] = 0.0
        with pytest.raises(TrainingError, match="silent"):
            training_data(loaded, model_info("m", loaded, ()))


def test_a_knob_that_moved_reaches_the_training(tmp_path: Path) -> None:
    with small_project(tmp_path / "p", knobs=(2.0, 4.0)) as project:
        entry = project.manifest.captures[0]
        folder = project.capture_folder(entry.id)
        capture = project.read_capture(entry.id)
        track = np.geomspace(1.0, 10.0, capture.n_samples).astype(np.float32)
        write_wav(folder / "knob-drive.wav", track, RATE)
        moved = Signal(name="drive", role="knob", file="knob-drive.wav", unit="")
        write_capture(folder, capture.model_copy(update={"signals": (*capture.signals, moved)}))
        loaded = load_captures(project)
        controls = used_controls(project, loaded[:1])
        assert [control.name for control in controls] == ["drive"], "it moved in one capture"
        info = model_info("m", loaded, controls)
        for part in ("train", "test"):
            turned, still = (
                [one for one in segments(loaded, info, part) if one.capture_id == found.entry.id]
                for found in loaded
            )
            for one in turned:
                expected = np.log10(track[one.start : one.start + len(one.x)].astype(np.float64))
                np.testing.assert_allclose(one.knobs[:, 0], expected, atol=1e-6)
                assert one.knob_rows(5, 9).shape == (4, 1)
            assert all(not one.moving for one in still)
        assert knob_positions(loaded[0], controls, {"drive": 10.0}) == 1.0


def test_a_knob_that_moved_out_of_its_range(tmp_path: Path) -> None:
    control = Control(name="drive", minimum=0.1, maximum=0.7, default=0.5)
    inside = np.array([0.1, 0.7], np.float32).astype(np.float64)
    assert knob_track(control, inside).tolist() == [
        pytest.approx(0.0, abs=1e-7),
        pytest.approx(1.0),
    ]
    assert knob_track(control, inside).min() >= 0.0
    assert knob_track(control, inside).max() <= 1.0
    with pytest.raises(TrainingError, match=r"drive is set to 0.71, outside its range 0.1 to 0.7"):
        knob_track(control, np.array([0.2, 0.71]))
