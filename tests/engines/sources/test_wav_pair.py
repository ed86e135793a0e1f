"""Importing a dry and a wet file: what is refused, what is warned of, what is left alone."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from engines.audio.files import AudioFileError, dry_id, read_signal, write_wav
from engines.sources.wav_pair import SOURCE, WavPairConfig
from engines.worker.context import JobContext
from projects.capture import Capture
from projects.errors import ProjectError, TrimpotError
from projects.project import proposed_split

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


def test_another_rate_is_resampled_and_stated(tmp_path: Path, make_context: MakeContext) -> None:
    """A tone keeps its place in time to a small part of a sample, at either rate."""
    time = np.arange(3 * 48_000) / 48_000
    tone = 0.5 * np.sin(2 * np.pi * 440 * time)
    dry = 0.5 * np.sin(2 * np.pi * 440 * np.arange(3 * RATE) / RATE)
    pair(tmp_path, dry=dry, wet=0.5 * tone, rate=48_000)
    capture = imported(tmp_path, make_context())
    assert (capture.sample_rate, capture.n_samples) == (RATE, 3 * RATE)
    check = next(check for check in capture.checks if check.name == "wet rate")
    assert "48000 Hz" in check.text
    assert "44100 Hz" in check.text
    wet = read_signal(tmp_path / "made" / capture.id, capture, capture.signal("wet"))
    np.testing.assert_allclose(wet[500:-500], 0.5 * dry[500:-500], atol=1e-5)
    both = imported(tmp_path, make_context(), sample_rate=96_000)
    assert (both.sample_rate, both.n_samples) == (96_000, 6 * 48_000)


@pytest.mark.parametrize(
    ("name", "lossy"), [("a.flac", False), ("a.aiff", False), ("a.ogg", True), ("a.mp3", True)]
)
def test_any_format(tmp_path: Path, make_context: MakeContext, name: str, lossy: bool) -> None:
    pair(tmp_path)
    soundfile.write(tmp_path / name, WET, RATE)
    capture = imported(tmp_path, make_context(), wet=tmp_path / name)
    assert levels(capture).get("wet encoding") == ("warning" if lossy else None)
    wet = read_signal(tmp_path / "made" / capture.id, capture, capture.signal("wet"))
    error = np.mean((wet - WET[: len(wet)]) ** 2) / np.mean(WET**2)
    assert error < (0.1 if lossy else 1e-6)


def test_a_lossy_file_is_copied_though_it_was_to_be_referred_to(
    tmp_path: Path, make_context: MakeContext
) -> None:
    pair(tmp_path)
    soundfile.write(tmp_path / "out.ogg", WET, RATE)
    capture = imported(tmp_path, make_context(), wet=tmp_path / "out.ogg", keep="reference")
    assert capture.signal("dry").reference is not None
    assert capture.signal("wet").reference is None
    assert levels(capture)["wet copied"] == "ok"
    assert (tmp_path / "made" / capture.id / "wet.wav").is_file()


def test_used_where_it_lies(tmp_path: Path, make_context: MakeContext) -> None:
    write_wav(tmp_path / "in.wav", np.stack([DRY * 0, DRY], 1), RATE)
    write_wav(tmp_path / "out.wav", np.concatenate([WET, WET[:99]]), RATE)
    capture = imported(tmp_path, make_context(), keep="reference", channel="second")
    place = tmp_path / "made" / capture.id
    assert [path.name for path in place.iterdir()] == ["capture.json"]
    dry, wet = capture.signal("dry"), capture.signal("wet")
    assert capture.n_samples == len(DRY)
    np.testing.assert_array_equal(read_signal(place, capture, dry), DRY.astype(np.float32))
    np.testing.assert_array_equal(read_signal(place, capture, wet), WET.astype(np.float32))
    copied = imported(tmp_path, make_context(), channel="second")
    assert copied.dry_id == capture.dry_id


def test_damage_in_a_file_used_where_it_lies_is_found(
    tmp_path: Path, make_context: MakeContext
) -> None:
    """Nothing is copied, and yet everything is read once."""
    pair(tmp_path)
    wet = WET.copy()
    wet[len(wet) // 2 + 777] = np.nan
    soundfile.write(tmp_path / "out.wav", wet, RATE, subtype="FLOAT")
    with pytest.raises(AudioFileError, match="not numbers"):
        imported(tmp_path, make_context(), keep="reference")


def test_the_longer_file_is_trimmed(tmp_path: Path, make_context: MakeContext) -> None:
    messages: list[Any] = []
    pair(tmp_path, wet=np.concatenate([WET, np.zeros(441)]))
    capture = imported(tmp_path, make_context(messages.append))
    assert capture.n_samples == len(DRY)
    assert levels(capture)["lengths"] == "warning"
    assert any("The wet file is 0.010 s" in getattr(m, "text", "") for m in messages)


def test_a_shorter_wet_does_not_move_the_borders(tmp_path: Path, make_context: MakeContext) -> None:
    """Else the same input would stand in the test part of one and be trained on in another."""
    pair(tmp_path)
    whole = imported(tmp_path, make_context())
    write_wav(tmp_path / "out.wav", WET[:-5000], RATE)
    for keep in ("copy", "reference"):
        shorter = imported(tmp_path, make_context(), keep=keep)
        assert shorter.n_samples == len(DRY) - 5000
        assert shorter.dry_id == dry_id(DRY[:-5000].astype(np.float32)) != whole.dry_id
        borders = [section.start for section in proposed_split(whole).sections]
        assert [section.start for section in shorter.sections] == borders


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
    ("dry", "wet", "check", "level", "included"),
    [
        (DRY, DRY, "wet against dry", "problem", True),
        (DRY, 0.5 * DRY, "wet against dry", "warning", True),
        (np.zeros_like(DRY), WET, "dry level", "problem", False),
        (DRY, np.zeros_like(WET), "wet level", "problem", False),
        (DRY, 1e-3 * WET, "wet level", "warning", True),
        (DRY, WET + 0.05, "wet offset", "warning", True),
        (DRY, np.roll(WET, 500), "latency", "warning", True),
        (DRY, np.roll(WET, -5), "latency", "problem", True),
        (DRY, -WET, "polarity", "warning", True),
        (DRY, RNG.permutation(WET), "match", "problem", True),
    ],
)
def test_what_the_checks_say_is_kept(
    tmp_path: Path,
    make_context: MakeContext,
    dry: np.ndarray,
    wet: np.ndarray,
    check: str,
    level: str,
    included: bool,
) -> None:
    """The verdicts themselves are tested with the checks; here, that they arrive."""
    pair(tmp_path, dry, wet)
    messages: list[Any] = []
    capture = imported(tmp_path, make_context(messages.append))
    assert levels(capture)[check] == level
    assert capture.included == included
    said = next(one.text for one in capture.checks if one.name == check)
    assert any(getattr(message, "text", "") == said for message in messages)
    undecided = imported(tmp_path, make_context(), fixes="none")
    assert (undecided.included, undecided.edits.any) == (True, False)
