"""Reading RTNeural JSON and running it in float64.

Independent of the exporter: nothing but the file connects the two. Golden vectors computed by
RTNeural itself agree within 2e-6, which is their own float32 rounding.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engines.models.base import ModelFileError
from engines.readers.feedback import FeedbackStack
from engines.readers.rtneural_layers import Layer
from engines.readers.rtneural_parser import Place, parse_layers
from engines.readers.trimpot_key import StnKey, TrimpotKey, parse_key
from projects.errors import FileFormatError
from projects.files import read_json

Array = NDArray[np.float64]
MAX_BYTES = 8_000_000
"""Larger files are refused unread; 100,000 weights take some 2 MB."""
CHUNK = 8192
"""Samples computed at once, so that long audio needs little memory."""


class RtneuralNetwork:
    """The layers of a file, one after another.

    Attributes
    ----------
    path : Path
        Where it came from.
    n_in, n_out : int
        Widths of its input and output.
    key : TrimpotKey or None
        What the file says under ``trimpot``.
    skip : bool
        Whether a host adds the input to the output; :meth:`process` does not.
    """

    def __init__(
        self,
        layers: Sequence[Layer],
        path: Path,
        key: TrimpotKey | None = None,
        *,
        skip: bool = False,
    ) -> None:
        self.layers = tuple(layers)
        self.path = path
        self.key = key
        self.skip = skip
        self.n_in = layers[0].n_in
        self.n_out = layers[-1].n_out

    def reset(self) -> None:
        """Back to the state before the first sample."""
        for layer in self.layers:
            layer.reset()

    def process(self, x: Array) -> Array:
        """Run ``float64[n, n_in]`` through the layers, going on from the last call.

        Returns
        -------
        float64[n, n_out]

        Raises
        ------
        ModelFileError
            The weights make it blow up: a sample comes out that is not finite.
        """
        y = np.empty((len(x), self.n_out))
        for start in range(0, len(x), CHUNK):
            block = np.asarray(x[start : start + CHUNK], dtype=np.float64)
            with np.errstate(over="ignore", invalid="ignore"):
                for layer in self.layers:
                    block = layer.process(block)
            y[start : start + CHUNK] = checked(block, self.path)
        return y

    def process_fed_back(self, x: Array) -> Array:
        """Run from rest with the outputs fed back as the last inputs, one sample late.

        Parameters
        ----------
        x : float64[n, n_in - n_out]
            The inputs that come from outside.

        Raises
        ------
        ModelFileError
            The network is no stack of dense layers, or blows up.
        """
        outer = self.n_in - self.n_out
        stack = self.feedback_stack(
            external=range(outer),
            fed_back=range(outer, self.n_in),
            states=range(self.n_out),
            initial=np.zeros(self.n_out),
            residual=False,
        )
        with np.errstate(over="ignore", invalid="ignore"):
            return checked(stack.process(x), self.path)

    def feedback_stack(self, **settings: Any) -> FeedbackStack:
        """The layers with states around them; see :class:`FeedbackStack`."""
        try:
            return FeedbackStack(self.layers, **settings)
        except ValueError as error:
            raise ModelFileError(
                f"The model file {self.path} cannot be used with its outputs fed back: {error}."
            ) from error


class TrimpotModel(ABC):
    """A model file as a device: dry samples and knob positions in, output out."""

    network: RtneuralNetwork
    n_knobs: int

    @property
    def key(self) -> TrimpotKey | None:
        """Name, sample rate, knobs and scales, where the file says them."""
        return self.network.key

    @abstractmethod
    def reset(self) -> None:
        """Back to the state before the first sample."""

    @abstractmethod
    def process(self, x: Array, knobs: Array) -> Array:
        """Run dry samples ``x`` float64[n] with knobs float64[n, n_knobs] (0..1); float64[n]."""


class TrimpotSequential(TrimpotModel):
    """The layers as they stand, knobs as inputs 1..K, the dry sample added where ``skip``."""

    def __init__(self, network: RtneuralNetwork) -> None:
        self.network = network
        self.n_knobs = network.n_in - 1
        if network.n_out != 1:
            raise ModelFileError(
                f"The model file {network.path} has {network.n_out} outputs where audio has one."
            )
        if network.key is not None and len(network.key.controls) != self.n_knobs:
            raise ModelFileError(
                f"The model file {network.path} names {len(network.key.controls)} knobs, but its "
                f"network has inputs for {self.n_knobs}."
            )

    def reset(self) -> None:
        self.network.reset()

    def process(self, x: Array, knobs: Array) -> Array:
        inputs = np.concatenate([x[:, None], knobs.reshape(len(x), self.n_knobs)], axis=1)
        y = self.network.process(inputs)[:, 0]
        return y + x if self.network.skip else y


class TrimpotStn(TrimpotModel):
    """A state trajectory network run as its ``trimpot`` key says."""

    def __init__(self, network: RtneuralNetwork, key: StnKey) -> None:
        if (network.n_in, network.n_out) != (len(key.inputs), len(key.outputs)):
            raise ModelFileError(
                f"The model file {network.path} names {len(key.inputs)} inputs and "
                f"{len(key.outputs)} outputs, but its network has {network.n_in} and "
                f"{network.n_out}."
            )
        self.network = network
        self.n_knobs = len(key.knobs)
        self._heard = key.outputs.index(key.output)
        self._external = [i for i, name in enumerate(key.inputs) if not name.startswith("state:")]
        self._names = [key.inputs[index] for index in self._external]
        self._stack = network.feedback_stack(
            external=self._external,
            fed_back=[key.inputs.index(f"state:{name}") for name in key.states],
            states=[key.outputs.index(f"state:{name}") for name in key.states],
            initial=np.array([key.initial_state[name] for name in key.states]),
            residual=key.residual,
            limits=self._limits(key),
        )
        self._previous = 0.0

    def reset(self) -> None:
        self._stack.reset()
        self._previous = 0.0

    def process(self, x: Array, knobs: Array) -> Array:
        y = np.empty(len(x))
        knobs = knobs.reshape(len(x), self.n_knobs)
        for start in range(0, len(x), CHUNK):
            block = np.asarray(x[start : start + CHUNK], dtype=np.float64)
            columns = self._columns(block, knobs[start : start + CHUNK])
            with np.errstate(over="ignore", invalid="ignore"):
                rows = self._stack.process(columns)
            y[start : start + CHUNK] = checked(rows, self.network.path)[:, self._heard]
        return y

    @staticmethod
    def _limits(key: StnKey) -> Array | None:
        if not key.state_limits:
            return None
        return np.array([key.state_limits.get(name, np.inf) for name in key.states])

    def _columns(self, x: Array, knobs: Array) -> Array:
        columns = np.empty((len(x), len(self._names)))
        knob = iter(range(self.n_knobs))
        for column, name in enumerate(self._names):
            if name == "x[n]":
                columns[:, column] = x
            elif name == "x[n-1]":
                columns[:, column] = np.concatenate([[self._previous], x[:-1]])
            else:
                columns[:, column] = knobs[:, next(knob)]
        self._previous = float(x[-1])
        return columns


def load(path: Path) -> RtneuralNetwork:
    """Read a model file strictly.

    Raises
    ------
    ModelFileError
        Missing, too large, damaged, or asking for what the format does not have; the sentence
        names the layer.
    """
    try:
        value = read_json(path, what="model file", max_bytes=MAX_BYTES)
    except FileFormatError as error:
        raise ModelFileError(error.sentence, details=error.details) from error
    layers, key = parse_layers(value, path), parse_key(value, path)
    return RtneuralNetwork(layers, path, key, skip=parse_skip(value, key, path))


def load_model(path: Path) -> TrimpotModel:
    """Read a model file as a device with one audio input and one output; see :func:`load`."""
    network = load(path)
    if network.key is not None and network.key.stn is not None:
        return TrimpotStn(network, network.key.stn)
    return TrimpotSequential(network)


def parse_skip(value: dict[str, Any], key: TrimpotKey | None, path: Path) -> bool:
    """Whether the host adds the input, by AIDA-X's ``in_skip`` and by the ``trimpot`` key.

    Raises
    ------
    ModelFileError
        The two disagree, or the file asks for gains, which would be left out silently.
    """
    place = Place(path)
    skip = value.get("in_skip", 0)
    if type(skip) is not int or skip not in (0, 1):
        place.refuse("in_skip must be 0 or 1")
    if key is not None and key.skip != bool(skip):
        place.refuse("in_skip and the trimpot key disagree on whether the input is added")
    for name in ("in_gain", "out_gain"):
        if value.get(name, 0) != 0:
            place.refuse(f"it asks for a gain ({name}), which cannot be played yet")
    return bool(skip)


def checked(y: Array, path: Path) -> Array:
    """``y`` itself, or ModelFileError where it holds what is not finite."""
    if not np.isfinite(y).all():
        raise ModelFileError(
            f"The model file {path} blows up: its output is not finite. Train it again, or use "
            "another file."
        )
    return y
