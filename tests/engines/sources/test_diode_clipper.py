"""The simulated source: what it stores, from built-in signals and from a recording."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from engines.audio.files import read_signal, write_wav
from engines.circuits.base import SimulatorMissingError
from engines.circuits.ngspice import ENVIRONMENT
from engines.signals.builtin import builtin_dry
from engines.sources.diode_clipper import SOURCE, DiodeClipperConfig
from engines.worker.context import JobContext
from projects.errors import ProjectError

MakeContext = Callable[..., JobContext]
needs_ngspice = pytest.mark.skipif(
    shutil.which("ngspice") is None, reason="ngspice is not installed"
)


@needs_ngspice
def test_built_in_signal(tmp_path: Path, make_context: MakeContext) -> None:
    config = DiodeClipperConfig(seconds=4.0, sample_rate=48000, seed=5, drive=3.0)
    (capture,) = SOURCE.produce(config, tmp_path / "made", make_context())
    made = builtin_dry(4.0, 48000, 5)
    assert capture.sections == made.sections
    dry, wet, state = capture.signals
    assert (dry.unit, dry.full_scale) == ("V", 3.0)
    assert (wet.unit, wet.full_scale) == ("V", 1.0)
    assert (state.role, state.file, state.unit) == ("state", "state-vC.wav", "V")
    place = tmp_path / "made" / capture.id
    np.testing.assert_array_equal(read_signal(place, capture, dry), made.samples)
    output = read_signal(place, capture, wet)
    np.testing.assert_array_equal(read_signal(place, capture, state), output)
    assert 0.5 < np.abs(output).max() < 0.75
    names = {check.name: check.level for check in capture.checks}
    assert names["simulated input"] == "ok"
    assert names["states"] == "ok"
    assert capture.source["simulator"].startswith("ngspice")


@needs_ngspice
def test_recording(tmp_path: Path, make_context: MakeContext) -> None:
    x = 0.5 * np.sin(np.arange(2 * 8000) * 0.2)
    write_wav(tmp_path / "riff.wav", np.stack([x, 0 * x], 1), 8000)
    config = DiodeClipperConfig(dry=str(tmp_path / "riff.wav"), channel="first", name="Riff")
    (capture,) = SOURCE.produce(config, tmp_path / "made", make_context())
    assert (capture.name, capture.sample_rate, capture.n_samples) == ("Riff", 8000, len(x))
    assert capture.sections == ()
    limited = config.model_copy(update={"limit": 1.5})
    (capture,) = SOURCE.produce(limited, tmp_path / "limited", make_context())
    assert capture.n_samples == 12_000


@needs_ngspice
def test_recording_too_short(tmp_path: Path, make_context: MakeContext) -> None:
    write_wav(tmp_path / "click.wav", np.ones(2000), 8000)
    config = DiodeClipperConfig(dry=str(tmp_path / "click.wav"))
    with pytest.raises(ProjectError, match="too short"):
        SOURCE.produce(config, tmp_path / "made", make_context())


def test_missing_simulator_is_said_before_any_work(
    tmp_path: Path, make_context: MakeContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(ENVIRONMENT, str(tmp_path / "nothing"))
    messages: list[object] = []
    with pytest.raises(SimulatorMissingError, match="settings"):
        SOURCE.produce(DiodeClipperConfig(), tmp_path / "made", make_context(messages.append))
    assert not messages
