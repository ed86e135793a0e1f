"""Importing a set laid out as SignalTrain's: its shifted pairs, its parts, what is wrong in it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from engines.audio.files import write_wav
from engines.sources.signaltrain import SOURCE, SignalTrainConfig
from engines.worker.context import JobContext
from projects.capture import Capture
from projects.errors import JobError

RATE = 22_050
LATE = 5
"""Of the pairs below, the one that is shifted."""
MakeContext = Callable[..., JobContext]


@pytest.fixture(scope="module")
def the_set(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Eight Train pairs of four seconds, one of them 40 samples late."""
    folder = tmp_path_factory.mktemp("set")
    (folder / "Train").mkdir()
    rng = np.random.default_rng(0)
    for number in range(1, 9):
        strike = np.exp(-3 * (np.arange(4 * RATE) / RATE % 0.5))
        dry = np.convolve(rng.normal(0, 0.2, 4 * RATE) * strike, [0.2, 0.6, 0.2], "same")
        wet = np.tanh(2 * dry) * 0.4
        if number == LATE:
            wet = np.concatenate([np.zeros(40), wet[:-40]])
        write_wav(folder / "Train" / f"input_{number:03d}_.wav", dry, RATE)
        name = f"target_{number:03d}_LA2A_3c__{number % 2}__{5 * number}.wav"
        write_wav(folder / "Train" / name, wet, RATE)
    return folder


def taken(context: JobContext, folder: Path, **more: Any) -> dict[str, Capture]:
    made = context.folder / "captures"
    made.mkdir(exist_ok=True)
    config = SignalTrainConfig.model_validate({"folder": folder, **more})
    return {capture.name: capture for capture in SOURCE.produce(config, made, context)}


@pytest.mark.parametrize(
    ("shifted", "included", "shift"),
    [("leave-out", False, 0), ("align", True, 40), ("keep", True, 0)],
)
def test_what_becomes_of_a_shifted_pair(
    the_set: Path, make_context: MakeContext, shifted: str, included: bool, shift: int
) -> None:
    captures = taken(make_context(), the_set, shifted=shifted)
    assert len(captures) == 8
    late = captures.pop(f"00{LATE} limit {5 * LATE}")
    assert (late.included, late.edits.shift) == (included, shift)
    assert all(one.included and not one.edits.any for one in captures.values())
    check = next(check for check in late.checks if check.name == "latency")
    assert check.level == "problem"
    assert 39 <= (check.value or 0) <= 41


def test_parts_that_lack_come_from_train(the_set: Path, make_context: MakeContext) -> None:
    messages: list[Any] = []
    captures = taken(make_context(messages.append), the_set)
    parts = {name: {section.part for section in one.sections} for name, one in captures.items()}
    assert [name for name, part in parts.items() if part == {"validation"}] == ["007 limit 35"]
    assert [name for name, part in parts.items() if part == {"test"}] == ["008 compress 40"]
    assert any("There is no Val folder" in getattr(message, "text", "") for message in messages)


def test_what_is_wrong_in_a_set_is_named_and_the_rest_goes_on(
    the_set: Path, tmp_path: Path, make_context: MakeContext
) -> None:
    train = tmp_path / "Train"
    train.mkdir()
    for path in (the_set / "Train").iterdir():
        (train / path.name).symlink_to(path)
    orphan = train / "target_001_LA2A_3c__1__5.wav"
    orphan.rename(train / "target_070_LA2A_3c__1__5.wav")
    faster = train / "target_002_LA2A_3c__0__10.wav"
    samples = soundfile.read(faster)[0]
    faster.unlink()
    soundfile.write(faster, samples[: 3 * RATE], 2 * RATE)
    context = make_context()
    captures = taken(context, tmp_path)
    assert len(captures) == 7
    assert any("has no input of the number 070" in text for text in context.refused)
    checks = {check.name: check for check in captures["002 compress 10"].checks}
    assert "44100 Hz; it was resampled to 22050 Hz" in checks["wet rate"].text
    assert checks["lengths"].value == pytest.approx(2.5)
    assert captures["002 compress 10"].signal("wet").reference is None


def test_a_folder_that_is_no_such_set(tmp_path: Path, make_context: MakeContext) -> None:
    write_wav(tmp_path / "a.wav", np.zeros(100), RATE)
    with pytest.raises(JobError, match=r"input_001_\.wav"):
        taken(make_context(), tmp_path)
