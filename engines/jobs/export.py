"""The job that exports a run's best model and proves the file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from engines.exporters import registry
from engines.exporters.base import Exporter, ExportError, Parity
from engines.exporters.gate import export
from engines.jobs.base import Handler, Outcome
from engines.jobs.hashes import verify_inputs
from engines.models.base import Model, ModelInfo
from engines.worker.context import JobContext
from projects.errors import JobError, TrimpotError
from projects.files import inside
from projects.jobs import BEST_FILE, PARITY_FILE, read_job
from projects.manifest import Identifier
from projects.project import Project, folder_name


class ExportConfig(BaseModel):
    """What to export, as what, and how much audio to prove it with."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    run: Identifier
    format: str = "rtneural"
    seconds: Annotated[float, Field(gt=0.0, le=600.0)] = 10.0
    """Of test audio (seconds) played through the model and the file."""


def run(config: ExportConfig, context: JobContext) -> Outcome:
    """Export the run's best model into the job's folder; the file stands only if it is proven.

    Raises
    ------
    JobError
        No such run or format, or the run's model has changed since the job was made.
    ExportError
        The format cannot carry the model, or the file does not sound like it.
    """
    from engines.models.storage import load_model

    exporter = find_exporter(config.format)
    weights = inside(context.project, f"runs/{config.run}/{BEST_FILE}")
    if not weights.is_file():
        raise JobError(
            f"The run {config.run} has no trained model yet ({weights}). Train it first."
        )
    verify_inputs(context)
    context.progress(0.0, "Reading the model")
    model = load_model(weights)
    obstacle = exporter.obstacle(model)
    if obstacle is not None:
        raise ExportError(obstacle)
    context.progress(0.1, "Reading the test audio")
    audio, described = proof_audio(context.project, config.run, model.info, config.seconds)
    context.check()
    context.progress(0.2, f"Playing {described} through the model and the file")
    name = folder_name(model.info.name) + exporter.suffix
    parity = export(exporter, model, context.folder / name, audio, compared=described)
    context.progress(0.95, "Measuring how quick it plays")
    figures = speed(model)
    context.progress(1.0, "Exported")
    return _outcome(exporter, model, context.folder / name, parity, figures)


def speed(model: Model) -> dict[str, float]:
    """How quick the model's streaming kernel is here, on one core: ``ns_per_sample``, ``rtf``."""
    from engines.models.streaming import measure_speed

    measured = measure_speed(model, seconds=0.2)
    return {"ns_per_sample": measured.ns_per_sample, "rtf": measured.real_time_factor}


def _outcome(
    exporter: Exporter, model: Model, path: Path, parity: Parity, measured: dict[str, float]
) -> Outcome:
    figures = {
        "parity_max_abs": parity.max_abs,
        "parity_esr": parity.esr,
        "n_weights": model.n_weights,
        "bytes": path.stat().st_size,
        **measured,
    }
    if "esr_test" in model.info.figures:
        figures["esr"] = model.info.figures["esr_test"]
    text = (
        f"Exported {path.name}: it sounds like the trained model to within {parity.max_abs:.1g} of "
        f"full scale. {exporter.remark(model)}"
    )
    return Outcome(text=text.strip(), figures=figures, files=(path.name, PARITY_FILE))


def find_exporter(name: str) -> Exporter:
    """The export format of that name.

    Raises
    ------
    JobError
        There is none.
    """
    formats = registry()
    if name not in formats:
        raise JobError(
            f"There is no export format {name!r}. Choose one of: {', '.join(sorted(formats))}."
        )
    return formats[name]


def proof_audio(
    project: Path, run_id: str, info: ModelInfo, seconds: float
) -> tuple[NDArray[np.float32], str]:
    """Dry audio that the run was tested on, and what it is in words.

    The test parts of the run's captures, one after another, up to ``seconds``. Where no capture is
    left, or none has the model's rate or any sound, built-in dry signals stand in, and the words
    say so.

    Returns
    -------
    float32[n], str
    """
    wanted = round(seconds * info.sample_rate)
    pieces, names, found = [], [], 0
    opened = Project.open(project, write=False)
    config = read_job(inside(project, f"runs/{run_id}")).config
    chosen = config.get("captures")
    for entry in opened.manifest.captures:
        used = entry.id in chosen if isinstance(chosen, list) else entry.included
        if found >= wanted or not used:
            continue
        piece = _test_part(opened, entry.id, info.sample_rate, wanted - found)
        if piece is not None:
            pieces.append(piece)
            names.append(entry.name)
            found += len(piece)
    if pieces and any(piece.any() for piece in pieces):
        audio = np.concatenate(pieces)
        return audio, f"{found / info.sample_rate:.1f} s of the test part of {', '.join(names)}"
    return _builtin(wanted, info.sample_rate)


def _test_part(
    project: Project, capture_id: str, sample_rate: int, wanted: int
) -> NDArray[np.float32] | None:
    from engines.audio.files import read_signal

    try:
        capture = project.read_capture(capture_id)
        if capture.sample_rate != sample_rate:
            return None
        entry = project.manifest.capture(capture_id) or capture.entry()
        sections = project.split_of(entry).of("test")
        dry = read_signal(project.capture_folder(capture_id), capture, capture.signal("dry"))
    except TrimpotError:
        return None  # a damaged capture is no reason not to export a model that is whole
    parts = [dry[section.start : section.stop] for section in sections]
    joined = np.concatenate(parts)[:wanted] if parts else np.empty(0, np.float32)
    return np.asarray(joined, dtype=np.float32) if joined.size else None


def _builtin(wanted: int, sample_rate: int) -> tuple[NDArray[np.float32], str]:
    from engines.signals.builtin import builtin_dry

    signal = builtin_dry(max(wanted / sample_rate, 10.0), sample_rate=sample_rate, seed=1)
    audio = np.asarray(signal.samples[:wanted], dtype=np.float32)
    return audio, f"{len(audio) / sample_rate:.1f} s of built-in dry signals"


HANDLER = Handler(Config=ExportConfig, run=run, heavy=False)
"""Not heavy: seconds on one core, and nobody should wait behind a training for it."""
