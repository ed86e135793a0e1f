"""What is sent through a circuit, and one run of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engines.circuits.base import Circuit
from engines.circuits.described import Settings
from projects.capture import Check
from projects.manifest import Section


@dataclass(frozen=True)
class Sent:
    """What is sent through every setting, and how."""

    dry: NDArray[np.float32]
    sample_rate: int
    sections: tuple[Section, ...]
    drive: float
    steps: int
    simulator: str
    band_limited: bool = False

    @property
    def volts(self) -> NDArray[np.float64]:
        """The signal at the circuit's input: float64[n], in volts."""
        return self.dry.astype(np.float64) * self.drive


@dataclass(frozen=True)
class Wanted:
    """One run: where the knobs stand, and what moves some of them.

    Attributes
    ----------
    settings : dict
        Every knob by its parameter; of one that moves, where it begins.
    circuit : Circuit
        Made so.
    label : str
        What tells this run from the others of its job; may be empty.
    moving : tuple[str, ...]
        Parameters of the knobs that move.
    motion : callable, optional
        Gives where they stand at every sample: float32[n, M], in their own units.
    told : dict
        What made the motion, for the capture's record.
    checks : tuple[Check, ...]
        What is to be said of the motion.
    """

    settings: Settings
    circuit: Circuit
    label: str = ""
    moving: tuple[str, ...] = ()
    motion: Callable[[], NDArray[np.float32]] | None = None
    told: Mapping[str, Any] = field(default_factory=dict)
    checks: tuple[Check, ...] = ()

    @property
    def driven(self) -> NDArray[np.float64] | None:
        """What the simulator gets: the samples of the files, to the last bit."""
        return None if self.motion is None else self.motion().astype(np.float64)
