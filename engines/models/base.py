"""The contract of an architecture, and the trained model that it makes.

A :class:`Model` is plain data: configuration, float64 or float32 arrays, and what a host must
know. It needs neither torch nor numba to be read, so that the window, the exporters and the audio
engine share it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from engines.worker.context import JobContext
from projects.errors import FileFormatError, TrimpotError
from projects.manifest import Control, Frozen

FloatArray = NDArray[np.float32] | NDArray[np.float64]


class ModelFileError(FileFormatError):
    """A model file is damaged, hostile, or of an architecture that is not here."""


class TrainingError(TrimpotError):
    """A training cannot start or go on."""


class ArchitectureConfig(BaseModel):
    """Base of every architecture's configuration; its JSON Schema is its form."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class ModelInfo(Frozen):
    """What a host needs to know of a model besides its weights.

    Input and output are in the samples of the capture's dry and wet files; ``dry_full_scale`` and
    ``wet_full_scale`` say what 1.0 stands for in their units.
    """

    name: str
    sample_rate: int
    controls: tuple[Control, ...] = ()
    """Knobs, in the order of the model's inputs; each enters scaled to 0..1 over its range."""
    states: tuple[str, ...] = ()
    dry_unit: str = "FS"
    dry_full_scale: float = 1.0
    wet_unit: str = "FS"
    wet_full_scale: float = 1.0
    warm_up: int = 0
    """Samples after a reset that are not scored."""
    figures: dict[str, float] = Field(default_factory=dict)


@dataclass(frozen=True)
class Model:
    """A trained model: architecture, configuration, weights, info."""

    architecture: str
    config: ArchitectureConfig
    tensors: Mapping[str, FloatArray]
    info: ModelInfo

    @property
    def n_weights(self) -> int:
        """How many trained numbers it holds."""
        return sum(int(tensor.size) for tensor in self.tensors.values())


class Kernel(ABC):
    """A streaming kernel: the same samples for any block size, nothing allocated in between."""

    sample_rate: int
    n_knobs: int

    @abstractmethod
    def reset(self) -> None:
        """Back to the state before the first sample."""

    @abstractmethod
    def process(
        self, x: NDArray[np.float32], knobs: NDArray[np.float32], y: NDArray[np.float32]
    ) -> None:
        """One block.

        Parameters
        ----------
        x : float32[n]
            Dry samples.
        knobs : float32[n_knobs]
            Knob positions, 0..1, held over the block.
        y : float32[n]
            Filled with the output; may be ``x`` itself.
        """


@dataclass(frozen=True)
class Preset:
    """A ready choice: a card in the window, a name on the command line."""

    name: str
    label: str
    config: ArchitectureConfig


@dataclass(frozen=True)
class Segment:
    """A stretch of a capture for training or scoring.

    ``x`` and ``y`` float64[n] (dry and wet samples), ``states`` float64[n, S], ``knobs``
    float64[K] in 0..1, or float64[n, K] where one moved. The first ``lead`` samples are there for
    warm-up only and are not scored.
    """

    capture_id: str
    start: int
    x: NDArray[np.float64]
    y: NDArray[np.float64]
    states: NDArray[np.float64]
    knobs: NDArray[np.float64]
    lead: int = 0

    @property
    def moving(self) -> bool:
        """Whether a knob moved."""
        return self.knobs.ndim > 1

    def knob_rows(self, start: int, stop: int) -> NDArray[np.float64]:
        """float64[stop - start, K]: the knobs at the samples from ``start`` on."""
        if self.moving:
            return self.knobs[start:stop]
        return np.broadcast_to(self.knobs, (stop - start, self.knobs.size))


@dataclass(frozen=True)
class TrainingData:
    """What a training sees: train and validation, never the test part."""

    info: ModelInfo
    train: tuple[Segment, ...]
    validation: tuple[Segment, ...]
    seed: int = 0


@dataclass
class TrainingResult:
    """How a training ended: the best model and why it stopped, in a sentence."""

    model: Model
    text: str
    figures: dict[str, float] = field(default_factory=dict)


class Architecture(ABC):
    """One kind of model. A new module in this folder that has an ``ARCHITECTURE`` is found.

    Importing the module must not import torch or numba: both come in only inside the methods that
    need them, so that the window can read configurations and labels.
    """

    name: ClassVar[str]
    label: ClassVar[str]
    summary: ClassVar[str]
    needs_states: ClassVar[bool] = False
    baseline: ClassVar[bool] = False
    """A measure for the others rather than what one would train; never chosen unasked."""
    Config: ClassVar[type[ArchitectureConfig]]
    presets: ClassVar[tuple[Preset, ...]]

    @abstractmethod
    def train(self, config: Any, data: TrainingData, session: TrainingSession) -> TrainingResult:
        """Train to the end (or to a stop), reporting through the session; resumes if it can."""

    @abstractmethod
    def kernel(self, model: Model) -> Kernel:
        """The streaming kernel of a trained model, compiled and ready."""

    @abstractmethod
    def n_weights(self, config: Any, info: ModelInfo) -> int:
        """How many weights a model of this configuration has."""

    @abstractmethod
    def shapes(self, config: Any, info: ModelInfo) -> dict[str, tuple[int, ...]]:
        """The tensors that a model of this configuration holds, with their shapes."""

    def validate(self, model: Model) -> None:
        """Check that a model from a file holds exactly its tensors, in shape and finite.

        Raises
        ------
        ModelFileError
            With a sentence that names the tensor.
        """
        wanted = self.shapes(model.config, model.info)
        for name in sorted(wanted.keys() ^ model.tensors.keys()):
            word = "lacks" if name in wanted else "has an unknown"
            raise ModelFileError(f"The model {model.info.name} {word} tensor {name}.")
        for name, shape in wanted.items():
            tensor = model.tensors[name]
            if tensor.shape != shape:
                raise ModelFileError(
                    f"The model {model.info.name} is damaged: tensor {name} has the shape "
                    f"{tensor.shape} and should have {shape}."
                )
            if tensor.dtype not in (np.float32, np.float64) or not np.isfinite(tensor).all():
                raise ModelFileError(
                    f"The model {model.info.name} is damaged: tensor {name} holds values that are "
                    "not finite numbers."
                )


class TrainingSession(ABC):
    """What a training asks of the job that runs it: report, keep, resume, stop."""

    context: JobContext

    @abstractmethod
    def resume(self) -> Mapping[str, FloatArray] | None:
        """The arrays of the last checkpoint (weights, optimiser, counters), or None."""

    @property
    @abstractmethod
    def checkpoint_due(self) -> bool:
        """Whether it is time for a checkpoint, at the next step where the state is whole."""

    @abstractmethod
    def checkpoint(self, step: int, arrays: Mapping[str, FloatArray]) -> None:
        """Keep everything needed to go on from here."""

    @abstractmethod
    def evaluate(self, step: int, model: Model, values: Mapping[str, float]) -> float:
        """Score a model free-running on validation, report it with ``values``, keep the best.

        Returns
        -------
        float
            Its plain ESR on the validation part.
        """

    @abstractmethod
    def progress(self, fraction: float, text: str) -> None:
        """Say how far the schedule is, 0..1, and what is being done."""

    @abstractmethod
    def should_stop(self, step: int) -> bool:
        """Whether time, steps, target or patience say so; waits while paused.

        Raises
        ------
        CancelledError
            The user cancelled, or the window is gone.
        """

    @property
    @abstractmethod
    def best(self) -> Model | None:
        """The best model so far by validation."""

    @property
    @abstractmethod
    def stop_reason(self) -> str:
        """Why :meth:`should_stop` said so, as a sentence; empty before."""
