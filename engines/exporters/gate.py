"""The parity gate: no exported file leaves without having been heard beside its model."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engines.exporters.base import Exporter, ExportError, Parity
from engines.models.base import Model
from projects.errors import TrimpotError, storage_error
from projects.files import write_json_atomic
from projects.jobs import PARITY_FILE

KNOB_HOLD = 4096
"""Samples for which the gate holds a knob: the block in which a kernel may hold it too."""


def moving_knobs(n_samples: int, n_knobs: int) -> NDArray[np.float64]:
    """Knob positions ``float64[n, K]`` (0..1) that visit the whole range, each at its own pace.

    They stand still for :data:`KNOB_HOLD` samples, since a kernel holds its knobs over a block.
    """
    step = np.arange(n_samples) // KNOB_HOLD
    pace = np.sqrt(2.0) + np.arange(n_knobs)
    return np.asarray(0.5 + 0.5 * np.sin(0.37 * step[:, None] * pace))


def export(
    exporter: Exporter,
    model: Model,
    path: Path,
    x: NDArray[np.float32],
    *,
    compared: str,
) -> Parity:
    """Write the file, play ``x`` through it and through the model's own kernel, keep the proof.

    The file gets its name only once it is proven, after ``parity.json`` is in its folder; a crash
    leaves ``unproven-<name>`` at most.

    Parameters
    ----------
    exporter : Exporter
        Which format, and whose independent reader.
    model : Model
        What to export.
    path : Path
        Where the file goes.
    x : float32[n]
        Dry samples, at the model's rate. Knobs, if it has any, are moved meanwhile.
    compared : str
        What ``x`` is, in words.

    Raises
    ------
    ExportError
        The format cannot carry the model, or the file sounds different or cannot be run (then it
        is kept as ``<name>.failed``).
    StorageError
        The disk refused.
    """
    unproven = path.with_name(f"unproven-{path.name}")
    exporter.write(model, unproven)
    try:
        parity = prove(exporter, model, unproven, path.name, x, compared=compared)
    except BaseException as error:
        failed = path.with_name(f"{path.name}.failed")
        _move(unproven, failed)
        if isinstance(error, TrimpotError):
            raise ExportError(
                f"The export {path.name} was refused: {error.sentence} The file is kept as "
                f"{failed} for a report.",
                details=error.details,
            ) from error
        raise
    write_json_atomic(
        path.with_name(PARITY_FILE), parity.model_dump(mode="json"), action="save the proof"
    )
    _move(unproven, path)
    return parity


def prove(
    exporter: Exporter,
    model: Model,
    path: Path,
    name: str,
    x: NDArray[np.float32],
    *,
    compared: str,
) -> Parity:
    """Compare the file at ``path``, to be called ``name``, with the model; see :func:`export`.

    Raises
    ------
    ExportError
        It differs by more than the format's tolerance, or there was nothing to hear.
    ModelFileError
        The independent reader refuses it.
    """
    knobs = moving_knobs(len(x), len(model.info.controls)).astype(np.float32)
    expected = play(model, x, knobs)
    energy = float(np.sum(expected**2))
    if not np.isfinite(energy):
        raise ExportError("The model itself blows up on the test audio. Train it again.")
    if energy == 0.0:
        raise ExportError("The model is silent on the test audio, so nothing can be compared.")
    found = exporter.read_back(path, x.astype(np.float64), knobs.astype(np.float64))
    if found.shape != expected.shape or not np.isfinite(found).all():
        raise ExportError("Its output is not finite, or not as long as the audio.")
    error = found - expected
    worst = float(np.max(np.abs(error)))
    if worst > exporter.tolerance:
        raise ExportError(
            f"It differs from the trained model by up to {worst:.2g} where "
            f"{exporter.tolerance:.0e} is allowed."
        )
    return Parity(
        format=exporter.name,
        file=name,
        sha256=hashlib.sha256(path.read_bytes()).hexdigest(),
        max_abs=worst,
        esr=float(np.sum(error**2)) / energy,
        n_samples=len(expected),
        tolerance=exporter.tolerance,
        passed=True,
        reader=f"engines.readers.{exporter.name} in float64; the model in its float32 kernel",
        compared=compared + (", every knob moved over its range" if knobs.shape[1] else ""),
    )


def play(model: Model, x: NDArray[np.float32], knobs: NDArray[np.float32]) -> NDArray[np.float64]:
    """The model's own streaming kernel on ``x``, as the plugin and the player run it."""
    from engines.models.streaming import render

    return np.asarray(render(model, x, knobs, block=KNOB_HOLD), dtype=np.float64)


def _move(source: Path, target: Path) -> None:
    try:
        source.replace(target)
    except OSError as error:
        raise storage_error("put the exported file in its place", target, error) from error
