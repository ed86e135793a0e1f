"""One statement to the elements it stands for."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

from engines.circuits.reading.arguments import Arguments, Reading
from engines.circuits.reading.catalogue import (
    MODEL_TYPES,
    REFUSED_DEVICES,
)
from engines.circuits.reading.controlled import behavioural, controlled
from engines.circuits.reading.ideal_diodes import ideal_diode
from engines.circuits.reading.includes import short
from engines.circuits.reading.lines import Statement
from engines.circuits.reading.model import Element, Model, NetlistError, Parameter
from engines.circuits.reading.names import ELEMENT, element_name, plain_name
from engines.circuits.reading.passives import passive, sort_params, with_parasitics
from engines.circuits.reading.potentiometers import Potentiometer, resistors_of
from engines.circuits.reading.sources import source_of
from engines.circuits.reading.switches import control_of, smooth_switch
from engines.circuits.reading.tokens import Token

MAX_COUPLED = 8
PINS = {
    "D": ("anode", "cathode"),
    "Q": ("collector", "base", "emitter"),
    "J": ("drain", "gate", "source"),
    "M": ("drain", "gate", "source"),
}
"""The pins that a part's subcircuit has as a rule, in order."""


@dataclass
class DeviceReader:
    """Reads the devices of one scope.

    Attributes
    ----------
    reading : Reading
        Dialect, nodes, functions, and where changes are said.
    models : mapping
        Type by name, of every model that can be seen from here, built-in ones too.
    subcircuits : collection of str
        Names of the subcircuits that can be seen from here.
    coupled : collection of str
        Keys of the inductors that a K couples: LTspice gives these no resistance of its own.
    potentiometers : dict
        KiCad's, by the name of their model.
    top : bool
        Whether this is the netlist's top, where a potentiometer's position becomes a parameter.
    special : dict
        Models whose devices become laws: diodes of straight lines, smooth switches.
    broken : dict
        Why a model of that name could not be read.
    typical : mapping
        Trimpot's own models, which may stand for a subcircuit of their name.
    params : list of Parameter
        Parameters of potentiometers, as they are found.
    rewritten : set of str
        The special models that were met.
    """

    reading: Reading
    models: Mapping[str, str]
    subcircuits: Collection[str]
    coupled: Collection[str] = ()
    potentiometers: dict[str, Potentiometer] = field(default_factory=dict)
    top: bool = True
    special: Mapping[str, Model] = field(default_factory=dict)
    broken: Mapping[str, NetlistError] = field(default_factory=dict)
    typical: Mapping[str, Model] = field(default_factory=dict)
    params: list[Parameter] = field(default_factory=list)
    rewritten: set[str] = field(default_factory=set)

    def read(self, statement: Statement) -> list[Element]:
        """The elements of a statement: one, or several where it holds resistances of its own.

        Raises
        ------
        NetlistError
            The device is not known, or its line says something that is not.
        """
        arguments = Arguments(statement, self.reading)
        came = arguments.word("the device's name")
        name = element_name(came)
        if came.lower() == "k":  # LTspice's couplings need no more of a name
            name = came = f"K_{statement.line}"
        if not ELEMENT.fullmatch(name) or len(name) < 2:
            raise statement.error(f"{short(came, 40)!r} is no name for a device.")
        if name != came:
            self.reading.say(
                statement, came, name, "A device's name is letters, digits and _ alone."
            )
        kind = name[0].upper()
        if kind in REFUSED_DEVICES:
            raise statement.error(f"the device {name} is refused: {REFUSED_DEVICES[kind]}.")
        self.reading.parts = []
        found = self._read(kind, name, arguments)
        if self.reading.parts:
            found = [*found, *self.reading.parts]
            self.reading.say(
                statement, statement.text, ", ".join(one.name for one in self.reading.parts),
                "A derivative or an integral is the memory of a capacitor of its own.",
            )  # fmt: skip
        return [replace(one, line=statement.line, file=statement.file) for one in found]

    def _read(self, kind: str, name: str, arguments: Arguments) -> list[Element]:
        if kind in "RCL":
            return passive(kind, name, arguments, self.coupled)
        if kind in "VI":
            return self._source(kind, name, arguments)
        if kind == "A":
            found, param = resistors_of(name, arguments, self.potentiometers, top=self.top)
            self.params += [param] if param else []
            return found
        if kind == "K":
            return self._coupling(name, arguments)
        if kind in "DQJM":
            return [self._semiconductor(kind, name, arguments)]
        if kind in "SW":
            return [self._switch(kind, name, arguments)]
        if kind == "X":
            return [self._instance(name, arguments)]
        if kind == "B":
            return behavioural(name, arguments)
        return controlled(kind, name, arguments)

    def _source(self, kind: str, name: str, arguments: Arguments) -> list[Element]:
        nodes = arguments.nodes(2)
        source, named = source_of(arguments)
        kept, parasitic = sort_params(kind, name, arguments, dict(named))
        del kept
        element = Element(name, kind, nodes, source=source)
        return with_parasitics(element, parasitic, arguments) if parasitic else [element]

    def _coupling(self, name: str, arguments: Arguments) -> list[Element]:
        statement = arguments.statement
        inductors = []
        while True:
            token = arguments.peek()
            if token is None or token.kind != "word" or token.text[:1].lower() != "l":
                break
            inductors.append(element_name(arguments.word("an inductor")))
        value = arguments.value("the coupling")
        arguments.finish()
        if not 2 <= len(inductors) <= MAX_COUPLED or len({i.lower() for i in inductors}) != len(
            inductors
        ):
            raise statement.error(f"{name} must couple 2 to {MAX_COUPLED} inductors.")
        if len(inductors) == 2:
            return [Element(name, "K", (), value, references=tuple(inductors))]
        pairs = [
            (first, second)
            for index, first in enumerate(inductors)
            for second in inductors[index + 1 :]
        ]
        found = [
            Element(f"{name}_{number}", "K", (), value, references=pair)
            for number, pair in enumerate(pairs, 1)
        ]
        self.reading.say(
            statement, statement.text, ", ".join(one.name for one in found),
            "ngspice couples inductors in pairs.",
        )  # fmt: skip
        return found

    def _semiconductor(self, kind: str, name: str, arguments: Arguments) -> Element:
        statement = arguments.statement
        least = {"D": 2, "Q": 3, "J": 3, "M": 3}[kind]
        model_at = self._model_place(kind, name, arguments, least)
        nodes = arguments.nodes(model_at)
        model = plain_name(arguments.word("the model"))
        self._fitting(kind, name, model, arguments)
        if kind == "M":
            if self.models[model] == "vdmos":
                nodes = nodes[:3]
            elif len(nodes) != 4:
                raise statement.error(f"{name} needs four nodes: drain, gate, source, bulk.")
        params = dict(self._area(kind, arguments))
        kept, _ = sort_params(kind, name, arguments, params)
        if model in self.special:
            found = ideal_diode(name, nodes, self.special[model], dict(kept))
            return self._law_of(model, found, arguments)
        return Element(name, kind, nodes, model=model, params=kept)

    def _fitting(self, kind: str, name: str, model: str, arguments: Arguments) -> None:
        """Refuse a model that could not be read, or that is another kind of device's."""
        if model in self.broken:
            raise self.broken[model]
        type_ = self.models.get(model, "")
        if type_ not in MODEL_TYPES[kind]:
            raise arguments.statement.error(
                f"{name} uses the model {model}, which is of the type {type_.upper()}."
                if type_
                else f"{name} uses the model {model}, which is no switch's here."
            )

    def _law_of(self, model: str, found: Element, arguments: Arguments) -> Element:
        """Say that a device became a law."""
        self.rewritten.add(model)
        self.reading.say(
            arguments.statement, arguments.statement.text, found.name,
            "ngspice has no such device: its law is written out.",
        )  # fmt: skip
        return found

    def _area(self, kind: str, arguments: Arguments) -> list[tuple[str, Token]]:
        """Named values, with an area factor that stands without a name."""
        token = arguments.peek()
        first: list[tuple[str, Token]] = []
        if (
            token is not None
            and arguments.has_value()
            and kind in "DQJ"
            and (token.kind == "formula" or token.text[:1].isdigit() or token.text[:1] == ".")
        ):
            arguments.index += 1
            first = [("area", token)]
        return first + arguments.named()

    def _model_place(self, kind: str, name: str, arguments: Arguments, least: int) -> int:
        """How many nodes come before the model's name."""
        most = {"D": 2, "Q": 4, "J": 3, "M": 4}[kind]
        last = ""
        for count in range(least, most + 1):
            token = arguments.peek(count)
            if token is None or token.kind != "word" or arguments.at_named(count):
                break
            last = token.text
            if plain_name(last) in self.models:
                return count
        token = arguments.peek(least)
        last = token.text if token is not None and kind in "DJ" else last
        if not last:
            raise arguments.statement.error(f"the model of {name} is missing.")
        raise arguments.statement.unknown(
            f"{name} uses the model {short(last, 40)}, which the netlist doesn't hold and Trimpot "
            "doesn't have. Add its .model line, or put its file beside the netlist and include it."
        )

    def _switch(self, kind: str, name: str, arguments: Arguments) -> Element:
        statement = arguments.statement
        nodes = arguments.nodes(4 if kind == "S" else 2)
        references = () if kind == "S" else (element_name(arguments.word("the source")),)
        model = plain_name(arguments.word("the model"))
        self._fitting(kind, name, model, arguments)
        token = arguments.peek()
        state = token.text.lower() if token is not None else ""
        if state in ("on", "off"):
            arguments.index += 1
        arguments.finish()
        if state == "on":
            self.reading.say(statement, statement.text, "", "A switch starts as its control says.")
        if model in self.special:
            control = control_of(nodes[2:], references[0] if references else "")
            found = smooth_switch(name, nodes[:2], control, self.special[model])
            return self._law_of(model, found, arguments)
        return Element(name, kind, nodes, model=model, references=references)

    def _instance(self, name: str, arguments: Arguments) -> Element:
        """Nodes, the subcircuit's name, and the values it is given."""
        statement = arguments.statement
        words = []
        while arguments.has_value():
            token = arguments.peek()
            assert token is not None
            if token.kind != "word":
                raise statement.error(f"{short(token.text, 40)!r} is no node.")
            if token.text.lower() == "params:":
                break
            words.append(token.text)
            arguments.index += 1
        if not words:
            raise statement.error(f"{name} needs the name of a subcircuit.")
        token = arguments.peek()
        if token is not None and token.text.lower() == "params:":
            arguments.index += 1
        subcircuit = plain_name(words[-1])
        if subcircuit not in self.subcircuits and subcircuit in self.typical:
            return self._typical(name, words, arguments)
        if subcircuit not in self.subcircuits:
            raise statement.unknown(
                f"{name} is the subcircuit {short(words[-1], 40)}, which the netlist doesn't hold "
                "and Trimpot doesn't have. Put the file with its .subckt beside the netlist and "
                "include it."
            )
        params = []
        for word, value in arguments.named():
            if value.kind == "flag":
                raise statement.error(f"{short(word, 40)!r} has no value.")
            params.append((word, self.reading.value(statement, value)))
        self.reading.nodes.statement = statement
        nodes = tuple(self.reading.nodes(word) for word in words[:-1])
        return Element(name, "X", nodes, model=subcircuit, params=tuple(params))

    def _typical(self, name: str, words: list[str], arguments: Arguments) -> Element:
        """A part whose subcircuit is missing, by Trimpot's own model of its name."""
        statement = arguments.statement
        model = self.typical[plain_name(words[-1])]
        kind = next(kind for kind, types in MODEL_TYPES.items() if model.type in types)
        pins = PINS[kind]
        if len(words) - 1 != len(pins):
            raise statement.unknown(
                f"{name} is the subcircuit {short(words[-1], 40)} with {len(words) - 1} pins, "
                f"which the netlist doesn't hold. Trimpot's own model has {len(pins)}."
            )
        self.reading.nodes.statement = statement
        nodes = tuple(self.reading.nodes(word) for word in words[:-1])
        self.reading.say(
            statement, statement.text, f"{kind}_{name}",
            f"Trimpot's own {words[-1]} stands for its subcircuit, whose pins are taken to be "
            f"{', '.join(pins)}.",
        )  # fmt: skip
        return Element(f"{kind}_{name}", kind, nodes, model=model.name)
