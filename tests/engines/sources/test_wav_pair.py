"""Importing a dry and a wet file: what is refused, what is warned of, what is left alone."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from engines.audio.files import AudioFileError, read_signal, write_wav
from engines.sources.wav_pair import SOURCE, WavPairConfig
from engines.worker.context import JobContext
from projects.capture import Capture
from projects.errors import ProjectError, TrimpotError

RATE = 44100
RNG = np.random.default_rng(1)
DRY = np.convolve(RNG.uniform(-0.4, 0.4, 3 * RATE), np.ones(8) / 8, "same")
WET = 0.5 * np.tanh(4 * DRY)
MakeContext = Callable[..., JobContext]


def imported(folder: Path, context: JobContext, **changes: Any) -> Capture:
    config = {"dry": folder / "in.wav", "wet": folder / "out.wav", **changes}
    made = folder / "made"
    made.mkdir(exist_ok=True)
    return SOURCE.produce(WavPairConfig.model_validate(config), made, context)[0]


def pair(folder: Path, dry: np.ndarray = DRY, wet: np.ndarray = WET, rate: int = RATE) -> Path:
    write_wav(folder / "in.wav", dry, RATE)
    write_wav(folder / "out.wav", wet, rate)
    return folder


def levels(capture: Capture) -> dict[str, str]:
    return {check.name: check.level for check in capture.checks}


def test_a_good_pair(tmp_path: Path, make_context: MakeContext) -> None:
    pair(tmp_path)
    before = [hashlib.sha256(path.read_bytes()).digest() for path in sorted(tmp_path.glob("*.wav"))]
    capture = imported(tmp_path, make_context(), knobs={"gain": 0.5})
    assert set(levels(capture).values()) == {"ok"}
    assert (capture.name, capture.sample_rate, capture.n_samples) == ("out", RATE, len(DRY))
    assert capture.knobs == {"gain": 0.5}
    place = tmp_path / "made" / capture.id
    np.testing.assert_array_equal(
        read_signal(place, capture, capture.signal("wet")), WET.astype(np.float32)
    )
    after = [hashlib.sha256(path.read_bytes()).digest() for path in sorted(tmp_path.glob("*.wav"))]
    assert before == after


def test_two_rates_are_refused(tmp_path: Path, make_context: MakeContext) -> None:
    pair(tmp_path, rate=48000)
    with pytest.raises(AudioFileError) as error:
        imported(tmp_path, make_context())
    for word in ("44100 Hz", "48000 Hz", "in.wav", "out.wav"):
        assert word in error.value.sentence
    assert not list((tmp_path / "made").iterdir())


def test_the_longer_file_is_trimmed(tmp_path: Path, make_context: MakeContext) -> None:
    messages: list[Any] = []
    pair(tmp_path, wet=np.concatenate([WET, np.zeros(441)]))
    capture = imported(tmp_path, make_context(messages.append))
    assert capture.n_samples == len(DRY)
    assert levels(capture)["lengths"] == "warning"
    assert any("wet file is 0.010 s longer" in getattr(m, "text", "") for m in messages)


def test_too_short_to_divide(tmp_path: Path, make_context: MakeContext) -> None:
    pair(tmp_path, DRY[:20000], WET[:20000])
    with pytest.raises(ProjectError, match="too short"):
        imported(tmp_path, make_context())


def test_no_samples_that_are_not_numbers(tmp_path: Path, make_context: MakeContext) -> None:
    pair(tmp_path)
    wet = WET.copy()
    wet[1000] = np.nan
    soundfile.write(tmp_path / "out.wav", wet, RATE, subtype="FLOAT")
    with pytest.raises(AudioFileError, match="not numbers"):
        imported(tmp_path, make_context())


@pytest.mark.parametrize("name", ["in.wav", "out.wav"])
@pytest.mark.parametrize("fault", ["missing", "empty", "truncated", "garbage"])
def test_a_faulty_file_is_named(
    tmp_path: Path, make_context: MakeContext, name: str, fault: str
) -> None:
    path = pair(tmp_path) / name
    content = path.read_bytes()
    path.unlink()
    if fault != "missing":
        path.write_bytes(
            {"empty": b"", "truncated": content[: len(content) // 2], "garbage": b"x" * 999}[fault]
        )
    with pytest.raises(TrimpotError) as error:
        imported(tmp_path, make_context())
    assert name in error.value.sentence
    assert "\n" not in error.value.sentence


@pytest.mark.parametrize(
    ("channel", "expected"), [("first", DRY), ("second", WET), ("mix", (DRY + WET) / 2)]
)
def test_channels(
    tmp_path: Path, make_context: MakeContext, channel: str, expected: np.ndarray
) -> None:
    write_wav(tmp_path / "in.wav", np.stack([DRY, WET], 1), RATE)
    write_wav(tmp_path / "out.wav", 0.9 * WET**2, RATE)
    capture = imported(tmp_path, make_context(), channel=channel)
    found = read_signal(tmp_path / "made" / capture.id, capture, capture.signal("dry"))
    np.testing.assert_allclose(found, expected, atol=1e-6)


@pytest.mark.parametrize(
    ("dry", "wet", "check", "level"),
    [
        (DRY, DRY, "wet against dry", "problem"),
        (DRY, 0.5 * DRY, "wet against dry", "warning"),
        (np.zeros_like(DRY), WET, "dry level", "warning"),
        (DRY, np.zeros_like(WET), "wet level", "warning"),
        (DRY, 1e-3 * WET, "wet level", "warning"),
        (DRY, np.clip(5 * DRY, -1, 1), "wet clipping", "warning"),
        (DRY, WET + 0.05, "wet offset", "warning"),
        (DRY, np.roll(WET, 500), "alignment", "warning"),
        (DRY, np.roll(WET, -5), "alignment", "warning"),
        (DRY, -np.roll(WET, 4), "alignment", "ok"),
        (DRY, RNG.permutation(WET), "alignment", "warning"),
    ],
)
def test_what_is_wrong_is_said(
    tmp_path: Path,
    make_context: MakeContext,
    dry: np.ndarray,
    wet: np.ndarray,
    check: str,
    level: str,
) -> None:
    capture = imported(pair(tmp_path, dry, wet), make_context())
    assert levels(capture)[check] == level


def test_real_recordings_that_are_known_to_be_late(
    development_data: Path, tmp_path: Path, make_context: MakeContext
) -> None:
    """Of the CL 1B's twelve settings, four are 67 samples late, and two longer than the input."""
    late, longer = 0, 0
    for wet in sorted((development_data / "cl1b").glob("target_*.wav")):
        capture = imported(
            tmp_path, make_context(), dry=development_data / "cl1b" / "Input.wav", wet=wet
        )
        check = next(check for check in capture.checks if check.name == "alignment")
        late += check.level == "warning" and 60 <= (check.value or 0) <= 75
        longer += levels(capture).get("lengths") == "warning"
    assert (late, longer) == (4, 2)
