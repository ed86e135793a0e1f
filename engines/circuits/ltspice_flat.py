"""A circuit laid out flat: no subcircuit, no parameter, and every name its own."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from engines.circuits.base import Circuit, SimulatorError
from engines.circuits.reading.expressions import BranchCurrent, Expression, NodeVoltage
from engines.circuits.reading.expressions import replace as rebuild
from engines.circuits.reading.lines import plain_title
from engines.circuits.reading.model import Element, Model, Netlist, NetlistError, Subcircuit
from engines.circuits.reading.names import ELEMENT
from engines.circuits.reading.reader import read_netlist
from engines.circuits.reading.resolving import resolve
from engines.circuits.reading.soundness import map_formulas

_BETWEEN = re.compile(r"v\(\s*([^\s,()]+)\s*(?:,\s*([^\s,()]+)\s*)?\)$", re.I)
_CURRENT = re.compile(r"i\(\s*([^\s,()]+)\s*\)$", re.I)


@dataclass(frozen=True)
class Flat:
    """A netlist without subcircuits, and what became of the names in it.

    Attributes
    ----------
    netlist : Netlist
        Elements and models only, every value a number or a law.
    nodes : mapping of str to str
        By ngspice's name (``x1.m``) the flat one (``x1_m``).
    elements : mapping of str to str
        The same for elements: ``l.x1.l1`` became ``l1_x1``; in lower case.
    """

    netlist: Netlist
    nodes: Mapping[str, str]
    elements: Mapping[str, str]

    def vector(self, name: str) -> str:
        """A vector of ngspice's (``v(x1.m,out)``, ``i(l.x1.l1)``) in the flat names.

        Raises
        ------
        SimulatorError
            It names what the circuit doesn't have.
        """
        try:
            current = _CURRENT.match(name)
            if current:
                return f"i({self.elements[current[1].lower()]})"
            between = _BETWEEN.match(name)
            if between:
                places = [self.nodes[node.lower()] for node in between.groups() if node]
                return f"v({','.join(places)})"
        except KeyError as error:
            raise SimulatorError(
                f"The circuit has no {error.args[0]}, which {name} names."
            ) from None
        raise SimulatorError(f"{name!r} is no voltage and no current of the circuit.")


def flat(circuit: Circuit) -> Flat:
    """The circuit's own lines, read again and laid out.

    Raises
    ------
    SimulatorError
        They say something that Trimpot's reader doesn't know.
    """
    title = f"* {plain_title(circuit.title)}"
    lines = [title, *(f".param {name}={value!r}" for name, value in circuit.params)]
    text = "\n".join([*lines, *circuit.elements, ".end", ""])
    try:
        return laid_out(resolve(read_netlist(text, None, dialect="ngspice")))
    except NetlistError as error:
        raise SimulatorError(
            f"{circuit.title} cannot be written for another simulator than ngspice: {error.reason}"
        ) from error


def laid_out(netlist: Netlist) -> Flat:
    """A resolved netlist without its subcircuits; see :class:`Flat`."""
    layout = _Layout(netlist)
    layout.scope(netlist.elements, (), {}, {model.name: model.name for model in netlist.models})
    used = {one.model for one in layout.found}
    return Flat(
        replace(
            netlist,
            elements=tuple(layout.found),
            models=tuple(one for one in (*netlist.models, *layout.models) if one.name in used),
            subcircuits=(),
            globals=(),
        ),
        layout.nodes,
        layout.elements,
    )


@dataclass
class _Layout:
    netlist: Netlist
    found: list[Element] = field(default_factory=list)
    models: list[Model] = field(default_factory=list)
    nodes: dict[str, str] = field(default_factory=dict)
    elements: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._subcircuits = {sub.name: sub for sub in self.netlist.subcircuits}
        self._shared = {"0", *self.netlist.globals}
        outer = {node for one in self.netlist.elements for node in one.nodes}
        outer |= {condition.node for condition in self.netlist.conditions}
        self.nodes.update({node: node for node in self._shared | outer})
        self._taken_nodes = set(self.nodes)
        self._taken_names = {one.key for one in self.netlist.elements if one.kind != "X"}
        self._taken_models = {model.name for model in self.netlist.models}
        self._of_subcircuit: dict[str, dict[str, str]] = {}

    def scope(
        self,
        elements: tuple[Element, ...],
        path: tuple[str, ...],
        ports: Mapping[str, str],
        models: Mapping[str, str],
    ) -> None:
        """Lay out the elements of one instance; ``ports`` are its outer nodes, already flat."""
        names = {one.key: self._name(one, path) for one in elements if one.kind != "X"}

        def node(name: str) -> str:
            return ports.get(name) or self._node(name, path)

        def law(value: Expression) -> Expression:
            def change(part: Expression) -> Expression | None:
                if isinstance(part, NodeVoltage):
                    return NodeVoltage(node(part.plus), node(part.minus))
                if isinstance(part, BranchCurrent):
                    return BranchCurrent(names[part.element].lower())
                return None

            return rebuild(value, change)

        for one in elements:
            places = tuple(node(name) for name in one.nodes)
            if one.kind == "X":
                sub = self._subcircuits[one.model]
                inner = dict(zip(sub.ports, places, strict=True))
                known = {**self._outer_models, **self._models_of(sub)}
                self.scope(sub.elements, (*path, one.key), inner, known)
                continue
            made = map_formulas(one, law)
            self.found.append(
                replace(
                    made,
                    name=names[one.key],
                    nodes=places,
                    model=models[one.model] if one.model else "",
                    references=tuple(names[name.lower()] for name in one.references),
                )
            )

    @property
    def _outer_models(self) -> dict[str, str]:
        return {model.name: model.name for model in self.netlist.models}

    def _models_of(self, sub: Subcircuit) -> dict[str, str]:
        """The subcircuit's own models by the names that they have in the flat circuit."""
        if sub.name not in self._of_subcircuit:
            own: dict[str, str] = {}
            for model in sub.models:
                own[model.name] = unused(f"{model.name}_{sub.name}", self._taken_models)
                self.models.append(replace(model, name=own[model.name]))
            self._of_subcircuit[sub.name] = own
        return self._of_subcircuit[sub.name]

    def _node(self, name: str, path: tuple[str, ...]) -> str:
        if name in self._shared:
            return name
        dotted = ".".join([*path, name])
        if dotted not in self.nodes:
            self.nodes[dotted] = unused("_".join([*path, name])[:50], self._taken_nodes)
        return self.nodes[dotted]

    def _name(self, element: Element, path: tuple[str, ...]) -> str:
        """Its name in the flat circuit; the top's own keep theirs."""
        if not path:
            found = element.name
            self.elements[element.key] = element.key
        else:
            base = "_".join([element.name, *path])[:50]
            found = unused(base, self._taken_names)
            self.elements[".".join([element.kind.lower(), *path, element.key])] = found.lower()
        assert ELEMENT.fullmatch(found)
        return found


def unused(base: str, taken: set[str]) -> str:
    """A name that is not among those ``taken`` (in lower case), and is from now on."""
    found, number = base, 2
    while found.lower() in taken:
        found, number = f"{base}_{number}", number + 1
    taken.add(found.lower())
    return found
