"""Words of a statement, and numbers as SPICE writes them."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Literal

from engines.circuits.reading.lines import Statement
from engines.circuits.reading.model import Dialect

MAX_TOKENS = 4000
_POWERS = {"t": 12, "g": 9, "k": 3, "m": -3, "u": -6, "n": -9, "p": -12, "f": -15}
NUMBER = re.compile(
    r"(?:[0-9]{1,40}\.?[0-9]{0,40}|\.[0-9]{1,40})(?:[eE][+-]?[0-9]{1,3}(?![0-9.]))?"
)
_NUMBER_WORD = re.compile(rf"([+-]?)({NUMBER.pattern})([A-Za-z]*)([0-9]{{0,20}})([A-Za-z]*)")
_WORD_END = set(" \t,(){}'\"=")

Kind = Literal["word", "formula", "string", "=", "flag"]


@dataclass(frozen=True)
class Token:
    """A word, a formula in braces or quotes, a string in double quotes, or ``=``.

    A ``flag`` is a word that stands where a ``name=value`` could, without a value.
    ``group`` counts the round brackets around it; ``start`` is its place in the statement.
    """

    kind: Kind
    text: str
    start: int
    end: int
    group: int = 0


def tokenise(statement: Statement) -> list[Token]:
    """The statement's words. Commas separate; round brackets are noted and dropped.

    Raises
    ------
    NetlistError
        A bracket or quotation mark that is not closed, or too many words.
    """
    text, index, group = statement.text, 0, 0
    found: list[Token] = []
    while index < len(text):
        character = text[index]
        start = index
        if character in " \t,":
            index += 1
            continue
        if character in "()":
            group += 1 if character == "(" else -1
            index += 1
            if group < 0:
                raise statement.error("a ')' closes nothing.")
            continue
        if character == "=":
            index += 1
            found.append(Token("=", "=", start, index, group))
        elif character == "{":
            index = _closing_brace(statement, index)
            found.append(Token("formula", text[start + 1 : index - 1], start, index, group))
        elif character in "'\"":
            index = text.find(character, start + 1) + 1
            if index == 0:
                raise statement.error(f"a quotation mark ({character}) is not closed.")
            kind: Kind = "formula" if character == "'" else "string"
            found.append(Token(kind, text[start + 1 : index - 1], start, index, group))
        elif character == "}":
            raise statement.error("a '}' closes nothing.")
        else:
            while index < len(text) and text[index] not in _WORD_END:
                index += 1
            found.append(Token("word", text[start:index], start, index, group))
        if len(found) > MAX_TOKENS:
            raise statement.error(f"it has more than {MAX_TOKENS} words.")
    if group and statement.word != ".model":  # LTspice closes a model's bracket itself
        raise statement.error("a '(' is not closed.")
    return found


def _closing_brace(statement: Statement, start: int) -> int:
    depth = 0
    for index in range(start, len(statement.text)):
        if statement.text[index] == "{":
            depth += 1
        elif statement.text[index] == "}":
            depth -= 1
            if depth == 0:
                return index + 1
    raise statement.error("a '{' is not closed.")


def number_of(word: str, dialect: Dialect) -> float | None:
    """The value of ``4k7``, ``10uF``, ``1Meg``, ``2.2e-8``; None where it is no number.

    Letters after the scale are a unit and are ignored, as SPICE does. ``4k7`` is 4,700, as LTspice
    has it; ngspice alone would drop the 7.
    """
    match = _NUMBER_WORD.fullmatch(word) if len(word) <= 100 else None
    if match is None:
        return None
    sign, digits, letters, fraction, _ = match.groups()
    power, used = power_of(letters, dialect)
    if fraction:
        # 4k7 and 4R7, but not 1e5x3 nor 1.5k7.
        if used < len(letters) and letters.lower() != "r":
            return None
        if "." in digits or "e" in digits.lower():
            return None
        digits = f"{digits}.{fraction}"
    return scaled(f"{sign}{digits}", power)


def scaled(digits: str, power: float) -> float:
    """A number times a power of ten, rounded once: ``4.7u`` is 4.7e-06 to the last digit."""
    if power == int(power) and "e" not in digits.lower():
        return float(f"{digits}e{int(power)}")
    return float(digits) * 10**power


_MIL = math.log10(25.4e-6)


def power_of(letters: str, dialect: Dialect) -> tuple[float, int]:
    """The power of ten that a number's letters stand for, and how many letters say it."""
    low = letters.lower()
    if low.startswith("meg"):
        return 6, 3
    if low.startswith("mil"):
        return _MIL, 3
    if low[:1] in _POWERS and low:
        return _POWERS[low[0]], 1
    if low[:1] == "a" and dialect == "ngspice":
        return -18, 1
    return 0, 0
