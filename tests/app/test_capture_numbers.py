"""The numbers behind a capture's plots, with units and decisions, and a fit drawn over them."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from app.capture_numbers import levels, static_curve, stopper, transfer
from app.capture_numbers import state as state_relation
from app.capture_signals import DifferenceAudio, OpenedCapture
from app.models import FoundModel
from app.peak_files import DrawnSignal, StoppedError, make_drawn
from engines.audio.blocks import ArrayAudio
from engines.effects.compressor import CompressorSettings
from engines.models.base import Model, ModelInfo
from engines.models.compressor import CompressorConfig
from engines.models.compressor.parameters import rows_of
from engines.models.storage import save_model
from engines.models.streaming import render
from projects.capture import Capture, Signal
from projects.jobs import BEST_FILE, Job, Status
from projects.manifest import Edits
from projects.project import FoundJob

RATE = 16_000


def free() -> None:
    """A check that lets everything go on."""


def drawn(folder: Path, name: str, role: str, samples: np.ndarray, **more: object) -> DrawnSignal:
    signal = Signal(name=name, role=role, **more)  # type: ignore[arg-type]
    audio = ArrayAudio(samples, RATE)
    return make_drawn(signal, audio, RATE, len(samples), folder / f"{name}.peaks", b"")


def opened(
    folder: Path, dry: np.ndarray, wet: np.ndarray, edits: Edits | None = None
) -> OpenedCapture:
    signals = (
        drawn(folder, "dry", "dry", dry),
        drawn(folder, "wet", "wet", wet, unit="V", full_scale=2.0),
        drawn(folder, "vC", "state", 0.5 * dry, unit="V"),
    )
    capture = Capture(
        id="take",
        name="Take",
        sample_rate=RATE,
        n_samples=len(dry),
        dry_id="0" * 64,
        signals=tuple(item.signal for item in signals),
    )
    return OpenedCapture(capture, edits or Edits(), signals)


@pytest.fixture
def playing() -> np.ndarray:
    """Noise whose level changes every second, float32."""
    rng = np.random.default_rng(0)
    level = np.repeat(10.0 ** (rng.uniform(-45.0, -6.0, 24) / 20.0), RATE)
    return (level * rng.normal(size=24 * RATE)).clip(-1, 1).astype(np.float32)


def test_a_transfer_plot_has_the_signals_units(tmp_path: Path, playing: np.ndarray) -> None:
    relation = transfer(opened(tmp_path, playing, np.tanh(3 * playing)), free)
    assert (relation.x_label, relation.y_label) == ("dry (FS)", "wet (V)")
    mean = relation.curves[0]
    good = np.isfinite(mean.y)
    assert good.sum() > 60
    np.testing.assert_allclose(mean.y[good], 2 * np.tanh(3 * mean.x[good]), atol=0.06)


def test_plots_are_of_the_wet_as_it_was_decided_to_be(tmp_path: Path, playing: np.ndarray) -> None:
    late = np.roll(-playing, 67)
    decided = opened(tmp_path, playing, late, Edits(shift=67, flip=True))
    mean = transfer(decided, free).curves[0]
    good = np.isfinite(mean.y)
    np.testing.assert_allclose(mean.y[good], 2 * mean.x[good], atol=0.05)
    plain = transfer(opened(tmp_path, playing, late), free).curves[0]
    assert np.nanmax(np.abs(plain.y)) < 0.5


def test_a_state_against_the_output(tmp_path: Path, playing: np.ndarray) -> None:
    capture = opened(tmp_path, playing, playing)
    relation = state_relation(capture, "vC", free)
    assert relation.x_label == "vC (V)"
    mean = relation.curves[0]
    good = np.isfinite(mean.y)
    np.testing.assert_allclose(mean.y[good], 4 * mean.x[good], atol=0.1)
    assert "no such state" in state_relation(capture, "iL", free).note


def test_levels_are_told_for_both(tmp_path: Path, playing: np.ndarray) -> None:
    dry, wet = levels(opened(tmp_path, playing, 0.5 * playing), free)
    assert (dry.role, wet.role) == ("dry", "wet")
    assert dry.rms_db - wet.rms_db == pytest.approx(6.02, abs=0.05)
    assert dry.shares.sum() == pytest.approx(1.0)


def test_counting_stops_when_nobody_looks(tmp_path: Path, playing: np.ndarray) -> None:
    stop = threading.Event()
    stop.set()
    with pytest.raises(StoppedError):
        transfer(opened(tmp_path, playing, playing), stopper(stop))


def test_short_audio_has_no_static_curve(tmp_path: Path, playing: np.ndarray) -> None:
    found = static_curve(opened(tmp_path, playing[:800], playing[:800]), free)
    assert not found.curves
    assert "too few moments" in found.note


def test_a_fitted_compressor_is_drawn_over_what_was_measured(
    tmp_path: Path, playing: np.ndarray
) -> None:
    table = rows_of(CompressorSettings(-30.0, 5.0, 6.0, 0.003, 0.06), 7)
    info = ModelInfo(name="fit", sample_rate=RATE)
    model = Model("compressor", CompressorConfig(tone=False), {"parameters": table[:, None]}, info)
    save_model(tmp_path / BEST_FILE, model)
    job = Job(kind="train", name="Fit", config={"architecture": "compressor"})
    run = FoundModel(FoundJob(tmp_path, job, Status(state="done")))
    from dataclasses import replace

    capture = replace(opened(tmp_path, playing, render(model, playing)), model=run)
    relation = static_curve(capture, free)
    measured, fitted = relation.curves[1], relation.curves[2]
    assert fitted.label == "fitted: Fit"
    shared = np.intersect1d(measured.x, fitted.x)
    assert len(shared) > 5
    ours, theirs = (c.y[np.isin(c.x, shared)] for c in (fitted, measured))
    np.testing.assert_allclose(ours, theirs, atol=1.0)
    assert measured.low is not None
    assert (measured.low <= measured.y).all()


def test_a_difference_is_read_piece_by_piece(playing: np.ndarray) -> None:
    first, second = ArrayAudio(playing, RATE), ArrayAudio(0.25 * playing[:-100], RATE)
    difference = DifferenceAudio(first, second)
    assert (difference.n_samples, difference.sample_rate) == (len(playing) - 100, RATE)
    np.testing.assert_allclose(difference.read(50, 80), 0.75 * playing[50:80], rtol=1e-6)


def test_the_windows_process_stays_light() -> None:
    program = (
        "import sys\n"
        "import app.stages.capture_plots, app.capture_numbers\n"
        "import engines.models.compressor.drawing, engines.models.storage\n"
        "import engines.training.dataset\n"
        "print([m for m in ('torch', 'numba', 'scipy', 'sounddevice') if m in sys.modules])\n"
    )
    found = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60
    )
    assert found.stdout.strip() == "[]"
