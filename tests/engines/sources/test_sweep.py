"""Computed effects swept into captures: what is made, shared, bounded and refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from engines.audio.files import AudioFileError, read_signal, write_wav
from engines.effects.base import EffectError
from engines.effects.compressor import Compressor, CompressorSettings
from engines.sources import registry, sweep
from engines.worker.context import JobContext
from projects.capture import Capture

RATE = 16_000
SHORT: dict[str, Any] = {"seconds": 4.0, "sample_rate": RATE}
EFFECTS = ("compressor", "tone", "waveshaper")
Make = Callable[..., JobContext]


def made(name: str, config: dict[str, Any], folder: Path, context: JobContext) -> list[Capture]:
    source = registry()[name]
    folder.mkdir()
    return source.produce(source.Config.model_validate(config), folder, context)


def test_each_combination_is_a_capture(tmp_path: Path, make_context: Make) -> None:
    config = {**SHORT, "threshold": [-30, -20, -20], "ratio": [2, 10], "attack": [1.0]}
    captures = made("compressor", config, tmp_path / "made", make_context())
    settings = [(c.knobs["Threshold"], c.knobs["Ratio"]) for c in captures]
    assert settings == [(-30.0, 2.0), (-30.0, 10.0), (-20.0, 2.0), (-20.0, 10.0)]
    assert len({capture.dry_id for capture in captures}) == 1
    assert captures[0].name == "Compressor, threshold -30 dB, ratio 2"
    attack = next(control for control in captures[0].controls if control.name == "Attack")
    assert (attack.unit, attack.taper) == ("ms", "log")
    assert all(control.name in captures[0].knobs for control in captures[0].controls)


def test_wet_is_the_effect_of_dry(tmp_path: Path, make_context: Make) -> None:
    config = {**SHORT, "threshold": [-30], "ratio": [4], "knee": [3], "averaging": 2.0}
    (capture,) = made("compressor", config, tmp_path / "made", make_context())
    place = tmp_path / "made" / capture.id
    dry, wet = (read_signal(place, capture, capture.signal(role)) for role in ("dry", "wet"))
    chosen = CompressorSettings(-30.0, 4.0, 3.0, 0.005, 0.1, 0.0, 0.002)
    expected = Compressor(chosen, RATE).process(dry.astype(np.float64)).astype(np.float32)
    np.testing.assert_array_equal(wet, expected)


def test_dry_is_kept_once(tmp_path: Path, make_context: Make) -> None:
    captures = made("tone", {**SHORT, "treble": [0]}, tmp_path / "made", make_context())
    files = [tmp_path / "made" / capture.id / "dry.wav" for capture in captures]
    assert len({file.stat().st_ino for file in files}) == 1


def test_a_disk_without_hard_links_takes_copies(
    tmp_path: Path, make_context: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError("no links here")

    monkeypatch.setattr(sweep.os, "link", refuse)
    captures = made("tone", {**SHORT, "treble": [0]}, tmp_path / "made", make_context())
    files = [tmp_path / "made" / capture.id / "dry.wav" for capture in captures]
    assert len({file.stat().st_ino for file in files}) == len(captures) == 3
    assert len({file.read_bytes() for file in files}) == 1


@pytest.mark.parametrize("name", EFFECTS)
def test_a_recording_is_played(name: str, tmp_path: Path, make_context: Make) -> None:
    dry = np.random.default_rng(0).uniform(-0.5, 0.5, 3 * RATE)
    write_wav(tmp_path / "in.wav", dry, RATE)
    config = {"dry": str(tmp_path / "in.wav"), "limit": 2.0, "name": "Mine"}
    captures = made(name, config, tmp_path / "made", make_context())
    assert {capture.n_samples for capture in captures} == {2 * RATE}
    assert all(capture.name.startswith("Mine") and not capture.sections for capture in captures)


@pytest.mark.parametrize("name", EFFECTS)
def test_a_recording_that_is_not_there(name: str, tmp_path: Path, make_context: Make) -> None:
    with pytest.raises(AudioFileError, match="There is no audio file"):
        made(name, {"dry": str(tmp_path / "none.wav")}, tmp_path / "made", make_context())


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ({"ratio": [0.5]}, "Ratio goes from 1 to 100, and 0.5 is outside"),
        ({"attack": [1, 600]}, "Attack goes from 0.05 to 500 ms, and 600 is outside"),
        ({"threshold": []}, "at least 1"),
        ({"threshold": [float("nan")]}, "finite"),
        ({"threshold": "loud"}, "valid"),
        ({"threshold": list(range(-50, 0)), "make_up": list(range(9))}, "1350 captures, more"),
    ],
)
def test_settings_that_do_not_fit_are_refused_in_words(config: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        registry()["compressor"].Config.model_validate(config)


def test_a_shelf_that_the_rate_cannot_hold(tmp_path: Path, make_context: Make) -> None:
    config = {**SHORT, "treble_hz": 9000.0}
    with pytest.raises(EffectError, match="needs a sample rate above"):
        made("tone", config, tmp_path / "made", make_context())
    assert not list((tmp_path / "made").iterdir())


def test_a_sweep_that_fills_the_disk_is_refused(
    tmp_path: Path, make_context: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweep, "MAX_SAMPLES", 300_000)
    with pytest.raises(EffectError, match=r"9 captures of this length would take .* GB\."):
        made("compressor", SHORT, tmp_path / "made", make_context())


@pytest.mark.parametrize("name", EFFECTS)
def test_every_knob_is_a_list_that_a_form_can_bound(name: str) -> None:
    config: Any = registry()[name].Config
    properties = config.model_json_schema()["properties"]
    for knob in config.knobs:
        field = properties[knob.field]
        assert field["title"] == knob.name
        assert field["items"]["minimum"] == knob.minimum
        assert field["items"]["maximum"] == knob.maximum
        assert all(knob.minimum <= value <= knob.maximum for value in field["default"])
    assert len(list(config().settings())) <= 9
