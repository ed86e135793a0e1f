"""The streaming kernel of the fitted compressor: the effect's own loop. Imports numba."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engines.effects.compressor import N_COEFFICIENTS, N_STATE
from engines.effects.compressor_loop import compress
from engines.models.base import Kernel, Model
from engines.models.compressor import CompressorConfig
from engines.models.compressor.parameters import LIMITS, rows_at
from engines.models.compressor.rows_loop import coefficients, turn

Float32 = NDArray[np.float32]


class CompressorKernel(Kernel):
    """Streams audio through a fitted compressor, float32 in and out, float64 within.

    A sample that is not finite counts as zero.
    """

    def __init__(self, model: Model) -> None:
        config = model.config
        assert isinstance(config, CompressorConfig)
        self.sample_rate = model.info.sample_rate
        self.n_knobs = len(model.info.controls)
        self._order = config.order
        self._inverted = config.inverted
        self._branching = config.used_ballistics == "branching"
        self._parameters = np.ascontiguousarray(model.tensors["parameters"], np.float64)
        self._limits = LIMITS
        self._rows = rows_at(self._parameters, np.zeros(self.n_knobs), self._order)
        self._coefficients = np.zeros(N_COEFFICIENTS)
        self._state = np.zeros(N_STATE)
        self._held = np.zeros(self.n_knobs, np.float32)
        self._turn(self._held)
        silence = np.zeros(1, np.float32)
        self.process(silence, self._held, silence)
        self.reset()

    def reset(self) -> None:
        """Nothing heard yet, no reduction."""
        self._state[:] = 0.0

    def process(self, x: Float32, knobs: Float32, y: Float32) -> None:
        """One block; see :meth:`engines.models.base.Kernel.process`."""
        if self.n_knobs and not (knobs == self._held).all():
            self._turn(knobs)
        compress(x, y, self._coefficients, self._state)

    def _turn(self, knobs: Float32) -> None:
        """The settings at these knobs."""
        self._held[:] = knobs
        turn(self._parameters, self._held, self._order, self._limits, self._rows)
        coefficients(
            self._rows, self.sample_rate, self._inverted, self._branching, self._coefficients
        )
