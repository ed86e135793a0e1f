"""The session of a run: the best is kept, rules stop, pauses do not count, moments are shown."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file
from small_circuit import RATE, clipper, playing, segment

from engines.models.base import Model, ModelFileError, ModelInfo, TrainingData
from engines.models.lstm import ARCHITECTURE, LstmConfig
from engines.models.storage import load_model
from engines.training.session import PREVIEW_SAMPLES, RunSession, StopRules, moments
from engines.worker.context import CancelledError, JobContext
from engines.worker.protocol import Checkpoint, Message, Metric
from projects.jobs import BEST_FILE, LAST_FILE, PREVIEW_FILE, Job

INFO = ModelInfo(name="t", sample_rate=RATE)


def data() -> TrainingData:
    x = playing(3 * PREVIEW_SAMPLES + 100)
    part = segment(x, clipper(x), np.zeros((len(x), 0)), lead=100)
    return TrainingData(INFO, (part,), (part,))


def model(scale: float) -> Model:
    """Its output is ``scale`` times the input."""
    config = LstmConfig(hidden=1, skip=False)
    tensors = {
        name: np.zeros(shape, np.float32)
        for name, shape in ARCHITECTURE.shapes(config, INFO).items()
    }
    if scale == 1.0:
        config = LstmConfig(hidden=1, skip=True)
    else:
        tensors["lin.bias"][0] = scale
    return Model("lstm", config, tensors, INFO)


def session_in(folder: Path, rules: StopRules | None = None) -> tuple[RunSession, list[Message]]:
    folder.mkdir(exist_ok=True)
    said: list[Message] = []
    context = JobContext(folder, folder.parent, Job(kind="train", name="t"), said.append)
    return RunSession(context, rules or StopRules(), ARCHITECTURE, data()), said


def test_the_best_is_kept(tmp_path: Path) -> None:
    session, said = session_in(tmp_path / "run")
    good = session.evaluate(1, model(1.0), {"loss": 0.5})
    bad = session.evaluate(2, model(0.3), {})
    assert good < bad
    kept = load_model(tmp_path / "run" / BEST_FILE)
    assert kept.info.figures["esr_validation"] == good == session.best_esr
    assert [message.step for message in said if isinstance(message, Checkpoint)] == [1]
    metrics = [message for message in said if isinstance(message, Metric)]
    first, second = (metric.values for metric in metrics)
    assert first == {
        "esr_validation": pytest.approx(good),
        "esr_best": first["esr_validation"],
        "loss": 0.5,
    }
    assert second == {"esr_validation": pytest.approx(bad), "esr_best": pytest.approx(good)}


def test_esr_is_over_what_comes_after_the_lead_in(tmp_path: Path) -> None:
    session, _ = session_in(tmp_path / "run")
    part = session.data.validation[0]
    y, estimate = part.y[100:], part.x[100:]
    wanted = np.sum((y - estimate) ** 2) / np.sum(y**2)
    assert session.evaluate(1, model(1.0), {}) == pytest.approx(wanted, rel=1e-6)


@pytest.mark.parametrize(
    ("rules", "words"),
    [
        (StopRules(max_steps=10), "after 10 steps"),
        (StopRules(max_seconds=1e-9), "time limit"),
        (StopRules(target_esr=10.0), "target"),
        (StopRules(patience=2), "without a better one"),
    ],
)
def test_rules_stop(tmp_path: Path, rules: StopRules, words: str) -> None:
    session, _ = session_in(tmp_path / "run", rules)
    assert rules.max_seconds is not None or not session.should_stop(0)
    for step in (1, 2, 3):
        session.evaluate(step, model(1.0), {})
    assert session.should_stop(10)
    assert words in session.stop_reason
    assert session.stop_reason.endswith(".")


def test_no_rule_no_stop(tmp_path: Path) -> None:
    session, _ = session_in(tmp_path / "run")
    session.evaluate(1, model(1.0), {})
    assert not session.should_stop(10**9)
    assert session.stop_reason == ""


def test_cancel_is_raised(tmp_path: Path) -> None:
    session, _ = session_in(tmp_path / "run")
    session.context.command("cancel")
    with pytest.raises(CancelledError):
        session.should_stop(0)


def test_a_pause_does_not_count(tmp_path: Path) -> None:
    session, _ = session_in(tmp_path / "run")
    session.context.command("pause")
    timer = threading.Timer(0.4, session.context.command, ["resume"])
    timer.start()
    before = time.monotonic()
    session.should_stop(0)
    waited = time.monotonic() - before
    timer.join()
    assert waited >= 0.3
    assert session.clock.seconds <= time.monotonic() - session.clock.started - 0.3


def test_checkpoint_and_resume(tmp_path: Path) -> None:
    session, _ = session_in(tmp_path / "run")
    assert session.resume() is None
    esr = session.evaluate(4, model(1.0), {})
    session.clock.before = 12.0
    session.checkpoint(5, {"a": np.arange(3.0), "b": np.zeros((2, 2), np.float32)})
    again, _ = session_in(tmp_path / "run")
    arrays = again.resume()
    assert arrays is not None
    np.testing.assert_array_equal(arrays["a"], np.arange(3.0))
    assert arrays["b"].dtype == np.float32
    assert again.step == 5
    assert again.clock.seconds >= 12.0
    assert again.best_esr == esr
    assert again.best is not None
    # A worse model does not replace the best from before.
    again.evaluate(6, model(0.3), {})
    assert load_model(tmp_path / "run" / BEST_FILE).info.figures["esr_validation"] == esr


def test_a_damaged_checkpoint_says_so(tmp_path: Path) -> None:
    session, _ = session_in(tmp_path / "run")
    (tmp_path / "run" / LAST_FILE).write_bytes(b"\x00" * 100)
    with pytest.raises(ModelFileError, match=r"last\.safetensors"):
        session.resume()


def test_the_preview_shows_the_worst_and_the_median_moment(tmp_path: Path) -> None:
    session, _ = session_in(tmp_path / "run")
    session.evaluate(1, model(1.0), {})
    shown = load_file(tmp_path / "run" / PREVIEW_FILE)
    for moment in ("worst", "median"):
        for name in ("dry", "wet", "predicted", "time"):
            array = shown[f"{moment}.{name}"]
            assert array.dtype == np.float32
            assert 1 <= array.size <= 4096
    np.testing.assert_array_equal(shown["worst.dry"], shown["worst.predicted"])


def test_moments_pass_over_silence_and_find_the_worst() -> None:
    n = PREVIEW_SAMPLES
    y = np.concatenate([np.zeros(n), np.full(n, 0.5), np.full(n, 0.25), np.full(n, 0.1)])
    part = replace(segment(y, y, y[:, None]), start=1000)
    output = y.astype(np.float32)
    output[n : 2 * n] += 0.1
    output[2 * n : 3 * n] += 0.3
    found = moments((part,), (output,), ("v(out)",))
    assert found["worst.wet"][0] == 0.25
    assert found["median.wet"][0] == 0.5
    assert found["worst.time"][0] == 1000 + 2 * n
    np.testing.assert_array_equal(found["worst.state v(out)"], found["worst.wet"])
    assert moments((segment(y[:n], y[:n], y[:n, None]),), (output[:n],), ("v(out)",)) == {}
