"""From a take's files to a capture, without a sound device: aligned, linked, cut, refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from engines.audio.files import read_audio
from engines.audio.writing import write_wav
from engines.recording.capture import Description, Made, ShortTakeError, make_capture
from engines.recording.latency import NothingCameBackError
from engines.recording.layout import Layout, write_layout
from engines.recording.raw import RawTake
from engines.recording.reuse import earlier_signal
from engines.recording.session import PLAYED_FILE, TAKE_FILE, TakeFacts, write_facts
from engines.recording.signal import SignalConfig, make_signal
from projects.capture import read_capture
from projects.jobs import Job
from projects.project import Project

RATE = 48_000
CONFIG = SignalConfig(seconds=4, test_seconds=0)
Float = NDArray[np.float32]


@pytest.fixture(scope="module")
def signal() -> tuple[Float, Layout]:
    return make_signal(CONFIG, RATE, -6.0)


def lay_down(folder: Path, signal: tuple[Float, Layout], heard: Float, **facts: object) -> None:
    """What a take leaves in its job's folder."""
    folder.mkdir(parents=True, exist_ok=True)
    write_wav(folder / PLAYED_FILE, signal[0], RATE)
    write_layout(folder, signal[1])
    told = {"output": "out", "input": "in", "ending": "whole"} | facts
    write_facts(folder, TakeFacts(**told))  # type: ignore[arg-type]
    with RawTake(folder / TAKE_FILE, RATE) as take:
        take.append(heard)


def made_of(job: Path, folder: Path) -> Made:
    description = Description("take-1", "Take", {"gain": 0.5}, (), {"source": "record"})
    return make_capture(job, folder, description)


def late(samples: Float, delay: int, more: int = RATE) -> Float:
    return np.concatenate([np.zeros(delay), np.tanh(3 * samples), np.zeros(more)]).astype("<f4")


def test_a_take_becomes_an_aligned_capture(tmp_path: Path, signal: tuple[Float, Layout]) -> None:
    job = tmp_path / "job"
    lay_down(job, signal, late(signal[0], 1234))
    made = made_of(job, tmp_path / "captures")
    place = tmp_path / "captures" / "take-1"
    assert read_capture(place) == made.capture
    assert made.trip.whole == 1234
    assert made.capture.n_samples == len(signal[0])
    wet = read_audio(place / "wet.wav").samples[:, 0]
    np.testing.assert_array_equal(wet, late(signal[0], 0, 0))
    # On the disk the dry audio is there once, however many settings heard it.
    assert (place / "dry.wav").samefile(job / PLAYED_FILE)
    assert {check.level for check in made.capture.checks if check.name == "round trip"} == {"ok"}
    assert made.capture.edits.shift == 0
    assert made.capture.source["round_trip"]["taken_off"] == 1234


@pytest.mark.parametrize("seconds", [2.6, 3.3, 5.0])
def test_a_cut_take_is_kept_as_far_as_it_goes(
    tmp_path: Path, signal: tuple[Float, Layout], seconds: float
) -> None:
    job = tmp_path / "job"
    n = round(seconds * RATE)
    lay_down(job, signal, late(signal[0], 500)[:n], ending="gone")
    made = made_of(job, tmp_path / "captures")
    assert made.capture.n_samples == n - 500
    assert max(part.stop for part in made.capture.sections) <= n - 500
    dry = read_audio(tmp_path / "captures" / "take-1" / "dry.wav").samples[:, 0]
    np.testing.assert_array_equal(dry, signal[0][: n - 500])


def test_too_little_is_refused_and_kept(tmp_path: Path, signal: tuple[Float, Layout]) -> None:
    job = tmp_path / "job"
    lay_down(job, signal, late(signal[0], 500)[: round(1.6 * RATE)], ending="killed")
    with pytest.raises(ShortTakeError, match=r"Only 1\.6 s were recorded"):
        made_of(job, tmp_path / "captures")
    assert not (tmp_path / "captures").exists()
    assert (job / TAKE_FILE).stat().st_size > 4 * RATE


def test_a_take_without_the_signal_makes_no_capture(
    tmp_path: Path, signal: tuple[Float, Layout]
) -> None:
    job = tmp_path / "job"
    noise = np.random.default_rng(0).normal(0, 0.1, len(signal[0])).astype(np.float32)
    lay_down(job, signal, noise)
    with pytest.raises(NothingCameBackError, match="does not hold the test signal"):
        made_of(job, tmp_path / "captures")


def test_samples_lost_in_the_middle_leave_it_out(
    tmp_path: Path, signal: tuple[Float, Layout]
) -> None:
    job = tmp_path / "job"
    heard = np.delete(late(signal[0], 300), slice(150_000, 150_480))
    lay_down(job, signal, heard)
    made = made_of(job, tmp_path / "captures")
    assert made.trip.lost == 480
    assert not made.capture.included


def test_the_next_setting_hears_the_same_signal(
    tmp_path: Path, signal: tuple[Float, Layout]
) -> None:
    with Project.create(tmp_path / "P") as project:
        told = {"signal": {"seconds": 4, "test_seconds": 0}, "level": -6.0}
        first = project.new_job(Job(id="20260101-000000-aaaaaa", kind="record", name="1"))
        second = project.new_job(
            Job(id="20260101-000001-aaaaaa", kind="record", name="2", config=told)
        )
        third = project.new_job(Job(id="20260101-000002-aaaaaa", kind="record", name="3"))
    assert earlier_signal(third, CONFIG, RATE, -6.0) is None
    for folder in (first, second):
        lay_down(folder, signal, late(signal[0], 10))
    found = earlier_signal(third, CONFIG, RATE, -6.0)
    assert found is not None
    assert found.path.parent == second
    np.testing.assert_array_equal(found.played, signal[0])
    assert earlier_signal(third, CONFIG, RATE, -3.0) is None
    assert earlier_signal(third, CONFIG, 44_100, -6.0) is None
    assert earlier_signal(third, SignalConfig(seconds=5, test_seconds=0), RATE, -6.0) is None
    (second / PLAYED_FILE).write_bytes(b"no audio")
    assert earlier_signal(third, CONFIG, RATE, -6.0) is None
