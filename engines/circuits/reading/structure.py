"""From scopes to a netlist: names resolved, references checked, built-in parts added."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from engines.circuits.reading.arguments import Arguments, Reading
from engines.circuits.reading.catalogue import REWRITTEN_TYPES
from engines.circuits.reading.definitions import (
    MAX_PARAMS,
    check_parameter_name,
    function_of,
    in_order,
    model_head,
    model_of,
    parameters_of,
    stepped_parameter,
)
from engines.circuits.reading.devices import DeviceReader
from engines.circuits.reading.formulas import Function
from engines.circuits.reading.includes import short
from engines.circuits.reading.lines import Statement
from engines.circuits.reading.model import (
    Change,
    Condition,
    Element,
    Model,
    Netlist,
    NetlistError,
    Parameter,
    Subcircuit,
    Sweep,
)
from engines.circuits.reading.names import element_name, plain_name
from engines.circuits.reading.potentiometers import Potentiometer, potentiometer_of
from engines.circuits.reading.scopes import Scope
from engines.circuits.reading.soundness import (
    complete_instances,
    refuse_unbounded,
    sound_scope,
    sound_subcircuit,
)
from engines.circuits.reading.standard import Library, standard_library, typical_parts


@dataclass
class _Visible:
    """What can be named in a scope: models with their type, subcircuits with their final name."""

    models: dict[str, str]
    subcircuits: dict[str, str]
    functions: dict[str, Function]


class Structure:
    """Reads scopes into elements, models and subcircuits.

    Parameters
    ----------
    top : Scope
        The whole netlist.
    reading : Reading
        Where nodes are named and changes said.
    library : Library, optional
        Built-in parts; the library itself is read with none.
    """

    def __init__(self, top: Scope, reading: Reading, library: Library | None = None) -> None:
        self.reading = reading
        self.library = standard_library() if library is None else library
        self.subcircuits: dict[str, Subcircuit] = {}
        self.broken: dict[str, NetlistError] = {}
        self.broken_models: dict[str, NetlistError] = {}
        self.potentiometers: dict[str, Potentiometer] = {}
        self.rewritten: set[str] = set()
        visible = _Visible(
            {name: model.type for name, model in self.library.models.items()},
            {name: name for name in self.library.subcircuits},
            {},
        )
        named = self._globals(top)
        seen = self._seen(top, visible, "")
        reading.functions = seen.functions
        self.models = self._models(top, seen, self.library.models)
        params = self._stepped(top, self._params(top))
        self._inner(top, seen, "", self.models)
        self.elements, pots = self._elements(top, seen, self.models)
        self.params = tuple(in_order([*params, *pots]))
        self.globals = tuple(dict.fromkeys((*named, *reading.nodes.shared())))

    def netlist(
        self,
        *,
        title: str,
        conditions: tuple[Condition, ...],
        sweeps: tuple[Sweep, ...],
        changes: tuple[Change, ...],
        source_lines: tuple[str, ...],
    ) -> Netlist:
        """The netlist, with the built-in parts that it uses, found sound.

        Raises
        ------
        NetlistError
            Names that nothing defines, recursion, too much of anything.
        """
        own, models, left = self._reachable()
        used = self._used_library(own)
        left += typical_parts([self.elements, *(sub.elements for sub in own)], used)
        elements, own, more = complete_instances(self.elements, [*own, *used.subcircuits.values()])
        names = {param.name for param in self.params}
        elements, constants = sound_scope(elements, models, self.params, names)
        found = Netlist(
            title=title,
            elements=elements,
            models=(*constants.models, *used.models.values()),
            subcircuits=tuple(sub if sub.builtin else sound_subcircuit(sub, names) for sub in own),
            params=constants.params,
            conditions=conditions,
            globals=self.globals,
            sweeps=sweeps,
            changes=(*changes, *left, *more),
            source_lines=source_lines,
            dialect=self.reading.dialect,
        )
        refuse_unbounded(found)
        return found

    def _globals(self, top: Scope) -> tuple[str, ...]:
        found: dict[str, None] = {}
        for statement in top.of(".global"):
            arguments = Arguments(statement, self.reading)
            arguments.index = 1
            while arguments.has_value():
                found.update(dict.fromkeys(arguments.nodes(1)))
            arguments.finish()
        found.pop("0", None)
        return tuple(found)

    def _seen(self, scope: Scope, outer: _Visible, prefix: str) -> _Visible:
        """What can be named inside a scope."""
        models, subcircuits = dict(outer.models), dict(outer.subcircuits)
        functions = dict(outer.functions)
        for statement in scope.of(".func"):
            function = function_of(statement)
            functions[function.name] = function
        for statement in scope.of(".model"):
            name, base, type_ = model_head(statement)
            models[name] = type_ or models.get(base, "")
        own: set[str] = set()
        for inner in scope.inner:
            assert inner.header is not None
            words = inner.header.text.split()
            if len(words) < 2:
                raise inner.header.error("the subcircuit has no name.")
            name = plain_name(words[1])
            if name in own:
                raise inner.header.error(f"there are two subcircuits {short(name, 40)}.")
            own.add(name)
            if len(prefix) + len(name) > 200:
                raise inner.header.error("the names of the subcircuits it is in are too long.")
            subcircuits[name] = f"{prefix}{name}"
        return _Visible(models, subcircuits, functions)

    def _models(self, scope: Scope, seen: _Visible, outer: Mapping[str, Model]) -> dict[str, Model]:
        """A scope's own models by name; the types in ``seen`` become those they turn out to be."""
        found: dict[str, Model] = {}
        for statement in _bases_first(scope.of(".model")):
            name, _, type_ = model_head(statement)
            try:
                if type_ == "potentiometer":
                    self.potentiometers[name] = potentiometer_of(statement, self.reading)
                    continue
                model = model_of(statement, self.reading, {**outer, **found})
            except NetlistError as error:
                self.broken_models.setdefault(name, error)
                continue
            if model.name in found and model != found[model.name]:
                self.reading.say(
                    statement, f"a second .model {model.name}", "", "The first one holds."
                )
            seen.models[name] = found.setdefault(model.name, model).type
        return found

    def _stepped(self, scope: Scope, params: list[Parameter]) -> list[Parameter]:
        """The parameters, with those that only a ``.step`` gives a value."""
        known = {param.name for param in params}
        found = list(params)
        for statement in scope.of(".step"):
            param = stepped_parameter(statement, self.reading)
            if param is not None and param.name not in known:
                check_parameter_name(statement, param.name)
                known.add(param.name)
                found.append(param)
        return found

    def _params(self, scope: Scope) -> list[Parameter]:
        found = []
        for statement in scope.of(".param", ".params"):
            found += parameters_of(statement, self.reading, len(statement.word))
            if len(found) > MAX_PARAMS:
                raise statement.error(f"there are more than {MAX_PARAMS} parameters.")
        return found

    def _elements(
        self, scope: Scope, seen: _Visible, models: Mapping[str, Model]
    ) -> tuple[tuple[Element, ...], list[Parameter]]:
        coupled = {
            element_name(word).lower()
            for statement in scope.elements
            if statement.word[0] == "k"
            for word in statement.text.split()[1:]
        }
        reader = DeviceReader(
            self.reading, seen.models, seen.subcircuits, coupled, self.potentiometers,
            scope.header is None,
            {name: one for name, one in models.items() if one.type in REWRITTEN_TYPES},
            self.broken_models, self.library.models,
        )  # fmt: skip
        found: list[Element] = []
        keys: dict[str, int] = {}
        for statement in scope.elements:
            for element in reader.read(statement):
                if element.key in keys:
                    raise statement.error(
                        f"there is a {element.name} already, on line {keys[element.key]}."
                    )
                keys[element.key] = statement.line
                if element.kind == "X":
                    element = replace(element, model=seen.subcircuits[element.model])
                found.append(element)
        self.rewritten |= reader.rewritten
        return tuple(found), reader.params

    def _inner(self, scope: Scope, seen: _Visible, prefix: str, outer: Mapping[str, Model]) -> None:
        """Read the subcircuits that a scope defines; those within them are put beside them."""
        for inner in scope.inner:
            assert inner.header is not None
            name = seen.subcircuits[plain_name(inner.header.text.split()[1])]
            within = self._seen(inner, seen, f"{name}__")
            outside = self.reading.functions
            self.reading.functions = within.functions
            models = self._models(inner, within, {**self.library.models, **self.models, **outer})
            models = {**outer, **models} if prefix else models
            self._inner(inner, within, f"{name}__", models)
            try:
                found = self._subcircuit(inner, inner.header, name, within, models)
            except NetlistError as error:
                # It matters only where something uses it: libraries hold much else.
                self.broken[name] = error
                found = Subcircuit(name, (), line=inner.header.line, file=inner.header.file)
            if prefix:
                self.reading.say(
                    inner.header, inner.header.text, name,
                    "A subcircuit inside another one is put beside it.",
                )  # fmt: skip
            self.subcircuits[name] = found
            self.reading.functions = outside

    def _subcircuit(
        self,
        scope: Scope,
        header: Statement,
        name: str,
        within: _Visible,
        models: Mapping[str, Model],
    ) -> Subcircuit:
        for command in (".global", ".ic", ".nodeset", ".step"):
            for statement in scope.of(command):
                raise statement.error(f"{command} cannot stand in a subcircuit here.")
        ports, params = self._header(header)
        local = in_order(self._params(scope))
        elements, _ = self._elements(scope, within, {**self.models, **models})
        kept = tuple(one for one in models.values() if one.type not in REWRITTEN_TYPES)
        return Subcircuit(
            name, ports, elements, kept, params, tuple(local), header.line, header.file
        )

    def _header(self, statement: Statement) -> tuple[tuple[str, ...], tuple[Parameter, ...]]:
        """Ports and parameters of a ``.subckt`` line."""
        arguments = Arguments(statement, self.reading)
        arguments.index = 2
        self.reading.nodes.statement = statement
        ports: list[str] = []
        while arguments.has_value():
            token = arguments.peek()
            assert token is not None
            if token.text.lower() in ("params:", "optional:"):
                arguments.index += 1
                break
            if token.kind != "word":
                raise statement.error(f"{short(token.text, 40)!r} is no node.")
            ports.append(self.reading.nodes(arguments.word("a node")))
        if len(set(ports)) != len(ports) or "0" in ports:
            raise statement.error("the nodes of a subcircuit must differ, and none be ground.")
        token = arguments.peek()
        params = [] if token is None else parameters_of(statement, self.reading, token.start)
        return tuple(ports), tuple(in_order(params))

    def _reachable(self) -> tuple[list[Subcircuit], tuple[Model, ...], list[Change]]:
        """The subcircuits and models that the circuit uses, and a word on the others.

        Raises
        ------
        NetlistError
            One that is used could not be read.
        """
        reached: dict[str, Subcircuit] = {}
        models: set[str] = set()
        waiting = [self.elements]
        while waiting:
            for element in waiting.pop():
                if element.kind == "X" and element.model in self.subcircuits:
                    if element.model in self.broken:
                        raise self.broken[element.model]
                    if element.model not in reached:
                        reached[element.model] = self.subcircuits[element.model]
                        waiting.append(reached[element.model].elements)
                elif element.model:
                    if element.model in self.broken_models:
                        raise self.broken_models[element.model]
                    models.add(element.model)
        unused = [name for name in self.subcircuits if name not in reached]
        models |= self.rewritten
        unused += [name for name in self.models if name not in models]
        unused += [name for name in self.broken_models if name not in models]
        left = []
        if unused:
            more = f" and {len(unused) - 8} more" if len(unused) > 8 else ""
            left.append(
                Change(0, ", ".join(unused[:8]) + more, "", "Nothing in the circuit uses them.")
            )
        kept = tuple(
            model
            for model in self.models.values()
            if model.name in models and model.type not in REWRITTEN_TYPES
        )
        return [sub for sub in self.subcircuits.values() if sub.name in reached], kept, left

    def _used_library(self, own: Sequence[Subcircuit]) -> Library:
        """The built-in models and subcircuits that something refers to."""
        found = Library({}, {})
        defined = set(self.models)
        waiting: list[tuple[Iterable[Element], set[str]]] = [(self.elements, defined)]
        waiting += [(sub.elements, defined | {model.name for model in sub.models}) for sub in own]
        while waiting:
            elements, known = waiting.pop()
            for element in elements:
                name = element.model
                if element.kind == "X":
                    part = self.library.subcircuits.get(name)
                    if name in self.subcircuits or part is None or name in found.subcircuits:
                        continue
                    found.subcircuits[name] = part
                    waiting.append((part.elements, {model.name for model in part.models}))
                elif name and name not in known and name in self.library.models:
                    found.models[name] = self.library.models[name]
        return found


def _bases_first(statements: list[Statement]) -> list[Statement]:
    """Models so that each stands after the one of the same scope that it is like (``ako:``)."""
    waiting = [(model_head(one), one) for one in statements]
    found: list[Statement] = []
    while waiting:
        open_ = {head[0] for head, _ in waiting}
        ready = [pair for pair in waiting if pair[0][1] not in open_ - {pair[0][0]}]
        if not ready:
            ready = waiting  # in a circle: the first of them says that its base is not there
        found += [one for _, one in ready]
        waiting = [pair for pair in waiting if pair not in ready]
    return found


__all__ = ["NetlistError", "Structure"]
