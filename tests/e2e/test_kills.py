"""``kill -9`` on a worker and on the window: words, and nothing lost."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from person import Person
from PySide6.QtCore import Qt

from app.cli.main import run_command
from app.stages.train import TrainStage
from projects.jobs import BEST_FILE, LAST_FILE, is_alive, read_status
from projects.project import Project

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this system has no kill -9"),
    pytest.mark.skipif(shutil.which("ngspice") is None, reason="ngspice is not installed"),
    pytest.mark.timeout(600),
]
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def simulated(tmp_path: Path) -> Path:
    """A project with a short simulated capture."""
    folder = tmp_path / "Clipper"
    assert run_command(["simulate", str(folder), "--seconds", "6"]) == 0
    return folder


def wait_for(condition: Callable[[], bool], seconds: float = 120.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


def test_killed_worker_is_told_and_resumes_from_its_checkpoint(
    person: Person, simulated: Path
) -> None:
    window, bench = person.window, person.bench
    assert bench.open_project(simulated)
    session = bench.session
    assert session is not None
    person.key(Qt.Key.Key_2)
    train = window.stage("train")
    assert isinstance(train, TrainStage)
    train.pane.choose("lstm", "light")
    train.pane.settings_form.set_value({**train.pane.settings_form.value(), "max_steps": 600})
    run_id = person.start_job()
    folder = session.project.find_job(run_id).folder
    metrics = folder / "metrics.jsonl"
    # A checkpoint that is younger than the first figures: there is something to go on from.
    person.qtbot.waitUntil(
        lambda: metrics.is_file() and metrics.read_text().count("\n") >= 2, timeout=120_000
    )
    seen = time.time()
    last = folder / LAST_FILE
    person.qtbot.waitUntil(lambda: last.is_file() and last.stat().st_mtime > seen, timeout=120_000)
    worker = bench.jobs.worker(run_id)
    assert worker is not None
    os.kill(worker.pid, signal.SIGKILL)
    person.qtbot.waitUntil(lambda: bench.jobs.worker(run_id) is None, timeout=20_000)

    assert window.isVisible()
    status = session.project.find_job(run_id).status
    assert status.state == "interrupted"
    assert "was killed (SIGKILL" in status.text
    assert any("was killed" in notice.sentence for notice in bench.notices.history)
    before = person.metrics(run_id)

    with person.qtbot.waitSignal(bench.jobs.started, timeout=20_000):
        train.view.do_resume()
    end = person.wait_for(run_id)
    assert end.state == "done", end.text
    after = person.metrics(run_id)
    assert after[: len(before)] == before
    resumed = after[len(before) :]
    # It goes on from the last checkpoint, a few steps before the kill, not from the beginning.
    assert resumed[0]["step"] > 1
    assert resumed[0]["seconds"] > 1.0
    assert (folder / BEST_FILE).is_file()


WINDOW = """
import sys
from pathlib import Path
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication
from app.notices import Notices
from app.settings import SettingsStore
from app.window import MainWindow
from app.workbench import Workbench

app = QApplication([])
bench = Workbench(SettingsStore(), Notices())
window = MainWindow(bench)
window.show()
assert bench.open_project(Path(sys.argv[1]))
settings = {"architecture": "lstm", "model": {}, "max_seconds": 300.0}
QTimer.singleShot(0, lambda: bench.start_job("train", "Doomed", settings))
bench.jobs.message.connect(lambda job, message: print(job, message.type, flush=True))
app.exec()
"""


def test_killed_window_loses_nothing_and_a_restart_finds_the_run(
    person: Person, simulated: Path
) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", WINDOW, str(simulated)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        assert process.stdout is not None
        run_id = process.stdout.readline().split()[0]
        folder = simulated / "runs" / run_id
        wait_for(lambda: (folder / LAST_FILE).is_file() and (folder / BEST_FILE).is_file())
        manifest = (simulated / "project.json").read_text()
        process.kill()
        process.wait()
        # The worker notices that its window is gone, keeps a checkpoint and ends.
        wait_for(lambda: not is_alive(folder), 60.0)
    finally:
        process.kill()
        process.communicate()
    assert (simulated / "project.json").read_text() == manifest
    assert read_status(folder).state == "interrupted"

    assert person.bench.open_project(simulated)
    session = person.bench.session
    assert session is not None
    assert len(session.manifest.captures) == 1
    person.key(Qt.Key.Key_2)
    train = person.window.stage("train")
    assert isinstance(train, TrainStage)
    assert [row.id for row in train.model.rows] == [run_id]
    person.bench.close_project()
    with Project.open(simulated) as project:
        assert project.find_job(run_id).status.state == "interrupted"
