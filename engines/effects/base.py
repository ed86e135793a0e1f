"""What every effect is: a stream of samples with a state, the same for any block size."""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np
from numpy.typing import NDArray

from projects.errors import TrimpotError

Float64 = NDArray[np.float64]


class EffectError(TrimpotError):
    """An effect cannot be set as asked."""


class Effect(ABC):
    """One effect at one setting."""

    @abstractmethod
    def reset(self) -> None:
        """Back to the state before the first sample."""

    @abstractmethod
    def process(self, x: Float64) -> Float64:
        """The next block.

        Parameters
        ----------
        x : float64[n]
            Input; 1.0 is full scale.

        Returns
        -------
        float64[n]
            Output. However a signal is cut into blocks, the samples are the same.
        """
