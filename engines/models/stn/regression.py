"""Regression from true state to true state: one residual for each sample and output."""

from __future__ import annotations

from concurrent.futures import Executor

import numpy as np
from numpy.typing import NDArray

from engines.models.jit import compiled
from engines.models.levenberg import LeastSquares
from engines.models.stn.network import Layout

Float64 = NDArray[np.float64]
ROWS = 4096
"""Rows of the Jacobian that one part has."""


class Regression(LeastSquares):
    """Least squares over a batch of transitions.

    Parameters
    ----------
    layout : Layout
        The network.
    inputs : float64[n, n_in]
        Whitened inputs.
    targets : float64[n, n_out]
        Scaled targets.
    weights : float64[n_out]
        What an error of each output counts.
    pool : Executor
        Threads to work on.
    """

    def __init__(
        self,
        layout: Layout,
        inputs: Float64,
        targets: Float64,
        weights: Float64,
        pool: Executor,
    ) -> None:
        self.layout = layout
        self.inputs = inputs
        self.targets = targets
        self.weights = weights
        self.pool = pool
        self.n_parameters = layout.n_parameters
        self.n_residuals = targets.size

    def parts(self) -> list[slice]:
        """Some thousand residuals each."""
        step = max(1, ROWS // self.targets.shape[1])
        return [slice(start, start + step) for start in range(0, len(self.inputs), step)]

    def residual(self, parameters: Float64, part: slice) -> Float64:
        """Weighted residuals, output after output."""
        outputs = self.layout.activations(parameters, self.inputs[part])[-1]
        return ((outputs - self.targets[part]) * self.weights).ravel(order="F")

    def derivatives(self, parameters: Float64, part: slice) -> tuple[Float64, Float64]:
        """The same with their derivatives, by back-propagation from each output."""
        activations = self.layout.activations(parameters, self.inputs[part])
        residual = (activations[-1] - self.targets[part]) * self.weights
        n, n_outputs = residual.shape
        jacobian = np.zeros((n * n_outputs, self.n_parameters))
        for output in range(n_outputs):
            rows = jacobian[output * n : (output + 1) * n]
            self._propagate(rows, parameters, activations, output)
        return residual.ravel(order="F"), jacobian

    def _propagate(
        self, rows: Float64, parameters: Float64, activations: list[Float64], output: int
    ) -> None:
        layers = self.layout.layers(parameters)
        delta = np.zeros_like(activations[-1])
        delta[:, output] = self.weights[output]
        for number in range(len(layers) - 1, -1, -1):
            write_products(rows, self.layout.offsets[number], delta, activations[number])
            if number:
                delta = (delta @ layers[number][0]) * (1.0 - activations[number] ** 2)


@compiled()
def write_products(rows: Float64, column: int, delta: Float64, inputs: Float64) -> None:
    """A layer's derivatives: delta times each input for its weights, delta for its biases."""
    n_out, n_in = delta.shape[1], inputs.shape[1]
    for n in range(delta.shape[0]):
        for i in range(n_out):
            at = column + i * n_in
            d = delta[n, i]
            for j in range(n_in):
                rows[n, at + j] = d * inputs[n, j]
            rows[n, column + n_out * n_in + i] = d
