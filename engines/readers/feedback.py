"""Running a stack of dense layers whose outputs come back as inputs, one sample late."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engines.readers.rtneural_layers import Activation, Dense, Layer, Pointwise

Array = NDArray[np.float64]


@dataclass
class _Stage:
    kernel: Array
    bias: Array
    activations: list[Activation]


class FeedbackStack:
    """Dense layers with their own outputs fed back.

    Parameters
    ----------
    layers : sequence of Layer
        Dense layers and activations; nothing else can be run sample by sample here.
    external, fed_back : sequence of int
        Which inputs come from outside (columns of ``process``'s argument, in that order) and
        which hold the states.
    states : sequence of int
        Which outputs are the states, in the order of ``fed_back``.
    initial : float64[S]
        The states before the first sample.
    residual : bool
        Whether the outputs are added to the states instead of replacing them.
    limits : float64[S], optional
        Each |state| is held within its limit after every step.

    Raises
    ------
    ValueError
        The layers are not a dense stack.
    """

    def __init__(
        self,
        layers: Sequence[Layer],
        *,
        external: Sequence[int],
        fed_back: Sequence[int],
        states: Sequence[int],
        initial: Array,
        residual: bool,
        limits: Array | None = None,
    ) -> None:
        self._stages: list[_Stage] = []
        for layer in layers:
            if isinstance(layer, Dense):
                given = [] if layer.activation is None else [layer.activation]
                self._stages.append(_Stage(layer.kernel, layer.bias, given))
            elif isinstance(layer, Pointwise) and self._stages:
                self._stages[-1].activations.append(layer.function)
            else:
                raise ValueError("only dense layers and their activations can be fed back")
        first = self._stages[0].kernel
        self._from_outside = first[list(external)]
        self._from_states = np.ascontiguousarray(first[list(fed_back)])
        self._states = _as_slice(states)
        self._residual = residual
        self._limits = limits
        self._initial = initial
        self.reset()

    def reset(self) -> None:
        """Back to the initial states."""
        self._v = self._initial.copy()

    def process(self, external: Array) -> Array:
        """The outputs ``float64[n, n_out]`` for the outer inputs ``float64[n, E]``.

        With ``residual``, a state's column holds the state after the step.
        """
        first, *rest = self._stages
        prepared = external @ self._from_outside + first.bias
        y = np.empty((len(external), self._stages[-1].kernel.shape[1]))
        v, residual, states, limits = self._v, self._residual, self._states, self._limits
        hidden, from_states = np.empty(first.kernel.shape[1]), self._from_states
        dot, add, minimum, maximum = np.dot, np.add, np.minimum, np.maximum
        for row, out in zip(prepared, y, strict=True):
            dot(v, from_states, out=hidden)
            add(hidden, row, out=hidden)
            h = hidden
            for function in first.activations:
                h = function(h)
            for stage in rest:
                h = dot(h, stage.kernel)
                add(h, stage.bias, out=h)
                for function in stage.activations:
                    h = function(h)
            out[:] = h
            step = out[states]
            v = add(v, step) if residual else step
            if limits is not None:
                v = maximum(minimum(v, limits), -limits)
            out[states] = v
        self._v = np.array(v)
        return y


def _as_slice(indices: Sequence[int]) -> slice | list[int]:
    """The same choice as a slice where they follow one another: numpy is quicker with it."""
    if list(indices) == list(range(indices[0], indices[0] + len(indices))):
        return slice(indices[0], indices[0] + len(indices))
    return list(indices)
