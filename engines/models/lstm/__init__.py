"""LSTM: one recurrent layer and a linear output, as Proteus, NeuralPi and AIDA-X play it.

After Wright, Damskägg and Välimäki, "Real-time black-box modelling with recurrent neural
networks", DAFx 2019: the input is the dry sample and the knobs, the output ``lin(h)``, plus the dry
sample where ``skip`` is set.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from engines.models.base import (
    Architecture,
    ArchitectureConfig,
    Model,
    ModelInfo,
    Preset,
    TrainingData,
    TrainingResult,
    TrainingSession,
)

if TYPE_CHECKING:
    from engines.models.lstm.kernel import LstmKernel


class LstmConfig(ArchitectureConfig):
    """What an LSTM looks like and how it is trained."""

    hidden: int = Field(default=16, ge=1, le=128, title="Hidden units")
    skip: bool = Field(
        default=False,
        title="Add the input",
        description="The network learns what the device changes. Some hosts demand it; a plain "
        "RTNeural host does not do it.",
    )
    learning_rate: float = Field(default=8e-3, gt=0, le=1, title="Learning rate")
    truncation: int = Field(
        default=1024,
        ge=32,
        le=65_536,
        title="Truncation length",
        description="Samples over which errors are carried back.",
        json_schema_extra={"unit": "samples"},
    )
    burn_in: int = Field(
        default=1024,
        ge=0,
        le=65_536,
        title="Burn-in",
        description="Samples run before each stretch's first scored one.",
        json_schema_extra={"unit": "samples"},
    )
    batch: int = Field(
        default=48,
        ge=1,
        le=1024,
        title="Batch",
        description="Stretches trained on side by side.",
    )
    updates_per_stretch: int = Field(
        default=8,
        ge=1,
        le=1000,
        title="Updates per stretch",
        description="Truncation lengths that one stretch lasts; its state is carried on.",
    )
    pre_emphasis: float = Field(
        default=0.0,
        ge=0.0,
        lt=1.0,
        title="Pre-emphasis",
        description="Weight of y[n] - p y[n-1] in the loss; 0: plain ESR and DC.",
    )
    steps: int = Field(
        default=6000, ge=1, le=10_000_000, title="Steps", description="Updates of the weights."
    )


class Lstm(Architecture):
    """The architecture ``lstm``."""

    name = "lstm"
    label = "LSTM"
    summary = "Learns from input and output alone. Plays in many hosts."
    Config = LstmConfig
    presets = (
        Preset("light", "Light", LstmConfig(hidden=8)),
        Preset("standard", "Standard", LstmConfig(hidden=16)),
        Preset("best", "Best", LstmConfig(hidden=40, steps=20_000, learning_rate=5e-3)),
    )

    def train(
        self, config: LstmConfig, data: TrainingData, session: TrainingSession
    ) -> TrainingResult:
        """Truncated back-propagation by torch: :mod:`engines.models.lstm.training`."""
        from engines.models.lstm.training import train

        return train(config, data, session)

    def kernel(self, model: Model) -> LstmKernel:
        """The compiled streaming kernel."""
        from engines.models.lstm.kernel import LstmKernel

        return LstmKernel(model)

    def n_weights(self, config: LstmConfig, info: ModelInfo) -> int:
        """As torch counts: both bias vectors of the recurrent layer."""
        rows = 4 * config.hidden
        return rows * (1 + len(info.controls) + config.hidden + 2) + config.hidden + 1

    def shapes(self, config: LstmConfig, info: ModelInfo) -> dict[str, tuple[int, ...]]:
        """The names and shapes of torch's ``LSTM`` as ``rec`` and ``Linear`` as ``lin``."""
        rows = 4 * config.hidden
        return {
            "rec.weight_ih_l0": (rows, 1 + len(info.controls)),
            "rec.weight_hh_l0": (rows, config.hidden),
            "rec.bias_ih_l0": (rows,),
            "rec.bias_hh_l0": (rows,),
            "lin.weight": (1, config.hidden),
            "lin.bias": (1,),
        }


ARCHITECTURE = Lstm()
