"""One statement to the elements it stands for."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

from engines.circuits.reading.arguments import Arguments, Reading
from engines.circuits.reading.catalogue import (
    DROPPED_PARAMS,
    INSTANCE_PARAMS,
    MODEL_TYPES,
    PARASITICS,
    REFUSED_DEVICES,
)
from engines.circuits.reading.controlled import behavioural, controlled
from engines.circuits.reading.expressions import Expression, Number, is_law
from engines.circuits.reading.includes import short
from engines.circuits.reading.lines import Statement
from engines.circuits.reading.model import Element, Parameter
from engines.circuits.reading.names import ELEMENT, element_name, plain_name
from engines.circuits.reading.potentiometers import Potentiometer, resistors_of
from engines.circuits.reading.sources import source_of
from engines.circuits.reading.tokens import Token

MAX_COUPLED = 8


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
    params : list of Parameter
        Such parameters, as they are found.
    """

    reading: Reading
    models: Mapping[str, str]
    subcircuits: Collection[str]
    coupled: Collection[str] = ()
    potentiometers: dict[str, Potentiometer] = field(default_factory=dict)
    top: bool = True
    params: list[Parameter] = field(default_factory=list)

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
        if not ELEMENT.fullmatch(name) or len(name) < 2:
            raise statement.error(f"{short(came, 40)!r} is no name for a device.")
        if name != came:
            self.reading.say(
                statement, came, name, "A device's name is letters, digits and _ alone."
            )
        kind = name[0].upper()
        if kind in REFUSED_DEVICES:
            raise statement.error(f"the device {name} is refused: {REFUSED_DEVICES[kind]}.")
        found = self._read(kind, name, arguments)
        return [replace(one, line=statement.line, file=statement.file) for one in found]

    def _read(self, kind: str, name: str, arguments: Arguments) -> list[Element]:
        if kind in "RCL":
            return self._passive(kind, name, arguments)
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
            return [behavioural(name, arguments)]
        return [controlled(kind, name, arguments)]

    def _passive(self, kind: str, name: str, arguments: Arguments) -> list[Element]:
        statement = arguments.statement
        nodes = arguments.nodes(2)
        what = {"R": "resistance", "C": "capacitance", "L": "inductance"}[kind]
        value: Expression | None = None
        quantity = ""
        if arguments.has_value():
            token = arguments.peek()
            assert token is not None
            if token.kind == "formula":
                value, quantity = self._maybe_law(kind, arguments, token)
            else:
                value = self.reading.value(statement, token)
            arguments.index += 1
        params: dict[str, Token] = {}
        for word, token in arguments.named():
            if word == kind.lower() and value is None:
                value, quantity = self._maybe_law(kind, arguments, token)
            elif word in ("q", "flux"):
                raise statement.error(
                    f"{name} is given by its {'charge' if word == 'q' else 'flux'}. Only a plain "
                    f"{what} is known here."
                )
            else:
                params[word] = token
        if value is None:
            raise statement.error(f"the {what} of {name} is missing.")
        kept, parasitic = self._sort_params(kind, name, arguments, params)
        element = Element(name, kind, nodes, value, quantity, params=kept)
        return self._with_parasitics(element, parasitic, arguments)

    def _maybe_law(self, kind: str, arguments: Arguments, token: Token) -> tuple[Expression, str]:
        """The value of R, C or L; a resistor's may depend on voltages."""
        statement = arguments.statement
        if token.kind == "word":
            return self.reading.value(statement, token), ""
        found = self.reading.formula(statement, token.text, law=True)
        if not is_law(found):
            return self.reading.formula(statement, token.text), ""
        if kind != "R":
            what = "capacitance" if kind == "C" else "inductance"
            raise statement.error(
                f"its {what} depends on a voltage, a current or time. Only a plain {what} is "
                "known here."
            )
        return found, "r"

    def _sort_params(
        self, kind: str, name: str, arguments: Arguments, params: Mapping[str, Token]
    ) -> tuple[tuple[tuple[str, Expression], ...], dict[str, Expression]]:
        """Named values that are kept, and those that become elements; the others are said."""
        statement = arguments.statement
        kept: list[tuple[str, Expression]] = []
        parasitic: dict[str, Expression] = {}
        for word, token in params.items():
            if word in INSTANCE_PARAMS.get(kind, ()):
                kept.append((word, self._param_value(statement, word, token)))
            elif word in PARASITICS.get(kind, ()):
                parasitic[word] = self._param_value(statement, word, token)
            elif word in DROPPED_PARAMS:
                self.reading.say(statement, statement.text, "", f"{word}: {DROPPED_PARAMS[word]}")
            elif kind == "C" and word in ("v", "volts"):
                self.reading.say(
                    statement, statement.text, "", f"{word}: the part's rating does nothing here."
                )
            else:
                raise statement.error(
                    f"{name} has {short(word, 30)!r}, which is not known here for such a device."
                )
        return tuple(kept), parasitic

    def _param_value(self, statement: Statement, word: str, token: Token) -> Expression:
        if token.kind == "word" and token.text.lower() == word:
            raise statement.error(f"the value of {word} is missing.")
        return self.reading.value(statement, token)

    def _with_parasitics(
        self, element: Element, values: dict[str, Expression], arguments: Arguments
    ) -> list[Element]:
        """LTspice's series and parallel parts, beside the element they sit in.

        The element keeps its name, so that its state does. ``Rser`` and ``Lser`` lie between the
        first node and the element, ``Rpar`` and ``Cpar`` over all of it.
        """
        statement, name = arguments.statement, element.name
        first, last = element.nodes
        found: list[Element] = []
        here = first
        series = [(word, values[word]) for word in ("rser", "lser") if not _zero(values.get(word))]
        if (
            element.kind == "L"
            and "rser" not in values
            and self.reading.dialect == "ltspice"
            and element.key not in self.coupled
        ):
            series = [("rser", Number(1e-3))]
            self.reading.say(
                statement, statement.text, f"R_{name}_ser of 1 mΩ before {name}",
                "LTspice gives an inductor 1 mΩ where its line says no Rser.",
            )  # fmt: skip
        for word, value in series:
            there = self.reading.nodes.fresh(f"{name}_{word}")
            found.append(
                Element(f"{word[0].upper()}_{name}_ser", word[0].upper(), (here, there), value)
            )
            here = there
        found.append(replace(element, nodes=(here, last)))
        for word in ("rpar", "cpar"):
            if not _zero(values.get(word)):
                kind = word[0].upper()
                found.append(Element(f"{kind}_{name}_par", kind, (first, last), values[word]))
        if values:
            self.reading.say(
                statement, statement.text, ", ".join(one.name for one in found),
                "What LTspice puts into a device stands beside it as elements of their own.",
            )  # fmt: skip
        return found

    def _source(self, kind: str, name: str, arguments: Arguments) -> list[Element]:
        nodes = arguments.nodes(2)
        source, named = source_of(arguments)
        kept, parasitic = self._sort_params(kind, name, arguments, dict(named))
        del kept
        element = Element(name, kind, nodes, source=source)
        return self._with_parasitics(element, parasitic, arguments) if parasitic else [element]

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
        type_ = self.models[model]
        if type_ not in MODEL_TYPES[kind]:
            raise statement.error(
                f"{name} uses the model {model}, which is of the type {type_.upper()}."
            )
        if kind == "M":
            if type_ == "vdmos":
                nodes = nodes[:3]
            elif len(nodes) != 4:
                raise statement.error(f"{name} needs four nodes: drain, gate, source, bulk.")
        params = dict(self._area(kind, arguments))
        kept, _ = self._sort_params(kind, name, arguments, params)
        return Element(name, kind, nodes, model=model, params=kept)

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
        raise arguments.statement.error(
            f"{name} uses the model {short(last, 40)}, which the netlist doesn't hold and Trimpot "
            "doesn't have. Add its .model line, or put its file beside the netlist and include it."
        )

    def _switch(self, kind: str, name: str, arguments: Arguments) -> Element:
        statement = arguments.statement
        nodes = arguments.nodes(4 if kind == "S" else 2)
        references = () if kind == "S" else (element_name(arguments.word("the source")),)
        model = plain_name(arguments.word("the model"))
        if self.models.get(model) not in MODEL_TYPES[kind]:
            raise statement.error(f"{name} uses the model {model}, which is no switch's here.")
        token = arguments.peek()
        state = token.text.lower() if token is not None else ""
        if state in ("on", "off"):
            arguments.index += 1
        arguments.finish()
        if state == "on":
            self.reading.say(statement, statement.text, "", "A switch starts as its control says.")
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
        if subcircuit not in self.subcircuits:
            raise statement.error(
                f"{name} is the subcircuit {short(words[-1], 40)}, which the netlist doesn't hold "
                "and Trimpot doesn't have. Put the file with its .subckt beside the netlist and "
                "include it."
            )
        params = []
        for word, value in arguments.named():
            if value.kind == "word" and value.text.lower() == word:
                raise statement.error(f"{short(word, 40)!r} has no value.")
            params.append((word, self.reading.value(statement, value)))
        self.reading.nodes.statement = statement
        nodes = tuple(self.reading.nodes(word) for word in words[:-1])
        return Element(name, "X", nodes, model=subcircuit, params=tuple(params))


def _zero(value: Expression | None) -> bool:
    return value is None or (isinstance(value, Number) and value.value == 0)
