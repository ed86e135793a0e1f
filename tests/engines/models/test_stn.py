"""The parts of an STN's training: derivatives, Levenberg-Marquardt, sampling, what it reaches."""

from __future__ import annotations

import math
from collections.abc import Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from small_circuit import RATE, clipper, clipper_data, playing, segment, two_states

from engines.models.base import Model, ModelInfo, TrainingData, TrainingError
from engines.models.levenberg import LeastSquares, Levenberg
from engines.models.stn import ARCHITECTURE, StnConfig
from engines.models.stn.kernel import StnKernel
from engines.models.stn.network import Layout, fold, measure_scaling
from engines.models.stn.regression import Regression
from engines.models.stn.sampling import collect, rarity
from engines.models.stn.through_time import ThroughTime, stretches
from engines.models.stn.training import find_output_state
from engines.models.streaming import render
from engines.training.session import RunSession, StopRules
from engines.worker.context import JobContext
from projects.jobs import Job


@pytest.fixture
def pool() -> Iterator[Executor]:
    with ThreadPoolExecutor(2) as executor:
        yield executor


LAYOUT = Layout((5, 4, 3, 3))
WEIGHTS = np.array([1.0, 0.5, 2.0])


def random_problem(kind: str, pool: Executor) -> LeastSquares:
    rng = np.random.default_rng(0)
    inputs, targets = rng.normal(size=(6000, 5)), rng.normal(size=(6000, 3))
    scaling = measure_scaling(inputs, targets, 2)
    if kind == "regression":
        scaled = scaling.inputs(inputs), scaling.targets(targets)
        return Regression(LAYOUT, *scaled, WEIGHTS, pool)
    shaped = 0.3 * inputs.reshape(600, 10, 5), targets.reshape(600, 10, 3)
    return ThroughTime(LAYOUT, scaling, *shaped, WEIGHTS, 2, pool)


@pytest.mark.parametrize("kind", ["regression", "through time"])
def test_jacobian_is_the_finite_difference(kind: str, pool: Executor) -> None:
    problem = random_problem(kind, pool)
    parameters = LAYOUT.start(np.random.default_rng(1))
    part = problem.parts()[1]
    residual, jacobian = problem.derivatives(parameters, part)
    np.testing.assert_allclose(residual, problem.residual(parameters, part), atol=1e-12)
    step = 1e-6
    for index in range(LAYOUT.n_parameters):
        nudge = np.zeros(LAYOUT.n_parameters)
        nudge[index] = step
        above = problem.residual(parameters + nudge, part)
        below = problem.residual(parameters - nudge, part)
        np.testing.assert_allclose(jacobian[:, index], (above - below) / (2 * step), atol=2e-7)


@pytest.mark.parametrize("kind", ["regression", "through time"])
def test_normal_equations_add_up_all_parts(kind: str, pool: Executor) -> None:
    problem = random_problem(kind, pool)
    parameters = LAYOUT.start(np.random.default_rng(1))
    loss, matrix, gradient = problem.normal_equations(parameters)
    assert len(problem.parts()) > 1
    pieces = [problem.derivatives(parameters, part) for part in problem.parts()]
    residual = np.concatenate([piece[0] for piece in pieces])
    jacobian = np.concatenate([piece[1] for piece in pieces])
    assert residual.size == problem.n_residuals
    assert loss == pytest.approx(0.5 * np.mean(residual**2), rel=1e-12)
    assert problem.loss(parameters) == pytest.approx(loss, rel=1e-12)
    np.testing.assert_allclose(matrix, jacobian.T @ jacobian / residual.size, atol=1e-10)
    np.testing.assert_allclose(gradient, jacobian.T @ residual / residual.size, atol=1e-10)


def test_the_result_does_not_depend_on_the_threads(pool: Executor) -> None:
    parameters = LAYOUT.start(np.random.default_rng(1))
    with ThreadPoolExecutor(1) as alone:
        one = random_problem("regression", alone).normal_equations(parameters)
    two = random_problem("regression", pool).normal_equations(parameters)
    np.testing.assert_array_equal(one[1], two[1])


class Rosenbrock(LeastSquares):
    """Residuals 10 (y - x^2) and 1 - x: the classical curved valley, its floor at (1, 1)."""

    def __init__(self, pool: Executor) -> None:
        self.pool = pool
        self.n_parameters, self.n_residuals = 2, 2

    def parts(self) -> list[slice]:
        return [slice(0, 2)]

    def residual(self, parameters: np.ndarray, part: slice) -> np.ndarray:
        x, y = parameters
        return np.array([10.0 * (y - x * x), 1.0 - x])

    def derivatives(self, parameters: np.ndarray, part: slice) -> tuple[np.ndarray, np.ndarray]:
        x, _ = parameters
        return self.residual(parameters, part), np.array([[-20.0 * x, 10.0], [-1.0, 0.0]])


def test_levenberg_finds_the_valleys_floor_and_never_climbs(pool: Executor) -> None:
    problem = Rosenbrock(pool)
    minimiser = Levenberg(np.array([-1.2, 1.0]))
    losses = [problem.loss(minimiser.parameters)]
    losses.extend(minimiser.step(problem) for _ in range(60))
    assert all(after <= before for before, after in pairwise(losses))
    np.testing.assert_allclose(minimiser.parameters, [1.0, 1.0], atol=1e-8)


def test_levenberg_outlives_a_problem_that_is_not_finite(pool: Executor) -> None:
    class Broken(Rosenbrock):
        def residual(self, parameters: np.ndarray, part: slice) -> np.ndarray:
            return np.full(2, np.nan)

    minimiser = Levenberg(np.array([-1.2, 1.0]))
    assert minimiser.step(Broken(pool)) == math.inf
    np.testing.assert_array_equal(minimiser.parameters, [-1.2, 1.0])


def test_folding_is_exact() -> None:
    rng = np.random.default_rng(0)
    inputs = rng.normal(size=(500, 5)) * [1, 1, 0, 50, 1e-4] + 3.0
    targets = rng.normal(size=(500, 3)) * [1e-3, 7, 2] + [0, 0, 5]
    scaling = measure_scaling(inputs, targets, 2)
    parameters = LAYOUT.start(rng)
    tensors = fold(LAYOUT, parameters, scaling)
    values = inputs
    for layer in range(3):
        values = values @ tensors[f"layers.{layer}.weight"].T + tensors[f"layers.{layer}.bias"]
        values = values if layer == 2 else np.tanh(values)
    scaled = LAYOUT.activations(parameters, scaling.inputs(inputs))[-1]
    np.testing.assert_allclose(values, scaled * scaling.gain + scaling.offset, rtol=1e-7, atol=1e-9)


def test_sampling_lines_up_the_transitions() -> None:
    data = clipper_data(n=3000)
    samples = collect(data.train, 1, None)
    part = data.train[0]
    np.testing.assert_array_equal(samples.inputs[10], [part.x[11], part.x[10], part.states[10, 0]])
    np.testing.assert_array_equal(
        samples.targets[10], [part.states[11, 0] - part.states[10, 0], part.y[11]]
    )
    first = samples.draw_stretches(np.random.default_rng(0), 50, 40)
    inputs, wanted = stretches(samples, first, 40, None)
    assert (samples.ahead[first] >= 40).all()
    np.testing.assert_allclose(wanted[:, :-1, 0], inputs[:, 1:, 2], atol=1e-12)


def test_rare_transitions_are_drawn_more_often() -> None:
    inputs = np.zeros((1000, 3))
    inputs[:10, 0] = np.linspace(0.5, 1.0, 10)
    chance = rarity(inputs, 1)
    assert chance[:10].min() > 10 * chance[10:].max()


def test_stretches_do_not_cross_segments() -> None:
    x = playing(3000)
    parts = tuple(
        segment(x[a:b], clipper(x)[a:b], clipper(x)[a:b, None]) for a, b in ((0, 900), (900, 3000))
    )
    samples = collect(parts, 1, 0)
    first = samples.draw_stretches(np.random.default_rng(0), 300, 500)
    assert not ((first < 899) & (first + 500 > 899)).any()
    assert (first + 500 <= len(samples.inputs)).all()


def test_finds_which_state_is_the_output() -> None:
    x = playing(2000)
    wet, states = two_states(x)
    assert find_output_state((segment(x, wet, states),)) is None
    assert find_output_state((segment(x, states[:, 1], states),)) == 1
    scaled = (0.2 * states[:, 1]).astype(np.float32).astype(np.float64)
    assert find_output_state((segment(x, scaled, states),)) == 1
    assert find_output_state((segment(x, states[:, 1] + 1e-5, states),)) is None


def trained(folder: Path, config: StnConfig, data: TrainingData) -> tuple[Model, float]:
    folder.mkdir()
    context = JobContext(folder, folder.parent, Job(kind="train", name="t"), lambda message: None)
    session = RunSession(context, StopRules(), ARCHITECTURE, data)
    return ARCHITECTURE.train(config, data, session).model, session.best_esr


def test_learns_a_circuit_exactly_and_holds_beyond_it(tmp_path: Path) -> None:
    data = clipper_data()
    config = StnConfig(
        hidden=(8,), starts=3, batch=8000, regression_steps=80, through_time_steps=20
    )
    model, esr = trained(tmp_path / "run", config, data)
    assert esr < 1e-6
    assert model.config.model_dump()["output_state"] == 0
    x = playing(20_000, 99)
    y = clipper(x)
    heard = render(model, x.astype(np.float32))
    assert np.sum((heard - y) ** 2) / np.sum(y**2) < 1e-5
    silent = render(model, np.zeros(4 * RATE, np.float32))
    assert np.abs(silent).max() < 1e-3
    assert np.ptp(silent[RATE:]) < 1e-6, "it drifts in silence"
    for level in (1.0, 3.0, 100.0):
        loud = render(model, (level * np.sign(x)).astype(np.float32))
        assert np.abs(loud).max() <= 4.1 * np.abs(y).max() + 1.0
    after = render(model, np.concatenate([3.0 * np.sign(x), np.zeros(2 * RATE)]).astype(np.float32))
    assert abs(after[-1] - silent[-1]) < 1e-2, "it does not come back from what is too loud"


def test_learns_two_states_and_an_output_of_its_own(tmp_path: Path) -> None:
    parts = []
    for n, seed, lead in ((16_000, 0, 0), (4000, 1, 400)):
        x = playing(n, seed)
        parts.append((segment(x, *two_states(x), lead),))
    info = ModelInfo(name="two", sample_rate=RATE, states=("fast", "slow"))
    data = TrainingData(info=info, train=parts[0], validation=parts[1])
    config = StnConfig(
        hidden=(8,), starts=2, batch=6000, regression_steps=60, through_time_steps=30, stretch=100
    )
    model, esr = trained(tmp_path / "run", config, data)
    assert model.tensors["layers.1.weight"].shape == (3, 8)
    assert esr < 1e-3


def test_without_states_it_says_so(tmp_path: Path) -> None:
    info = ModelInfo(name="t", sample_rate=RATE)
    x = playing(2000)
    part = segment(x, clipper(x), np.zeros((2000, 0)))
    with pytest.raises(TrainingError, match="needs a simulated circuit"):
        trained(tmp_path / "run", StnConfig(), TrainingData(info, (part,), (part,)))


def test_a_silent_circuit_says_so(tmp_path: Path) -> None:
    info = ModelInfo(name="t", sample_rate=RATE, states=("v",))
    part = segment(np.zeros(3000), np.zeros(3000), np.zeros((3000, 1)))
    with pytest.raises(TrainingError, match="never move"):
        trained(tmp_path / "run", StnConfig(), TrainingData(info, (part,), (part,)))


def test_a_network_that_runs_away_is_held_at_its_limits() -> None:
    info = ModelInfo(name="t", sample_rate=RATE, states=("v",))
    config = StnConfig(hidden=(8,), output_state=0, state_limits=(2.0,))
    tensors = {
        "layers.0.weight": np.zeros((8, 3)),
        "layers.0.bias": np.ones(8),
        "layers.1.weight": np.ones((1, 8)),
        "layers.1.bias": np.zeros(1),
    }
    kernel = StnKernel(Model("stn", config, tensors, info))
    y = np.zeros(100, np.float32)
    kernel.process(np.zeros(100, np.float32), np.zeros(0, np.float32), y)
    assert y.max() == 2.0
