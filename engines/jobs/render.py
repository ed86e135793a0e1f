"""The job ``render``: audio through a trained model into a wav, scored where the wet is known."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from engines.jobs.base import Handler, Outcome
from engines.jobs.hashes import verify_inputs
from engines.models.base import Kernel, Model
from engines.worker.context import JobContext
from projects.capture import FileName
from projects.errors import JobError
from projects.files import inside
from projects.jobs import BEST_FILE
from projects.manifest import Frozen, Identifier
from projects.project import Project

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

BLOCK = 16_384
SPEED_SECONDS = 0.5

PathText = Annotated[str, StringConstraints(min_length=1, max_length=4096)]


class RenderConfig(Frozen):
    """Which model plays what.

    Either ``run`` or ``model``; either ``input`` or ``capture`` with ``part``.
    """

    run: Identifier | None = None
    model: PathText | None = None
    """A model file: relative to the project, or absolute."""
    input: PathText | None = None
    """A dry audio file."""
    capture: Identifier | None = None
    part: Literal["all", "train", "validation", "test"] = "all"
    knobs: dict[str, float] = Field(default_factory=dict)
    """Settings in the knobs' own units; where none is given, the capture's or the default."""
    output: FileName = "render.wav"

    @model_validator(mode="after")
    def _one_of_each(self) -> Self:
        if (self.run is None) == (self.model is None):
            raise ValueError("give either a run or a model file")
        if (self.input is None) == (self.capture is None):
            raise ValueError("give either an input file or a capture")
        if not self.output.endswith(".wav"):
            raise ValueError("the output's name must end in .wav")
        return self


@dataclass(frozen=True)
class Played:
    """What came out, and how close it is where that is known."""

    samples: NDArray[np.float32]
    esr: float | None = None


def run(config: RenderConfig, context: JobContext) -> Outcome:
    """Render, measure, write the wav.

    Raises
    ------
    TrimpotError
        The model or the audio cannot be read, or they do not fit together.
    """
    from engines.audio.files import write_wav
    from engines.models.storage import load_model
    from engines.models.streaming import make_kernel, measure_speed

    verify_inputs(context)
    context.progress(None, "Reading the model")
    with Project.open(context.project, write=False) as project:
        model = load_model(model_path(config, project))
        refuse_unknown_knobs(model, config.knobs)
        kernel = make_kernel(model)
        if config.capture is not None:
            played = play_capture(config, project, model, kernel, context)
        else:
            played = play_file(config, model, kernel, context)
    write_wav(context.folder / config.output, played.samples, model.info.sample_rate)
    context.progress(None, "Measuring the speed")
    speed = measure_speed(model, SPEED_SECONDS)
    seconds = played.samples.size / model.info.sample_rate
    figures: dict[str, Any] = {
        "seconds_audio": seconds,
        "rtf": speed.real_time_factor,
        "ns_per_sample": speed.ns_per_sample,
        "sample_rate": model.info.sample_rate,
    }
    text = f"Rendered {seconds:.1f} s at {speed.real_time_factor:.0f} x real time"
    if played.esr is not None:
        figures["esr"] = played.esr
        text += f", ESR {played.esr:.2g}"
    return Outcome(f"{text}.", figures, (config.output,))


def model_path(config: RenderConfig, project: Project) -> Path:
    """Where the model lies.

    Raises
    ------
    JobError
        The run has no model yet.
    """
    if config.run is not None:
        path = project.find_job(config.run).folder / BEST_FILE
        if not path.is_file():
            raise JobError(f"The run {config.run} has no model yet. Train it first.")
        return path
    assert config.model is not None
    given = Path(config.model)
    return given if given.is_absolute() else inside(project.folder, config.model)


def play_capture(
    config: RenderConfig, project: Project, model: Model, kernel: Kernel, context: JobContext
) -> Played:
    """A part of a capture, section after section, each warmed up and scored."""
    import numpy as np

    from engines.models.base import Segment
    from engines.training.dataset import WARM_UP_SECONDS, knob_positions, load_captures, segments
    from engines.training.scoring import score

    assert config.capture is not None
    item = load_captures(project, [config.capture])[0]
    if item.capture.sample_rate != model.info.sample_rate:
        raise JobError(
            f"The capture {item.capture.name} has {item.capture.sample_rate} Hz and the model "
            f"{model.info.sample_rate} Hz. Choose a capture of the model's rate."
        )
    knobs = knob_positions(item, model.info.controls, config.knobs)
    if config.part == "all":
        lead = min(round(WARM_UP_SECONDS * model.info.sample_rate), len(item.dry) // 2)
        found: tuple[Segment, ...] = (
            Segment(item.entry.id, 0, item.dry, item.wet, item.states, knobs, lead),
        )
    else:
        found = segments([item], model.info, config.part)
        if not found:
            raise JobError(f"The capture {item.capture.name} has no {config.part} part.")
    context.progress(None, "Rendering")
    scored = score(kernel, found, context.check)
    # The whole capture comes back whole, so that it lies beside its wet sample by sample.
    kept = [
        output if config.part == "all" else output[segment.lead :]
        for output, segment in zip(scored.outputs, found, strict=True)
    ]
    known = config.knobs.items() <= item.entry.knobs.items() and not (
        config.knobs.keys() & item.motions.keys()
    )
    if config.part == "all" and item.entry.edits.gaps(item.capture.n_samples):
        known = False  # a figure over what was cut would be of no use
    return Played(np.concatenate(kept), scored.esr if known else None)


def play_file(config: RenderConfig, model: Model, kernel: Kernel, context: JobContext) -> Played:
    """An audio file, brought to the model's rate where it has another."""
    import numpy as np

    from engines.audio.files import read_audio

    assert config.input is not None
    path = Path(config.input)
    audio = read_audio(path)
    if audio.channels > 1:
        context.warn(f"{path.name} has {audio.channels} channels; the first is played.")
    samples = audio.samples[:, 0]
    rate = model.info.sample_rate
    if audio.sample_rate != rate:
        import soxr

        context.warn(f"{path.name} was resampled from {audio.sample_rate} to {rate} Hz.")
        samples = soxr.resample(samples, audio.sample_rate, rate, quality="VHQ")
    x = np.ascontiguousarray(samples, dtype=np.float32)
    knobs = knob_values(model, config.knobs).astype(np.float32)
    y = np.empty_like(x)
    for start in range(0, x.size, BLOCK):
        context.check()
        part = slice(start, start + BLOCK)
        kernel.process(x[part], knobs, y[part])
        context.progress(start / x.size, f"Rendering {path.name}")
    return Played(y)


def refuse_unknown_knobs(model: Model, settings: dict[str, float]) -> None:
    """Raise JobError for a knob that the model does not have: it would change nothing."""
    known = [control.name for control in model.info.controls]
    for name in settings:
        if name not in known:
            there = f"It has: {', '.join(known)}." if known else "It has none."
            raise JobError(f"The model {model.info.name} has no knob {name!r}. {there}")


def knob_values(model: Model, settings: dict[str, float]) -> NDArray[np.float64]:
    """float64[K]: positions 0..1 of the model's knobs.

    Raises
    ------
    TrainingError
        A setting is outside its range.
    """
    import numpy as np

    from engines.training.dataset import knob_position

    return np.array(
        [knob_position(c, settings.get(c.name, c.default)) for c in model.info.controls],
        np.float64,
    )


HANDLER = Handler(Config=RenderConfig, run=run)
