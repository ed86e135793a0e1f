"""A job context without a worker."""

from __future__ import annotations

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
        return JobContext(folder, tmp_path, Job(kind="import", name="test"), sink)

    return make
