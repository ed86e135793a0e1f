"""SPICE netlists in an editor: titles, comments, elements with their nodes, numbers, commands."""

from __future__ import annotations

import re

from widgets.code_language import CodeRole, Language, Span

_NODES = {
    **dict.fromkeys("RCLVIDBFHW", 2),
    **dict.fromkeys("JZQ", 3),
    **dict.fromkeys("MEGST", 4),
    "K": 0,
}
"""How many words after an element's name are nodes."""
_NUMBER = (
    r"(?<![\w.])[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?(?:meg|mil|[tgkmunpfµμ])?[a-zΩ]*(?![\w.])"
)
_TOKEN = re.compile(
    rf"(?P<string>\"[^\"]*\"?)"
    rf"|(?P<name>[a-z_][\w.]*(?=\s*=))"
    rf"|(?P<function>[a-z_]\w*(?=\())"
    rf"|(?P<number>{_NUMBER})",
    re.I,
)
_WORD = re.compile(r"\S+")
_INLINE = re.compile(r";|//|(?<=[ \t,])\$")
_NAMED = {".subckt", ".ends", ".model"}


def spice_spans(line: str, number: int) -> list[Span]:
    """How a line of a netlist is coloured; the first line of a netlist is its title."""
    text = line.rstrip()
    bare = text.lstrip()
    start = len(text) - len(bare)
    if not bare:
        return []
    if number == 1:
        return [Span(start, len(bare), "title")]
    if bare[0] in "*#":
        return [Span(start, len(bare), "comment")]
    comment = _comment_start(text)
    found = _statement(text[:comment], start)
    if comment < len(text):
        found.append(Span(comment, len(text) - comment, "comment"))
    return found


def _comment_start(text: str) -> int:
    """Where a comment begins behind a statement; in quotation marks only ``;`` begins one."""
    quoted = False
    for place, character in enumerate(text):
        if character == '"':
            quoted = not quoted
        elif character == ";" or (character in "/$" and not quoted and _INLINE.match(text, place)):
            return place
    return len(text)


def _statement(text: str, start: int) -> list[Span]:
    word = _WORD.match(text, start)
    if word is None:
        return []
    head = word[0]
    if head.startswith("+"):
        return [Span(start, 1, "command"), *_tokens(text, start + 1)]
    if head.startswith("."):
        return [Span(start, len(head), "command"), *_after_command(text, word.end(), head.lower())]
    if not head[0].isalpha():
        return _tokens(text, start)
    nodes, end = _nodes(text, word.end(), head[0].upper())
    return [Span(start, len(head), "element"), *nodes, *_tokens(text, end)]


def _after_command(text: str, end: int, command: str) -> list[Span]:
    if command in _NAMED:
        word = _WORD.search(text, end)
        if word is not None:
            name = Span(word.start(), len(word[0]), "name")
            if command != ".subckt":
                return [name, *_tokens(text, word.end())]
            nodes, rest = _ports(text, word.end())
            return [name, *nodes, *_tokens(text, rest)]
    return _tokens(text, end)


def _nodes(text: str, end: int, kind: str) -> tuple[list[Span], int]:
    """The nodes behind an element's name, and where they end."""
    if kind == "X":
        nodes, rest = _ports(text, end)
        if nodes:  # the last one is the subcircuit
            last = nodes[-1]
            nodes[-1] = Span(last.start, last.length, "name")
        return nodes, rest
    found: list[Span] = []
    for word in _WORD.finditer(text, end):
        if len(found) == _NODES.get(kind, 0) or "=" in word[0] or word[0][0] in "({":
            break
        found.append(Span(word.start(), len(word[0]), "node"))
        end = word.end()
    return found, end


def _ports(text: str, end: int) -> tuple[list[Span], int]:
    """Words up to the first parameter."""
    found: list[Span] = []
    for word in _WORD.finditer(text, end):
        following = text[word.end() :].lstrip()
        if "=" in word[0] or following.startswith("=") or word[0].lower().startswith("params:"):
            break
        found.append(Span(word.start(), len(word[0]), "node"))
        end = word.end()
    return found, end


def _tokens(text: str, start: int) -> list[Span]:
    """Numbers, strings, parameters and functions from a place on."""
    found = []
    for match in _TOKEN.finditer(text, start):
        role: CodeRole = "number"
        if match.lastgroup in ("string", "name", "function"):
            role = match.lastgroup  # type: ignore[assignment]
        found.append(Span(match.start(), len(match[0]), role))
    return found


SPICE = Language("SPICE", spice_spans, "*")
"""The language of netlists, of ngspice's dialect and LTspice's."""
