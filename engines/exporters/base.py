"""The contract of an export format, and the proof that every exported file carries."""

from __future__ import annotations

from abc import ABC, abstractmethod
from pathlib import Path
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from engines.models.base import Model
from projects.errors import TrimpotError
from projects.manifest import Frozen


class ExportError(TrimpotError):
    """A model cannot be exported as asked, or the exported file does not sound like it."""


class Parity(Frozen):
    """``parity.json``: the worst difference between the trained model and the exported file."""

    schema_version: int = 1
    format: str
    file: str
    sha256: str
    max_abs: float
    """Largest |model - file|, in the wet audio's samples."""
    esr: float
    n_samples: int
    tolerance: float
    passed: bool
    reader: str
    """Which independent code read the file back, and in which precision."""
    compared: str
    """What was played through both, in words."""


class Exporter(ABC):
    """One file format. A new module in this folder that has an ``EXPORTER`` is found."""

    name: ClassVar[str]
    label: ClassVar[str]
    summary: ClassVar[str]
    suffix: ClassVar[str]
    tolerance: ClassVar[float] = 1e-5

    @abstractmethod
    def obstacle(self, model: Model) -> str | None:
        """Why this format cannot carry the model, as a sentence; None where it can."""

    def remark(self, model: Model) -> str:
        """What a host must do besides running the file, as a sentence; empty where nothing."""
        return ""

    @abstractmethod
    def write(self, model: Model, path: Path) -> None:
        """Write the file (atomically).

        Raises
        ------
        ExportError
            The format cannot carry the model: :meth:`obstacle`'s sentence.
        StorageError
            The disk refused.
        """

    @abstractmethod
    def read_back(
        self, path: Path, x: NDArray[np.float64], knobs: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Run audio through the file by code that shares nothing with :meth:`write`.

        Parameters
        ----------
        path : Path
            The exported file.
        x : float64[n]
            Dry samples.
        knobs : float64[n, K]
            Knob positions 0..1, sample by sample.

        Returns
        -------
        float64[n]
            The output.
        """
