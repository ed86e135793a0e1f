"""The contract of a kind of job: a configuration type and a function that does it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from pydantic import BaseModel

from engines.worker.context import JobContext


@dataclass(frozen=True)
class Outcome:
    """How a job ended, in a sentence, with its figures and the files it made (relative)."""

    text: str
    figures: dict[str, Any] = field(default_factory=dict)
    files: tuple[str, ...] = ()
    state: Literal["done", "cancelled", "interrupted"] = "done"


@dataclass(frozen=True)
class Handler:
    """A kind of job.

    Attributes
    ----------
    Config : type[BaseModel]
        Validates ``job.json``'s ``config``; its JSON Schema draws the form.
    run : callable
        ``run(config, context) -> Outcome``. Raises TrimpotError with a sentence, or lets
        CancelledError through.
    heavy : bool
        Whether it waits for a free slot.
    """

    Config: type[BaseModel]
    run: Callable[[Any, JobContext], Outcome]
    heavy: bool = True
