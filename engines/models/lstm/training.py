"""Training an LSTM by torch: truncated back-propagation with burn-in and carried state.

After Wright, Damskägg and Välimäki, DAFx 2019: each batch of stretches is first run without
derivatives (burn-in), then in lengths over which errors are carried back, the state carried on
from one to the next. The loss is plain ESR plus the DC term, optionally pre-emphasised.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from engines.models.base import (
    FloatArray,
    Model,
    TrainingData,
    TrainingError,
    TrainingResult,
    TrainingSession,
)
from engines.models.lstm import LstmConfig

THREADS = 1
"""A time step of so small a layer is over before a second thread has woken up: with two threads
torch took as much processor time for the same step many times over."""
EVALUATE_STEPS = 24
"""Updates between two validations."""
WARM_UP_STEPS = 50
"""Updates over which the learning rate rises."""
FINAL_RATE = 0.02
"""The learning rate falls to this share along half a cosine."""
MAX_NORM = 1.0
EPSILON = 1e-8
DIVERGED = (
    "The training ran away (its weights were no longer numbers). Use a smaller learning rate; the "
    "best model so far is kept."
)


class LstmNetwork(nn.Module):
    """One LSTM layer as ``rec`` and a linear layer as ``lin``."""

    def __init__(self, n_inputs: int, hidden: int, skip: bool) -> None:
        super().__init__()
        self.rec = nn.LSTM(n_inputs, hidden, batch_first=False)
        self.lin = nn.Linear(hidden, 1)
        self.skip = skip

    def forward(
        self, x: Tensor, state: tuple[Tensor, Tensor] | None
    ) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        """Output (T, B) and the state from inputs (T, B, 1 + K)."""
        h, state = self.rec(x, state)
        y = self.lin(h).squeeze(-1)
        return (y + x[..., 0] if self.skip else y), state


@dataclass
class Stretches:
    """A batch of stretches: inputs (T, B, 1 + K) and wet samples (T, B)."""

    x: Tensor
    y: Tensor


class Loss:
    """ESR plus DC over a batch, with the signal's power bounded from below.

    The power is that of all stretches of the batch together, and at least a share of the whole
    training audio's: dividing quiet passages by their own power would let them drown the rest.
    """

    def __init__(self, floor: float, pre_emphasis: float) -> None:
        self.floor = floor
        self.pre_emphasis = pre_emphasis

    def __call__(self, predicted: Tensor, wet: Tensor) -> Tensor:
        """The loss of signals (T, B)."""
        power = wet.pow(2).mean() + self.floor
        error = predicted - wet
        dc = error.mean(dim=0).pow(2).mean() / power
        if self.pre_emphasis > 0.0:
            error = error[1:] - self.pre_emphasis * error[:-1]
            filtered = wet[1:] - self.pre_emphasis * wet[:-1]
            power = filtered.pow(2).mean() + self.floor * (1.0 - self.pre_emphasis) ** 2
        return error.pow(2).mean() / power + dc


def train(config: LstmConfig, data: TrainingData, session: TrainingSession) -> TrainingResult:
    """Train to the end of the schedule or to a stop.

    Raises
    ------
    TrainingError
        There is too little audio, or the training ran away before anything was learned.
    """
    before = torch.get_num_threads()
    torch.set_num_threads(THREADS)
    try:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(data.seed)
            return LstmTraining(config, data, session).run()
    finally:
        torch.set_num_threads(before)


class LstmTraining:
    """One training: network, optimiser, schedule, counters."""

    def __init__(self, config: LstmConfig, data: TrainingData, session: TrainingSession) -> None:
        self.config = config
        self.data = data
        self.session = session
        self.network = LstmNetwork(1 + len(data.info.controls), config.hidden, config.skip)
        self.optimiser = torch.optim.Adam(self.network.parameters(), lr=config.learning_rate)
        self.step = 0
        self.length = config.truncation
        self.per_stretch = config.updates_per_stretch
        self.burn_in = config.burn_in
        self._fit_to_audio()
        self.segments = [
            (
                torch.from_numpy(segment.x.astype(np.float32)),
                torch.from_numpy(segment.y.astype(np.float32)),
                segment,
            )
            for segment in data.train
            if len(segment.x) >= self._stretch
        ]
        power = float(np.mean(np.concatenate([segment.y for segment in data.train]) ** 2))
        if power <= 0.0:
            raise TrainingError(
                "The wet audio of the training part is silent. Check the recording, or change the "
                "split."
            )
        self.loss = Loss(0.1 * power, config.pre_emphasis)
        self._train_loss = math.nan
        self._since_evaluation = 0

    @property
    def _stretch(self) -> int:
        return self.burn_in + self.length * self.per_stretch

    def _fit_to_audio(self) -> None:
        """Shorten stretches that are longer than the longest section."""
        longest = max(len(segment.x) for segment in self.data.train)
        if longest < 2 * min(256, self.length):
            raise TrainingError("There is too little audio to train on. Use at least a second.")
        self.burn_in = min(self.burn_in, longest // 4)
        self.length = min(self.length, longest // 2)
        self.per_stretch = max(1, min(self.per_stretch, (longest - self.burn_in) // self.length))

    # -- the course ------------------------------------------------------------------------

    def run(self) -> TrainingResult:
        """Update after update, validated now and then."""
        arrays = self.session.resume()
        if arrays is not None:
            self._restore(arrays)
        try:
            text = self._run_stretches()
        finally:
            if self._finite():
                self.session.checkpoint(self.step, self._arrays())
        best = self.session.best
        if best is None:
            raise TrainingError(DIVERGED)
        return TrainingResult(best, text, {"steps": float(self.step)})

    def _run_stretches(self) -> str:
        while self.step < self.config.steps:
            # Everything is whole between two stretches: the state carried on ends here.
            if self.session.should_stop(self.step):
                break
            stretches = self._draw()
            if not self._train_on(stretches):
                self._evaluate()
                return DIVERGED
            if self._since_evaluation >= EVALUATE_STEPS:
                self._evaluate()
            if self.session.checkpoint_due:
                self.session.checkpoint(self.step, self._arrays())
        if self._since_evaluation:
            self._evaluate()
        return self.session.stop_reason or "Trained to the end of its schedule."

    def _draw(self) -> Stretches:
        """Stretches from anywhere in the training audio, the same for the same seed and step."""
        rng = np.random.default_rng((self.data.seed, self.step))
        room = np.array([len(x) - self._stretch + 1 for x, _, _ in self.segments], np.float64)
        chosen = rng.choice(len(room), self.config.batch, p=room / room.sum())
        inputs, wet = [], []
        for number in chosen:
            x, y, segment = self.segments[number]
            start = int(rng.integers(int(room[number])))
            part = slice(start, start + self._stretch)
            knobs = segment.knob_rows(start, start + self._stretch).astype(np.float32)
            inputs.append(torch.cat([x[part, None], torch.from_numpy(knobs)], dim=1))
            wet.append(y[part])
        return Stretches(torch.stack(inputs, dim=1), torch.stack(wet, dim=1))

    def _train_on(self, stretches: Stretches) -> bool:
        """All updates of one batch of stretches; returns False where it ran away."""
        state: tuple[Tensor, Tensor] | None = None
        if self.burn_in:
            with torch.no_grad():
                _, state = self.network(stretches.x[: self.burn_in], None)
        for number in range(self.per_stretch):
            if self.step >= self.config.steps:
                break
            self.session.context.check()
            start = self.burn_in + number * self.length
            part = slice(start, start + self.length)
            for group in self.optimiser.param_groups:
                group["lr"] = self._learning_rate()
            self.optimiser.zero_grad(set_to_none=True)
            predicted, state = self.network(stretches.x[part], state)
            loss = self.loss(predicted, stretches.y[part])
            loss.backward()  # type: ignore[no-untyped-call]
            norm = nn.utils.clip_grad_norm_(self.network.parameters(), MAX_NORM)
            if not (torch.isfinite(loss) and torch.isfinite(norm)):
                return False
            self.optimiser.step()
            state = (state[0].detach(), state[1].detach())
            self.step += 1
            self._since_evaluation += 1
            self._train_loss = float(loss.detach())
        return True

    def _learning_rate(self) -> float:
        """A short rise, then half a cosine down over the schedule."""
        share = min(1.0, self.step / self.config.steps)
        fall = FINAL_RATE + (1.0 - FINAL_RATE) * 0.5 * (1.0 + math.cos(math.pi * share))
        return self.config.learning_rate * fall * min(1.0, (self.step + 1) / WARM_UP_STEPS)

    # -- validation and checkpoints --------------------------------------------------------

    def model(self) -> Model:
        """The network as it stands."""
        tensors = {
            name: value.detach().numpy().astype(np.float32).copy()
            for name, value in self.network.state_dict().items()
        }
        return Model("lstm", self.config, tensors, self.data.info)

    def _finite(self) -> bool:
        return all(bool(torch.isfinite(p).all()) for p in self.network.parameters())

    def _evaluate(self) -> None:
        self._since_evaluation = 0
        if not self._finite():
            return
        values = {"loss": self._train_loss, "learning_rate": self._learning_rate()}
        self.session.evaluate(self.step, self.model(), values)
        self.session.progress(
            self.step / self.config.steps, f"Step {self.step} of {self.config.steps}"
        )

    def _arrays(self) -> dict[str, FloatArray]:
        arrays: dict[str, FloatArray] = {"step": np.array([float(self.step)])}
        for name, parameter in self.network.named_parameters():
            arrays[f"weight.{name}"] = _array(parameter)
            moments: dict[str, Any] = self.optimiser.state.get(parameter, {})
            for kind, value in moments.items():
                arrays[f"adam.{kind}.{name}"] = _array(value).reshape(-1)
        return arrays

    def _restore(self, arrays: Mapping[str, FloatArray]) -> None:
        """Take up a checkpoint of the same job."""
        self.step = int(arrays["step"][0])
        with torch.no_grad():
            for name, parameter in self.network.named_parameters():
                parameter.copy_(torch.from_numpy(np.array(arrays[f"weight.{name}"])))
                for key, value in arrays.items():
                    kind, _, owner = key.removeprefix("adam.").partition(".")
                    if key.startswith("adam.") and owner == name:
                        tensor = torch.from_numpy(np.array(value))
                        shape = parameter.shape if kind != "step" else torch.Size([])
                        self.optimiser.state[parameter][kind] = tensor.reshape(shape)


def _array(tensor: Tensor) -> NDArray[np.float32]:
    return np.array(tensor.detach().numpy(), np.float32)
