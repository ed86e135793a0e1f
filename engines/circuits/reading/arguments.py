"""A device's line, taken apart: words in order, and named values."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from engines.circuits.reading.expressions import Expression, ExpressionError, Name, Number
from engines.circuits.reading.formulas import (
    MAX_PARSED_IN_ALL,
    Budget,
    FormulaReader,
    Function,
)
from engines.circuits.reading.functions import NOMINAL, with_safe_logarithms
from engines.circuits.reading.includes import short
from engines.circuits.reading.lines import Statement
from engines.circuits.reading.memory import Memory
from engines.circuits.reading.model import Change, Dialect, Element
from engines.circuits.reading.names import IDENTIFIER, NodeNames
from engines.circuits.reading.tokens import MAX_TOKENS, Token, number_of, tokenise

_CHANCE = re.compile(rf"\b({'|'.join(NOMINAL)})\s*\(", re.I)


@dataclass
class Reading:
    """What all readers of statements share.

    ``parts`` are the elements that the formulas of the statement at hand brought with them.
    """

    dialect: Dialect
    nodes: NodeNames
    functions: Mapping[str, Function]
    changes: list[Change]
    total: Budget = field(default_factory=lambda: Budget(MAX_PARSED_IN_ALL))
    parts: list[Element] = field(default_factory=list)

    def formula(self, statement: Statement, text: str, *, law: bool = False) -> Expression:
        """A formula from the text; a NetlistError names the line."""
        try:
            found = self.reader(law=law, statement=statement).read(text)
            self.say_chance(statement, text)
            return with_safe_logarithms(found) if law else found
        except ExpressionError as error:
            raise statement.error(f"{error}.") from None

    def say_chance(self, statement: Statement, text: str) -> None:
        """A word where a formula varies from run to run in LTspice."""
        if chance := _CHANCE.search(text):
            self.say(
                statement, text, chance[1],
                f"{chance[1]} is chance: the value around which it varies stands for it.",
            )  # fmt: skip

    def reader(self, *, law: bool, statement: Statement | None = None) -> FormulaReader:
        """A reader of constants, or of laws.

        Where it is told the statement, a law may hold functions with memory: their parts are
        gathered in :attr:`parts`.
        """
        memory = None if statement is None or not law else Memory(self.nodes, self.parts)
        return FormulaReader(self.dialect, law, self.nodes, self.functions, self.total, memory)

    def value(self, statement: Statement, token: Token) -> Expression:
        """A number, a name or a formula in braces or quotes."""
        if token.kind in ("formula", "string"):
            return self.formula(statement, token.text)
        number = number_of(token.text, self.dialect)
        if number is not None and not math.isfinite(number):
            raise statement.error(f"{short(token.text, 40)} is too large a number.")
        if number is not None:
            if token.text[-1:] in "aA" and self.dialect == "ngspice" and abs(number) < 1e-12:
                self.say(statement, token.text, f"{number:g}", "In ngspice a stands for 1e-18.")
            return Number(number)
        if IDENTIFIER.fullmatch(token.text.lower()):
            return Name(token.text.lower())
        raise statement.error(
            f"{short(token.text, 40)!r} is no number, no parameter and no formula in braces."
        )

    def say(self, statement: Statement, before: str, after: str, why: str) -> None:
        """Note that something stands otherwise."""
        self.changes.append(
            Change(statement.line, short(before), short(after), why, statement.file)
        )


class Arguments:
    """The words of a statement after its first ones, taken one by one.

    Parameters
    ----------
    statement : Statement
        A device's line.
    reading : Reading
        For formulas and what is to be said.
    """

    def __init__(self, statement: Statement, reading: Reading) -> None:
        self.statement, self.reading = statement, reading
        self.tokens = tokenise(statement)
        self.index = 0

    def rest(self) -> list[Token]:
        """What hasn't been taken."""
        return self.tokens[self.index :]

    def peek(self, ahead: int = 0) -> Token | None:
        """A token that comes, without taking it."""
        place = self.index + ahead
        return self.tokens[place] if place < len(self.tokens) else None

    def at_named(self, ahead: int = 0) -> bool:
        """Whether ``name =`` comes."""
        first, second = self.peek(ahead), self.peek(ahead + 1)
        return bool(first and first.kind == "word" and second and second.kind == "=")

    def word(self, what: str) -> str:
        """Take a plain word."""
        token = self.peek()
        if token is None or token.kind != "word" or self.at_named():
            raise self.statement.error(f"{what} is missing.")
        self.index += 1
        return token.text

    def nodes(self, count: int) -> tuple[str, ...]:
        """Take nodes."""
        self.reading.nodes.statement = self.statement
        return tuple(
            self.reading.nodes(self.word(f"node {number + 1} of {count}"))
            for number in range(count)
        )

    def value(self, what: str) -> Expression:
        """Take a value."""
        token = self.peek()
        if token is None or token.kind == "=" or self.at_named():
            raise self.statement.error(f"{what} is missing.")
        self.index += 1
        return self.reading.value(self.statement, token)

    def has_value(self) -> bool:
        """Whether a value comes that has no name."""
        token = self.peek()
        return token is not None and token.kind != "=" and not self.at_named()

    def law(self) -> Expression:
        """Take a formula that needs no braces; voltages and currents may be in it.

        What follows it is left to be taken.
        """
        reader = self.reading.reader(law=True, statement=self.statement)
        return with_safe_logarithms(self.formula(reader))

    def formula(self, reader: FormulaReader) -> Expression:
        """Take a formula that needs no braces, as a reader has it."""
        token = self.peek()
        if token is None:
            raise self.statement.error("a formula ends too early.")
        start = self.tokens[self.index - 1].end  # round brackets are no tokens
        try:
            found, end = reader.read_part(self.statement.text[start:])
        except ExpressionError as error:
            raise self.statement.error(f"{error}.") from None
        self.reading.say_chance(self.statement, self.statement.text[start : start + end])
        while (token := self.peek()) is not None and token.start < start + end:
            if token.end > start + end and token.kind == "word":
                rest = self.statement.text[start + end :]
                raise self.statement.error(f"after the formula stands {short(rest, 40)!r}.")
            self.index += 1
        return found

    def named(self, most: int = MAX_TOKENS) -> list[tuple[str, Token]]:
        """Take ``name=value`` pairs and lone flags, as many as wanted; a flag has no value.

        A flag's token is the word itself, of the kind ``flag``.
        """
        found: list[tuple[str, Token]] = []
        while len(found) < most and (token := self.peek()) is not None:
            if self.at_named():
                value = self.peek(2)
                if value is None or value.kind == "=":
                    raise self.statement.error(f"the value of {short(token.text, 40)} is missing.")
                found.append((token.text.lower(), value))
                self.index += 3
                # ic=1,2 and tc=1,2 carry on.
                while (
                    token.text.lower() in ("ic", "tc")
                    and (more := self.peek()) is not None
                    and more.kind == "word"
                    and not self.at_named()
                    and number_of(more.text, self.reading.dialect) is not None
                ):
                    self.index += 1
            elif token.kind == "word":
                found.append((token.text.lower(), replace(token, kind="flag")))
                self.index += 1
            else:
                raise self.statement.error(f"it doesn't say what {short(token.text, 40)} is.")
        return found

    def finish(self) -> None:
        """Refuse what is left."""
        token = self.peek()
        if token is not None:
            raise self.statement.error(f"{short(token.text, 40)!r} at its end means nothing here.")
