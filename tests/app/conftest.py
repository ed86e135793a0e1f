"""Projects and windows for the tests of the window."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtWidgets import QApplication

from app.notices import Notices
from app.settings import SettingsStore
from app.workbench import Workbench
from engines.audio.files import dry_id, write_wav
from projects.capture import Capture, Check, Signal, write_capture
from projects.jobs import new_id
from projects.project import Project, with_capture

RATE = 48_000


@pytest.fixture
def settings(tmp_path: Path) -> SettingsStore:
    """Settings of a fresh user whose projects go below the test's folder."""
    store = SettingsStore(tmp_path / "config")
    store.values.projects_folder = str(tmp_path / "projects")
    return store


@pytest.fixture
def bench(qapp: QApplication, settings: SettingsStore) -> Iterator[Workbench]:
    """A workbench without a project; every job is stopped at the end."""
    workbench = Workbench(settings, Notices())
    yield workbench
    for worker in workbench.jobs.active():
        worker._process.kill()
        worker._process.waitForFinished(5000)
    workbench.close_project()
    workbench.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)


def add_capture(project: Project, name: str, *, seconds: float = 4.0, states: bool = True) -> str:
    """Put a small capture of decaying tones into a project; returns its id."""
    rng = np.random.default_rng(len(project.manifest.captures))
    time = np.arange(round(seconds * RATE)) / RATE
    dry = 0.5 * np.sin(2 * np.pi * 110 * time) * np.exp(-3 * (time % 1.0))
    dry = (dry + 1e-3 * rng.standard_normal(len(time))).astype(np.float32)
    wet = np.tanh(3 * dry).astype(np.float32)
    folder_id = new_id()
    folder = project.capture_folder(folder_id)
    folder.mkdir(parents=True)
    files = {"dry.wav": dry, "wet.wav": wet} | ({"state-vC.wav": wet} if states else {})
    for file, samples in files.items():
        write_wav(folder / file, samples, RATE)
    signals = [
        Signal(name="dry", role="dry", file="dry.wav", unit="V", full_scale=4.5),
        Signal(name="wet", role="wet", file="wet.wav", unit="V"),
    ]
    if states:
        signals.append(Signal(name="vC", role="state", file="state-vC.wav", unit="V"))
    capture = Capture(
        id=folder_id,
        name=name,
        sample_rate=RATE,
        n_samples=len(dry),
        dry_id=dry_id(dry),
        signals=tuple(signals),
        checks=(
            Check(name="Level", level="ok", text="The dry signal peaks at -6.0 dBFS."),
            Check(name="Noise", level="warning", text="The wet signal has a noise floor."),
        ),
    )
    write_capture(folder, capture)
    project.save(with_capture(project.manifest, capture))
    return folder_id


@pytest.fixture
def make_project(tmp_path: Path) -> Callable[..., Path]:
    """Makes a project folder with captures and gives it free again."""

    def make(*names: str, folder: str = "Fuzz", states: bool = True) -> Path:
        with Project.create(tmp_path / folder, folder) as project:
            for name in names:
                add_capture(project, name, states=states)
            return project.folder

    return make
