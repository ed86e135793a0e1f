"""A user's own table of knob settings: what it says, and what is wrong with it."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest

from engines.circuits.library import circuit_named
from engines.circuits.motion_file import MAX_BYTES, MAX_LINES, read_motion
from projects.errors import FileFormatError, StorageError

OVERDRIVE = circuit_named("overdrive")


def written(tmp_path: Path, content: str | bytes) -> Path:
    path = tmp_path / "motion.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def test_straight_between_its_times(tmp_path: Path) -> None:
    text = "\ufeffTime, drive,Tone\r\n# my solo\r\n0.5,0.2,1\r\n\r\n1.5,0.4,0\r\n"
    path = written(tmp_path, text)
    found = read_motion(path, OVERDRIVE)
    assert [knob.param for knob in found.knobs] == ["drive", "tone"]
    assert found.digest == hashlib.sha256(path.read_bytes()).hexdigest()
    track = found.track(2000, 1000)
    assert track.shape == (2000, 2)
    np.testing.assert_allclose(track[[0, 500, 1000, 1500, 1999], 0], [0.2, 0.2, 0.3, 0.4, 0.4])
    np.testing.assert_allclose(track[[0, 1250], 1], [1.0, 0.25])


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "it is empty; its first line should be time,knob"),
        ("\n# nothing\n", "it is empty"),
        ("drive,time\n0,0\n", "its first line should be time and the knobs.*drive, tone, level"),
        ("time\n0\n", "its first line should be time and the knobs"),
        ("time,dirve\n0,0\n", "Overdrive has no knob 'dirve'; it has: drive, tone, level"),
        ("time,drive,Drive\n0,0,0\n", "names the knob 'Drive' twice"),
        ("time,drive\n", "no line of settings"),
        ("time,drive\n0,0.5\n1,0.5,1\n", "line 3: it has 3 numbers instead of 2"),
        ("time,drive\n0,0.5\n1\n", "line 3: it has 1 numbers instead of 2"),
        ("time,drive\n0,half\n", "line 2: 'half' is no number"),
        ("time,drive\n0,nan\n", "line 2: 'nan' is no number"),
        ("time,drive\ninf,0\n", "line 2: 'inf' is no number"),
        ("time,drive\n0,1.5\n", "line 2: Drive goes from 0 to 1, and 1.5 is outside"),
        ("time,drive\n-1,0.5\n", "line 2: its time is before the beginning"),
        ("time,drive\n0,0.5\n\n0,0.6\n", "line 4: its time is not later"),
        ("time,drive\n0;0.5\n", "line 2: it has 1 numbers instead of 2"),
        ('time,drive\n0,"0.5\n', "unexpected end of data"),
        ('time,drive\n0,"' + "5" * 1000 + '"\n', "line 2: it is too long"),
        (b"time,drive\n0,\xff\n", "it is no text file"),
        (b"time,drive\n0,0\x000\n", "it is no text file"),
        ("time,drive\n" + "0,0\n" * (MAX_LINES + 1), f"more than {MAX_LINES} lines"),
        (b"#" * (MAX_BYTES + 1), "it is larger than 20 MB"),
    ],
    ids=lambda value: repr(value[:24]),
)  # fmt: skip
def test_what_is_wrong_is_said(tmp_path: Path, content: str | bytes, said: str) -> None:
    with pytest.raises(FileFormatError, match=said) as caught:
        read_motion(written(tmp_path, content), OVERDRIVE)
    assert "motion.csv cannot be used" in caught.value.sentence


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(FileFormatError, match=r"There is no motion file .*missing\.csv"):
        read_motion(tmp_path / "missing.csv", OVERDRIVE)
    with pytest.raises(StorageError, match="read the motion file"):
        read_motion(tmp_path, OVERDRIVE)
