"""What runs a training: scores it, keeps the best and the last state, and says when to stop."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from engines.models.base import (
    Architecture,
    FloatArray,
    Model,
    ModelFileError,
    Segment,
    TrainingData,
    TrainingSession,
)
from engines.models.storage import encode, load_model, read_tensors, save_model
from engines.training.scoring import Score, score
from engines.worker.context import JobContext
from projects.files import write_atomic
from projects.jobs import BEST_FILE, LAST_FILE
from projects.manifest import Frozen

CHECKPOINT_SECONDS = 4.0
PREVIEW_SECONDS = 1.0
PREVIEW_SAMPLES = 2048
IMPROVEMENT = 0.98
"""A validation ESR counts as better, for patience, below this share of the best before."""


class StopRules(Frozen):
    """When a training stops before its schedule ends. Whatever comes first."""

    max_seconds: Annotated[float, Field(gt=0)] | None = Field(
        default=None,
        title="Time limit",
        description="Training stops after so long, pauses left out.",
        json_schema_extra={"unit": "s"},
    )
    max_steps: Annotated[int, Field(ge=1)] | None = Field(
        default=None, title="Most steps", description="Training stops after so many steps."
    )
    target_esr: Annotated[float, Field(gt=0)] | None = Field(
        default=None,
        title="Target ESR",
        description="Training stops once the validation ESR is this small.",
    )
    patience: Annotated[int, Field(ge=1)] | None = Field(
        default=None,
        title="Patience",
        description="Training stops after so many validations without a better one.",
    )


@dataclass
class Clock:
    """Seconds of training, over all resumes, without pauses."""

    before: float
    started: float
    paused: float = 0.0

    @property
    def seconds(self) -> float:
        """Seconds so far."""
        return self.before + time.monotonic() - self.started - self.paused


class RunSession(TrainingSession):
    """The session of a train job.

    Parameters
    ----------
    context : JobContext
        The job; its folder takes the models, checkpoints, figures and previews.
    rules : StopRules
        When to stop.
    architecture : Architecture
        Whose models are trained.
    data : TrainingData
        For the validation part.
    """

    def __init__(
        self, context: JobContext, rules: StopRules, architecture: Architecture, data: TrainingData
    ) -> None:
        self.context = context
        self.rules = rules
        self.architecture = architecture
        self.data = data
        self.clock = Clock(0.0, time.monotonic())
        self.best_esr = float("inf")
        self.step = 0
        self._best: Model | None = None
        self._stale = 0
        self._reference = float("inf")
        self._reason = ""
        self._next_checkpoint = time.monotonic() + CHECKPOINT_SECONDS
        self._next_preview = 0.0

    # -- checkpoints -----------------------------------------------------------------------

    def resume(self) -> Mapping[str, FloatArray] | None:
        """The last checkpoint of this folder, or None.

        Raises
        ------
        ModelFileError
            There is one, and it is damaged.
        """
        path = self.context.folder / LAST_FILE
        if not path.is_file():
            return None
        tensors, description = read_tensors(path)
        try:
            self.step = int(description["step"])
            self.clock = Clock(float(description["seconds"]), time.monotonic())
            self._stale = int(description["stale"])
            best, reference = description["best_esr"], description["reference_esr"]
            self.best_esr = float("inf") if best is None else float(best)
            self._reference = float("inf") if reference is None else float(reference)
        except (KeyError, TypeError, ValueError) as error:
            raise ModelFileError(
                f"The checkpoint {path} is damaged. Delete it to train from the beginning.",
                details=repr(error),
            ) from error
        best_path = self.context.folder / BEST_FILE
        if best_path.is_file():
            self._best = load_model(best_path)
            # A better model may have been kept after the checkpoint was written.
            kept = self._best.info.figures.get("esr_validation", self.best_esr)
            self.best_esr = min(self.best_esr, kept)
        self.context.log(f"resumed at step {self.step} after {self.clock.seconds:.1f} s")
        return tensors

    @property
    def checkpoint_due(self) -> bool:
        """Whether the last checkpoint is some seconds old."""
        return time.monotonic() >= self._next_checkpoint

    def checkpoint(self, step: int, arrays: Mapping[str, FloatArray]) -> None:
        """Replace ``last.safetensors``."""
        self.step = step
        description: dict[str, Any] = {
            "schema_version": 1,
            "step": step,
            "seconds": self.clock.seconds,
            "stale": self._stale,
            "best_esr": self.best_esr if np.isfinite(self.best_esr) else None,
            "reference_esr": self._reference if np.isfinite(self._reference) else None,
        }
        data = encode(arrays, json.dumps(description, allow_nan=False))
        write_atomic(self.context.folder / LAST_FILE, data, action="save the checkpoint")
        self._next_checkpoint = time.monotonic() + CHECKPOINT_SECONDS

    # -- validation ------------------------------------------------------------------------

    def evaluate(self, step: int, model: Model, values: Mapping[str, float]) -> float:
        """Score a model on the validation part; keep it if it is the best."""
        self.step = step
        found = score(self.architecture.kernel(model), self.data.validation, self.context.check)
        best = min(found.esr, self.best_esr)
        figures = {"esr_validation": found.esr, "esr_best": best, **values}
        self.context.metric(step, self.clock.seconds, figures)
        if found.esr < self.best_esr:
            self._keep(step, model, found.esr)
        if found.esr < IMPROVEMENT * self._reference:
            self._reference, self._stale = found.esr, 0
        else:
            self._stale += 1
        if time.monotonic() >= self._next_preview:
            self._preview(step, found)
        return found.esr

    def _keep(self, step: int, model: Model, esr: float) -> None:
        figures = {**model.info.figures, "esr_validation": esr}
        info = model.info.model_copy(update={"figures": figures})
        self._best = replace(model, info=info)
        self.best_esr = esr
        save_model(self.context.folder / BEST_FILE, self._best)
        self.context.checkpoint(step)

    def _preview(self, step: int, found: Score) -> None:
        arrays = moments(self.data.validation, found.outputs, self.data.info.states)
        rate = self.data.info.sample_rate
        if arrays:
            signals = {
                name: (array / rate if name.endswith(".time") else array).astype(np.float32)
                for name, array in arrays.items()
            }
            self.context.preview(step, signals)
        self._next_preview = time.monotonic() + PREVIEW_SECONDS

    # -- stopping --------------------------------------------------------------------------

    def progress(self, fraction: float, text: str) -> None:
        """Say how far the training is, with the seconds still to go."""
        seconds, limit = self.clock.seconds, self.rules.max_seconds
        left = seconds * (1.0 - fraction) / fraction if fraction > 0.02 else None
        if limit is not None:
            fraction = max(fraction, min(1.0, seconds / limit))
            remaining = max(0.0, limit - seconds)
            left = remaining if left is None else min(left, remaining)
        self.context.progress(fraction, text, left)

    def should_stop(self, step: int) -> bool:
        """Whether a rule says stop; waits while paused.

        Raises
        ------
        CancelledError
            The user cancelled, or the window is gone.
        """
        before = time.monotonic()
        self.context.check()
        waited = time.monotonic() - before
        if waited > 0.01:
            self.clock.paused += waited
        self._reason = self._broken_rule(step)
        return bool(self._reason)

    def _broken_rule(self, step: int) -> str:
        rules = self.rules
        if rules.max_seconds is not None and self.clock.seconds >= rules.max_seconds:
            return f"Stopped at its time limit of {rules.max_seconds:g} s."
        if rules.max_steps is not None and step >= rules.max_steps:
            return f"Stopped after {step} steps, as asked."
        if rules.target_esr is not None and self.best_esr <= rules.target_esr:
            return f"Reached the target ESR of {rules.target_esr:g}."
        if rules.patience is not None and self._stale >= rules.patience:
            return f"Stopped after {self._stale} validations without a better one."
        return ""

    @property
    def best(self) -> Model | None:
        """The best model so far."""
        return self._best

    @property
    def stop_reason(self) -> str:
        """The rule that stopped the training, as a sentence."""
        return self._reason


def moments(
    segments: tuple[Segment, ...],
    outputs: tuple[NDArray[np.float32], ...],
    states: tuple[str, ...],
) -> dict[str, NDArray[np.float64]]:
    """The worst and the median moment of the scored audio.

    Returns
    -------
    dict
        ``worst.dry``, ``worst.wet``, ``worst.predicted``, ``worst.time`` (samples in the
        capture), ``worst.state NAME`` for each state; the same for ``median``; each at most
        ``PREVIEW_SAMPLES`` long. Moments in which the wet signal is silent are passed over.
    """
    found: list[tuple[float, int, slice]] = []
    for number, (segment, output) in enumerate(zip(segments, outputs, strict=True)):
        for start in range(segment.lead, len(segment.y), PREVIEW_SAMPLES):
            part = slice(start, start + PREVIEW_SAMPLES)
            error = float(np.sum((segment.y[part] - output[part]) ** 2))
            enough = len(segment.y) - start >= PREVIEW_SAMPLES // 4 or start == segment.lead
            if enough and np.any(segment.y[part]) and np.isfinite(error):
                found.append((error, number, part))
    if not found:
        return {}
    found.sort(key=lambda moment: moment[0])
    arrays: dict[str, NDArray[np.float64]] = {}
    for name, (_, number, part) in (("worst", found[-1]), ("median", found[len(found) // 2])):
        segment = segments[number]
        dry = segment.x[part]
        arrays[f"{name}.dry"] = dry
        arrays[f"{name}.wet"] = segment.y[part]
        arrays[f"{name}.predicted"] = outputs[number][part].astype(np.float64)
        begin = segment.start + part.start
        arrays[f"{name}.time"] = np.arange(begin, begin + len(dry), dtype=np.float64)
        for index, state in enumerate(states):
            arrays[f"{name}.state {state}"] = segment.states[part, index]
    return arrays
