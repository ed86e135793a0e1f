"""The real window, driven as a person would, with real workers behind it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from sound_server import SoundServer

from app.dialogs.new_project import NewProjectDialog
from app.notices import Notices
from app.settings import SettingsStore
from app.window import MainWindow
from app.workbench import Workbench
from engines.worker.protocol import End
from widgets.theme import apply_theme

LONG = 150_000
"""Milliseconds for a job; far more than it takes, since machines are noisy."""


class Person:
    """Someone at the window: what they press, what they wait for."""

    def __init__(self, window: MainWindow, qtbot: QtBot) -> None:
        self.window = window
        self.bench = window.workbench
        self.qtbot = qtbot

    def key(self, key: Qt.Key) -> None:
        """Press a key in the window."""
        self.activate()
        self.qtbot.keyClick(self.window, key)

    def activate(self) -> None:
        """Give the window the keyboard, as a window manager does; here there is none."""
        self.window.activateWindow()
        self.qtbot.waitUntil(self.window.isActiveWindow)

    def primary(self) -> None:
        """Press the stage's primary button once it can be pressed."""
        button = self.window.footer.button
        self.qtbot.waitUntil(button.isEnabled, timeout=20_000)
        self.qtbot.mouseClick(button, Qt.MouseButton.LeftButton)

    def new_project(self, name: str, ask: Callable[[], None]) -> None:
        """Ask for something that needs a project, and name it in the dialog that comes."""
        ask()
        self.qtbot.waitUntil(lambda: self.window.findChild(NewProjectDialog) is not None)
        dialog = self.window.findChild(NewProjectDialog)
        assert dialog is not None
        dialog.name.setText(name)
        dialog.accept()
        self.qtbot.waitUntil(lambda: self.bench.session is not None)

    def start_job(self) -> str:
        """Press the primary button; returns the id of the job that it starts."""
        with self.qtbot.waitSignal(self.bench.jobs.started, timeout=20_000) as started:
            self.primary()
        assert started.args is not None
        return str(started.args[0])

    def wait_for(self, job_id: str) -> End:
        """Wait until a job has ended."""
        ends: list[End] = []
        self.qtbot.waitUntil(lambda: self.bench.jobs.worker(job_id) is None, timeout=LONG)
        session = self.bench.session
        assert session is not None
        status = session.project.find_job(job_id).status
        ends.append(
            End(
                state=status.state,
                text=status.text,
                details=status.details,
                figures=status.figures,
                files=status.files,
            )
        )
        return ends[0]

    def metrics(self, job_id: str) -> list[dict[str, float]]:
        """The figures that a run has written so far."""
        session = self.bench.session
        assert session is not None
        path = session.project.find_job(job_id).folder / "metrics.jsonl"
        return [json.loads(line) for line in path.read_text().splitlines()]


@pytest.fixture
def person(
    qtbot: QtBot,
    qapp: QApplication,
    tmp_path: Path,
    sound_server: SoundServer,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Person]:
    """A window on a fresh user's desk, with a sound server to play to."""
    for name, value in sound_server.environment.items():
        monkeypatch.setenv(name, value)
    settings = SettingsStore(tmp_path / "config")
    settings.values.projects_folder = str(tmp_path / "projects")
    apply_theme(qapp, "dark")
    window = MainWindow(Workbench(settings, Notices()))
    qtbot.addWidget(window)
    window.resize(1280, 720)
    window.show()
    window.player.start()
    yield Person(window, qtbot)
    jobs = window.workbench.jobs
    jobs.detach_all()
    qtbot.waitUntil(lambda: not jobs.active(), timeout=20_000)
    window.close()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
