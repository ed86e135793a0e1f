"""A device recorded end to end against the real sound server, whole and cut in the middle."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from audio_engine import music
from device_loop import DeviceLoop, Effect
from numpy.typing import NDArray
from sound_server import SoundServer

from engines.audio.writing import write_wav
from engines.recording.raw import read_raw
from projects.capture import Capture
from projects.jobs import read_status
from projects.project import Project

pytestmark = pytest.mark.sound

ROOT = Path(__file__).resolve().parents[3]
ATTEMPTS = 3
"""A take in which the server ran dry (this machine was too busy) proves nothing."""
NULL_DB = -80.0
SECONDS = 4.75
"""Of the whole signal: blips, two seconds of playing, blips."""
Float = NDArray[np.float64]


class Recorder:
    """The command line, led to the test's sound server."""

    def __init__(self, loop: DeviceLoop, folder: Path) -> None:
        self.loop = loop
        self.folder = folder
        self.started: list[subprocess.Popen[str]] = []
        write_wav(folder / "own.wav", music(2.0), 48_000)
        self.short = ("--own", str(folder / "own.wav"), "--test-seconds", "0", "--level", "0")

    def start(self, *words: str, project: str = "P") -> subprocess.Popen[str]:
        """Begin a take."""
        made = subprocess.Popen(
            [sys.executable, "-m", "app", "record", str(self.folder / project), *words, "--json"],
            cwd=ROOT,
            env=self.loop.server.full_environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.started.append(made)
        return made

    def finish(self, made: subprocess.Popen[str]) -> dict[str, Any]:
        """Wait for its figures."""
        out, errors = made.communicate(timeout=90)
        assert out, errors
        found: dict[str, Any] = json.loads(out.splitlines()[-1])
        return {**found, "code": made.returncode}

    def take(self, *words: str, project: str = "P") -> dict[str, Any]:
        """A whole take's figures."""
        return self.finish(self.start(*words, project=project))

    def wait_for_audio(self, seconds: float, project: str = "P") -> Path:
        """The job's folder, once so much is on disk."""
        wanted = 4 * round(seconds * 48_000)
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            for path in (self.folder / project).glob("jobs/*/take.wav"):
                if path.stat().st_size > wanted:
                    return path.parent
            time.sleep(0.02)
        pytest.fail("nothing was recorded")

    def capture(self, project: str = "P") -> tuple[Capture, Path]:
        """The newest capture of a project."""
        with Project.open(self.folder / project, write=False) as opened:
            entry = opened.manifest.captures[-1]
            return opened.read_capture(entry.id), opened.capture_folder(entry.id)

    def close(self) -> None:
        """End what still runs."""
        for made in self.started:
            if made.poll() is None:
                made.kill()
            made.wait()
            for stream in (made.stdout, made.stderr):
                assert stream is not None
                stream.close()


@pytest.fixture
def recorder(device_loop: DeviceLoop, tmp_path: Path) -> Iterator[Recorder]:
    made = Recorder(device_loop, tmp_path)
    yield made
    made.close()


def read_pair(folder: Path) -> tuple[Float, Float]:
    dry, _ = soundfile.read(folder / "dry.wav")
    wet, _ = soundfile.read(folder / "wet.wav")
    return dry, wet


def null_db(dry: Float, wet: Float, effect: str) -> float:
    """What is left of wet after the effect, computed on dry, has been taken off; dB of wet."""
    made = Effect(effect, 0)(dry)
    left = wet - made
    return float(10 * np.log10(np.mean(left**2) / np.mean(made**2) + 1e-30))


def true_latency(job: Path, effect: str, near: int) -> int:
    """Where the take is what the effect gives, by trying every lag: no blips, no model."""
    take, _ = read_raw(job / "take.wav")
    played, _ = soundfile.read(job / "played.wav")
    made = Effect(effect, 0)(played)
    start, stop = 62_000, 92_000
    lags = range(near - 400, near + 400)
    errors = [
        float(np.mean((take[start + lag : stop + lag] - made[start:stop]) ** 2)) for lag in lags
    ]
    return lags[int(np.argmin(errors))]


@pytest.mark.parametrize(("effect", "delay"), [("dark", 137), ("inverted", 0)])
def test_a_device_is_recorded_to_the_sample(recorder: Recorder, effect: str, delay: int) -> None:
    recorder.loop.connect(effect, delay)
    for number in range(ATTEMPTS):
        project = f"P{number}"
        figures = recorder.take(*recorder.short, "--knob", "gain=0.5", project=project)
        assert figures["code"] == 0, figures
        capture, folder = recorder.capture(project)
        dry, wet = read_pair(folder)
        if null_db(dry, wet, effect) <= NULL_DB:
            break
    assert null_db(dry, wet, effect) <= NULL_DB
    job = recorder.folder / project / "jobs" / figures["job"]
    truth = true_latency(job, effect, figures["taken_off"])
    assert figures["taken_off"] == truth
    assert figures["latency_samples"] == pytest.approx(truth, abs=0.3)
    assert figures["inverted"] == (effect == "inverted")
    assert abs(figures["drift_ppm"]) < 0.5
    assert figures["ending"] == "whole"
    assert figures["samples_lost"] == 0
    assert capture.knobs == {"gain": 0.5}
    assert [part.part for part in capture.sections] == ["train", "validation", "test", "train"]
    assert len(dry) == len(wet) == capture.n_samples
    played, _ = soundfile.read(job / "played.wav")
    np.testing.assert_array_equal(dry, played)


def test_a_sound_server_that_dies_leaves_what_was_recorded(recorder: Recorder) -> None:
    recorder.loop.connect("dark", 20)
    made = recorder.start(*recorder.short)
    job = recorder.wait_for_audio(3.0)
    recorder.loop.server.kill()
    figures = recorder.finish(made)
    assert figures["code"] == 0, figures
    assert figures["ending"] == "gone"
    assert "the sound device went away" in figures["text"]
    check_cut(recorder, figures, job)


def test_a_killed_worker_is_salvaged_when_the_job_is_resumed(recorder: Recorder) -> None:
    recorder.loop.connect("dark", 20)
    made = recorder.start(*recorder.short)
    job = recorder.wait_for_audio(3.0)
    made.kill()
    made.wait()
    assert read_status(job).state == "interrupted"
    on_disk = (job / "take.wav").stat().st_size
    recorder.loop.disconnect()  # no device is needed to keep what is there
    figures = recorder.take("--resume", job.name)
    assert figures["code"] == 0, figures
    assert (figures["ending"], figures["salvaged"]) == ("killed", True)
    assert "Trimpot was ended in the middle" in figures["text"]
    assert (job / "take.wav").stat().st_size == on_disk
    check_cut(recorder, figures, job)


def check_cut(recorder: Recorder, figures: dict[str, Any], job: Path) -> None:
    """What is on disk became a capture, as far as it goes, right to the sample."""
    capture, folder = recorder.capture()
    dry, wet = read_pair(folder)
    take, _ = read_raw(job / "take.wav")
    assert len(wet) == len(take) - figures["taken_off"]  # nothing of it is lost
    assert len(wet) / 48_000 > 2.0
    assert null_db(dry, wet, "dark") <= NULL_DB
    assert figures["share"] == pytest.approx(len(wet) / (SECONDS * 48_000), abs=0.01)
    cut = next(check for check in capture.checks if check.name == "take cut short")
    assert cut.level == "warning"
    assert f"of {SECONDS:.1f} s were recorded" in cut.text
    assert {part.part for part in capture.sections} <= {"train", "validation"}


def test_a_take_without_a_cable_fails_in_words_and_is_kept(recorder: Recorder) -> None:
    recorder.loop.connect("unplugged")
    figures = recorder.take(*recorder.short)
    assert figures["code"] == 1
    assert "Nothing came back: the input is silent" in figures["error"]
    (take,) = (recorder.folder / "P").glob("jobs/*/take.wav")
    assert str(take) in figures["details"]
    found, _ = read_raw(take)
    assert len(found) > SECONDS * 48_000


def test_without_a_sound_server_it_is_said(tmp_path: Path, sound_server: SoundServer) -> None:
    environment = sound_server.full_environment
    sound_server.kill()
    done = subprocess.run(
        [sys.executable, "-m", "app", "record", str(tmp_path / "P"), "--json"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 1
    said = json.loads(done.stdout)["error"]
    assert "sound" in said.lower()
    assert said.endswith(".")
