"""The window closes when its process is asked to end; its job can be resumed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from small_jobs import SIMULATION

from projects.jobs import Job
from projects.project import Project

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = """
import sys
from pathlib import Path
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication
import app.window as w
project, job = sys.argv[1:]
def look(state):
    window = next(x for x in QApplication.topLevelWidgets() if x.objectName() == "trimpot-window")
    jobs = window.workbench.jobs
    if not state:
        jobs.message.connect(lambda _id, message: say(message))
        state.append(window.workbench.resume_job(Path(project) / "jobs" / job))
def say(message):
    if message.type == "progress":
        print("at work", flush=True)
state = []
QTimer.singleShot(0, lambda: QTimer.singleShot(200, lambda: look(state)))
sys.exit(w.run_window([project]))
"""


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such signals")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_closes_the_window_and_leaves_its_job_resumable(
    make_project: Callable[..., Path], number: signal.Signals
) -> None:
    folder = make_project("Strings")
    with Project.open(folder) as project:
        job = project.new_job(Job(kind="simulate", name="Clipper", config=SIMULATION))
    window = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(folder), job.name],
        env=os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path])},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert window.stdout is not None
        assert window.stdout.readline() == "at work\n"
        window.send_signal(number)
        _, stderr = window.communicate(timeout=60)
    finally:
        window.kill()
        window.communicate()
    assert window.returncode == 0, stderr
    assert "Traceback" not in stderr
    with Project.open(folder) as project:
        assert project.find_job(job.name).status.state == "interrupted"
