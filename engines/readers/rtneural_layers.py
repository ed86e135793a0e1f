"""The layers of RTNeural's sequential models, computed in float64 over whole blocks of samples.

Each layer takes ``float64[n, n_in]`` and gives ``float64[n, n_out]``; what has memory carries it
from call to call, so that any division into blocks gives the same samples. Formulas: Chowdhury,
"RTNeural: Fast Neural Inferencing for Real-Time Systems" (2021), and Keras for the recurrent ones.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Activation = Callable[[Array], Array]


def _relu(x: Array) -> Array:
    return np.maximum(x, 0.0)


def _sigmoid(x: Array) -> Array:
    # By tanh: exact to rounding, and no overflow for large negative x.
    return 0.5 * np.tanh(0.5 * x) + 0.5


def _softmax(x: Array) -> Array:
    shifted = np.exp(x - x.max(axis=-1, keepdims=True))
    return np.asarray(shifted / shifted.sum(axis=-1, keepdims=True))


def _elu(x: Array) -> Array:
    return np.where(x > 0.0, x, np.expm1(np.minimum(x, 0.0)))


def _tanh(x: Array) -> Array:
    return np.tanh(x)


ACTIVATIONS: dict[str, Activation] = {
    "tanh": _tanh,
    "relu": _relu,
    "sigmoid": _sigmoid,
    "softmax": _softmax,
    "elu": _elu,
}
"""The five that RTNeural's loader knows; softmax and elu (alpha 1) along the channels."""


class Layer(ABC):
    """One layer; ``n_in`` and ``n_out`` are its widths."""

    n_in: int
    n_out: int

    @abstractmethod
    def process(self, x: Array) -> Array:
        """The outputs ``float64[n, n_out]`` for inputs ``float64[n, n_in]``."""

    def reset(self) -> None:
        """Forget everything before the next sample."""
        return


class Pointwise(Layer):
    """An activation standing alone."""

    def __init__(self, width: int, function: Activation) -> None:
        self.n_in = self.n_out = width
        self.function = function

    def process(self, x: Array) -> Array:
        return self.function(x)


class Dense(Layer):
    """``y = activation(x K + b)``; kernel ``[in, out]``, bias ``[out]``."""

    def __init__(self, kernel: Array, bias: Array, activation: Activation | None) -> None:
        self.n_in, self.n_out = kernel.shape
        self.kernel = kernel
        self.bias = bias
        self.activation = activation

    def process(self, x: Array) -> Array:
        y: Array = x @ self.kernel + self.bias
        return y if self.activation is None else self.activation(y)


class Conv1d(Layer):
    """Causal dilated convolution; kernel ``[k, in / groups, out]``, the last tap the newest."""

    def __init__(
        self,
        kernel: Array,
        bias: Array,
        *,
        dilation: int,
        groups: int,
        activation: Activation | None,
    ) -> None:
        self.taps, per_group, self.n_out = kernel.shape
        self.n_in = per_group * groups
        self.groups = groups
        self.dilation = dilation
        self.kernel = kernel
        self.bias = bias
        self.activation = activation
        self.reset()

    def reset(self) -> None:
        self._past = np.zeros(((self.taps - 1) * self.dilation, self.n_in))

    def process(self, x: Array) -> Array:
        n = len(x)
        padded = np.concatenate([self._past, x])
        y = np.tile(self.bias, (n, 1))
        columns_in = self.n_in // self.groups
        columns_out = self.n_out // self.groups
        for tap in range(self.taps):
            delayed = padded[tap * self.dilation : tap * self.dilation + n]
            for group in range(self.groups):
                into = slice(group * columns_out, (group + 1) * columns_out)
                taken = slice(group * columns_in, (group + 1) * columns_in)
                y[:, into] += delayed[:, taken] @ self.kernel[tap, :, into]
        self._past = padded[n:].copy()
        return y if self.activation is None else self.activation(y)


class PRelu(Layer):
    """``y = x`` where x is positive, ``alpha x`` elsewhere; ``alpha[width]``."""

    def __init__(self, alpha: Array) -> None:
        self.n_in = self.n_out = len(alpha)
        self.alpha = alpha

    def process(self, x: Array) -> Array:
        return np.where(x >= 0.0, x, self.alpha * x)


class BatchNorm(Layer):
    """``y = gamma (x - mean) / sqrt(variance + epsilon) + beta``, with the trained figures."""

    def __init__(
        self, gamma: Array, beta: Array, mean: Array, variance: Array, epsilon: float
    ) -> None:
        self.n_in = self.n_out = len(mean)
        self.scale = gamma / np.sqrt(variance + epsilon)
        self.offset = beta - mean * self.scale

    def process(self, x: Array) -> Array:
        return x * self.scale + self.offset


class Lstm(Layer):
    """Long short-term memory; ``W[in, 4H]``, ``U[H, 4H]``, ``b[4H]``, gates i, f, g, o."""

    def __init__(self, W: Array, U: Array, b: Array) -> None:
        self.n_in = W.shape[0]
        self.n_out = hidden = U.shape[0]
        # sigmoid(x) = tanh(x / 2) / 2 + 1 / 2: one tanh over all four gates once i, f, o are halved
        half = np.full(4 * hidden, 0.5)
        half[2 * hidden : 3 * hidden] = 1.0
        self.W, self.U, self.b = W * half, np.ascontiguousarray(U * half), b * half
        self._gain = half
        self._offset = 1.0 - half
        self.reset()

    def reset(self) -> None:
        self._h = np.zeros(self.n_out)
        self._c = np.zeros(self.n_out)

    def process(self, x: Array) -> Array:
        H = self.n_out
        from_input = x @ self.W + self.b
        y = np.empty((len(x), H))
        gates, product = np.empty(4 * H), np.empty(H)
        i, f, g, o = (gates[k * H : (k + 1) * H] for k in range(4))
        h, c, U, gain, offset = self._h, self._c, self.U, self._gain, self._offset
        dot, add, multiply, tanh = np.dot, np.add, np.multiply, np.tanh
        for row, out in zip(from_input, y, strict=True):
            dot(h, U, out=gates)
            add(gates, row, out=gates)
            tanh(gates, out=gates)
            multiply(gates, gain, out=gates)
            add(gates, offset, out=gates)
            multiply(f, c, out=c)
            multiply(i, g, out=product)
            add(c, product, out=c)
            tanh(c, out=out)
            multiply(out, o, out=out)
            h = out
        self._h = np.array(h)
        return y


class Gru(Layer):
    """Gated recurrent unit, reset after the product; ``W[in, 3H]``, ``U[H, 3H]``, ``B[2, 3H]``.

    Gates z, r, h: ``h' = z h + (1 - z) tanh(x W_h + b_h + r (h U_h + u_h))``.
    """

    def __init__(self, W: Array, U: Array, B: Array) -> None:
        self.n_in = W.shape[0]
        self.n_out = U.shape[0]
        self.W, self.U, self.B = W, np.ascontiguousarray(U), B
        self.reset()

    def reset(self) -> None:
        self._h = np.zeros(self.n_out)

    def process(self, x: Array) -> Array:
        H = self.n_out
        from_input = x @ self.W + self.B[0]
        y = np.empty((len(x), H))
        recurrent = np.empty(3 * H)
        h, U, B = self._h, self.U, self.B[1]
        for row, out in zip(from_input, y, strict=True):
            np.dot(h, U, out=recurrent)
            recurrent += B
            gates = np.tanh(0.5 * (row[: 2 * H] + recurrent[: 2 * H]))
            gates *= 0.5
            gates += 0.5
            z, r = gates[:H], gates[H:]
            candidate = np.tanh(row[2 * H :] + r * recurrent[2 * H :])
            out[:] = candidate + z * (h - candidate)
            h = out
        self._h = np.array(h)
        return y
