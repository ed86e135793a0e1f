"""Leaving a project or the program while jobs are at work: one question, then a clean stop."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QObject, Qt, QTimer
from PySide6.QtWidgets import QMessageBox, QWidget

from app.jobs import Jobs

CLOSE_WAIT_MS = 8_000
"""How long workers may take to write their last checkpoint before they are ended regardless."""
LOOK_MS = 50


class Leaving(QObject):
    """Asks about jobs at work, and waits for their end without blocking.

    Parameters
    ----------
    window : QWidget
        Under which the question is asked.
    jobs : Jobs
    """

    def __init__(self, window: QWidget, jobs: Jobs) -> None:
        super().__init__(window)
        self._window = window
        self._jobs = jobs

    def ask(self, title: str, stop_text: str, then: Callable[[], object]) -> None:
        """Do ``then`` at once where no job is at work, else once the user agrees to stop them."""
        active = self._jobs.active()
        if not active:
            then()
            return
        names = ", ".join(f"\u201c{worker.job.name}\u201d" for worker in active)
        box = QMessageBox(self._window)
        box.setObjectName("question-jobs")
        box.setIcon(QMessageBox.Icon.Question)
        box.setWindowTitle(title)
        box.setText(f"{names} {'is' if len(active) == 1 else 'are'} still at work.")
        box.setInformativeText(
            "Stopping keeps the last checkpoint; the job can be resumed from the project."
        )
        stop = box.addButton(stop_text, QMessageBox.ButtonRole.AcceptRole)
        stay = box.addButton("Stay", QMessageBox.ButtonRole.RejectRole)
        box.setDefaultButton(stay)
        box.setEscapeButton(stay)
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        stop.clicked.connect(lambda _checked=False: QTimer.singleShot(0, self, then))
        box.open()

    def stop_jobs(self, then: Callable[[], object]) -> None:
        """Let every worker keep what it has and stop, then do ``then``."""
        self._jobs.detach_all()
        timer = QTimer(self)
        timer.timeout.connect(partial(self._look, timer, time.monotonic(), then))
        timer.start(LOOK_MS)

    def _look(self, timer: QTimer, since: float, then: Callable[[], object]) -> None:
        if time.monotonic() - since > CLOSE_WAIT_MS / 1000:
            for worker in self._jobs.active():
                worker.kill()
        if not self._jobs.active():
            timer.stop()
            then()
