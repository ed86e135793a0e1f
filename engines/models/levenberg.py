"""Levenberg-Marquardt: least squares by damped normal equations, in float64.

Marquardt, "An algorithm for least-squares estimation of nonlinear parameters", 1963; the damping
follows the gain ratio as in Nielsen, "Damping parameter in Marquardt's method", IMM-REP-1999-05.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Float64 = NDArray[np.float64]
ATTEMPTS = 6
FLOOR = 1e-2
"""Share of the largest diagonal entry added to all: a dead unit must not take endless steps."""


class Problem(Protocol):
    """What a step asks of a problem with P parameters."""

    def loss(self, parameters: Float64) -> float:
        """Half the mean squared residual; infinite where the model runs away."""
        ...

    def normal_equations(self, parameters: Float64) -> tuple[float, Float64, Float64]:
        """The loss, J^T J (P, P) and J^T r (P,), both in the loss's measure."""
        ...


class LeastSquares(ABC):
    """A problem, cut into parts whose Jacobian fits in the processor's cache.

    The parts are worked on by the threads of ``pool`` and added up in their order, so that the
    result does not depend on how many threads there are.
    """

    pool: Executor
    n_parameters: int
    n_residuals: int

    @abstractmethod
    def parts(self) -> list[slice]:
        """The problem's parts."""

    @abstractmethod
    def residual(self, parameters: Float64, part: slice) -> Float64:
        """The residuals (rows,) of one part."""

    @abstractmethod
    def derivatives(self, parameters: Float64, part: slice) -> tuple[Float64, Float64]:
        """The residuals (rows,) and their Jacobian (rows, P) of one part."""

    def loss(self, parameters: Float64) -> float:
        """Half the mean squared residual; infinite where the model runs away."""

        def square(part: slice) -> float:
            residual = self.residual(parameters, part)
            return float(residual @ residual)

        total = sum(self.pool.map(square, self.parts()))
        return 0.5 * total / self.n_residuals if np.isfinite(total) else float("inf")

    def normal_equations(self, parameters: Float64) -> tuple[float, Float64, Float64]:
        """The loss, J^T J and J^T r, both over the number of residuals."""

        def products(part: slice) -> tuple[float, Float64, Float64]:
            residual, jacobian = self.derivatives(parameters, part)
            return float(residual @ residual), jacobian.T @ jacobian, residual @ jacobian

        total = 0.0
        matrix = np.zeros((self.n_parameters, self.n_parameters))
        gradient = np.zeros(self.n_parameters)
        for square, product, slope in self.pool.map(products, self.parts()):
            total += square
            matrix += product
            gradient += slope
        count = self.n_residuals
        return 0.5 * total / count, matrix / count, gradient / count


@dataclass
class Levenberg:
    """One minimisation: parameters and damping, all that a step depends on."""

    parameters: Float64
    damping: float = 1e-2
    growth: float = 2.0

    def step(self, problem: Problem) -> float:
        """Try up to six steps of growing damping; returns the loss where it now stands."""
        loss, matrix, gradient = problem.normal_equations(self.parameters)
        if not np.isfinite(loss) or not np.isfinite(matrix).all():
            self._grow()
            return float("inf")
        diagonal = np.diag(matrix)
        scale = diagonal + FLOOR * diagonal.max()
        for _ in range(ATTEMPTS):
            step = self._solve(matrix + np.diag(self.damping * scale), -gradient)
            if step is not None:
                promised = 0.5 * float(step @ (self.damping * scale * step - gradient))
                reached = problem.loss(self.parameters + step)
                gain = (loss - reached) / promised if promised > 0 else -1.0
                if np.isfinite(reached) and gain > 0:
                    self.parameters = self.parameters + step
                    shrink = max(1.0 / 5.0, 1.0 - (2.0 * min(gain, 1.0) - 1.0) ** 3)
                    self.damping = max(self.damping * shrink, 1e-14)
                    self.growth = 2.0
                    return reached
            self._grow()
        return loss

    def _grow(self) -> None:
        self.damping = min(self.damping * self.growth, 1e12)
        self.growth = min(self.growth * 2.0, 64.0)

    @staticmethod
    def _solve(matrix: Float64, right: Float64) -> Float64 | None:
        from scipy.linalg import LinAlgError, cho_factor, cho_solve

        try:
            solution: Float64 = cho_solve(cho_factor(matrix, check_finite=False), right)
        except LinAlgError:
            return None
        return solution if np.isfinite(solution).all() else None
