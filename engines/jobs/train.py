"""The job ``train``: captures in, the best model out, scored once on the locked test part."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pydantic import Field

from engines.jobs.base import Handler, Outcome
from engines.jobs.hashes import verify_inputs
from engines.models import registry
from engines.models.base import Architecture, Model, TrainingError
from engines.training.session import RunSession, StopRules
from engines.worker.context import CancelledError, JobContext
from projects.jobs import BEST_FILE, LAST_FILE
from projects.manifest import Identifier
from projects.project import Project

if TYPE_CHECKING:
    from engines.training.dataset import LoadedCapture


class TrainSettings(StopRules):
    """What to train, on what, and when to stop."""

    architecture: str = "stn"
    model: dict[str, Any] = Field(default_factory=dict)
    """The architecture's own configuration."""
    captures: tuple[Identifier, ...] | None = None
    """Which captures; None: all that are included in the project."""


def run(settings: TrainSettings, context: JobContext) -> Outcome:
    """Train, keep the best, score it on the test part.

    Raises
    ------
    TrainingError
        The data does not allow it, or nothing was learned.
    JobError
        The captures have changed since the job was made.
    """
    from engines.training.dataset import load_captures, model_info, training_data, used_controls

    architecture = chosen_architecture(settings.architecture)
    config = architecture.Config.model_validate(settings.model)
    context.progress(0.0, "Reading the captures")
    verify_inputs(context)
    with Project.open(context.project, write=False) as project:
        loaded = load_captures(project, settings.captures)
        controls = used_controls(project, loaded)
    info = model_info(context.job.name, loaded, controls)
    if architecture.needs_states and not info.states:
        raise TrainingError(
            f"A {architecture.label.lower()} needs a circuit's states, and these captures are "
            "recordings without any. Choose another kind of model."
        )
    data = training_data(loaded, info, context.job.seed)
    session = RunSession(context, settings, architecture, data)
    rules = settings.model_dump(include=set(StopRules.model_fields), exclude_none=True)
    context.log(f"training {architecture.name} {config.model_dump(mode='json')} {rules}")
    try:
        result = architecture.train(config, data, session)
    except CancelledError as error:
        # What is cancelled keeps its best model and is scored; what is interrupted will go on.
        if error.reason == "interrupted" or session.best is None:
            raise
        return finish(architecture, session, session.best, loaded, "Cancelled", "cancelled")
    except TrainingError as error:
        if session.best is not None or not session.stop_reason:
            raise
        raise TrainingError(
            f"{session.stop_reason.rstrip('.')}, before there was any model. Allow it more.",
            details=error.sentence,
        ) from error
    return finish(architecture, session, result.model, loaded, result.text, "done")


def chosen_architecture(name: str) -> Architecture:
    """The architecture of that name.

    Raises
    ------
    TrainingError
        There is none.
    """
    architecture = registry().get(name)
    if architecture is None:
        known = ", ".join(sorted(registry()))
        raise TrainingError(f"This Trimpot knows no architecture {name!r}. It knows {known}.")
    return architecture


def finish(
    architecture: Architecture,
    session: RunSession,
    model: Model,
    loaded: Sequence[LoadedCapture],
    why: str,
    state: Any,
) -> Outcome:
    """Score the best model on the test part, write its figures into its file, say how it went."""
    from engines.models.storage import save_model
    from engines.training.dataset import WARM_UP_SECONDS, segments
    from engines.training.scoring import score

    context = session.context
    seconds = session.clock.seconds
    figures: dict[str, float] = {
        "esr_validation": session.best_esr,
        "train_seconds": round(seconds, 3),
        "steps": float(session.step),
    }
    test = segments(loaded, model.info, "test")
    text = f"{why.rstrip('.')}. ESR {session.best_esr:.2g} on validation"
    if test:
        context.progress(1.0, "Scoring on the test part")
        found = score(architecture.kernel(model), test)
        figures["esr_test"] = found.esr
        text += f", {found.esr:.2g} on the test part"
    finite = {name: value for name, value in figures.items() if math.isfinite(value)}
    kept = replace(
        model, info=model.info.model_copy(update={"figures": {**model.info.figures, **finite}})
    )
    save_model(context.folder / BEST_FILE, kept)
    reported: dict[str, Any] = {
        **figures,
        "n_weights": architecture.n_weights(kept.config, kept.info),
        "seconds": round(seconds, 3),
        "steps": session.step,
        "captures": [item.entry.id for item in loaded],
        "test_seconds": sum(len(part.y) - part.lead for part in test) / model.info.sample_rate,
        "warm_up_seconds": min(
            (part.lead / model.info.sample_rate for part in test), default=WARM_UP_SECONDS
        ),
    }
    return Outcome(f"{text}.", reported, (BEST_FILE, LAST_FILE), state)


HANDLER = Handler(Config=TrainSettings, run=run)
