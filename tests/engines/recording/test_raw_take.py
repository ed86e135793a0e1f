"""A take on disk is whole at every moment, however it ends."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile

from engines.audio.files import AudioFileError, describe
from engines.recording.raw import HEADER, LARGEST, RawTake, header, read_raw
from projects.errors import StorageError

ROOT = Path(__file__).resolve().parents[3]
WRITER = """
import sys
from pathlib import Path
import numpy as np
from engines.recording.raw import RawTake
take = RawTake(Path(sys.argv[1]), 48000)
n = 0
while True:
    take.append(np.arange(n, n + 4800, dtype=np.float32))
    n += 4800
    if n % 48000 == 0:
        take.sync()
        print(n, flush=True)
"""


def test_a_closed_take_is_a_plain_wav(tmp_path: Path) -> None:
    samples = np.random.default_rng(0).normal(0, 0.3, 10_000).astype(np.float32)
    with RawTake(tmp_path / "take.wav", 44_100) as take:
        take.append(samples[:7000])
        take.append(samples[7000:])
    read, rate = soundfile.read(tmp_path / "take.wav", dtype="float32")
    assert rate == 44_100
    np.testing.assert_array_equal(read, samples)
    assert describe(tmp_path / "take.wav").n_samples == 10_000
    again, rate = read_raw(tmp_path / "take.wav")
    assert rate == 44_100
    np.testing.assert_array_equal(again, samples)


def test_what_came_after_the_last_header_is_found(tmp_path: Path) -> None:
    path = tmp_path / "take.wav"
    take = RawTake(path, 48_000)
    take.append(np.ones(1000, np.float32))
    take.sync()
    take.append(np.full(500, 2.0, np.float32))
    assert soundfile.info(path).frames in (1000, 1500)  # valid for any reader meanwhile
    found, _ = read_raw(path)
    assert len(found) == 1500
    assert found[-1] == 2.0
    take.close()


def test_a_killed_writer_leaves_a_whole_file(tmp_path: Path) -> None:
    path = tmp_path / "take.wav"
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path)], cwd=ROOT, stdout=subprocess.PIPE
    ) as writer:
        assert writer.stdout is not None
        synced = int(writer.stdout.readline())
        time.sleep(0.1)
        writer.kill()
    found, rate = read_raw(path)
    assert rate == 48_000
    assert len(found) >= synced
    np.testing.assert_array_equal(found, np.arange(len(found), dtype=np.float32))
    readable, _ = soundfile.read(path, dtype="float32")
    assert len(readable) >= synced
    np.testing.assert_array_equal(readable, found[: len(readable)])


@pytest.mark.parametrize("cut", [0, 1, 3, 4, 401])
def test_a_sample_that_was_cut_in_two_is_left_out(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "take.wav"
    with RawTake(path, 48_000) as take:
        take.append(np.arange(1000, dtype=np.float32))
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size - cut)
    found, _ = read_raw(path)
    assert len(found) == 1000 - -(-cut // 4)


def test_beyond_four_gigabytes_it_is_an_rf64(tmp_path: Path) -> None:
    n = LARGEST // 4 + 100
    path = tmp_path / "long.wav"
    with path.open("wb") as file:
        file.write(header(48_000, n))
        file.truncate(HEADER + 4 * n)  # a hole: nothing of it is on the disk
    info = soundfile.info(path)
    assert (info.format, info.frames, info.samplerate) == ("RF64", n, 48_000)
    assert len(header(48_000, n)) == len(header(48_000, 1)) == HEADER
    found, _ = read_raw(path)
    assert len(found) == n


def test_what_is_no_take_is_refused(tmp_path: Path) -> None:
    other = tmp_path / "other.wav"
    soundfile.write(other, np.zeros(5000), 48_000)
    short = tmp_path / "short.wav"
    short.write_bytes(header(48_000, 0)[:40])
    wild = tmp_path / "wild.wav"
    wild.write_bytes(b"\xff" * 4000)
    for path in (other, short, wild):
        with pytest.raises(AudioFileError, match="damaged"):
            read_raw(path)
    with pytest.raises(AudioFileError, match="cannot be read"):
        read_raw(tmp_path / "none.wav")


def test_a_full_disk_is_said_and_what_was_written_stays(tmp_path: Path) -> None:
    resource = pytest.importorskip("resource", reason="this system limits no file's size")
    path = tmp_path / "take.wav"
    take = RawTake(path, 48_000)
    take.append(np.ones(1000, np.float32))
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (HEADER + 6000, hard))
    try:
        with pytest.raises(StorageError, match=r"Could not record .*take\.wav"):
            take.append(np.ones(5000, np.float32))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    take.close()
    found, _ = read_raw(path)
    assert len(found) >= 1000
    np.testing.assert_array_equal(found[:1000], np.ones(1000))
