"""Training through time: stretches that start in true states and then run freely.

The derivatives of all states by all parameters are carried along the signal (forward
sensitivities), which costs little for few states and gives Levenberg-Marquardt its Jacobian.
"""

from __future__ import annotations

from concurrent.futures import Executor

import numpy as np
from numpy.typing import NDArray

from engines.models.jit import compiled
from engines.models.levenberg import LeastSquares
from engines.models.stn.network import Layout, Scaling
from engines.models.stn.sampling import Samples

Float64 = NDArray[np.float64]
ROWS = 4096
"""Rows of the Jacobian that one part has."""


class ThroughTime(LeastSquares):
    """Least squares over free-running stretches.

    Parameters
    ----------
    layout, scaling : Layout, Scaling
        The network.
    inputs : float64[M, T, n_in]
        Raw inputs, of which the state columns are used at the first sample only.
    wanted : float64[M, T, R]
        The true states and, where the output is none of them, the true output.
    weights : float64[R]
        What an error of each counts.
    n_states : int
        How many of the R rows are states.
    pool : Executor
        Threads to work on.
    """

    def __init__(
        self,
        layout: Layout,
        scaling: Scaling,
        inputs: Float64,
        wanted: Float64,
        weights: Float64,
        n_states: int,
        pool: Executor,
    ) -> None:
        self.layout = layout
        self.scaling = scaling
        self.inputs = inputs
        self.wanted = wanted
        self.weights = weights
        self.n_states = n_states
        self.pool = pool
        self.n_parameters = layout.n_parameters
        self.n_residuals = wanted.size

    def parts(self) -> list[slice]:
        """A few stretches each."""
        count, length, outputs = self.wanted.shape
        step = max(1, ROWS // (length * outputs))
        return [slice(start, start + step) for start in range(0, count, step)]

    def residual(self, parameters: Float64, part: slice) -> Float64:
        """Weighted residuals, sample after sample."""
        return self._run(parameters, part, np.empty((0, self.n_parameters)))

    def derivatives(self, parameters: Float64, part: slice) -> tuple[Float64, Float64]:
        """The same with their derivatives."""
        jacobian = np.empty((self.wanted[part].size, self.n_parameters))
        return self._run(parameters, part, jacobian), jacobian

    def _run(self, parameters: Float64, part: slice, jacobian: Float64) -> Float64:
        residual = np.empty(self.wanted[part].size)
        run_freely(
            parameters,
            np.array(self.layout.sizes),
            self.scaling.mean,
            self.scaling.whiten,
            self.scaling.gain,
            self.scaling.offset,
            self.inputs[part],
            self.wanted[part],
            self.weights,
            self.n_states,
            residual,
            jacobian,
        )
        return residual


def stretches(
    samples: Samples,
    first: NDArray[np.int64],
    length: int,
    output_state: int | None,
) -> tuple[Float64, Float64]:
    """Inputs (M, T, n_in) and wanted rows (M, T, R) of the stretches that begin at ``first``."""
    length = min(length, int(samples.ahead.max()))
    rows = first[:, None] + np.arange(length)
    inputs = samples.inputs[rows]
    n = samples.n_states
    wanted = inputs[:, :, -n:] + samples.targets[rows][:, :, :n]
    if output_state is None:
        wanted = np.concatenate([wanted, samples.targets[rows][:, :, n:]], axis=2)
    return np.ascontiguousarray(inputs), np.ascontiguousarray(wanted)


@compiled(fast=True, inline=True)
def forward(parameters: Float64, sizes: NDArray[np.int64], acts: Float64) -> None:
    """Each layer's tanh and the outputs into ``acts[1:]`` from the inputs in ``acts[0]``."""
    at = 0
    last = len(sizes) - 1
    for layer in range(last):
        n_in, n_out = sizes[layer], sizes[layer + 1]
        bias = at + n_in * n_out
        for i in range(n_out):
            total = parameters[bias + i]
            for j in range(n_in):
                total += parameters[at + i * n_in + j] * acts[layer, j]
            acts[layer + 1, i] = total if layer == last - 1 else np.tanh(total)
        at = bias + n_out


@compiled(fast=True, inline=True)
def backward(
    parameters: Float64,
    sizes: NDArray[np.int64],
    acts: Float64,
    output: int,
    slopes: Float64,
    delta: Float64,
) -> None:
    """The slopes of one output by all parameters; by the inputs into ``delta[0]``."""
    last = len(sizes) - 1
    at = len(parameters)
    delta[last, : sizes[last]] = 0.0
    delta[last, output] = 1.0
    for layer in range(last - 1, -1, -1):
        n_in, n_out = sizes[layer], sizes[layer + 1]
        at -= n_out * (n_in + 1)
        for j in range(n_in):
            delta[layer, j] = 0.0
        for i in range(n_out):
            d = delta[layer + 1, i]
            slopes[at + n_in * n_out + i] = d
            for j in range(n_in):
                slopes[at + i * n_in + j] = d * acts[layer, j]
                delta[layer, j] += d * parameters[at + i * n_in + j]
        if layer:
            for j in range(n_in):
                delta[layer, j] *= 1.0 - acts[layer, j] ** 2


@compiled(fast=True)
def run_freely(
    parameters: Float64,
    sizes: NDArray[np.int64],
    mean: Float64,
    whiten: Float64,
    gain: Float64,
    offset: Float64,
    inputs: Float64,
    wanted: Float64,
    weights: Float64,
    n_states: int,
    residual: Float64,
    jacobian: Float64,
) -> None:
    """Weighted residuals of all stretches; with a Jacobian that has rows, it too."""
    n_in, n_out, n_par = sizes[0], sizes[-1], len(parameters)
    widest = sizes.max()
    acts = np.zeros((len(sizes), widest))
    delta = np.zeros((len(sizes), widest))
    slopes = np.zeros(n_par)
    raw = np.zeros(n_in)
    old = np.zeros((n_states, n_par))
    new = np.zeros((n_out, n_par))
    derive = len(jacobian) > 0
    first_state = n_in - n_states
    row = 0
    for m in range(inputs.shape[0]):
        states = inputs[m, 0, first_state:].copy()
        old[:] = 0.0
        for t in range(inputs.shape[1]):
            raw[:first_state] = inputs[m, t, :first_state]
            raw[first_state:] = states
            for i in range(n_in):
                total = 0.0
                for j in range(i + 1):
                    total += whiten[i, j] * (raw[j] - mean[j])
                acts[0, i] = total
            forward(parameters, sizes, acts)
            for r in range(n_out):
                value = gain[r] * acts[-1, r] + offset[r]
                if r < n_states:
                    states[r] += value
                    value = states[r]
                residual[row + r] = weights[r] * (value - wanted[m, t, r])
            if derive:
                for r in range(n_out):
                    backward(parameters, sizes, acts, r, slopes, delta)
                    for p in range(n_par):
                        new[r, p] = gain[r] * slopes[p]
                    for q in range(n_states):
                        link = 0.0
                        for i in range(first_state + q, n_in):
                            link += delta[0, i] * whiten[i, first_state + q]
                        link *= gain[r]
                        if r == q:
                            link += 1.0
                        for p in range(n_par):
                            new[r, p] += link * old[q, p]
                for r in range(n_out):
                    for p in range(n_par):
                        jacobian[row + r, p] = weights[r] * new[r, p]
                old[:] = new[:n_states]
            row += n_out
