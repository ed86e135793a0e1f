"""The kinds of job, found by name; nothing heavy is imported until one is asked for."""

from __future__ import annotations

from importlib import import_module

from engines.jobs.base import Handler
from projects.errors import JobError

MODULES = {
    "simulate": "engines.jobs.simulate",
    "import": "engines.jobs.import_audio",
    "record": "engines.jobs.record",
    "train": "engines.jobs.train",
    "render": "engines.jobs.render",
    "export": "engines.jobs.export",
}


def handler(kind: str) -> Handler:
    """The handler of a kind of job.

    Raises
    ------
    JobError
        There is no such kind.
    """
    if kind not in MODULES:
        raise JobError(f"This Trimpot knows no job of the kind {kind!r}.")
    found = import_module(MODULES[kind]).HANDLER
    assert isinstance(found, Handler)
    return found
