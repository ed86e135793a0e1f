"""From decoded JSON to layers, refusing everything that RTNeural's loader would play wrongly.

RTNeural itself skips a layer whose type it does not know, crashes on an unknown activation, and
reads past the weights where a shape claims more than there is; here each of these is an error.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn, TypeGuard

import numpy as np
from numpy.typing import NDArray

from engines.models.base import ModelFileError
from engines.readers.rtneural_layers import (
    ACTIVATIONS,
    Activation,
    BatchNorm,
    Conv1d,
    Dense,
    Gru,
    Layer,
    Lstm,
    Pointwise,
    PRelu,
)

MAX_LAYERS = 256
MAX_WIDTH = 4096
MAX_CONV_MEMORY = 1 << 24
"""Numbers that one convolution may have to remember (its span in samples times its inputs)."""


@dataclass(frozen=True)
class Place:
    """Where in which file something stands, for the sentence that refuses it."""

    path: Path
    layer: int | None = None
    kind: str = ""

    def refuse(self, text: str) -> NoReturn:
        """Raise ModelFileError: the file, the layer, what is wrong with it."""
        where = "" if self.layer is None else f"layer {self.layer}"
        if self.kind:
            where += f" ({self.kind})"
        raise ModelFileError(
            f"The model file {self.path} cannot be used: {where}{': ' if where else ''}{text}. "
            "Export it again, or use another file."
        )


def parse_layers(value: Any, path: Path) -> list[Layer]:
    """The layers of a decoded RTNeural file, in order; their widths fit one another.

    Raises
    ------
    ModelFileError
        With a sentence that names the layer (counted from 1) and what is wrong with it.
    """
    place = Place(path)
    if not isinstance(value, dict):
        place.refuse("it is not a JSON object, so it is no RTNeural model")
    if "in_shape" not in value or "layers" not in value:
        place.refuse("it has no in_shape or no layers, so it is no RTNeural model")
    width = parse_shape(value["in_shape"], "in_shape", place)
    entries = value["layers"]
    if not isinstance(entries, list) or not entries:
        place.refuse("layers is not a list with at least one layer")
    if len(entries) > MAX_LAYERS:
        place.refuse(f"it has {len(entries)} layers, more than the {MAX_LAYERS} allowed")
    layers: list[Layer] = []
    for number, entry in enumerate(entries, start=1):
        layer = parse_layer(entry, width, Place(path, number))
        layers.append(layer)
        width = layer.n_out
    return layers


def parse_shape(value: Any, name: str, place: Place) -> int:
    """The width of a shape: a list of exactly three, the last a whole number from 1."""
    if not isinstance(value, list) or len(value) != 3:
        place.refuse(f"{name} must be a list of exactly three")
    for entry in value[:2]:
        if entry is not None and not is_count(entry):
            place.refuse(f"the first two entries of {name} must be null or whole numbers from 1")
    width = value[2]
    if not is_count(width) or width > MAX_WIDTH:
        place.refuse(f"{name} must end in a width from 1 to {MAX_WIDTH}")
    return width


def parse_layer(entry: Any, width_in: int, place: Place) -> Layer:
    """One layer that takes ``width_in`` inputs."""
    if not isinstance(entry, dict):
        place.refuse("it is not a JSON object")
    kind = entry.get("type")
    if not isinstance(kind, str) or kind not in BUILDERS:
        place.refuse(f"its type {shown(kind)} is unknown; known are {', '.join(BUILDERS)}")
    place = Place(place.path, place.layer, kind)
    if "shape" not in entry:
        place.refuse("it has no shape")
    width = parse_shape(entry["shape"], "its shape", place)
    weights = entry.get("weights")
    if not isinstance(weights, list):
        place.refuse("its weights are missing")
    return BUILDERS[kind](_Source(entry, weights, width_in, width, place))


@dataclass(frozen=True)
class _Source:
    """What a builder works from: the layer's JSON object and the widths that must come out."""

    entry: dict[str, Any]
    weights: list[Any]
    n_in: int
    n_out: int
    place: Place

    def activation(self) -> Activation | None:
        name = self.entry.get("activation", "")
        if name == "":
            return None
        if not isinstance(name, str) or name not in ACTIVATIONS:
            known = ", ".join(ACTIVATIONS)
            self.place.refuse(f"its activation {shown(name)} is unknown; known are {known}")
        return ACTIVATIONS[name]

    def tensors(self, **shapes: tuple[int, ...]) -> list[NDArray[np.float64]]:
        if len(self.weights) != len(shapes):
            self.place.refuse(
                f"it has {len(self.weights)} weight tensors where {len(shapes)} are needed "
                f"({', '.join(shapes)})"
            )
        return [
            parse_tensor(value, shape, f"its {name.replace('_', ' ')}", self.place)
            for value, (name, shape) in zip(self.weights, shapes.items(), strict=True)
        ]

    def count(self, name: str, *, default: int | None = None) -> int:
        value = self.entry.get(name, default)
        if isinstance(value, list) and len(value) == 1:
            value = value[0]
        if not is_count(value):
            self.place.refuse(f"its {name} must be a whole number from 1")
        return value

    def same_width(self) -> None:
        if self.n_out != self.n_in:
            self.place.refuse(f"its shape says {self.n_out} where {self.n_in} come in")


def parse_tensor(
    value: Any, shape: tuple[int, ...], name: str, place: Place
) -> NDArray[np.float64]:
    """Nested lists of numbers as an array of exactly ``shape``; nothing is stretched or cut."""
    _check_nesting(value, shape, name, place)
    try:
        array = np.array(value, dtype=np.float64)
    except (OverflowError, ValueError, TypeError):
        place.refuse(f"{name} holds a number that is out of range")
    if not np.isfinite(array).all():
        place.refuse(f"{name} holds a number that is not finite")
    return array


def _check_nesting(value: Any, shape: tuple[int, ...], name: str, place: Place) -> None:
    if not isinstance(value, list) or len(value) != shape[0]:
        found = f"{len(value)} entries" if isinstance(value, list) else "no list"
        place.refuse(
            f"{name} does not have the {' x '.join(map(str, shape))} numbers that its shape, its "
            f"inputs and its settings call for ({found} where {shape[0]} belong)"
        )
    if len(shape) > 1:
        for part in value:
            _check_nesting(part, shape[1:], name, place)
    elif any(type(number) not in (int, float) for number in value):
        place.refuse(f"{name} holds something that is not a number")


def is_count(value: Any) -> TypeGuard[int]:
    """Whether a decoded JSON value is a whole number from 1 (true and 1.0 are not)."""
    return type(value) is int and value >= 1


def shown(value: Any) -> str:
    """A value from outside, short enough for a sentence."""
    text = repr(value)
    return text if len(text) <= 40 else text[:37] + "..."


def _dense(source: _Source) -> Layer:
    activation = source.activation()
    kernel, bias = source.tensors(kernel=(source.n_in, source.n_out), bias=(source.n_out,))
    return Dense(kernel, bias, activation)


def _conv1d(source: _Source) -> Layer:
    activation = source.activation()
    taps, dilation = source.count("kernel_size"), source.count("dilation")
    groups = source.count("groups", default=1)
    if source.n_in % groups or source.n_out % groups:
        source.place.refuse(
            f"its {source.n_in} inputs and {source.n_out} outputs do not divide into "
            f"{shown(groups)} groups"
        )
    if (taps - 1) * dilation * source.n_in > MAX_CONV_MEMORY:
        source.place.refuse(
            f"its kernel_size {shown(taps)} and dilation {shown(dilation)} reach too far back"
        )
    kernel, bias = source.tensors(
        kernel=(taps, source.n_in // groups, source.n_out), bias=(source.n_out,)
    )
    return Conv1d(kernel, bias, dilation=dilation, groups=groups, activation=activation)


def _lstm(source: _Source) -> Layer:
    source.activation()  # RTNeural ignores it, but an unknown one means that another net was meant
    H = source.n_out
    return Lstm(
        *source.tensors(kernel=(source.n_in, 4 * H), recurrent_kernel=(H, 4 * H), bias=(4 * H,))
    )


def _gru(source: _Source) -> Layer:
    source.activation()
    H = source.n_out
    return Gru(
        *source.tensors(kernel=(source.n_in, 3 * H), recurrent_kernel=(H, 3 * H), bias=(2, 3 * H))
    )


def _prelu(source: _Source) -> Layer:
    source.same_width()
    weights, place = source.weights, source.place
    innermost: Any = weights
    for _ in range(2):
        if not isinstance(innermost, list) or len(innermost) != 1:
            place.refuse("its weights must be one list in one list in a list")
        innermost = innermost[0]
    n = len(innermost) if isinstance(innermost, list) else 0
    if n not in (1, source.n_out):
        place.refuse(f"it has {n} slopes where 1 or {source.n_out} belong")
    slopes = parse_tensor(innermost, (n,), "its list of slopes", place)
    return PRelu(np.broadcast_to(slopes, (source.n_out,)).copy())


def _batchnorm(source: _Source) -> Layer:
    source.same_width()
    n = source.n_out
    epsilon: Any = source.entry.get("epsilon")
    if type(epsilon) not in (int, float) or not 0.0 <= epsilon <= 1e6:
        source.place.refuse("its epsilon must be a number from 0")
    if len(source.weights) == 2:
        mean, variance = source.tensors(mean=(n,), variance=(n,))
        gamma, beta = np.ones(n), np.zeros(n)
    else:
        gamma, beta, mean, variance = source.tensors(
            gamma=(n,), beta=(n,), mean=(n,), variance=(n,)
        )
    if not (variance + epsilon > 0.0).all():
        source.place.refuse("its variance must be above zero")
    return BatchNorm(gamma, beta, mean, variance, float(epsilon))


def _activation(source: _Source) -> Layer:
    source.same_width()
    function = source.activation()
    if function is None:
        source.place.refuse("it names no activation")
    if source.weights:
        source.place.refuse("it has weights where none belong")
    return Pointwise(source.n_out, function)


BUILDERS = {
    "dense": _dense,
    "time-distributed-dense": _dense,
    "conv1d": _conv1d,
    "lstm": _lstm,
    "gru": _gru,
    "prelu": _prelu,
    "batchnorm": _batchnorm,
    "activation": _activation,
}
"""Every layer type of RTNeural's sequential format that has a place in audio models."""
