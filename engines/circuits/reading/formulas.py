"""Reading formulas of both dialects into trees."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from engines.circuits.reading.expressions import (
    MAX_DEPTH,
    MAX_NODES,
    SPECIAL_NAMES,
    Binary,
    BranchCurrent,
    Choice,
    Expression,
    ExpressionError,
    Name,
    NodeVoltage,
    Number,
    Unary,
    is_law,
    walk,
)
from engines.circuits.reading.functions import REMEMBERING, call, truth
from engines.circuits.reading.model import Dialect
from engines.circuits.reading.tokens import NUMBER, power_of, scaled

MAX_PARSED = 20_000
"""Parts read for one formula, functions of the netlist's own unfolded."""
MAX_PARSED_IN_ALL = 600_000
"""Parts read for all formulas of a netlist: some ten seconds."""
MAX_BRACKETS = 40
"""How deep brackets and functions may lie in each other; each takes a dozen of Python's frames."""
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_OPERATOR = re.compile(r"\*\*|&&|\|\||<=|>=|==|!=|[-+*/^<>&|!~?:(){}',]")
_NODE = re.compile(r"[^\s,(){}'\"=]+")
_LEVELS = (("||", "|"), ("^",), ("&&", "&"), ("==", "!=", "<", ">", "<=", ">="))


@dataclass(frozen=True)
class Function:
    """A ``.func``: its body is read anew, with the arguments in place, wherever it is called."""

    name: str
    arguments: tuple[str, ...]
    body: str


@dataclass
class Budget:
    """How much may still be read."""

    left: int

    def spend(self, amount: int = 1) -> None:
        """Take from it; an ExpressionError where it is used up."""
        self.left -= amount
        if self.left < 0:
            raise ExpressionError("the formula is too long, or the formulas are too many")


@dataclass
class FormulaReader:
    """What a formula may refer to.

    Attributes
    ----------
    dialect : str
        Whose functions and operators are meant.
    law : bool
        Whether voltages, currents and time may occur.
    node : callable
        The safe name of a node.
    functions : mapping
        The netlist's own.
    memory : callable, optional
        Gives the value of a function with memory (``ddt``, ``idt``); without it there is none.
    """

    dialect: Dialect
    law: bool
    node: Callable[[str], str]
    functions: Mapping[str, Function] = field(default_factory=dict)
    total: Budget = field(default_factory=lambda: Budget(MAX_PARSED_IN_ALL))
    memory: Callable[[str, list[Expression]], Expression] | None = None

    def read(self, text: str) -> Expression:
        """A formula that takes the whole text.

        Raises
        ------
        ExpressionError
            It does not, or holds what is not allowed.
        """
        found, end = self.read_part(text)
        if text[end:].strip():
            raise ExpressionError(f"after the formula stands {shown(text[end:])}")
        return found

    def read_part(self, text: str) -> tuple[Expression, int]:
        """A formula at the beginning of ``text``, and where it ends."""
        parser = _Parser(self, text, Budget(MAX_PARSED), {}, 0)
        found = parser.choice()
        self.total.spend(sum(1 for _ in walk(found)))  # walk refuses what is too large
        if not self.law and is_law(found):
            raise ExpressionError("a voltage, a current or time stands where a constant is needed")
        return found, parser.position


def shown(text: str) -> str:
    """Text as a sentence quotes it: short, in quotation marks."""
    text = text.strip()
    return repr(text if len(text) <= 40 else f"{text[:39]}…")


class _Parser:
    def __init__(
        self,
        reader: FormulaReader,
        text: str,
        budget: Budget,
        local: Mapping[str, Expression],
        depth: int,
    ) -> None:
        self.reader, self.text, self.budget = reader, text, budget
        self.local, self.depth = local, depth
        self.position = 0

    def spend(self) -> None:
        self.budget.spend()
        self.reader.total.spend()

    def peek(self) -> str:
        self._skip()
        match = _OPERATOR.match(self.text, self.position)
        return match[0] if match else ""

    def take(self, *symbols: str) -> str:
        found = self.peek()
        if found in symbols:
            self.position += len(found)
            return found
        return ""

    def expect(self, symbol: str) -> None:
        if not self.take(symbol):
            rest = self.text[self.position :]
            where = f"before {shown(rest)}" if rest.strip() else "at the end"
            raise ExpressionError(f"in a formula '{symbol}' is missing {where}")

    def _skip(self) -> None:
        while self.position < len(self.text) and self.text[self.position] in " \t":
            self.position += 1

    def choice(self) -> Expression:
        self.depth += 1
        self.spend()
        if self.depth > MAX_BRACKETS:
            raise ExpressionError("the formula is too deeply nested")
        condition = self.level(0)
        if self.take("?"):
            yes = self.choice()
            self.expect(":")
            condition = Choice(condition, yes, self.choice())
        self.depth -= 1
        return condition

    def level(self, number: int) -> Expression:
        if number == len(_LEVELS):
            return self.sum()
        if _LEVELS[number] == ("^",) and self.reader.dialect == "ngspice":
            return self.level(number + 1)
        left = self.level(number + 1)
        while symbol := self.take(*_LEVELS[number]):
            self.spend()
            right = self.level(number + 1)
            if symbol == "^":
                left = Binary("!=", truth(left), truth(right))
            elif symbol in ("|", "&", "||", "&&"):
                if self.reader.dialect == "ltspice":
                    left, right = truth(left), truth(right)
                left = Binary(symbol[0] * 2, left, right)
            else:
                left = Binary(symbol, left, right)
        return left

    def sum(self) -> Expression:
        left = self.product()
        while symbol := self.take("+", "-"):
            self.spend()
            left = Binary(symbol, left, self.product())
        return left

    def product(self) -> Expression:
        left = self.signed()
        while symbol := self.take("*", "/"):
            self.spend()
            left = Binary(symbol, left, self.signed())
        return left

    def signed(self) -> Expression:
        signs = []
        while symbol := self.take("-", "+", "!", "~"):
            self.spend()
            signs.append(symbol)
        found = self.power()
        for symbol in reversed(signs[-MAX_DEPTH:] if len(signs) <= MAX_DEPTH else self._deep()):
            if symbol == "-":
                found = Number(-found.value) if isinstance(found, Number) else Unary("-", found)
            elif symbol in "!~":
                held = truth(found) if self.reader.dialect == "ltspice" else found
                found = Unary("!", held)
        return found

    def _deep(self) -> list[str]:
        raise ExpressionError("the formula is too deeply nested")

    def power(self) -> Expression:
        left = self.atom()
        symbols = ("**", "^") if self.reader.dialect == "ngspice" else ("**",)
        while self.take(*symbols):
            self.spend()
            left = self._raise(left, self._exponent())
        return left

    def _exponent(self) -> Expression:
        sign = self.take("-", "+")
        found = self.atom()
        if sign != "-":
            return found
        return Number(-found.value) if isinstance(found, Number) else Unary("-", found)

    def _raise(self, base: Expression, exponent: Expression) -> Expression:
        """LTspice keeps the sign of a base raised to an odd number; ngspice takes it off."""
        odd = isinstance(exponent, Number) and exponent.value % 2 == 1
        if self.reader.dialect == "ltspice" and odd and isinstance(exponent, Number):
            if exponent.value == 1:
                return base
            return Binary("*", base, Binary("**", base, Number(exponent.value - 1)))
        return Binary("**", base, exponent)

    def atom(self) -> Expression:
        self.spend()
        self._skip()
        for opening, closing in (("(", ")"), ("{", "}"), ("'", "'")):
            if self.take(opening):
                found = self.choice()
                self.expect(closing)
                return found
        number = NUMBER.match(self.text, self.position)
        if number:
            return self._number(number)
        name = _NAME.match(self.text, self.position)
        if name is None:
            rest = self.text[self.position :]
            raise ExpressionError(
                f"a formula holds {shown(rest)}, which means nothing there"
                if rest.strip()
                else "a formula ends too early"
            )
        self.position = name.end()
        word = name[0].lower()
        if self.peek() == "(" and not (word in self.local or word in SPECIAL_NAMES):
            return self._call(word)
        if word in self.local:
            return self.local[word]
        if word == "temp" and self.reader.law:
            return Name("temper")
        return Name(word)

    def _number(self, match: re.Match[str]) -> Expression:
        self.position = match.end()
        letters = _NAME.match(self.text, self.position)
        power = 0.0
        if letters:
            if re.search(r"[0-9_]", letters[0]) and not re.fullmatch(
                r"(?:meg|[tgkmunpf])\d+", letters[0], re.I
            ):
                raise ExpressionError(f"{shown(match[0] + letters[0])} is no number")
            self.position = letters.end()
            word = letters[0].rstrip("0123456789")
            power, used = power_of(word, self.reader.dialect)
            fraction = letters[0][len(word) :]
            if fraction:
                if used < len(word) or not match[0].isdigit():
                    raise ExpressionError(f"{shown(match[0] + letters[0])} is no number")
                return Number(scaled(f"{match[0]}.{fraction}", power))
        return Number(scaled(match[0], power))

    def _call(self, name: str) -> Expression:
        if name in ("v", "i"):
            return self._probe(name)
        self.expect("(")
        arguments: list[Expression] = []
        if not self.take(")"):
            arguments.append(self.choice())
            while self.take(","):
                arguments.append(self.choice())
                if len(arguments) > MAX_NODES:
                    raise ExpressionError("the formula is too long")
            self.expect(")")
        own = self.reader.functions.get(name)
        if own is None and name in REMEMBERING and self.reader.memory is not None:
            return self.reader.memory(name, arguments)
        if own is None:
            return call(name, arguments, self.reader.dialect, law=self.reader.law)
        if len(arguments) != len(own.arguments):
            raise ExpressionError(
                f"the function {name} takes {len(own.arguments)} values and is given "
                f"{len(arguments)}"
            )
        local = dict(zip(own.arguments, arguments, strict=True))
        body = _Parser(self.reader, own.body, self.budget, local, self.depth)
        found = body.choice()
        if own.body[body.position :].strip():
            raise ExpressionError(f"the function {name} cannot be read")
        return found

    def _probe(self, name: str) -> Expression:
        self.expect("(")
        places = [self._place()]
        while self.take(","):
            places.append(self._place())
        self.expect(")")
        if name == "i":
            if len(places) != 1 or not _NAME.fullmatch(places[0]):
                raise ExpressionError("i(...) takes the name of one element")
            return BranchCurrent(places[0].lower())
        if len(places) > 2:
            raise ExpressionError("v(...) takes one node or two")
        return NodeVoltage(*(self.reader.node(place) for place in places))

    def _place(self) -> str:
        self._skip()
        match = _NODE.match(self.text, self.position)
        if match is None:
            raise ExpressionError("a node's name is missing in v(...) or i(...)")
        self.position = match.end()
        return match[0]
