"""The trained models of the open project, found by looking into its runs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from app.session import ProjectSession
from app.workbench import Workbench
from projects.errors import TrimpotError
from projects.files import inside
from projects.jobs import BEST_FILE, read_job, read_status
from projects.project import FoundJob


@dataclass(frozen=True)
class FoundModel:
    """A run that has a model: finished, stopped, or still training."""

    run: FoundJob

    @property
    def id(self) -> str:
        """The run's id."""
        return self.run.job.id

    @property
    def name(self) -> str:
        """The run's name."""
        return self.run.job.name

    @property
    def path(self) -> Path:
        """Its best checkpoint."""
        return self.run.folder / BEST_FILE

    @property
    def architecture(self) -> str:
        """The kind of model as the window writes it."""
        return str(self.run.job.config.get("architecture", "")).upper()

    @property
    def esr(self) -> float | None:
        """Plain ESR: of the test part where the run has ended, else None."""
        value = self.run.status.figures.get("esr_test")
        return float(value) if isinstance(value, int | float) else None

    @property
    def training(self) -> bool:
        """Whether the run is still at work."""
        return self.run.status.state in ("waiting", "running", "paused")


def found_models(session: ProjectSession | None) -> list[FoundModel]:
    """Every run of the project that has a model, newest first."""
    if session is None:
        return []
    return [FoundModel(run) for run in session.jobs("train") if (run.folder / BEST_FILE).is_file()]


def find_run(session: ProjectSession | None, run_id: str) -> FoundJob | None:
    """A run by its id, with a model or without; None where there is none."""
    if session is None or not run_id:
        return None
    try:
        folder = inside(session.folder, f"runs/{run_id}")
        return FoundJob(folder, read_job(folder), read_status(folder))
    except TrimpotError:
        return None


def find_model(session: ProjectSession | None, run_id: str) -> FoundModel | None:
    """The model of one run; None where it has none."""
    run = find_run(session, run_id)
    return FoundModel(run) if run is not None and (run.folder / BEST_FILE).is_file() else None


def select_some_model(workbench: Workbench) -> None:
    """Select the newest model where no run is selected, or one that has gone."""
    session = workbench.session
    if find_run(session, workbench.run_id) is None:
        models = found_models(session)
        if models:
            workbench.select_run(models[0].id)
