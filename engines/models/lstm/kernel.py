"""The streaming kernel of an LSTM, compiled for its size. Imports numba."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engines.models.base import Kernel, Model
from engines.models.jit import compiled
from engines.models.kernels.rows import (
    add,
    columns,
    dots,
    first_lane,
    gated,
    load_rows,
    matrix,
    matrix_layout,
    part,
    store_rows,
    tanh,
)
from engines.models.kernels.vector import LANES, padded
from engines.models.lstm import LstmConfig

Float32 = NDArray[np.float32]


@cache
def compile_process(hidden: int, skip: bool) -> Callable[..., Any]:
    """The loop over one block for ``hidden`` units (padded to whole vectors)."""
    rows, n = 4 * hidden, hidden // LANES
    at_h = 2 * rows
    at_head = at_h + rows * hidden
    # The gates i f o are sigmoid(a) = (1 + tanh(a/2))/2, with the half already in the weights, so
    # that one tanh serves them and g.
    i, f, o, g = 0, 1, 2, 3

    def process(
        x: Float32, y: Float32, weights: Float32, now: Float32, hidden_cell: Float32
    ) -> None:
        h = load_rows(hidden_cell, 0, n)
        c = load_rows(hidden_cell, hidden, n)
        for at in range(x.size):
            now[0] = x[at]
            if not abs(now[0]) < np.float32(1e30):
                now[0] = np.float32(0.0)
            early = columns(weights, 0, now, 1, rows)
            gates = tanh(matrix(early, weights, at_h, h))
            c = add(gated(c, gates, f), gated(part(gates, g, n), gates, i))
            h = gated(tanh(c), gates, o)
            total = first_lane(dots(weights, at_head, h, 1), 0)
            if not abs(total) < np.float32(1e30):
                total = np.float32(0.0)
                hidden_cell[:] = np.float32(0.0)
                h = load_rows(hidden_cell, 0, n)
                c = load_rows(hidden_cell, hidden, n)
            y[at] = total + now[0] if skip else total
        store_rows(h, hidden_cell, 0)
        store_rows(c, hidden_cell, hidden)

    return compiled()(process)


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
        self._now = np.zeros(1, np.float32)
        self._hidden_cell = np.zeros(2 * hidden, np.float32)
        self._held = np.full(self.n_knobs, np.nan, np.float32)
        silence = np.zeros(1, np.float32)
        self.process(silence, np.zeros(self.n_knobs, np.float32), silence)
        self.reset()

    def reset(self) -> None:
        """Hidden and cell state to zero."""
        self._hidden_cell[:] = 0.0

    def process(self, x: Float32, knobs: Float32, y: Float32) -> None:
        """One block; see :meth:`engines.models.base.Kernel.process`."""
        if self.n_knobs and not (knobs == self._held).all():
            self._turn(knobs)
        self._process(x, y, self._weights, self._now, self._hidden_cell)

    def _turn(self, knobs: Float32) -> None:
        """Fold the knobs' share into the bias."""
        self._held[:] = knobs
        rows = self._bias.size
        np.dot(self._knob_columns, knobs, out=self._weights[:rows])
        self._weights[:rows] += self._bias


def pack(model: Model, hidden: int, lanes: int) -> tuple[Float32, Float32, Float32]:
    """The weights as the loop reads them, the bias alone, the knobs' columns.

    First bias, input and hidden state, as :mod:`engines.models.kernels.rows` lays them out, then
    the head. Rows go from torch's i, f, g, o to i, f, o, g, each padded to ``lanes``; those of the
    sigmoids are halved.
    """
    tensors = {name: np.asarray(value, np.float64) for name, value in model.tensors.items()}
    w_ih, w_hh = tensors["rec.weight_ih_l0"], tensors["rec.weight_hh_l0"]
    bias = tensors["rec.bias_ih_l0"] + tensors["rec.bias_hh_l0"]
    n_known = 1 + w_ih.shape[1]
    table = np.zeros((4 * lanes, n_known + lanes))
    for target, source in enumerate((0, 1, 3, 2)):
        scale = 1.0 if source == 2 else 0.5
        gate = slice(source * hidden, (source + 1) * hidden)
        rows = slice(target * lanes, target * lanes + hidden)
        table[rows, 0] = scale * bias[gate]
        table[rows, 1:n_known] = scale * w_ih[gate]
        table[rows, n_known : n_known + hidden] = scale * w_hh[gate]
    head = np.zeros(LANES + lanes)
    head[0] = tensors["lin.bias"][0]
    head[LANES : LANES + hidden] = tensors["lin.weight"][0]
    parts = table[:, :2].T, matrix_layout(table[:, n_known:]), head
    packed = np.concatenate([array.ravel() for array in parts]).astype(np.float32)
    knob_columns = np.ascontiguousarray(table[:, 2:n_known], dtype=np.float32)
    return packed, table[:, 0].astype(np.float32), knob_columns
