"""Audio that there is nothing to learn from: no crash, and sensible words."""

from __future__ import annotations

import numpy as np
import pytest

from engines.audio.blocks import ArrayAudio
from engines.checks import examine
from projects.manifest import Stretch

RATE = 44100
NOISE = np.random.default_rng(0).standard_normal(2 * RATE).astype(np.float32) * 0.1

ODD = {
    "silence": np.zeros(2 * RATE, np.float32),
    "constant": np.full(2 * RATE, 0.3, np.float32),
    "tiny": np.full(2 * RATE, 1e-30, np.float32) * NOISE,
    "huge": NOISE * np.float32(1e6),
    "one impulse": np.eye(1, 2 * RATE, 5000, dtype=np.float32)[0],
    "a sine": (0.5 * np.sin(np.arange(2 * RATE) * 0.05)).astype(np.float32),
    "noise": NOISE,
    "half silent": np.concatenate([NOISE[:RATE], np.zeros(RATE, np.float32)]),
}


PAIRS = [(name, name) for name in ODD] + list(
    zip(ODD, [*list(ODD)[3:], *list(ODD)[:3]], strict=True)
)


@pytest.mark.parametrize(("dry", "wet"), PAIRS)
def test_any_two_get_a_verdict(dry: str, wet: str) -> None:
    report = examine(ArrayAudio(ODD[dry], RATE), ArrayAudio(ODD[wet], RATE))
    assert report.checks
    for check in report.checks:
        assert check.text.endswith(".")
        assert check.sure is None or 0 <= check.sure <= 1
    if "silence" in (dry, wet):
        assert not report.included
        assert any(check.level == "problem" for check in report.checks)
    if dry == wet and dry in ("noise", "huge", "half silent"):
        same = report.check("wet against dry")
        assert same is not None
        assert same.level == "problem"


@pytest.mark.parametrize("n", [1, 2, 3, 17, 100, 1000, 4410, 22050])
def test_any_length_gets_a_verdict(n: int) -> None:
    report = examine(ArrayAudio(NOISE[:n], RATE), ArrayAudio(np.tanh(3 * NOISE[:n]), RATE))
    assert report.n_samples == n
    assert report.included
    assert report.edits.shift == 0


def test_many_tiny_clips() -> None:
    clips = tuple(Stretch(start=k * 1000, stop=(k + 1) * 1000) for k in range(88))
    report = examine(ArrayAudio(NOISE, RATE), ArrayAudio(np.tanh(3 * NOISE), RATE), clips=clips)
    assert report.included


def test_unequal_audio_is_refused() -> None:
    with pytest.raises(ValueError, match="equally long"):
        examine(ArrayAudio(NOISE, RATE), ArrayAudio(NOISE[:-1], RATE))


def test_it_can_be_stopped_and_says_how_far_it_is() -> None:
    said: list[float] = []
    audio = ArrayAudio(NOISE, RATE)
    examine(audio, ArrayAudio(np.tanh(NOISE), RATE), on_progress=said.append)
    assert said == sorted(said)
    assert said[-1] == 1.0

    def stop() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        examine(audio, audio, check_cancel=stop)
