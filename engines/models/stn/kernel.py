"""The streaming kernel of an STN, compiled for its sizes. Imports numba."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engines.models.base import Kernel, Model
from engines.models.jit import compiled
from engines.models.kernels.vector import dense, padded
from engines.models.stn import StnConfig

Float32 = NDArray[np.float32]
NO_LIMIT = 1e6


@cache
def compile_process(
    n_states: int, hidden: tuple[int, ...], output_state: int
) -> Callable[..., Any]:
    """The loop over one block for a network of these sizes.

    Parameters
    ----------
    n_states : int
        States.
    hidden : tuple of int
        Rows of each hidden layer, padded to whole vectors; one to three.
    output_state : int
        Which state is the output, or -1: the row after the states.
    """
    depth = len(hidden)
    h1, h2, h3 = (*hidden, 8, 8)[:3]
    n_inputs = 2 + n_states
    n_rows = padded(n_states + (1 if output_state < 0 else 0))
    at_2 = (1 + n_inputs) * h1
    at_3 = at_2 + (1 + h1) * h2
    at_head = (at_2, at_2, at_3, at_3 + (1 + h2) * h3)[depth]

    def process(
        x: Float32,
        y: Float32,
        weights: Float32,
        states: NDArray[np.float64],
        initial: NDArray[np.float64],
        limits: NDArray[np.float64],
        inputs: Float32,
        scratch: Float32,
    ) -> None:
        # The states are added up in float64: a slow circuit adds many steps smaller than a
        # float32 rounding error of the voltage they belong to.
        a, b, c, head = scratch[0], scratch[1], scratch[2], scratch[3]
        previous = inputs[0]
        for n in range(x.size):
            now = x[n]
            if not abs(now) < np.float32(1e30):
                now = np.float32(0.0)
            inputs[0] = now
            inputs[1] = previous
            for k in range(n_states):
                inputs[2 + k] = np.float32(states[k])
            dense(weights, 0, inputs, n_inputs, a, h1, 1)
            if depth == 1:
                dense(weights, at_head, a, h1, head, n_rows, 0)
            else:
                dense(weights, at_2, a, h1, b, h2, 1)
                if depth == 2:
                    dense(weights, at_head, b, h2, head, n_rows, 0)
                else:
                    dense(weights, at_3, b, h2, c, h3, 1)
                    dense(weights, at_head, c, h3, head, n_rows, 0)
            for k in range(n_states):
                value = states[k] + np.float64(head[k])
                if not abs(value) <= limits[k]:
                    if value > limits[k]:
                        value = limits[k]
                    elif value < -limits[k]:
                        value = -limits[k]
                    else:
                        value = initial[k]
                states[k] = value
            previous = now
            y[n] = head[n_states] if output_state < 0 else np.float32(states[output_state])
        inputs[0] = previous

    return compiled()(process)


class StnKernel(Kernel):
    """Streams audio through an STN in float32, its states in float64.

    A sample that is not finite counts as zero, so that it cannot stay in the states.
    """

    def __init__(self, model: Model) -> None:
        config = model.config
        assert isinstance(config, StnConfig)
        self.sample_rate = model.info.sample_rate
        self.n_knobs = len(model.info.controls)
        n_states = len(model.info.states)
        hidden = tuple(padded(width) for width in config.hidden)
        output = -1 if config.output_state is None else config.output_state
        self._process = compile_process(n_states, hidden, output)
        self._initial = np.array(config.initial_state or [0.0] * n_states)
        self._limits = np.array(config.state_limits or [NO_LIMIT] * n_states)
        self._weights, self._bias, self._knob_columns = pack(model, config, hidden)
        self._states = np.empty(n_states)
        self._inputs = np.zeros(2 + n_states, np.float32)
        self._scratch = np.zeros((4, max(padded(n_states + 1), *hidden)), np.float32)
        self._held = np.full(self.n_knobs, np.nan, np.float32)
        self.reset()
        silence = np.zeros(1, np.float32)
        self.process(silence, np.zeros(self.n_knobs, np.float32), silence)
        self.reset()

    @property
    def states(self) -> NDArray[np.float64]:
        """The states after the last sample, in the samples of their files."""
        return self._states.copy()

    def reset(self) -> None:
        """Back to rest."""
        self._states[:] = self._initial
        self._inputs[:] = 0.0

    def process(self, x: Float32, knobs: Float32, y: Float32) -> None:
        """One block; see :meth:`engines.models.base.Kernel.process`."""
        if self.n_knobs and not (knobs == self._held).all():
            self._turn(knobs)
        self._process(
            x,
            y,
            self._weights,
            self._states,
            self._initial,
            self._limits,
            self._inputs,
            self._scratch,
        )

    def _turn(self, knobs: Float32) -> None:
        """Fold the knobs' share into the first bias."""
        self._held[:] = knobs
        rows = self._bias.size
        np.dot(self._knob_columns, knobs, out=self._weights[:rows])
        self._weights[:rows] += self._bias


def pack(
    model: Model, config: StnConfig, hidden: tuple[int, ...]
) -> tuple[Float32, Float32, Float32]:
    """The weights as the loop reads them: all layers, the first bias, the knobs' columns.

    Each layer is its bias row and then one column for each input, padded to whole vectors.
    """
    n_knobs = len(model.info.controls)
    widths = (*hidden, padded(model.tensors[f"layers.{len(hidden)}.bias"].size))
    columns: list[NDArray[np.float64]] = []
    knob_columns = np.zeros((widths[0], n_knobs), np.float32)
    bias = np.zeros(widths[0], np.float32)
    n_inputs = 2 + len(model.info.states)
    for number, rows in enumerate(widths):
        weight = np.asarray(model.tensors[f"layers.{number}.weight"], np.float64)
        offset = np.asarray(model.tensors[f"layers.{number}.bias"], np.float64)
        if number == 0:
            knob_columns[: len(weight)] = weight[:, 2 : 2 + n_knobs]
            bias[: len(offset)] = offset
            weight = np.delete(weight, np.s_[2 : 2 + n_knobs], axis=1)
        layer = np.zeros((1 + n_inputs, rows))
        layer[0, : len(offset)] = offset
        layer[1 : 1 + weight.shape[1], : len(offset)] = weight.T
        columns.append(layer.ravel())
        n_inputs = rows
    return np.concatenate(columns).astype(np.float32), bias, knob_columns
