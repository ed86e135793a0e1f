"""A model on disk: safetensors with one metadata entry, ``trimpot``, that says what it is.

Safetensors holds numbers and nothing else: reading a stranger's model cannot run code. What could
still harm is size, so everything is bounded before it is used.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import ValidationError
from safetensors import SafetensorError
from safetensors.numpy import load as decode_tensors
from safetensors.numpy import save as encode_tensors

from engines.models import registry
from engines.models.base import FloatArray, Model, ModelFileError, ModelInfo
from projects.capture import first_problem
from projects.files import check_depth, write_atomic

SCHEMA_VERSION = 1
METADATA_KEY = "trimpot"
MAX_FILE_BYTES = 256 * 1024 * 1024
MAX_HEADER_BYTES = 1024 * 1024
DTYPES = ("F32", "F64")


def save_model(path: Path, model: Model) -> None:
    """Write a model atomically.

    Raises
    ------
    StorageError
        The disk refused; an older file is untouched.
    """
    write_atomic(path, encode_model(model), action="save the model")


def encode_model(model: Model, extra: Mapping[str, FloatArray] | None = None) -> bytes:
    """A model as the bytes of its file."""
    description = {
        "schema_version": SCHEMA_VERSION,
        "architecture": model.architecture,
        "config": model.config.model_dump(mode="json"),
        "info": model.info.model_dump(mode="json"),
    }
    text = json.dumps(description, allow_nan=False, ensure_ascii=False)
    return encode({**model.tensors, **(extra or {})}, text)


def encode(tensors: Mapping[str, FloatArray], description: str) -> bytes:
    """Arrays and the JSON text that describes them as the bytes of a safetensors file."""
    arrays = {name: np.ascontiguousarray(tensor) for name, tensor in tensors.items()}
    return encode_tensors(arrays, metadata={METADATA_KEY: description})


def load_model(path: Path) -> Model:
    """Read a model file from anyone.

    Raises
    ------
    ModelFileError
        Missing, too large, truncated, not a Trimpot model, of an unknown architecture, or with
        tensors that do not fit the configuration.
    """
    tensors, description = read_tensors(path)
    return build_model(path, tensors, description)


def build_model(path: Path, tensors: dict[str, FloatArray], description: dict[str, Any]) -> Model:
    """Make the model that a file's description and tensors stand for, checked."""
    version = description.get("schema_version")
    if not isinstance(version, int) or isinstance(version, bool):
        raise ModelFileError(f"{path} is not a Trimpot model: it has no schema version.")
    if version != SCHEMA_VERSION:
        raise ModelFileError(
            f"The model {path} has the format version {version}; this Trimpot reads "
            f"{SCHEMA_VERSION}. Update Trimpot to open it."
        )
    name = description.get("architecture")
    architecture = registry().get(name) if isinstance(name, str) else None
    if architecture is None:
        raise ModelFileError(
            f"The model {path} has the architecture {str(name)[:64]!r}, which this Trimpot does "
            f"not know. It knows {', '.join(sorted(registry()))}."
        )
    try:
        config = architecture.Config.model_validate(description.get("config"))
        info = ModelInfo.model_validate(description.get("info"))
    except ValidationError as error:
        raise ModelFileError(
            f"The model {path} is damaged: {first_problem(error)}.", details=str(error)
        ) from error
    model = Model(architecture.name, config, tensors, info)
    architecture.validate(model)
    return model


def read_tensors(path: Path) -> tuple[dict[str, FloatArray], dict[str, Any]]:
    """The tensors of a file and its decoded description, with everything bounded.

    Raises
    ------
    ModelFileError
        Not such a file.
    """
    data = _read_bounded(path)
    header = _header(path, data)
    for name, entry in header.items():
        if name != "__metadata__" and (
            not isinstance(entry, dict) or entry.get("dtype") not in DTYPES
        ):
            raise ModelFileError(
                f"The model file {path} is damaged: tensor {name[:64]!r} is not of 32-bit or "
                "64-bit floating-point numbers."
            )
    metadata = header.get("__metadata__")
    text = metadata.get(METADATA_KEY) if isinstance(metadata, dict) else None
    if not isinstance(text, str):
        raise ModelFileError(f"{path} is not a Trimpot model: it does not say what it holds.")
    try:
        check_depth(text)
        description = json.loads(text, parse_constant=_refuse)
        tensors = decode_tensors(data)
    except (ValueError, RecursionError, SafetensorError) as error:
        raise ModelFileError(f"The model file {path} is damaged.", details=repr(error)) from error
    if not isinstance(description, dict):
        raise ModelFileError(f"{path} is not a Trimpot model: it does not say what it holds.")
    return tensors, description


def _read_bounded(path: Path) -> bytes:
    try:
        with path.open("rb") as stream:
            data = stream.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        reason = error.strerror or str(error)
        raise ModelFileError(f"The model file {path} cannot be read: {reason}.") from error
    if len(data) > MAX_FILE_BYTES:
        raise ModelFileError(
            f"The model file {path} is larger than the {MAX_FILE_BYTES / 1e6:.0f} MB that a model "
            "may have."
        )
    return data


def _header(path: Path, data: bytes) -> dict[str, Any]:
    """The header of a safetensors file: eight bytes of length, then JSON."""
    if len(data) < 8:
        raise ModelFileError(f"{path} is not a model file: it is too short.")
    (length,) = struct.unpack("<Q", data[:8])
    if length > MAX_HEADER_BYTES or 8 + length > len(data):
        raise ModelFileError(f"{path} is not a model file, or it has been cut off.")
    try:
        text = data[8 : 8 + length].decode("utf-8")
        check_depth(text)
        header = json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise ModelFileError(f"{path} is not a model file.", details=repr(error)) from error
    if not isinstance(header, dict):
        raise ModelFileError(f"{path} is not a model file.")
    return header


def _refuse(name: str) -> float:
    raise ValueError(f"{name} is not a number")
