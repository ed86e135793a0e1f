"""Fitting the compressor: exact derivatives, known settings found again, real recordings."""

from __future__ import annotations

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engines.effects.compressor import (
    Ballistics,
    Compressor,
    CompressorSettings,
)
from engines.effects.compressor import static_curve as effect_curve
from engines.models import registry
from engines.models.base import (
    Model,
    ModelFileError,
    ModelInfo,
    Segment,
    TrainingData,
    TrainingError,
)
from engines.models.compressor import CompressorConfig
from engines.models.compressor.fitting import Fit, Stretch, cut
from engines.models.compressor.parameters import (
    features,
    figures,
    n_features,
    rows_of,
    settings_at,
    settings_of,
    static_curve,
    step_times,
)
from engines.models.storage import load_model, save_model
from engines.training.session import RunSession, StopRules
from engines.worker.context import CancelledError, JobContext
from projects.jobs import BEST_FILE, LAST_FILE, METRICS_FILE, Job
from projects.manifest import Control

RATE = 16_000
DATA = Path(__file__).parents[4] / "shared" / "data"
KNOB = Control(name="threshold", minimum=-60.0, maximum=0.0, default=-24.0)


def playing(seconds: float, seed: int = 0) -> np.ndarray:
    """Bursts of noise and tones over 40 dB, float32 values."""
    rng = np.random.default_rng(seed)
    n = round(seconds * RATE)
    length = RATE // 5
    count = n // length + 1
    level = np.repeat(10.0 ** rng.uniform(-2.0, 0.0, count), length)[:n]
    hertz = np.repeat(rng.uniform(80.0, 2000.0, count), length)[:n]
    x = np.sin(2.0 * np.pi * np.cumsum(hertz) / RATE) + 0.3 * rng.normal(size=n)
    return (0.6 * level * x).astype(np.float32).astype(np.float64)


def segment(x: np.ndarray, y: np.ndarray, knobs: tuple[float, ...] = (), lead: int = 0) -> Segment:
    return Segment("c", 0, x, y, np.zeros((len(x), 0)), np.array(knobs), lead)


def data_of(
    made: list[tuple[CompressorSettings, tuple[float, ...]]],
    *,
    controls: tuple[Control, ...] = (),
    sign: float = 1.0,
    seconds: float = 6.0,
) -> TrainingData:
    """Training and validation audio through known compressors."""
    train, validation = [], []
    for number, (chosen, knobs) in enumerate(made):
        for parts, length, seed, lead in (
            (train, seconds, number, 0),
            (validation, 2.0, 100 + number, 1000),
        ):
            x = playing(length, seed)
            y = sign * Compressor(chosen, RATE).process(x)
            parts.append(segment(x, y.astype(np.float32).astype(np.float64), knobs, lead))
    info = ModelInfo(name="made", sample_rate=RATE, controls=controls)
    return TrainingData(info, tuple(train), tuple(validation), 0)


def session_in(folder: Path, data: TrainingData, **rules: Any) -> RunSession:
    folder.mkdir(exist_ok=True)
    context = JobContext(folder, folder, Job(kind="train", name="t"), lambda message: None)
    return RunSession(context, StopRules(**rules), registry()["compressor"], data)


def fitted(folder: Path, data: TrainingData, **config: Any) -> tuple[Model, RunSession]:
    session = session_in(folder, data)
    chosen = CompressorConfig(**config)
    result = registry()["compressor"].train(chosen, data, session)
    return result.model, session


@pytest.mark.parametrize("branching", [False, True])
def test_derivatives_are_those_of_the_loop(branching: bool) -> None:
    """J^T r and J^T J against central differences of the streaming loop, knobs included."""
    rng = np.random.default_rng(0)
    x = playing(0.5)
    stretch = Stretch(x, 0.1 * rng.normal(size=len(x)), np.array([0.3]), 200)
    chosen = CompressorSettings(-25.0, 3.0, 8.0, 0.004, 0.05, 4.0, 0.0005)
    table = np.column_stack([rows_of(chosen, 11), 0.2 * rng.normal(size=11)])
    table[[8, 10], 0] = 0.5, -0.6
    with ThreadPoolExecutor(1) as pool:
        fit = Fit([stretch], (11, 2), RATE, order=1, branching=branching, inverted=True, pool=pool)
        loss, matrix, gradient = fit.normal_equations(table.ravel())
        step = 1e-5
        outputs = [
            (
                fit.output((flat + d).reshape(11, 2), stretch),
                fit.output((flat - d).reshape(11, 2), stretch),
            )
            for flat, d in ((table.ravel(), step * unit) for unit in np.eye(22))
        ]
        assert fit.loss(table.ravel()) == pytest.approx(loss, rel=1e-9)
    jacobian = np.stack([(up - down)[200:] / (2.0 * step) for up, down in outputs], axis=1)
    with ThreadPoolExecutor(1) as pool:
        residual = fit.output(table, stretch)[200:] - stretch.y[200:]
    np.testing.assert_allclose(gradient, jacobian.T @ residual / fit.energy, rtol=1e-5)
    wanted = jacobian.T @ jacobian / fit.energy
    np.testing.assert_allclose(matrix, wanted, rtol=1e-5, atol=1e-7 * np.abs(wanted).max())


@pytest.mark.parametrize(
    ("chosen", "sign"),
    [
        (CompressorSettings(-24.0, 4.0, 6.0, 0.005, 0.1, 3.0), 1.0),
        (CompressorSettings(-30.0, 8.0, 2.0, 0.02, 0.2, 10.0, ballistics="branching"), 1.0),
        (CompressorSettings(-20.0, 2.5, 10.0, 0.001, 0.05, -3.0, 0.01), -1.0),
    ],
)
def test_known_settings_are_found(chosen: CompressorSettings, sign: float, tmp_path: Path) -> None:
    model, session = fitted(tmp_path / "run", data_of([(chosen, ())], sign=sign))
    assert session.best_esr < 1e-8
    found = settings_at(model)
    assert found.ballistics == chosen.ballistics
    assert model.config.inverted == (sign < 0)  # type: ignore[attr-defined]
    for name in ("threshold", "ratio", "knee", "attack", "release", "make_up"):
        assert getattr(found, name) == pytest.approx(getattr(chosen, name), rel=0.02, abs=0.02)
    if chosen.averaging:
        assert found.averaging == pytest.approx(chosen.averaging, rel=0.02)
    kept = load_model(session.context.folder / BEST_FILE)
    assert kept.info.figures["attack_ms"] == pytest.approx(1e3 * chosen.attack, rel=0.02)
    assert figures(kept).items() <= kept.info.figures.items()


def test_settings_follow_the_knobs(tmp_path: Path) -> None:
    """A threshold that is a straight line over its knob, at a setting that was not trained on."""
    made = [(CompressorSettings(-60.0 + 60.0 * u, 4.0), (u,)) for u in (0.3, 0.5, 0.8)]
    data = data_of(made, controls=(KNOB,), seconds=4.0)
    model, session = fitted(tmp_path / "run", data, tone=False, starts=4)
    assert session.best_esr < 1e-6
    unseen = settings_at(model, np.array([0.65]))
    assert unseen.threshold == pytest.approx(-21.0, abs=0.3)
    assert unseen.ratio == pytest.approx(4.0, rel=0.02)
    assert settings_at(model).threshold == pytest.approx(-24.0, abs=0.3)


def test_static_curve_is_what_the_model_does_to_a_sine() -> None:
    """Played, for both detectors: peaks held, averages, and the balance between both times."""
    kinds: tuple[tuple[Ballistics, float, float], ...] = (
        ("decoupled", 1e-7, 1.0),
        ("decoupled", 0.05, 0.1),
        ("branching", 1e-7, 0.05),
    )
    for ballistics, averaging, release in kinds:
        chosen = CompressorSettings(-30.0, 4.0, 6.0, 0.01, release, 5.0, averaging, ballistics)
        table = rows_of(chosen, 11)
        table[[8, 10]] = 0.3, -0.5
        info = ModelInfo(name="t", sample_rate=48_000)
        model = Model("compressor", CompressorConfig(ballistics=ballistics),
                      {"parameters": table[:, None]}, info)  # fmt: skip
        kernel = registry()["compressor"].kernel(model)
        t = np.arange(48_000 * 2) / 48_000
        levels = np.array([-45.0, -30.0, -20.0, -6.0])
        heard = []
        for level in levels:
            x = np.sqrt(2.0) * 10.0 ** (level / 20.0) * np.sin(2.0 * np.pi * 1000.0 * t)
            y = np.empty(len(x), np.float32)
            kernel.reset()
            kernel.process(x.astype(np.float32), np.zeros(0, np.float32), y)
            heard.append(10.0 * np.log10(np.mean(y[-48_000:].astype(np.float64) ** 2)))
        found = static_curve(model, None, levels)
        np.testing.assert_allclose(found, heard, atol=0.1)


@pytest.mark.parametrize("ballistics", ["decoupled", "branching"])
@pytest.mark.parametrize("averaging", [0.0, 0.02])
def test_step_times_are_those_of_a_played_step(ballistics: Ballistics, averaging: float) -> None:
    chosen = CompressorSettings(-30.0, 4.0, 4.0, 0.01, 0.08, 0.0, averaging, ballistics)
    low, high = 10.0 ** (-42.0 / 20.0), 10.0 ** (-18.0 / 20.0)
    x = np.concatenate([np.full(n, v) for n, v in ((4000, low), (16_000, high), (32_000, low))])
    gain = 20.0 * np.log10(Compressor(chosen, RATE).process(x) / x)
    for found, start, stop in zip(
        step_times(chosen), (4000, 20_000), (20_000, 52_000), strict=True
    ):
        way = (gain[start:stop] - gain[start - 1]) / (gain[stop - 1] - gain[start - 1])
        played = int(np.argmax(way >= 1.0 - np.exp(-1.0))) / RATE
        assert found == pytest.approx(played, rel=0.02, abs=2 / RATE)


def test_a_fit_can_be_drawn_without_numba(tmp_path: Path) -> None:
    table = rows_of(CompressorSettings())[:, None]
    info = ModelInfo(name="t", sample_rate=RATE)
    model = Model("compressor", CompressorConfig(tone=False), {"parameters": table}, info)
    save_model(tmp_path / "m.safetensors", model)
    code = (
        "import sys, pathlib, numpy as np; from engines.models.storage import load_model;"
        "from engines.models.compressor.parameters import figures, static_curve;"
        "model = load_model(pathlib.Path(sys.argv[1]));"
        "curve = static_curve(model, None, np.linspace(-60, 0, 61)); figures(model);"
        "assert len(curve) == 61;"
        "print([m for m in ('torch', 'numba', 'scipy') if m in sys.modules])"
    )
    found = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "m.safetensors")],
        capture_output=True,
        text=True,
    )
    assert found.stdout.strip() == "[]", found.stderr


def test_static_curve_is_the_effects_where_means_are_read() -> None:
    chosen = CompressorSettings(-30.0, 4.0, 6.0, 0.01, 0.1, 5.0, 0.5)
    model = Model(
        "compressor",
        CompressorConfig(tone=False),
        {"parameters": rows_of(chosen)[:, None]},
        ModelInfo(name="t", sample_rate=48_000),
    )
    levels = np.linspace(-60.0, 0.0, 13)
    np.testing.assert_allclose(
        static_curve(model, None, levels), effect_curve(chosen, levels), atol=0.01
    )


def test_numbers_that_no_compressor_has_are_refused(tmp_path: Path) -> None:
    info = ModelInfo(name="t", sample_rate=RATE)
    for huge in (1e7, -1e300):
        model = Model(
            "compressor", CompressorConfig(), {"parameters": np.full((11, 1), huge)}, info
        )
        save_model(tmp_path / "m.safetensors", model)
        with pytest.raises(ModelFileError, match=r"tensor parameters .*\.$"):
            load_model(tmp_path / "m.safetensors")


@pytest.mark.parametrize("size", [-1e6, -50.0, 50.0, 1e6])
def test_whatever_the_numbers_the_output_is_finite(size: float) -> None:
    """Every row at one of its limits, knobs and all."""
    x = playing(0.2).astype(np.float32)
    rng = np.random.default_rng(0)
    for order in (1, 2):
        info = ModelInfo(name="t", sample_rate=RATE, controls=(KNOB,))
        table = size * rng.choice([-1.0, 1.0], (11, order + 1))
        config = CompressorConfig(order=order)
        model = Model("compressor", config, {"parameters": table}, info)
        for position in (0.0, 0.3, 1.0):
            kernel = registry()["compressor"].kernel(model)
            y = np.empty_like(x)
            kernel.process(x, np.array([position], np.float32), y)
            assert np.isfinite(y).all()
            assert np.isfinite(static_curve(model, np.array([position]), np.array([-20.0]))).all()
            assert all(np.isfinite(value) for value in figures(model).values())


def test_settings_there_and_back() -> None:
    chosen = CompressorSettings(-17.0, 6.0, 3.0, 0.003, 0.4, 2.0, 0.002, "branching")
    back = settings_of(rows_of(chosen), "branching")
    for name in ("threshold", "ratio", "knee", "attack", "release", "make_up", "averaging"):
        assert getattr(back, name) == pytest.approx(getattr(chosen, name))


def test_features_are_as_many_as_the_tensor_has_columns() -> None:
    for order in (1, 2):
        for n in (0, 1, 4):
            assert len(features(np.full(n, 0.5), order)) == n_features(n, order)


def test_stretches_cover_the_audio_once() -> None:
    x = playing(3.0)
    found = cut((segment(x, x),), RATE // 2, RATE // 4)
    assert np.concatenate([s.x[s.lead :] for s in found]).tolist() == x.tolist()
    assert [s.lead for s in found] == [0, *[RATE // 4] * 5]
    later = Segment("c", 5 * RATE, x, x, np.zeros((len(x), 0)), np.zeros(0))
    assert cut((later,), RATE, RATE // 4)[0].lead == RATE // 4


def test_converges_and_says_so(tmp_path: Path) -> None:
    data = data_of([(CompressorSettings(), ())], seconds=3.0)
    session = session_in(tmp_path / "run", data)
    result = registry()["compressor"].train(CompressorConfig(starts=2), data, session)
    assert result.text == "The fit has converged."
    assert result.figures["attack_ms"] == pytest.approx(5.0, rel=0.05)
    steps = [json.loads(line)["step"] for line in (tmp_path / "run" / METRICS_FILE).open()]
    assert steps == sorted(steps)


def test_stops_by_its_rules_and_by_the_user(tmp_path: Path) -> None:
    data = data_of([(CompressorSettings(), ())], seconds=3.0)
    limited = session_in(tmp_path / "limited", data, max_steps=5)
    result = registry()["compressor"].train(CompressorConfig(), data, limited)
    assert limited.step == 5
    assert "5 steps" in result.text
    wanted = session_in(tmp_path / "wanted", data, target_esr=0.5)
    registry()["compressor"].train(CompressorConfig(), data, wanted)
    assert wanted.step < 48
    cancelled = session_in(tmp_path / "cancelled", data)
    cancelled.context.command("cancel")
    with pytest.raises(CancelledError):
        registry()["compressor"].train(CompressorConfig(), data, cancelled)
    assert (tmp_path / "cancelled" / LAST_FILE).is_file()


def test_silence_is_refused_in_words(tmp_path: Path) -> None:
    x = np.zeros(2 * RATE)
    info = ModelInfo(name="t", sample_rate=RATE)
    data = TrainingData(info, (segment(x, x),), (segment(x, x),), 0)
    with pytest.raises(TrainingError, match=r"silent or too short.*\.$"):
        registry()["compressor"].train(CompressorConfig(), data, session_in(tmp_path / "r", data))


def real(folder: str, dry: str, wet: str, late: int) -> TrainingData:
    """Of a real pair the first 70 % to train on, the last 15 % (after 3 s) to validate with."""
    if not (DATA / folder).is_dir():
        pytest.skip(f"the development data {DATA / folder} is not here")
    import soundfile

    x, rate = soundfile.read(DATA / folder / dry)
    y, _ = soundfile.read(DATA / folder / wet)
    if late < 0:
        x, y = x[-late:], y[:late]
    n, lead = len(x), 3 * rate
    first, last = slice(0, int(0.7 * n)), slice(int(0.85 * n) - lead, n)
    info = ModelInfo(name="LA-2A", sample_rate=rate)
    parts = segment(x[first], y[first]), segment(x[last], y[last], (), lead)
    return TrainingData(info, parts[:1], parts[1:], 0)


@pytest.mark.parametrize(
    ("folder", "dry", "wet", "late", "most"),
    [
        ("la2a_pairs", "LA2A_sample3_inp.wav", "LA2A_sample3_target.wav", -1, 2e-3),
        (
            "signaltrain_mini",
            "Train/input_008_.wav",
            "Train/target_008_LA2A_3c__0__65.wav",
            0,
            2e-3,
        ),
    ],
)
def test_real_compressors(
    folder: str, dry: str, wet: str, late: int, most: float, tmp_path: Path
) -> None:
    session = session_in(tmp_path / "run", real(folder, dry, wet, late), target_esr=most)
    result = registry()["compressor"].train(CompressorConfig(), session.data, session)
    assert session.best_esr <= most, result.text
    found = settings_at(result.model)
    assert -50.0 < found.threshold < 0.0
    assert found.ratio > 1.5
