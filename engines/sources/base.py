"""The contract of a source: something that makes captures (recordings, a simulated circuit)."""

from __future__ import annotations

from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict

from engines.worker.context import JobContext
from projects.capture import Capture


class SourceConfig(BaseModel):
    """Base of every source's configuration: frozen, exact, finite; its JSON Schema is its form."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Source(ABC):
    """One way to get captures. A new module in this folder that has a ``SOURCE`` is found."""

    name: ClassVar[str]
    """In job files and on the command line: ``wav-pair``, ``diode-clipper``."""
    label: ClassVar[str]
    summary: ClassVar[str]
    kind: ClassVar[Literal["import", "simulate"]]
    Config: ClassVar[type[SourceConfig]]

    @abstractmethod
    def produce(self, config: Any, folder: Path, context: JobContext) -> list[Capture]:
        """Make the captures.

        Each goes into ``folder/<capture id>/`` with its audio first and ``capture.json`` last.

        Parameters
        ----------
        config : SourceConfig
            This source's own configuration.
        folder : Path
            Where the captures' folders go; inside the job's folder.
        context : JobContext
            For progress, warnings, and :meth:`JobContext.check` a few times a second.

        Raises
        ------
        TrimpotError
            With a sentence: what is wrong with which file, and what to do.
        """
