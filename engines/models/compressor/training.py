"""Fitting a compressor: several starts for some steps, the best two further, the best to its end.

Each step depends only on the seed and on the counters kept in the checkpoint, so that a resumed
run goes on exactly as it would have.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from engines.effects.compressor import CompressorSettings
from engines.models.base import (
    FloatArray,
    Model,
    TrainingData,
    TrainingError,
    TrainingResult,
    TrainingSession,
)
from engines.models.blas import single_threaded_blas
from engines.models.compressor import ARCHITECTURE, CompressorConfig
from engines.models.compressor.fitting import Fit, Stretch, cut
from engines.models.compressor.parameters import DECIBELS_EACH, MAKE_UP, figures, rows_of
from engines.models.cores import usable_cores
from engines.models.levenberg import Levenberg

Float64 = NDArray[np.float64]

STAGES = ("sprint", "heat", "fit")
SPRINT_STEPS = 8
HEAT_STEPS = 12
SPRINT_SHARE = 3
"""A sprint's audio is this many times less."""
REFRESH = 4
"""Steps on one batch, and between two validations."""
QUIET = 3
"""Refreshes without progress after which a fit on all the audio is done."""
DONE = "The fit has converged."
TIMES = (
    (1e-3, 0.05),
    (1e-2, 0.3),
    (5e-3, 0.1),
    (3e-2, 1.0),
    (5e-4, 0.02),
    (3e-3, 2.0),
)
"""Attack and release (s) of the starts."""
AVERAGING = (2e-3, 2e-4)
SHARES_OVER = (0.5, 0.7, 0.35)
"""How much of the time the level is above a start's threshold."""


def train(config: CompressorConfig, data: TrainingData, session: TrainingSession) -> TrainingResult:
    """Fit to the end or to a stop; see :meth:`engines.models.base.Architecture.train`.

    Raises
    ------
    TrainingError
        The training audio is silent or too short.
    """
    with single_threaded_blas(), ThreadPoolExecutor(max_workers=usable_cores()) as pool:
        return CompressorTraining(config, data, session, pool).run()


@dataclass
class Counters:
    """Where a fit stands: stage, whose turn it is, its step; and all steps so far."""

    stage: int = 0
    turn: int = 0
    step: int = 0
    total: int = 0
    quiet: int = 0
    """Refreshes in a row without progress."""
    order: list[int] = field(default_factory=list)
    """The starts of this stage."""


class CompressorTraining:
    """One fit: its stretches, its starts, its counters."""

    def __init__(
        self,
        config: CompressorConfig,
        data: TrainingData,
        session: TrainingSession,
        pool: Executor,
    ) -> None:
        self.config = config
        self.data = data
        self.session = session
        self.pool = pool
        self.rate = data.info.sample_rate
        rate = self.rate
        self.stretches = cut(
            data.train, max(1, round(config.stretch * rate)), round(config.burn_in * rate)
        )
        self.shape = _pair(ARCHITECTURE.shapes(config, data.info)["parameters"])
        self._refuse_silence()
        self.inverted = self._looks_inverted()
        self._levels = np.concatenate([_levels(stretch, rate) for stretch in self.stretches])
        self.candidates = [Levenberg(self._start(number)) for number in range(config.starts)]
        self.scores = np.full(config.starts, np.inf)
        self.kept = [candidate.parameters for candidate in self.candidates]
        """Each start's parameters where its score was best."""
        self.counters = Counters(order=list(range(config.starts)))
        self._before = math.inf

    def _rng(self, *key: int) -> np.random.Generator:
        return np.random.default_rng((self.data.seed, *key))

    def _refuse_silence(self) -> None:
        heard = any(np.any(s.x[s.lead :]) and np.any(s.y[s.lead :]) for s in self.stretches)
        if not heard:
            raise TrainingError(
                "The training audio is silent or too short. Check the recording, or change the "
                "split."
            )

    # -- starts ----------------------------------------------------------------------------

    def _looks_inverted(self) -> bool:
        return sum(float(s.x[s.lead :] @ s.y[s.lead :]) for s in self.stretches) < 0.0

    def _branching(self, number: int) -> bool:
        """Whether a start's ballistics branch."""
        if self.config.ballistics == "either":
            return number % 2 == 1
        return self.config.ballistics == "branching"

    def _start(self, number: int) -> Float64:
        """The parameters that a start begins with, the same at all knobs."""
        rng = self._rng(1, number)
        turn = number // 2 if self.config.ballistics == "either" else number
        attack, release = TIMES[turn % len(TIMES)]
        share = SHARES_OVER[(turn + number) % len(SHARES_OVER)]
        averaging = AVERAGING[turn % len(AVERAGING)]
        settings = CompressorSettings(
            threshold=float(np.percentile(self._levels, 100.0 * (1.0 - share))),
            ratio=3.0,
            knee=6.0,
            attack=attack * math.exp(rng.uniform(-0.3, 0.3)),
            release=release * math.exp(rng.uniform(-0.3, 0.3)),
            averaging=averaging,
        )
        table = np.zeros(self.shape)
        table[:, 0] = rows_of(settings, self.shape[0])
        table[MAKE_UP, 0] = self._make_up(table, number) / DECIBELS_EACH
        return table.ravel()

    def _make_up(self, table: Float64, number: int) -> float:
        """The gain (dB) that brings a start's output nearest to wet."""
        fit = self._fit(self.stretches[:8], number)
        above = below = 1e-20
        for stretch in fit.stretches:
            heard = fit.output(table, stretch)[stretch.lead :]
            above += abs(float(heard @ stretch.y[stretch.lead :]))
            below += float(heard @ heard)
        return float(np.clip(20.0 * math.log10(above / below), -60.0, 60.0))

    # -- the course ------------------------------------------------------------------------

    def run(self) -> TrainingResult:
        """All stages from where the checkpoint stands."""
        arrays = self.session.resume()
        if arrays is not None:
            self._restore(arrays)
        stopped = False
        try:
            while self.counters.stage < len(STAGES) and not stopped:
                stopped = self._run_turn()
        finally:
            # Between two steps everything is whole, also where the user cancelled.
            self.session.checkpoint(self.counters.total, self._arrays())
        best = self.session.best
        if best is None:
            raise TrainingError(
                "No start led anywhere. Check that dry and wet belong together and start at the "
                "same moment."
            )
        text = self.session.stop_reason or self._end_text()
        return TrainingResult(best, text, {"steps": float(self.counters.total), **figures(best)})

    def _end_text(self) -> str:
        return DONE if self.counters.quiet >= QUIET else "Fitted to the end of its schedule."

    def _steps(self) -> int:
        return (SPRINT_STEPS, HEAT_STEPS, self.config.steps)[self.counters.stage]

    def _run_turn(self) -> bool:
        """One start's turn in this stage; returns whether the session said stop."""
        counters = self.counters
        owner = counters.order[counters.turn]
        candidate = self.candidates[owner]
        problem: Fit | None = None
        loss = math.inf
        while counters.step < self._steps() and counters.quiet < QUIET:
            if self.session.should_stop(counters.total):
                if self.session.best is None:
                    self._validate(candidate, loss)
                return True
            if problem is None or counters.step % REFRESH == 0:
                problem = self._fit(self._batch(owner), owner)
            loss = candidate.step(problem)
            counters.step += 1
            counters.total += 1
            if counters.step % REFRESH == 0 or counters.step == self._steps():
                self._validate(candidate, loss)
                self._look_for_progress(loss)
            if self.session.checkpoint_due:
                self.session.checkpoint(counters.total, self._arrays())
        self._next_turn()
        return False

    def _look_for_progress(self, loss: float) -> None:
        """Count refreshes of the last stage in which the loss on all the audio has not fallen."""
        counters = self.counters
        if STAGES[counters.stage] != "fit" or not self._takes_all:
            return
        moved = loss < (1.0 - self.config.tolerance) * self._before
        counters.quiet = 0 if moved or self.config.tolerance == 0.0 else counters.quiet + 1
        self._before = min(loss, self._before)

    def _next_turn(self) -> None:
        counters = self.counters
        owner = counters.order[counters.turn]
        self.candidates[owner].parameters = self.kept[owner]
        counters.turn, counters.step = counters.turn + 1, 0
        if counters.turn < len(counters.order):
            return
        counters.stage, counters.turn = counters.stage + 1, 0
        survivors = 2 if counters.stage == 1 and len(self.candidates) > 1 else 1
        ranked: list[int] = np.argsort(self.scores, kind="stable").tolist()
        counters.order = ranked[:survivors]

    # -- batches ---------------------------------------------------------------------------

    @property
    def _takes_all(self) -> bool:
        """Whether all the audio goes into each step of the last stage."""
        scored = sum(stretch.scored for stretch in self.stretches)
        return scored <= 1.5 * self.config.batch * self.rate

    def _batch(self, owner: int) -> list[Stretch]:
        """The stretches that belong to the counters."""
        counters = self.counters
        budget = self.config.batch * self.rate
        if STAGES[counters.stage] == "sprint":
            budget /= SPRINT_SHARE
        elif self._takes_all:
            return self.stretches
        rng = self._rng(2, counters.stage, owner, counters.step // REFRESH)
        chosen: list[Stretch] = []
        for place in rng.permutation(len(self.stretches)):
            stretch = self.stretches[int(place)]
            if np.any(stretch.y[stretch.lead :]):
                chosen.append(stretch)
                budget -= stretch.scored
            if budget <= 0.0:
                break
        return chosen

    def _fit(self, stretches: list[Stretch], number: int) -> Fit:
        return Fit(
            stretches,
            self.shape,
            self.rate,
            order=self.config.order,
            branching=self._branching(number),
            inverted=self.inverted,
            pool=self.pool,
        )

    # -- validation ------------------------------------------------------------------------

    def _validate(self, candidate: Levenberg, loss: float) -> None:
        counters = self.counters
        owner = counters.order[counters.turn]
        model = self.model(candidate.parameters, owner)
        values = {
            "loss": loss,
            "damping": candidate.damping,
            "start": float(owner),
            "stage": float(counters.stage),
        }
        score = self.session.evaluate(counters.total, model, values)
        if score <= self.scores[owner]:
            self.scores[owner], self.kept[owner] = score, candidate.parameters
        self.session.progress(self._fraction(), self._describe())

    def model(self, parameters: Float64, owner: int) -> Model:
        """The model of a start's parameters, its settings among its figures."""
        ballistics = "branching" if self._branching(owner) else "decoupled"
        config = self.config.model_copy(
            update={"ballistics": ballistics, "inverted": self.inverted}
        )
        tensors = {"parameters": parameters.reshape(self.shape).copy()}
        model = Model("compressor", config, tensors, self.data.info)
        info = self.data.info.model_copy(
            update={"figures": {**self.data.info.figures, **figures(model)}}
        )
        return replace(model, info=info)

    def _fraction(self) -> float:
        """Share of the schedule that is done."""
        config, counters = self.config, self.counters
        lengths = (
            SPRINT_STEPS * config.starts / SPRINT_SHARE,
            HEAT_STEPS * min(2, config.starts),
            config.steps,
        )
        turns = len(counters.order)
        share = (counters.turn + counters.step / max(1, self._steps())) / turns
        return float(
            (sum(lengths[: counters.stage]) + lengths[counters.stage] * share) / sum(lengths)
        )

    def _describe(self) -> str:
        counters = self.counters
        name = STAGES[counters.stage]
        if name == "sprint":
            return f"Trying start {counters.turn + 1} of {len(counters.order)}"
        return "Fitting the two best" if name == "heat" else f"Fitting, step {counters.step}"

    # -- checkpoints -----------------------------------------------------------------------

    def _arrays(self) -> dict[str, FloatArray]:
        counters = self.counters
        numbers = (counters.stage, counters.turn, counters.step, counters.total, counters.quiet)
        return {
            "parameters": np.stack([candidate.parameters for candidate in self.candidates]),
            "kept": np.stack(self.kept),
            "damping": np.array([candidate.damping for candidate in self.candidates]),
            "growth": np.array([candidate.growth for candidate in self.candidates]),
            "scores": np.minimum(self.scores, 1e300),
            "order": np.array(counters.order, np.float64),
            "counters": np.array(numbers, np.float64),
            "before": np.array([min(self._before, 1e300)]),
        }

    def _restore(self, arrays: Mapping[str, FloatArray]) -> None:
        """Take up a checkpoint of the same job."""
        for number, candidate in enumerate(self.candidates):
            candidate.parameters = np.array(arrays["parameters"][number], np.float64)
            self.kept[number] = np.array(arrays["kept"][number], np.float64)
            candidate.damping = float(arrays["damping"][number])
            candidate.growth = float(arrays["growth"][number])
        self.scores = np.array(arrays["scores"], np.float64)
        stage, turn, step, total, quiet = (int(value) for value in arrays["counters"])
        order = [int(value) for value in arrays["order"]]
        self.counters = Counters(stage, turn, step, total, quiet, order)
        self._before = float(arrays["before"][0])


def _levels(stretch: Stretch, rate: int) -> Float64:
    """Levels (dBFS RMS) of the windows of 20 ms in which dry is not silent."""
    size = max(1, rate // 50)
    count = len(stretch.x) // size
    power = np.mean(stretch.x[: count * size].reshape(count, size) ** 2, axis=1)
    heard = power[power > 1e-9]
    return np.asarray(10.0 * np.log10(heard if len(heard) else np.array([1e-9])), np.float64)


def _pair(shape: tuple[int, ...]) -> tuple[int, int]:
    rows, columns = shape
    return rows, columns
