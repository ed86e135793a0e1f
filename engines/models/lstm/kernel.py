"""The streaming kernel of an LSTM, compiled for its size. Imports numba."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engines.models.base import Kernel, Model
from engines.models.jit import compiled
from engines.models.kernels.vector import dense, padded, tanh
from engines.models.lstm import LstmConfig

Float32 = NDArray[np.float32]


@cache
def compile_process(hidden: int, skip: bool) -> Callable[..., Any]:
    """The loop over one block for ``hidden`` units (padded to whole vectors)."""
    rows = 4 * hidden
    n_inputs = 1 + hidden
    # Gates lie one after the other, i f o g; the first three are sigmoid(a) = (1 + tanh(a/2))/2,
    # with the half already in the weights, so that one tanh serves all four.
    at_f, at_o, at_g = hidden, 2 * hidden, 3 * hidden

    def process(
        x: Float32,
        y: Float32,
        weights: Float32,
        head: Float32,
        head_bias: np.float32,
        inputs: Float32,
        cell: Float32,
        gates: Float32,
        squashed: Float32,
    ) -> None:
        half = np.float32(0.5)
        one = np.float32(1.0)
        for n in range(x.size):
            now = x[n]
            if not abs(now) < np.float32(1e30):
                now = np.float32(0.0)
            inputs[0] = now
            dense(weights, 0, inputs, n_inputs, gates, rows, 1)
            for k in range(hidden):
                remembered = half * (gates[at_f + k] + one) * cell[k]
                cell[k] = remembered + half * (gates[k] + one) * gates[at_g + k]
            tanh(cell, squashed, hidden)
            total = head_bias
            for k in range(hidden):
                h = half * (gates[at_o + k] + one) * squashed[k]
                inputs[1 + k] = h
                total += head[k] * h
            if not abs(total) < np.float32(1e30):
                total = np.float32(0.0)
                inputs[1:] = np.float32(0.0)
                cell[:] = np.float32(0.0)
            y[n] = total + now if skip else total

    return compiled(fast=True)(process)


class LstmKernel(Kernel):
    """Streams audio through an LSTM in float32. A sample that is not finite counts as zero."""

    def __init__(self, model: Model) -> None:
        config = model.config
        assert isinstance(config, LstmConfig)
        self.sample_rate = model.info.sample_rate
        self.n_knobs = len(model.info.controls)
        hidden = padded(config.hidden)
        self._process = compile_process(hidden, config.skip)
        self._weights, self._bias, self._knob_columns = pack(model, config.hidden, hidden)
        self._head = np.zeros(hidden, np.float32)
        self._head[: config.hidden] = model.tensors["lin.weight"][0]
        self._head_bias = np.float32(model.tensors["lin.bias"][0])
        self._inputs = np.zeros(1 + hidden, np.float32)
        self._cell = np.zeros(hidden, np.float32)
        self._gates = np.zeros(4 * hidden, np.float32)
        self._squashed = np.zeros(hidden, np.float32)
        self._held = np.full(self.n_knobs, np.nan, np.float32)
        silence = np.zeros(1, np.float32)
        self.process(silence, np.zeros(self.n_knobs, np.float32), silence)
        self.reset()

    def reset(self) -> None:
        """Hidden and cell state to zero."""
        self._inputs[:] = 0.0
        self._cell[:] = 0.0

    def process(self, x: Float32, knobs: Float32, y: Float32) -> None:
        """One block; see :meth:`engines.models.base.Kernel.process`."""
        if self.n_knobs and not (knobs == self._held).all():
            self._turn(knobs)
        self._process(
            x,
            y,
            self._weights,
            self._head,
            self._head_bias,
            self._inputs,
            self._cell,
            self._gates,
            self._squashed,
        )

    def _turn(self, knobs: Float32) -> None:
        """Fold the knobs' share into the bias."""
        self._held[:] = knobs
        rows = self._bias.size
        np.dot(self._knob_columns, knobs, out=self._weights[:rows])
        self._weights[:rows] += self._bias


def pack(model: Model, hidden: int, lanes: int) -> tuple[Float32, Float32, Float32]:
    """The weights as the loop reads them: bias and columns, the bias alone, the knobs' columns.

    Rows go from torch's i, f, g, o to i, f, o, g, each padded to ``lanes``; those of the sigmoids
    are halved.
    """
    tensors = {name: np.asarray(value, np.float64) for name, value in model.tensors.items()}
    w_ih, w_hh = tensors["rec.weight_ih_l0"], tensors["rec.weight_hh_l0"]
    bias = tensors["rec.bias_ih_l0"] + tensors["rec.bias_hh_l0"]
    table = np.zeros((1 + w_ih.shape[1] + lanes, 4 * lanes))
    for target, source in enumerate((0, 1, 3, 2)):
        scale = 1.0 if source == 2 else 0.5
        rows = slice(source * hidden, (source + 1) * hidden)
        columns = slice(target * lanes, target * lanes + hidden)
        table[0, columns] = scale * bias[rows]
        table[1 : 1 + w_ih.shape[1], columns] = scale * w_ih[rows].T
        table[1 + w_ih.shape[1] : 1 + w_ih.shape[1] + hidden, columns] = scale * w_hh[rows].T
    knob_rows = np.s_[2 : 1 + w_ih.shape[1]]
    packed = np.delete(table, knob_rows, axis=0).astype(np.float32).ravel()
    knob_columns = np.ascontiguousarray(table[knob_rows].T, dtype=np.float32)
    return packed, table[0].astype(np.float32), knob_columns
