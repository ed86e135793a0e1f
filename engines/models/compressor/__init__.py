"""A compressor's formula, fitted: a few numbers that say threshold, ratio and times.

The feed-forward compressor of Giannoulis, Massberg and Reiss (JAES 60(6), 2012; see
:mod:`engines.effects.compressor`) with a first-order bass and treble shelf behind it. Its settings
depend on the device's knobs by a polynomial, and all are found by Levenberg-Marquardt on the
samples. It is the measure for networks: what they cannot beat was not worth training.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
from pydantic import Field

from engines.effects.compressor import Ballistics
from engines.models.base import (
    Architecture,
    ArchitectureConfig,
    Model,
    ModelFileError,
    ModelInfo,
    Preset,
    TrainingData,
    TrainingResult,
    TrainingSession,
)
from engines.models.compressor.parameters import N_ALL, N_PLAIN, n_features

if TYPE_CHECKING:
    from engines.models.compressor.kernel import CompressorKernel


MOST = 1e6
"""No parameter is larger: beyond its limits a setting stands still anyway."""


class CompressorConfig(ArchitectureConfig):
    """What the formula has, and how it is fitted."""

    ballistics: Literal["either", "decoupled", "branching"] = Field(
        default="either",
        title="Ballistics",
        description="Release and then attack, or one or the other; either: what fits better",
        json_schema_extra={
            "labels": {
                "either": "What fits better",
                "decoupled": "Release, then attack",
                "branching": "Attack or release",
            }
        },
    )
    tone: bool = Field(
        default=True, title="Tone", description="A bass and a treble shelf after the gain"
    )
    order: int = Field(
        default=1,
        ge=1,
        le=2,
        title="Order in the knobs",
        description="1: settings are straight lines over the knobs; 2: they bend",
    )
    starts: int = Field(
        default=6, ge=1, le=32, title="Starts", description="Tried at first; the best goes on"
    )
    steps: int = Field(
        default=100, ge=1, le=10_000_000, title="Steps", description="Of the best start"
    )
    tolerance: float = Field(
        default=1e-4,
        ge=0.0,
        lt=1.0,
        title="Tolerance",
        description="Done when the error falls by less than this share; 0: all steps",
    )
    batch: float = Field(
        default=150.0,
        ge=1.0,
        le=3600.0,
        title="Audio a step",
        description="Drawn anew now and then where there is more",
        json_schema_extra={"unit": "s"},
    )
    stretch: float = Field(
        default=5.0,
        ge=0.05,
        le=600.0,
        title="Stretch",
        description="The audio is cut into such stretches",
        json_schema_extra={"unit": "s"},
    )
    burn_in: float = Field(
        default=3.0,
        ge=0.0,
        le=60.0,
        title="Burn-in",
        description="Run before each stretch's first scored sample",
        json_schema_extra={"unit": "s"},
    )
    inverted: bool = Field(default=False, title="Inverted", json_schema_extra={"hidden": True})
    """Whether wet is dry upside down; found by the fit."""

    @property
    def used_ballistics(self) -> Ballistics:
        """Those of a fitted model; decoupled before."""
        return "branching" if self.ballistics == "branching" else "decoupled"


class CompressorModel(Architecture):
    """The architecture ``compressor``."""

    name = "compressor"
    label = "Compressor (fitted formula)"
    summary = "Threshold, ratio and times found from the recordings: a baseline for networks."
    baseline = True
    Config = CompressorConfig
    presets = (
        Preset("standard", "Standard", CompressorConfig()),
        Preset("best", "Best", CompressorConfig(order=2, starts=10)),
    )

    def train(
        self, config: CompressorConfig, data: TrainingData, session: TrainingSession
    ) -> TrainingResult:
        """Fit by Levenberg-Marquardt: :mod:`engines.models.compressor.training`."""
        from engines.models.compressor.training import train

        return train(config, data, session)

    def kernel(self, model: Model) -> CompressorKernel:
        """The compiled streaming kernel."""
        from engines.models.compressor.kernel import CompressorKernel

        return CompressorKernel(model)

    def n_weights(self, config: CompressorConfig, info: ModelInfo) -> int:
        """Settings times the polynomial's coefficients."""
        rows, columns = self.shapes(config, info)["parameters"]
        return rows * columns

    def shapes(self, config: CompressorConfig, info: ModelInfo) -> dict[str, tuple[int, ...]]:
        """One tensor; see :mod:`engines.models.compressor.parameters`."""
        rows = N_ALL if config.tone else N_PLAIN
        return {"parameters": (rows, n_features(len(info.controls), config.order))}

    def validate(self, model: Model) -> None:
        """As every architecture; and no number so large that sums of them are none any more."""
        super().validate(model)
        if float(np.abs(model.tensors["parameters"]).max()) > MOST:
            raise ModelFileError(
                f"The model {model.info.name} is damaged: tensor parameters holds values that no "
                "compressor has."
            )


ARCHITECTURE = CompressorModel()
