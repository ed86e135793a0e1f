"""Effects that change by themselves are told from those that only follow what is played."""

from __future__ import annotations

import pytest
from made_pairs import DRY, EFFECTS, chorus, phaser, tremolo

from engines.audio.blocks import ArrayAudio
from engines.checks.measuring import measured
from engines.checks.variation import Variation, variation

RATE = 44100
DRY_AUDIO = {kind: make(12.0, RATE, 4) for kind, make in DRY.items()}


def look(kind: str, effect: object, lag: int = 0) -> Variation:
    x = DRY_AUDIO[kind]
    y = effect(x, RATE)  # type: ignore[operator]
    found = variation(
        ArrayAudio(x, RATE), ArrayAudio(y, RATE), measured(x, RATE), lag, lambda: None
    )
    assert found is not None
    return found


@pytest.mark.parametrize("kind", list(DRY))
def test_tremolo_and_phaser_and_vibrato(kind: str) -> None:
    for hertz in (0.9, 4.0):
        found = look(kind, tremolo(hertz, 0.6))
        assert found.found
        assert found.hertz == pytest.approx(hertz, rel=0.05)
    found = look(kind, phaser(0.5))
    assert found.found
    found = look(kind, chorus(4.0, 1.0, 0.0004), 220)
    assert found.found
    assert found.hertz == pytest.approx(4.0, rel=0.05)


def test_chorus_on_dense_audio() -> None:
    found = look("coloured noise", chorus(0.7, 0.5))
    assert found.sways
    assert found.hertz == pytest.approx(0.7, rel=0.1)


@pytest.mark.parametrize("effect", list(EFFECTS))
def test_what_follows_the_playing_does_not_vary(effect: str) -> None:
    kinds = list(DRY)
    assert not look(kinds[list(EFFECTS).index(effect) % 3], EFFECTS[effect]).found


def test_too_short_to_tell() -> None:
    x = DRY_AUDIO["notes"][:RATE]
    audio = ArrayAudio(x, RATE)
    assert variation(audio, audio, measured(x, RATE), 0, lambda: None) is None
