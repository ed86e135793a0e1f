"""Files behind a load command: read once, read again when they have changed."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from audio_engine import RATE, sine

from engines.audio.files import dry_id, write_wav
from engines.audition.origin import Origin
from engines.audition.protocol import Load
from projects.capture import Capture, Signal, write_capture
from projects.errors import TrimpotError


@pytest.fixture
def capture(tmp_path: Path) -> Path:
    folder = tmp_path / "captures" / "one"
    folder.mkdir(parents=True)
    x = sine(0.5)
    write_wav(folder / "dry.wav", x, RATE)
    write_wav(folder / "wet.wav", np.tanh(3 * x), RATE)
    write_capture(
        folder,
        Capture(
            id="one",
            name="My fuzz",
            sample_rate=RATE,
            n_samples=len(x),
            dry_id=dry_id(x),
            signals=(
                Signal(name="dry", role="dry", file="dry.wav"),
                Signal(name="wet", role="wet", file="wet.wav", unit="V", full_scale=4.5),
            ),
        ),
    )
    return folder


def of(**names: str) -> Origin:
    origin = Origin.of(Load(**names))  # type: ignore[arg-type]
    assert origin is not None
    return origin


def test_a_capture_is_read_whole(capture: Path) -> None:
    material = of(capture=str(capture)).read(0.1, 0.4)
    assert material.name == "My fuzz"
    assert material.has_wet
    assert (material.n, material.start, material.stop) == (24_000, 4800, 19_200)
    np.testing.assert_array_equal(material.dry[: material.n], sine(0.5))


def test_wet_is_heard_as_it_was_decided_to_be(capture: Path) -> None:
    command = Load(capture=str(capture), shift=100, flip=True)
    origin = Origin.of(command)
    assert origin is not None
    assert origin != Origin.of(Load(capture=str(capture)))
    wet = np.tanh(3 * sine(0.5)).astype(np.float32)
    material = origin.read(0.0, None)
    np.testing.assert_array_equal(material.wet[: material.n - 100], -wet[100:])
    np.testing.assert_array_equal(material.dry[: material.n], sine(0.5))


def test_a_file_is_heard_in_place_of_a_captures_own(capture: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.wav"
    write_wav(other, 0.5 * sine(0.5), RATE)
    origin = Origin.of(Load(capture=str(capture), dry=str(other), shift=-7))
    assert origin is not None
    material = origin.read(0.0, None)
    np.testing.assert_allclose(material.dry[: material.n], 0.5 * sine(0.5), atol=1e-7)
    assert not material.wet[:7].any()
    write_wav(other, 0.5 * sine(0.5), 44_100)
    with pytest.raises(TrimpotError, match="44100 Hz"):
        origin.read(0.0, None)


def test_a_capture_without_its_audio_is_a_sentence(capture: Path) -> None:
    (capture / "wet.wav").unlink()
    with pytest.raises(TrimpotError, match=r"lacks its audio file wet\.wav"):
        of(capture=str(capture)).read(0.0, None)


def test_origins_are_equal_until_a_file_changes(
    capture: Path, make_wav: Callable[..., Path]
) -> None:
    path = make_wav("dry", sine(0.1))
    for name, changed in (("dry", path), ("capture", capture / "wet.wav")):
        names = {name: str(path if name == "dry" else capture)}
        before = of(**names)
        assert of(**names) == before
        later = changed.stat().st_mtime_ns + 1_000_000
        os.utime(changed, ns=(later, later))
        assert of(**names) != before


def test_a_file_that_is_not_there_has_an_origin_and_a_sentence(tmp_path: Path) -> None:
    origin = of(dry=str(tmp_path / "none.wav"))
    with pytest.raises(TrimpotError, match="no audio file"):
        origin.read(0.0, None)


def test_nothing_named_is_no_origin() -> None:
    assert Origin.of(Load()) is None


def test_another_stretch_of_known_audio_is_as_if_read_anew(capture: Path) -> None:
    origin = of(capture=str(capture))
    known = origin.read(0.0, None)
    for path in capture.iterdir():
        path.unlink()
    again = origin.read(0.2, 0.3, known)
    assert again.dry is known.dry
    assert (again.start, again.stop) == (9600, 14_400)
    digest = hashlib.sha256(again.wet.tobytes()).hexdigest()
    assert digest == hashlib.sha256(known.wet.tobytes()).hexdigest()
