"""Writing a netlist anew: only checked names, numbers and formulas, never text that came."""

from __future__ import annotations

import re
from collections.abc import Sequence

from engines.circuits.reading.expressions import (
    Expression,
    Number,
    number_text,
    text_of,
)
from engines.circuits.reading.lines import WRITTEN, plain_title
from engines.circuits.reading.model import (
    Element,
    Model,
    Netlist,
    NetlistError,
    Parameter,
    Source,
    Subcircuit,
)
from engines.circuits.reading.names import ELEMENT, IDENTIFIER, NODE

_MODEL_NAME = re.compile(r"[a-z0-9_]{1,200}")


def write_netlist(netlist: Netlist) -> str:
    """The netlist in ngspice's dialect, without analyses, as text of plain ASCII.

    It holds no file name, no command but ``.param .model .subckt .ends .global .ic .nodeset .end``,
    and no comment. Read again, it gives an equal :class:`Netlist`.

    Raises
    ------
    NetlistError
        A name in it is none; that cannot happen to a netlist that was read.
    """
    lines = [
        f"{WRITTEN} {plain_title(netlist.title)}".rstrip(),
        *netlist_lines(netlist),
        ".end",
        "",
    ]
    return "\n".join(lines)


def netlist_lines(netlist: Netlist) -> list[str]:
    """The lines between title and ``.end``: what a simulator adds its sources and commands to."""
    lines = _params(netlist.params)
    if netlist.globals:
        lines.append(f".global {' '.join(_node(node) for node in netlist.globals)}")
    lines += [_model(model) for model in netlist.models]
    for sub in netlist.subcircuits:
        lines += _subcircuit(sub)
    lines += [element_line(element) for element in netlist.elements]
    lines += [
        f".{condition.command} v({_node(condition.node)})={_value(condition.value)}"
        for condition in netlist.conditions
    ]
    return lines


def element_line(element: Element) -> str:
    """One element as a line."""
    words = [_checked(ELEMENT, element.name), *(_node(node) for node in element.nodes)]
    if element.name[0].upper() != element.kind:
        raise NetlistError(element.line, f"{element.name} is no name for a {element.kind}.")
    if element.dimensions:
        del words[3:]
        words.append(f"poly({element.dimensions})")
        words += [_node(node) for node in element.nodes[2:]]
    words += [_checked(ELEMENT, name) for name in element.references]
    if element.model:
        words.append(_checked(_MODEL_NAME, element.model))
    words += [_value(value) for value in element.coefficients]
    if element.source is not None:
        words += _source(element.source)
    if element.value is not None:
        words.append(_law(element) if element.quantity else _value(element.value))
    words += [f"{_checked(IDENTIFIER, name)}={_value(value)}" for name, value in element.params]
    return " ".join(words)


def _law(element: Element) -> str:
    assert element.value is not None
    text = text_of(element.value)
    if element.kind == "B":
        return f"{element.quantity}={text}"
    word = {"v": "vol", "i": "cur", "r": "r"}[element.quantity]
    return f"{word}='{text}'"


def _source(source: Source) -> list[str]:
    words = [f"dc {_value(source.dc)}"]
    if source.ac:
        words.append(f"ac {' '.join(_value(value) for value in source.ac)}")
    if source.shape:
        _checked(IDENTIFIER, source.shape)
        words.append(f"{source.shape}({' '.join(_value(value) for value in source.values)})")
    return words


def _value(value: Expression) -> str:
    """A number plain, anything else in braces."""
    if isinstance(value, Number):
        return number_text(value.value)
    return f"{{{text_of(value)}}}"


def _model(model: Model) -> str:
    words = [
        name if (model.type, name) == ("vdmos", "pchan") else f"{name}={_value(value)}"
        for name, value in model.params
        if _checked(IDENTIFIER, name)
    ]
    type_ = _checked(IDENTIFIER, model.type)
    return f".model {_checked(_MODEL_NAME, model.name)} {type_}({' '.join(words)})"


def _params(params: Sequence[Parameter]) -> list[str]:
    return [f".param {_checked(IDENTIFIER, param.name)}={_value(param.value)}" for param in params]


def _subcircuit(sub: Subcircuit) -> list[str]:
    ports = " ".join(_node(port) for port in sub.ports)
    params = [f"{_checked(IDENTIFIER, param.name)}={_value(param.value)}" for param in sub.params]
    name = _checked(_MODEL_NAME, sub.name)
    return [
        " ".join([f".subckt {name} {ports}".rstrip(), *params]),
        *_params(sub.local_params),
        *(_model(model) for model in sub.models),
        *(element_line(element) for element in sub.elements),
        f".ends {name}",
    ]


def _node(name: str) -> str:
    return _checked(NODE, name)


def _checked(pattern: re.Pattern[str], name: str) -> str:
    if not pattern.fullmatch(name):
        raise NetlistError(0, f"{name[:60]!r} is no name that a simulator may be given.")
    return name
