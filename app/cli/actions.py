"""The commands' work, each on a project folder, each giving its figures as a plain object."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.cli.console import ConsoleReporter, run_in_console
from engines.worker.protocol import End
from projects.errors import JobError, ProjectError, storage_error
from projects.jobs import BEST_FILE, Job, JobKind, versions
from projects.manifest import CaptureEntry
from projects.project import Project, used_captures

Figures = dict[str, Any]


@dataclass(frozen=True)
class Finished:
    """A job that ran in the terminal: its folder, its end, the captures it brought."""

    folder: Path
    end: End
    captures: tuple[CaptureEntry, ...] = ()

    def figures(self) -> Figures:
        """Figures, outcome and absolute paths of the files, ready for ``--json``."""
        files = [str(self.folder / name) for name in self.end.files]
        return {
            **self.end.figures,
            "state": self.end.state,
            "text": self.end.text,
            "job": self.folder.name,
            "files": [name for name in files if Path(name).exists()],
        }


class Bench:
    """An open project with a terminal to report to; each method is one job."""

    def __init__(self, project: Project, reporter: ConsoleReporter) -> None:
        self.project = project
        self.reporter = reporter

    def run(self, kind: JobKind, name: str, config: Figures, *, seed: int = 0) -> Finished:
        """Make a job, run it here, take its captures into the project."""
        hashes = {}
        if kind == "train":
            used = used_captures(self.project.manifest, config)
            config = {**config, "captures": used}  # what is added later is not this run's
            hashes = self.project.capture_hashes(used)
        elif kind == "simulate":
            from engines.sources.netlist import input_hashes

            hashes = input_hashes(self.project.folder, config)
        job = Job(
            kind=kind, name=name, config=config, seed=seed, hashes=hashes, versions=versions()
        )
        return self.resume(self.project.new_job(job))

    def resume(self, folder: Path) -> Finished:
        """Run (or go on with) the job in ``folder``."""
        try:
            end = run_in_console(folder, self.reporter)
        except JobError:
            self.project.adopt()  # what was finished before the job failed stays
            raise
        return Finished(folder, end, tuple(self.project.adopt()))

    def data(self, kind: JobKind, name: str, source: str, config: Figures) -> Figures:
        """Make captures by a source."""
        return self._brought(self.run(kind, name, {"source": source, "config": config}))

    def data_of(self, folder: Path) -> Figures:
        """Go on with a job that makes captures.

        Raises
        ------
        JobError
            It makes none, or its captures are in the project already.
        """
        found = self.project.find_job(folder.name)
        if found.job.kind not in ("simulate", "import"):
            raise JobError(f"{found.job.name} makes no captures; it is a job to {found.job.kind}.")
        if found.status.state == "done":
            raise JobError(f"{found.job.name} is done: its captures are in the project.")
        return self._brought(self.resume(folder))

    def _brought(self, done: Finished) -> Figures:
        """The figures of a job that made captures, and their files."""
        figures = done.figures()
        folders = [self.project.capture_folder(entry.id) for entry in done.captures]
        figures["captures"] = [folder.name for folder in folders]
        figures["files"] = [str(path) for folder in folders for path in sorted(folder.iterdir())]
        return figures

    def train(self, name: str, config: Figures, *, seed: int = 0) -> Figures:
        """Train a model; the inputs' test parts are locked from now on."""
        manifest = self.project.manifest
        if not any(entry.included for entry in manifest.captures):
            raise ProjectError(
                f"The project {manifest.name} has no captures to train on. Import recordings or "
                "simulate a circuit first."
            )
        locked = tuple(split.model_copy(update={"locked": True}) for split in manifest.splits)
        self.project.save(manifest.model_copy(update={"splits": locked}))
        return self.run("train", name, config, seed=seed).figures()

    def newest_run(self, run_id: str = "") -> str:
        """The id of the run asked for, or of the newest that has a model.

        Raises
        ------
        ProjectError
            There is none.
        """
        if run_id:
            return self.project.find_job(run_id).job.id
        for item in self.project.jobs("train"):
            if (item.folder / BEST_FILE).is_file():
                return item.job.id
        raise ProjectError(
            f"The project {self.project.manifest.name} has no trained model yet. Train one first."
        )

    def copy_result(self, finished: Finished, suffix: str, target: Path) -> Path:
        """Copy what a job made to where the user wants it.

        Raises
        ------
        JobError
            The job made no such file.
        """
        made = [name for name in finished.end.files if name.endswith(suffix)]
        if not made:
            raise JobError(f"The job {finished.folder.name} made no {suffix} file.")
        if target.is_dir():
            target = target / Path(made[0]).name
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(finished.folder / made[0], target)
        except OSError as error:
            raise storage_error("write the result", target, error) from error
        return target.resolve()


def result_place(target: Path, suffix: str, *, keep: Path) -> Path:
    """Where a result goes, looked at before the work begins.

    Raises
    ------
    ProjectError
        It would replace the recording that it is made from, or is named as another kind of file.
    """
    place = target.expanduser()
    if place.is_dir():
        place = place / f"{keep.stem}-wet{suffix}"
    if place.suffix.lower() != suffix:
        raise ProjectError(f"The result is a {suffix} file, and {place} is named otherwise.")
    if place.exists() and place.samefile(keep.expanduser()):
        raise ProjectError(f"{place} is the recording itself. Choose another name for the result.")
    return place
