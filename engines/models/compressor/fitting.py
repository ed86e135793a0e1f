"""The fit as a least-squares problem: stretches of audio, and what a step needs of them."""

from __future__ import annotations

from concurrent.futures import Executor
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from engines.effects.compressor import N_COEFFICIENTS, N_STATE
from engines.effects.compressor_loop import compress
from engines.models.base import Segment, TrainingError
from engines.models.compressor.parameters import LIMITS, N_ALL, features, rows_at
from engines.models.compressor.rows_loop import coefficients, slopes
from engines.models.compressor.sensitivity import normal

Float64 = NDArray[np.float64]


@dataclass(frozen=True)
class Stretch:
    """Audio that is run as one: ``x``, ``y`` float64[n], of which ``lead`` are not scored.

    ``knobs`` float64[K] in 0..1.
    """

    x: Float64
    y: Float64
    knobs: Float64
    lead: int

    @property
    def scored(self) -> int:
        """Samples that count."""
        return len(self.x) - self.lead


def cut(segments: tuple[Segment, ...], length: int, burn_in: int) -> list[Stretch]:
    """Cut training audio into stretches that can be run side by side.

    Each begins ``burn_in`` samples before what is scored of it, so that the gain has come to where
    it was; where a recording begins there is nothing to run before.
    """
    found = []
    for segment in segments:
        if segment.moving:
            raise TrainingError(
                "The formula of a compressor is fitted to knobs at rest, and in one of the "
                "captures a knob moves. Leave that capture out, or train a network."
            )
        n = len(segment.x)
        count = max(1, round(n / length))
        edges = np.linspace(0, n, count + 1).astype(int).tolist()
        for start, stop in pairwise(edges):
            begin = max(0, start - burn_in)
            # What lay before a section that begins within a recording is not at hand: its own
            # beginning is then run without being scored.
            least = min(burn_in, (stop - begin) // 4) if begin + segment.start > 0 else 0
            lead = max(start - begin, least)
            if stop - begin > lead:
                knobs = np.asarray(segment.knobs, np.float64)
                x, y = (np.ascontiguousarray(s[begin:stop]) for s in (segment.x, segment.y))
                found.append(Stretch(x, y, knobs, lead))
    return found


class Fit:
    """Half the ESR over some stretches, as a function of the parameters.

    Parameters
    ----------
    stretches : list of Stretch
        What is scored.
    shape : (int, int)
        Of the tensor ``parameters``; the problem's parameters are its values, row by row.
    rate : float
        Sample rate (Hz).
    order : int
        Of the polynomial in the knobs.
    branching, inverted : bool
        Which ballistics; whether wet is upside down.
    pool : Executor
        Works on the stretches side by side; the sums are added in order.
    """

    def __init__(
        self,
        stretches: list[Stretch],
        shape: tuple[int, int],
        rate: float,
        *,
        order: int,
        branching: bool,
        inverted: bool,
        pool: Executor,
    ) -> None:
        self.stretches = stretches
        self.shape = shape
        self.rate = rate
        self.order = order
        self.branching = branching
        self.inverted = inverted
        self.pool = pool
        self.energy = sum(float(np.sum(s.y[s.lead :] ** 2)) for s in stretches)

    def loss(self, parameters: Float64) -> float:
        """Half the ESR."""
        table = parameters.reshape(self.shape)

        def square(stretch: Stretch) -> float:
            y = self.output(table, stretch)
            error = y[stretch.lead :] - stretch.y[stretch.lead :]
            return float(error @ error)

        total = sum(self.pool.map(square, self.stretches))
        return 0.5 * total / self.energy if np.isfinite(total) else float("inf")

    def output(self, table: Float64, stretch: Stretch) -> Float64:
        """What the compressor of these parameters makes of a stretch, from rest, float64[n]."""
        c = self._coefficients(rows_at(table, stretch.knobs, self.order))
        y = np.empty(len(stretch.x))
        compress(stretch.x, y, c, np.zeros(N_STATE))
        return y

    def normal_equations(self, parameters: Float64) -> tuple[float, Float64, Float64]:
        """Half the ESR, J^T J and J^T r over the energy of wet."""
        table = parameters.reshape(self.shape)
        total = 0.0
        matrix = np.zeros((parameters.size, parameters.size))
        gradient = np.zeros(parameters.size)
        work = self.pool.map(lambda stretch: self._products(table, stretch), self.stretches)
        for square, product, slope in work:
            total += square
            matrix += product
            gradient += slope
        return 0.5 * total / self.energy, matrix / self.energy, gradient / self.energy

    def _products(self, table: Float64, stretch: Stretch) -> tuple[float, Float64, Float64]:
        rows = rows_at(table, stretch.knobs, self.order)
        c = self._coefficients(rows)
        d, shelves = np.zeros(7), np.zeros((4, 3))
        slopes(rows, self.rate, c, d, shelves)
        matrix, gradient = np.zeros((N_ALL, N_ALL)), np.zeros(N_ALL)
        square = normal(stretch.x, stretch.y, stretch.lead, c, d, shelves, matrix, gradient)
        matrix = np.triu(matrix) + np.triu(matrix, 1).T
        # A row at its limit stays there whatever its parameters do.
        free = (rows > LIMITS[:, 0]) & (rows < LIMITS[:, 1])
        matrix *= free[:, None] & free
        gradient *= free
        known = features(stretch.knobs, self.order)
        n = self.shape[0]
        hessian = np.asarray(np.kron(matrix[:n, :n], np.outer(known, known)), np.float64)
        slope = np.asarray(np.kron(gradient[:n], known), np.float64)
        return square, hessian, slope

    def _coefficients(self, rows: Float64) -> Float64:
        c = np.zeros(N_COEFFICIENTS)
        coefficients(rows, self.rate, self.inverted, self.branching, c)
        return c
