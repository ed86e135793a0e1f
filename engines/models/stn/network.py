"""The network of an STN as one vector of parameters, in scaled units, and back to raw samples.

While it trains, the network sees whitened inputs and gives increments in units of their size;
:func:`fold` puts all scaling into the first and last layer, so that the stored tensors act on the
samples of the files.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Float64 = NDArray[np.float64]


@dataclass(frozen=True)
class Layout:
    """Where each layer's weights lie in the vector of parameters: weight (out, in), then bias."""

    sizes: tuple[int, ...]
    """Inputs, hidden widths, outputs."""

    @property
    def n_parameters(self) -> int:
        """Length of the vector."""
        return sum(rows * (columns + 1) for columns, rows in pairwise(self.sizes))

    @property
    def offsets(self) -> tuple[int, ...]:
        """Where each layer begins."""
        found = [0]
        for columns, rows in pairwise(self.sizes):
            found.append(found[-1] + rows * (columns + 1))
        return tuple(found[:-1])

    def layers(self, parameters: Float64) -> list[tuple[Float64, Float64]]:
        """Weight (out, in) and bias (out,) of each layer, as views."""
        found = []
        for start, (columns, rows) in zip(self.offsets, pairwise(self.sizes), strict=True):
            middle = start + rows * columns
            weight = parameters[start:middle].reshape(rows, columns)
            found.append((weight, parameters[middle : middle + rows]))
        return found

    def activations(self, parameters: Float64, inputs: Float64) -> list[Float64]:
        """The inputs, each hidden layer's tanh, and the outputs, each (n, width)."""
        found = [inputs]
        layers = self.layers(parameters)
        for number, (weight, bias) in enumerate(layers):
            sums = found[-1] @ weight.T + bias
            found.append(sums if number == len(layers) - 1 else np.tanh(sums))
        return found

    def start(self, rng: np.random.Generator) -> Float64:
        """Random parameters: units whose bends are spread over whitened inputs."""
        parameters = np.zeros(self.n_parameters)
        layers = self.layers(parameters)
        for number, (weight, bias) in enumerate(layers):
            scale = 1.0 / np.sqrt(weight.shape[1])
            if number == len(layers) - 1:
                weight[:] = 0.3 * scale * rng.normal(size=weight.shape)
            else:
                weight[:] = scale * rng.normal(size=weight.shape)
                bias[:] = rng.uniform(-1.0, 1.0, size=bias.shape)
        return parameters


@dataclass(frozen=True)
class Scaling:
    """Raw inputs u to whitened w = whiten (u - mean), outputs o to raw f = gain o + offset."""

    mean: Float64
    whiten: Float64
    """Lower triangular."""
    gain: Float64
    offset: Float64

    def inputs(self, raw: Float64) -> Float64:
        """Whitened inputs (n, n_in)."""
        return (raw - self.mean) @ self.whiten.T

    def targets(self, raw: Float64) -> Float64:
        """Scaled targets (n, n_out)."""
        return (raw - self.offset) / self.gain


def measure_scaling(inputs: Float64, targets: Float64, n_states: int) -> Scaling:
    """The scaling of a set of raw inputs (n, n_in) and targets (n, n_out).

    The first ``n_states`` targets are increments: they are scaled but not shifted. An input that
    never moves (a knob that was not turned) is left as it is.
    """
    mean = inputs.mean(axis=0)
    deviation = inputs.std(axis=0)
    scale = np.where(deviation > 1e-12, deviation, 1.0)
    centred = (inputs - mean) / scale
    covariance = centred.T @ centred / len(centred)
    covariance[np.diag_indices_from(covariance)] += 1e-9 + (deviation <= 1e-12)
    whiten = np.tril(np.linalg.inv(np.linalg.cholesky(covariance))) / scale
    offset = np.zeros(targets.shape[1])
    offset[n_states:] = targets[:, n_states:].mean(axis=0)
    gain = np.sqrt(((targets - offset) ** 2).mean(axis=0))
    return Scaling(mean, whiten, np.where(gain > 0, gain, 1.0), offset)


def fold(layout: Layout, parameters: Float64, scaling: Scaling) -> dict[str, Float64]:
    """The tensors ``layers.{i}.weight`` and ``.bias`` that act on raw samples."""
    layers = [(weight.copy(), bias.copy()) for weight, bias in layout.layers(parameters)]
    weight, bias = layers[0]
    weight = weight @ scaling.whiten
    layers[0] = (weight, bias - weight @ scaling.mean)
    weight, bias = layers[-1]
    layers[-1] = (scaling.gain[:, None] * weight, scaling.gain * bias + scaling.offset)
    tensors: dict[str, Float64] = {}
    for number, (weight, bias) in enumerate(layers):
        tensors[f"layers.{number}.weight"] = weight
        tensors[f"layers.{number}.bias"] = bias
    return tensors
