"""A job context without a worker, and the simulator if it is there."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from engines.worker.context import JobContext
from engines.worker.protocol import Message
from projects.jobs import Job


@pytest.fixture
def make_context(tmp_path: Path) -> Callable[..., JobContext]:
    """A context in a folder of its own; its messages go to ``sink``."""

    def make(sink: Callable[[Message], None] = lambda message: None) -> JobContext:
        folder = tmp_path / "jobs" / "job"
        folder.mkdir(parents=True, exist_ok=True)
        return JobContext(folder, tmp_path, Job(kind="simulate", name="test"), sink)

    return make


@pytest.fixture
def ngspice() -> None:
    if shutil.which("ngspice") is None and shutil.which("ngspice_con") is None:
        pytest.skip("ngspice is not installed")
