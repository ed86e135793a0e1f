"""What an editor knows of the language that is typed in it: how a line is coloured, comments."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, NamedTuple

CodeRole = Literal[
    "title", "comment", "command", "element", "node", "number", "string", "name", "function"
]


class Span(NamedTuple):
    """Characters of a line that are shown in one colour."""

    start: int
    length: int
    role: CodeRole


@dataclass(frozen=True)
class Language:
    """How text is shown and commented out.

    Attributes
    ----------
    name : str
        For people.
    spans : callable
        ``spans(line, number) -> spans`` of one line (numbers from 1), rising and apart. It sees
        one line alone, so that only what is in view has to be coloured.
    comment : str
        What makes a line a comment.
    """

    name: str
    spans: Callable[[str, int], list[Span]]
    comment: str = "*"


PLAIN = Language("plain text", lambda _line, _number: [], "#")
