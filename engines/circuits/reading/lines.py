"""From a file's bytes to statements: encodings, comments, continuations, all bounded."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from engines.circuits.reading.model import Dialect, NetlistError, UnknownNameError

MAX_BYTES = 2_000_000
MAX_LINES = 20_000
MAX_LINE_LENGTH = 20_000
"""Characters of one statement, continuations joined."""

WRITTEN = "* Circuit:"
"""How the netlists begin that Trimpot writes itself."""

_BOMS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
_GLOBAL_NODE = re.compile(r"\$G_\w", re.I)
"""LTspice's nodes that all subcircuits share."""
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f]")
_LTSPICE = re.compile(
    r"^[ \t]*\.(?:backanno|wave|ferret)\b|\bplotwinsize\b|\bwavefile\s*=|\A\*.*\.asc[ \t\r]*$|§"
    r"|\bstandard\.(?:dio|bjt|jft|mos)\b|\blevel\.\d|\b(?:Rser|Lser|Rpar|Cpar)\s*=",
    re.I | re.M,
)


def plain_title(line: str) -> str:
    """A netlist's first line in letters that no simulator takes for a command."""
    text = (
        re.sub(r"^\s*\.title\b", "", line.removeprefix("\ufeff")[:500], flags=re.I)
        .strip()
        .removeprefix(WRITTEN)
        .lstrip("* \t")
    )
    if re.search(r"[\\/].*\.(?:asc|net|cir|sch|txt)$", text, re.I):
        text = re.split(r"[\\/]", text)[-1]  # LTspice's title is its drawing's path
    return re.sub(r"[^A-Za-z0-9 .,:()-]", "_", text)[:200].strip()


@dataclass(frozen=True)
class Statement:
    """One line with its continuations, comments removed."""

    line: int
    text: str
    file: str = ""

    def error(self, reason: str) -> NetlistError:
        """An error that names this line."""
        return NetlistError(self.line, reason, file=self.file)

    def unknown(self, reason: str) -> UnknownNameError:
        """An error about a name that nothing defines; see :meth:`error`."""
        return UnknownNameError(self.line, reason, file=self.file)

    @property
    def word(self) -> str:
        """Its first word, in lower case."""
        return self.text.split(None, 1)[0].lower()


def decode(data: bytes, *, file: str = "") -> str:
    """The text of a netlist's file: UTF-8, UTF-16 (with or without mark), or else Latin-1.

    Raises
    ------
    NetlistError
        It is too large, or no text.
    """
    if len(data) > MAX_BYTES:
        raise NetlistError(
            0, f"it is larger than the {MAX_BYTES // 1_000_000} MB that it may be.", file=file
        )
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            return _text(data[len(mark) :], encoding, file)
    head = data[:4000]
    if head and head[1::2].count(0) > len(head) // 4 and not head[::2].count(0):
        return _text(data, "utf-16-le", file)
    if head and head[::2].count(0) > len(head) // 4 and not head[1::2].count(0):
        return _text(data, "utf-16-be", file)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace")


def _text(data: bytes, encoding: str, file: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        raise NetlistError(0, "it is damaged: its text cannot be decoded.", file=file) from None


def physical_lines(text: str, *, file: str = "") -> list[str]:
    """Its lines as they stand. Only line feeds and carriage returns end one.

    Raises
    ------
    NetlistError
        Too many or too long ones, or characters that no text has.
    """
    if len(text) > MAX_BYTES:
        raise NetlistError(
            0, f"it is larger than the {MAX_BYTES // 1_000_000} MB that it may be.", file=file
        )
    lines = re.split(r"\r\n|\n|\r", text.removeprefix("\ufeff"))
    if len(lines) > MAX_LINES:
        raise NetlistError(0, f"it has more than {MAX_LINES} lines.", file=file)
    for number, line in enumerate(lines, 1):
        found = _CONTROL.search(line)
        if found:
            code = ord(found[0])
            raise NetlistError(
                number, f"it holds a control character (code {code}). Remove it.", file=file
            )
        if len(line) > MAX_LINE_LENGTH:
            raise NetlistError(
                number, f"it is longer than {MAX_LINE_LENGTH} characters.", file=file
            )
    return lines


def dialect_of(text: str) -> Dialect:
    """Which program's dialect it is, by marks that only LTspice leaves."""
    if text.startswith(WRITTEN):
        return "ngspice"
    return "ltspice" if _LTSPICE.search(text[:MAX_BYTES]) else "ngspice"


def statements(lines: Sequence[str], *, first: int, file: str = "") -> list[Statement]:
    """Statements from the line of index ``first`` on: continued lines joined, comments gone.

    Raises
    ------
    NetlistError
        A continuation of nothing, or a statement that is too long.
    """
    found: list[Statement] = []
    for index in range(first, len(lines)):
        text = _spaces(_without_comment(lines[index])).strip()
        if not text:
            continue
        if not text.startswith("+"):
            found.append(Statement(index + 1, text, file))
            continue
        rest = text[1:].strip()
        if not found:
            raise NetlistError(index + 1, "it continues a line, but none is before it.", file=file)
        joined = f"{found[-1].text} {rest}"
        if len(joined) > MAX_LINE_LENGTH:
            raise NetlistError(
                found[-1].line,
                f"with its continuations it is longer than {MAX_LINE_LENGTH} characters.",
                file=file,
            )
        found[-1] = Statement(found[-1].line, joined, file)
    return found


def _spaces(text: str) -> str:
    """Typographic spaces and letters as SPICE means them: µ and the micro sign are u, § is _."""
    for old, new in (("\u00a0", " "), ("\u202f", " "), ("\t", " "), ("\x0c", " ")):
        text = text.replace(old, new)
    for old, new in (("\u00b5", "u"), ("\u03bc", "u"), ("\u00a7", "_"), ("\u2126", "Ohm")):
        text = text.replace(old, new)
    return text.replace("\u03a9", "Ohm")


def _without_comment(line: str) -> str:
    """The line up to a comment: a leading ``*`` or ``#``, or ``;``, ``//`` or `` $`` after it.

    In quotation marks nothing begins a comment but ``;``.
    """
    bare = line.lstrip()
    if bare[:1] in ("*", "#"):
        return ""
    quoted = False
    for index, character in enumerate(line):
        if character == '"':
            quoted = not quoted
        if character == ";":
            return line[:index]
        if quoted:
            continue
        if character == "/" and line[index : index + 2] == "//":
            return line[:index]
        if character == "$" and (index == 0 or line[index - 1] in " \t,"):
            if _GLOBAL_NODE.match(line, index):
                continue
            return line[:index]
    return line
