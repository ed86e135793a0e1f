"""The streaming kernel of an STN, compiled for its sizes. Imports numba."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engines.models.base import Kernel, Model
from engines.models.jit import compiled
from engines.models.kernels.rows import (
    add_columns,
    columns,
    dots,
    load_rows,
    matrix,
    matrix_layout,
    store_rows,
    tanh,
)
from engines.models.kernels.vector import LANES, padded
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
    n_rows = n_states + (1 if output_state < 0 else 0)
    at_states = 3 * h1
    at_2 = (1 + n_inputs) * h1
    at_3 = at_2 + (1 + h1) * h2
    from_2, n_2, from_3, n_3 = at_2 + h2, h2 // LANES, at_3 + h3, h3 // LANES
    head = (at_2, at_2, at_3, at_3 + (1 + h2) * h3)[depth]

    def process(
        x: Float32,
        y: Float32,
        weights: Float32,
        states: NDArray[np.float64],
        initial: NDArray[np.float64],
        limits: NDArray[np.float64],
        inputs: Float32,
        carried: Float32,
    ) -> None:
        # The states are added up in float64: a slow circuit adds many steps smaller than a
        # float32 rounding error of the voltage they belong to. The next sample does not wait for
        # them: its first layer takes the states before the last step, and that step by itself.
        previous = inputs[0]
        steps = load_rows(carried, 0, n_rows)
        for n in range(x.size):
            now = x[n]
            if not abs(now) < np.float32(1e30):
                now = np.float32(0.0)
            inputs[0] = now
            inputs[1] = previous
            early = columns(weights, 0, inputs, n_inputs, h1)
            first = tanh(add_columns(early, weights, at_states, steps, n_states))
            if depth == 1:
                steps = dots(weights, head, first, n_rows)
            else:
                biases = load_rows(weights, at_2, n_2)
                second = tanh(matrix(biases, weights, from_2, first))
                if depth == 2:
                    steps = dots(weights, head, second, n_rows)
                else:
                    more = load_rows(weights, at_3, n_3)
                    third = tanh(matrix(more, weights, from_3, second))
                    steps = dots(weights, head, third, n_rows)
            store_rows(steps, carried, 0)
            inside = True
            for k in range(n_states):
                inputs[2 + k] = np.float32(states[k])
                states[k] += np.float64(carried[LANES * k])
                inside = inside and abs(states[k]) <= limits[k]
            if not inside:
                for k in range(n_states):
                    value = states[k]
                    if not abs(value) <= limits[k]:
                        if value > limits[k]:
                            value = limits[k]
                        elif value < -limits[k]:
                            value = -limits[k]
                        else:
                            value = initial[k]
                    states[k] = value
                    inputs[2 + k] = np.float32(value)
                    carried[LANES * k : LANES * (k + 1)] = np.float32(0.0)
                steps = load_rows(carried, 0, n_rows)
            previous = now
            if output_state < 0:
                y[n] = carried[LANES * n_states]
            else:
                y[n] = np.float32(states[output_state])
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
        self._carried = np.zeros(LANES * (n_states + 1), np.float32)
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
        self._inputs[2:] = self._initial
        self._carried[:] = 0.0

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
            self._carried,
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

    The first layer is its bias and then one column for each input; the others are as
    :func:`~engines.models.kernels.rows.matrix` and, the last one,
    :func:`~engines.models.kernels.rows.dots` read them. All are padded to whole vectors.
    """
    n_knobs, depth = len(model.info.controls), len(hidden)
    knobs = slice(2, 2 + n_knobs)
    weight, offset = padded_layer(model, 0, hidden[0])
    bias, knob_columns = offset.astype(np.float32), weight[:, knobs].astype(np.float32)
    parts = [offset, np.delete(weight, np.s_[knobs], axis=1).T]
    for number in range(1, depth):
        weight, offset = padded_layer(model, number, hidden[number], hidden[number - 1])
        parts += [offset, matrix_layout(weight)]
    weight, offset = padded_layer(model, depth, None, hidden[-1])
    first_lanes = np.zeros((len(offset), LANES))
    first_lanes[:, 0] = offset
    parts.append(np.hstack([first_lanes, weight]))
    packed = np.concatenate([part.ravel() for part in parts]).astype(np.float32)
    return packed, bias, np.ascontiguousarray(knob_columns)


def padded_layer(
    model: Model, number: int, rows: int | None, inputs: int | None = None
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Weight and bias of a layer, with zeros up to ``rows`` and ``inputs``."""
    weight = np.asarray(model.tensors[f"layers.{number}.weight"], np.float64)
    bias = np.asarray(model.tensors[f"layers.{number}.bias"], np.float64)
    more_rows = (rows or len(weight)) - weight.shape[0]
    more_inputs = (inputs or weight.shape[1]) - weight.shape[1]
    return np.pad(weight, ((0, more_rows), (0, more_inputs))), np.pad(bias, (0, more_rows))
