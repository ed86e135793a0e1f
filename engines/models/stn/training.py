"""Training an STN: several starts on the states, the best one further, then through time.

Each step depends only on the seed and on the counters kept in the checkpoint, so that a resumed
run goes on exactly as it would have.
"""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from engines.models.base import (
    FloatArray,
    Model,
    Segment,
    TrainingData,
    TrainingError,
    TrainingResult,
    TrainingSession,
)
from engines.models.blas import single_threaded_blas
from engines.models.cores import usable_cores
from engines.models.levenberg import LeastSquares, Levenberg
from engines.models.stn import StnConfig
from engines.models.stn.kernel import StnKernel
from engines.models.stn.network import Layout, Scaling, fold, measure_scaling
from engines.models.stn.regression import Regression
from engines.models.stn.sampling import Samples, collect
from engines.models.stn.through_time import ThroughTime, stretches

Float64 = NDArray[np.float64]

SPRINT_STEPS = 20
"""Steps of each start before the best two go on."""
HEAT_STEPS = 40
"""Steps of the best two before the best goes on alone."""
SPRINT_SHARE = 3
"""A sprint's batch is this many times smaller."""
REFRESH = 10
"""Steps on one batch, and between two validations."""
FORGOTTEN = 1e-3
"""Damping with which training through time begins."""
STATE_WEIGHT = 0.3
"""What a state's error counts beside the output's, each relative to its own size."""
LIMIT = 4.0
"""State bound, in largest |state| of the training."""
PROBE_LEVEL = 1.25
"""Level of the noise that a model must survive, in largest |dry| of the training."""
STAGES = ("sprint", "heat", "regression", "through time")


def train(config: StnConfig, data: TrainingData, session: TrainingSession) -> TrainingResult:
    """Train to the end or to a stop; see :meth:`engines.models.base.Architecture.train`.

    Raises
    ------
    TrainingError
        The data has no states, too little audio, or every start ran away.
    """
    if not data.info.states:
        raise TrainingError(
            "This data has no states: a state network needs a simulated circuit. Choose an LSTM "
            "for recordings."
        )
    with single_threaded_blas(), ThreadPoolExecutor(max_workers=usable_cores()) as pool:
        return StnTraining(config, data, session, pool).run()


def find_output_state(segments: tuple[Segment, ...]) -> int | None:
    """Which state the wet signal is (but for its scale), within float32 rounding; None: none."""
    wet = np.concatenate([segment.y for segment in segments])
    states = np.concatenate([segment.states for segment in segments])
    for index in range(states.shape[1]):
        state = states[:, index]
        power = float(state @ state)
        scale = float(wet @ state) / power if power > 0 else 0.0
        if scale and np.abs(wet - scale * state).max() <= 4 * 1.2e-7 * np.abs(wet).max():
            return index
    return None


def with_output(segment: Segment, output_state: int) -> Segment:
    """The segment with that state in the samples of the wet file."""
    states = segment.states.copy()
    states[:, output_state] = segment.y
    return replace(segment, states=states)


@dataclass
class Counters:
    """Where a training stands: stage, whose turn it is, its step; and all steps so far."""

    stage: int = 0
    turn: int = 0
    step: int = 0
    total: int = 0
    order: list[int] = field(default_factory=list)
    """The candidates of this stage."""


class StnTraining:
    """One training: its data lined up, its candidates, its counters."""

    def __init__(
        self, config: StnConfig, data: TrainingData, session: TrainingSession, pool: Executor
    ) -> None:
        self.data = data
        self.session = session
        self.pool = pool
        output = find_output_state(data.train)
        self.segments = data.train
        if output is not None:
            self.segments = tuple(with_output(segment, output) for segment in data.train)
        self.n_states = len(data.info.states)
        reach = np.max([np.abs(segment.states).max(axis=0) for segment in self.segments], axis=0)
        self.config = config.model_copy(
            update={
                "output_state": output,
                "initial_state": tuple(self.segments[0].states[0].tolist()),
                "state_limits": tuple((LIMIT * np.maximum(reach, 1e-9)).tolist()),
            }
        )
        self.samples: Samples = collect(self.segments, self.n_states, output)
        n_out = self.samples.targets.shape[1]
        self.layout = Layout((self.samples.inputs.shape[1], *config.hidden, n_out))
        drawn = self.samples.draw(self._rng(0), min(100_000, 4 * len(self.samples.inputs)))
        self.scaling: Scaling = measure_scaling(
            self.samples.inputs[drawn], self.samples.targets[drawn], self.n_states
        )
        self.weights = self._output_weights()
        self.candidates = [
            Levenberg(self.layout.start(self._rng(1, number))) for number in range(config.starts)
        ]
        self.scores = np.full(config.starts, np.inf)
        self.kept = [candidate.parameters for candidate in self.candidates]
        """Each candidate's parameters where its score was best."""
        self.counters = Counters(order=list(range(config.starts)))

    def _rng(self, *key: int) -> np.random.Generator:
        return np.random.default_rng((self.data.seed, *key))

    def _output_weights(self) -> Float64:
        """One over each row's size; states that are not the output count a little."""
        states = np.concatenate([segment.states for segment in self.segments])
        size = np.maximum(states.std(axis=0), 1e-12)
        weights = STATE_WEIGHT / size
        if self.config.output_state is None:
            wet = np.concatenate([segment.y for segment in self.segments])
            return np.append(weights, 1.0 / max(float(np.sqrt(np.mean(wet**2))), 1e-12))
        weights[self.config.output_state] /= STATE_WEIGHT
        return np.asarray(weights, np.float64)

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
                "Every start ran away or learned nothing. Use more starts, more hidden units, or "
                "more audio."
            )
        text = self.session.stop_reason or "Trained to the end of its schedule."
        return TrainingResult(best, text, {"steps": float(self.counters.total)})

    def _steps(self) -> int:
        """How many steps each turn of this stage has."""
        config = self.config
        return (SPRINT_STEPS, HEAT_STEPS, config.regression_steps, config.through_time_steps)[
            self.counters.stage
        ]

    def _run_turn(self) -> bool:
        """One candidate's turn in this stage; returns whether the session said stop."""
        counters = self.counters
        candidate = self.candidates[counters.order[counters.turn]]
        if STAGES[counters.stage] == "through time" and counters.step == 0:
            candidate.damping, candidate.growth = FORGOTTEN, 2.0
        problem: LeastSquares | None = None
        loss = float("inf")
        while counters.step < self._steps():
            if self.session.should_stop(counters.total):
                if self.session.best is None:
                    self._validate(candidate, loss)
                return True
            if problem is None or counters.step % REFRESH == 0:
                problem = self._problem()
            loss = candidate.step(problem)
            counters.step += 1
            counters.total += 1
            if counters.step % REFRESH == 0 or counters.step == self._steps():
                self._validate(candidate, loss)
            if self.session.checkpoint_due:
                self.session.checkpoint(counters.total, self._arrays())
        self._next_turn()
        return False

    def _next_turn(self) -> None:
        counters = self.counters
        # A turn may end on a step whose model runs away: the next goes on from the best.
        owner = counters.order[counters.turn]
        self.candidates[owner].parameters = self.kept[owner]
        counters.turn, counters.step = counters.turn + 1, 0
        if counters.turn < len(counters.order):
            return
        counters.stage, counters.turn = counters.stage + 1, 0
        survivors = 2 if counters.stage == 1 and len(self.candidates) > 1 else 1
        ranked: list[int] = np.argsort(self.scores, kind="stable").tolist()
        counters.order = ranked[:survivors]

    def _problem(self) -> LeastSquares:
        """The batch that belongs to the counters."""
        counters = self.counters
        owner = counters.order[counters.turn]
        rng = self._rng(2, counters.stage, owner, counters.step // REFRESH)
        size = self.config.batch
        if STAGES[counters.stage] == "through time":
            length = min(self.config.stretch, int(self.samples.ahead.max()))
            first = self.samples.draw_stretches(rng, max(1, size // length), length)
            inputs, wanted = stretches(self.samples, first, length, self.config.output_state)
            return ThroughTime(
                self.layout, self.scaling, inputs, wanted, self.weights, self.n_states, self.pool
            )
        if STAGES[counters.stage] == "sprint":
            size //= SPRINT_SHARE
        rows = self.samples.draw(rng, size)
        return Regression(
            self.layout,
            self.scaling.inputs(self.samples.inputs[rows]),
            self.scaling.targets(self.samples.targets[rows]),
            np.ones(self.layout.sizes[-1]),
            self.pool,
        )

    # -- validation ------------------------------------------------------------------------

    def _validate(self, candidate: Levenberg, loss: float) -> None:
        counters = self.counters
        owner = counters.order[counters.turn]
        model = self.model(candidate.parameters)
        score = 1.0 + loss
        if model is not None:
            values = {
                "loss": loss,
                "damping": candidate.damping,
                "start": float(owner),
                "stage": float(counters.stage),
            }
            esr = self.session.evaluate(counters.total, model, values)
            score = min(esr, score)
        if score <= self.scores[owner]:
            self.scores[owner], self.kept[owner] = score, candidate.parameters
        self.session.progress(self._fraction(), self._describe())

    def model(self, parameters: Float64) -> Model | None:
        """The model of these parameters, at rest; None where it runs away."""
        tensors = fold(self.layout, parameters, self.scaling)
        model = Model("stn", self.config, tensors, self.data.info)
        knobs = self.segments[0].knob_rows(0, 1)[0].astype(np.float32)
        kernel = StnKernel(model)
        limits = np.array(self.config.state_limits)
        peak = max(float(np.abs(segment.x).max()) for segment in self.segments)
        noise = np.sign(self._rng(3).normal(size=4096)) * PROBE_LEVEL * peak
        for part in (noise, np.repeat(noise[:32], 128)):
            block = part.astype(np.float32)
            kernel.process(block, knobs, np.empty_like(block))
            if not (np.abs(kernel.states) < limits).all():
                return None
        kernel.reset()
        silence = np.zeros(self.data.info.sample_rate, np.float32)
        kernel.process(silence, knobs, silence)
        if not (np.abs(kernel.states) < limits).all():
            return None
        config = self.config.model_copy(update={"initial_state": tuple(kernel.states.tolist())})
        return replace(model, config=config)

    def _fraction(self) -> float:
        """Share of the schedule that is done."""
        config, counters = self.config, self.counters
        lengths = (
            SPRINT_STEPS * config.starts / SPRINT_SHARE,
            HEAT_STEPS * min(2, config.starts),
            config.regression_steps,
            config.through_time_steps,
        )
        turns = len(counters.order)
        share = (counters.turn + counters.step / max(1, self._steps())) / turns
        done = sum(lengths[: counters.stage]) + lengths[counters.stage] * share
        return float(done / sum(lengths))

    def _describe(self) -> str:
        counters = self.counters
        name = STAGES[counters.stage]
        if name == "sprint":
            return f"Trying start {counters.turn + 1} of {len(counters.order)}"
        words = {"heat": "Training the two best starts", "regression": "Training on the states"}
        return f"{words.get(name, 'Training through time')}, step {counters.step}"

    # -- checkpoints -----------------------------------------------------------------------

    def _arrays(self) -> dict[str, FloatArray]:
        counters = self.counters
        return {
            "parameters": np.stack([candidate.parameters for candidate in self.candidates]),
            "kept": np.stack(self.kept),
            "damping": np.array([candidate.damping for candidate in self.candidates]),
            "growth": np.array([candidate.growth for candidate in self.candidates]),
            "scores": np.minimum(self.scores, 1e300),
            "order": np.array(counters.order, np.float64),
            "counters": np.array(
                [counters.stage, counters.turn, counters.step, counters.total], np.float64
            ),
        }

    def _restore(self, arrays: Mapping[str, FloatArray]) -> None:
        """Take up a checkpoint of the same job."""
        for number, candidate in enumerate(self.candidates):
            candidate.parameters = np.array(arrays["parameters"][number], np.float64)
            self.kept[number] = np.array(arrays["kept"][number], np.float64)
            candidate.damping = float(arrays["damping"][number])
            candidate.growth = float(arrays["growth"][number])
        self.scores = np.array(arrays["scores"], np.float64)
        stage, turn, step, total = (int(value) for value in arrays["counters"])
        order = [int(value) for value in arrays["order"]]
        self.counters = Counters(stage, turn, step, total, order)
