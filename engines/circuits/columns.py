"""Which vectors a simulator saves, and how a circuit's signals are made of them."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from engines.circuits.base import Circuit, Float64, SimulatorError

_BETWEEN = re.compile(r"v\(\s*([^\s,()]+)\s*(?:,\s*([^\s,()]+)\s*)?\)$", re.I)
_CURRENT = re.compile(r"i\(\s*([^\s,()]+)\s*\)$", re.I)


@dataclass(frozen=True)
class Columns:
    """Input, output and states of a circuit as sums of saved vectors.

    Attributes
    ----------
    saved : tuple[str, ...]
        Vectors in the simulator's own names, each once.
    matrix : float64[len(saved), 1 + M + 1 + S]
        ``saved values @ matrix`` is the input, the M moving knobs, the output and the S states.
    n_inputs : int
        1 + M.
    """

    saved: tuple[str, ...]
    matrix: Float64
    n_inputs: int = 1

    @classmethod
    def of(cls, circuit: Circuit) -> Columns:
        """The columns of a circuit.

        Raises
        ------
        SimulatorError
            A state is named in a way that no simulator knows.
        """
        driven = circuit.input if circuit.against == "0" else f"{circuit.input},{circuit.against}"
        wanted = [f"v({driven})", *(f"v({node})" for node in circuit.moving)]
        wanted += [f"v({circuit.output})", *(state.vector for state in circuit.states)]
        terms = [_terms(vector) for vector in wanted]
        saved = list(dict.fromkeys(name for term in terms for name in term))
        matrix = np.zeros((len(saved), len(wanted)))
        for column, term in enumerate(terms):
            for name, sign in term.items():
                matrix[saved.index(name), column] = sign
        return cls(tuple(saved), matrix, 1 + len(circuit.moving))

    @property
    def of_inputs(self) -> tuple[str, ...]:
        """The saved vectors that the inputs are made of; the first ones of ``saved``."""
        used = np.flatnonzero(self.matrix[:, : self.n_inputs].any(axis=1))
        return self.saved[: int(used[-1]) + 1] if len(used) else ()

    def inputs(self, table: Float64) -> Float64:
        """float64[m, 1 + M] of the values float64[m, k] of :attr:`of_inputs`."""
        return _summed(table, self.matrix[: table.shape[1], : self.n_inputs])

    def signals(self, table: Float64) -> Float64:
        """Output and states: float64[m, 1 + S] of the saved values float64[m, saved]."""
        return _summed(table, self.matrix[:, self.n_inputs :])


def _summed(table: Float64, matrix: Float64) -> Float64:
    # Column by column: a matrix product would round v(a) - 0 * v(b) where v(b) is large.
    found = np.zeros((len(table), matrix.shape[1]))
    for column in range(matrix.shape[1]):
        for row in np.flatnonzero(matrix[:, column]):
            found[:, column] += matrix[row, column] * table[:, row]
    return found


def _terms(vector: str) -> dict[str, float]:
    """``v(a,b)`` as {v(a): 1, v(b): -1}; ground is 0 V."""
    current = _CURRENT.match(vector)
    if current:
        return {f"i({current[1].lower()})": 1.0}
    between = _BETWEEN.match(vector)
    if between is None:
        raise SimulatorError(
            f"{vector!r} is no voltage v(node) or v(node,node) and no current i(element) of the "
            "circuit."
        )
    found: dict[str, float] = {}
    for node, sign in ((between[1], 1.0), (between[2], -1.0)):
        if node is not None and node != "0":
            found[f"v({node.lower()})"] = found.get(f"v({node.lower()})", 0.0) + sign
    return found
