"""Functions of a law that remember: derivatives and integrals, each by a capacitor of its own."""

from __future__ import annotations

from engines.circuits.reading.expressions import (
    Binary,
    BranchCurrent,
    Expression,
    ExpressionError,
    NodeVoltage,
    Number,
)
from engines.circuits.reading.functions import REMEMBERING
from engines.circuits.reading.model import Element, Source
from engines.circuits.reading.names import NodeNames

FARADS = Number(1e-6)
LEAK = Number(1e12)
"""Ohms over an integral's capacitor, forgotten in 11 days: without it an integral of nothing would
have no value at rest."""
MAX_REMEMBERED = 200


class Memory:
    """Elements for ``ddt`` and ``idt``, so that their memory is a state like any other.

    Parameters
    ----------
    nodes : NodeNames
        For nodes of their own.
    parts : list of Element
        Where the elements are put.
    """

    def __init__(self, nodes: NodeNames, parts: list[Element]) -> None:
        self.nodes, self.parts = nodes, parts

    def __call__(self, name: str, values: list[Expression]) -> Expression:
        """What stands in the law for the function.

        Raises
        ------
        ExpressionError
            Another number of values than it takes, an integral that starts elsewhere than at 0,
            or too many of them.
        """
        if len(values) not in REMEMBERING[name]:
            raise ExpressionError(f"the function {name} takes one value")
        if len(self.parts) > 4 * MAX_REMEMBERED:
            raise ExpressionError("there are too many derivatives and integrals")
        if len(values) == 2 and values[1] != Number(0.0):
            raise ExpressionError(
                f"{name} starts at a value of its own; every run starts from the circuit's rest"
            )
        held = self.nodes.fresh(f"{name}_1")
        return self._slope(held, values[0]) if name == "ddt" else self._sum(held, values[0])

    def _slope(self, held: str, value: Expression) -> Expression:
        """The current that follows ``value`` into a capacitor, a volt for a volt a second."""
        sensed = self.nodes.fresh(f"{held}_current")
        sense = f"V_{held}"
        self.parts += [
            Element(f"B_{held}", "B", (held, "0"), value, "v"),
            Element(f"C_{held}", "C", (held, sensed), FARADS),
            Element(sense, "V", (sensed, "0"), source=Source(Number(0.0))),
        ]
        return Binary("/", BranchCurrent(sense.lower()), FARADS)

    def _sum(self, held: str, value: Expression) -> Expression:
        """The voltage on a capacitor into which ``value`` flows."""
        self.parts += [
            Element(f"B_{held}", "B", ("0", held), Binary("*", value, FARADS), "i"),
            Element(f"C_{held}", "C", (held, "0"), FARADS),
            Element(f"R_{held}", "R", (held, "0"), LEAK),
        ]
        return NodeVoltage(held)
